package scoring

import (
	"math"
	"slices"
)

// Choice is one step of the method, which [Ordered.Fit] can leave out.
type Choice string

// The choices. None of them is a policy's to make, borrowing and halo excepted:
// leaving one out shows what it does, and to whom.
const (
	ChoiceCaseMix   Choice = "CASE_MIX"  // services, categories and channels
	ChoiceRater     Choice = "RATER"     // severity of raters and reviewers
	ChoiceVoice     Choice = "VOICE"     // one person, one voice
	ChoiceAttack    Choice = "ATTACK"    // bursts, favours and campaigns weighed down
	ChoiceShrinkage Choice = "SHRINKAGE" // little evidence drawn toward the group
	ChoiceBorrowing Choice = "BORROWED"  // components lending strength to one another
	ChoiceHalo      Choice = "HALO"      // what leans on visibility
)

// Choices returns every choice, in the order of an explanation.
func Choices() []Choice {
	return []Choice{ChoiceVoice, ChoiceAttack, ChoiceCaseMix, ChoiceRater, ChoiceShrinkage, ChoiceBorrowing, ChoiceHalo}
}

// WeightRange is what becomes of one posting under weights drawn evenly from all
// that are possible (the simplex over the components that the group has).
type WeightRange struct {
	CompositeLow, CompositeHigh float64 // 5 % and 95 % quantile; NaN without a composite
	RankBest, RankWorst         int32   // over all draws; 0 without a rank
	RankLow, RankHigh           int32   // 5 % and 95 % quantile
	Top                         float64 // share of the weightings that put it among the policy's share of the best
}

// weightDraws is how many weightings are tried.
const weightDraws = 1000

// weightRanges draws weights group by group.
func (a *assessed) weightRanges() []WeightRange {
	out := make([]WeightRange, len(a.run.ev.Postings))
	for i := range out {
		out[i] = WeightRange{CompositeLow: nan, CompositeHigh: nan}
	}
	for g := range a.run.groups.members {
		a.weighGroupAnew(g, out)
	}
	return out
}

func (a *assessed) weighGroupAnew(g int, out []WeightRange) {
	members := a.run.groups.members[g]
	ranked := a.ranked(g)
	place := make(map[int32]int, len(members))
	for at, i := range members {
		place[i] = at
	}
	values, ranks := make([][]float64, weightDraws), make([][]int32, weightDraws)
	inStretches(weightDraws, func(t int) {
		weight := simplex(newNormals(a.run.policy.Seed, uint64(1<<40+t)), &a.composed.nominal[g])
		all, rank := filled(len(a.composed.raw), nan), make([]int32, len(a.composed.raw))
		values[t], ranks[t] = make([]float64, len(members)), make([]int32, len(members))
		for at, i := range members {
			all[i] = a.weighed(int(i), g, &weight)
			values[t][at] = all[i]
		}
		rankInto(ranked, all, make([]valued, len(ranked)), rank)
		for at, i := range members {
			ranks[t][at] = rank[i]
		}
	})
	best := int32(float64(a.run.policy.ExcellentShare*float64(len(ranked))) + 1e-9)
	value, rank := make([]float64, weightDraws), make([]float64, weightDraws)
	for at, i := range members {
		w := &out[i]
		for t := range weightDraws {
			value[t], rank[t] = values[t][at], float64(ranks[t][at])
			if r := ranks[t][at]; r > 0 && r <= best {
				w.Top += 1.0 / weightDraws
			}
		}
		if math.IsNaN(value[0]) {
			continue
		}
		w.CompositeLow = winsorise(quantile(value, 0.05*(weightDraws-1)))
		w.CompositeHigh = winsorise(quantile(value, 0.95*(weightDraws-1)))
		w.RankBest, w.RankWorst = int32(slices.Min(rank)), int32(slices.Max(rank))
		w.RankLow = int32(math.Floor(quantile(rank, 0.05*(weightDraws-1))))
		w.RankHigh = int32(math.Ceil(quantile(rank, 0.95*(weightDraws-1))))
	}
}

// simplex draws weights evenly over the components with a nominal weight: spacings
// of exponential numbers.
func simplex(source *normals, nominal *[Components]float64) [Components]float64 {
	var weight [Components]float64
	sum := 0.0
	for k := range Components {
		if nominal[k] > 0 {
			weight[k] = -log(source.uniform())
			sum += weight[k]
		}
	}
	for k := range weight {
		weight[k] /= sum
	}
	return weight
}

// weighed is the composite of posting i, before winsorising, under other weights;
// components left out share theirs. NaN without a composite.
func (a *assessed) weighed(i, g int, weight *[Components]float64) float64 {
	c, out := a.combined, a.composed
	s := &out.standing[i]
	if s.status == InsufficientEvidence {
		return nan
	}
	sum, have := 0.0, 0.0
	for k := range Components {
		if s.counts[k] {
			have += weight[k]
			sum += float64(weight[k] * out.scale[g][k].points(c.clean[k][i]-out.centre[g][k].clean))
		}
	}
	return sum / have
}

func (a *assessed) ranked(g int) []int32 {
	var ranked []int32
	for _, i := range a.run.groups.members[g] {
		if a.composed.standing[i].ranked {
			ranked = append(ranked, i)
		}
	}
	return ranked
}
