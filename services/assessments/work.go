package assessments

import (
	"cmp"
	"context"
	"errors"

	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// Work takes up runs, one after the other, until ctx ends.
func (s *Service) Work(ctx context.Context) error {
	return s.jobs().Work(ctx, s.signal.channel, s.RunNext)
}

// RunNext takes up one run that waits or was left behind, and makes it; false
// where there is none. A run that fails is done with: its row says why. Where ctx
// ends on the way, the run is given back and another worker begins it anew.
func (s *Service) RunNext(ctx context.Context) (bool, error) {
	l, err := s.take(ctx)
	if err != nil || l == nil {
		return false, err
	}
	return true, l.Do(ctx, func(ctx context.Context) error { return s.make(ctx, l) }, reason)
}

// make computes a run and writes its results.
func (s *Service) make(ctx context.Context, l *lease) error {
	results, err := s.compute(ctx, l)
	if err != nil {
		return err
	}
	return s.store(ctx, l, results)
}

// store writes a run's results. Where nothing was stored nothing goes on behind the run
// either: explanations that are still being made are waited for.
func (s *Service) store(ctx context.Context, l *lease, r *results) error {
	stored := s.Store.InTx(ctx, func(tx *store.Tx) error { return r.write(ctx, tx, l) })
	return cmp.Or(stored, r.explained())
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
