package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// history is half an hour of looks every five seconds, all of them at rest but for one
// figure.
func history(of figure, at func(minute float64) float64) []sample {
	all := make([]sample, 360)
	for i := range all {
		all[i] = sample{rss: 150, heap: 60, goroutines: 80, files: 40, connections: 20, perRow: 200, dead: 5, log: 300, p99Residents: 30, p99Officials: 80, p99Reports: 200}
		all[i][minutes] = float64(i) / 12
		all[i][of] = at(all[i][minutes])
	}
	return all
}

func TestWhatGrowsIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		of   figure
		at   func(minute float64) float64
		word string // of the one; all others are flat
	}{
		"at rest":                     {rss, func(float64) float64 { return 150 }, "flat"},
		"a leak of 4 MiB a minute":    {rss, func(m float64) float64 { return 100 + 4*m }, "grows"},
		"a heap that warms up first":  {heap, func(m float64) float64 { return 80 - 60*math.Exp(-m/2) }, "flat"},
		"a heap in waves":             {heap, func(m float64) float64 { return 40 + 30*math.Mod(7*m, 1) }, "flat"},
		"waves on a rising ground":    {heap, func(m float64) float64 { return 40 + 2*m + 30*math.Mod(7*m, 1) }, "grows"},
		"a goroutine every minute":    {goroutines, func(m float64) float64 { return 30 + m }, "grows"},
		"a file a minute":             {files, func(m float64) float64 { return 20 + math.Floor(m) }, "grows"},
		"a run that is loud for once": {p99Residents, func(m float64) float64 { return 30 + 4000*float64(int(m)/28) }, "flat"},
		"slower and slower":           {p99Residents, func(m float64) float64 { return 30 + 10*m }, "grows"},
		"a queue that falls behind":   {queued, func(m float64) float64 { return 20 * m }, "grows"},
		"cleaned up now and then":     {dead, func(m float64) float64 { return 2 * math.Mod(m, 8) }, "flat"},
		"never cleaned up":            {dead, func(m float64) float64 { return 36 + m/100 }, "too much"},
		"nothing known":               {perRow, func(float64) float64 { return math.NaN() }, ""},
	} {
		word := ""
		for _, v := range judge(history(c.of, c.at)) {
			switch {
			case v.of == c.of:
				word = v.word()
			case !v.holds():
				t.Errorf("%s: %s", name, v.line())
			}
		}
		if word != c.word {
			t.Errorf("%s is %q, want %q", name, word, c.word)
		}
	}
	if got := judge(nil); len(got) != 0 {
		t.Errorf("of nothing comes %v", got)
	}
}

func TestMetricsAreRead(t *testing.T) {
	of, err := metrics(strings.NewReader("# HELP a b\na 1.5e+06\nb{c=\"d e\"} 2\n\n"))
	if err != nil || of["a"] != 1.5e6 || of[`b{c="d e"}`] != 2 || len(of) != 2 {
		t.Errorf("%v %v", of, err)
	}
	if _, err := metrics(strings.NewReader("a b\n")); err == nil {
		t.Error("a value that is none is read")
	}
}

func TestTableComesBackAsItWas(t *testing.T) {
	was := history(perRow, func(m float64) float64 {
		if m < 1 {
			return math.NaN()
		}
		return 200
	})
	var out bytes.Buffer
	if err := table(&out, was); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	got, err := readTable(strings.NewReader(text))
	if err != nil || len(got) != len(was) || !math.IsNaN(got[0][perRow]) || got[300][perRow] != 200 || got[300][minutes] != 25 {
		t.Errorf("%v %v", err, len(got))
	}
	for name, broken := range map[string]string{
		"nothing": "", "another table": "a\tb\n", "a cell too few": text + "1\t2\n", "a word": strings.Replace(text, "\t150\t", "\tmany\t", 1),
	} {
		if _, err := readTable(strings.NewReader(broken)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
