package simulate

import (
	"math"

	"steelyard/scoring"
)

// Truth is what the evidence was drawn from, by official in the order of the
// postings.
type Truth struct {
	Quality    []float64 // q
	Visibility []float64 // v
	Group      []int     // number of the peer group

	// Components are the true effects: what a component would show with endless
	// evidence, everybody's mix of work, everybody's raters and no halo, centred on
	// the mean of the peer group and in standard deviations of the true effect. The
	// parts of a case weigh as in the default policy.
	Components [scoring.Components][]float64
}

// Composite returns the policy-weighted sum of the true effects on the
// composite's scale, 50 + 50·Σ w_k z_k / 3, before winsorising.
func (t Truth) Composite(p scoring.Policy) []float64 {
	weights := [scoring.Components]float64{
		scoring.Satisfaction:  p.Satisfaction.Weight,
		scoring.Outcomes:      p.Outcomes.Weight,
		scoring.PeerReview:    p.PeerReview.Weight,
		scoring.PracticalWork: p.PracticalWork.Weight,
	}
	sum := make([]float64, len(t.Quality))
	for i := range sum {
		z := 0.0
		for k, w := range weights {
			z += w * t.Components[k][i]
		}
		sum[i] = 50 + 50*z/3
	}
	return sum
}

func (s *Sample) truth() Truth {
	n := len(s.officials)
	t := Truth{Quality: make([]float64, n), Visibility: make([]float64, n), Group: make([]int, n)}
	for k := range t.Components {
		t.Components[k] = make([]float64, n)
	}
	for i, o := range s.officials {
		t.Quality[i], t.Visibility[i], t.Group[i] = o.q, o.v, o.group
		t.Components[scoring.Satisfaction][i] = s.trueSatisfaction(i)
		t.Components[scoring.Outcomes][i] = s.trueOutcomes(i)
		t.Components[scoring.PeerReview][i] = s.trueReview(i)
		t.Components[scoring.PracticalWork][i] = s.truePractice(i)
	}
	for k := range t.Components {
		withinGroups(t.Components[k], t.Group, len(s.structure.groupSizes))
	}
	return t
}

// work is what a strand would show of an official without halo.
func (s *Sample) work(i int, k strandKind) float64 {
	return s.u(i, k) - s.structure.halo[k]*s.officials[i].v
}

// trueSatisfaction is the mean level over all services alike.
func (s *Sample) trueSatisfaction(i int) float64 {
	st, sum := &s.structure, 0.0
	for _, effect := range st.services {
		sum += st.rating.mean(effect + s.work(i, strandRatings))
	}
	return sum / float64(len(st.services))
}

// trueOutcomes weighs the three parts of a case as the default policy does,
// over all categories alike.
func (s *Sample) trueOutcomes(i int) float64 {
	p := scoring.DefaultPolicy()
	st, sum := &s.structure, 0.0
	for _, c := range st.categories {
		sum += p.SolvedShare*logistic(c.solved+s.work(i, strandSolved)) +
			p.InTimeShare*logistic(c.inTime+s.work(i, strandInTime))
	}
	return sum/float64(len(st.categories)) + p.HandlingShare*logistic(s.work(i, strandHanding)-st.handing)
}

func (s *Sample) trueReview(i int) float64 {
	st, sum := &s.structure, 0.0
	for _, d := range st.dimension {
		sum += st.review.mean(reviewCentre + d + s.work(i, strandReviews))
	}
	return sum / float64(len(st.dimension))
}

// truePractice is log(1 + confirmed deeds a month).
func (s *Sample) truePractice(i int) float64 {
	st := &s.structure
	return math.Log1p(st.deeds * st.deedsConfirmed / 12 * math.Exp(s.work(i, strandDeeds)))
}

// withinGroups centres x on the groups' means and divides it by the standard
// deviation within groups.
func withinGroups(x []float64, group []int, groups int) {
	sum, n := make([]float64, groups), make([]float64, groups)
	for i, g := range group {
		sum[g] += x[i]
		n[g]++
	}
	ss := 0.0
	for i, g := range group {
		x[i] -= sum[g] / n[g]
		ss += x[i] * x[i]
	}
	sd := math.Sqrt(ss / float64(len(x)-groups))
	for i := range x {
		x[i] /= sd
	}
}
