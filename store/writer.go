package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// maxGroup bounds how many transactions that somebody waits for one commit acknowledges,
// and with it how long the first of them waits.
const maxGroup = 256

// ErrClosed says that the store is being closed.
var ErrClosed = errors.New("the database is being closed")

// writer is SQLite's one writer: transactions queue, run one after the other in
// a savepoint each, and are acknowledged together after one commit. One sync of
// the disk then serves many, and nobody fights for the lock.
//
// What nobody waits for (see [Aside]) has a queue of its own, and of that one at most
// goes with each group, as its last: whoever waits, waits for one of them and no more.
type writer struct {
	pool  sqlitePool
	jobs  chan *job
	aside chan *job
	quit  chan struct{}
	ended chan struct{}
}

// Aside says of work that nobody waits for it: on SQLite, where all write one after the
// other, its transactions let those of others go first.
func Aside(ctx context.Context) context.Context { return context.WithValue(ctx, asideKey{}, true) }

type asideKey struct{}

type job struct {
	ctx  context.Context
	now  func() time.Time
	fn   func(tx *Tx) error
	err  error // of fn, to be told after the commit
	done chan error
}

func startWriter(pool sqlitePool) *writer {
	w := &writer{
		pool: pool, jobs: make(chan *job, maxGroup), aside: make(chan *job, maxGroup),
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go w.run()
	return w
}

func (w *writer) stop() error {
	close(w.quit)
	<-w.ended
	return w.pool.sql.Close()
}

// do queues a transaction and waits for its group's commit. A caller who gives up
// waiting before its turn has changed nothing; one whose transaction has begun
// waits for the answer, so that it never goes without one.
func (w *writer) do(ctx context.Context, now func() time.Time, fn func(tx *Tx) error) error {
	j := &job{ctx: ctx, now: now, fn: fn, done: make(chan error, 1)}
	queue := w.jobs
	if ctx.Value(asideKey{}) != nil {
		queue = w.aside
	}
	select {
	case queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-w.ended:
		// The last group may have answered just before the writer ended.
		select {
		case err := <-j.done:
			return err
		default:
			return ErrClosed
		}
	}
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		select {
		case j := <-w.jobs: // first, where both wait
			w.group(j)
			continue
		case <-w.quit:
			return
		default:
		}
		select {
		case j := <-w.jobs:
			w.group(j)
		case j := <-w.aside:
			w.group(j)
		case <-w.quit:
			return
		}
	}
}

// next is the job that goes with a group of so many; nil ends the group. One aside is its
// last also where more wait than go with it: nothing waits for ever.
func (w *writer) next(n int, last *job) *job {
	if last.ctx.Value(asideKey{}) != nil {
		return nil
	}
	if n < maxGroup {
		select {
		case j := <-w.jobs:
			return j
		default:
		}
	}
	select {
	case j := <-w.aside:
		return j
	default:
		return nil
	}
}

// group runs a first job and those that wait behind it in one transaction. Who failed is told
// after the commit as well: the reason may be what a neighbour has written, which nobody else
// sees before, and which is not so if the group keeps nothing.
func (w *writer) group(first *job) {
	sqlTx, err := w.pool.sql.BeginTx(context.Background(), &sql.TxOptions{})
	if err != nil {
		first.done <- fmt.Errorf("begin: %w", err)
		return
	}
	var waiting []*job
	for j := first; j != nil; j = w.next(len(waiting), j) {
		var broken error
		waiting = append(waiting, j)
		if j.err, broken = w.savepoint(sqlTx, j); broken != nil {
			w.abandon(sqlTx, waiting, errors.Join(j.err, broken))
			return
		}
	}
	if err = sqlTx.Commit(); err != nil {
		w.abandon(sqlTx, waiting, fmt.Errorf("commit: %w", err))
		return
	}
	for _, j := range waiting {
		j.done <- j.err
	}
}

// abandon undoes a whole group and tells each of its jobs why: a group whose
// transaction is broken keeps nothing. Jobs that still wait come in the next.
func (w *writer) abandon(sqlTx *sql.Tx, jobs []*job, cause error) {
	cause = errors.Join(cause, ignoreDone(ignoreNone(sqlTx.Rollback())))
	for _, j := range jobs {
		j.done <- cause
	}
}

// savepoint runs one job so that its failure undoes nothing but its own work.
// Statements do not see the caller's cancellation: SQLite answers an interrupted
// write by rolling back the whole transaction, and with it the neighbours'.
//
// On a full disk or a fault of it SQLite rolls the whole transaction back by
// itself; what came after would be written without one. Then broken says so, and
// the group must end.
func (w *writer) savepoint(sqlTx *sql.Tx, j *job) (err, broken error) {
	if err := j.ctx.Err(); err != nil {
		return err, nil
	}
	if _, err := sqlTx.Exec("SAVEPOINT job"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	g := w.pool.gorm.Session(&gorm.Session{Context: context.WithoutCancel(j.ctx), NewDB: true})
	g.Statement.ConnPool = sqlTx
	err = guarded(j.fn, &Tx{DB: g, Now: j.now(), kind: SQLite, sql: sqlTx})
	if err != nil {
		if _, undo := sqlTx.Exec("ROLLBACK TO job"); undo != nil {
			return err, fmt.Errorf("roll back: %w", undo)
		}
	}
	if _, release := sqlTx.Exec("RELEASE job"); release != nil {
		return err, fmt.Errorf("release: %w", release)
	}
	return err, nil
}

// ignoreNone drops the error of rolling back what SQLite has rolled back itself.
func ignoreNone(err error) error {
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}
