package scoring

import (
	"context"
	"fmt"
	"math"

	"steelyard/scoring/mixed"
)

const (
	// logisticRounds bounds the reweighting; the fit is at rest when no official's
	// effect moves by more than logisticRest.
	logisticRounds = 40
	logisticRest   = 1e-3
	// logisticReach bounds linear predictors, so that a cell where all or none is
	// solved keeps a finite weight.
	logisticReach = 5.0
	// logisticStep is the shortest step between two rounds.
	logisticStep = 0.25
	// roundTolerance is the relative change of the variances up to which a round of many
	// officials leaves them to the next one: they move with the weights anyway.
	roundTolerance = 0.2
)

// outcomes fits the three questions apart: solved, in time, handled without a
// needless move.
func (r *run) outcomes(ctx context.Context, o *outcomeRows) ([]*indicator, error) {
	parts := []struct {
		name string
		rows *caseRows
	}{{solved, &o.solved}, {inTime, &o.inTime}, {handling, &o.handling}}
	out := make([]*indicator, 0, len(parts))
	for _, part := range parts {
		in := newIndicator(part.name, Outcomes, len(r.ev.Postings))
		in.anchor, in.share = true, r.shareOf(in)
		if err := r.fitLogistic(ctx, in, part.rows); err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	if out[0].fitted {
		out[0].figure = o.figures(&r.ev.Cases, len(r.ev.Postings))
	}
	return out, nil
}

// The indicators of outcomes.
const (
	solved   = "solved"
	inTime   = "in time"
	handling = "handling"
)

// shareOf is the weight of an indicator inside its component.
func (r *run) shareOf(in *indicator) float64 {
	switch in.name {
	case solved:
		return r.policy.SolvedShare
	case inTime:
		return r.policy.InTimeShare
	case handling:
		return r.policy.HandlingShare
	}
	return 1
}

// fitLogistic fits logit P(y) = group + category + channel + official by penalised
// quasi-likelihood (Breslow & Clayton 1993, JASA 88): a linear mixed model for
// the working response η + (y−p)/(p(1−p)) with weights p(1−p), repeated until
// the officials' effects rest. Rows that share their linear predictor are fitted as
// one, and the official's variance is kept off zero: few rows would else drop the strand
// by chance.
func (r *run) fitLogistic(ctx context.Context, in *indicator, rows *caseRows) error {
	if constant(rows.y) {
		return nil
	}
	mix := r.caseMix(rows.posting, rows.kind, rows.channel)
	in.part = connected(len(r.ev.Postings), rows.posting, mix.kind, nil, 0)
	n := len(rows.y)
	group := make([]int32, n)
	for i, p := range rows.posting {
		group[i] = r.groups.of[p]
	}
	problem := mixed.Problem{
		Y: rows.y,
		Fixed: []mixed.Factor{
			{Name: "peer group", Levels: r.groups.count(), Index: group},
			{Name: "category", Levels: mix.kind.levels, Index: mix.kind.index},
			{Name: "channel", Levels: mix.channel.levels, Index: mix.channel.index},
		},
		Random: []mixed.Factor{{Name: "official", Levels: len(r.ev.Postings), Index: rows.posting}},
	}
	if !estimable(problem) {
		in.fit = nothingToTell(Outcomes, problem)
		r.rawShares(in, rows)
		return nil
	}
	pooled := rows.pool(len(r.ev.Postings), mix)
	eta := pooled.startEta(mix.kind.levels)
	problem = pooled.problem(problem, r.groups.of)
	options := mixed.Options{Seed: r.policy.Seed, EffectsOnly: true, Nondegenerate: true}
	if len(r.ev.Postings) > roughFrom {
		options.Tolerance = roundTolerance
	}
	var before []float64
	step, change := 1.0, math.Inf(1)
	for round := 0; ; round++ {
		if round == logisticRounds {
			return fmt.Errorf("%s: the reweighting came to no rest after %d rounds: %w", in.name, round,
				&mixed.NotConvergedError{Iterations: round, Change: change, Reason: "the working weights keep moving"})
		}
		pooled.working(eta, &problem)
		s, err := fit(ctx, problem, options)
		if err != nil {
			return err
		}
		options.Start = s.Next
		if before != nil {
			last := change
			if change = farthest(before, s.Effects[0]); change < logisticRest {
				break
			}
			if change >= last {
				// Where a cell or an official is all or nothing, full steps leap to and fro.
				step = max(step/2, logisticStep)
			}
		}
		for i := range eta {
			x := s.FixedEffects[0][problem.Fixed[0].Index[i]] + s.FixedEffects[1][pooled.kind[i]] +
				s.FixedEffects[2][pooled.channel[i]] + s.Effects[0][pooled.posting[i]]
			eta[i] += float64(step * (min(max(x, -logisticReach), logisticReach) - eta[i]))
		}
		before = s.Effects[0]
	}
	options.EffectsOnly, options.Inflate, options.Tolerance = false, inflation, 0
	shrunk, err := fit(ctx, problem, options)
	if err != nil {
		return err
	}
	in.fit = describeFit(Outcomes, problem, shrunk)
	has := r.steps(in, problem, nil)
	r.rawShares(in, rows)
	if shrunk.Boundary[0] {
		return nil
	}
	in.take(shrunk, has, r.groups)
	for i := range in.caseMix {
		in.attack[i], in.rater[i] = 0, 0
		in.caseMix[i] = in.estimate[i] - in.raw[i]
	}
	r.casePieces(in, rows, mix, shrunk.Inflated)
	return nil
}

func (r *run) casePieces(in *indicator, rows *caseRows, mix caseMix, fit *mixed.Solution) {
	months, y := r.calendar(), make([]float64, len(rows.y))
	for i := range y {
		y[i] = (rows.y[i] - in.mean) / in.toPoints
	}
	r.keepPieces(in, pieceRows{
		posting: rows.posting, y: y, voice: rows.weight, weight: rows.weight,
		kind: rows.kind, cell: mix.kind.index, effect: fit.FixedEffects[1], source: PieceCase,
		month: func(row int32) string {
			if closed := r.ev.Cases.Closed[rows.item[row]]; closed != NoTime {
				return months.monthAt(closed)
			}
			return months.month(r.ev.To) // of an open case
		},
		value: func(row int32) float64 { return rows.y[row] },
	})
}

func constant(y []float64) bool {
	for _, x := range y {
		if x != y[0] {
			return false
		}
	}
	return true
}

func farthest(a, b []float64) float64 {
	most := 0.0
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}

// rawShares puts the raw share of each official on the logit scale, straight
// about the share of all: (share − mean)/(mean·(1−mean)). It also sets the
// factor from logits to points, and counts pieces of evidence: cases.
func (r *run) rawShares(in *indicator, rows *caseRows) {
	n := len(r.ev.Postings)
	sum, weight, count := make([]float64, n), make([]float64, n), make([]float64, n)
	all, allWeight := 0.0, 0.0
	for i, p := range rows.posting {
		w := rows.weight[i]
		sum[p] += float64(w * rows.y[i])
		weight[p] += w
		count[p]++
		all += float64(w * rows.y[i])
		allWeight += w
	}
	mean := min(max(all/allWeight, 0.005), 0.995)
	in.mean, in.toPoints = mean, float64(mean*(1-mean))
	for i := range n {
		if weight[i] > 0 {
			in.figure[i] = sum[i] / weight[i]
			in.raw[i] = (in.figure[i] - mean) / in.toPoints
			in.n[i] = count[i]
		}
	}
}
