package assessments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// pollEvery is how often a worker looks for runs that other processes queued or
// left behind.
const pollEvery = time.Second

// lastWords is how long a worker that is told to stop may take to give its run
// back.
const lastWords = 5 * time.Second

// Work takes up runs, one after the other, until ctx ends.
func (s *Service) Work(ctx context.Context) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		worked, err := s.RunNext(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			slog.ErrorContext(ctx, "assessment run", "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-poll.C:
		case <-s.signal.channel():
		case <-ctx.Done():
			return nil
		}
	}
}

// RunNext takes up one run that waits or was left behind, and makes it; false
// where there is none. A run that fails is done with: its row says why. Where ctx
// ends on the way, the run is given back and another worker begins it anew.
func (s *Service) RunNext(ctx context.Context) (bool, error) {
	l, err := s.take(ctx)
	if err != nil || l == nil {
		return false, err
	}
	return true, s.end(ctx, l, s.make(ctx, l))
}

// end does with a run what its making came to.
func (s *Service) end(ctx context.Context, l *lease, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, leases.ErrLost):
		slog.WarnContext(ctx, "assessment run was cancelled, or taken up elsewhere", "run", l.run.ID)
		return nil
	case ctx.Err() != nil:
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		if given := l.giveBack(last); given != nil && !errors.Is(given, leases.ErrLost) {
			return errors.Join(ctx.Err(), fmt.Errorf("give run %s back: %w", l.run.ID, given))
		}
		return ctx.Err()
	}
	slog.ErrorContext(ctx, "assessment run failed", "run", l.run.ID, "error", err)
	return s.fail(ctx, l, err)
}

// make computes a run and writes its results.
func (s *Service) make(ctx context.Context, l *lease) error {
	results, err := s.compute(ctx, l)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error { return results.write(ctx, tx, l) })
}

// compute reads and weighs the evidence of a run while its lease is kept.
func (s *Service) compute(ctx context.Context, l *lease) (*results, error) {
	working, k := l.keep(ctx)
	defer k.Stop()
	c, err := s.computeRun(working, &l.run, k.Progress)
	if lost := context.Cause(working); errors.Is(lost, leases.ErrLost) {
		return nil, leases.ErrLost
	}
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholds(s.Store.Read(ctx), l.run.PolicyID)
	if err != nil {
		return nil, err
	}
	return s.resultsOf(l.run.ID, thresholds, c)
}

// computeRun computes what a run is for.
func (s *Service) computeRun(ctx context.Context, run *models.AssessmentRun, progress Progress) (*Computed, error) {
	cycle, err := store.Take[models.Cycle](s.Store.Read(ctx).Where("id = ?", run.CycleID), "Cycle")
	if err != nil {
		return nil, err
	}
	policy, err := s.policyOf(ctx, run.PolicyID)
	if err != nil {
		return nil, err
	}
	return s.computeScope(ctx, scope{unit: &cycle.UnitID, period: cycle.Period(), run: run, before: run.AnswersBefore, slice: policy.FiguresFrom}, policy, progress)
}

// fail ends a run without results.
func (s *Service) fail(ctx context.Context, l *lease, cause error) error {
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		return l.update(tx.DB, map[string]any{
			"state": models.RunFailed, "failure": reason(cause), "finished_at": tx.Now,
		})
	})
	if errors.Is(err, leases.ErrLost) {
		return nil
	}
	return err
}
