package mixed

import (
	"math"
	"testing"
)

// agree holds a stochastic fit to the exact one of the same problem: variances
// within 1 %, the target's error variances within 5 %, effects to three digits.
func agree(t *testing.T, got, want *Solution) {
	t.Helper()
	for k, v := range want.Variances {
		near(t, "variance", got.Variances[k]/v, 1, .01)
	}
	near(t, "residual", got.Residual/want.Residual, 1, .01)
	worst, sum := 0.0, 0.0
	for i, v := range want.PEV[0] {
		d := math.Abs(got.PEV[0][i]/v - 1)
		worst, sum = math.Max(worst, d), sum+d
		near(t, "effect", got.Effects[0][i], want.Effects[0][i], 2e-3*math.Sqrt(want.Variances[0]))
	}
	if worst > .05 {
		t.Errorf("an error variance is off by %.3g", worst)
	}
	t.Logf("variances %.6g %.6g for %.6g %.6g; error variances off by %.4f at worst, %.4f on average, %.4f as reported; %d iterations",
		got.Variances, got.Residual, want.Variances, want.Residual, worst, sum/float64(len(want.PEV[0])), got.PEVError, got.Iterations)
}

// Oracle: the exact fit.
func TestProbesAgreeWithExactFit(t *testing.T) {
	t.Run("InstEval", func(t *testing.T) {
		r, p := instEval(t)
		p.Fixed = []Factor{r.levels("dept", "service")}
		agree(t, mustFit(t, p, Options{ExactLimit: -1}), mustFit(t, p, Options{}))
	})
	t.Run("figure skating", func(t *testing.T) {
		p := skating(t)
		agree(t, mustFit(t, p, Options{ExactLimit: -1}), mustFit(t, p, Options{}))
	})
}

// TestAFitByProbesEndsAtItsOwnVariances: its last step is taken without an evaluation, and
// what it gives out is nevertheless what belongs to the variances it ends with.
func TestAFitByProbesEndsAtItsOwnVariances(t *testing.T) {
	p := world(12_000, 300, 900, 3, 5)
	s := mustFit(t, p, Options{ExactLimit: -1})
	own := mustFit(t, p, Options{ExactLimit: -1, FixedVariances: append(append([]float64(nil), s.Variances...), s.Residual)})
	for i := range s.Effects[0] {
		near(t, "effect", s.Effects[0][i], own.Effects[0][i], 1e-6)
		near(t, "error variance", s.PEV[0][i], own.PEV[0][i], 1e-6)
	}
	exact := mustFit(t, p, Options{Tolerance: 0.1})
	further := mustFit(t, p, Options{Start: exact.Next, Tolerance: 0.1})
	best := mustFit(t, p, Options{})
	for k, v := range best.Variances {
		if math.Abs(further.Variances[k]/v-1) > 1e-3 {
			t.Errorf("variance %d: %g from where a coarse fit would have gone on, %g at the end", k, further.Variances[k], v)
		}
	}
}

// TestACellThatOneOfficialMeetsOnceFailsNoFit: what is left of its equation is small against
// what is taken from it. The exact fit is the oracle.
func TestACellThatOneOfficialMeetsOnceFailsNoFit(t *testing.T) {
	p := Problem{
		Fixed: []Factor{intercept(6), {Name: "cell", Levels: 3, Index: []int32{1, 1, 1, 0, 0, 2}}},
		Random: []Factor{
			{Name: "official", Levels: 2, Index: []int32{0, 0, 0, 0, 0, 1}},
			{Name: "rater", Levels: 1, Index: []int32{0, 0, None, 0, 0, 0}},
		},
		Y: []float64{3, 4, 2, 5, 1, 4}, Weight: []float64{1, 1, 1, .25, 1, 1},
	}
	o := Options{FixedVariances: []float64{.5, 1, 1}}
	exact := mustFit(t, p, o)
	o.ExactLimit = -1
	probed := mustFit(t, p, o)
	for level, se := range exact.FixedSE[1] {
		near(t, "standard error", probed.FixedSE[1][level], se, 1e-6)
	}
}
