package cases

import (
	"context"
	"fmt"
	"strings"

	"steelyard/auth"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/store"
)

var holidays = rules[models.Holiday, *models.Holiday]{
	noun: "Holiday", field: "holidayId", head: func(r *models.Holiday) head { return head{&r.ID, &r.UnitID, &r.SavedBy, &r.SavedAt} },
}

// SaveHoliday says how a unit, and what lies below it, keeps a day.
func (s *Service) SaveHoliday(ctx context.Context, actor auth.Actor, in Edit, row models.Holiday) (*models.Holiday, error) {
	row.Name = strings.TrimSpace(row.Name)
	return holidays.save(ctx, s, actor, "saveHoliday", in, &row)
}

// RemoveHoliday lets a unit keep a day again as the units above it do. What the
// built-in calendar says cannot be removed: it is kept otherwise by SaveHoliday.
func (s *Service) RemoveHoliday(ctx context.Context, actor auth.Actor, in Edit) error {
	return holidays.drop(ctx, s, actor, "removeHoliday", in)
}

// KeptDay is a day that is not as the plain week would have it.
type KeptDay struct {
	On     models.Date
	Kind   models.HolidayKind
	Name   string
	Record *models.Holiday // nil: from the calendar that the program was started with
}

// Holidays are a year's holidays and make-up days as a unit keeps them, whoever
// of the units above it has said so. Without a unit those of the actor's own.
func (s *Service) Holidays(ctx context.Context, actor auth.Actor, year int, unit *models.ID) ([]KeptDay, error) {
	if year < 2000 || year > 2100 {
		return nil, models.Invalid("year", models.KeyOutOfRange, fmt.Sprint(year), "2000", "2100")
	}
	if unit == nil {
		unit = actor.UnitID
	}
	if unit == nil {
		return nil, models.Invalid("unitId", models.KeyRequired)
	}
	db := s.Store.Read(ctx)
	if _, err := store.Take[models.OrgUnit](db.Where("id = ?", *unit), "OrgUnit"); err != nil {
		return nil, models.AtField("unitId", err)
	}
	var rows []*models.Holiday
	err := db.Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = holidays.unit_id").
		Where("org_unit_closures.descendant_id = ?", *unit).
		Order("org_unit_closures.depth DESC, holidays.held_on").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	kept := map[models.Date]*models.Holiday{}
	for _, h := range rows {
		kept[h.HeldOn] = h
	}
	return s.keptDays(year, kept), nil
}

func (s *Service) keptDays(year int, kept map[models.Date]*models.Holiday) []KeptDay {
	out := []KeptDay{}
	for d := calendar.NewDate(year, 1, 1); d.Year == year; d = d.AddDays(1) {
		on := store.ModelDate(d)
		if h := kept[on]; h != nil {
			out = append(out, KeptDay{on, h.Kind, h.Name, h})
			continue
		}
		switch kind, name := s.Calendar.Day(d); kind {
		case calendar.Holiday:
			out = append(out, KeptDay{On: on, Kind: models.DayOff, Name: name})
		case calendar.MakeUpDay:
			out = append(out, KeptDay{On: on, Kind: models.DayWork, Name: name})
		}
	}
	return out
}
