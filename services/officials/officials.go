// Package officials reads the organisation: units and officials, each actor
// within the own scope. It changes nothing: the organisation comes by import, and what
// has been read of it is kept for as long as the database says that it is so still.
package officials

import (
	"context"
	"maps"
	"slices"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Service reads the organisation.
type Service struct {
	Store *store.Store

	officials store.Kept[models.ID, *models.Official]
	units     store.Kept[models.ID, *models.OrgUnit]
	positions store.Kept[models.ID, *models.Position]
	above     store.Kept[models.ID, []models.ID] // a unit, and those that it lies below
}

// Anew returns a context for what needs the organisation as it is now, and not as it was a
// moment ago, when the caller was recognised.
func Anew(ctx context.Context) context.Context { return store.InState(ctx, "") }

// readers are the roles that see the officials of their scope.
var readers = []models.Role{models.RoleHR, models.RoleAuditor, models.RoleAdmin, models.RoleReplyOfficer}

// visiblePage bounds a query for a page of officials by what the actor may see: HR, auditors,
// administrators and reply officers their scope, everybody themself.
func visiblePage(actor auth.Actor) func(db *gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		switch {
		case !actor.Is(readers...) || actor.UnitID == nil:
			return db.Where("officials.id = ?", actor.OfficialID)
		case actor.OfficialID == nil:
			return db.Scopes(store.Within("officials.unit_id", actor.UnitID))
		}
		return db.Where("((SELECT 1 FROM org_unit_closures AS c WHERE c.ancestor_id = ? AND c.descendant_id = officials.unit_id) = 1 OR officials.id = ?)",
			*actor.UnitID, actor.OfficialID)
	}
}

// ByIDs returns the officials that the actor may see, by id.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Official, error) {
	found, sees, err := s.look(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(found, func(_ models.ID, official *models.Official) bool { return !sees(official) })
	return found, nil
}

// Named returns the officials that a row in the actor's sight names: who worked on
// a case that has moved on, who was assessed before they changed posts. Of those
// whom the actor may not see it tells the name, and neither unit nor position.
// Strangers see none.
func (s *Service) Named(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Official, error) {
	if actor.Anonymous() {
		return nil, nil
	}
	found, sees, err := s.look(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	for id, official := range found {
		if !sees(official) {
			found[id] = &models.Official{ID: official.ID, Ref: official.Ref, Name: official.Name}
		}
	}
	return found, nil
}

// look returns officials by id, and of each whether the actor may see them: the rule of
// [visiblePage].
func (s *Service) look(ctx context.Context, actor auth.Actor, ids []models.ID) (found map[models.ID]*models.Official, sees func(*models.Official) bool, err error) {
	found, err = s.officials.Get(ctx, ids, func(ctx context.Context, ids []models.ID) (map[models.ID]*models.Official, string, error) {
		return store.InStateByID(s.Store.Read(ctx), ids, func(r *models.Official) models.ID { return r.ID })
	})
	if err != nil || !actor.Is(readers...) || actor.UnitID == nil {
		return found, func(official *models.Official) bool { return actor.IsOfficial(official.ID) }, err
	}
	units := make([]models.ID, 0, len(found))
	for _, official := range found {
		units = append(units, official.UnitID)
	}
	above, err := s.lines(ctx, units)
	return found, func(official *models.Official) bool {
		return actor.IsOfficial(official.ID) || slices.Contains(above[official.UnitID], *actor.UnitID)
	}, err
}

// lines returns units, each with itself and those that it lies below.
func (s *Service) lines(ctx context.Context, units []models.ID) (map[models.ID][]models.ID, error) {
	return s.above.Get(ctx, units, func(ctx context.Context, units []models.ID) (map[models.ID][]models.ID, string, error) {
		var rows []struct {
			models.OrgUnitClosure
			State string
		}
		err := s.Store.Read(ctx).Table("org_unit_closures").Select("*, " + store.OrganisationState + " AS state").
			Scopes(store.Among("descendant_id", units)).Find(&rows).Error
		above, state := make(map[models.ID][]models.ID, len(units)), ""
		for _, r := range rows {
			above[r.DescendantID], state = append(above[r.DescendantID], r.AncestorID), r.State
		}
		return above, state, err
	})
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
	return s.units.Get(ctx, ids, func(ctx context.Context, ids []models.ID) (map[models.ID]*models.OrgUnit, string, error) {
		return store.InStateByID(s.Store.Read(ctx), ids, func(r *models.OrgUnit) models.ID { return r.ID })
	})
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
	return s.positions.Get(ctx, ids, func(ctx context.Context, ids []models.ID) (map[models.ID]*models.Position, string, error) {
		return store.InStateByID(s.Store.Read(ctx), ids, func(r *models.Position) models.ID { return r.ID })
	})
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
