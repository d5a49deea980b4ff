package report

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"steelyard/messages"
	"steelyard/models"
)

// sample is a report of the rows of each kind.
func sample() Report {
	list := sorted(rows())
	for i := range list {
		list[i].OfficialName, list[i].UnitName = "张"+list[i].Official, "龙溪镇："+list[i].Unit
	}
	period, err := models.ParsePeriod("2025-01-01/2025-12-31")
	if err != nil {
		panic(err)
	}
	return Report{
		About: About{
			Cycle: "2025 年度", Unit: "龙溪镇", Period: period, Policy: "A & B", PolicyVersion: 3, EngineVersion: "1",
			EvidenceDigest: bytes.Repeat([]byte{0xab}, 32), PolicyDigest: bytes.Repeat([]byte{0xcd}, 32),
			MadeAt: time.Date(2026, 1, 10, 2, 0, 0, 0, time.UTC),
		},
		Rows: All(list),
	}
}

func english() Look { return Look{Lang: messages.English, Minimum: 2} }

// open writes a workbook and reads it again.
func open(t *testing.T, look Look, r Report) (*excelize.File, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := XLSX(&b, look, r); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, b.Bytes()
}

// cells reads all rows of the unit sheets, by the column's name in English.
func cells(t *testing.T, f *excelize.File) []map[string]string {
	t.Helper()
	var list []map[string]string
	for _, sheet := range f.GetSheetList() {
		grid, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if len(grid) == 0 || len(grid[0]) != len(tableColumns) {
			continue // the summary, the points
		}
		for _, line := range grid[1:] {
			row := map[string]string{}
			for i, c := range tableColumns {
				if i < len(line) {
					row[c.name] = line[i]
				}
			}
			list = append(list, row)
		}
	}
	return list
}

func TestWorkbookSaysWhatTheCSVSays(t *testing.T) {
	t.Parallel()
	r := sample()
	f, _ := open(t, english(), r)
	var b bytes.Buffer
	if err := CSV(&b, r.Rows); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	byOfficial := map[string]map[string]string{}
	for _, row := range cells(t, f) {
		byOfficial[row["official_id"]] = row
	}
	if len(byOfficial) != len(lines)-1 {
		t.Fatalf("%d officials in the workbook, %d in the CSV", len(byOfficial), len(lines)-1)
	}
	for _, line := range lines[1:] {
		for i, column := range lines[0] {
			want := line[i]
			switch column {
			case "status", "grade":
				want = messages.Report(messages.English, want)
			case "flags":
				want = ""
				if line[i] != "" {
					want = "burst; small group"
				}
			}
			if got := byOfficial[line[0]][column]; got != want {
				t.Errorf("%s, %s: the workbook shows %q, the CSV %q", line[0], column, got, want)
			}
		}
	}
	if got := byOfficial["V2"]["official_name"]; got != "张V2" {
		t.Errorf("the name is %q", got)
	}
}

func TestWorkbookIsFormatted(t *testing.T) {
	t.Parallel()
	f, raw := open(t, Look{Lang: messages.Chinese, Minimum: 2}, sample())
	sheets := f.GetSheetList()
	want := []string{"汇总", "龙溪镇：=1+1", "龙溪镇：LX-FW", "龙溪镇：LX-WG", "散点"}
	if strings.Join(sheets, "|") != strings.Join(want, "|") {
		t.Errorf("sheets %v, want %v", sheets, want)
	}
	panes, err := f.GetPanes("龙溪镇：LX-FW")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v, %v", panes, err)
	}
	foot, err := f.GetHeaderFooter("龙溪镇：LX-FW")
	if err != nil || !strings.Contains(foot.OddFooter, "A && B") || !strings.Contains(foot.OddFooter, "abababab") {
		t.Errorf("the footer is %+v, %v", foot, err)
	}
	charts, all := 0, ""
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range archive.File {
		text := strict(t, part)
		if strings.HasPrefix(part.Name, "xl/charts/chart") {
			charts++
		}
		if strings.HasPrefix(part.Name, "xl/worksheets/") {
			all += text
		}
		if strings.Contains(text, "<f>") && strings.HasPrefix(part.Name, "xl/worksheets/") {
			t.Errorf("%s holds a formula", part.Name)
		}
	}
	if charts != 2 {
		t.Errorf("%d charts", charts)
	}
	for _, fact := range []string{"2025 年度", "2025-01-01 至 2025-12-31", "A &amp; B 第 3 版", strings.Repeat("ab", 32)} {
		shared, err := f.SearchSheet("汇总", strings.ReplaceAll(fact, "&amp;", "&"))
		if err != nil || len(shared) != 1 {
			t.Errorf("the summary does not say %q: %v, %v", fact, shared, err)
		}
	}
	if strings.Contains(all, "<v>NaN") || strings.Contains(all, "Inf</v>") {
		t.Error("an absent number is written")
	}
}

// strict reads a part of the archive as XML from its beginning to its end.
func strict(t *testing.T, part *zip.File) string {
	t.Helper()
	r, err := part.Open()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return string(raw)
		} else if err != nil {
			t.Fatalf("%s: %v", part.Name, err)
		}
	}
}

// TestManyUnitsShareASheet: a workbook of more units than sheets holds them all
// in one, and shows only some of the middling.
func TestManyUnitsShareASheet(t *testing.T) {
	t.Parallel()
	list := make([]Row, maxUnitSheets+1)
	for i := range list {
		list[i] = Row{Official: fmt.Sprint("O", i), Unit: fmt.Sprint("U", i), Status: models.StatusScored, Composite: 50, Low: 40, High: 60}
	}
	f, _ := open(t, english(), Report{Rows: All(list)})
	if got := f.GetSheetList(); len(got) != 3 || got[1] != "All" {
		t.Errorf("sheets %v", got)
	}
	if got := len(cells(t, f)); got != len(list) {
		t.Errorf("%d rows of %d", got, len(list))
	}
	f, _ = open(t, english(), Report{Rows: All(nil)})
	if got := f.GetSheetList(); len(got) != 3 {
		t.Errorf("an empty report has the sheets %v", got)
	}
}

func TestPointsAreThinnedInTheMiddleAlone(t *testing.T) {
	t.Parallel()
	list := make([]Row, 2*maxPoints+10)
	for i := range list {
		list[i] = Row{Official: fmt.Sprint(i), Unit: "U", Status: models.StatusScored, Composite: 50, Visibility: 50}
		if i%1000 == 0 {
			list[i].ShowcaseGap = -90
		}
	}
	f, _ := open(t, english(), Report{Rows: All(list)})
	grid, err := f.GetRows("Points")
	if err != nil {
		t.Fatal(err)
	}
	quiet := 0
	for _, line := range grid[1:] {
		if line[1] != "" {
			quiet++
		}
	}
	if quiet != 11 || len(grid) > maxPoints+quiet+1 || len(grid) < maxPoints/2 {
		t.Errorf("%d points, of them %d quiet", len(grid)-1, quiet)
	}
}

func TestWorkbookReportsErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := func(yield func(*Row, error) bool) { yield(nil, broken) }
	if err := XLSX(io.Discard, english(), Report{Rows: failing}); !errors.Is(err, broken) {
		t.Errorf("the rows' error is lost: %v", err)
	}
	if err := XLSX(full{}, english(), sample()); err == nil {
		t.Error("a writer's error is lost")
	}
}

// TestWorkbookOpensInAnotherProgram has a spreadsheet converter read the workbook,
// sheet by sheet. Without it the test is skipped, but not in CI.
func TestWorkbookOpensInAnotherProgram(t *testing.T) {
	converter, err := exec.LookPath("ssconvert")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("no ssconvert (gnumeric) here")
	} else if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var b, table bytes.Buffer
	if err := errors.Join(XLSX(&b, english(), sample()), CSV(&table, sample().Rows)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "r.xlsx"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), converter, "-S", filepath.Join(folder, "r.xlsx"), filepath.Join(folder, "%n.csv")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	summary, err := os.ReadFile(filepath.Join(folder, "0.csv"))
	if err != nil || !strings.Contains(string(summary), "2025 年度") {
		t.Errorf("the summary is read as %q, %v", summary, err)
	}
	read := map[string][]string{} // by official: composite, rank, satisfaction
	for n := 1; ; n++ {
		sheet, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("%d.csv", n)))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		figures(t, sheet, read)
	}
	want := map[string][]string{}
	figures(t, table.Bytes(), want)
	if diff := cmp.Diff(want, read); diff != "" || len(want) != 4 {
		t.Errorf("%d officials (-CSV +workbook):\n%s", len(want), diff)
	}
}

// figures reads the figures of officials out of a table that has them; numbers in their
// shortest form, since programs print them as they like.
func figures(t *testing.T, table []byte, to map[string][]string) {
	t.Helper()
	reader := csv.NewReader(bytes.NewReader(table))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 || rows[0][0] != "official" && rows[0][0] != "official_id" {
		return // the summary, and the figures behind charts
	}
	for _, row := range rows[1:] {
		for _, name := range []string{"composite", "rank", "satisfaction"} {
			text := row[slices.Index(rows[0], name)]
			if x, err := strconv.ParseFloat(text, 64); err == nil {
				text = strconv.FormatFloat(x, 'f', -1, 64)
			}
			to[row[0]] = append(to[row[0]], text)
		}
	}
}

func FuzzSheetNames(f *testing.F) {
	for _, s := range []string{"", "'", "History", "a/b", "龙溪镇", strings.Repeat("😀", 40), "A\x00", "a", "A", " x '", "\xff"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		book := excelize.NewFile()
		defer func() {
			if err := book.Close(); err != nil {
				t.Error(err)
			}
		}()
		taken := sheetNames{}
		for i, text := range []string{a, b, a, a + b} {
			name := taken.take(text)
			if n := len(utf16.Encode([]rune(name))); n > maxSheetName || n == 0 {
				t.Fatalf("%q has %d characters", name, n)
			}
			at, err := book.NewSheet(name)
			if err != nil || at != i+1 {
				t.Fatalf("%q as sheet %d: number %d, %v", name, i+1, at, err)
			}
		}
	})
}

func FuzzGuardedTextsAreNoFormulas(f *testing.F) {
	for _, s := range []string{"=1+1", "+1", "-1", "@x", "\t=", "x", "", "_x0041_", "\x00", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			return
		}
		var b bytes.Buffer
		if err := XLSX(&b, english(), Report{Rows: All([]Row{{Official: s, Unit: s, OfficialName: s, UnitName: s, PeerGroup: s, Position: s}})}); err != nil {
			t.Fatal(err)
		}
		archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range archive.File {
			if text := strict(t, part); strings.Contains(text, "<f>") && strings.HasPrefix(part.Name, "xl/worksheets/") {
				t.Fatalf("%s holds a formula: %s", part.Name, strconv.Quote(s))
			}
		}
	})
}
