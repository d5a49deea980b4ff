package ratings

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewEncounter is an encounter to be recorded.
type NewEncounter struct {
	OfficialID     *models.ID // nil: the actor
	ServiceID      models.ID
	Channel        models.Channel
	OccurredAt     *time.Time // nil: now
	ResidentRef    string     // hashed and not kept; empty: unknown
	Adverse        bool       // whether the official had to decide against the resident
	IdempotencyKey *string
}

// RecordEncounter records a service that an official did for a resident: the
// actor's own, or, for HR, one within scope.
func (s *Service) RecordEncounter(ctx context.Context, actor auth.Actor, in NewEncounter) (*models.Encounter, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	now := s.Store.Now()
	e := &models.Encounter{
		ID: models.NewID(), ServiceID: in.ServiceID, Channel: in.Channel, OccurredAt: now,
		Invited: models.AnswerUnknown, Adverse: in.Adverse,
	}
	e.Ref = e.ID.String()
	if in.OccurredAt != nil {
		e.OccurredAt = *in.OccurredAt
	}
	if err := e.ValidateAt(now); err != nil {
		return nil, err
	}
	if err := models.ValidResidentRef(in.ResidentRef); err != nil {
		return nil, err
	}
	day := models.DateOf(e.OccurredAt, s.Zone)
	key, epoch, err := s.Keys.Epoch(day.Year(), now)
	if err != nil {
		return nil, sealedYear(err)
	}
	asked := in
	if in.ResidentRef != "" {
		sum := key.Resident(in.ResidentRef)
		e.ResidentKey, e.KeyYear = sum[:], day.Year()
		// What is kept to know a repeat again must not let the reference be guessed.
		asked.ResidentRef = string(sum[:])
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		official, err := officialFor(tx, actor, in.OfficialID)
		if err != nil {
			return err
		}
		e.OfficialID = official.ID
		if _, err := store.Take[models.Service](tx.Where("id = ?", in.ServiceID), "Service"); err != nil {
			return models.AtField("serviceId", err)
		}
		id, err := store.Once(tx, "recordEncounter", actor.Subject, in.IdempotencyKey, asked, e.ID, func() error {
			return record(tx, actor, official, e, day, epoch)
		})
		if err != nil || id == e.ID {
			return err
		}
		e, err = store.Take[models.Encounter](tx.Where("id = ?", id), "Encounter")
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// record writes an encounter of a day to which something may still be added. Its
// entry in the audit trail says nothing of the resident.
func record(tx *store.Tx, actor auth.Actor, by *models.Official, e *models.Encounter, day models.Date, epoch models.KeyEpoch) error {
	sealed, err := store.SealedFor(tx.DB, by, day)
	if err != nil {
		return err
	}
	if sealed {
		return models.Invalid("occurredAt", models.KeyDaySealed, day.String())
	}
	if err := store.NoteKeyYear(tx, epoch); err != nil {
		return sealedYear(err)
	}
	if err := tx.Create(e).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "recordEncounter", Noun: "Encounter", NounID: &e.ID})
}

// sealedYear turns the error that a year's key is destroyed into one of the moment
// that lies in the year.
func sealedYear(err error) error {
	if e := (&models.Error{}); errors.As(err, &e) && e.Key == models.KeyYearSealed {
		return models.Invalid("occurredAt", e.Key, e.Args...)
	}
	return err
}

// officialFor returns the official whom an actor may act for: themself, or for
// HR anybody within scope.
func officialFor(tx *store.Tx, actor auth.Actor, id *models.ID) (*models.Official, error) {
	if id == nil {
		id = actor.OfficialID
	}
	if id == nil {
		return nil, models.Invalid("officialId", models.KeyRequired)
	}
	query := tx.Where("id = ?", *id)
	switch {
	case actor.IsOfficial(*id):
	case actor.Is(models.RoleHR):
		query = query.Scopes(store.InScope("unit_id", actor.UnitID))
	default:
		return nil, models.AtField("officialId", models.NotFound("Official"))
	}
	official, err := store.Take[models.Official](query, "Official")
	return official, models.AtField("officialId", err)
}

// Issued is a rating link as it is handed out.
type Issued struct {
	ID        models.ID
	Token     string
	ExpiresAt time.Time
}

// Issue makes a single-use rating link for an encounter of the actor's own, or
// for HR within scope. A repeat with the same idempotency key gets the same link.
func (s *Service) Issue(ctx context.Context, actor auth.Actor, encounterID models.ID, from string, key *string) (*Issued, error) {
	if err := models.ValidPlace("issuedFrom", from); err != nil {
		return nil, err
	}
	if err := models.ValidIdempotencyKey(key, actor.Anonymous()); err != nil {
		return nil, err
	}
	token, hash := s.Invitations.Issue()
	if key != nil && *key != "" {
		token, hash = s.Invitations.IssueFor(actor.Subject, encounterID.String(), *key)
	}
	invitation := &models.RatingInvitation{ID: models.NewID()}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		encounter, err := store.Take[models.Encounter](tx.Where("id = ?", encounterID), "Encounter")
		if err != nil {
			return models.AtField("encounterId", err)
		}
		if _, err := officialFor(tx, actor, &encounter.OfficialID); models.CodeOf(err) != "" {
			return models.AtField("encounterId", models.NotFound("Encounter"))
		} else if err != nil {
			return err
		}
		known, err := store.Take[models.RatingInvitation](tx.Where("token_hash = ?", hash[:]), "RatingInvitation")
		if err == nil {
			invitation = known
			return nil
		}
		if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		*invitation = models.RatingInvitation{
			ID: invitation.ID, TokenHash: hash[:], EncounterID: encounter.ID, State: models.InvitationIssued,
			IssuedBy: actor.Subject, IssuedFrom: from, IssuedAt: tx.Now, ExpiresAt: tx.Now.AddDate(0, 0, s.LinkDays),
		}
		if err := tx.Create(invitation).Error; err != nil {
			return err
		}
		if err := tx.Model(encounter).Update("invited", models.AnswerYes).Error; err != nil {
			return err
		}
		return audit.Record(tx, audit.Entry{
			Actor: actor.Subject, Action: "issueRatingInvitation", Noun: "Encounter", NounID: &encounter.ID,
			Details: map[string]string{"from": from},
		})
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		// Two at once with one key: the other has issued this very link.
		invitation, err = store.Take[models.RatingInvitation](
			s.Store.Read(ctx).Where("token_hash = ?", hash[:]), "RatingInvitation")
	}
	if err != nil {
		return nil, err
	}
	return &Issued{ID: invitation.ID, Token: token, ExpiresAt: invitation.ExpiresAt}, nil
}

// Offer is what a rating link is for, as its holder may see it.
type Offer struct {
	Service      *models.Service
	OfficialName string
	UnitName     string
	OccurredOn   models.Date
	ExpiresAt    time.Time
	Form         *models.RatingForm
}

// Offer says what a token is for. Asking does not use it. The answer depends on the
// token and the time alone, never on whether it has been used or revoked: the
// official who handed it out would learn from it who has rated. Past its time, and
// for a token that nobody issued, it is NOT_FOUND; that a link is gone only
// [Service.Submit] says.
func (s *Service) Offer(ctx context.Context, token string) (*Offer, error) {
	hash, err := s.Invitations.Parse(token)
	if err != nil {
		auth.TriedText(ctx, token)
		return nil, models.NotFound("RatingInvitation")
	}
	db := s.Store.Read(store.Show(ctx, hash[:]))
	invitation, err := store.Take[models.RatingInvitation](db.Where("token_hash = ?", hash[:]), "RatingInvitation")
	if err != nil {
		return nil, err
	}
	if !s.Store.Now().Before(invitation.ExpiresAt) {
		return nil, models.NotFound("RatingInvitation")
	}
	encounter, err := store.Take[models.Encounter](db.Where("id = ?", invitation.EncounterID), "Encounter")
	if err != nil {
		return nil, err
	}
	service, err := store.Take[models.Service](db.Where("id = ?", encounter.ServiceID), "Service")
	if err != nil {
		return nil, err
	}
	official, err := store.Take[models.Official](db.Where("id = ?", encounter.OfficialID), "Official")
	if err != nil {
		return nil, err
	}
	unit, err := store.Take[models.OrgUnit](db.Where("id = ?", official.UnitID), "OrgUnit")
	if err != nil {
		return nil, err
	}
	form, err := formOf(db, service)
	if err != nil {
		return nil, err
	}
	return &Offer{
		Form: form, Service: service, OfficialName: official.Name, UnitName: unit.Name,
		OccurredOn: models.DateOf(encounter.OccurredAt, s.Zone), ExpiresAt: invitation.ExpiresAt,
	}, nil
}
