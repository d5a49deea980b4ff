package assessments

import (
	"context"
	"log/slog"
	"time"

	"steelyard/auth"
	"steelyard/models"
	leases "steelyard/store/lease"
)

// lookEvery is how often a follower looks at a run's row: the one thing that all
// processes share.
const lookEvery = leases.ReportEvery / 2

// Progress sends a run within the actor's reach as it is, then each time it has
// got further, until it has ended, whichever process works on it. The channel is
// closed after the last state, with the end of ctx, and where the row can no
// longer be read.
func (s *Service) Progress(ctx context.Context, actor auth.Actor, runID models.ID) (<-chan *models.AssessmentRun, error) {
	run, err := s.run(ctx, actor, runID)
	if err != nil {
		return nil, err
	}
	out := make(chan *models.AssessmentRun, 1)
	go func() {
		defer close(out)
		if err := s.follow(ctx, actor, run, out); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "follow an assessment run", "run", runID, "error", err)
		}
	}()
	return out, nil
}

func (s *Service) follow(ctx context.Context, actor auth.Actor, run *models.AssessmentRun, out chan<- *models.AssessmentRun) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case out <- run:
		case <-ctx.Done():
			return nil
		}
		for seen := run; ; {
			if !seen.Active() {
				return nil
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
			next, err := s.run(ctx, actor, run.ID)
			if err != nil {
				return err
			}
			if further(seen, next) {
				run = next
				break
			}
		}
	}
}

// further says whether something that a follower shows has changed.
func further(before, now *models.AssessmentRun) bool {
	return before.State != now.State || before.Stage != now.Stage || before.Done != now.Done || before.Total != now.Total
}
