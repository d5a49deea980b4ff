package report

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestTrendDrawsADotAndAnIntervalACycle(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	var b bytes.Buffer
	err := Trend(&b, Words{Title: "trend", Y: "composite"}, []TrendPoint{
		{Cycle: "2023", Composite: 40, Low: 30, High: 55}, {Cycle: "<2024>", Composite: nan, Low: nan, High: nan}, {Cycle: "2025", Composite: 61.5, Low: nan, High: nan},
	})
	if err != nil {
		t.Fatal(err)
	}
	count, text := elements(t, b.String())
	// Five lines of the scale, three of the interval, none between cycles apart.
	if count["circle"] != 2 || count["line"] != 8 {
		t.Errorf("%d dots and %d lines", count["circle"], count["line"])
	}
	for _, want := range []string{"2023", "<2024>", "61.50", "40.00"} {
		if !strings.Contains(text, want) {
			t.Errorf("the chart does not say %q", want)
		}
	}
}

func TestDistributionSaysItsCounts(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Distribution(&b, Words{Title: "d"}, [bins]int{3, 0, 41}); err != nil {
		t.Fatal(err)
	}
	if _, text := elements(t, b.String()); !strings.Contains(text, "\n41\n") || !strings.Contains(text, "\n3\n") {
		t.Errorf("%s", text)
	}
}
