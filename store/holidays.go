package store

import (
	"time"

	"gorm.io/gorm"

	"steelyard/calendar"
	"steelyard/models"
)

// WorkingDays is the calendar by which a unit works: the given one, and over it the
// days that the unit and those above it keep otherwise. Of two units that name the same
// day the nearer one is right.
func WorkingDays(db *gorm.DB, base *calendar.Calendar, unit models.ID) (*calendar.Calendar, error) {
	var rows []models.Holiday
	err := db.Model(&models.Holiday{}).
		Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = holidays.unit_id").
		Where("org_unit_closures.descendant_id = ?", unit).
		Order("org_unit_closures.depth DESC, holidays.held_on").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	kept := make(map[calendar.Date]calendar.Kept, len(rows))
	for _, h := range rows {
		kept[CalendarDate(h.HeldOn)] = calendar.Kept{Off: h.Kind == models.DayOff, Name: h.Name}
	}
	return base.With(kept), nil
}

// CalendarDate is a stored day as the calendar counts.
func CalendarDate(d models.Date) calendar.Date {
	return calendar.NewDate(1970, time.January, 1).AddDays(int(d.EpochDay()))
}

// ModelDate is a calendar's day as it is stored.
func ModelDate(d calendar.Date) models.Date { return models.NewDate(d.Year, d.Month, d.Day) }
