package scoring

import (
	"math"
	"testing"
)

// TestTailsAgreeWithTables: Student's t by its table (Abramowitz & Stegun 26.10), and by
// its closed forms for one and two degrees; the beta-binomial with a = b = 1 is uniform
// on 0…n.
func TestTailsAgreeWithTables(t *testing.T) {
	for _, c := range []struct{ x, degrees, want, tolerance float64 }{
		{0, 3, 0.5, 1e-12},
		{1.812461, 10, 0.05, 1e-6},
		{4.143700, 10, 0.001, 1e-7},
		{-1.812461, 10, 0.95, 1e-6},
		{2, 1, 0.5 - math.Atan(2)/math.Pi, 1e-12},
		{3, 2, 0.5 - 3/(2*math.Sqrt(11)), 1e-12},
		{1e-9, 5, 0.5, 1e-8},
		{3.0902, 1e5, 0.001, 1e-5},
	} {
		if got := studentTail(c.x, c.degrees); math.Abs(got-c.want) > c.tolerance {
			t.Errorf("t of %v above %v: %v, want %v", c.degrees, c.x, got, c.want)
		}
	}
	for k := range int32(12) {
		if got, want := betaBinomialTail(k, 11, 1, 1), float64(12-k)/12; math.Abs(got-want) > 1e-9 {
			t.Errorf("at least %d of 11: %v, want %v", k, got, want)
		}
	}
}
