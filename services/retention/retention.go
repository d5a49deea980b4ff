// Package retention erases what residents said and what leads to them: when its time
// is over, and before that when a resident or an office asks for it.
//
// What counts stays: the case with its category, steps, moments and outcome, the
// rating with its level, dimensions and tags. So no figure changes with an erasure, no
// digest either, since evidence holds no words. Gone are the words in title,
// description, account and history, the place, the contact and the attachments; of a
// rating the comment and the contact. What offices wrote in offers, exclusions and
// replies stays.
//
// The bytes of attachments lie outside the database: their rows go with the rest, and
// what has no row is swept from the bucket within the hour (package attachments), also
// by another process where this one dies in between.
package retention

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Service does what this package is for. Store and Zone are needed.
type Service struct {
	Store *store.Store
	Zone  *time.Location
	// CaseMonths and CommentMonths are how long the words of a closed case and those of
	// a rating are kept; 0: until somebody asks.
	CaseMonths, CommentMonths int

	// swept says that nothing was erased since the last sweep, which empties SQLite's log
	// of what the file itself no longer holds.
	swept atomic.Bool
}

// Mine is what the holder of a receipt asks to be erased.
type Mine struct {
	Receipt        string
	IdempotencyKey *string
}

// EraseMine erases the words of the case or the rating that a receipt belongs to. A
// case that is still worked on must be taken back first. Doing it twice changes
// nothing.
func (s *Service) EraseMine(ctx context.Context, in Mine) error {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return err
	}
	receipt, err := auth.ParseReceipt(in.Receipt)
	if err != nil {
		return models.BadReceipt()
	}
	hash := receipt.Hash()
	err = s.Store.InTx(store.Show(ctx, hash[:]), func(tx *store.Tx) error {
		c, err := store.Take[models.Case](store.Lock(tx.DB).Where("receipt_hash = ?", hash[:]), "Case")
		switch {
		case err == nil:
			return models.AtField("receipt", s.mine(tx, c.ID, in, func() error { return s.eraseCase(tx, c) }))
		case models.CodeOf(err) != models.CodeNotFound:
			return err
		}
		r, err := store.Take[models.Rating](store.Lock(tx.DB).Where("receipt_hash = ?", hash[:]), "Rating")
		if models.CodeOf(err) == models.CodeNotFound {
			auth.Tried(ctx, hash, false)
			return models.UnknownReceipt()
		}
		if err != nil {
			return err
		}
		return s.mine(tx, r.ID, in, func() error { return eraseRatings(tx, []models.ID{r.ID}) })
	})
	s.swept.Store(false)
	return err
}

// mine erases once, and leaves an entry that names no record: a resident is not traced.
func (s *Service) mine(tx *store.Tx, id models.ID, in Mine, erase func() error) error {
	_, err := store.Once(tx, "eraseMine", id.String(), in.IdempotencyKey, in, id, func() error {
		if err := erase(); err != nil {
			return err
		}
		return audit.RecordAnonymous(tx, "eraseMine", "Resident")
	})
	return err
}

// Request is an office's, on a resident's behalf.
type Request struct {
	CaseID         models.ID
	Reason         string
	IdempotencyKey *string
}

// EraseCase erases the words of a case within the actor's scope that is over, for a
// reason that stays on record.
func (s *Service) EraseCase(ctx context.Context, actor auth.Actor, in Request) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	var c *models.Case
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		c, err = store.Take[models.Case](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", in.CaseID), "Case")
		if err != nil {
			return models.AtField("caseId", err)
		}
		_, err = store.Once(tx, "eraseCase", actor.Subject, in.IdempotencyKey, in, c.ID, func() error {
			if c.OfficialID != nil && actor.IsOfficial(*c.OfficialID) {
				return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
			}
			if err := s.eraseCase(tx, c); err != nil {
				return models.AtField("caseId", err)
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: "eraseCase", Noun: "Case", NounID: &c.ID, Details: map[string]string{"reason": in.Reason},
			})
		})
		return err
	})
	s.swept.Store(false)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// eraseCase empties a locked case that is over.
func (s *Service) eraseCase(tx *store.Tx, c *models.Case) error {
	if !c.Over() {
		return &models.Error{Code: models.CodeIllegalState, Key: models.KeyEraseOpen}
	}
	var pending int64
	err := tx.Model(&models.Exclusion{}).Where("case_id = ? AND state = ?", c.ID, models.ExclusionObjected).Count(&pending).Error
	if err != nil {
		return fmt.Errorf("erase case %s: %w", c.ID, err)
	}
	if pending > 0 { // the case may be opened again, and who decides has to read why
		return &models.Error{Code: models.CodeIllegalState, Key: models.KeyEraseOpen}
	}
	today := models.DateOf(tx.Now, s.Zone)
	c.Title, c.Description, c.Place, c.Latitude, c.Longitude, c.ErasedOn = "", "", "", nil, nil, &today
	if c.Account != nil {
		c.Account = new(string)
	}
	err = tx.Model(c).Select("title", "description", "place", "latitude", "longitude", "account", "erased_on").UpdateColumns(c).Error
	if err != nil {
		return fmt.Errorf("erase case %s: %w", c.ID, err)
	}
	for _, statement := range []string{
		"UPDATE case_events SET note = '' WHERE case_id = ? AND note <> ''",
		"UPDATE mediations SET agreement_summary = '' WHERE case_id = ? AND agreement_summary <> ''",
		"UPDATE exclusions SET objection = '' WHERE case_id = ? AND objection <> ''",
		"DELETE FROM case_contacts WHERE case_id = ?",
		"DELETE FROM attachments WHERE case_id = ?",
	} {
		if err := tx.Exec(statement, c.ID).Error; err != nil {
			return fmt.Errorf("erase case %s: %w", c.ID, err)
		}
	}
	return nil
}

// eraseRatings empties ratings.
func eraseRatings(tx *store.Tx, ids []models.ID) error {
	err := tx.Model(&models.Rating{}).Scopes(store.Among("id", ids)).UpdateColumns(map[string]any{"comment": nil, "contact": nil}).Error
	if err != nil {
		return fmt.Errorf("erase ratings: %w", err)
	}
	return nil
}
