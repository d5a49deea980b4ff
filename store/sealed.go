package store

import (
	"gorm.io/gorm"

	"steelyard/models"
)

// Sealed says whether nothing may be added any more to a unit's evidence of a day:
// a final cycle of the unit, or of one above it, covers the day, or the year's key
// is destroyed.
func Sealed(db *gorm.DB, unit models.ID, day models.Date) (bool, error) {
	var n int64
	err := db.Model(&models.Cycle{}).
		Where("state = ? AND from_on <= ? AND to_on >= ?", models.CycleFinal, day, day).
		Where("unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?)", unit).Count(&n).Error
	if err != nil || n > 0 {
		return n > 0, err
	}
	err = db.Model(&models.KeyEpoch{}).Where("year = ? AND destroyed_at IS NOT NULL", day.Year()).Count(&n).Error
	return n > 0, err
}

// SealedFor is [Sealed] for an official: of the unit in which the official worked
// on that day, or works now where nobody knows.
func SealedFor(db *gorm.DB, official *models.Official, day models.Date) (bool, error) {
	unit := official.UnitID
	post, err := Take[models.Posting](
		db.Where("official_id = ? AND from_on <= ? AND (to_on IS NULL OR to_on >= ?)", official.ID, day, day).
			Order("from_on DESC, id DESC").Limit(1), "Posting")
	switch {
	case err == nil:
		unit = post.UnitID
	case models.CodeOf(err) != models.CodeNotFound:
		return false, err
	}
	return Sealed(db, unit, day)
}
