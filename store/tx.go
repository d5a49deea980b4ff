package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// Tx is an open transaction. Now is the one moment of all its rows; anonymous
// rows keep the day of it alone.
type Tx struct {
	*gorm.DB
	Now  time.Time
	kind Dialect
	pgx  *pgx.Conn // PostgreSQL: the connection that the transaction runs on
	sql  *sql.Tx   // SQLite

	reach settings // PostgreSQL: whom the connection was told that it works for
}

// Dialect says which database the transaction runs on.
func (tx *Tx) Dialect() Dialect { return tx.kind }

// InTx runs fn in a transaction and commits when it returns nil. What fn did is
// durable once InTx has returned nil, and gone when it has not. fn may be run
// again and must not talk to anybody outside the database.
//
// On PostgreSQL it is run again where the database asks for it, where a step of the
// migrations has made its plans stale, and where the connection was lost before the commit
// was sent. Where it was lost after that, nobody knows whether
// it was done, and InTx says so with models.KeyOutcomeUnknown; a database that stays away
// is models.KeyDatabaseAway, one without room models.KeyNoRoom.
//
// On SQLite fn runs on the writer's goroutine, in a savepoint of the group that
// is about to be committed. Where another process keeps the database to itself
// for longer than Options.BusyTimeout, as an import does, InTx gives up with
// models.KeyBusy.
func (s *Store) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	return s.InTxFrom(ctx, func() []Step { return nil }, func(tx *Tx, _ []int64) error { return fn(tx) })
}

// InTxFrom is [Store.InTx] for a transaction whose first statements are known before it
// begins: on PostgreSQL they are sent with its beginning. first makes them, for each time
// that the transaction is run; fn gets how many rows each read or changed. They run as those of
// [Tx.Together].
func (s *Store) InTxFrom(ctx context.Context, first func() []Step, fn func(tx *Tx, rows []int64) error) error {
	if s.writer != nil {
		return told(busy(s.writer.do(ctx, s.now, func(tx *Tx) error {
			rows, err := tx.Together(first()...)
			if err != nil {
				return err
			}
			return fn(tx, rows)
		})))
	}
	for tried := 1; ; tried++ {
		err := s.postgresTx(ctx, first(), fn)
		lost := away(err) || stale(err)
		if lost {
			s.renew()
		}
		if !retryable(err) && !lost || errors.Is(err, errUnknown) {
			return told(err)
		}
		if tried == attempts {
			return told(fmt.Errorf("given up after %d attempts: %w", attempts, err))
		}
		if !pause(ctx, tried) {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// renew has every connection made anew: where one was lost, or its plans are stale, so it
// mostly is with the others as well.
func (s *Store) renew() { s.pool.Reset() }

func (s *Store) postgresTx(ctx context.Context, first []Step, fn func(tx *Tx, rows []int64) error) (err error) {
	conn, err := s.sql.Conn(context.WithValue(ctx, untoldKey{}, true)) // it is told as the transaction begins
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(conn.Close())) }()
	var raw *pgx.Conn
	if err := conn.Raw(func(driver any) error {
		raw = driver.(*stdlib.Conn).Conn()
		return nil
	}); err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	g := s.read.Session(&gorm.Session{Context: ctx, NewDB: true})
	g.Statement.ConnPool = onConn{conn, raw}
	tx := &Tx{DB: g, Now: s.now(), kind: Postgres, pgx: raw, reach: s.wanted(ctx)}
	rows, err := tx.begin(ctx, first)
	if err == nil {
		err = guarded(func(tx *Tx) error { return fn(tx, rows) }, tx)
	}
	if err == nil {
		err = ctx.Err() // who has gone is not told that it was done
	}
	if err != nil {
		_, undo := raw.Exec(context.WithoutCancel(ctx), "rollback")
		return errors.Join(err, ignoreLost(raw, undo))
	}
	done, err := raw.Exec(context.WithoutCancel(ctx), "commit")
	if err != nil {
		return committing(err)
	}
	if done.String() == "ROLLBACK" {
		return fmt.Errorf("commit: %w", pgx.ErrTxCommitRollback)
	}
	if s.watch != nil {
		written(ctx, func(ctx context.Context) (Position, error) { return whereIs(ctx, raw) })
	}
	return nil
}

// begin begins a transaction, tells the connection whom it works for until its end, and
// runs its first statements, in one way to the database and back.
func (tx *Tx) begin(ctx context.Context, first []Step) (rows []int64, err error) {
	all := &together{}
	all.batch.Queue("begin")
	if told, _ := tx.pgx.PgConn().CustomData()[toldKey].(settings); told != tx.reach {
		all.batch.Queue(tellSQL, tx.reach[0], tx.reach[1], tx.reach[2], true)
	}
	if err := tx.queue(all, first); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if err := tx.pgx.SendBatch(ctx, &all.batch).Close(); err != nil {
		return nil, fmt.Errorf("begin: %w", tx.named(err))
	}
	return all.rows, nil
}

// guarded turns a panic into an error, so that the transaction is rolled back
// and the writer lives on.
func guarded(fn func(tx *Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}

// ignoreLost drops the error of rolling back on a connection that a cancelled
// statement has closed: the server has rolled back with it.
func ignoreLost(conn *pgx.Conn, err error) error {
	if conn.IsClosed() {
		return nil
	}
	return err
}

// ignoreDone drops the error that says the transaction is over already, as after
// a lost connection or a cancelled context: the cause is in the first error.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// Alone makes the transaction the only one under a name until it ends: another waits
// here. It is for work that goes on beside the writers, and keeps none of them
// waiting. On SQLite a transaction is alone with whatever it does.
func (tx *Tx) Alone(name string) error {
	if tx.kind == SQLite {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "steelyard "+name).Error
}
