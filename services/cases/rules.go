package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// maxRules is how many category rules, areas, routing rules or holidays there may
// be of each; they are read whole when a case is handed in.
const maxRules = 5000

// editors are the roles that change the rules of their scope and read them.
var editors = []models.Role{models.RoleHR, models.RoleAdmin}

// Edit names what is saved or removed, and the client's key.
type Edit struct {
	ID             *models.ID // nil: a new one
	IdempotencyKey *string
}

// record is what rules have in common.
type record[T any] interface {
	*T
	Validate() error
}

// rules says how one kind of rule is saved and removed.
type rules[T any, R record[T]] struct {
	noun string
	// field is the input's field that names what is changed.
	field string
	head  func(R) head
	// check looks at what the record names; it may be nil.
	check func(tx *store.Tx, actor auth.Actor, row R) error
	// remove looks whether others hang on it; it may be nil.
	remove func(tx *store.Tx, row R) error
}

// head is where a record keeps its id, its unit, and who saved it when.
type head struct {
	id, unit *models.ID
	by       *string
	at       *time.Time
}

// save writes a rule of a unit within the actor's scope, anew or in place of what
// it was.
func (r rules[T, R]) save(ctx context.Context, s *Service, actor auth.Actor, action string, in Edit, row R) (R, error) {
	if !actor.Is(editors...) {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	if err := row.Validate(); err != nil {
		return nil, err
	}
	asked := struct {
		ID  *models.ID
		Row T
	}{in.ID, *row}
	h := r.head(row)
	id := h.id
	*id = models.NewID()
	if in.ID != nil {
		*id = *in.ID
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		if covered, err := store.Covers(tx.DB, actor.UnitID, *h.unit); err != nil || !covered {
			return orNotFound(err, "OrgUnit", "unitId")
		}
		made, err := store.Once(tx, action, actor.Subject, in.IdempotencyKey, asked, *id, func() error {
			*h.by, *h.at = actor.Subject, tx.Now
			if r.check != nil {
				if err := r.check(tx, actor, row); err != nil {
					return err
				}
			}
			if err := r.write(tx, actor, in, row); err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: action, Noun: r.noun, NounID: id})
		})
		if err != nil || made == *id {
			return err
		}
		stored, err := store.Take[T](tx.Where("id = ?", made), r.noun)
		row = R(stored)
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

func (r rules[T, R]) write(tx *store.Tx, actor auth.Actor, in Edit, row R) error {
	if in.ID != nil {
		if _, err := r.take(tx, actor, *in.ID, r.field); err != nil {
			return err
		}
		return known(tx.Model(row).Select("*").Updates(row).Error, r.noun)
	}
	var n int64
	if err := tx.Model(row).Count(&n).Error; err != nil {
		return err
	}
	if n >= maxRules {
		return &models.Error{Code: models.CodeConflict, Key: models.KeyTooManyRules, Args: []string{fmt.Sprint(maxRules)}}
	}
	return known(tx.Create(row).Error, r.noun)
}

// take locks a rule within the actor's scope.
func (r rules[T, R]) take(tx *store.Tx, actor auth.Actor, id models.ID, field string) (R, error) {
	row, err := store.Take[T](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), r.noun)
	return R(row), models.AtField(field, err)
}

// drop removes a rule within the actor's scope. Removing twice under one key
// changes nothing.
func (r rules[T, R]) drop(ctx context.Context, s *Service, actor auth.Actor, action string, in Edit) error {
	if !actor.Is(editors...) {
		return models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, action, actor.Subject, in.IdempotencyKey, *in.ID, *in.ID, func() error {
			row, err := r.take(tx, actor, *in.ID, "id")
			if err != nil {
				return err
			}
			if r.remove != nil {
				if err := r.remove(tx, row); err != nil {
					return err
				}
			}
			if err := tx.Delete(row).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: action, Noun: r.noun, NounID: in.ID})
		})
		return err
	})
}

// list reads the rules of the actor's scope and, since they hold there as well,
// of the units above it.
func list[T any](ctx context.Context, s *Service, actor auth.Actor, order string) ([]*T, error) {
	if !actor.Is(editors...) || actor.UnitID == nil {
		return nil, models.Forbidden()
	}
	var rows []*T
	err := s.Store.Read(ctx).Where("unit_id IN "+below+" OR unit_id IN "+above, *actor.UnitID, *actor.UnitID).
		Order(order).Limit(maxRules).Find(&rows).Error
	return rows, err
}

const above = "(SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?)"

// orNotFound is an error as it is, or that there is no such noun.
func orNotFound(err error, noun, field string) error {
	if err != nil {
		return err
	}
	return models.AtField(field, models.NotFound(noun))
}

// known turns a second one of the same key into what a caller can mend.
func known(err error, noun string) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return &models.Error{Code: models.CodeConflict, Key: models.KeyAlreadyExists, Args: []string{noun}}
	}
	return err
}

// inUnit says that a unit lies within the actor's scope.
func inUnit(tx *store.Tx, actor auth.Actor, unit models.ID, field string) error {
	covered, err := store.Covers(tx.DB, actor.UnitID, unit)
	if err != nil || covered {
		return err
	}
	return models.AtField(field, models.NotFound("OrgUnit"))
}
