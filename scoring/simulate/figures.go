package simulate

import (
	"cmp"
	"math"
	"slices"

	"steelyard/scoring"
)

// Figures judge one method in one sample. A figure that the method does not
// give is NaN.
type Figures struct {
	Rho       float64 // Spearman's, of composite and q, within peer groups, averaged by size
	Share     float64 // Rho as a share of the oracle's
	Sum       float64 // the same with the policy-weighted sum of true effects in q's place
	Slope     float64 // of the composite, in its standard deviation, on v given q
	Rank      float64 // share of rank intervals that hold the true rank
	Composite float64 // share of composite intervals that hold the true sum
	Scored    float64 // share of officials with a composite
}

// Evaluate judges a run of the engine. The true rank and the true sum are those
// of [Truth.Composite]: what the policy asks for, had it been seen without error.
func (s *Sample) Evaluate(result *scoring.Result, policy scoring.Policy, oracle Oracle) Figures {
	composite := make([]float64, len(s.officials))
	for i := range composite {
		composite[i] = math.NaN()
	}
	for i := range result.Assessments {
		a := &result.Assessments[i]
		composite[a.Posting] = a.Composite
	}
	f := s.EvaluateScores(composite, policy, oracle)
	sums := s.Truth.Composite(policy)
	f.Rank, f.Composite = s.rankCoverage(result, sums), compositeCoverage(result, sums)
	return f
}

// EvaluateScores judges scores that come without intervals; NaN is no score.
// Every correlation is over the officials that have a score.
func (s *Sample) EvaluateScores(score []float64, policy scoring.Policy, oracle Oracle) Figures {
	with := s.scored(score)
	sums := s.Truth.Composite(policy)
	f := Figures{Rank: math.NaN(), Composite: math.NaN()}
	f.Rho = s.rho(with, score, s.Truth.Quality)
	f.Share = f.Rho / s.rho(with, oracle.Quality, s.Truth.Quality)
	f.Sum = s.rho(with, score, sums) / s.rho(with, oracle.Sum, sums)
	f.Slope = s.slope(with, score)
	f.Scored = float64(len(with)) / float64(len(score))
	return f
}

// scored lists the officials that have a score.
func (s *Sample) scored(score []float64) []int {
	var with []int
	for i, x := range score {
		if !math.IsNaN(x) {
			with = append(with, i)
		}
	}
	return with
}

// rho is Spearman's within peer groups, averaged by size.
func (s *Sample) rho(with []int, x, truth []float64) float64 {
	sum, n := 0.0, 0
	for g := range s.structure.groupSizes {
		var a, b []float64
		for _, i := range with {
			if s.Truth.Group[i] == g {
				a, b = append(a, x[i]), append(b, truth[i])
			}
		}
		if len(a) > 2 {
			sum += spearman(a, b) * float64(len(a))
			n += len(a)
		}
	}
	return sum / float64(n)
}

// slope is the coefficient of v in the least-squares fit of the score, centred
// on its group and divided by its standard deviation within groups, on q and v.
func (s *Sample) slope(with []int, score []float64) float64 {
	groups := len(s.structure.groupSizes)
	pick := func(x []float64) []float64 {
		out, sum, n := make([]float64, len(with)), make([]float64, groups), make([]float64, groups)
		for _, i := range with {
			sum[s.Truth.Group[i]] += x[i]
			n[s.Truth.Group[i]]++
		}
		for at, i := range with {
			out[at] = x[i] - sum[s.Truth.Group[i]]/n[s.Truth.Group[i]]
		}
		return out
	}
	y, q, v := pick(score), pick(s.Truth.Quality), pick(s.Truth.Visibility)
	det := dot(q, q)*dot(v, v) - dot(q, v)*dot(q, v)
	b := (dot(q, q)*dot(v, y) - dot(q, v)*dot(q, y)) / det
	return b / math.Sqrt(dot(y, y)/float64(len(y)))
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// rankCoverage asks of every ranked official whether the interval holds the
// rank that the true sums give among the ranked of the group.
func (s *Sample) rankCoverage(result *scoring.Result, sums []float64) float64 {
	held, n := 0, 0
	for g := range s.structure.groupSizes {
		var ranked []*scoring.Assessment
		for i := range result.Assessments {
			if a := &result.Assessments[i]; a.Rank > 0 && s.Truth.Group[a.Posting] == g {
				ranked = append(ranked, a)
			}
		}
		slices.SortFunc(ranked, func(a, b *scoring.Assessment) int { return cmp.Compare(sums[b.Posting], sums[a.Posting]) })
		for at, a := range ranked {
			if rank := int32(at + 1); a.RankLow <= rank && rank <= a.RankHigh {
				held++
			}
		}
		n += len(ranked)
	}
	return float64(held) / float64(n)
}

func compositeCoverage(result *scoring.Result, sums []float64) float64 {
	held, n := 0, 0
	for i := range result.Assessments {
		a := &result.Assessments[i]
		if math.IsNaN(a.Composite) {
			continue
		}
		n++
		if truth := math.Max(0, math.Min(100, sums[a.Posting])); a.Low <= truth && truth <= a.High {
			held++
		}
	}
	return float64(held) / float64(n)
}

// spearman is Pearson's correlation of the ranks, ties at their mean rank.
func spearman(a, b []float64) float64 {
	x, y := ranks(a), ranks(b)
	mean := float64(len(a)+1) / 2
	for i := range x {
		x[i] -= mean
		y[i] -= mean
	}
	return dot(x, y) / math.Sqrt(dot(x, x)*dot(y, y))
}

func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	out := make([]float64, len(x))
	for low := 0; low < len(order); {
		high := low
		for high < len(order) && x[order[high]] == x[order[low]] {
			high++
		}
		for _, i := range order[low:high] {
			out[i] = float64(low+high+1) / 2
		}
		low = high
	}
	return out
}
