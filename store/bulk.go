package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"steelyard/models"
)

// Rows hands out rows one after the other: nil at the end. The slice may be
// used again for the next row; its values have the columns' own types, and ids,
// hashes and days those of models.
type Rows func() ([]any, error)

// Load writes rows into a table: by COPY on PostgreSQL, by prepared statements of
// many rows on SQLite. It returns how many it wrote. Memory does not grow with
// the rows. A key that is there already is gorm.ErrDuplicatedKey, as everywhere.
func (tx *Tx) Load(ctx context.Context, table string, columns []string, rows Rows) (int64, error) {
	if tx.kind == Postgres {
		n, err := tx.loadPostgres(ctx, table, columns, "", rows)
		if err != nil {
			return n, fmt.Errorf("copy into %s: %w", table, tx.named(err))
		}
		return n, nil
	}
	n, err := tx.loadSQLite(ctx, table, columns, "", rows)
	if err != nil {
		return n, fmt.Errorf("load into %s: %w", table, tx.named(err))
	}
	return n, nil
}

// few is up to how many rows one statement is quicker than a table made for them.
const few = 50

// Merge is [Tx.Load] for n rows of which some may be there already: to those happens what
// onConflict says, an ON CONFLICT clause that both databases know. Each key comes once. Rows
// are written in the order in which row gives them.
func (tx *Tx) Merge(ctx context.Context, table string, columns []string, onConflict string, n int, row func(i int) []any) error {
	if n == 0 {
		return nil
	}
	at := 0
	next := func() ([]any, error) {
		if at == n {
			return nil, nil
		}
		at++
		return row(at - 1), nil
	}
	var err error
	switch {
	case n <= few:
		values := make([]any, 0, n*len(columns))
		for i := range n {
			values = append(values, row(i)...)
		}
		return tx.Exec(insertSQL(table, columns, n)+" "+onConflict, values...).Error
	case tx.kind == Postgres:
		_, err = tx.loadPostgres(ctx, table, columns, onConflict, next)
	default:
		_, err = tx.loadSQLite(ctx, table, columns, onConflict, next)
	}
	if err != nil {
		return fmt.Errorf("merge into %s: %w", table, tx.named(err))
	}
	return nil
}

func (tx *Tx) loadPostgres(ctx context.Context, table string, columns []string, onConflict string, rows Rows) (int64, error) {
	var bound bool
	if err := tx.pgx.QueryRow(ctx, "SELECT row_security_active($1)", table).Scan(&bound); err != nil {
		return 0, err
	}
	if !bound && onConflict == "" {
		return tx.pgx.CopyFrom(ctx, pgx.Identifier{table}, columns, &copySource{rows: rows})
	}
	// PostgreSQL does not copy into a table whose policies bind the role, nor onto rows that
	// are there: rows go by way of a table of the session's own, which has no log and no index.
	list, stage := strings.Join(columns, ", "), "load_"+table
	if _, err := tx.pgx.Exec(ctx, "CREATE TEMPORARY TABLE "+stage+" ON COMMIT DROP AS SELECT "+list+" FROM "+table+" WITH NO DATA"); err != nil {
		return 0, err
	}
	if _, err := tx.pgx.CopyFrom(ctx, pgx.Identifier{"pg_temp", stage}, columns, &copySource{rows: rows}); err != nil {
		return 0, err
	}
	done, err := tx.pgx.Exec(ctx, "INSERT INTO "+table+" ("+list+") SELECT "+list+" FROM pg_temp."+stage+" "+onConflict)
	if err != nil {
		return 0, err
	}
	_, err = tx.pgx.Exec(ctx, "DROP TABLE pg_temp."+stage)
	return done.RowsAffected(), err
}

// named gives a driver's error gorm's name, as gorm does for its own statements.
func (tx *Tx) named(err error) error {
	if translator, ok := tx.Dialector.(gorm.ErrorTranslator); ok {
		return translator.Translate(err)
	}
	return err
}

// copySource is a Rows as pgx reads it.
type copySource struct {
	rows Rows
	row  []any
	err  error
}

func (c *copySource) Next() bool {
	c.row, c.err = c.rows()
	return c.err == nil && c.row != nil
}

// Values hands out ids and days in pgx's own types: as driver.Valuers they would
// be turned into text and read again, value by value.
func (c *copySource) Values() ([]any, error) {
	for i, v := range c.row {
		switch v := v.(type) {
		case models.ID:
			c.row[i] = [16]byte(v)
		case models.Hash:
			c.row[i] = []byte(v)
		case models.Date:
			if c.row[i] = nil; !v.IsZero() {
				c.row[i] = time.Unix(int64(v.EpochDay())*86400, 0).UTC()
			}
		}
	}
	return c.row, nil
}

func (c *copySource) Err() error { return c.err }

// maxVariables is SQLite's limit on bound values in one statement.
const maxVariables = 32766

// maxBatch is how many rows one statement inserts: past some fifty the gain is
// small, and long statements are slow to prepare.
const maxBatch = 50

func (tx *Tx) loadSQLite(ctx context.Context, table string, columns []string, onConflict string, rows Rows) (int64, error) {
	batch := min(maxBatch, maxVariables/len(columns))
	full, err := tx.sql.PrepareContext(ctx, insertSQL(table, columns, batch)+" "+onConflict)
	if err != nil {
		return 0, err
	}
	var n int64
	values := make([]any, 0, batch*len(columns))
	for {
		row, err := rows()
		if err != nil {
			return n, firstError(err, full.Close())
		}
		if row == nil {
			break
		}
		values = append(values, row...)
		n++
		if len(values) == cap(values) {
			if _, err := full.ExecContext(ctx, values...); err != nil {
				return n, firstError(err, full.Close())
			}
			values = values[:0]
		}
	}
	if err := full.Close(); err != nil {
		return n, err
	}
	if len(values) > 0 {
		_, err = tx.sql.ExecContext(ctx, insertSQL(table, columns, len(values)/len(columns))+" "+onConflict, values...)
	}
	return n, err
}

// firstError keeps the cause where closing after it fails as well.
func firstError(err, closing error) error {
	if err != nil {
		return err
	}
	return closing
}

func insertSQL(table string, columns []string, rows int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " +
		strings.TrimSuffix(strings.Repeat(one+", ", rows), ", ")
}

// Each is [Snapshot.Each] inside a transaction: it sees what the transaction has
// written. fn runs no query of its own.
func (tx *Tx) Each(ctx context.Context, query string, args []any, fn func(r *Row) error) (err error) {
	values := make([]any, len(args))
	for i, arg := range args {
		if values[i], err = driver.DefaultParameterConverter.ConvertValue(arg); err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	if tx.kind == Postgres {
		return eachPostgres(ctx, tx.pgx, query, values, fn)
	}
	rows, err := tx.sql.QueryContext(context.WithoutCancel(ctx), query, values...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	row := &Row{values: make([]driver.Value, len(names))}
	found, targets := make([]any, len(names)), make([]any, len(names))
	for i := range targets {
		targets[i] = &found[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, v := range found {
			row.values[i] = v
		}
		if err := fn(row); err != nil {
			return err
		}
		if row.err != nil {
			return row.err
		}
	}
	return rows.Err()
}

// checkpointWait is how long writers wait at most for a log to be emptied.
const checkpointWait = 100 * time.Millisecond

// Checkpoint moves what SQLite's log holds into the database file and empties the log,
// and says whether it could: not while somebody reads what was before. PostgreSQL does so
// by itself.
func (s *Store) Checkpoint(ctx context.Context) (emptied bool, err error) {
	if s.dialect == Postgres {
		return true, nil
	}
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var usual, blocked, pages, moved int
	err = conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&usual)
	if err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	wait := func(ctx context.Context, ms int) error {
		_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout(%d)", ms))
		return err
	}
	if err = wait(ctx, int(checkpointWait.Milliseconds())); err == nil {
		err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&blocked, &pages, &moved)
	}
	if err = errors.Join(err, wait(context.WithoutCancel(ctx), usual)); err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	return blocked == 0, nil
}

// preferIndexes keeps a transaction from reading whole tables for a few hundred
// keys, as PostgreSQL likes to do with tables that are half in memory.
const preferIndexes = "SET LOCAL enable_seqscan = off"

// PreferIndexes tells the planner that look-ups by key are to come.
func (tx *Tx) PreferIndexes(ctx context.Context) error {
	if tx.kind == SQLite {
		return nil
	}
	_, err := tx.pgx.Exec(ctx, preferIndexes)
	return err
}

// PreferIndexes tells the planner that look-ups by key are to come.
func (s *Snapshot) PreferIndexes(ctx context.Context) error {
	if s.dialect == SQLite {
		return nil
	}
	_, err := s.pgx.Exec(ctx, preferIndexes)
	return err
}
