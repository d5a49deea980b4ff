package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"

	"steelyard/models"
)

// dialector is the part of SQLite that gorm needs here: no migrator, since goose
// makes the tables.
type dialector struct{ conn *sql.DB }

func (dialector) Name() string { return string(SQLite) }

func (d dialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.conn
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	// SQLite knows neither FOR UPDATE nor a LIMIT without a number.
	db.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {}
	db.ClauseBuilders["LIMIT"] = buildLimit
	return nil
}

func buildLimit(c clause.Clause, b clause.Builder) {
	limit, ok := c.Expression.(clause.Limit)
	if !ok {
		return
	}
	rows := -1
	if limit.Limit != nil {
		rows = *limit.Limit
	}
	if rows >= 0 || limit.Offset > 0 {
		write(b, fmt.Sprintf("LIMIT %d", rows))
	}
	if limit.Offset > 0 {
		write(b, fmt.Sprintf(" OFFSET %d", limit.Offset))
	}
}

// write appends SQL to a builder in memory, which cannot fail.
func write(b clause.Writer, s string) {
	if _, err := b.WriteString(s); err != nil {
		panic(err)
	}
}

func (dialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

func (dialector) DataTypeOf(*schema.Field) string { return "" }

func (dialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

func (dialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { write(w, "?") }

func (dialector) QuoteTo(w clause.Writer, name string) {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = `"` + strings.ReplaceAll(part, `"`, `""`) + `"`
	}
	write(w, strings.Join(parts, "."))
}

func (dialector) Explain(query string, vars ...any) string {
	return logger.ExplainSQL(query, nil, `"`, vars...)
}

func (dialector) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("SAVEPOINT " + name).Error
}

func (dialector) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + name).Error
}

// busy says of an error that another process held SQLite's lock for too long: a
// caller may try again. Extended codes keep the plain one in their lowest byte.
func busy(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code()&0xff != sqliteBusy {
		return err
	}
	return fmt.Errorf("%w: %w", &models.Error{Code: models.CodeUnavailable, Key: models.KeyBusy}, err)
}

const sqliteBusy = 5

// Translate gives SQLite's constraint failures gorm's names, and keeps the
// original so that a log can name the constraint.
func (dialector) Translate(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	if full(err) {
		return told(err)
	}
	switch e.Code() {
	case 1555, 2067: // primary key, unique
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case 787: // foreign key
		return fmt.Errorf("%w: %w", gorm.ErrForeignKeyViolated, err)
	case 275: // check
		return fmt.Errorf("%w: %w", gorm.ErrCheckConstraintViolated, err)
	}
	return err
}
