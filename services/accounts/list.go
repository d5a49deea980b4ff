package accounts

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// watchers are the roles that see accounts.
var watchers = []models.Role{models.RoleAdmin, models.RoleAuditor}

// Filter narrows a list of accounts.
type Filter struct {
	Search   string     // in subject and name
	UnitID   *models.ID // that see this unit or one below it, or are an official of it
	Role     *models.Role
	Kind     *models.AccountKind
	Disabled *bool
}

// likely takes what LIKE means by a character from it.
var likely = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// Page is a page of the accounts within the actor's scope, by subject, behind one.
func (s *Service) Page(ctx context.Context, actor auth.Actor, f Filter, first int, after string) ([]*models.Account, bool, error) {
	if !actor.Is(watchers...) {
		return nil, false, models.Forbidden()
	}
	if err := models.ValidSearch("filter.search", f.Search); err != nil {
		return nil, false, err
	}
	within, err := inScope(s.Store.Read(ctx), actor)
	if err != nil {
		return nil, false, err
	}
	subject := s.Store.Dialect().ByteOrder("subject")
	query := s.Store.Read(ctx).Scopes(within, f.narrow)
	if after != "" {
		if err := models.ValidSubject("after", after); err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where(subject+" > ?", after)
	}
	var rows []*models.Account
	err = query.Order(subject).Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// narrow adds a filter's conditions.
func (f Filter) narrow(db *gorm.DB) *gorm.DB {
	if search := strings.TrimSpace(f.Search); search != "" {
		like := "%" + likely.Replace(strings.ToLower(search)) + "%"
		db = db.Where("(LOWER(subject) LIKE ? ESCAPE '!' OR LOWER(name) LIKE ? ESCAPE '!')", like, like)
	}
	if f.UnitID != nil {
		const below = "IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)"
		db = db.Where("(accounts.unit_id "+below+" OR accounts.unit_id IS NULL AND accounts.official_id IN (SELECT id FROM officials WHERE unit_id "+below+"))",
			*f.UnitID, *f.UnitID)
	}
	if f.Role != nil {
		db = db.Where("role = ?", *f.Role)
	}
	if f.Kind != nil {
		db = db.Where("kind = ?", *f.Kind)
	}
	if f.Disabled != nil {
		db = db.Where("disabled = ?", *f.Disabled)
	}
	return db
}

// Account is an account within the actor's scope.
func (s *Service) Account(ctx context.Context, actor auth.Actor, id models.ID) (*models.Account, error) {
	if !actor.Is(watchers...) {
		return nil, models.Forbidden()
	}
	within, err := inScope(s.Store.Read(ctx), actor)
	if err != nil {
		return nil, err
	}
	return store.Take[models.Account](s.Store.Read(ctx).Scopes(within).Where("accounts.id = ?", id), "Account")
}
