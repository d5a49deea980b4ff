package ratings

import (
	"context"
	"strings"
	"sync"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewCounterCode is a standing code to be made.
type NewCounterCode struct {
	ServiceID      models.ID
	UnitID         models.ID
	OfficialID     *models.ID // nil: the resident chooses
	Name           string
	Kiosk          bool
	DailyCap       int
	IdempotencyKey *string
}

// IssueCounter makes a standing code for a counter within the actor's scope.
func (s *Service) IssueCounter(ctx context.Context, actor auth.Actor, in NewCounterCode) (*models.CounterCode, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	code := &models.CounterCode{
		ID: models.NewID(), Name: strings.TrimSpace(in.Name), UnitID: in.UnitID, OfficialID: in.OfficialID, ServiceID: &in.ServiceID,
		Kiosk: in.Kiosk, DailyCap: in.DailyCap, IssuedBy: actor.Subject,
	}
	if err := code.Validate(); err != nil {
		return nil, err
	}
	_, hash := s.counterSecret(code.ID)
	code.CodeHash = hash[:]
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := counterIsOurs(tx, actor, code); err != nil {
			return err
		}
		code.IssuedAt = tx.Now
		id, err := store.Once(tx, "issueCounterCode", actor.Subject, in.IdempotencyKey, in, code.ID, func() error {
			if err := tx.Create(code).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: "issueCounterCode", Noun: "CounterCode", NounID: &code.ID,
				Details: map[string]string{"name": code.Name, "unit": code.UnitID.String()},
			})
		})
		if err != nil || id == code.ID {
			return err
		}
		code, err = store.Take[models.CounterCode](tx.Where("id = ?", id), "CounterCode")
		return err
	})
	if err != nil {
		return nil, err
	}
	return code, nil
}

// counterSecret is the code of an address, made of the id so that it can be shown
// again, and the hash under which it is found.
func (s *Service) counterSecret(id models.ID) (string, auth.SecretHash) {
	return s.Invitations.IssueFor("counter code", id.String())
}

// counterIsOurs wants unit, official and service to be there: the unit within the
// actor's scope, the official at or below the unit, and not the actor.
func counterIsOurs(tx *store.Tx, actor auth.Actor, code *models.CounterCode) error {
	if _, err := store.Take[models.OrgUnit](tx.Scopes(store.InScope("id", actor.UnitID)).Where("id = ?", code.UnitID), "OrgUnit"); err != nil {
		return models.AtField("unitId", err)
	}
	if _, err := store.Take[models.Service](tx.Where("id = ?", *code.ServiceID), "Service"); err != nil {
		return models.AtField("serviceId", err)
	}
	if code.OfficialID == nil {
		return nil
	}
	if actor.IsOfficial(*code.OfficialID) {
		return &models.Error{Code: models.CodeForbidden, Field: "officialId", Key: models.KeyOwnRecord}
	}
	_, err := store.Take[models.Official](tx.Scopes(store.InScope("unit_id", &code.UnitID)).Where("id = ?", *code.OfficialID), "Official")
	return models.AtField("officialId", err)
}

// CounterRevocation withdraws a standing code.
type CounterRevocation struct {
	ID             models.ID
	Reason         string
	IdempotencyKey *string
}

// RevokeCounter withdraws a standing code within the actor's scope, for a reason that
// stays on record. What was rated by it stands.
func (s *Service) RevokeCounter(ctx context.Context, actor auth.Actor, in CounterRevocation) (*models.CounterCode, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	var code *models.CounterCode
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		code, err = store.Take[models.CounterCode](
			store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", in.ID), "CounterCode")
		if err != nil {
			return models.AtField("id", err)
		}
		_, err = store.Once(tx, "revokeCounterCode", actor.Subject, in.IdempotencyKey, in, code.ID, func() error {
			if code.RevokedAt != nil {
				return models.Conflict("id", models.KeyCodeGone)
			}
			code.RevokedAt = &tx.Now
			if err := tx.Model(code).Update("revoked_at", tx.Now).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: "revokeCounterCode", Noun: "CounterCode", NounID: &code.ID,
				Details: map[string]string{"reason": in.Reason},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return code, nil
}

// CountersPage is a page of the standing codes within the actor's scope, the latest
// first, behind a given one.
func (s *Service) CountersPage(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.CounterCode, bool, error) {
	query := s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID))
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where("id < ?", id)
	}
	var rows []*models.CounterCode
	err := query.Order("id DESC").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// CounterPath is where a standing code leads; empty where it leads nowhere any more.
func (s *Service) CounterPath(c *models.CounterCode) string {
	code, hash := s.counterSecret(c.ID)
	switch {
	case c.RevokedAt != nil || string(hash[:]) != string(c.CodeHash):
		return ""
	case c.Kiosk:
		return "/kiosk/" + code
	}
	return "/c/" + code
}

// CounterOffer is what a standing code is for, as whoever scans it may see it.
type CounterOffer struct {
	Name        string
	Kiosk       bool
	ServiceName string
	UnitName    string
	Officials   []*models.Official
	Form        *models.RatingForm
}

// maxChoice is how many officials a resident chooses from.
const maxChoice = 100

// CounterOffer says what a standing code is for; NOT_FOUND for one that is withdrawn
// or that nobody issued.
func (s *Service) CounterOffer(ctx context.Context, code string) (*CounterOffer, error) {
	db := s.Store.Read(ctx)
	c, err := s.counterOf(db, code)
	if err != nil {
		return nil, err
	}
	service, err := store.Take[models.Service](db.Where("id = ?", *c.ServiceID), "Service")
	if err != nil {
		return nil, err
	}
	unit, err := store.Take[models.OrgUnit](db.Where("id = ?", c.UnitID), "OrgUnit")
	if err != nil {
		return nil, err
	}
	form, err := formOf(db, service)
	if err != nil {
		return nil, err
	}
	offer := &CounterOffer{Name: c.Name, Kiosk: c.Kiosk, ServiceName: service.Name, UnitName: unit.Name, Form: form}
	err = db.Scopes(s.atCounter(c)).Order(s.Store.Dialect().ByteOrder("ref")).Limit(maxChoice).Find(&offer.Officials).Error
	return offer, err
}

// counterOf is the standing code of an address that holds.
func (s *Service) counterOf(db *gorm.DB, code string) (*models.CounterCode, error) {
	hash, err := s.Invitations.Parse(code)
	if err != nil {
		auth.TriedText(db.Statement.Context, code)
		return nil, models.NotFound("CounterCode")
	}
	return store.Take[models.CounterCode](db.Where("code_hash = ? AND revoked_at IS NULL", hash[:]), "CounterCode")
}

// atCounter keeps the officials who may be rated by a code: the one it is of, or those
// of its unit and below it; none who has left.
func (s *Service) atCounter(c *models.CounterCode) func(*gorm.DB) *gorm.DB {
	today := s.today(s.Store.Now())
	return func(db *gorm.DB) *gorm.DB {
		db = db.Scopes(store.InScope("unit_id", &c.UnitID)).
			Where("(active_from IS NULL OR active_from <= ?) AND (active_to IS NULL OR active_to >= ?)", today, today)
		if c.OfficialID != nil {
			db = db.Where("id = ?", *c.OfficialID)
		}
		return db
	}
}

// errCounterGone is the one answer for a standing code that is withdrawn, unknown or
// badly written.
func errCounterGone() error {
	return &models.Error{Code: models.CodeGone, Field: "code", Key: models.KeyCodeGone}
}

func tooOften(key models.Key, args ...string) error {
	return &models.Error{Code: models.CodeRateLimited, Field: "code", Key: key, Args: args}
}

// tally counts in memory what each network has given today by each code. It is of one
// process, and forgotten with the day.
type tally struct {
	day  models.Date
	uses map[networkUse]int
}

type networkUse struct {
	code    models.ID
	network string
}

// countNetwork counts one more for the visitor's network, unless that would be too
// many, and returns how to take the count back where the rating is not written. A kiosk
// has one network for all.
func (s *Service) countNetwork(by auth.Visitor, code *models.CounterCode, day models.Date) (release func(), err error) {
	release = func() {}
	if code.Kiosk {
		return release, nil
	}
	use := networkUse{code.ID, by.Network}
	s.counting.Lock()
	defer s.counting.Unlock()
	if s.networks.uses == nil || s.networks.day != day {
		s.networks = tally{day: day, uses: map[networkUse]int{}}
	}
	if s.networks.uses[use] >= models.WalkInsOfAddress {
		return release, tooOften(models.KeyCodeUsedToday)
	}
	s.networks.uses[use]++
	return sync.OnceFunc(func() {
		s.counting.Lock()
		defer s.counting.Unlock()
		if s.networks.day == day {
			s.networks.uses[use]--
		}
	}), nil
}
