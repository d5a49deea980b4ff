package exports

import (
	"context"
	"time"

	"steelyard/models"
	leases "steelyard/store/lease"
)

// lease is this worker's hold on an export.
type lease struct {
	leases.Hold
	export models.Export
}

// jobs is the table of exports.
func (s *Service) jobs() leases.Queue {
	return leases.Queue{
		Store: s.Store, Record: &models.Export{}, Table: "exports", Noun: "export", Lasts: models.ExportLease,
		Queued: string(models.ExportQueued), Running: string(models.ExportRunning), Failed: string(models.ExportFailed), Begun: s.Begun,
	}
}

// take takes up the oldest export that waits, or that was left behind by a process
// that has gone silent; nil where there is none, or where it has been tried often enough.
func (s *Service) take(ctx context.Context) (*lease, error) {
	e, err := leases.Take(ctx, s.jobs(), s.claim)
	if err != nil || e == nil || e.State != models.ExportRunning {
		return nil, err
	}
	return &lease{Hold: leases.Hold{Queue: s.jobs(), ID: e.ID, Name: e.Worker}, export: *e}, nil
}

func (s *Service) claim(e *models.Export, now time.Time) (columns []string) {
	e.State, e.HeartbeatAt, e.Done = models.ExportRunning, &now, 0
	e.Worker = leases.NewName(s.Worker)
	if e.StartedAt == nil {
		e.StartedAt = &now
	}
	if e.Attempts++; e.Attempts > models.MaxExportAttempts {
		e.State, e.FinishedAt, e.Failure = models.ExportFailed, &now, string(models.KeyExportStopped)
	}
	return []string{"state", "heartbeat_at", "worker", "attempts", "done", "started_at", "finished_at", "failure"}
}

// keep holds the lease while the file is written.
func (l *lease) keep(ctx context.Context) (working context.Context, k *leases.Keeper) {
	return l.Keep(ctx, func(p leases.Progress) map[string]any { return map[string]any{"done": p.Done} })
}
