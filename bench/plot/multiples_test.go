package plot

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
)

func TestMultiplesAreDrawnAsTheyAre(t *testing.T) {
	m := Multiples{Title: "a", XTitle: "minutes", X: []float64{1, 2, 3, 4}, Panels: []Panel{
		{Title: "one", Note: "flat", Series: []Series{{"x", []float64{0, 2, math.NaN(), 4}}, {"y", []float64{4, 4, 4, 4}}}},
		{Title: "none", Series: []Series{{"", []float64{0, 0, 0, 0}}}},
	}}
	var out bytes.Buffer
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`points="120.0,214.0 188.0,149.0" class="first"`, // from the bottom,
		`points="324.0,84.0" class="first"`,              // broken, to the top
		`points="120.0,84.0 188.0,84.0 256.0,84.0 324.0,84.0" class="third"`,
		`points="462.0,214.0 530.0,214.0 `, // 0 lies at the bottom
		">flat</text>", ">minutes</text>",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
}

func TestWhatCannotBeDrawnIsSaid(t *testing.T) {
	x := []float64{0, 1}
	four := []Series{{"", x}, {"", x}, {"", x}, {"", x}}
	for name, m := range map[string]Multiples{
		"no point":       {},
		"one point":      {X: []float64{1}},
		"x that stands":  {X: []float64{1, 1}},
		"another length": {X: x, Panels: []Panel{{Series: []Series{{"", []float64{1}}}}}},
		"four series":    {X: x, Panels: []Panel{{Series: four}}},
	} {
		if err := m.Write(io.Discard); err == nil {
			t.Errorf("%s is drawn", name)
		}
	}
}

func TestAxisEndsAtARoundNumber(t *testing.T) {
	for v, want := range map[float64]float64{0: 1, -3: 1, 1: 1, 1.1: 2, 37: 40, 61: 80, 99: 100, 0.03: 0.04} {
		if got := nice(v); math.Abs(got-want) > 1e-12 {
			t.Errorf("nice(%v) = %v, want %v", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 0.5: "0.5", 1500: "1500", 20000: "20k", 2.5e6: "2.5M", 4e9: "4G"} {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %s, want %s", v, got, want)
		}
	}
}
