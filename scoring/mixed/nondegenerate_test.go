package mixed

import (
	"math"
	"math/rand/v2"
	"testing"
)

// balanced is a one-way layout whose group means differ by the given standard deviation.
func balanced(groups, each int, sd float64, seed uint64) Problem {
	r := rand.New(rand.NewPCG(seed, 5))
	p := Problem{Random: []Factor{{Name: "group", Levels: groups}}}
	for g := range groups {
		mean := sd * r.NormFloat64()
		for range each {
			p.Y = append(p.Y, mean+r.NormFloat64())
			p.Random[0].Index = append(p.Random[0].Index, int32(g))
		}
	}
	p.Fixed = []Factor{intercept(len(p.Y))}
	return p
}

// TestLittleEvidenceIsNoZero: where groups do not differ by the plain estimate, the
// nondegenerate one lies within some standard errors of zero, and where it lies the
// criterion, the term included, is least.
func TestLittleEvidenceIsNoZero(t *testing.T) {
	t.Parallel()
	tried := 0
	for seed := range uint64(40) {
		p := balanced(30, 4, 0.1, seed)
		if !mustFit(t, p, Options{}).Boundary[0] {
			continue
		}
		tried++
		s := mustFit(t, p, Options{Nondegenerate: true})
		if v := s.Variances[0]; s.Boundary[0] || !(v > 0) || v > 3*s.VarianceSE[0] {
			t.Errorf("seed %d: variance %g, standard error %g", seed, v, s.VarianceSE[0])
		}
		criterion := func(factor float64) float64 {
			o := Options{Nondegenerate: true, FixedVariances: []float64{s.Variances[0] * factor, s.Residual}}
			return mustFit(t, p, o).Criterion
		}
		if at := criterion(1); at > criterion(0.98) || at > criterion(1.02) {
			t.Errorf("seed %d: the criterion is not least at the estimate", seed)
		}
	}
	if tried < 5 {
		t.Fatalf("the plain estimate was zero only %d times", tried)
	}
}

// TestMuchEvidenceIsLeftAlone: with more groups the term fades.
func TestMuchEvidenceIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := balanced(400, 20, 0.7, 1)
	plain, kept := mustFit(t, p, Options{}).Variances[0], mustFit(t, p, Options{Nondegenerate: true}).Variances[0]
	if more := kept/plain - 1; !(more > 0) || more > 2.0/400 || math.IsNaN(more) {
		t.Errorf("the variance is %.4f larger", more)
	}
}
