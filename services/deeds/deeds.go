// Package deeds is what officials and those they helped say of practical work: an
// official records a deed and hands a code to the person helped, who confirms or
// denies it. Only what was confirmed counts. That the word is the helped person's own
// rests on the official's honesty: see [Service.Confirm].
package deeds

import (
	"bytes"
	"context"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Service does what this package is for. All fields are needed. A Service must not be
// copied.
type Service struct {
	Store *store.Store
	Zone  *time.Location
	// Secret derives receipts from idempotency keys.
	Secret []byte

	networks networks
}

// NewDeed is a deed to be recorded.
type NewDeed struct {
	Kind           models.DeedKind
	DoneAt         time.Time
	Hours          *float64
	Title          string
	IdempotencyKey *string
}

// Recorded is a deed with the code for the person helped, which is shown once
// and not kept.
type Recorded struct {
	Deed    *models.Deed
	Receipt string
}

// Record records practical work of the actor's own. A repeat with the same
// idempotency key gets the same deed and code.
func (s *Service) Record(ctx context.Context, actor auth.Actor, in NewDeed) (*Recorded, error) {
	if actor.OfficialID == nil {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	receipt := auth.NewReceipt()
	if in.IdempotencyKey != nil && *in.IdempotencyKey != "" {
		receipt = auth.DeriveReceipt(s.Secret, "recordDeed", actor.Subject, *in.IdempotencyKey)
	}
	hash := receipt.Hash()
	d := &models.Deed{
		ID: models.NewID(), OfficialID: *actor.OfficialID, Kind: in.Kind, DoneAt: in.DoneAt, Hours: in.Hours,
		Title: strings.TrimSpace(in.Title), ReceiptHash: hash[:],
	}
	d.Ref = d.ID.String()
	if err := d.ValidateAt(s.Store.Now()); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "recordDeed", actor.Subject, in.IdempotencyKey, in, d.ID, func() error {
			return s.record(tx, actor, d)
		})
		if err != nil || id == d.ID {
			return err
		}
		d, err = store.Take[models.Deed](tx.Where("id = ?", id), "Deed")
		return err
	})
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(d.ReceiptHash, hash[:]) || d.Kind != in.Kind || d.Title != strings.TrimSpace(in.Title) {
		return nil, models.Conflict("idempotencyKey", models.KeyIdempotencyMismatch)
	}
	return &Recorded{Deed: d, Receipt: receipt.Code()}, nil
}

// record writes a deed of a day to which something may still be added.
func (s *Service) record(tx *store.Tx, actor auth.Actor, d *models.Deed) error {
	official, err := store.Take[models.Official](tx.Where("id = ?", d.OfficialID), "Official")
	if err != nil {
		return err
	}
	day := models.DateOf(d.DoneAt, s.Zone)
	sealed, err := store.SealedFor(tx.DB, official, day)
	if err != nil {
		return err
	}
	if sealed {
		return models.Invalid("doneAt", models.KeyDaySealed, day.String())
	}
	if err := tx.Create(d).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "recordDeed", Noun: "Deed", NounID: &d.ID})
}

// Confirm takes the word of whoever holds the code. The official's own token is
// refused. That is all that can be refused: the official has seen the code, and
// without a token nobody can tell their word from that of the person helped. What is
// odd about a confirmation is noted (see doubts), and HR checks those and a sample
// of the others with the people helped (see Check). Saying the same twice
// changes nothing; the first word stands.
func (s *Service) Confirm(ctx context.Context, actor auth.Actor, by auth.Visitor, code string, done bool) (*models.Deed, error) {
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return nil, models.BadReceipt()
	}
	hash := receipt.Hash()
	var d *models.Deed
	said := false // that it was done, and now
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		said = false
		if d, err = store.Take[models.Deed](store.Lock(tx.DB).Where("receipt_hash = ?", hash[:]), "Deed"); err != nil {
			if models.CodeOf(err) == models.CodeNotFound {
				auth.Tried(ctx, hash, false)
				return models.UnknownReceipt()
			}
			return err
		}
		if actor.IsOfficial(d.OfficialID) {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
		}
		changed, err := d.Confirm(done)
		if err != nil || !changed {
			return err
		}
		if d.Confirmed == models.AnswerYes {
			if d.Doubts, err = s.doubts(tx, actor, by, d); err != nil {
				return err
			}
			said = true
		}
		d.ConfirmedOn = models.DateOf(tx.Now, s.Zone)
		if err := tx.Model(d).Select("confirmed", "confirmed_on", "doubts").Updates(d).Error; err != nil {
			return err
		}
		return audit.RecordAnonymous(tx, "confirmDeed", "Deed")
	})
	if err != nil {
		return nil, err
	}
	if said {
		s.networks.add(d.ConfirmedOn, d.OfficialID, by.Network)
	}
	return d, nil
}
