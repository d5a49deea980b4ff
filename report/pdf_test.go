package report

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/report/font"
)

func chinese() Look { return Look{Lang: messages.Chinese, Minimum: 2} }

// poppler finds a program that reads documents.
func poppler(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no poppler-utils here")
	}
	return path
}

func document(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pageTexts is what another program reads on each page.
func pageTexts(t *testing.T, pdf []byte) []string {
	t.Helper()
	command := exec.Command(poppler(t, "pdftotext"), "-layout", "-", "-")
	command.Stdin = bytes.NewReader(pdf)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(string(out), "\f")
	return pages[:len(pages)-1]
}

func wantOn(t *testing.T, page string, words ...string) {
	t.Helper()
	// Spaces between Chinese characters are the reader's guess.
	plain := strings.Join(strings.Fields(page), "")
	for _, w := range words {
		if !strings.Contains(plain, strings.Join(strings.Fields(w), "")) {
			t.Errorf("the page does not say %q:\n%s", w, page)
		}
	}
}

// sampleSheet is an official's sheet with everything on it.
func sampleSheet() Sheet {
	r := sample()
	row := sorted(rows())[1]
	row.OfficialName, row.UnitName = "王建国", "龙溪镇便民服务站"
	score := func(x float64) *models.Score { s := models.Score(x); return &s }
	a := &models.Assessment{Reliability: score(0.8125), WithoutHalo: score(62.345), Geometric: score(59.99), Visibility: score(83.33), ShowcaseGap: score(16.67)}
	for i, name := range models.ScoreComponents {
		a.Components = append(a.Components, models.ComponentScore{Component: name, Value: score(50 + float64(i)), SE: score(4.005), N: 12.5, Counts: i > 0, Weight: 0.25})
	}
	parts := []*models.ScorePart{
		{Code: "BASE", Points: 4980},
		{Component: models.ComponentOutcomes, Code: "CASE_MIX", Points: 1234, Pieces: []models.EvidencePiece{{Source: "CASE", Month: "2025-03", Kind: "道路", Value: 0.75, Weight: 1, Effect: 0.5}}},
		{Code: "HALO", Points: -113},
	}
	earlier := r.Period
	return Sheet{About: r.About, Row: row, Assessment: a, Parts: parts, Trend: []TrendPoint{{"2024 年度", earlier, 58.5, 50, math.NaN()}, {"2023 年度", earlier, 57.125, 49, 66}}}
}

func TestDocumentSaysWhatTheCSVSays(t *testing.T) {
	t.Parallel()
	pages := pageTexts(t, document(t, func(w io.Writer) error { return PDF(w, chinese(), sample()) }))
	all := strings.Join(pages, "\n")
	wantOn(t, all, "考核报告", "2025 年度", "2025-01-01 至 2025-12-31", "A & B 第 3 版", "张V2", "61.01", "50.00 – 70.99", "2（1–3）", "评价异常集中", "界线上")
	for i, page := range pages {
		wantOn(t, page, fmt.Sprintf("第 %d 页，共 %d 页", i+1, len(pages)), strings.Repeat("ab", 32), strings.Repeat("cd", 32), "A & B 第 3 版")
	}
	wantOn(t, pageTexts(t, document(t, func(w io.Writer) error { return PDF(w, english(), sample()) }))[0],
		"Assessment report", "2025-01-01 to 2025-12-31", "page 1 of")
}

func TestSheetTellsWhy(t *testing.T) {
	t.Parallel()
	raw := document(t, func(w io.Writer) error { return WriteSheet(w, chinese(), sampleSheet()) })
	pages := pageTexts(t, raw)
	wantOn(t, strings.Join(pages, "\n"), "个人考核单", "王建国", "61.01", "办理结果: 工作难易的调整", "+12.34", "−1.13", "2025-03", "道路", "+0.50", "2024 年度", "57.13", "49.00 – 66.00", "0.81", "62.35")
	golden := filepath.Join("testdata", "sheet.txt")
	text := strings.Join(strings.Fields(strings.Join(pages, "\n")), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	// How many spaces stand between columns is the reader's guess.
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if diff := cmp.Diff(squeeze(string(want)), squeeze(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPagesAreNotBlank(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	command := exec.Command(poppler(t, "pdftoppm"), "-r", "40", "-png", "-", filepath.Join(folder, "page"))
	command.Stdin = bytes.NewReader(document(t, func(w io.Writer) error { return WriteSheet(w, chinese(), sampleSheet()) }))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pictures, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(pictures) == 0 {
		t.Fatal("no pictures: ", err)
	}
	for _, path := range pictures {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if share := ink(t, raw); share < 0.005 || share > 0.5 {
			t.Errorf("%s: a share of %.4f is not white", filepath.Base(path), share)
		}
	}
}

// ink is the share of a picture that is not white.
func ink(t *testing.T, raw []byte) float64 {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	dark, box := 0, picture.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b < 3*0xf000 {
				dark++
			}
		}
	}
	return float64(dark) / float64(box.Dx()*box.Dy())
}

func TestChartAsAPictureShowsWhatTheSVGShows(t *testing.T) {
	t.Parallel()
	words := chinese().showcaseWords()
	empty := ink(t, document(t, func(w io.Writer) error { return ShowcasePicture(w, words, nil, All(nil)) }))
	drawn := ink(t, document(t, func(w io.Writer) error { return ShowcasePicture(w, words, nil, All(sorted(rows()))) }))
	if empty < 0.005 || drawn <= empty || drawn > 0.3 {
		t.Errorf("shares of ink: %.5f without points, %.5f with them", empty, drawn)
	}
	if err := ShowcasePicture(full{}, words, nil, All(nil)); err == nil {
		t.Error("a writer's error is lost")
	}
}

func TestDocumentsAreTheSameBytesEachTime(t *testing.T) {
	t.Parallel()
	write := func(w io.Writer) error { return WriteSheet(w, chinese(), sampleSheet()) }
	first := document(t, write)
	for range 3 {
		if !bytes.Equal(first, document(t, write)) {
			t.Fatal("the same sheet gives other bytes")
		}
	}
}

func TestLongReportsKeepTheirPages(t *testing.T) {
	t.Parallel()
	list := make([]Row, 150)
	for i := range list {
		list[i] = Row{Official: fmt.Sprintf("O%04d", i), Unit: "U", PeerGroup: "很长很长的同类组名称，要换行才放得下", Status: models.StatusScored, Composite: 50, Low: 40, High: 60, Rank: i + 1, RankLow: i + 1, RankHigh: i + 1}
	}
	r := sample()
	r.Rows = All(list)
	pages := pageTexts(t, document(t, func(w io.Writer) error { return PDF(w, chinese(), r) }))
	all := strings.Join(strings.Fields(strings.Join(pages, "")), "")
	for i := range list {
		if !strings.Contains(all, list[i].Official) {
			t.Fatalf("%s is on no page", list[i].Official)
		}
	}
	if len(pages) < 4 {
		t.Errorf("%d pages", len(pages))
	}
	for _, line := range strings.Split(strings.Join(pages, "\n"), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "，") {
			t.Errorf("a line begins with a comma: %q", line)
		}
	}
	r.Rows = All(make([]Row, maxPaperRows+1))
	if err := PDF(io.Discard, chinese(), r); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a report that nobody reads gives %v", err)
	}
}

func TestRareCharactersComeFromTheOwnTypeface(t *testing.T) {
	t.Parallel()
	face, err := newTypeface(nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := face.glyph('𠮷'); g.char != geta {
		t.Errorf("a character that the typeface lacks becomes %q", g.char)
	}
	if g := face.glyph('赵'); g.char != '赵' || g.advance <= 0 {
		t.Errorf("赵 becomes %+v", g)
	}
	if face, err = newTypeface(font.MicroHei); err != nil || len(face.faces) != 2 {
		t.Fatal("no second face: ", err)
	}
	if err := CheckFont(font.MicroHei); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]byte{nil, []byte("ttcf and more"), []byte("OTTO and more"), []byte("\x00\x01\x00\x00short")} {
		if CheckFont(bad) == nil {
			t.Errorf("%q passes for a typeface", bad)
		}
	}
}

func TestDocumentsReportErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := func(yield func(*Row, error) bool) { yield(nil, broken) }
	if err := PDF(io.Discard, english(), Report{Rows: failing}); !errors.Is(err, broken) {
		t.Errorf("the rows' error is lost: %v", err)
	}
	if err := WriteSheet(full{}, english(), sampleSheet()); err == nil {
		t.Error("a writer's error is lost")
	}
}

func TestLinesBreakWhereTheyMay(t *testing.T) {
	t.Parallel()
	// Chinese is two wide, Latin one.
	measure := func(r rune) float64 {
		if wide(r) {
			return 2
		}
		return 1
	}
	for text, want := range map[string][]string{
		"":              {""},
		"群众心里有杆秤，":      {"群众心里", "有杆秤，"},
		"群众心里，有秤":       {"群众心", "里，有秤"}, // the comma takes a character with it
		"（群众）（心里）秤":     {"（群众）", "（心里）", "秤"},
		"one two three": {"one two", "three"},
		"onetwothree":   {"onetwoth", "ree"},
		"a b\nc":        {"a b", "c"},
		"评价 rating 三":   {"评价", "rating", "三"},
	} {
		if diff := cmp.Diff(want, breakLines(text, 8, measure)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzBreakLines(f *testing.F) {
	for _, s := range []string{"群众心里有杆秤，不是吗？", "a long word", "，，，，，，，，，，", "（（（（（（（（（（", "x\n\ny", " lead", "混排 mixed 文字，text。"} {
		f.Add(s, uint8(8))
	}
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		limit := float64(width%40) + 2
		measure := func(r rune) float64 { return 1 }
		squeeze := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		lines := breakLines(text, limit, measure)
		if got, want := squeeze(strings.Join(lines, "")), squeeze(string([]rune(text))); got != want {
			t.Fatalf("%q becomes %q", want, got)
		}
		if strings.Contains(text, "\n") {
			return
		}
		for i, line := range lines {
			runes := []rune(line)
			if float64(len(runes)) > limit {
				t.Fatalf("line %q is wider than %v", line, limit)
			}
			if i == 0 || len(runes) == 0 || !strings.ContainsRune(notFirst, runes[0]) {
				continue
			}
			// Nothing but what may not begin a line stood before it, as far as it reached.
			before := []rune(lines[i-1])
			for k := 1; k < len(before); k++ {
				if !forbidden(before[k-1], before[k]) && !unicode.IsSpace(before[k]) {
					t.Fatalf("line %q begins with %q after %q", line, runes[0], lines[i-1])
				}
			}
		}
	})
}
