package scoring

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Choice is one step of the method, which [WhatIf] can leave out.
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

// Variant is what the scores would be. Both columns are as Evidence.Postings: NaN
// is no composite, 0 no rank.
type Variant struct {
	Without   Choice // empty: the scores as they are
	Composite []float64
	Rank      []int32
}

// WhatIf scores the evidence with one step of the method left out; with an empty
// choice as it is. It gives no intervals. Errors are those of [Assess], and one for
// a choice that there is not.
func WhatIf(ctx context.Context, ev *Evidence, policy Policy, without Choice) (*Variant, error) {
	if without != "" && !slices.Contains(Choices(), without) {
		return nil, fmt.Errorf("what if without %q: no such step", without)
	}
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	if err := ev.Validate(); err != nil {
		return nil, err
	}
	c := ev.canonical()
	a, err := pointsWithout(ctx, c.ev, policy, without)
	if err != nil {
		return nil, err
	}
	return a.variant(without, c.postings), nil
}

// pointsWithout goes as far as the composites.
func pointsWithout(ctx context.Context, ev *Evidence, policy Policy, without Choice) (*assessed, error) {
	policy.Borrowing = policy.Borrowing && without != ChoiceBorrowing
	policy.HaloCorrection = policy.HaloCorrection && without != ChoiceHalo
	r := newRun(ev, policy)
	r.without = without
	a := &assessed{run: r, result: &Result{Version: Version}}
	if len(ev.Postings) == 0 {
		return a, nil
	}
	if err := a.fit(ctx, func(string, int, int) {}); err != nil {
		return nil, err
	}
	a.combined = r.combine(a.indicators)
	a.composed = r.compose(a.combined, a.indicators)
	return a, nil
}

func (a *assessed) variant(without Choice, postings []int32) *Variant {
	n := len(postings)
	v := &Variant{Without: without, Composite: make([]float64, n), Rank: make([]int32, n)}
	if n == 0 {
		return v
	}
	ranks := a.ranks(a.composed.raw)
	for i, old := range postings {
		v.Composite[old], v.Rank[old] = a.composed.value[i], ranks[i]
	}
	return v
}

// ranks are the ranks by value of all who are ranked, within groups.
func (a *assessed) ranks(values []float64) []int32 {
	ranks := make([]int32, len(values))
	for g := range a.run.groups.members {
		ranked := a.ranked(g)
		rankInto(ranked, values, make([]int32, len(ranked)), ranks)
	}
	return ranks
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

// Sensitivities say how far the scores hang on choices that could have been made
// otherwise.
type Sensitivities struct {
	Base    Variant
	Without []Variant     // one a choice, in the order of Choices
	Weights []WeightRange // as Evidence.Postings
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

// Sensitivity leaves out every step in turn and tries weights drawn by the
// policy's seed. progress, when not nil, hears of each step. Errors are those of
// [Assess].
func Sensitivity(ctx context.Context, ev *Evidence, policy Policy, progress func(done, total int)) (*Sensitivities, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	if err := ev.Validate(); err != nil {
		return nil, err
	}
	c := ev.canonical()
	base, err := pointsWithout(ctx, c.ev, policy, "")
	if err != nil {
		return nil, err
	}
	total := len(Choices()) + 1
	out := &Sensitivities{Base: *base.variant("", c.postings), Weights: base.weightRanges(c.postings)}
	progress(1, total)
	for k, choice := range Choices() {
		a, err := pointsWithout(ctx, c.ev, policy, choice)
		if err != nil {
			return nil, fmt.Errorf("without %s: %w", choice, err)
		}
		out.Without = append(out.Without, *a.variant(choice, c.postings))
		progress(k+2, total)
	}
	return out, nil
}

// weightRanges draws weights group by group.
func (a *assessed) weightRanges(postings []int32) []WeightRange {
	out := make([]WeightRange, len(postings))
	for i := range out {
		out[i] = WeightRange{CompositeLow: nan, CompositeHigh: nan}
	}
	if len(postings) == 0 {
		return out
	}
	for g := range a.run.groups.members {
		a.weighGroupAnew(g, postings, out)
	}
	return out
}

func (a *assessed) weighGroupAnew(g int, postings []int32, out []WeightRange) {
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
		rankInto(ranked, all, make([]int32, len(ranked)), rank)
		for at, i := range members {
			ranks[t][at] = rank[i]
		}
	})
	best := int32(float64(a.run.policy.ExcellentShare*float64(len(ranked))) + 1e-9)
	value, rank := make([]float64, weightDraws), make([]float64, weightDraws)
	for at, i := range members {
		w := &out[postings[i]]
		for t := range weightDraws {
			value[t], rank[t] = values[t][at], float64(ranks[t][at])
			if r := ranks[t][at]; r > 0 && r <= best {
				w.Top += 1.0 / weightDraws
			}
		}
		if math.IsNaN(value[0]) {
			continue
		}
		slices.Sort(value)
		slices.Sort(rank)
		w.CompositeLow = winsorise(quantile(value, 0.05*(weightDraws-1)))
		w.CompositeHigh = winsorise(quantile(value, 0.95*(weightDraws-1)))
		w.RankBest, w.RankWorst = int32(rank[0]), int32(rank[weightDraws-1])
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
