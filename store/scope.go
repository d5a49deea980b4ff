package store

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/models"
)

// InScope keeps the rows whose unit column lies at or below a unit. Without a
// unit it keeps none: who has no scope sees nothing.
func InScope(column string, unit *models.ID) func(db *gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if unit == nil {
			return db.Where("1 = 0")
		}
		return db.Where(column+" IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)", *unit)
	}
}

// Within is [InScope] for a page of a long list. The unit stands in the statement itself, so
// that PostgreSQL plans for as many units as lie below this one. Of an argument it believes
// that few do, and for a page of fifty fetches and sorts all rows that lie below the top.
func Within(column string, unit *models.ID) func(db *gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if unit == nil || db.Name() != string(Postgres) {
			return db.Scopes(InScope(column, unit))
		}
		return db.Where(column + " IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = '" + unit.String() + "')")
	}
}

// Covers says whether a unit lies at or below another; nothing lies below nil.
func Covers(db *gorm.DB, scope *models.ID, unit models.ID) (bool, error) {
	if scope == nil {
		return false, nil
	}
	var n int64
	err := db.Model(&models.OrgUnitClosure{}).
		Where("ancestor_id = ? AND descendant_id = ?", *scope, unit).Count(&n).Error
	return n > 0, err
}

// AtTop says whether a scope begins at the top of the organisation.
func AtTop(db *gorm.DB, scope *models.ID) (bool, error) {
	if scope == nil {
		return false, nil
	}
	var n int64
	err := db.Model(&models.OrgUnit{}).Where("id = ? AND parent_id IS NULL", *scope).Count(&n).Error
	return n > 0, err
}

// Take reads the one row that a query finds, or says that there is no such noun.
func Take[T any](query *gorm.DB, noun string) (*T, error) {
	row := new(T)
	err := query.Take(row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, models.NotFound(noun)
	}
	if err != nil {
		return nil, err
	}
	return row, nil
}

// Lock makes a query lock the rows it reads until the transaction ends.
func Lock(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Locking{Strength: "UPDATE"}) }

// RebuildClosure makes the table of ancestors anew from the tree of units.
func RebuildClosure(tx *Tx) error {
	if err := tx.Exec("DELETE FROM org_unit_closures").Error; err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO org_unit_closures (ancestor_id, descendant_id, depth)
		WITH RECURSIVE line (ancestor_id, descendant_id, depth) AS (
			SELECT id, id, 0 FROM org_units
			UNION ALL
			SELECT line.ancestor_id, org_units.id, line.depth + 1
			FROM line JOIN org_units ON org_units.parent_id = line.descendant_id
		) SELECT ancestor_id, descendant_id, depth FROM line`).Error
}
