package cases

import (
	"context"
	"math"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// UnknownCategory is the category of a case whose resident does not know it and
// whose words speak for none.
const UnknownCategory = "OTHER"

// NewCase is a problem to be handed in.
type NewCase struct {
	Category    string // empty: what the words speak for
	Title       string
	Description string
	Channel     models.Channel // empty: ONLINE, from an official HOTLINE
	UnitID      *models.ID     // nil: finding it is our question, not the resident's
	Place       string         // where it is, in words; may be empty
	Latitude    *float64       // degrees, both or none
	Longitude   *float64
	// ResidentRef is a pseudonymous reference, hashed and not kept. Only an
	// official may give one: a stranger could take another's.
	ResidentRef    string
	IdempotencyKey *string
}

// Opened is a case with the receipt's code, which is shown once and not kept.
type Opened struct {
	Case        *models.Case
	Receipt     string
	Suggestions []Suggestion // what the words spoke for, where no category was given
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
	ctx = store.Show(ctx, hash[:])
	// Outside the transaction: a rule or a case more or less changes nothing.
	db := s.Store.Read(ctx)
	var suggestions []Suggestion
	if c.Category == "" {
		if suggestions, err = suggest(db, c.Title+"\n"+c.Description); err != nil {
			return nil, err
		}
		c.Category = UnknownCategory
		if len(suggestions) > 0 {
			c.Category = suggestions[0].Category
		}
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := s.route(ctx, c, in.UnitID); err != nil {
		return nil, err
	}
	stored, err := s.openOnce(ctx, actor, c, epoch, in)
	if err != nil {
		return nil, err
	}
	return &Opened{Case: stored, Receipt: receipt.Code(), Suggestions: suggestions}, nil
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
	c.Place, c.Latitude, c.Longitude = strings.TrimSpace(in.Place), coarse(in.Latitude), coarse(in.Longitude)
	switch {
	case c.Channel == "" && official:
		c.Channel = models.ChannelHotline
	case c.Channel == "":
		c.Channel = models.ChannelOnline
	}
	if models.Blank(c.Title) {
		return nil, nil, models.Invalid("title", models.KeyRequired)
	}
	if models.Blank(c.Description) {
		return nil, nil, models.Invalid("description", models.KeyRequired)
	}
	if in.ResidentRef != "" {
		if !official {
			return nil, nil, &models.Error{Code: models.CodeForbidden, Field: "residentRef", Key: models.KeyForbidden}
		}
		if err := models.ValidResidentRef(in.ResidentRef); err != nil {
			return nil, nil, err
		}
		key, noted, err := s.Keys.Epoch(models.DateOf(now, s.Zone).Year(), now)
		if err != nil {
			return nil, nil, err
		}
		sum := key.Resident(in.ResidentRef)
		c.ResidentKey, c.KeyYear, epoch = sum[:], noted.Year, &noted
	}
	return c, epoch, nil
}

// coarse keeps a coordinate to 3 decimals of a degree, about 100 m: a street, not
// a door.
func coarse(degrees *float64) *float64 {
	if degrees == nil {
		return nil
	}
	rounded := math.Round(*degrees*1000) / 1000
	return &rounded
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
	working, err := s.daysOf(tx.DB, c.UnitID)
	if err != nil {
		return err
	}
	due := s.dueBy(working, tx.Now, s.ResolveDays)
	c.UpdatedAt, c.DueAt = tx.Now, &due
	if err := tx.Create(c).Error; err != nil {
		return err
	}
	if err := startClock(tx, c, models.ClockAccept, s.dueBy(working, tx.Now, s.AcceptDays)); err != nil {
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
