package simulate

import (
	"math"

	"steelyard/scoring"
)

// The posterior of quality and visibility is summed over a square grid.
const (
	latentHigh  = 4.0
	latentStep  = 0.1
	latentCells = 81
)

// Oracle is the best that can be known of every official from all evidence, with
// all effects, halos, severities, circles, bought ratings, shares of false claims
// and variances known. By official, in the order of the postings.
type Oracle struct {
	Quality []float64 // posterior mean of q
	Sum     []float64 // the policy's composite at the posterior means of all t
}

// Oracle knows v only through the achievements.
func (s *Sample) Oracle(policy scoring.Policy) Oracle { return s.oracle(policy, false) }

// OracleKnowingVisibility is told v as well: no method can do better.
func (s *Sample) OracleKnowingVisibility(policy scoring.Policy) Oracle { return s.oracle(policy, true) }

func (s *Sample) oracle(policy scoring.Policy, toldV bool) Oracle {
	o := Oracle{Quality: make([]float64, len(s.officials))}
	believed := *s
	believed.officials = append([]official(nil), s.officials...)
	for i := range s.officials {
		o.Quality[i], believed.officials[i].t = s.posterior(i, toldV)
	}
	o.Sum = believed.truth().Composite(policy)
	return o
}

// strandView is a strand's likelihood of x = λq + (h/a)v, its own part
// integrated out, and the mean of t + (h/a)v at that x.
type strandView struct {
	log  curve
	mean curve
}

// view integrates the strand's own part out of an official's curve. With the
// grid moved into the positive, the mean is the ratio of two likelihoods.
func (s *Sample) view(i int, k strandKind) strandView {
	l := s.structure.loading[k]
	own := math.Sqrt(1 - l*l)
	view := strandView{log: s.curves[i][k].smoothed(own)}
	const lift = 1 - gridLow
	moment := s.curves[i][k]
	for x := range moment {
		moment[x] += math.Log(gridAt(x) + lift)
	}
	moment = moment.smoothed(own)
	for x := range view.mean {
		view.mean[x] = math.Exp(moment[x]-view.log[x]) - lift
	}
	return view
}

// posterior integrates over q and v on the grid:
//
//	E[q | evidence] = Σ q p(q, v) L_v(v) Π_k M_k(λ_k q + (h_k/a_k) v) / Σ …
//
// and the same of every t_k.
func (s *Sample) posterior(i int, toldV bool) (q float64, t [strands]float64) {
	st, o := &s.structure, &s.officials[i]
	var views [strands]strandView
	for k := range views {
		views[k] = s.view(i, strandKind(k))
	}
	c := s.World.Correlation
	vs := latentCells
	if toldV {
		vs = 1
	}
	logs := make([]float64, 0, latentCells*latentCells)
	top := math.Inf(-1)
	latent := func(n int) (q, v float64) {
		if toldV {
			return -latentHigh + latentStep*float64(n), o.v
		}
		return -latentHigh + latentStep*float64(n%latentCells), -latentHigh + latentStep*float64(n/latentCells)
	}
	for n := range vs * latentCells {
		q, v := latent(n)
		seen := s.expectedAchievements(o, v)
		l := float64(s.seen[i])*math.Log(seen) - seen - (q*q-2*c*q*v+v*v)/(2*(1-c*c))
		for k := range views {
			l += views[k].log.at(st.loading[k]*q + st.halo[k]/st.effect[k]*v)
		}
		logs = append(logs, l)
		top = math.Max(top, l)
	}
	weight := 0.0
	for n, l := range logs {
		p := math.Exp(l - top)
		if p < 1e-9 {
			continue
		}
		x, v := latent(n)
		weight += p
		q += p * x
		for k := range views {
			halo := st.halo[k] / st.effect[k] * v
			t[k] += p * (views[k].mean.at(st.loading[k]*x+halo) - halo)
		}
	}
	for k := range t {
		t[k] /= weight
	}
	return q / weight, t
}
