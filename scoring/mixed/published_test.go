package mixed

import (
	"math"
	"strings"
	"testing"
)

// near fails where got is farther from want than tolerance, relative to max(1, |want|)·… absolute for small values.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.10g, want %.10g within %.1g", what, got, want, tolerance)
	}
}

func intercept(n int) Factor { return Factor{Name: "mean", Levels: 1, Index: make([]int32, n)} }

// penicillin is the table of Davies & Goldsmith 1972 as in lme4: diameters of 24
// plates by samples A–F.
const penicillin = `27 23 26 23 23 21/27 23 26 23 23 21/25 21 25 24 24 20/26 23 25 23 23 20/25 22 26 22 23 20/24 22 25 23 22 19/
24 20 23 21 22 19/26 22 26 24 24 21/24 21 24 22 22 20/24 21 24 23 22 19/26 23 26 24 24 21/25 22 26 24 24 20/26 24 26 24 25 22/26 23 26 23 23 20/
26 23 25 24 24 22/25 22 25 23 23 20/25 21 24 23 23 20/25 22 24 23 23 19/24 21 23 21 21 19/26 23 26 24 24 21/25 21 24 22 22 18/25 22 25 22 22 20/
24 21 24 22 24 19/24 21 24 22 21 18`

// table reads a two-way table: rows are the first factor, columns the second.
func table(text string) Problem {
	var p Problem
	var row, column Factor
	for i, line := range strings.Split(text, "/") {
		for j, f := range strings.Fields(line) {
			var v float64
			for _, c := range f {
				v = 10*v + float64(c-'0')
			}
			p.Y = append(p.Y, v)
			row.Index = append(row.Index, int32(i))
			column.Index = append(column.Index, int32(j))
			row.Levels, column.Levels = max(row.Levels, i+1), max(column.Levels, j+1)
		}
	}
	row.Name, column.Name = "row", "column"
	p.Random = []Factor{row, column}
	p.Fixed = []Factor{intercept(len(p.Y))}
	return p
}

func mustFit(t testing.TB, p Problem, o Options) *Solution {
	t.Helper()
	s, err := Fit(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Oracle: the design is balanced, so REML is the analysis of variance: mean
// squares 4.603865, 89.844444, .3024154589. Standard error, criterion and
// predictions: documentation of lme4.
func TestPenicillinREML(t *testing.T) {
	s := mustFit(t, table(penicillin), Options{})
	near(t, "plate", s.Variances[0], .7169082126, 1e-9)
	near(t, "sample", s.Variances[1], 3.730917874, 1e-8)
	near(t, "residual", s.Residual, .3024154589, 1e-9)
	near(t, "mean", s.FixedEffects[0][0], 22.9722222, 1e-6)
	near(t, "standard error", s.FixedSE[0][0], .8086, 1e-4)
	near(t, "criterion", s.Criterion, 330.8606, 5e-5)
	for i, want := range []float64{2.187058, -1.010476, 1.937900, -.096895, -.013842, -3.003745} {
		near(t, "sample effect", s.Effects[1][i], want, 5e-6)
	}
	near(t, "plate a", s.Effects[0][0], .804547, 5e-6)
	near(t, "plate g", s.Effects[0][6], -1.375516, 5e-6)
	near(t, "plate m", s.Effects[0][12], 1.427422, 5e-6)
	near(t, "conditional variance of a plate", s.ConditionalPEV[0][3], .0736359, 2e-6)
	near(t, "conditional variance of a sample", s.ConditionalPEV[1][2], .0408730, 2e-6)
}

// Oracle: MixedModels.jl, test/pls.jl, and lme4.
func TestPenicillinML(t *testing.T) {
	s := mustFit(t, table(penicillin), Options{ML: true})
	near(t, "plate sd", math.Sqrt(s.Variances[0]), .845572, 2e-6)
	near(t, "sample sd", math.Sqrt(s.Variances[1]), 1.770647, 2e-6)
	near(t, "residual sd", math.Sqrt(s.Residual), .549932, 2e-6)
	near(t, "deviance", s.Criterion, 332.1883487, 1e-6)
	near(t, "standard error", s.FixedSE[0][0], .744604, 1e-5)
	near(t, "sample F", s.Effects[1][5], -3.001824, 2e-6)
	near(t, "conditional variance of a plate", s.ConditionalPEV[0][3], .0733136, 2e-6)
	near(t, "conditional variance of a sample", s.ConditionalPEV[1][2], .0405159, 2e-6)
}
