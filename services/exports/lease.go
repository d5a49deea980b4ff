package exports

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// lease is this worker's hold on an export. Its holder is new each time one is taken
// up, so that a worker that comes back from a long silence cannot mistake another's
// hold for its own.
type lease struct {
	store  *store.Store
	export models.Export
	holder string
}

const isTakeable = "(state = ? OR state = ? AND (heartbeat_at IS NULL OR heartbeat_at < ?))"

// take takes up the oldest export that waits, or that was left behind by a process
// that has gone silent; nil where there is none.
func (s *Service) take(ctx context.Context) (*lease, error) {
	takeable := []any{models.ExportQueued, models.ExportRunning, s.Store.Now().Add(-models.ExportLease)}
	// Asked first without a transaction: mostly there is nothing to do.
	var waiting int64
	if err := s.Store.Read(ctx).Model(&models.Export{}).Where(isTakeable, takeable...).Limit(1).Count(&waiting).Error; err != nil {
		return nil, fmt.Errorf("look for exports: %w", err)
	}
	if waiting == 0 {
		return nil, nil
	}
	var l *lease
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		l = nil
		var found []models.ID
		// Rows that another process is about to take, or to finish, are passed over.
		query := tx.Raw(`SELECT id FROM exports WHERE `+isTakeable+` ORDER BY requested_at, id LIMIT 1 `+tx.Dialect().SkipLocked(), takeable...)
		if err := query.Scan(&found).Error; err != nil || len(found) == 0 {
			return err
		}
		e, err := store.Take[models.Export](tx.Where("id = ?", found[0]), "Export")
		if err != nil {
			return err
		}
		l = s.takeUp(e, tx.Now)
		return tx.Model(e).Select("state", "heartbeat_at", "worker", "attempts", "done", "started_at", "finished_at", "failure").
			UpdateColumns(e).Error
	})
	if err != nil {
		return nil, fmt.Errorf("take up an export: %w", err)
	}
	return l, nil
}

// takeUp makes an export this worker's; nil where it has been tried often enough.
func (s *Service) takeUp(e *models.Export, now time.Time) *lease {
	e.State, e.HeartbeatAt, e.Done = models.ExportRunning, &now, 0
	e.Worker = s.Worker + " " + models.NewRandomID().String()
	if e.StartedAt == nil {
		e.StartedAt = &now
	}
	if e.Attempts++; e.Attempts > models.MaxExportAttempts {
		e.State, e.FinishedAt, e.Failure = models.ExportFailed, &now, string(models.KeyExportStopped)
		return nil
	}
	return &lease{store: s.Store, export: *e, holder: e.Worker}
}

// update changes the export's row as long as it is this worker's; otherwise it says
// ErrLost and changes nothing.
func (l *lease) update(db *gorm.DB, values map[string]any) error {
	done := db.Model(&models.Export{}).
		Where("id = ? AND worker = ? AND state = ?", l.export.ID, l.holder, models.ExportRunning).UpdateColumns(values)
	if done.Error == nil && done.RowsAffected == 0 {
		return leases.ErrLost
	}
	return done.Error
}

// giveBack lets the next worker take the export up at once: what a process does that
// is told to stop.
func (l *lease) giveBack(ctx context.Context) error {
	return l.store.InTx(ctx, func(tx *store.Tx) error {
		return l.update(tx.DB, map[string]any{"heartbeat_at": nil, "attempts": gorm.Expr("attempts - 1")})
	})
}

// keep holds the lease while the file is written. The returned context ends with the
// given one, and when the lease is lost.
func (l *lease) keep(ctx context.Context) (working context.Context, k *leases.Keeper) {
	return leases.Keep(ctx, leases.Terms{
		Job: l.export.ID.String(), Lasts: models.ExportLease,
		Write: func(ctx context.Context, p leases.Progress) error {
			return l.store.InTx(ctx, func(tx *store.Tx) error {
				return l.update(tx.DB, map[string]any{"done": p.Done, "heartbeat_at": tx.Now})
			})
		},
	})
}
