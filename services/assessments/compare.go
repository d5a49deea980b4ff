package assessments

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewComparison asks what a cycle's scores would be otherwise.
type NewComparison struct {
	CycleID        models.ID
	Scenarios      []Scenario
	IdempotencyKey *string
}

// Comparison is a cycle's scores as its own policy has them today, beside others.
type Comparison struct {
	AsOf      time.Time
	Sides     []Side      // the cycle's own first
	Officials []*Compared // who moves most first
}

// Side is one way of scoring.
type Side struct {
	Policy   string // its name
	Document string // as a policy file has it
	Without  *models.MethodStep
	// Agreement is Spearman's rank correlation with the cycle's own, within peer
	// groups, weighted by their sizes; nil where nobody is ranked.
	Agreement *models.Score
	Regraded  int // officials for whom another grade is proposed
}

// Compared is one official in one post on all sides.
type Compared struct {
	OfficialID, UnitID models.ID
	PeerGroup          string
	Scores             []SideScore // as the sides
	// Weights is what becomes of the official under weights drawn evenly from all
	// that are possible.
	Weights WeightRange
	// Sensitive says that the grade that is proposed, or more of the rank than the
	// run's own interval allows for, hangs on the choice of the policy.
	Sensitive bool

	moved int     // the most ranks on any side
	by    float64 // the most points
	place int     // in the comparison, from 1
}

// Place is where the row stands, for [Comparison.Page].
func (c *Compared) Place() string { return strconv.Itoa(c.place) }

// Page returns the rows behind a place, whether more follow, and how many there are in
// all; only the sensitive ones, or only the others, where that is asked for.
func (c *Comparison) Page(sensitive *bool, first int, after string) (rows []*Compared, more bool, total int, err error) {
	from := 0
	if after != "" {
		if from, err = strconv.Atoi(after); err != nil || from < 1 || from > len(c.Officials) {
			return nil, false, 0, models.Invalid("after", models.KeyBadCursor)
		}
	}
	rows = []*Compared{}
	for _, o := range c.Officials {
		if sensitive != nil && o.Sensitive != *sensitive {
			continue
		}
		total++
		if o.place > from {
			rows = append(rows, o)
		}
	}
	return rows[:min(first, len(rows))], len(rows) > first, total, nil
}

// SideScore is an official's score on one side.
type SideScore struct {
	Status          models.AssessmentStatus
	Composite       *models.Score
	CompositeChange *models.Score // against the cycle's own
	Rank            *int
	RankChange      *int // positive: further down
	Grade           models.GradeProposal
}

// WeightRange is the middle 90 % of composite and rank under all weights, and the
// share of weightings that put the official among the best.
type WeightRange struct {
	CompositeLow, CompositeHigh *models.Score
	RankLow, RankHigh           *int
	Top                         models.Score
}

// Compare scores a cycle's evidence of today under its own policy and under others.
// The cycle lies within the HR officer's scope as a whole. Nothing is stored but the
// word that it was asked, in the audit record: weights chosen to suit a person can be
// seen there.
//
// Errors for callers: INVALID for a scenario that does not hold together, UNAVAILABLE
// where the comparison takes longer than the request: asked again it goes on.
func (s *Service) Compare(ctx context.Context, actor auth.Actor, in NewComparison) (*Comparison, error) {
	if !actor.Is(models.RoleHR) || actor.UnitID == nil {
		return nil, models.Forbidden()
	}
	c, err := store.Take[models.Cycle](s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", in.CycleID), "Cycle")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, &models.Error{Code: models.CodeNotFound, Field: "cycleId", Key: models.KeyNotFound, Args: []string{"Cycle"}}
	}
	if err != nil {
		return nil, err
	}
	all, err := s.scenarios(ctx, actor, c, in.Scenarios)
	if err != nil {
		return nil, err
	}
	if err := s.recordComparison(ctx, actor, in, all); err != nil {
		return nil, err
	}
	f, err := s.fitsFor(ctx, c, all)
	if err != nil {
		return nil, err
	}
	return compare(ctx, f, all)
}

// recordComparison notes who asked what, before there is an answer.
func (s *Service) recordComparison(ctx context.Context, actor auth.Actor, in NewComparison, all []scenario) error {
	details := map[string]string{"cycle": in.CycleID.String()}
	for i, one := range all[1:] {
		document, err := one.document()
		if err != nil {
			return err
		}
		details[fmt.Sprintf("policy %d", i+1)] = document
		if one.without != "" {
			details[fmt.Sprintf("without %d", i+1)] = string(one.without)
		}
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "comparePolicies", actor.Subject, in.IdempotencyKey, in, in.CycleID, func() error {
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "comparePolicies", Noun: "Cycle", NounID: &in.CycleID, Details: details})
		})
		return err
	})
}

// compare scores all sides by the fits.
func compare(ctx context.Context, f *fits, all []scenario) (*Comparison, error) {
	out := &Comparison{AsOf: f.asOf, Sides: make([]Side, len(all)), Officials: make([]*Compared, len(f.posts))}
	results := make([]*scoring.Result, len(all))
	for i := range all {
		var err error
		if results[i], err = f.of(all[i]).Assess(ctx, all[i].policy, nil); err != nil {
			return nil, fmt.Errorf("compare: %w", err)
		}
		document, err := all[i].document()
		if err != nil {
			return nil, err
		}
		out.Sides[i] = Side{Policy: all[i].policy.Name, Document: document}
		if all[i].without != "" {
			step := models.MethodStep(all[i].without)
			out.Sides[i].Without = &step
		}
	}
	ranges, err := f.of(all[0]).WeightRanges(all[0].policy)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	for p := range f.posts {
		out.Officials[p] = compareOne(f, results, ranges, p)
	}
	for i := range out.Sides {
		out.Sides[i].Agreement = agreement(f.names, results[0], results[i])
		for _, o := range out.Officials {
			if o.Scores[i].Grade != o.Scores[0].Grade {
				out.Sides[i].Regraded++
			}
		}
	}
	// By ranks first: another scale moves everybody's points.
	slices.SortStableFunc(out.Officials, func(a, b *Compared) int {
		return cmp.Or(cmp.Compare(b.moved, a.moved), cmp.Compare(b.by, a.by))
	})
	for i, o := range out.Officials {
		o.place = i + 1
	}
	return out, nil
}

// compareOne puts the scores of posting p beside one another.
func compareOne(f *fits, results []*scoring.Result, ranges []scoring.WeightRange, p int) *Compared {
	w := ranges[p]
	o := &Compared{
		OfficialID: f.posts[p].official, UnitID: f.posts[p].unit, PeerGroup: f.names[p], Scores: make([]SideScore, len(results)),
		Weights: WeightRange{
			CompositeLow: known[models.Score](w.CompositeLow), CompositeHigh: known[models.Score](w.CompositeHigh),
			RankLow: ranked(w.RankLow), RankHigh: ranked(w.RankHigh), Top: models.Score(w.Top),
		},
	}
	base := &results[0].Assessments[p]
	for i, r := range results {
		a := &r.Assessments[p]
		s := SideScore{
			Status: models.AssessmentStatus(a.Status), Composite: known[models.Score](a.Composite),
			CompositeChange: known[models.Score](a.Composite - base.Composite), Rank: ranked(a.Rank), Grade: models.GradeProposal(a.Grade),
		}
		if a.Rank != 0 && base.Rank != 0 {
			change := int(a.Rank - base.Rank)
			s.RankChange = &change
			o.moved = max(o.moved, change, -change)
			if a.Rank < base.RankLow || a.Rank > base.RankHigh {
				o.Sensitive = true
			}
		}
		if d := math.Abs(a.Composite - base.Composite); d > o.by {
			o.by = d
		}
		o.Sensitive = o.Sensitive || a.Grade != base.Grade
		o.Scores[i] = s
	}
	return o
}

// agreement is Spearman's correlation of two results' ranks within groups, averaged
// by size.
func agreement(groups []string, a, b *scoring.Result) *models.Score {
	type sums struct{ n, x, y, xx, yy, xy float64 }
	by := map[string]*sums{}
	var order []string
	for p := range a.Assessments {
		x, y := float64(a.Assessments[p].Rank), float64(b.Assessments[p].Rank)
		if x == 0 || y == 0 {
			continue
		}
		s := by[groups[p]]
		if s == nil {
			s = &sums{}
			by[groups[p]] = s
			order = append(order, groups[p])
		}
		s.n, s.x, s.y, s.xx, s.yy, s.xy = s.n+1, s.x+x, s.y+y, s.xx+x*x, s.yy+y*y, s.xy+x*y
	}
	total, n := 0.0, 0.0
	for _, name := range order {
		s := by[name]
		square := (s.n*s.xx - s.x*s.x) * (s.n*s.yy - s.y*s.y)
		if square <= 0 {
			continue
		}
		total += s.n * (s.n*s.xy - s.x*s.y) / math.Sqrt(square)
		n += s.n
	}
	return known[models.Score](total / n)
}
