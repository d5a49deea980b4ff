package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"steelyard/models"
)

// Kind is what a column holds, in words that both databases share.
type Kind string

// The kinds.
const (
	KindBytes   Kind = "bytes" // ids, hashes and what is sealed: []byte
	KindText    Kind = "text"  // string
	KindInteger Kind = "integer"
	KindReal    Kind = "real"
	KindBoolean Kind = "boolean"
	KindInstant Kind = "instant" // time.Time, UTC and whole microseconds
	KindDate    Kind = "date"    // models.Date
)

// kindOf is what the databases call the kinds.
var kindOf = map[string]Kind{
	"uuid": KindBytes, "bytea": KindBytes, "blob": KindBytes, "text": KindText, "int4": KindInteger, "int8": KindInteger, "integer": KindInteger,
	"float8": KindReal, "real": KindReal, "bool": KindBoolean, "boolean": KindBoolean, "timestamptz": KindInstant, "datetime": KindInstant, "date": KindDate,
}

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
	id   bool // PostgreSQL's uuid
	key  int  // its place in the primary key, from 1; 0: it is no part of it
}

// Table is a table of ours, its columns in the order of their names.
type Table struct {
	Name    string
	Columns []Column
}

// Names are the names of the columns.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = t.Columns[i].Name
	}
	return names
}

// listColumns give table, column, type and place in the primary key, by table.
var listColumns = map[Dialect]string{
	Postgres: `SELECT c.relname::text, a.attname::text, t.typname::text, coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'goose_db_version' ORDER BY c.relname COLLATE "C"`,
	SQLite: `SELECT m.name, c.name, lower(c.type), c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name <> 'goose_db_version' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name`,
}

// Tables lists every table of ours, by name.
func (s *Snapshot) Tables(ctx context.Context) ([]Table, error) {
	var tables []Table
	err := s.Each(ctx, listColumns[s.dialect], nil, func(r *Row) error {
		name, kind := r.Text(0), r.Text(2)
		c := Column{Name: r.Text(1), Kind: kindOf[kind], id: kind == "uuid", key: int(r.Int(3))}
		if c.Kind == "" {
			return fmt.Errorf("%s.%s is of an unknown type %s", name, c.Name, kind)
		}
		if len(tables) == 0 || tables[len(tables)-1].Name != name {
			tables = append(tables, Table{Name: name})
		}
		last := &tables[len(tables)-1]
		last.Columns = append(last.Columns, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	for i := range tables {
		slices.SortFunc(tables[i].Columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	}
	return tables, nil
}

// Steps are the numbers of the migrations that were applied, in order.
func (s *Snapshot) Steps(ctx context.Context) ([]int64, error) {
	var steps []int64
	err := s.Each(ctx, "SELECT DISTINCT version_id FROM goose_db_version WHERE is_applied AND version_id > 0 ORDER BY version_id", nil, func(r *Row) error {
		steps = append(steps, r.Int(0))
		return nil
	})
	return steps, err
}

// Dump hands every row of a table to fn, in the order of its primary key: nothing of
// the order in which rows were written goes with them. A value is nil or of its kind;
// fn keeps neither the slice nor its bytes.
func (s *Snapshot) Dump(ctx context.Context, t Table, fn func(values []any) error) error {
	values := make([]any, len(t.Columns))
	return s.Each(ctx, "SELECT "+strings.Join(t.Names(), ", ")+" FROM "+t.Name+t.inOrder(s.dialect), nil, func(r *Row) error {
		for i := range t.Columns {
			if values[i] = nil; !r.Null(i) {
				values[i] = r.value(i, t.Columns[i].Kind)
			}
		}
		if r.err != nil {
			return r.err
		}
		return fn(values)
	})
}

func (t *Table) inOrder(d Dialect) string {
	var keys []Column
	for _, c := range t.Columns {
		if c.key > 0 {
			keys = append(keys, c)
		}
	}
	slices.SortFunc(keys, func(a, b Column) int { return cmp.Compare(a.key, b.key) })
	var order []string
	for _, c := range keys {
		if c.Kind == KindText {
			c.Name = d.ByteOrder(c.Name)
		}
		order = append(order, c.Name)
	}
	if order == nil {
		return ""
	}
	return " ORDER BY " + strings.Join(order, ", ")
}

// value is a column that is not empty.
func (r *Row) value(i int, kind Kind) any {
	switch kind {
	case KindBytes:
		return r.Bytes(i)
	case KindText:
		return r.Text(i)
	case KindInteger:
		return r.Int(i)
	case KindReal:
		return r.Float(i)
	case KindBoolean:
		return r.Bool(i)
	case KindDate:
		return r.Date(i)
	}
	micros, _ := r.Micros(i)
	return time.UnixMicro(micros).UTC()
}

// Refill writes rows that stood together in a database before into the same tables,
// which are empty: what guards single changes (foreign keys, triggers, policies) is off
// until all are in, and then holds for all of them or the transaction fails. On
// PostgreSQL that takes the tables' owner.
func (tx *Tx) Refill(ctx context.Context, tables []Table, fill func(t Table, load func(Rows) (int64, error)) error) error {
	all := func() error {
		for _, t := range tables {
			err := fill(t, func(rows Rows) (int64, error) { return tx.Load(ctx, t.Name, t.Names(), t.stored(rows)) })
			if err != nil {
				return err
			}
		}
		return nil
	}
	if tx.kind == SQLite {
		return tx.refillSQLite(all)
	}
	names := make([]string, len(tables))
	for i := range tables {
		names[i] = tables[i].Name
	}
	if err := tx.triggers(ctx, names, "DISABLE"); err != nil {
		return err
	}
	if err := tx.Bare(ctx, names, func(*Filling) error { return all() }); err != nil {
		return err
	}
	return tx.triggers(ctx, names, "ENABLE")
}

func (tx *Tx) triggers(ctx context.Context, tables []string, what string) error {
	for _, name := range tables {
		if _, err := tx.pgx.Exec(ctx, "ALTER TABLE "+pgx.Identifier{name}.Sanitize()+" "+what+" TRIGGER USER"); err != nil {
			return fmt.Errorf("%s triggers of %s (only the tables' owner may): %w", strings.ToLower(what), name, err)
		}
	}
	return nil
}

func (tx *Tx) refillSQLite(fill func() error) error {
	var guards []struct{ Name, SQL string }
	err := errors.Join(
		tx.Exec("PRAGMA defer_foreign_keys = ON").Error,
		tx.Raw("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name").Scan(&guards).Error)
	for _, g := range guards {
		err = errors.Join(err, tx.Exec("DROP TRIGGER "+g.Name).Error)
	}
	if err == nil {
		err = fill()
	}
	if err != nil {
		return err
	}
	for _, g := range guards {
		if err := tx.Exec(g.SQL).Error; err != nil {
			return err
		}
	}
	var dangling []struct{ Table, Parent string }
	if err := tx.Raw(`SELECT "table", parent FROM pragma_foreign_key_check LIMIT 1`).Scan(&dangling).Error; err != nil {
		return err
	}
	if len(dangling) > 0 {
		return fmt.Errorf("a row of %s refers to one of %s that is not there", dangling[0].Table, dangling[0].Parent)
	}
	return nil
}

// stored gives PostgreSQL's uuid columns ids: bytes would be refused.
func (t *Table) stored(rows Rows) Rows {
	return func() ([]any, error) {
		row, err := rows()
		if err != nil || row == nil {
			return nil, err
		}
		for i, c := range t.Columns {
			raw, given := row[i].([]byte)
			if !c.id || !given {
				continue
			}
			if len(raw) != len(models.ID{}) {
				return nil, fmt.Errorf("%s.%s: %d bytes are no id", t.Name, c.Name, len(raw))
			}
			row[i] = models.ID(raw)
		}
		return row, nil
	}
}

// Vacant says whether the database holds nothing: no table of ours, or no row in any.
func (s *Store) Vacant(ctx context.Context) (bool, error) {
	if none, err := s.Empty(ctx); none || err != nil {
		return none, err
	}
	vacant := true
	err := s.InSnapshot(ctx, func(snap *Snapshot) error {
		tables, err := snap.Tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			err := snap.Each(ctx, "SELECT 1 FROM "+t.Name+" LIMIT 1", nil, func(*Row) error {
				vacant = false
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return vacant, err
}
