package scoring

import (
	"cmp"
	"math"
	"slices"
)

// ranksOf fills ranks, intervals and reliabilities of the assessments from the
// composites and their draws.
func (r *run) ranksOf(out *composed, d *drawn, list []Assessment) {
	n := len(list)
	ranks := make([]int32, n)
	for _, members := range r.groups.members {
		var ranked []int32
		for _, i := range members {
			if out.standing[i].ranked {
				ranked = append(ranked, i)
			}
		}
		order := make([]valued, len(ranked))
		rankInto(ranked, out.raw, order, ranks)
		for _, i := range ranked {
			list[i].Rank = ranks[i]
		}
		r.rankIntervals(ranked, d, list)
	}
	r.compositeIntervals(out, d, list)
}

// rankIntervals are the 2.5 % and 97.5 % quantiles of the rank over the draws,
// taken outward to whole ranks.
func (r *run) rankIntervals(ranked []int32, d *drawn, list []Assessment) {
	drawnRanks := make([][]int32, d.draws)
	inStretches(d.draws, func(t int) {
		ranks, order := make([]int32, len(list)), make([]valued, len(ranked))
		rankInto(ranked, d.values[t], order, ranks)
		drawnRanks[t] = gather(ranks, ranked)
	})
	inParallel(len(ranked), func(from, to int) {
		one := make([]float64, d.draws)
		for at := from; at < to; at++ {
			for t := range one {
				one[t] = float64(drawnRanks[t][at])
			}
			low, high := interval(one)
			a := &list[ranked[at]]
			a.RankLow, a.RankHigh = min(int32(math.Floor(low)), a.Rank), max(int32(math.Ceil(high)), a.Rank)
		}
	})
}

// compositeIntervals also sets the reliability: the share of the variance of
// true composites in the group that is not left uncertain for this official.
func (r *run) compositeIntervals(out *composed, d *drawn, list []Assessment) {
	within, mean := filled(len(list), math.NaN()), filled(len(list), math.NaN())
	inParallel(len(list), func(from, to int) {
		one := make([]float64, d.draws)
		for i := from; i < to; i++ {
			if out.standing[i].status == InsufficientEvidence {
				continue
			}
			sum, square := 0.0, 0.0
			for t := range one {
				one[t] = d.values[t][i]
				sum += one[t]
			}
			mean[i] = sum / float64(d.draws)
			for _, x := range one {
				square += float64((x - mean[i]) * (x - mean[i]))
			}
			within[i] = square / float64(d.draws-1)
			low, high := interval(one)
			list[i].Low = min(winsorise(low), out.value[i])
			list[i].High = max(winsorise(high), out.value[i])
		}
	})
	for g, members := range r.groups.members {
		centre, between, n := r.groups.mean(g, mean), 0.0, 0.0
		for _, i := range members {
			if mean[i] == mean[i] {
				between += float64((mean[i] - centre) * (mean[i] - centre))
				n++
			}
		}
		total := r.groups.mean(g, within) + between/max(n-1, 1)
		for _, i := range members {
			if mean[i] == mean[i] && total > 0 {
				list[i].Reliability = min(max(1-within[i]/total, 0), 1)
			}
		}
	}
}

// percentiles are mid-rank percentiles of x among the members that have it.
func percentiles(members []int32, x, out []float64) {
	var have []int32
	for _, i := range members {
		if x[i] == x[i] {
			have = append(have, i)
		}
	}
	slices.SortFunc(have, func(a, b int32) int { return cmp.Compare(x[a], x[b]) })
	for below := 0; below < len(have); {
		end := below + 1
		for end < len(have) && x[have[end]] == x[have[below]] {
			end++
		}
		for _, i := range have[below:end] {
			out[i] = 100 * (float64(below) + float64(end-below)/2) / float64(len(have))
		}
		below = end
	}
}

// showcase fills visibility and its gap to the composite.
func (r *run) showcase(c *combined, out *composed, list []Assessment) {
	n := len(list)
	rate, visibility, composite := filled(n, math.NaN()), filled(n, math.NaN()), filled(n, math.NaN())
	for _, members := range r.groups.members {
		total := 0.0
		for _, i := range members {
			total += c.data.count[i]
		}
		if total > 0 {
			for _, i := range members {
				rate[i] = c.data.count[i] / c.data.time[i]
			}
		}
		percentiles(members, rate, visibility)
		percentiles(members, out.value, composite)
	}
	for i := range list {
		list[i].Visibility = visibility[i]
		list[i].ShowcaseGap = visibility[i] - composite[i]
	}
}
