package assessments

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// Change is how an official's composite differs from the one of the cycle before: the
// cycle of the same kind and unit that ended last before this one began. What counts
// there is meant, after remedies too, and one peer group, whose mean is 50 in either; of
// several posts in the cycle before, the last one in that group.
type Change struct {
	Before               *models.Assessment
	Composite, Low, High models.Score // after less before, and its 95 % interval
}

// cycleBefore is the cycle before one; nil where there is none with a run.
func cycleBefore(db *gorm.DB, c *models.Cycle) (*models.Cycle, error) {
	var found []*models.Cycle
	err := db.Where("kind = ? AND unit_id = ? AND to_on < ? AND run_id IS NOT NULL", c.Kind, c.UnitID, c.FromOn).
		Order("to_on DESC, from_on DESC, id").Limit(1).Find(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// improvement is the column that [models.OrderImprovementDesc] sorts by; null where one of the
// two composites is missing.
const improvement = "(assessments.composite - earlier.composite)"

// joinBefore puts beside each assessment of a cycle the official's of the cycle before,
// within the actor's scope.
func joinBefore(db *gorm.DB, actor auth.Actor, c *models.Cycle) (func(*gorm.DB) *gorm.DB, error) {
	before, err := cycleBefore(db, c)
	if err != nil {
		return nil, err
	}
	var cycle *models.ID
	if before != nil {
		cycle = &before.ID
	}
	counts := strings.ReplaceAll(counting, "assessments.", "b.")
	return func(db *gorm.DB) *gorm.DB {
		return db.Joins(`LEFT JOIN assessments earlier ON earlier.id = (
			SELECT b.id FROM assessments b JOIN postings p ON p.id = b.posting_id
			WHERE `+counts+` AND b.official_id = assessments.official_id AND b.peer_group = assessments.peer_group AND b.composite IS NOT NULL
				AND b.unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)
			ORDER BY p.from_on DESC, b.sort_order LIMIT 1)`, cycle, cycle, cycle, actor.UnitID)
	}, nil
}

// CyclesByRuns returns the cycles of runs, by run. Whoever sees an assessment may know
// which cycle it is of.
func (s *Service) CyclesByRuns(ctx context.Context, runs []models.ID) (map[models.ID]*models.Cycle, error) {
	var of []*models.AssessmentRun
	if err := s.Store.Read(ctx).Select("id, cycle_id").Where("id IN ?", runs).Find(&of).Error; err != nil {
		return nil, err
	}
	ids := make([]models.ID, len(of))
	for i, r := range of {
		ids[i] = r.CycleID
	}
	cycles, err := store.ByID(s.Store.Read(ctx), ids, func(c *models.Cycle) models.ID { return c.ID })
	if err != nil {
		return nil, err
	}
	out := make(map[models.ID]*models.Cycle, len(of))
	for _, r := range of {
		out[r.ID] = cycles[r.CycleID]
	}
	return out, nil
}

// ChangesByAssessments returns how assessments differ from those of the cycle before, by
// assessment, as far as the actor may see both.
func (s *Service) ChangesByAssessments(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*Change, error) {
	rows, err := s.ByIDs(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	byRun := map[models.ID][]*models.Assessment{}
	for _, a := range rows {
		byRun[a.RunID] = append(byRun[a.RunID], a)
	}
	runs := make([]models.ID, 0, len(byRun))
	for run := range byRun {
		runs = append(runs, run)
	}
	cycles, err := s.CyclesByRuns(ctx, runs)
	if err != nil {
		return nil, err
	}
	out := make(map[models.ID]*Change, len(rows))
	for run, list := range byRun {
		if err := s.changes(ctx, actor, cycles[run], list, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// changes notes in out how the assessments of one cycle differ from the cycle before.
func (s *Service) changes(ctx context.Context, actor auth.Actor, c *models.Cycle, list []*models.Assessment, out map[models.ID]*Change) error {
	before, err := cycleBefore(s.Store.Read(ctx), c)
	if err != nil || before == nil {
		return err
	}
	officials := make([]models.ID, len(list))
	for i, a := range list {
		officials[i] = a.OfficialID
	}
	var earlier []*models.Assessment
	err = s.Store.Read(ctx).Scopes(visible(actor)).Select("assessments.*").Joins("JOIN postings ON postings.id = assessments.posting_id").
		Where(counting, before.ID, before.ID, before.ID).
		Where("assessments.official_id IN ? AND assessments.composite IS NOT NULL", officials).
		Order("postings.from_on, assessments.sort_order DESC").Find(&earlier).Error
	if err != nil {
		return err
	}
	type place struct {
		official models.ID
		group    models.PeerGroup
	}
	last := make(map[place]*models.Assessment, len(earlier))
	for _, b := range earlier {
		last[place{b.OfficialID, b.PeerGroup}] = b
	}
	for _, a := range list {
		if b := last[place{a.OfficialID, a.PeerGroup}]; b != nil && a.Composite != nil {
			change, low, high := scoring.Change(estimate(b), estimate(a))
			out[a.ID] = &Change{Before: b, Composite: models.Score(change), Low: models.Score(low), High: models.Score(high)}
		}
	}
	return nil
}

// estimate is an assessment's composite with its interval; an end that is missing is the
// composite itself.
func estimate(a *models.Assessment) scoring.Bounded {
	e := scoring.Bounded{Value: float64(*a.Composite), Low: float64(*a.Composite), High: float64(*a.Composite)}
	if a.CompositeLow != nil && a.CompositeHigh != nil {
		e.Low, e.High = float64(*a.CompositeLow), float64(*a.CompositeHigh)
	}
	return e
}
