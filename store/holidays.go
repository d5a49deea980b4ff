package store

import (
	"gorm.io/gorm"

	"steelyard/models"
)

// Holidays are the days that a unit and those above it keep otherwise than the
// calendar, the farthest unit's first: of two that name the same day the later one
// in the list is right.
func Holidays(db *gorm.DB, unit models.ID) ([]models.Holiday, error) {
	var rows []models.Holiday
	err := db.Model(&models.Holiday{}).
		Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = holidays.unit_id").
		Where("org_unit_closures.descendant_id = ?", unit).
		Order("org_unit_closures.depth DESC, holidays.held_on").Find(&rows).Error
	return rows, err
}
