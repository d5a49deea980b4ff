package assessments

import (
	"context"
	"time"

	"steelyard/models"
	leases "steelyard/store/lease"
)

// lease is this worker's hold on a run.
type lease struct {
	leases.Hold
	run models.AssessmentRun
}

// jobs is the table of runs.
func (s *Service) jobs() leases.Queue {
	return leases.Queue{
		Store: s.Store, Record: &models.AssessmentRun{}, Table: "assessment_runs", Noun: "assessment run", Lasts: models.RunLease,
		Queued: string(models.RunQueued), Running: string(models.RunRunning), Failed: string(models.RunFailed), Begun: s.Begun,
	}
}

// take takes up the oldest run that waits, or that was left behind by a process
// that has gone silent; nil where there is none, or where it has been tried often enough.
func (s *Service) take(ctx context.Context) (*lease, error) {
	run, err := leases.Take(ctx, s.jobs(), s.claim)
	if err != nil || run == nil || run.State != models.RunRunning {
		return nil, err
	}
	return &lease{Hold: leases.Hold{Queue: s.jobs(), ID: run.ID, Name: run.Worker}, run: *run}, nil
}

func (s *Service) claim(run *models.AssessmentRun, now time.Time) (columns []string) {
	run.State, run.HeartbeatAt = models.RunRunning, &now
	run.Worker = leases.NewName(s.Worker)
	run.Stage, run.Done, run.Total = "", 0, 0
	if run.StartedAt == nil {
		run.StartedAt = &now
	}
	if run.Attempts++; run.Attempts > models.MaxRunAttempts {
		run.State, run.FinishedAt, run.Failure = models.RunFailed, &now, string(models.KeyRunStopped)
	}
	return []string{"state", "heartbeat_at", "worker", "attempts", "stage", "done", "total", "started_at", "finished_at", "failure"}
}

// keep holds the lease while the work goes on.
func (l *lease) keep(ctx context.Context) (working context.Context, k *leases.Keeper) {
	return l.Keep(ctx, func(p leases.Progress) map[string]any {
		return map[string]any{"stage": p.Stage, "done": p.Done, "total": p.Total}
	})
}
