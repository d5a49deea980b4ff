package scoring

import (
	"context"
	"math"
	"slices"

	"steelyard/scoring/mixed"
)

// reviewRows are the reviews that count (all but SELF), with their pairs.
type reviewRows struct {
	row       []int32 // index into Reviews
	posting   []int32
	reviewer  []int32
	dimension []int32
	relation  []int32
	pair      []int32 // index into pairs
	pairs     []reviewPair
	y         []float64
}

// reviewPair is one reviewer's view of one posting.
type reviewPair struct {
	posting, reviewer int32
	person            int32 // the reviewer's, or None
	rows              float64
	known             float64 // the share of a full review's information that the contact allows
}

// knowledge is the share of a full review's information that each contact allows.
var knowledge = [contacts]float64{ContactUnknown: 1, ContactLittle: 0.3, ContactSome: 0.7, ContactMuch: 1}

func (r *run) readReviews() *reviewRows {
	t := &r.ev.Reviews
	out := &reviewRows{}
	known := make(map[[2]int32]int32)
	for i := range t.Posting {
		if t.Relation[i] == RelationSelf {
			continue
		}
		if p := t.ReviewerPerson[i]; p != None && p == r.ev.Postings[t.Posting[i]].Person {
			continue // a self review under another name
		}
		key := [2]int32{t.Posting[i], t.Reviewer[i]}
		pair, ok := known[key]
		if !ok {
			pair = int32(len(out.pairs))
			known[key] = pair
			out.pairs = append(out.pairs, reviewPair{
				posting: key[0], reviewer: key[1], person: t.ReviewerPerson[i], known: knowledge[t.contact(int32(i))],
			})
		}
		out.pairs[pair].rows++
		out.row = append(out.row, int32(i))
		out.posting = append(out.posting, t.Posting[i])
		out.reviewer = append(out.reviewer, t.Reviewer[i])
		out.dimension = append(out.dimension, int32(t.Dimension[i]))
		out.relation = append(out.relation, int32(t.Relation[i]))
		out.pair = append(out.pair, pair)
		out.y = append(out.y, float64(t.Score[i]))
	}
	return out
}

// problem is score = group + dimension + relation + official + reviewer + pair.
// The pair is dropped where none repeats; a reviewer met once has no severity.
func (r *run) reviewProblem(rows *reviewRows, weight []float64) mixed.Problem {
	group := make([]int32, len(rows.y))
	for i, p := range rows.posting {
		group[i] = r.groups.of[p]
	}
	severity, reviewers := severityIndex(rows.reviewer, rows.posting, func(p int32) int32 { return r.ev.Postings[p].Person })
	p := mixed.Problem{
		Y: rows.y, Weight: weight,
		Fixed: []mixed.Factor{
			{Name: "peer group", Levels: r.groups.count(), Index: group},
			{Name: "dimension", Levels: int(Dimensions), Index: rows.dimension},
			{Name: "relation", Levels: int(relations), Index: rows.relation},
		},
		Random: []mixed.Factor{{Name: "official", Levels: len(r.ev.Postings), Index: rows.posting}},
	}
	if reviewers > 0 && r.without != ChoiceRater {
		p.Random = append(p.Random, mixed.Factor{Name: "reviewer", Levels: reviewers, Index: severity})
	}
	repeats := 0
	for i := range rows.pairs {
		if rows.pairs[i].rows > 1 {
			repeats++
		}
	}
	if repeats > 1 {
		p.Random = append(p.Random, mixed.Factor{Name: "pair", Levels: len(rows.pairs), Index: rows.pair})
	}
	return p
}

// favourRounds is how often favours are looked for again with the variances that
// are left when those found are weighed down.
const favourRounds = 2

// peerReview fits the reviews, looks for favours, and fits again with favoured
// pairs weighed down.
func (r *run) peerReview(ctx context.Context) (*indicator, [][Dimensions]ComponentScore, error) {
	in := newIndicator("peer review", PeerReview, len(r.ev.Postings))
	rows := r.readReviews()
	if len(rows.y) == 0 {
		byDimension, err := r.dimensionScores(ctx, rows, nil, nil, nan)
		return in, byDimension, err
	}
	plain := filled(len(rows.y), 1)
	weight := plain
	genuine := make([]float64, len(rows.pairs)) // what the pair is worth: contact, less what is a favour
	distant := false
	for k := range rows.pairs {
		genuine[k] = rows.pairs[k].known
		distant = distant || genuine[k] < 1
	}
	options := mixed.Options{Seed: r.policy.Seed, EffectsOnly: true, ExactLimit: roughFrom}
	for range favourRounds {
		if r.without == ChoiceAttack && !distant {
			break
		}
		problem := r.reviewProblem(rows, weight)
		if !estimable(problem) {
			break
		}
		s, err := fit(ctx, problem, options)
		if err != nil {
			return nil, nil, err
		}
		options.Start = append(slices.Clone(s.Variances), s.Residual)
		found := r.without != ChoiceAttack && r.findFavours(rows, problem, s, genuine)
		if !found && !distant {
			break
		}
		weight = favourWeights(rows, s, genuine)
		if !found {
			break
		}
	}
	problem := r.reviewProblem(rows, weight)
	in.part = connected(len(r.ev.Postings), rows.posting, cells{index: make([]int32, len(rows.y)), levels: 1}, nil, 0)
	options.EffectsOnly, options.ExactLimit = false, 0
	fit, err := r.fitLinear(ctx, in, problem, plain, options)
	if err != nil {
		return nil, nil, err
	}
	if fit != nil {
		r.reviewPieces(in, rows, plain, weight)
	}
	for i := range in.n {
		in.n[i] = 0
	}
	for k := range rows.pairs {
		in.n[rows.pairs[k].posting] += genuine[k]
	}
	byDimension, err := r.dimensionScores(ctx, rows, weight, in.fit.Effects, in.fit.Residual)
	return in, byDimension, err
}

// reviewPieces keeps the reviews that moved the official most.
func (r *run) reviewPieces(in *indicator, rows *reviewRows, plain, weight []float64) {
	months := r.calendar()
	r.keepPieces(in, pieceRows{
		posting: rows.posting, y: rows.y, voice: plain, weight: weight, source: PieceReview,
		month: func(row int32) string { return months.month(r.ev.Reviews.Day[rows.row[row]]) },
		value: func(row int32) float64 { return rows.y[row] },
	})
}

// favourWeights turns the probability that a pair is genuine into a weight of
// its rows. The information of a pair's m rows is 1/(σ²pair + σ²/m); it is to
// fall to that share, which takes
//
//	w = (σ²/m) / ((σ²pair + σ²/m)/genuine − σ²pair).
//
// A residual that is next to nothing beside the pairs, as where everybody gives one
// mark to all dimensions, counts as a hundredth of them.
func favourWeights(rows *reviewRows, s *mixed.Solution, genuine []float64) []float64 {
	pairVariance := 0.0
	if len(s.Variances) == 3 {
		pairVariance = s.Variances[2]
	}
	weight := make([]float64, len(rows.y))
	for i, k := range rows.pair {
		noise := max(s.Residual, float64(0.01*pairVariance)) / rows.pairs[k].rows
		g := max(genuine[k], 1e-4)
		weight[i] = noise / ((pairVariance+noise)/g - pairVariance)
	}
	return weight
}

// pairScores is, by pair, the mean score less dimension, relation, group and the
// reviewer's severity: what this reviewer sees in this official.
func pairScores(rows *reviewRows, p mixed.Problem, s *mixed.Solution) []float64 {
	score := make([]float64, len(rows.pairs))
	for i, y := range rows.y {
		e := y
		for k := range p.Fixed {
			e -= s.FixedEffects[k][p.Fixed[k].Index[i]]
		}
		if len(p.Random) > 1 && p.Random[1].Name == "reviewer" {
			if l := p.Random[1].Index[i]; l != mixed.None {
				e -= s.Effects[1][l]
			}
		}
		score[rows.pair[i]] += e
	}
	for k := range score {
		score[k] /= rows.pairs[k].rows
	}
	return score
}

// pairNoise is the variance of a pair's score about what the official is.
func pairNoise(p mixed.Problem, s *mixed.Solution, rows float64) float64 {
	v := s.Residual / rows
	if last := len(p.Random) - 1; p.Random[last].Name == "pair" {
		v += s.Variances[last]
	}
	return math.Max(v, 1e-6)
}
