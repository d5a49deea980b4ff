package reviews

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Submit hands in a review: once. A dimension or question that is left out is an
// abstention on it; who has had nothing to do with the colleague abstains on the whole,
// which is noted in the ledger alone.
func (s *Service) Submit(ctx context.Context, actor auth.Actor, assignment models.ID, sheet Sheet) error {
	if actor.OfficialID == nil {
		return models.Forbidden()
	}
	if err := sheet.validate(); err != nil {
		return err
	}
	now := s.Store.Now()
	today := models.DateOf(now, s.Zone)
	key, epoch, err := s.Keys.Epoch(today.Year(), now)
	if err != nil {
		return models.AtField("assignmentId", err)
	}
	return s.Store.InTx(store.Widen(ctx, store.AnonymousAnswer), func(tx *store.Tx) error {
		a, round, err := s.duty(tx, actor, assignment, today)
		if err != nil {
			return err
		}
		if err := store.NoteKeyYear(tx, epoch); err != nil {
			return models.AtField("assignmentId", err)
		}
		questions, err := questionsOf(tx.DB, round.TemplateID)
		if err != nil {
			return err
		}
		reviews, err := sheet.reviews(questions)
		if err != nil {
			return err
		}
		reviewer, err := store.Take[models.Official](tx.Where("id = ?", a.ReviewerID), "Official")
		if err != nil {
			return err
		}
		if err := s.notInAnotherYear(tx, a, round, reviewer.Ref, today.Year()); err != nil {
			return err
		}
		hash := key.Reviewer(reviewer.Ref)
		for i := range reviews {
			reviews[i].OfficialID, reviews[i].Relation, reviews[i].RoundID = a.OfficialID, a.Relation, &a.RoundID
			reviews[i].ReviewerKey, reviews[i].KeyYear, reviews[i].SubmittedOn = hash[:], today.Year(), today
		}
		return handIn(tx, a.ID, reviews)
	})
}

// duty is an assignment of the actor's on which a review may be handed in today, and
// its round.
func (s *Service) duty(tx *store.Tx, actor auth.Actor, assignment models.ID, today models.Date) (*models.ReviewAssignment, *models.ReviewRound, error) {
	a, err := store.Take[models.ReviewAssignment](
		tx.Where("id = ? AND reviewer_id = ?", assignment, *actor.OfficialID), "ReviewAssignment")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil, &models.Error{Code: models.CodeNotFound, Field: "assignmentId", Key: models.KeyReviewNotAssigned}
	}
	if err != nil {
		return nil, nil, err
	}
	round, err := takes(tx, a, today)
	return a, round, models.AtField("assignmentId", err)
}

// takes says whether a review may be handed in today: its round is open, its cycle
// still gathers evidence, and nothing that is final rests on this day. It locks no
// row: the mark of a lock would bear this transaction's number, as the review does
// until its release.
func takes(tx *store.Tx, a *models.ReviewAssignment, today models.Date) (*models.ReviewRound, error) {
	round, err := store.Take[models.ReviewRound](tx.Where("id = ?", a.RoundID), "ReviewRound")
	if err != nil {
		return nil, err
	}
	if err := round.Accepts(today); err != nil {
		return nil, err
	}
	cycle, err := store.Take[models.Cycle](tx.Where("id = ?", round.CycleID), "Cycle")
	if err != nil {
		return nil, err
	}
	if cycle.TakesReviews() != nil {
		return nil, &models.Error{Code: models.CodeIllegalState, Key: models.KeyRoundClosed}
	}
	official, err := store.Take[models.Official](tx.Where("id = ?", a.OfficialID), "Official")
	if err != nil {
		return nil, err
	}
	sealed, err := store.SealedFor(tx.DB, official, today)
	if err != nil {
		return nil, err
	}
	if sealed {
		return nil, &models.Error{Code: models.CodeIllegalState, Key: models.KeyDaySealed, Args: []string{today.String()}}
	}
	return round, nil
}

// notInAnotherYear refuses a second review by who has handed one in before, in an earlier
// year of the round: keys are of a calendar year, so that the table does not see that it is
// the same person. There would be one where an assignment was taken away after it was done,
// and given again.
func (s *Service) notInAnotherYear(tx *store.Tx, a *models.ReviewAssignment, round *models.ReviewRound, reviewer string, year int) error {
	for earlier := round.OpensOn.Year(); earlier < year; earlier++ {
		key, err := s.Keys.Get(earlier)
		if errors.Is(err, keyring.ErrNoKey) || errors.Is(err, keyring.ErrDestroyed) {
			continue // nothing was handed in, or it is sealed
		}
		if err != nil {
			return err
		}
		hash := key.Reviewer(reviewer)
		var n int64
		err = tx.Model(&models.PeerReview{}).Where("round_id = ? AND official_id = ? AND reviewer_key = ?", a.RoundID, a.OfficialID, hash[:]).Count(&n).Error
		if err != nil {
			return err
		}
		if n > 0 {
			return models.Conflict("assignmentId", models.KeyReviewDone)
		}
	}
	return nil
}

func handIn(tx *store.Tx, assignment models.ID, reviews []models.PeerReview) error {
	if err := tx.Create(&models.ReviewClaim{AssignmentID: assignment}).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return models.Conflict("assignmentId", models.KeyReviewDone)
		}
		return err
	}
	if err := tx.Where("assignment_id = ?", assignment).Delete(&models.ReviewDraft{}).Error; err != nil {
		return err
	}
	if len(reviews) > 0 {
		err := tx.Create(&reviews).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			// The assignment was taken away after it was done, and given again.
			return models.Conflict("assignmentId", models.KeyReviewDone)
		}
		if err != nil {
			return err
		}
	}
	return audit.RecordAnonymous(tx, "submitPeerReview", "PeerReview")
}
