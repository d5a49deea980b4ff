package ratings

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// A resident may take a rating back for ten minutes. To do so the program must know
// when it was given and for which encounter, and the database must know neither. So
// both are sealed with a key that is made of the receipt, which nobody keeps but the
// resident, and lie under a name that is made of the receipt too. Whoever reads the
// table finds that on this day somebody got a receipt, which the ledger says as well.

// undoable lets a receipt take a rating back. encounter is zero for a rating that used
// up none. A receipt whose answer was taken back before, which is one that was computed
// from a client's key, gives nothing a second time: a request that was sent again late
// must not bring back what the resident has withdrawn.
func (s *Service) undoable(tx *store.Tx, receipt auth.Receipt, r *models.Rating, encounter models.ID) error {
	undo, err := undoOf(tx, receipt, r, encounter)
	if err != nil {
		return err
	}
	written := store.InsertNew(undo)(tx.DB)
	if written.Error == nil && written.RowsAffected == 0 {
		return undoneBefore()
	}
	return written.Error
}

// undoOf is what a receipt needs to take a rating back.
func undoOf(tx *store.Tx, receipt auth.Receipt, r *models.Rating, encounter models.ID) (*models.RatingUndo, error) {
	sealed, err := receipt.Seal(append(binary.BigEndian.AppendUint64(nil, uint64(tx.Now.Unix())), encounter[:]...))
	if err != nil {
		return nil, err
	}
	hash := receipt.UndoHash()
	return &models.RatingUndo{UndoHash: hash[:], Day: r.RatedOn, Sealed: sealed}, nil
}

func undoneBefore() error { return models.Conflict("idempotencyKey", models.KeyUndoneBefore) }

// openUndo returns when and for which encounter the rating of a receipt was given.
func openUndo(receipt auth.Receipt, sealed []byte) (given time.Time, encounter models.ID, err error) {
	text, err := receipt.Open(sealed)
	if err != nil {
		return given, encounter, err
	}
	if len(text) != 8+len(encounter) {
		return given, encounter, errors.New("what a receipt sealed has a strange length")
	}
	copy(encounter[:], text[8:])
	return time.Unix(int64(binary.BigEndian.Uint64(text)), 0), encounter, nil
}

// Undo takes a rating back within ten minutes of its submission: it is as if it had
// not been given, and its link can be used again. Doing it twice changes nothing.
func (s *Service) Undo(ctx context.Context, code string, key *string) error {
	if err := models.ValidIdempotencyKey(key, true); err != nil {
		return err
	}
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return models.BadReceipt()
	}
	hash, rated := receipt.UndoHash(), receipt.Hash()
	tooLate := &models.Error{
		Code: models.CodeIllegalState, Field: "receipt", Key: models.KeyUndoTooLate,
		Args: []string{strconv.Itoa(int(models.UndoFor.Minutes()))},
	}
	return s.Store.InTx(store.Show(ctx, rated[:]), func(tx *store.Tx) error {
		undo, err := store.Take[models.RatingUndo](store.Lock(tx.DB).Where("undo_hash = ?", hash[:]), "RatingUndo")
		if models.CodeOf(err) == models.CodeNotFound {
			if _, err := byHash(tx.DB, rated); models.CodeOf(err) == models.CodeNotFound {
				return noRating(ctx, rated)
			} else if err != nil {
				return err
			}
			return tooLate
		}
		if err != nil || undo.Sealed == nil {
			return err
		}
		given, encounter, err := openUndo(receipt, undo.Sealed)
		if err != nil {
			return err
		}
		if tx.Now.Sub(given) > models.UndoFor {
			return tooLate
		}
		if err := undoRating(tx, receipt, encounter); err != nil {
			return err
		}
		if err := tx.Model(undo).Update("sealed", nil).Error; err != nil {
			return err
		}
		return audit.RecordAnonymous(tx, "undoRating", "Rating")
	})
}

// undoRating removes a rating and all that hangs on it.
func undoRating(tx *store.Tx, receipt auth.Receipt, encounter models.ID) error {
	rating, err := lockRating(tx, receipt)
	if err != nil {
		return err
	}
	var replies int64
	if err := tx.Model(&models.RatingReply{}).Where("rating_id = ?", rating.ID).Count(&replies).Error; err != nil {
		return err
	}
	if replies > 0 {
		return models.Conflict("receipt", models.KeyAlreadyAnswered)
	}
	if rating.Released {
		level := "level" + strconv.Itoa(rating.Level)
		err := tx.Exec("UPDATE rating_totals SET "+level+" = "+level+" - 1 WHERE official_id = ? AND rated_on = ?",
			rating.OfficialID, rating.RatedOn).Error
		if err != nil {
			return err
		}
	}
	// The duty whose further rating it was is an earlier rating's, of another receipt.
	return tx.Widen(store.TakenBack, func() error { return removeRating(tx, rating.ID, encounter) })
}

func removeRating(tx *store.Tx, id, encounter models.ID) error {
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{"DELETE FROM reply_duties WHERE rating_id = ?", []any{id}},
		{"UPDATE reply_duties SET again_id = NULL WHERE again_id = ?", []any{id}},
		{"DELETE FROM ratings WHERE id = ?", []any{id}},
		{"DELETE FROM encounter_claims WHERE encounter_id = ?", []any{encounter}},
		{
			"UPDATE rating_invitations SET state = ? WHERE encounter_id = ? AND state = ?",
			[]any{models.InvitationIssued, encounter, models.InvitationUsed},
		},
	} {
		if err := tx.Exec(step.statement, step.args...).Error; err != nil {
			return fmt.Errorf("take a rating back: %w", err)
		}
	}
	return nil
}

// lockRating locks the rating of a receipt. On PostgreSQL a release may have written it
// anew while we waited for it: then the row that we waited for is gone, and a second
// look finds the new one.
func lockRating(tx *store.Tx, receipt auth.Receipt) (*models.Rating, error) {
	hash := receipt.Hash()
	for range 2 {
		rating, err := store.Take[models.Rating](store.Lock(tx.DB).Where("receipt_hash = ?", hash[:]), "Rating")
		if models.CodeOf(err) != models.CodeNotFound {
			return rating, err
		}
	}
	return nil, noRating(tx.Statement.Context, hash)
}

// Forget removes what is needed for a day only: what receipts can take back, and what
// counters have counted. The server calls it regularly; it returns how many rows went.
func (s *Service) Forget(ctx context.Context) (int, error) {
	forgotten := 0
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		day := s.today(tx.Now.Add(-models.UndoFor))
		for _, record := range []any{&models.RatingUndo{}, &models.CounterUse{}} {
			gone := tx.Where("day < ?", day).Delete(record)
			if gone.Error != nil {
				return gone.Error
			}
			forgotten += int(gone.RowsAffected)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("forget what its day is over for: %w", err)
	}
	return forgotten, nil
}
