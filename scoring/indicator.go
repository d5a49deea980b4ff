package scoring

import (
	"context"
	"fmt"
	"math"

	"steelyard/scoring/mixed"
)

// indicator is one strand of evidence after its own model: for each posting what
// the strand says by itself, not yet shrunk, with its error variance, and the
// steps that lead from the raw figure there. All numbers are on the strand's
// working scale (levels, logits, log deeds a month); NaN is absent.
type indicator struct {
	name      string
	component Component
	anchor    bool // taken to be free of halo

	fitted   bool    // false: no rows, or no variance between officials
	sigma    float64 // standard deviation of the official effect by REML
	share    float64 // weight inside the component
	toPoints float64 // factor from the working scale to the component's own
	mean     float64 // of shares: what the raw figure is measured against

	estimate []float64 // unshrunk
	variance []float64 // its error variance
	blup     []float64 // shrunk by the strand's own model
	pev      []float64 // prediction error variance of blup

	raw, attack, caseMix, rater []float64 // steps, in this order
	figure                      []float64 // the raw figure as people know it
	n                           []float64 // effective pieces of evidence
	part                        []int32   // connected part, by posting; -1: no evidence
	fit                         Fit

	pieces map[string][]topPieces // by code of a part and posting
}

func newIndicator(name string, component Component, postings int) *indicator {
	in := &indicator{name: name, component: component, share: 1, toPoints: 1}
	for _, column := range []*[]float64{
		&in.estimate, &in.variance, &in.blup, &in.pev, &in.raw, &in.attack, &in.caseMix, &in.rater, &in.figure,
	} {
		*column = filled(postings, math.NaN())
	}
	in.n = make([]float64, postings)
	return in
}

func filled(n int, x float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// inflation is how many times its own variance the official effect is given
// when it is to be estimated without shrinkage. At this size the shrinkage left
// is below a thousandth, and the equations stay well conditioned.
const inflation = 400

// From more than roughFrom officials on, an exact evaluation of crossed effects is
// dear. There variances rest at looseTolerance, a hundredth of what evidence can tell
// of them; and fits whose error variances nobody reads are not exact.
const (
	roughFrom      = 600
	looseTolerance = 1e-3
)

// fit runs the model. With o.Inflate = [inflation] it also gives the effects with the
// official's variance inflated, so that official effects neither shrink nor leak into
// the case mix that goes with them.
func fit(ctx context.Context, p mixed.Problem, o mixed.Options) (*mixed.Solution, error) {
	o.TargetOnly = true
	if p.Random[0].Levels > roughFrom && len(p.Random) > 1 {
		o.Tolerance = looseTolerance
	}
	s, err := mixed.Fit(ctx, p, o)
	if err != nil {
		return nil, fmt.Errorf("fit %s: %w", p.Random[0].Name, err)
	}
	return s, nil
}

// take copies what a fit says of the official effects. The estimates are the
// inflated, unshrunk ones; their error variances come from the shrunk ones, with the
// shrinkage undone and without the part that all members of a group share, the
// error of the group's mean: the composite compares within groups.
func (in *indicator) take(shrunk *mixed.Solution, has []bool, g *groups) {
	in.fitted = true
	square := shrunk.Variances[0]
	in.sigma = math.Sqrt(square)
	for _, members := range g.members {
		n := 0.0
		for _, i := range members {
			n += boolFloat(has[i])
		}
		for _, i := range members {
			if !has[i] {
				continue
			}
			pev := shrunk.PEV[0][i]
			in.blup[i], in.pev[i] = shrunk.Effects[0][i], pev
			reliability := max(1-shrunk.ConditionalPEV[0][i]/square, 0)
			pev = max(pev-float64(reliability*square)/n, shrunk.ConditionalPEV[0][i])
			if left := 1 - pev/square; left > 0.005 {
				in.estimate[i] = float64(shrunk.Inflated.Effects[0][i] * (1 + 1.0/inflation))
				in.variance[i] = pev / left
			}
		}
	}
}

// estimable says whether there is anything to estimate variances from: responses
// that differ, and rows enough beyond one for each official and fixed level.
func estimable(p mixed.Problem) bool {
	if len(p.Y) == 0 || constant(p.Y) {
		return false
	}
	met := make([]bool, p.Random[0].Levels)
	needed, officials := 0, 0
	for i, o := range p.Random[0].Index {
		if (p.Weight == nil || p.Weight[i] > 0) && !met[o] {
			met[o] = true
			officials++
		}
	}
	for _, f := range p.Fixed {
		seen := make([]bool, f.Levels)
		for _, l := range f.Index {
			if !seen[l] {
				seen[l] = true
				needed++
			}
		}
	}
	return officials >= p.Fixed[0].Levels+leastFreedom && len(p.Y) >= needed+officials+leastFreedom
}

// leastFreedom is how many officials and rows beyond those that parameters use up
// there must be.
const leastFreedom = 2

// nothingToTell is what a strand reports that was not estimable.
func nothingToTell(c Component, p mixed.Problem) Fit {
	return Fit{
		Component: c, Rows: len(p.Y), Converged: true, Residual: nan,
		Effects: []Effect{{Name: p.Random[0].Name, Levels: p.Random[0].Levels, Boundary: true, SE: nan}},
	}
}

func describeFit(c Component, p mixed.Problem, s *mixed.Solution) Fit {
	f := Fit{Component: c, Rows: s.N, Residual: s.Residual, Iterations: s.Iterations, Converged: s.Converged}
	for k, factor := range p.Random {
		e := Effect{Name: factor.Name, Levels: factor.Levels, Variance: s.Variances[k], Boundary: s.Boundary[k], SE: math.NaN()}
		if s.VarianceSE != nil {
			e.SE = s.VarianceSE[k]
		}
		f.Effects = append(f.Effects, e)
	}
	return f
}
