package store

import (
	"database/sql/driver"
	"slices"
	"strings"

	"gorm.io/gorm"

	"steelyard/models"
)

// Cut keeps the rows of a page of which one more was read to see whether
// another page follows.
func Cut[T any](rows []T, first int) []T { return rows[:min(len(rows), first)] }

// ByID reads the rows that have one of the ids, by id: a missing row is missing
// in the map and cannot shift its neighbours.
func ByID[T any](query *gorm.DB, ids []models.ID, key func(*T) models.ID) (map[models.ID]*T, error) {
	var rows []*T
	if err := query.Scopes(Among("id", ids)).Find(&rows).Error; err != nil {
		return nil, err
	}
	found := make(map[models.ID]*T, len(rows))
	for _, r := range rows {
		found[key(r)] = r
	}
	return found, nil
}

// Among keeps the rows whose column holds one of the ids. PostgreSQL takes them as one
// array: the statement is the same for any number of them, and its plan is kept. SQLite
// knows no arrays. For a single id the plan is a shorter one.
func Among(column string, ids []models.ID) func(db *gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if len(ids) == 1 {
			return db.Where(column+" = ?", ids[0])
		}
		if db.Name() == string(Postgres) {
			return db.Where(column+" = ANY(?)", idArray(ids))
		}
		return db.Where(column+" IN ?", ids)
	}
}

// idArray is an array of ids as PostgreSQL writes it; gorm would make a list of a slice.
type idArray []models.ID

// Value implements driver.Valuer.
func (a idArray) Value() (driver.Value, error) {
	var b strings.Builder
	b.Grow(2 + 37*len(a))
	b.WriteByte('{')
	for i, id := range a {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(id.String())
	}
	b.WriteByte('}')
	return b.String(), nil
}

// Columns are the columns of a table in which fields of its records stand, each once, as a
// query selects them.
func Columns[T any](db *gorm.DB, table string, fields []string) string {
	st := &gorm.Statement{DB: db}
	if err := st.Parse(new(T)); err != nil {
		panic(err) // a record of models
	}
	var columns []string
	for _, name := range fields {
		column := table + "." + st.Schema.FieldsByName[name].DBName
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	return strings.Join(columns, ", ")
}
