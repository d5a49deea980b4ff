package assessments

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
)

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
// leases.ErrLost and changes nothing.
func (l *lease) update(db *gorm.DB, values map[string]any) error {
	done := db.Model(&models.AssessmentRun{}).
		Where("id = ? AND worker = ? AND state = ?", l.run.ID, l.holder, models.RunRunning).UpdateColumns(values)
	if done.Error == nil && done.RowsAffected == 0 {
		return leases.ErrLost
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

// keep holds the lease while the work goes on. The returned context ends with the
// given one, and when the lease is lost.
func (l *lease) keep(ctx context.Context) (working context.Context, k *leases.Keeper) {
	return leases.Keep(ctx, leases.Terms{Job: l.run.ID.String(), Lasts: models.RunLease, Write: l.write})
}

func (l *lease) write(ctx context.Context, p leases.Progress) error {
	return l.store.InTx(ctx, func(tx *store.Tx) error {
		return l.update(tx.DB, map[string]any{"stage": p.Stage, "done": p.Done, "total": p.Total, "heartbeat_at": tx.Now})
	})
}
