package cases

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
)

// route finds the unit that gets a case first: the one that the resident named;
// else that of the most specific rule; where there are no rules for it, whoever
// has taken on the newest case of the category, and at last the top of the organisation.
// A case that nobody has taken on says nothing: its resident may have sent it anywhere.
//
// Who brings a case sees no other; which unit has had the last of a category says nothing of
// anybody.
func (s *Service) route(ctx context.Context, c *models.Case, given *models.ID) error {
	db := s.Store.Read(ctx)
	if given != nil {
		unit, err := store.Take[models.OrgUnit](db.Where("id = ?", *given), "OrgUnit")
		if err != nil {
			return models.AtField("unitId", err)
		}
		c.UnitID, c.RoutedBy = unit.ID, models.RoutedAsGiven
		return nil
	}
	rule, err := bestRule(db, c.Category, c.Place)
	if err != nil {
		return err
	}
	if rule != nil {
		c.UnitID, c.RoutedBy = rule.ToUnitID, models.RoutedByRule
		return nil
	}
	all := s.Store.Read(store.Widen(ctx, store.PublicFigures))
	newest, err := store.Take[models.Case](all.Select("unit_id").Where("category = ?", c.Category).Where(taken).Order("opened_at DESC, id DESC"), "Case")
	if err == nil {
		c.UnitID, c.RoutedBy = newest.UnitID, models.RoutedByHabit
		return nil
	}
	if models.CodeOf(err) != models.CodeNotFound {
		return err
	}
	top, err := store.Take[models.OrgUnit](db.Where("parent_id IS NULL").Order(s.Store.Dialect().ByteOrder("ref")), "OrgUnit")
	if err != nil {
		return err
	}
	c.UnitID, c.RoutedBy = top.ID, models.RoutedToTop
	return nil
}

// taken are the cases that a unit has taken on. The words stand in the statement, since only
// so an index of just these cases is used (cases_taken).
const taken = "state NOT IN ('SUBMITTED', 'REJECTED', 'WITHDRAWN')"

// bestRule is the most specific routing rule that fits a category and a place, or
// nil. The whole table is read: it is small, and one look decides.
func bestRule(db *gorm.DB, category, place string) (*models.RoutingRule, error) {
	var rows []models.RoutingRule
	if err := db.Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var areas []models.Area
	if err := db.Order("id").Find(&areas).Error; err != nil {
		return nil, err
	}
	depths := areaDepths(areas, plain(place))
	var best *models.RoutingRule
	var bestFit fit
	for i := range rows {
		f, ok := fits(&rows[i], category, plain(place), depths)
		if ok && (best == nil || bestFit.less(f)) {
			best, bestFit = &rows[i], f
		}
	}
	return best, nil
}

// fit is how specific a rule is for a case: how many of category and place it
// names, then how closely the category, then how closely the place. Of two that
// fit alike the older one stays.
type fit struct{ named, category, place int }

func (f fit) less(o fit) bool {
	if f.named != o.named {
		return f.named < o.named
	}
	if f.category != o.category {
		return f.category < o.category
	}
	return f.place < o.place
}

func fits(r *models.RoutingRule, category, place string, depths map[models.ID]int) (fit, bool) {
	var f fit
	switch {
	case r.Category == "":
	case r.Category == category, strings.HasPrefix(category, r.Category+" /"):
		f.named++
		f.category = len(r.Category)
	default:
		return f, false
	}
	switch {
	case r.AreaID != nil:
		depth, in := depths[*r.AreaID]
		if !in {
			return f, false
		}
		f.named++
		f.place = depth
	case r.PlaceKeyword != "":
		if !holdsPhrase(place, plain(r.PlaceKeyword)) {
			return f, false
		}
		f.named++
		f.place = len(r.PlaceKeyword)
	}
	return f, true
}

// areaDepths are the areas in which a place lies, those above the named ones
// included, each with how deep in the tree it stands (1 at the top).
func areaDepths(areas []models.Area, place string) map[models.ID]int {
	byID := make(map[models.ID]*models.Area, len(areas))
	for i := range areas {
		byID[areas[i].ID] = &areas[i]
	}
	depths := map[models.ID]int{}
	for i := range areas {
		if place == "" || !holdsPhrase(place, plain(areas[i].Name)) {
			continue
		}
		var line []models.ID
		for a := &areas[i]; a != nil && len(line) <= len(areas); {
			line = append(line, a.ID)
			if a.ParentID == nil {
				break
			}
			a = byID[*a.ParentID]
		}
		for k, id := range line {
			depths[id] = len(line) - k
		}
	}
	return depths
}
