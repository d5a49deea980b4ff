package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"steelyard/models"
)

// Snapshot is one consistent state of the database, for readers that take
// millions of rows: they come straight from the drivers, without gorm.
type Snapshot struct {
	dialect Dialect
	pgx     pgx.Tx
	pool    *pgxpool.Pool
	lite    *sql.Conn
}

// snapshotOptions are those of every transaction that reads a snapshot.
var snapshotOptions = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// InSnapshot runs fn on one state of the database; what others commit meanwhile
// it does not see. On PostgreSQL that is a REPEATABLE READ READ ONLY
// transaction, on SQLite one read transaction, which keeps no writer waiting.
func (s *Store) InSnapshot(ctx context.Context, fn func(*Snapshot) error) (err error) {
	if s.dialect == Postgres {
		return pgx.BeginTxFunc(ctx, s.pool, snapshotOptions, func(tx pgx.Tx) error {
			return fn(&Snapshot{dialect: Postgres, pgx: tx, pool: s.pool})
		})
	}
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(conn.Close())) }()
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(&Snapshot{dialect: SQLite, lite: conn}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("end of reading: %w", err)
	}
	return nil
}

// Together runs readers of the same state side by side: on PostgreSQL each but the
// first on a connection of its own, on SQLite one after the other. The first error
// ends the others' contexts and is returned.
func (s *Snapshot) Together(ctx context.Context, readers ...func(ctx context.Context, s *Snapshot) error) error {
	// Whoever holds a connection and waits for another must not wait for its like:
	// in a small pool they take turns.
	if s.dialect == SQLite || int(s.pool.Config().MaxConns) < 2*len(readers) {
		for _, read := range readers {
			if err := read(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
	var name string
	if err := s.pgx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&name); err != nil {
		return fmt.Errorf("export the snapshot: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return readers[0](ctx, s) })
	for _, read := range readers[1:] {
		group.Go(func() error {
			return pgx.BeginTxFunc(ctx, s.pool, snapshotOptions, func(tx pgx.Tx) error {
				// The name is PostgreSQL's own; a SET takes no arguments.
				if _, err := tx.Exec(ctx, "SET TRANSACTION SNAPSHOT '"+name+"'"); err != nil {
					return fmt.Errorf("import the snapshot: %w", err)
				}
				return read(ctx, &Snapshot{dialect: Postgres, pgx: tx, pool: s.pool})
			})
		})
	}
	return group.Wait()
}

// Each runs a query, its arguments marked by question marks, and hands each row
// to fn, which keeps neither the row nor its bytes and runs no query of its own.
func (s *Snapshot) Each(ctx context.Context, query string, args []any, fn func(r *Row) error) error {
	values := make([]any, len(args))
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = value
	}
	if s.dialect == Postgres {
		return eachPostgres(ctx, s.pgx, query, values, fn)
	}
	return s.eachSQLite(ctx, query, values, fn)
}

// pgxQueryer is a connection or a transaction of pgx.
type pgxQueryer interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

func eachPostgres(ctx context.Context, on pgxQueryer, query string, args []any, fn func(r *Row) error) error {
	rows, err := on.Query(ctx, numbered(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for _, f := range rows.FieldDescriptions() {
		if f.Format != pgtype.BinaryFormatCode && f.DataTypeOID != pgtype.TextOID {
			return fmt.Errorf("column %s does not come in binary form", f.Name)
		}
	}
	row := &Row{}
	for rows.Next() {
		row.raw = rows.RawValues()
		if err := fn(row); err != nil {
			return err
		}
		if row.err != nil {
			return row.err
		}
	}
	return rows.Err()
}

// numbered turns question marks into $1, $2 …; no query here holds one in a text.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(query, "?") {
		text, found := strings.CutSuffix(part, "?")
		b.WriteString(text)
		if found {
			n++
			b.WriteString("$" + strconv.Itoa(n))
		}
	}
	return b.String()
}

func (s *Snapshot) eachSQLite(ctx context.Context, query string, args []any, fn func(r *Row) error) error {
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return s.lite.Raw(func(conn any) (err error) {
		queryer, ok := conn.(driver.QueryerContext)
		if !ok {
			return fmt.Errorf("the driver %T does not run queries", conn)
		}
		rows, err := queryer.QueryContext(ctx, query, named)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		row := &Row{values: make([]driver.Value, len(rows.Columns()))}
		for {
			if err := rows.Next(row.values); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if err := fn(row); err != nil {
				return err
			}
			if row.err != nil {
				return row.err
			}
		}
	})
}

// Row is one row as the driver hands it out: PostgreSQL's binary form, or
// SQLite's values. Columns are read by their place, 0 first. A column of another
// type than asked for ends the query with an error.
type Row struct {
	raw    [][]byte
	values []driver.Value
	err    error
}

// Null says whether the column is empty.
func (r *Row) Null(i int) bool {
	if r.values != nil {
		return r.values[i] == nil
	}
	return r.raw[i] == nil
}

// Bytes returns a text or a hash, nil where there is none. It may be changed by
// the next row.
func (r *Row) Bytes(i int) []byte {
	if r.values == nil {
		return r.raw[i]
	}
	switch v := r.values[i].(type) {
	case nil:
		return nil
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	r.wrong(i, "a text")
	return nil
}

// Text returns a text, empty where there is none.
func (r *Row) Text(i int) string {
	if r.values != nil {
		if v, ok := r.values[i].(string); ok {
			return v
		}
	}
	return string(r.Bytes(i))
}

// Place returns where a text stands in a list of words; false where it does not.
// It allocates nothing.
func Place[W ~string](r *Row, i int, words []W) (int, bool) {
	if r.values != nil {
		text, ok := r.values[i].(string)
		if !ok && r.values[i] != nil {
			r.wrong(i, "a text")
		}
		for k, w := range words {
			if string(w) == text {
				return k, true
			}
		}
		return 0, false
	}
	for k, w := range words {
		if string(w) == string(r.raw[i]) {
			return k, true
		}
	}
	return 0, false
}

// ID returns a record's id, the zero id where there is none.
func (r *Row) ID(i int) (id models.ID) {
	b := r.Bytes(i)
	if b != nil && len(b) != len(id) {
		r.wrong(i, "an id")
		return id
	}
	copy(id[:], b)
	return id
}

// Hash16 returns a keyed hash of 16 bytes; false where there is none.
func (r *Row) Hash16(i int) (hash [16]byte, ok bool) {
	b := r.Bytes(i)
	if b == nil {
		return hash, false
	}
	if len(b) != len(hash) {
		r.wrong(i, "a hash of 16 bytes")
		return hash, false
	}
	return [16]byte(b), true
}

// Int returns a whole number, 0 where there is none.
func (r *Row) Int(i int) int64 {
	if r.Null(i) {
		return 0
	}
	if r.values != nil {
		if v, ok := r.values[i].(int64); ok {
			return v
		}
	} else {
		switch b := r.raw[i]; len(b) {
		case 8:
			return int64(binary.BigEndian.Uint64(b))
		case 4:
			return int64(int32(binary.BigEndian.Uint32(b)))
		}
	}
	r.wrong(i, "a whole number")
	return 0
}

// Float returns a number, 0 where there is none.
func (r *Row) Float(i int) float64 {
	if r.Null(i) {
		return 0
	}
	if r.values != nil {
		switch v := r.values[i].(type) {
		case float64:
			return v
		case int64:
			return float64(v)
		}
	} else if b := r.raw[i]; len(b) == 8 {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	r.wrong(i, "a number")
	return 0
}

// Bool returns yes or no; no where there is none.
func (r *Row) Bool(i int) bool {
	if r.Null(i) {
		return false
	}
	if r.values != nil {
		switch v := r.values[i].(type) {
		case bool:
			return v
		case int64:
			return v != 0
		}
	} else if b := r.raw[i]; len(b) == 1 {
		return b[0] != 0
	}
	r.wrong(i, "yes or no")
	return false
}

// epoch2000 is where PostgreSQL counts from: 2000-01-01, in days since 1970.
const epoch2000 = 10957

// Date returns a day, the zero date where there is none.
func (r *Row) Date(i int) (d models.Date) {
	if r.Null(i) {
		return d
	}
	if r.values != nil {
		if err := d.Scan(r.values[i]); err != nil {
			r.wrong(i, "a date")
		}
		return d
	}
	if b := r.raw[i]; len(b) == 4 {
		return models.DateFromEpochDay(int32(binary.BigEndian.Uint32(b)) + epoch2000)
	}
	r.wrong(i, "a date")
	return d
}

// Micros returns an instant in microseconds since 1970; false where there is none.
func (r *Row) Micros(i int) (int64, bool) {
	if r.Null(i) {
		return 0, false
	}
	if r.values != nil {
		if t, ok := r.values[i].(time.Time); ok {
			return t.UnixMicro(), true
		}
	} else if b := r.raw[i]; len(b) == 8 {
		return int64(binary.BigEndian.Uint64(b)) + epoch2000*86400*1_000_000, true
	}
	r.wrong(i, "an instant")
	return 0, false
}

// wrong keeps the first fault.
func (r *Row) wrong(i int, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d does not hold %s", i, want)
	}
}
