package scoring

import (
	"context"
	"fmt"
	"math"
	"slices"

	"steelyard/scoring/mixed"
)

// dimensionScores are, by posting, what the reviews of each dimension say alone:
//
//	score = group + relation + official + reviewer
//
// fitted to the rows of one dimension with the weights that favours left; the
// prediction stands about the group's mean on the composite's scale. They are
// shown beside the whole and enter nothing: no halo is taken out of them and
// nothing is borrowed. NaN without reviews of the dimension, or where officials do
// not differ in it.
//
// Their fits begin where that of the whole ended, where there is one.
func (r *run) dimensionScores(ctx context.Context, rows *reviewRows, weight []float64, whole []Effect, residual float64) ([][Dimensions]ComponentScore, error) {
	out := make([][Dimensions]ComponentScore, len(r.ev.Postings))
	for i := range out {
		for d := range out[i] {
			out[i][d] = ComponentScore{Value: nan, SE: nan}
		}
	}
	start := dimensionStart(whole, residual)
	for d := range Dimensions {
		if err := r.dimensionScore(ctx, rows.of(d, weight), d, start, out); err != nil {
			return nil, fmt.Errorf("dimension %d: %w", d, err)
		}
	}
	return out, nil
}

// dimensionStart are first guesses at a dimension's variances of officials, reviewers and
// the rest, which holds the pairs; nil where the whole has not told of all.
func dimensionStart(whole []Effect, residual float64) []float64 {
	if len(whole) < 2 || whole[0].Boundary || whole[1].Name != "reviewer" {
		return nil
	}
	for _, e := range whole[2:] {
		residual += e.Variance
	}
	return []float64{whole[0].Variance, max(whole[1].Variance, float64(leastStart*residual)), residual}
}

// leastStart is the least share of the residual that a variance is guessed at.
const leastStart = 1e-3

// of are the rows of one dimension with their weights.
func (rows *reviewRows) of(d Dimension, weight []float64) *dimensionRows {
	out := &dimensionRows{}
	for i, of := range rows.dimension {
		if of == int32(d) {
			out.y = append(out.y, rows.y[i])
			out.weight = append(out.weight, weight[i])
			out.posting = append(out.posting, rows.posting[i])
			out.reviewer = append(out.reviewer, rows.reviewer[i])
			out.relation = append(out.relation, rows.relation[i])
		}
	}
	return out
}

type dimensionRows struct {
	y, weight                   []float64
	posting, reviewer, relation []int32
}

func (r *run) dimensionScore(ctx context.Context, rows *dimensionRows, d Dimension, start []float64, out [][Dimensions]ComponentScore) error {
	if len(rows.y) == 0 {
		return nil
	}
	group := make([]int32, len(rows.y))
	n := make([]float64, len(out))
	for i, p := range rows.posting {
		group[i] = r.groups.of[p]
		n[p] += rows.weight[i]
	}
	problem := mixed.Problem{
		Y: rows.y, Weight: rows.weight,
		Fixed: []mixed.Factor{
			{Name: "peer group", Levels: r.groups.count(), Index: group},
			{Name: "relation", Levels: int(relations), Index: rows.relation},
		},
		Random: []mixed.Factor{{Name: "official", Levels: len(out), Index: rows.posting}},
	}
	severity, reviewers := severityIndex(rows.reviewer, rows.posting, func(p int32) int32 { return r.ev.Postings[p].Person })
	if reviewers > 0 {
		problem.Random = append(problem.Random, mixed.Factor{Name: "reviewer", Levels: reviewers, Index: severity})
	}
	if !estimable(problem) {
		return nil
	}
	// Beside the whole a hundredth more or less does not matter, and five exact fits
	// of thousands of reviewers would cost more than all the rest.
	options := mixed.Options{Seed: r.policy.Seed, ExactLimit: roughFrom}
	if len(start) == len(problem.Random)+1 {
		options.Start = start
	}
	s, err := fit(ctx, problem, options)
	if err != nil || s.Boundary[0] {
		return err
	}
	effect := slices.Clone(s.Effects[0])
	for i := range effect {
		if n[i] == 0 {
			effect[i] = nan
		}
	}
	scale := scale{base: 50, slope: 50 / float64(3*math.Sqrt(s.Variances[0]))}
	for g, members := range r.groups.members {
		if r.policy.Normalisation == Absolute {
			scale.base, scale.slope = float64(25*(s.FixedEffects[0][g]-1)), 25
		}
		mean := r.groups.mean(g, effect)
		for _, i := range members {
			if n[i] > 0 {
				out[i][d] = ComponentScore{
					Value: winsorise(scale.points(effect[i] - mean)), SE: float64(scale.slope * math.Sqrt(s.PEV[0][i])), N: n[i],
				}
			}
		}
	}
	return nil
}
