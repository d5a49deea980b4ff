package lease

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
)

const (
	// pollEvery is how often a worker looks for jobs that other processes queued or left
	// behind.
	pollEvery = time.Second
	// lastWords is how long a worker that is told to stop may take to give its job back.
	lastWords = 5 * time.Second
)

// Queue is a table of jobs. Its rows have id, state, requested_at, heartbeat_at, worker,
// attempts, failure and finished_at.
type Queue struct {
	Store *store.Store
	// Record is a job, Table the table of its rows, Noun what one is called in the log.
	Record      any
	Table, Noun string
	// Queued, Running and Failed are the states of a row.
	Queued, Running, Failed string
	// Lasts is how long a worker may stay silent; see [Terms].
	Lasts time.Duration
	// Begun hears of a job that this process has taken up; nil: nobody does.
	Begun Begun
}

// Begun hears of a job that is about to be worked on, by its id. The work is done under
// the context that is returned, and ended hears once what became of it.
type Begun func(ctx context.Context, id models.ID) (under context.Context, ended func(Outcome))

// Outcome is what became of a job in this process.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"
	Failed    Outcome = "failed"
	Lost      Outcome = "lost"       // cancelled, or taken up elsewhere
	GivenBack Outcome = "given_back" // the process was told to stop
)

// Outcomes are all outcomes.
var Outcomes = []Outcome{Done, Failed, Lost, GivenBack}

// Work takes up jobs by next, one after the other, until ctx ends. It looks for more
// after a while, and at once where news says that there is one.
func (q Queue) Work(ctx context.Context, news func() chan struct{}, next func(ctx context.Context) (bool, error)) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		worked, err := next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			slog.ErrorContext(ctx, q.Noun, "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-poll.C:
		case <-news():
		case <-ctx.Done():
			return nil
		}
	}
}

// takeable are the jobs that wait, and those that a process has left behind that has
// gone silent.
const takeable = "(state = ? OR state = ? AND (heartbeat_at IS NULL OR heartbeat_at < ?))"

// Take takes up the oldest job that may be taken, and returns it; nil where there is
// none. Claim makes it the worker's, as of a moment, and names the columns it changed.
func Take[T any](ctx context.Context, q Queue, claim func(job *T, now time.Time) (columns []string)) (*T, error) {
	args := func(now time.Time) []any { return []any{q.Queued, q.Running, now.Add(-q.Lasts)} }
	// Asked first without a transaction: mostly there is nothing to do.
	var waiting int64
	if err := q.Store.Read(ctx).Table(q.Table).Where(takeable, args(q.Store.Now())...).Limit(1).Count(&waiting).Error; err != nil {
		return nil, fmt.Errorf("look for jobs (%s): %w", q.Noun, err)
	}
	if waiting == 0 {
		return nil, nil
	}
	var taken *T
	err := q.Store.InTx(ctx, func(tx *store.Tx) error {
		taken = nil
		var found []models.ID
		// Rows that another process is about to take, or to finish, are passed over.
		query := tx.Raw("SELECT id FROM "+q.Table+" WHERE "+takeable+" ORDER BY requested_at, id LIMIT 1 "+tx.Dialect().SkipLocked(), args(tx.Now)...)
		if err := query.Scan(&found).Error; err != nil || len(found) == 0 {
			return err
		}
		job, err := store.Take[T](tx.Where("id = ?", found[0]), q.Noun)
		if err != nil {
			return err
		}
		columns := claim(job, tx.Now)
		taken = job
		return tx.Model(job).Select(columns).UpdateColumns(job).Error
	})
	if err != nil {
		return nil, fmt.Errorf("take up a job (%s): %w", q.Noun, err)
	}
	return taken, nil
}

// Hold is a worker's hold on a job. Its name is new each time a job is taken up, so that
// a worker that comes back from a long silence cannot mistake another's hold for its own,
// not even that of its own process.
type Hold struct {
	Queue Queue
	ID    models.ID
	Name  string // what the row's worker is
}

// NewName is a name for the hold of a worker on one job.
func NewName(worker string) string { return worker + " " + models.NewRandomID().String() }

// Update changes the job's row as long as it is this worker's; otherwise it says ErrLost
// and changes nothing.
func (h Hold) Update(db *gorm.DB, values map[string]any) error {
	done := db.Model(h.Queue.Record).Where("id = ? AND worker = ? AND state = ?", h.ID, h.Name, h.Queue.Running).UpdateColumns(values)
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrLost
	}
	return done.Error
}

// Keep holds the lease while the work goes on; values are what the row is told of how far
// it got. The returned context ends with the given one, and with ErrLost as its cause when
// the lease is lost.
func (h Hold) Keep(ctx context.Context, values func(p Progress) map[string]any) (working context.Context, k *Keeper) {
	return Keep(ctx, Terms{Job: h.ID.String(), Lasts: h.Queue.Lasts, Write: func(ctx context.Context, p Progress) error {
		return h.Queue.Store.InTx(ctx, func(tx *store.Tx) error {
			of := values(p)
			of["heartbeat_at"] = tx.Now
			return h.Update(tx.DB, of)
		})
	}})
}

// Do does a job's work, and with the job what that came to: of one that failed the row
// says why; one that the end of ctx cut short, or for which the database was away, is given
// back, so that the next worker takes it up at once; one that was lost is another's.
func (h Hold) Do(ctx context.Context, work func(ctx context.Context) error, reason func(error) string) error {
	ended := func(Outcome) {}
	if h.Queue.Begun != nil {
		ctx, ended = h.Queue.Begun(ctx, h.ID)
	}
	outcome, err := h.end(ctx, work(ctx), reason)
	ended(outcome)
	return err
}

func (h Hold) end(ctx context.Context, err error, reason func(error) string) (Outcome, error) {
	switch {
	case err == nil:
		return Done, nil
	case errors.Is(err, ErrLost):
		slog.WarnContext(ctx, h.Queue.Noun+" was cancelled, or taken up elsewhere", "id", h.ID)
		return Lost, nil
	case ctx.Err() != nil:
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		given := h.change(last, map[string]any{"heartbeat_at": nil, "attempts": gorm.Expr("attempts - 1")})
		if given != nil {
			return GivenBack, errors.Join(ctx.Err(), fmt.Errorf("give %s %s back: %w", h.Queue.Noun, h.ID, given))
		}
		return GivenBack, ctx.Err()
	}
	if store.Away(err) {
		// Nothing is wrong with the job. The attempt counts, in case it is what breaks the
		// database; and where that does not come back, the lease runs out.
		slog.WarnContext(ctx, h.Queue.Noun+" was interrupted: the database was away", "id", h.ID, "error", err)
		return Failed, h.change(ctx, map[string]any{"heartbeat_at": nil})
	}
	slog.ErrorContext(ctx, h.Queue.Noun+" failed", "id", h.ID, "error", err)
	return Failed, h.change(ctx, map[string]any{"state": h.Queue.Failed, "failure": reason(err), "finished_at": h.Queue.Store.Now()})
}

// change is Update in a transaction of its own; a job that was lost needs no change.
func (h Hold) change(ctx context.Context, values map[string]any) error {
	err := h.Queue.Store.InTx(ctx, func(tx *store.Tx) error { return h.Update(tx.DB, values) })
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}
