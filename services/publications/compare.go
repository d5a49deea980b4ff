package publications

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Compared is a post in two runs of a cycle, and the one that counts.
type Compared struct {
	PostingID     models.ID
	Before, After *models.Assessment // nil: not in that run
	Counts        *models.Assessment // nil: nothing has been published
}

// Change is by how many points the second run differs; nil where a composite is
// missing.
func (c *Compared) Change() *models.Score {
	if c.Before == nil || c.After == nil || c.Before.Composite == nil || c.After.Composite == nil {
		return nil
	}
	change := *c.After.Composite - *c.Before.Composite
	return &change
}

// Compare returns a page of two runs of one cycle side by side, by posting, within
// the actor's scope.
func (s *Service) Compare(ctx context.Context, actor auth.Actor, a, b models.ID, first int, after string) ([]*Compared, bool, error) {
	cycle, err := s.bothOf(ctx, actor, a, b)
	if err != nil {
		return nil, false, err
	}
	query := s.Store.Read(ctx).Model(&models.Assessment{}).Scopes(store.InScope("unit_id", actor.UnitID)).
		Where("run_id IN ?", []models.ID{a, b}).Group("posting_id")
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where("posting_id > ?", id)
	}
	var postings []models.ID
	if err := query.Order("posting_id").Limit(first+1).Pluck("posting_id", &postings).Error; err != nil {
		return nil, false, err
	}
	page := store.Cut(postings, first)
	rows, err := s.sideBySide(ctx, cycle, a, b, page)
	return rows, len(postings) > first, err
}

// bothOf is the cycle of two runs that the actor may see.
func (s *Service) bothOf(ctx context.Context, actor auth.Actor, a, b models.ID) (models.ID, error) {
	var runs []models.AssessmentRun
	if err := s.Store.Read(ctx).Where("id IN ? AND state = ?", []models.ID{a, b}, models.RunDone).Find(&runs).Error; err != nil {
		return models.ID{}, err
	}
	cycles := map[models.ID]models.ID{}
	for _, r := range runs {
		cycles[r.ID] = r.CycleID
	}
	for _, run := range []struct {
		field string
		id    models.ID
	}{{"a", a}, {"b", b}} {
		cycle, found := cycles[run.id]
		if !found {
			return models.ID{}, models.AtField(run.field, models.NotFound("AssessmentRun"))
		}
		if _, err := s.reachable(ctx, actor, cycle); models.CodeOf(err) == models.CodeNotFound {
			return models.ID{}, models.AtField(run.field, models.NotFound("AssessmentRun"))
		} else if err != nil {
			return models.ID{}, err
		}
	}
	if cycles[a] != cycles[b] {
		return models.ID{}, models.Invalid("b", models.KeyOtherCycle)
	}
	return cycles[a], nil
}

func (s *Service) sideBySide(ctx context.Context, cycle, a, b models.ID, postings []models.ID) ([]*Compared, error) {
	var results []models.CycleResult
	err := s.Store.Read(ctx).Where("cycle_id = ? AND posting_id IN ?", cycle, postings).Order("version").Find(&results).Error
	if err != nil {
		return nil, err
	}
	counts := map[models.ID]models.ID{}
	for _, r := range results {
		counts[r.PostingID] = r.AssessmentID
	}
	var rows []*models.Assessment
	err = s.Store.Read(ctx).Where("posting_id IN ? AND run_id IN (SELECT id FROM assessment_runs WHERE cycle_id = ?)", postings, cycle).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	at := make(map[models.ID]*Compared, len(postings))
	out := make([]*Compared, len(postings))
	for i, id := range postings {
		out[i] = &Compared{PostingID: id}
		at[id] = out[i]
	}
	for _, r := range rows {
		c := at[r.PostingID]
		if r.RunID == a {
			c.Before = r
		}
		if r.RunID == b {
			c.After = r
		}
		if counts[r.PostingID] == r.ID {
			c.Counts = r
		}
	}
	return out, nil
}
