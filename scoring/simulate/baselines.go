package simulate

import (
	"math"

	"steelyard/scoring"
)

// The methods that the engine is compared with see the same evidence.

// WeightedMeans is what is commonly done: each component's plain mean,
// standardised within the peer group, weighted by the policy; a missing
// component leaves its weight to the others.
func WeightedMeans(ev *scoring.Evidence, policy scoring.Policy) []float64 {
	return weigh(ev, policy, 0)
}

// BayesianAverage shrinks each mean toward that of the peer group as if half of
// the usual amount of evidence, all of it average, had been added:
//
//	(C·m + Σy) / (C + n),  C = half the mean n
func BayesianAverage(ev *scoring.Evidence, policy scoring.Policy) []float64 {
	return weigh(ev, policy, 0.5)
}

// tally is a sum over a posting's pieces of evidence.
type tally struct{ sum, n float64 }

func (t *tally) add(x float64) {
	t.sum += x
	t.n++
}

func weigh(ev *scoring.Evidence, policy scoring.Policy, prior float64) []float64 {
	n := len(ev.Postings)
	weights := [scoring.Components]float64{
		policy.Satisfaction.Weight, policy.Outcomes.Weight, policy.PeerReview.Weight, policy.PracticalWork.Weight,
	}
	tallies := [scoring.Components][]tally{satisfaction(ev), outcomes(ev, policy), peerReview(ev), practicalWork(ev)}
	score, weight := make([]float64, n), make([]float64, n)
	for k, t := range tallies {
		for i, z := range standardised(ev, t, prior) {
			if !math.IsNaN(z) {
				score[i] += weights[k] * z
				weight[i] += weights[k]
			}
		}
	}
	for i := range score {
		score[i] = 50 + 50*score[i]/weight[i]/3
	}
	return score
}

// standardised turns tallies into z-scores of their (shrunk) means within peer
// groups; NaN without evidence.
func standardised(ev *scoring.Evidence, t []tally, prior float64) []float64 {
	type moments struct{ sum, n, square, officials float64 }
	groups := map[string]*moments{}
	group := func(i int) *moments {
		name := ev.Postings[i].PeerGroup
		if groups[name] == nil {
			groups[name] = &moments{}
		}
		return groups[name]
	}
	for i := range t {
		if t[i].n > 0 {
			g := group(i)
			g.sum += t[i].sum
			g.n += t[i].n
			g.officials++
		}
	}
	z := make([]float64, len(t))
	for i := range t {
		z[i] = math.NaN()
		if g := group(i); t[i].n > 0 {
			add := prior * g.n / g.officials
			z[i] = (add*g.sum/g.n+t[i].sum)/(add+t[i].n) - g.sum/g.n
			g.square += z[i] * z[i]
		}
	}
	for i := range z {
		if g := group(i); g.square > 0 {
			z[i] /= math.Sqrt(g.square / g.officials)
		}
	}
	return z
}

func satisfaction(ev *scoring.Evidence) []tally {
	t := make([]tally, len(ev.Postings))
	for row, posting := range ev.Ratings.Posting {
		t[posting].add(float64(ev.Ratings.Level[row]))
	}
	return t
}

// outcomes believes what is claimed unless the resident answers.
func outcomes(ev *scoring.Evidence, policy scoring.Policy) []tally {
	t := make([]tally, len(ev.Postings))
	c := &ev.Cases
	for row, posting := range c.Posting {
		if posting == scoring.None || c.Outcome[row] == scoring.OutcomeWithdrawn {
			continue
		}
		if c.Outcome[row] == scoring.OutcomeOpen && c.Due[row] >= c.End {
			continue
		}
		x := 0.0
		if c.Confirmed[row] == scoring.Yes || c.Confirmed[row] == scoring.Unknown && c.Outcome[row] == scoring.OutcomeResolved {
			x += policy.SolvedShare
		}
		if c.Closed[row] != scoring.NoTime && c.Closed[row] <= c.Due[row] {
			x += policy.InTimeShare
		}
		if c.Transfers[row] == 0 && c.Reopened[row] == 0 {
			x += policy.HandlingShare
		}
		t[posting].add(x)
	}
	return t
}

func peerReview(ev *scoring.Evidence) []tally {
	t := make([]tally, len(ev.Postings))
	for row, posting := range ev.Reviews.Posting {
		if ev.Reviews.Relation[row] != scoring.RelationSelf {
			t[posting].add(float64(ev.Reviews.Score[row]))
		}
	}
	return t
}

// practicalWork is one figure an official, so that nothing shrinks.
func practicalWork(ev *scoring.Evidence) []tally {
	confirmed := make([]float64, len(ev.Postings))
	for row, posting := range ev.Deeds.Posting {
		if ev.Deeds.Confirmed[row] == scoring.Yes {
			confirmed[posting]++
		}
	}
	t := make([]tally, len(ev.Postings))
	if len(ev.Deeds.ID) == 0 {
		return t
	}
	for i, p := range ev.Postings {
		months := float64(p.To-p.From+1) / daysOfPeriod * 12
		t[i].add(math.Log1p(confirmed[i] / months))
	}
	return t
}
