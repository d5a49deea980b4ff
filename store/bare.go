package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// buildMemory is what building an index may take at least, where nobody has allowed more.
const buildMemory = "256MB"

// bareSQL lists what tables of which the role is owner can do without while they are filled,
// and what refers to their keys: whose it is, to which other table it refers, how it is taken
// away and brought back, in the order in which it comes back.
const bareSQL = `
	WITH owned AS (SELECT oid, relforcerowsecurity FROM pg_class WHERE oid = ANY ($1::regclass[]) AND pg_has_role(relowner, 'USAGE')),
	constraints AS (
		SELECT CASE contype WHEN 'f' THEN 3 ELSE 1 END AS turn, conrelid, confrelid, conname, oid FROM pg_constraint
		WHERE contype = 'f' AND (conrelid IN (SELECT oid FROM owned) OR confrelid IN (SELECT oid FROM owned))
			OR contype IN ('p', 'u') AND conrelid IN (SELECT oid FROM owned))
	SELECT turn, conrelid::regclass::text, CASE turn WHEN 3 THEN confrelid::regclass::text ELSE '' END,
		format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS dropped,
		format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS added
	FROM constraints
	UNION ALL
	SELECT 2, indrelid::regclass::text, '', format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
	FROM pg_index WHERE indrelid IN (SELECT oid FROM owned) AND NOT indisunique
	UNION ALL
	SELECT 4, oid::regclass::text, '', format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', oid::regclass), format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', oid::regclass)
	FROM owned WHERE relforcerowsecurity
	ORDER BY turn, added`

// policies is the turn of what binds a table's owner: it would bind the checks of references too.
const policies = 4

// Filling is tables that are bare while they are filled.
type Filling struct {
	tx      *Tx
	missing []taken
	open    map[string]bool // tables that rows may still come into
}

// taken is something of a table's that was taken away.
type taken struct {
	turn                           int
	table, refersTo, dropped, back string
}

// Bare runs fn while tables have neither keys nor foreign keys nor policies that bind their
// owner nor the indexes that only queries need, and then has PostgreSQL check all rows and build each index at
// once: many times as fast for a load. The tables are locked until the transaction ends, and nobody
// ever sees them bare, so it is for a database that is being filled for the first time. Where
// the role does not own the tables, and on SQLite, whose checks are cheap, it runs fn alone.
func (tx *Tx) Bare(ctx context.Context, tables []string, fn func(f *Filling) error) error {
	f := &Filling{tx: tx, open: map[string]bool{}}
	if tx.kind == SQLite {
		return fn(f)
	}
	if err := f.list(ctx, tables); err != nil {
		return fmt.Errorf("list indexes and constraints: %w", err)
	}
	if err := f.strip(ctx, tables); err != nil {
		return err
	}
	if err := fn(f); err != nil {
		return err
	}
	clear(f.open)
	return f.bring(ctx, func(taken) bool { return true })
}

// Full says that no more rows come into some of the tables: what they have been without is
// brought back now, but for references between them and tables that are not full yet.
func (f *Filling) Full(ctx context.Context, tables ...string) error {
	for _, table := range tables {
		delete(f.open, table)
	}
	return f.bring(ctx, func(t taken) bool { return t.turn < policies && !f.open[t.table] && !f.open[t.refersTo] })
}

// list finds what the tables can do without.
func (f *Filling) list(ctx context.Context, tables []string) error {
	rows, err := f.tx.pgx.Query(ctx, bareSQL, tables)
	if err != nil {
		return err
	}
	var t taken
	_, err = pgx.ForEachRow(rows, []any{&t.turn, &t.table, &t.refersTo, &t.dropped, &t.back}, func() error {
		f.missing = append(f.missing, t)
		return nil
	})
	for _, table := range tables {
		f.open[table] = true
	}
	return err
}

// strip locks the tables, and those that refer to them, and makes them bare.
func (f *Filling) strip(ctx context.Context, tables []string) error {
	if len(f.missing) == 0 {
		return nil
	}
	held := slices.Clone(tables)
	for _, t := range f.missing {
		if !slices.Contains(held, t.table) {
			held = append(held, t.table)
		}
	}
	// All at once and in the caller's order, so that readers who keep to it
	// never hold what is waited for.
	err := f.run(ctx, "LOCK TABLE "+strings.Join(held, ", ")+" IN ACCESS EXCLUSIVE MODE",
		"SELECT set_config('maintenance_work_mem', '"+buildMemory+"', true) WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('"+buildMemory+"')")
	for _, t := range slices.Backward(f.missing) {
		if err == nil {
			err = f.run(ctx, t.dropped)
		}
	}
	return err
}

// bring brings back what is wanted, in its order.
func (f *Filling) bring(ctx context.Context, wanted func(taken) bool) error {
	var err error
	f.missing = slices.DeleteFunc(f.missing, func(t taken) bool {
		if err != nil || !wanted(t) {
			return false
		}
		err = f.run(ctx, t.back)
		return true
	})
	return err
}

func (f *Filling) run(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := f.tx.pgx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, f.tx.named(err))
		}
	}
	return nil
}
