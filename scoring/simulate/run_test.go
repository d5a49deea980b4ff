package simulate

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"steelyard/scoring"
)

func TestRunTellsProgressAndStops(t *testing.T) {
	t.Parallel()
	o := Options{Worlds: []World{small(standard()), small(fifth())}, Seeds: Seeds(1, 2), Policy: scoring.DefaultPolicy()}
	var heard []int
	o.Progress = func(done, total int) {
		if total != 4 {
			t.Errorf("total %d, want 4", total)
		}
		heard = append(heard, done)
	}
	report, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(heard, []int{1, 2, 3, 4}) {
		t.Errorf("progress %v", heard)
	}
	again, err := Run(context.Background(), Options{Worlds: o.Worlds, Seeds: o.Seeds, Policy: o.Policy})
	if err != nil {
		t.Fatal(err)
	}
	var a, b strings.Builder
	if err := errors.Join(report.WriteText(&a), again.WriteText(&b)); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Errorf("the same seeds gave two tables:\n%s\n%s", a.String(), b.String())
	}

	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(stopped, o); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was stopped gave %v", err)
	}
	if _, err := Run(context.Background(), Options{Policy: o.Policy}); err == nil {
		t.Error("a run without seeds gave no error")
	}
}

func TestPlotsAreWellFormed(t *testing.T) {
	t.Parallel()
	f := []Figures{{Rho: 0.9, Share: 0.98, Slope: 0.1, Rank: 0.95, Composite: 0.94, Scored: 1}, {Share: 0.97, Slope: -0.4}}
	w := halo()
	w.Title = "a <b> & c"
	r := &Report{Rows: []Row{{World: w, Seeds: Seeds(1, 2), Steelyard: f, Means: f, Bayes: f, Oracle: f}}}
	for name, plot := range map[string]func(io.Writer) error{"shares": r.PlotShares, "slopes": r.PlotSlopes, "intervals": r.PlotIntervals} {
		var b strings.Builder
		if err := plot(&b); err != nil {
			t.Fatal(err)
		}
		marks := 0
		for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "title" {
				marks++
			}
		}
		if marks < 3 { // the plot's own and one a method
			t.Errorf("%s: %d titles", name, marks)
		}
	}
}

func TestAMissIsSeen(t *testing.T) {
	t.Parallel()
	good := Figures{Rho: 0.9, Share: 0.99, Rank: 0.95, Composite: 0.95, Scored: 1}
	bad := good
	bad.Composite = 0.80
	row := func(w World, f Figures) Row {
		list := []Figures{f}
		return Row{World: w, Seeds: Seeds(1, 1), Steelyard: list, Means: list, Bayes: list, Oracle: list}
	}
	for name, test := range map[string]struct {
		rows       []Row
		says, hush string
	}{
		"reached": {[]Row{row(standard(), good)}, "Every bar is reached.", "MISSED"},
		"missed":  {[]Row{row(standard(), good), row(halo(), bad)}, "missed: halo: composite intervals: mean 0.800", "Every bar"},
	} {
		var b strings.Builder
		if err := (&Report{Rows: test.rows}).WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), test.says) || strings.Contains(b.String(), test.hush) {
			t.Errorf("%s: want %q and no %q in\n%s", name, test.says, test.hush, b.String())
		}
		// Each world stands in both tables, with its verdict at the end of the line.
		for _, r := range test.rows {
			if n := strings.Count(b.String(), r.World.Title); n != 2 {
				t.Errorf("%s: %q stands there %d times", name, r.World.Title, n)
			}
		}
	}
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWritersReportErrors(t *testing.T) {
	t.Parallel()
	r := &Report{}
	if r.WriteText(refusing{}) == nil || r.PlotShares(refusing{}) == nil {
		t.Error("a full disk went unnoticed")
	}
}
