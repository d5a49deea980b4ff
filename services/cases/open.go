package cases

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// UnknownCategory is the category of a case whose resident does not know it.
const UnknownCategory = "OTHER"

// NewCase is a problem to be handed in.
type NewCase struct {
	Category    string // empty: unknown
	Title       string
	Description string
	Channel     models.Channel // empty: ONLINE, from an official HOTLINE
	UnitID      *models.ID     // nil: whoever handles the category
	// ResidentRef is a pseudonymous reference, hashed and not kept. Only an
	// official may give one: a stranger could take another's.
	ResidentRef    string
	IdempotencyKey *string
}

// Opened is a case with the receipt's code, which is shown once and not kept.
type Opened struct {
	Case    *models.Case
	Receipt string
}

// Open hands in a case: for a resident, who needs no account, or by an official
// on the telephone or at a counter. A repeat with the same idempotency key gets
// the same case and receipt.
func (s *Service) Open(ctx context.Context, actor auth.Actor, in NewCase) (*Opened, error) {
	c, epoch, err := s.draft(actor, in)
	if err != nil {
		return nil, err
	}
	receipt := auth.NewReceipt()
	if in.IdempotencyKey != nil && *in.IdempotencyKey != "" {
		receipt = auth.DeriveReceipt(s.Secret, "openCase", actor.Subject, *in.IdempotencyKey)
	}
	hash := receipt.Hash()
	c.ReceiptHash = hash[:]
	unit, err := s.route(ctx, c.Category, in.UnitID)
	if err != nil {
		return nil, err
	}
	c.UnitID = unit
	stored, err := s.openOnce(ctx, actor, c, epoch, in)
	if err != nil {
		return nil, err
	}
	return &Opened{Case: stored, Receipt: receipt.Code()}, nil
}

// draft checks the input and makes the record of it. The epoch is that of the key
// which its resident is hashed with; nil without a resident.
func (s *Service) draft(actor auth.Actor, in NewCase) (*models.Case, *models.KeyEpoch, error) {
	official := actor.Is(models.RoleOfficial)
	if !actor.Anonymous() && !official && !actor.Is(models.RoleResident) {
		return nil, nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, nil, err
	}
	var epoch *models.KeyEpoch
	now := s.Store.Now()
	c := &models.Case{
		ID: models.NewID(), Category: strings.TrimSpace(in.Category), Channel: in.Channel, State: models.CaseSubmitted,
		Title: strings.TrimSpace(in.Title), Description: strings.TrimSpace(in.Description), OpenedAt: now,
	}
	c.Ref = c.ID.String()
	if c.Category == "" {
		c.Category = UnknownCategory
	}
	switch {
	case c.Channel == "" && official:
		c.Channel = models.ChannelHotline
	case c.Channel == "":
		c.Channel = models.ChannelOnline
	}
	if c.Title == "" {
		return nil, nil, models.Invalid("title", models.KeyRequired)
	}
	if c.Description == "" {
		return nil, nil, models.Invalid("description", models.KeyRequired)
	}
	if in.ResidentRef != "" {
		if !official {
			return nil, nil, &models.Error{Code: models.CodeForbidden, Field: "residentRef", Key: models.KeyForbidden}
		}
		key, noted, err := s.Keys.Epoch(models.DateOf(now, s.Zone).Year(), now)
		if err != nil {
			return nil, nil, err
		}
		sum := key.Resident(in.ResidentRef)
		c.ResidentKey, c.KeyYear, epoch = sum[:], noted.Year, &noted
	}
	return c, epoch, c.Validate()
}

// route finds the unit that gets a case first: the given one; else whoever has
// the newest case of the category; else the top of the organisation. It asks
// outside the transaction, since a case more or less changes nothing.
func (s *Service) route(ctx context.Context, category string, unit *models.ID) (models.ID, error) {
	db := s.Store.Read(ctx)
	if unit != nil {
		found, err := store.Take[models.OrgUnit](db.Where("id = ?", *unit), "OrgUnit")
		if err != nil {
			return models.ID{}, models.AtField("unitId", err)
		}
		return found.ID, nil
	}
	newest, err := store.Take[models.Case](db.Select("unit_id").Where("category = ?", category).Order("opened_at DESC, id DESC"), "Case")
	if err == nil {
		return newest.UnitID, nil
	}
	if models.CodeOf(err) != models.CodeNotFound {
		return models.ID{}, err
	}
	top, err := store.Take[models.OrgUnit](db.Where("parent_id IS NULL").Order(s.Store.Dialect().ByteOrder("ref")), "OrgUnit")
	if err != nil {
		return models.ID{}, err
	}
	return top.ID, nil
}

// openOnce writes the case, or returns the one that the key has already made.
func (s *Service) openOnce(ctx context.Context, actor auth.Actor, c *models.Case, epoch *models.KeyEpoch, in NewCase) (*models.Case, error) {
	var stored *models.Case
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		if epoch != nil {
			if err := store.NoteKeyYear(tx, *epoch); err != nil {
				return err
			}
		}
		asked := in
		asked.ResidentRef = c.ResidentKey.Key() // of the reference itself nothing is kept, not even a hash without a key
		id, err := store.Once(tx, "openCase", actor.Subject, in.IdempotencyKey, asked, c.ID, func() error { return s.create(tx, actor, c) })
		if err != nil {
			return err
		}
		stored, err = store.Take[models.Case](tx.Where("id = ?", id), "Case")
		return err
	})
	return stored, err
}

func (s *Service) create(tx *store.Tx, actor auth.Actor, c *models.Case) error {
	due := s.workingDue(tx.Now, s.ResolveDays)
	c.UpdatedAt, c.DueAt = tx.Now, &due
	if err := tx.Create(c).Error; err != nil {
		return err
	}
	if err := startClock(tx, c, models.ClockAccept, s.workingDue(tx.Now, s.AcceptDays)); err != nil {
		return err
	}
	if err := startClock(tx, c, models.ClockResolve, due); err != nil {
		return err
	}
	event := models.CaseEvent{Kind: models.EventSubmitted, ToUnitID: &c.UnitID, Actor: actorResident}
	if actor.Is(models.RoleOfficial) {
		event.Actor = actor.Subject
	}
	if err := addEvent(tx, c, event); err != nil {
		return err
	}
	if event.Actor == actorResident {
		return audit.RecordAnonymous(tx, "openCase", "Case")
	}
	return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "openCase", Noun: "Case", NounID: &c.ID})
}
