package assessments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
)

const (
	// reportEvery is how often a run's row is told how far it got.
	reportEvery = 400 * time.Millisecond
	// beatEvery is how often it is told that the work goes on, where it gets no
	// further: a third of the lease, so that two lost beats do not lose it.
	beatEvery = models.RunLease / 3
)

// errLost says that a run is no longer this worker's: it was cancelled, or taken
// up by another process after this one had been silent for too long.
var errLost = errors.New("the run is no longer ours")

// lease is this worker's hold on a run. Its holder is new each time a run is
// taken up, so that a worker that comes back from a long silence cannot mistake
// another's hold for its own, not even that of its own process.
type lease struct {
	store  *store.Store
	run    models.AssessmentRun
	holder string
}

// take takes up the oldest run that waits, or that was left behind by a process
// that has gone silent; nil where there is none.
func (s *Service) take(ctx context.Context) (*lease, error) {
	// Asked first without a transaction: mostly there is nothing to do.
	var waiting int64
	err := s.Store.Read(ctx).Model(&models.AssessmentRun{}).Scopes(takeable(s.Store.Now())).Limit(1).Count(&waiting).Error
	if err != nil {
		return nil, fmt.Errorf("look for runs: %w", err)
	}
	if waiting == 0 {
		return nil, nil
	}
	var l *lease
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		l = nil
		var runs []models.AssessmentRun
		// Rows that another process is about to take, or to finish, are passed over.
		query := tx.Raw(`SELECT * FROM assessment_runs WHERE `+isTakeable+`
			ORDER BY requested_at, id LIMIT 1 `+tx.Dialect().SkipLocked(), takeableArgs(tx.Now)...)
		if err := query.Scan(&runs).Error; err != nil || len(runs) == 0 {
			return err
		}
		run := runs[0]
		run.State, run.HeartbeatAt = models.RunRunning, &tx.Now
		run.Worker = s.Worker + " " + models.NewRandomID().String()
		run.Stage, run.Done, run.Total = "", 0, 0
		if run.StartedAt == nil {
			run.StartedAt = &tx.Now
		}
		run.Attempts++
		if run.Attempts > models.MaxRunAttempts {
			run.State, run.FinishedAt, run.Failure = models.RunFailed, &tx.Now, string(models.KeyRunStopped)
		} else {
			l = &lease{store: s.Store, run: run, holder: run.Worker}
		}
		return tx.Model(&run).Select("state", "heartbeat_at", "worker", "attempts", "stage", "done", "total", "started_at", "finished_at", "failure").
			UpdateColumns(&run).Error
	})
	if err != nil {
		return nil, fmt.Errorf("take up a run: %w", err)
	}
	return l, nil
}

const isTakeable = "(state = ? OR state = ? AND (heartbeat_at IS NULL OR heartbeat_at < ?))"

func takeableArgs(now time.Time) []any {
	return []any{models.RunQueued, models.RunRunning, now.Add(-models.RunLease)}
}

func takeable(now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Where(isTakeable, takeableArgs(now)...) }
}

// update changes the run's row as long as it is this worker's; otherwise it says
// errLost and changes nothing.
func (l *lease) update(db *gorm.DB, values map[string]any) error {
	done := db.Model(&models.AssessmentRun{}).
		Where("id = ? AND worker = ? AND state = ?", l.run.ID, l.holder, models.RunRunning).UpdateColumns(values)
	if done.Error == nil && done.RowsAffected == 0 {
		return errLost
	}
	return done.Error
}

// giveBack lets the next worker take the run up at once: what a process does
// that is told to stop.
func (l *lease) giveBack(ctx context.Context) error {
	return l.store.InTx(ctx, func(tx *store.Tx) error {
		return l.update(tx.DB, map[string]any{"heartbeat_at": nil, "attempts": gorm.Expr("attempts - 1")})
	})
}

// keeper holds a lease while the work goes on: it writes how far it got and that
// it lives, and ends the work's context with errLost when the run is lost.
type keeper struct {
	lease *lease
	lose  context.CancelCauseFunc
	quit  chan struct{}
	ended chan struct{}

	mu    sync.Mutex
	stage string
	done  int
	total int
	fresh bool
}

// keep starts holding a lease. The returned context ends with the given one, and
// when the lease is lost; stop ends the holding and waits for its last write.
func (l *lease) keep(ctx context.Context) (working context.Context, k *keeper) {
	working, lose := context.WithCancelCause(ctx)
	k = &keeper{lease: l, lose: lose, quit: make(chan struct{}), ended: make(chan struct{})}
	go k.run(ctx)
	return working, k
}

func (k *keeper) stop() {
	close(k.quit)
	<-k.ended
	k.lose(nil)
}

// progress notes how far the work is; it is written with the next tick.
func (k *keeper) progress(stage string, done, total int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fresh = k.fresh || stage != k.stage || done != k.done || total != k.total
	k.stage, k.done, k.total = stage, done, total
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.ended)
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	beaten := time.Now()
	for {
		select {
		case <-tick.C:
		case <-k.quit:
			return
		case <-ctx.Done():
			return
		}
		values, fresh := k.news()
		if !fresh && time.Since(beaten) < beatEvery {
			continue
		}
		switch err := k.write(ctx, values); {
		case err == nil:
			beaten = time.Now()
		case errors.Is(err, errLost):
			k.lose(errLost)
			return
		case time.Since(beaten) > models.RunLease:
			// By now another process may work on it.
			slog.ErrorContext(ctx, "a run's heartbeat cannot be written", "run", k.lease.run.ID, "error", err)
			k.lose(errLost)
			return
		}
	}
}

func (k *keeper) news() (values map[string]any, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh, k.fresh = k.fresh, false
	return map[string]any{"stage": k.stage, "done": k.done, "total": k.total}, fresh
}

func (k *keeper) write(ctx context.Context, values map[string]any) error {
	return k.lease.store.InTx(ctx, func(tx *store.Tx) error {
		values["heartbeat_at"] = tx.Now
		return k.lease.update(tx.DB, values)
	})
}
