package reviews

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Close ends a round, before its last day or after it: nothing comes in any more, and
// drafts are erased. Closing again changes nothing.
func (s *Service) Close(ctx context.Context, actor auth.Actor, id models.ID) (*models.ReviewRound, error) {
	var round *models.ReviewRound
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		if round, _, err = s.roundInScope(tx.DB, actor, id); err != nil || round.State == models.RoundClosed {
			return err
		}
		return s.closeRound(tx, round, actor.Subject)
	})
	if err != nil {
		return nil, err
	}
	return round, nil
}

// CloseDue ends the rounds whose last day is over. The server calls it regularly; it
// returns how many it ended.
func (s *Service) CloseDue(ctx context.Context) (int, error) {
	var due []models.ReviewRound
	err := s.Store.Read(ctx).Where("state = ? AND closes_on < ?", models.RoundOpen, s.today()).
		Order("closes_on, id").Limit(batch).Find(&due).Error
	if err != nil {
		return 0, err
	}
	for i := range due {
		if err := s.Store.InTx(ctx, func(tx *store.Tx) error { return s.closeRound(tx, &due[i], "system") }); err != nil {
			return i, err
		}
	}
	return len(due), nil
}

// closeRound ends a round, unless another process has just done so.
func (s *Service) closeRound(tx *store.Tx, round *models.ReviewRound, by string) error {
	today := models.DateOf(tx.Now, s.Zone)
	done := tx.Model(&models.ReviewRound{}).Where("id = ? AND state = ?", round.ID, models.RoundOpen).
		UpdateColumns(map[string]any{"state": models.RoundClosed, "ended_on": today})
	if done.Error != nil || done.RowsAffected == 0 {
		return done.Error
	}
	round.State, round.EndedOn = models.RoundClosed, &today
	err := tx.Widen(store.Drafts, func() error {
		return tx.Where("assignment_id IN (SELECT id FROM review_assignments WHERE round_id = ?)", round.ID).Delete(&models.ReviewDraft{}).Error
	})
	if err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{Actor: by, Action: "closeReviewRound", Noun: "ReviewRound", NounID: &round.ID})
}
