package reviews

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Round returns a round that the actor may see: HR and auditors those of their scope.
// It returns nil where there is none.
func (s *Service) Round(ctx context.Context, actor auth.Actor, id models.ID) (*models.ReviewRound, error) {
	round, _, err := s.roundInScope(s.Store.Read(ctx), actor, id)
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	return round, err
}

// Assignments returns a page of who reviews whom in a round, in the order of the
// assignments' ids, behind a given one; only one official's, or one reviewer's, where
// they are named. Who is not an officer of the round's scope gets none: a reviewer
// reaches the round by the own duty. It says nothing of who has handed in.
func (s *Service) Assignments(ctx context.Context, actor auth.Actor, round *models.ReviewRound, official, reviewer *models.ID, first int, after string) ([]*models.ReviewAssignment, bool, error) {
	seen, err := s.Round(ctx, actor, round.ID)
	if err != nil || seen == nil {
		return []*models.ReviewAssignment{}, false, err
	}
	query := s.Store.Read(ctx).Where("round_id = ?", round.ID)
	if official != nil {
		query = query.Where("official_id = ?", *official)
	}
	if reviewer != nil {
		query = query.Where("reviewer_id = ?", *reviewer)
	}
	query, err = behind(query, "id > ?", after)
	if err != nil {
		return nil, false, err
	}
	var rows []*models.ReviewAssignment
	err = query.Order("id").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// Rounds returns a page of a cycle's rounds, in the order of their ids, behind a given
// one. A cycle that does not lie within the scope as a whole is not found.
func (s *Service) Rounds(ctx context.Context, actor auth.Actor, cycle models.ID, first int, after string) ([]*models.ReviewRound, bool, error) {
	if !actor.Is(models.RoleHR, models.RoleAuditor) {
		return nil, false, models.Forbidden()
	}
	c, err := store.Take[models.Cycle](s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", cycle), "Cycle")
	if err != nil {
		return nil, false, err
	}
	query, err := behind(s.Store.Read(ctx).Where("cycle_id = ?", c.ID), "id > ?", after)
	if err != nil {
		return nil, false, err
	}
	var rows []*models.ReviewRound
	err = query.Order("id").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// Load is how many reviews a reviewer has to write in a round.
type Load struct {
	ReviewerID models.ID
	Asked      int
}

// Loads returns the reviewers of a round who have most to write, the greatest load first.
// Who is not an officer of the round's scope gets none.
func (s *Service) Loads(ctx context.Context, actor auth.Actor, round *models.ReviewRound, first int) ([]*Load, error) {
	seen, err := s.Round(ctx, actor, round.ID)
	if err != nil || seen == nil {
		return []*Load{}, err
	}
	var rows []*Load
	err = s.Store.Read(ctx).Model(&models.ReviewAssignment{}).Select("reviewer_id, COUNT(*) AS asked").Where("round_id = ?", round.ID).
		Group("reviewer_id").Order("asked DESC, reviewer_id").Limit(first).Scan(&rows).Error
	return rows, err
}
