package cases

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

var categoryRules = rules[models.CategoryRule, *models.CategoryRule]{
	noun: "CategoryRule", field: "ruleId", head: func(r *models.CategoryRule) head { return head{&r.ID, &r.UnitID, &r.SavedBy, &r.SavedAt} },
}

// SaveCategoryRule lets a phrase speak for a category.
func (s *Service) SaveCategoryRule(ctx context.Context, actor auth.Actor, in Edit, row models.CategoryRule) (*models.CategoryRule, error) {
	row.Phrase, row.Category = plain(strings.TrimSpace(row.Phrase)), strings.TrimSpace(row.Category)
	return categoryRules.save(ctx, s, actor, "saveCategoryRule", in, &row)
}

// RemoveCategoryRule takes a category rule back.
func (s *Service) RemoveCategoryRule(ctx context.Context, actor auth.Actor, in Edit) error {
	return categoryRules.drop(ctx, s, actor, "removeCategoryRule", in)
}

// CategoryRules lists the category rules that hold in the actor's scope.
func (s *Service) CategoryRules(ctx context.Context, actor auth.Actor) ([]*models.CategoryRule, error) {
	return list[models.CategoryRule](ctx, s, actor, "id")
}

var areas = rules[models.Area, *models.Area]{
	noun: "Area", field: "areaId", head: func(r *models.Area) head { return head{&r.ID, &r.UnitID, &r.SavedBy, &r.SavedAt} },
	check: func(tx *store.Tx, actor auth.Actor, row *models.Area) error {
		if row.ParentID != nil {
			if err := usableArea(tx, actor, *row.ParentID, "parentId"); err != nil {
				return err
			}
		}
		// The way up from the parent must not come by the area itself.
		for up, steps := row.ParentID, 0; up != nil; steps++ {
			if *up == row.ID || steps > maxRules {
				return models.Invalid("parentId", models.KeyAreaCycle)
			}
			parent, err := store.Take[models.Area](tx.Where("id = ?", *up), "Area")
			if err != nil {
				return models.AtField("parentId", err)
			}
			up = parent.ParentID
		}
		return nil
	},
	remove: func(tx *store.Tx, row *models.Area) error {
		var hang int64
		if err := tx.Model(&models.Area{}).Where("parent_id = ?", row.ID).Count(&hang).Error; err != nil {
			return err
		}
		var rules int64
		if err := tx.Model(&models.RoutingRule{}).Where("area_id = ?", row.ID).Count(&rules).Error; err != nil {
			return err
		}
		if hang+rules > 0 {
			return models.Conflict("id", models.KeyAreaUsed)
		}
		return nil
	},
}

// usableArea says that an area is one of those that the actor may use: of the actor's
// scope or, since they hold there as well, of a unit above it.
func usableArea(tx *store.Tx, actor auth.Actor, id models.ID, field string) error {
	if actor.UnitID == nil {
		return models.AtField(field, models.NotFound("Area"))
	}
	_, err := store.Take[models.Area](tx.Where("id = ? AND (unit_id IN "+below+" OR unit_id IN "+above+")", id, *actor.UnitID, *actor.UnitID), "Area")
	return models.AtField(field, err)
}

// SaveArea writes a named area.
func (s *Service) SaveArea(ctx context.Context, actor auth.Actor, in Edit, row models.Area) (*models.Area, error) {
	row.Name = strings.TrimSpace(row.Name)
	return areas.save(ctx, s, actor, "saveArea", in, &row)
}

// RemoveArea takes an area back on which nothing hangs.
func (s *Service) RemoveArea(ctx context.Context, actor auth.Actor, in Edit) error {
	return areas.drop(ctx, s, actor, "removeArea", in)
}

// Areas lists the areas that the actor may use.
func (s *Service) Areas(ctx context.Context, actor auth.Actor) ([]*models.Area, error) {
	return list[models.Area](ctx, s, actor, "id")
}

var routingRules = rules[models.RoutingRule, *models.RoutingRule]{
	noun: "RoutingRule", field: "ruleId", head: func(r *models.RoutingRule) head { return head{&r.ID, &r.UnitID, &r.SavedBy, &r.SavedAt} },
	check: func(tx *store.Tx, actor auth.Actor, row *models.RoutingRule) error {
		if row.AreaID != nil {
			if err := usableArea(tx, actor, *row.AreaID, "areaId"); err != nil {
				return err
			}
		}
		return inUnit(tx, actor, row.ToUnitID, "toUnitId")
	},
}

// SaveRoutingRule says which unit handles what where.
func (s *Service) SaveRoutingRule(ctx context.Context, actor auth.Actor, in Edit, row models.RoutingRule) (*models.RoutingRule, error) {
	row.Category, row.PlaceKeyword = strings.TrimSpace(row.Category), strings.TrimSpace(row.PlaceKeyword)
	return routingRules.save(ctx, s, actor, "saveRoutingRule", in, &row)
}

// RemoveRoutingRule takes a routing rule back.
func (s *Service) RemoveRoutingRule(ctx context.Context, actor auth.Actor, in Edit) error {
	return routingRules.drop(ctx, s, actor, "removeRoutingRule", in)
}

// RoutingRules lists the routing rules that hold in the actor's scope.
func (s *Service) RoutingRules(ctx context.Context, actor auth.Actor) ([]*models.RoutingRule, error) {
	return list[models.RoutingRule](ctx, s, actor, "id")
}
