package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Together runs several statements of which none needs another's result, and says of each
// how many rows it read or changed. On PostgreSQL they are sent at once and answered at
// once: one way there and back in place of one for each. On SQLite, where no way is long,
// one runs after the other.
//
// A step gives one statement: a Take or Find of records, a Create, or an Exec. What is read
// stands in the records when Together has returned; a Take that finds nothing is no error
// here, and counts 0.
//
// The first statement that fails ends it; those before are counted. The transaction is then
// fit for nothing but being undone.
func (tx *Tx) Together(steps ...Step) (rows []int64, err error) {
	if tx.kind == Postgres {
		all := &together{}
		if err := tx.queue(all, steps); err != nil {
			return nil, err
		}
		err = tx.pgx.SendBatch(tx.Statement.Context, &all.batch).Close()
		return all.rows, tx.named(err)
	}
	for _, step := range steps {
		done := step(tx.DB)
		if done.Error != nil && !errors.Is(done.Error, gorm.ErrRecordNotFound) {
			return rows, done.Error
		}
		rows = append(rows, done.RowsAffected)
	}
	return rows, nil
}

// queue has gorm write the statements of steps.
func (tx *Tx) queue(all *together, steps []Step) error {
	q := tx.Session(&gorm.Session{Context: tx.Statement.Context, NewDB: true})
	q.Statement.ConnPool = all
	for _, step := range steps {
		if err := step(q).Error; err != nil {
			return err
		}
	}
	return nil
}

// Step gives one statement to the handle that it gets.
type Step func(q *gorm.DB) *gorm.DB

// Insert is a step that writes a record.
func Insert(record any) Step {
	return func(q *gorm.DB) *gorm.DB { return q.Create(record) }
}

// InsertNew is a step that writes a record unless there is one of its key: then no row.
func InsertNew(record any) Step {
	return func(q *gorm.DB) *gorm.DB { return q.Clauses(clause.OnConflict{DoNothing: true}).Create(record) }
}

// together is what gorm takes for a connection while statements are queued.
type together struct {
	batch pgx.Batch
	rows  []int64
}

// query queues a statement whose rows are read into records.
func (t *together) query(into records, st *gorm.Statement) {
	t.batch.Queue(st.SQL.String(), native(st.Vars)...).Query(func(rows pgx.Rows) error {
		n, err := into.from(rows)
		if err == nil {
			t.rows = append(t.rows, n)
		}
		return err
	})
}

// ExecContext implements gorm.ConnPool. How many rows it will have changed nobody knows yet.
func (t *together) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	t.batch.Queue(query, args...).Exec(func(done pgconn.CommandTag) error {
		t.rows = append(t.rows, done.RowsAffected())
		return nil
	})
	return driver.RowsAffected(0), nil
}

// errTogether says that something else than records was to be read.
var errTogether = errors.New("only records can be read together with other statements")

// PrepareContext implements gorm.ConnPool.
func (*together) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, errTogether }

// QueryContext implements gorm.ConnPool.
func (*together) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, errTogether
}

// QueryRowContext implements gorm.ConnPool; gorm itself calls it only for Row.
func (*together) QueryRowContext(context.Context, string, ...any) *sql.Row { return nil }
