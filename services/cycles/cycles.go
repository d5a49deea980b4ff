// Package cycles is what HR officers do about assessment periods and the weights
// and rules that they follow.
//
// A cycle covers a unit and everything below it. Whoever's scope covers a part of
// that sees the cycle; only whose scope covers all of it may open or change it.
package cycles

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

// Service does what this package is for.
type Service struct{ Store *store.Store }

// NewCycle is a cycle to be opened.
type NewCycle struct {
	UnitID         models.ID
	Kind           models.CycleKind
	Name           string
	FromOn, ToOn   models.Date
	PolicyID       *models.ID // nil: the default policy
	Draft          bool       // prepared only: StartCollecting begins it
	IdempotencyKey *string
}

// Open opens a cycle for a unit within the actor's scope. It begins to collect
// evidence at once, unless it is a draft.
func (s *Service) Open(ctx context.Context, actor auth.Actor, in NewCycle) (*models.Cycle, error) {
	c := &models.Cycle{
		ID: models.NewID(), UnitID: in.UnitID, Kind: in.Kind, Name: strings.TrimSpace(in.Name),
		FromOn: in.FromOn, ToOn: in.ToOn, State: models.CycleDraft, PolicyID: in.PolicyID, OpenedBy: actor.Subject,
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "openCycle", actor.Subject, in.IdempotencyKey, in, c.ID, func() error { return open(tx, actor, c, in.Draft) })
		if err != nil || id == c.ID {
			return err
		}
		c, err = store.Take[models.Cycle](tx.Where("id = ?", id), "Cycle")
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func open(tx *store.Tx, actor auth.Actor, c *models.Cycle, draft bool) error {
	if covered, err := store.Covers(tx.DB, actor.UnitID, c.UnitID); err != nil {
		return err
	} else if !covered {
		return notFoundIn("unitId", "OrgUnit")
	}
	if c.PolicyID != nil {
		n := int64(0)
		err := tx.Model(&models.Policy{}).Scopes(policies(tx.DB, actor)).Where("id = ?", *c.PolicyID).Count(&n).Error
		if err != nil {
			return err
		}
		if n == 0 {
			return notFoundIn("policyId", "Policy")
		}
	}
	if !draft {
		next, err := c.State.Next(models.CycleStepCollect)
		if err != nil {
			return err
		}
		c.State = next
	}
	c.OpenedAt, c.UpdatedAt = tx.Now, tx.Now
	if err := tx.Create(c).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return models.Conflict("name", models.KeyAlreadyExists, "Cycle")
		}
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "openCycle", Noun: "Cycle", NounID: &c.ID,
		Details: map[string]string{"from": c.FromOn.String(), "to": c.ToOn.String()},
	})
}

func notFoundIn(field, noun string) *models.Error {
	err := models.NotFound(noun)
	err.Field = field
	return err
}

// readers see the cycles of their scope.
var readers = []models.Role{models.RoleOfficial, models.RoleHR, models.RoleAuditor}

// visible keeps the cycles whose unit lies within the actor's scope, or above it;
// a cadre without a scope sees those of the own unit.
func visible(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Is(readers...) {
			return db.Where("1 = 0")
		}
		if actor.UnitID == nil {
			return db.Where("unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id IN "+
				"(SELECT unit_id FROM officials WHERE id = ?))", actor.OfficialID)
		}
		return db.Where("(unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?) "+
			"OR unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?))", *actor.UnitID, *actor.UnitID)
	}
}

// ByIDs returns the cycles that the actor may see, by id.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Cycle, error) {
	query := s.Store.Read(ctx).Scopes(visible(actor))
	return store.ByID(query, ids, func(r *models.Cycle) models.ID { return r.ID })
}

// ByID returns a cycle that the actor may see.
func (s *Service) ByID(ctx context.Context, actor auth.Actor, id models.ID) (*models.Cycle, error) {
	return store.Take[models.Cycle](s.Store.Read(ctx).Scopes(visible(actor)).Where("id = ?", id), "Cycle")
}

// Page returns the cycles that the actor may see, the newest first, behind the
// place of a given one.
func (s *Service) Page(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.Cycle, bool, error) {
	query := s.Store.Read(ctx).Scopes(visible(actor))
	if after != "" {
		from, id, err := parsePlace(after)
		if err != nil {
			return nil, false, err
		}
		query = query.Where("(from_on, id) < (?, ?)", from, id)
	}
	var rows []*models.Cycle
	err := query.Order("from_on DESC, id DESC").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// Place is where a cycle stands among its likes.
func Place(c *models.Cycle) string { return c.FromOn.String() + " " + c.ID.String() }

func parsePlace(place string) (from models.Date, id models.ID, err error) {
	bad := models.Invalid("after", models.KeyBadCursor)
	date, rest, found := strings.Cut(place, " ")
	if !found {
		return from, id, bad
	}
	if from, err = models.ParseDate(date); err != nil {
		return from, id, bad
	}
	if id, err = models.ParseID(rest); err != nil {
		return from, id, bad
	}
	return from, id, nil
}
