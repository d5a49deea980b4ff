package reviews

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Amendment adds a reviewer, takes one away, or both.
type Amendment struct {
	RoundID        models.ID
	Add            *Pair
	RemoveID       *models.ID // an assignment
	Reason         string
	IdempotencyKey *string
}

// Amend changes who reviews whom in a round that is not over, for a reason that stays
// on record. Nobody amends what concerns themself. It returns the added assignment, if
// one was added.
//
// Whether the review of an assignment that is taken away had been handed in is told to
// nobody: if so, it counts.
func (s *Service) Amend(ctx context.Context, actor auth.Actor, in Amendment) (*models.ReviewAssignment, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case models.Blank(in.Reason):
		return nil, models.Invalid("reason", models.KeyReasonNeeded)
	case in.Add == nil && in.RemoveID == nil:
		return nil, models.Invalid("add", models.KeyRequired)
	}
	if err := models.ValidRemark("reason", in.Reason); err != nil {
		return nil, err
	}
	var added *models.ReviewAssignment
	id := in.RoundID // of the record that a repeat finds again
	if in.Add != nil {
		added = &models.ReviewAssignment{
			ID: models.NewID(), RoundID: in.RoundID, OfficialID: in.Add.OfficialID, ReviewerID: in.Add.ReviewerID, Relation: in.Add.Relation,
		}
		if err := added.Validate("add"); err != nil {
			return nil, err
		}
		id = added.ID
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		first, err := store.Once(tx, "amendReviewAssignment", actor.Subject, in.IdempotencyKey, in, id, func() error {
			return s.amend(tx, actor, in, added)
		})
		if err != nil || first == id || added == nil {
			return err
		}
		added, err = store.Take[models.ReviewAssignment](tx.Where("id = ?", first), "ReviewAssignment")
		return err
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

func (s *Service) amend(tx *store.Tx, actor auth.Actor, in Amendment, added *models.ReviewAssignment) error {
	round, _, err := s.roundInScope(tx.DB, actor, in.RoundID)
	if err != nil {
		return err
	}
	if round.Over(models.DateOf(tx.Now, s.Zone)) {
		return &models.Error{Code: models.CodeIllegalState, Field: "roundId", Key: models.KeyRoundClosed}
	}
	details := map[string]string{"reason": in.Reason}
	if in.RemoveID != nil {
		if err := remove(tx, actor, in, details); err != nil {
			return err
		}
	}
	if added != nil {
		if err := add(tx, actor, added, details); err != nil {
			return err
		}
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "amendReviewAssignment", Noun: "ReviewRound", NounID: &in.RoundID, Details: details,
	})
}

// remove takes an assignment away, with its draft and its entry in the ledger.
func remove(tx *store.Tx, actor auth.Actor, in Amendment, details map[string]string) error {
	a, err := store.Take[models.ReviewAssignment](
		store.Lock(tx.DB).Where("id = ? AND round_id = ?", *in.RemoveID, in.RoundID), "ReviewAssignment")
	if err != nil {
		return models.AtField("removeId", err)
	}
	if own(actor, a.OfficialID, a.ReviewerID) {
		return models.Invalid("removeId", models.KeyOwnRecord)
	}
	err = tx.Widen(store.Drafts, func() error {
		for _, row := range []any{&models.ReviewDraft{}, &models.ReviewClaim{}} {
			if err := tx.Where("assignment_id = ?", a.ID).Delete(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	details["removedOfficial"], details["removedReviewer"] = a.OfficialID.String(), a.ReviewerID.String()
	return tx.Delete(a).Error
}

// add gives an official a reviewer.
func add(tx *store.Tx, actor auth.Actor, a *models.ReviewAssignment, details map[string]string) error {
	if own(actor, a.OfficialID, a.ReviewerID) {
		return models.Invalid("add", models.KeyOwnRecord)
	}
	for field, id := range map[string]models.ID{"add.officialId": a.OfficialID, "add.reviewerId": a.ReviewerID} {
		_, err := store.Take[models.Official](tx.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "Official")
		if err != nil {
			return models.AtField(field, err)
		}
	}
	forbidden, err := conflicts(tx.DB)
	if err != nil {
		return err
	}
	if forbidden[[2]models.ID{a.OfficialID, a.ReviewerID}] {
		return models.Conflict("add.reviewerId", models.KeyConflictOfInterest)
	}
	if err := tx.Create(a).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return models.Conflict("add", models.KeyAlreadyExists, "ReviewAssignment")
		}
		return err
	}
	details["addedOfficial"], details["addedReviewer"], details["relation"] = a.OfficialID.String(), a.ReviewerID.String(), string(a.Relation)
	return nil
}
