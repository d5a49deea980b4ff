package reviews

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Progress is how far a round has come, by relation of the reviewers. Where fewer than
// the threshold are asked it says nothing; while the round runs, who has handed in is
// counted in steps of the threshold, so that nobody is seen arriving. Nor is it said once
// an assignment was taken away in a round that had begun: the difference would tell whether
// its reviewer had handed in.
type Progress struct {
	Relation models.Relation
	Asked    int
	Answered *int // nil: it would tell of few; abstentions count as answers
}

// Progress returns how far a round has come that the actor may see.
func (s *Service) Progress(ctx context.Context, actor auth.Actor, round *models.ReviewRound) ([]*Progress, error) {
	seen, err := s.Round(ctx, actor, round.ID)
	if err != nil || seen == nil {
		return []*Progress{}, err
	}
	var rows []struct {
		Relation        models.Relation
		Asked, Answered int
	}
	err = s.Store.Read(ctx).Table("review_assignments AS a").
		Select("a.relation, COUNT(*) AS asked, COUNT(c.assignment_id) AS answered").
		Joins("LEFT JOIN review_claims c ON c.assignment_id = a.id").
		Where("a.round_id = ?", round.ID).Group("a.relation").Order("a.relation").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholds(s.Store.Read(ctx), round)
	if err != nil {
		return nil, err
	}
	var removals int64
	err = s.Store.Read(ctx).Model(&models.AuditEntry{}).
		Where("action = ? AND noun_id = ? AND at >= ? AND CAST(details AS text) LIKE ?", "amendReviewAssignment", round.ID, round.OpensOn.Start(s.Zone), "%removedReviewer%").
		Count(&removals).Error
	if err != nil {
		return nil, err
	}
	out := make([]*Progress, len(rows))
	for i, r := range rows {
		out[i] = &Progress{Relation: r.Relation, Asked: r.Asked}
		if !thresholds.ShowsFigure(r.Asked) || removals > 0 {
			continue
		}
		answered := r.Answered
		if !round.Over(s.today()) {
			answered -= answered % thresholds.Figures
		}
		out[i].Answered = &answered
	}
	return out, nil
}

// Figure is what reviewers of one relation say of an official on a dimension, or those
// of all relations together.
type Figure struct {
	Relation  *models.Relation // nil: all together, without SELF
	Dimension models.Dimension
	Reviewers int
	Mean      float64 // 1 to 5; plain, not weighed as the score is
}

// resultCells are the cells of a dimension: each relation that counts, and their sum.
var resultCells = []models.Relation{
	models.RelationSuperior, models.RelationPeer, models.RelationSubordinate, models.RelationExternal,
}

// Results returns what a round that is over says of an official, as far as the
// thresholds allow ([figures]). HR and auditors see those of their scope, an official the
// own.
func (s *Service) Results(ctx context.Context, actor auth.Actor, id, official models.ID) ([]*Figure, error) {
	db := s.Store.Read(ctx)
	round, err := store.Take[models.ReviewRound](db.Where("id = ?", id), "ReviewRound")
	if err != nil {
		return nil, models.AtField("roundId", err)
	}
	if !own(actor, official) {
		_, _, err = s.roundInScope(db, actor, id)
	} else {
		err = concerns(db, id, official)
	}
	if err != nil {
		return nil, err
	}
	if err := s.sealed(db, round, &models.PeerReview{}); err != nil {
		return nil, err
	}
	var marks []models.PeerReview
	err = db.Select("reviewer_key, relation, dimension, score").
		Where("round_id = ? AND official_id = ? AND relation <> ?", id, official, models.RelationSelf).Find(&marks).Error
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholds(db, round)
	if err != nil {
		return nil, err
	}
	return figures(marks, thresholds)
}

// concerns is NOT_FOUND for a round in which an official is not reviewed: of others' rounds
// officials learn nothing, not even that there are any.
func concerns(db *gorm.DB, round, official models.ID) error {
	_, err := store.Take[models.ReviewAssignment](db.Where("round_id = ? AND official_id = ?", round, official).Limit(1), "ReviewRound")
	if models.CodeOf(err) == models.CodeNotFound {
		_, err = store.Take[models.PeerReview](db.Where("round_id = ? AND official_id = ?", round, official).Limit(1), "ReviewRound")
	}
	return models.AtField("roundId", err)
}
