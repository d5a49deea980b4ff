package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"steelyard/messages"
)

// otherProgram finds a program that reads files; false without it, which CI does not
// forgive.
func otherProgram(t *testing.T, name string) (string, bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	return path, err == nil
}

// file has a field of the API that is a file answered, and decodes it.
func (d running) file(t *testing.T, field string, variables map[string]any) []byte {
	t.Helper()
	var answer struct {
		File struct{ Content, Encoding string }
	}
	head := `query($cycle: ID!) `
	if variables["official"] != nil {
		head = `query($cycle: ID!, $official: ID!) `
	}
	d.asHR(t, head+`{ file: `+field+` { content encoding } }`, variables, &answer)
	content, err := base64.StdEncoding.DecodeString(answer.File.Content)
	if err != nil || answer.File.Encoding != "BASE64" {
		t.Fatal(answer.File.Encoding, err)
	}
	return content
}

// bookRow is what a workbook in English shows of a row.
func (r *reported) bookRow() []string {
	word := func(w string) string { return messages.Report(messages.English, w) }
	flags := make([]string, len(r.Flags))
	for i, f := range r.Flags {
		flags[i] = word(f)
	}
	cells := append([]string{r.Official.Ref, r.Official.Name, r.Unit.Ref, r.Unit.Name, r.Position, r.PeerGroup, word(r.Status)}, r.figures(word(r.Grade))...)
	return append(cells, strings.Join(flags, "; "))
}

// checkWorkbook holds the sheets of the workbook to GraphQL, as two programs read them:
// one prints figures as they are shown, the other in digits of its own.
func (d running) checkWorkbook(t *testing.T, rows []reported) {
	t.Helper()
	content := d.file(t, `exportReport(format: XLSX, cycleId: $cycle)`, map[string]any{})
	want := map[string][][]string{} // by unit, in the order of the files
	for _, r := range rows {
		want[r.Unit.Ref] = append(want[r.Unit.Ref], r.bookRow())
	}
	if diff := cmp.Diff(want, unitRows(sheetsShown(t, content))); diff != "" {
		t.Errorf("the workbook (-GraphQL +file):\n%s", diff)
	}
	converter, found := otherProgram(t, "ssconvert")
	if !found {
		return
	}
	for _, list := range want {
		for _, row := range list {
			shortest(row)
		}
	}
	converted := unitRows(sheetsConverted(t, converter, content))
	for _, list := range converted {
		for _, row := range list {
			shortest(row)
		}
	}
	if diff := cmp.Diff(want, converted); diff != "" {
		t.Errorf("the converted workbook (-GraphQL +file):\n%s", diff)
	}
}

// shortest writes the numbers of a row in their shortest form.
func shortest(row []string) {
	for i, text := range row {
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			row[i] = strconv.FormatFloat(x, 'f', -1, 64)
		}
	}
}

// sheetsShown are the sheets as the library shows them.
func sheetsShown(t *testing.T, content []byte) [][][]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var sheets [][][]string
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, rows)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	return sheets
}

// sheetsConverted are the sheets as a spreadsheet converter reads them.
func sheetsConverted(t *testing.T, converter string, content []byte) [][][]string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "r.xlsx"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), converter, "-S", filepath.Join(folder, "r.xlsx"), filepath.Join(folder, "%n.csv"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var sheets [][][]string
	for n := 0; ; n++ {
		sheet, err := os.Open(filepath.Join(folder, fmt.Sprintf("%d.csv", n)))
		if errors.Is(err, fs.ErrNotExist) {
			return sheets
		}
		if err != nil {
			t.Fatal(err)
		}
		reader := csv.NewReader(sheet)
		reader.FieldsPerRecord = -1
		rows, err := reader.ReadAll()
		if err := errors.Join(err, sheet.Close()); err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, rows)
	}
}

// unitRows are the rows of the sheets that have officials, by unit. Cells after the last
// that is written are read or not.
func unitRows(sheets [][][]string) map[string][][]string {
	byUnit := map[string][][]string{}
	for _, rows := range sheets {
		if len(rows) == 0 || rows[0][0] != messages.Report(messages.English, "official_id") {
			continue // the summary, and the figures behind charts
		}
		for _, row := range rows[1:] {
			row = append(row, make([]string, len(rows[0])-len(row))...)
			byUnit[row[2]] = append(byUnit[row[2]], row)
		}
	}
	return byUnit
}

// pageText is what another program reads in a document; empty without it.
func pageText(t *testing.T, document []byte) string {
	t.Helper()
	reader, found := otherProgram(t, "pdftotext")
	if !found {
		return ""
	}
	command := exec.CommandContext(t.Context(), reader, "-layout", "-", "-")
	command.Stdin = bytes.NewReader(document)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// notBlank has another program draw a document's first page.
func notBlank(t *testing.T, document []byte) {
	t.Helper()
	painter, found := otherProgram(t, "pdftoppm")
	if !found {
		return
	}
	command := exec.CommandContext(t.Context(), painter, "-r", "40", "-l", "1", "-png", "-")
	command.Stdin = bytes.NewReader(document)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b < 0x8000 {
				return
			}
		}
	}
	t.Error("the first page is blank")
}

// officialLine is a line of the report: whose it is, the composite, its interval, and the
// rank with its own.
var officialLine = regexp.MustCompile(`(?m)^ *\S+ (\S+) .* (\d+\.\d\d) +(\d+\.\d\d) – (\d+\.\d\d) +(\d+) \((\d+) to (\d+)\)`)

// checkPages holds the lines of the report's pages to GraphQL.
func (d running) checkPages(t *testing.T, rows []reported) {
	t.Helper()
	document := d.file(t, `exportReport(format: PDF, cycleId: $cycle)`, map[string]any{})
	notBlank(t, document)
	text := pageText(t, document)
	if text == "" {
		return
	}
	var want, got [][]string
	for _, r := range rows {
		wantHas(t, text, " "+r.Official.Ref+" ")
		if r.Composite != "" {
			want = append(want, append([]string{r.Official.Ref}, r.figures("")[:6]...))
		}
	}
	for _, m := range officialLine.FindAllStringSubmatch(text, -1) {
		got = append(got, m[1:])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the pages (-GraphQL +file):\n%s", diff)
	}
}

// someOfficials are the first of each status who have one post.
func someOfficials(rows []reported) []reported {
	posts, seen := map[string]int{}, map[string]bool{}
	for _, r := range rows {
		posts[r.Official.ID]++
	}
	var some []reported
	for _, r := range rows {
		if posts[r.Official.ID] == 1 && !seen[r.Status] {
			seen[r.Status] = true
			some = append(some, r)
		}
	}
	return some
}

// checkSheet holds an official's sheet to GraphQL: what stands at its head, the
// components, and the parts that add up to the composite.
func (d running) checkSheet(t *testing.T, r reported) {
	t.Helper()
	var answer struct {
		Official struct{ Assessment reported }
	}
	d.asHR(t, `query($cycle: ID!, $official: ID!) { official(id: $official) { assessment(cycleId: $cycle) {
		`+reportedFields+` explanation { parts { component label points evidence(first: 50) { month kind value weight effect } } } } } }`,
		map[string]any{"official": r.Official.ID}, &answer)
	a := answer.Official.Assessment
	checkDigits(t, []reported{a})
	if diff := cmp.Diff(r.figures(r.Grade), a.figures(a.Grade)); diff != "" || len(a.Explanation.Parts) == 0 {
		t.Errorf("the official's assessment has %d parts (-report +own):\n%s", len(a.Explanation.Parts), diff)
	}
	document := d.file(t, `exportOfficialSheet(cycleId: $cycle, officialId: $official)`, map[string]any{"official": r.Official.ID})
	notBlank(t, document)
	text := pageText(t, document)
	if text == "" {
		return
	}
	// How many spaces stand between columns is the reader's guess.
	wantHas(t, strings.Join(strings.Fields(text), " "), a.sheetLines()...)
}

// sheetLines are the lines that the figures make on a sheet in English.
func (r *reported) sheetLines() []string {
	word := func(w string) string { return messages.Report(messages.English, w) }
	fact := func(name string, x json.Number) string { return word(name) + " " + x.String() }
	lines := []string{
		r.Official.Name + " " + r.Official.Ref, word("composite") + " " + r.Composite.String() + " " + word("interval"),
		fmt.Sprintf("%s %s – %s", word("interval"), r.CompositeLow, r.CompositeHigh),
		fmt.Sprintf("%s %s (%s to %s)", word("rank"), r.Rank, r.RankLow, r.RankHigh),
		fact("reliability", r.Reliability), fact("geometric", r.Geometric), fact("visibility", r.Visibility), fact("showcase_gap", r.ShowcaseGap),
	}
	for _, c := range r.Components {
		counts := map[bool]string{true: word("yes"), false: word("no")}[c.Counts]
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s %s", word(c.Component), c.Value, c.SE, c.N, counts, c.Weight)), " "))
	}
	for _, p := range r.Explanation.Parts {
		label := p.Label
		if p.Component != "" {
			label = word(p.Component) + ": " + label
		}
		points := "+" + p.Points.String()
		if rest, below := strings.CutPrefix(p.Points.String(), "-"); below {
			points = "−" + rest // as it is typeset
		}
		lines = append(lines, label+" "+points)
		for _, e := range p.Evidence {
			effect := e.Effect.String()
			if !strings.HasPrefix(effect, "-") {
				effect = "+" + effect
			}
			lines = append(lines, fmt.Sprintf("%s %s %s", e.Value, e.Weight, effect))
		}
	}
	return append(lines, word("composite")+" "+r.Composite.String()+" 0 25 50 75 100")
}
