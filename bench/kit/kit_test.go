package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func lines(rows ...string) string {
	return strings.ReplaceAll(strings.Join(rows, "\n"), " | ", "\t") + "\n"
}

// TestTable holds the table to what was measured: medians of the rounds, and each goal
// judged against whom it names.
func TestTable(t *testing.T) {
	for _, tt := range []struct {
		name string
		rows []string
		want []string
	}{
		{"of three rounds the middle", []string{
			"one official | Steelyard | 16 | 900 | 1/s | 3 | 9 | 100", "one official | Steelyard | 16 | 1234 | 1/s | 2 | 8 | 120", "one official | Steelyard | 16 | 5000 | 1/s | 1 | 50 | 110",
		}, []string{"| one official | 16 | 1,234/s<br>2.00 / 9.00 ms |", "120 MiB", "≤ 150 MiB | held |"}},
		{"each goal against whom it names", []string{
			"one official | Steelyard | 16 | 300 | 1/s | 1 | 2 | 151", "one official | PostGraphile 5 | 16 | 100 | 1/s | 1 | 2 | 1", "one official | Mercurius | 16 | 250 | 1/s | 1 | 2 | 1",
		}, []string{"3.00<br>1.20 | ≥ 2.5 × PostGraphile 5<br>≥ 1.5 × Mercurius | held<br>**missed** |", "151 MiB | ≤ 150 MiB | **missed** |"}},
		{"the best peer is the one with most", []string{
			"fifty officials | Steelyard | 16 | 300 | 1/s | 1 | 2 | -", "fifty officials | PostGraphile 5 | 16 | 200 | 1/s | 1 | 2 | -", "fifty officials | PostGraphile 4 | 16 | 250 | 1/s | 1 | 2 | -",
		}, []string{"1.50<br>1.20 | ≥ 1.2 × PostGraphile 5<br>≥ 1.5 × the best peer | held<br>aim missed |"}},
		{"at 64 the slowest are judged by the best of the peers, whoever answers most", []string{
			"totals by unit | Steelyard | 64 | 300 | 1/s | 1 | 21 | -", "totals by unit | PostGraphile 5 | 64 | 3 | 1/s | 1 | 20 | -", "totals by unit | Mercurius | 64 | 15 | 1/s | 1 | 42 | -",
		}, []string{"20.00<br>1.05 | ≥ 20 × the best peer<br>p99 ≤ 1 × the best peer | held<br>**missed** |"}},
		{"of seconds fewer are better", []string{
			"assessment | Steelyard | 0 | 15 | s | - | - | 1500", "assessment | floor | 0 | 1 | s | - | - | -",
		}, []string{"| assessment | – | 15.0 s | 1.00 s |", "15.00<br>15.00 | ≤ 20 × floor<br>≤ 10 × floor | held<br>aim missed |"}},
		{"a rating on SQLite is kept in time", []string{"rating, SQLite | Steelyard | 16 | 400 | 1/s | 30 | 51 | 60"}, []string{"51.0 ms | p99 ≤ 50 ms | **missed** |"}},
		{"what was not measured is not judged", []string{"page of the report | Steelyard | 64 | 400 | 1/s | 30 | 51 | -"}, []string{"| page of the report | 64 | 400/s<br>30.0 / 51.0 ms |  |  |  |  |  |  |  |  |"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			measured, err := read(strings.NewReader("# a comment\n\n" + lines(tt.rows...)))
			if err != nil {
				t.Fatal(err)
			}
			got := table(measured)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
		})
	}
}

// TestMemoryIsOfServersUnderLoad and not of a run, which has a bound of its own.
func TestMemoryIsOfServersUnderLoad(t *testing.T) {
	measured, err := read(strings.NewReader(lines("assessment | Steelyard | 0 | 15 | s | - | - | 1500", "one official | Steelyard | 16 | 1 | 1/s | 1 | 1 | 90")))
	if err != nil {
		t.Fatal(err)
	}
	if got := memoryRow(measured); !strings.Contains(got, "90 MiB | ≤ 150 MiB | held") {
		t.Error(got)
	}
}

// TestRowsThatNothingWouldJudge are refused by name.
func TestRowsThatNothingWouldJudge(t *testing.T) {
	const right = "one official | Steelyard | 16 | 900 | 1/s | 3 | 9 | 100"
	if _, err := read(strings.NewReader(lines(right))); err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]string{
		"two officials | Steelyard | 16 | 900 | 1/s | 3 | 9 | 100": "no work", "one official | Somebody | 16 | 900 | 1/s | 3 | 9 | 100": "no server",
		"one official | Steelyard | many | 900 | 1/s | 3 | 9 | 100": "connections", "one official | Steelyard | -1 | 900 | 1/s | 3 | 9 | 100": "connections",
		"one official | Steelyard | 16 | - | 1/s | 3 | 9 | 100": "how many", "one official | Steelyard | 16 | 0 | 1/s | 3 | 9 | 100": "above 0",
		"one official | Steelyard | 16 | NaN | 1/s | 3 | 9 | 100": "above 0", "one official | Steelyard | 16 | +Inf | 1/s | 3 | 9 | 100": "above 0",
		"one official | Steelyard | 16 | 900 | s | 3 | 9 | 100": "unit", "one official | Steelyard | 16 | 900 | 1/s | 3 | 9": "7 columns",
	} {
		if _, err := read(strings.NewReader(lines(right, row))); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", row, err)
		}
	}
}

// TestPlotHasALineForEachServer whose times are known, at each number of connections.
func TestPlotHasALineForEachServer(t *testing.T) {
	measured, err := read(strings.NewReader(lines(
		"one official | Steelyard | 16 | 900 | 1/s | 3 | 9 | 100", "one official | Steelyard | 64 | 900 | 1/s | 30 | 9000 | 100",
		"one official | Mercurius | 64 | 900 | 1/s | 0.3 | 9 | 100", "assessment | Steelyard | 0 | 15 | s | - | - | -",
	)))
	if err != nil {
		t.Fatal(err)
	}
	got := draw(measured)
	for part, times := range map[string]int{
		`class="first"`: 4, `class="open first"`: 2, `class="fifth"`: 2, `class="open fifth"`: 1, ">one official<": 1, ">Mercurius<": 1,
		">assessment<": 0, ">0.1 ms<": 2, ">10 s<": 2, ">64 connections<": 1,
	} {
		if n := strings.Count(got, part); n != times {
			t.Errorf("%s stands there %d times, not %d, in\n%s", part, n, times, got)
		}
	}
}

// TestReadmeIsRewrittenBetweenItsMarkers alone, and only where they stand once.
func TestReadmeIsRewrittenBetweenItsMarkers(t *testing.T) {
	folder := t.TempDir()
	rows, readme := filepath.Join(folder, "rows.tsv"), filepath.Join(folder, "README.md")
	keep(t, rows, "# 5 ratings\n"+lines("one official | Steelyard | 16 | 900 | 1/s | 3 | 9 | 100"))
	keep(t, readme, "above\n<!-- kit -->old<!-- /kit -->\nbelow\n")
	for range 2 { // the second finds what the first wrote
		if err := run([]string{"readme", rows, readme}, nil); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, "above\n<!-- kit -->\nMeasured with 5 ratings: answers a second") || !strings.HasSuffix(got, "<!-- /kit -->\nbelow\n") || strings.Contains(got, "old") || strings.Count(got, "900/s") != 1 {
		t.Error(got)
	}
	for _, wrong := range []string{"nothing", "<!-- kit -->", "<!-- /kit --><!-- kit -->", "<!-- kit --><!-- /kit --><!-- kit --><!-- /kit -->"} {
		keep(t, readme, wrong)
		if err := run([]string{"readme", rows, readme}, nil); err == nil {
			t.Errorf("%q was rewritten", wrong)
		}
	}
}

// TestReadmeIsWhatWasMeasured: its table and the plot are those of the rows that are kept.
func TestReadmeIsWhatWasMeasured(t *testing.T) {
	const root = "../../"
	rows := root + "docs/performance/kit.tsv"
	measured, err := readFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"README.md":               begin + section(string(said), measured) + end,
		"docs/images/latency.svg": draw(measured),
	} {
		if got, err := os.ReadFile(root + name); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s is not made of %s: go run ./bench/kit plot or readme, as bench/kit.sh does; %v", name, rows, err)
		}
	}
}

// TestCommand says how it is used.
func TestCommand(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.tsv")
	keep(t, rows, "")
	for _, args := range [][]string{{}, {"table"}, {"sing", rows}, {"readme", rows}, {"table", rows, rows}} {
		if err := run(args, nil); err == nil || err.Error() != usage {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func keep(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzRead: whatever a file of rows holds, it is refused or makes a table and a plot.
func FuzzRead(f *testing.F) {
	for _, w := range works {
		f.Add(lines(fmt.Sprintf("%s | Steelyard | 16 | 900 | %s | 3 | 9 | -", w.name, w.unit)))
	}
	f.Add("one official\tfloor\t64\t1e-320\t1/s\t1e300\t-\t5\n")
	f.Fuzz(func(t *testing.T, text string) {
		measured, err := read(strings.NewReader(text))
		if err != nil {
			return
		}
		if got := table(measured) + draw(measured); strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
			t.Errorf("%q gives\n%s", text, got)
		}
	})
}
