// Package officials reads the organisation: units and officials, each actor
// within the own scope. It changes nothing: the organisation comes by import.
package officials

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Service reads the organisation.
type Service struct{ Store *store.Store }

// readers are the roles that see the officials of their scope.
var readers = []models.Role{models.RoleHR, models.RoleAuditor, models.RoleAdmin, models.RoleReplyOfficer}

// visible bounds a query on officials by what the actor may see: HR, auditors,
// administrators and reply officers their scope, everybody themself. Whether a unit lies in
// scope is looked up for each official that is found: asked by IN or EXISTS, PostgreSQL would
// first make a table of all units of the scope.
func visible(actor auth.Actor) func(db *gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Is(readers...) || actor.UnitID == nil {
			return db.Where("officials.id = ?", actor.OfficialID)
		}
		return db.Where("((SELECT 1 FROM org_unit_closures AS c WHERE c.ancestor_id = ? AND c.descendant_id = officials.unit_id) = 1 OR officials.id = ?)",
			*actor.UnitID, actor.OfficialID)
	}
}

// visiblePage is visible for a page of all that there are.
func visiblePage(actor auth.Actor) func(db *gorm.DB) *gorm.DB {
	if actor.Is(readers...) && actor.OfficialID == nil {
		return store.Within("officials.unit_id", actor.UnitID)
	}
	return visible(actor)
}

// ByIDs returns the officials that the actor may see, by id.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Official, error) {
	return store.ByID(s.Store.Read(ctx).Scopes(visible(actor)), ids, func(r *models.Official) models.ID { return r.ID })
}

// Named returns the officials that a row in the actor's sight names: who worked on
// a case that has moved on, who was assessed before they changed posts. Of those
// whom the actor may not see it tells the name, and neither unit nor position.
// Strangers see none.
func (s *Service) Named(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Official, error) {
	if actor.Anonymous() {
		return nil, nil
	}
	seen, err := s.ByIDs(ctx, actor, ids)
	if err != nil || len(seen) == len(ids) {
		return seen, err
	}
	named, err := store.ByID(s.Store.Read(ctx), ids, func(r *models.Official) models.ID { return r.ID })
	for id, official := range named {
		if seen[id] == nil {
			named[id] = &models.Official{ID: official.ID, Ref: official.Ref, Name: official.Name}
		}
	}
	return named, err
}

// Page returns officials in the order of their external ids, behind a given one;
// with a unit only those at or below it.
func (s *Service) Page(ctx context.Context, actor auth.Actor, unit *models.ID, first int, after string) ([]*models.Official, bool, error) {
	order := s.Store.Dialect().ByteOrder("ref")
	query := s.Store.Read(ctx).Scopes(visiblePage(actor)).Where(order+" > ?", after)
	if unit != nil {
		query = query.Scopes(store.Within("unit_id", unit))
	}
	var rows []*models.Official
	err := query.Order(order).Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// UnitsByIDs returns units by id. The names of units are no secret inside the
// organisation: a case tells which unit has it.
func (s *Service) UnitsByIDs(ctx context.Context, ids []models.ID) (map[models.ID]*models.OrgUnit, error) {
	return store.ByID(s.Store.Read(ctx), ids, func(r *models.OrgUnit) models.ID { return r.ID })
}

// UnitsInScope returns those of the units that lie within the actor's scope.
func (s *Service) UnitsInScope(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.OrgUnit, error) {
	query := s.Store.Read(ctx).Scopes(store.InScope("id", actor.UnitID))
	return store.ByID(query, ids, func(r *models.OrgUnit) models.ID { return r.ID })
}

// UnitsPage returns the units of the actor's scope in the order of their
// external ids, behind a given one.
func (s *Service) UnitsPage(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.OrgUnit, bool, error) {
	order := s.Store.Dialect().ByteOrder("ref")
	var rows []*models.OrgUnit
	err := s.Store.Read(ctx).Scopes(store.InScope("id", actor.UnitID)).Where(order+" > ?", after).
		Order(order).Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// PositionNames returns the names of positions by id.
func (s *Service) PositionNames(ctx context.Context, ids []models.ID) (map[models.ID]*models.Position, error) {
	return store.ByID(s.Store.Read(ctx), ids, func(r *models.Position) models.ID { return r.ID })
}

// Kinds says which noun each id names; an id that names none is missing. It does
// not ask who may see it: the noun's own service does.
func (s *Service) Kinds(ctx context.Context, ids []models.ID) (map[models.ID]string, error) {
	var rows []struct {
		ID   models.ID
		Noun string
	}
	query, vars := "", []any{}
	for i, t := range nodeTables {
		if i > 0 {
			query += " UNION ALL "
		}
		query += "SELECT id, '" + t.noun + "' AS noun FROM " + t.table + " WHERE id IN ?"
		vars = append(vars, ids)
	}
	if err := s.Store.Read(ctx).Raw(query, vars...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	kinds := make(map[models.ID]string, len(rows))
	for _, r := range rows {
		kinds[r.ID] = r.Noun
	}
	return kinds, nil
}

// nodeTables are the tables whose rows can be fetched by id alone.
var nodeTables = []struct{ noun, table string }{
	{"OrgUnit", "org_units"},
	{"Official", "officials"},
	{"Service", "services"},
	{"Encounter", "encounters"},
	{"Case", "cases"},
	{"Cycle", "cycles"},
	{"AssessmentRun", "assessment_runs"},
	{"Assessment", "assessments"},
	{"Objection", "objections"},
	{"IntegrityFlag", "integrity_flags"},
}
