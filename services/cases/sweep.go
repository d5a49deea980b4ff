package cases

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// sweepBatch is how many cases one look finds; each is then its own transaction.
// Cases that fail stay at the head of every look, so it must hold more than ever
// fail: an id takes 16 bytes.
const sweepBatch = 100_000

// sweep does a step on every case that find returns, until a look finds none that
// was not tried. The step says whether there was anything left to do, since
// somebody may have been faster; then the case is written.
//
// A case that fails is logged and keeps no other waiting. The error at the end
// says how many have failed, and wraps the first one's. Only what would fail all
// of them alike ends the sweep at once: the caller's end, or a busy database.
func (s *Service) sweep(ctx context.Context, find func() ([]models.ID, error),
	do func(tx *store.Tx, c *models.Case) (bool, error),
) (int, error) {
	tried, done, failed := map[models.ID]bool{}, 0, 0
	var first error
	for {
		ids, err := find()
		if err != nil {
			return done, errors.Join(first, err)
		}
		before := len(tried)
		for _, id := range ids {
			if tried[id] {
				continue
			}
			tried[id] = true
			changed, err := s.sweepOne(ctx, id, do)
			switch {
			case err == nil && changed:
				done++
			case err == nil:
			case ctx.Err() != nil || models.CodeOf(err) == models.CodeUnavailable:
				return done, errors.Join(first, err)
			default:
				slog.ErrorContext(ctx, "a case is left as it is", "case", id.String(), "error", err)
				if failed++; first == nil {
					first = err
				}
			}
		}
		if len(tried) == before || len(ids) < sweepBatch {
			break
		}
	}
	if first != nil {
		return done, fmt.Errorf("%d of %d cases failed, the first: %w", failed, len(tried), first)
	}
	return done, nil
}

// sweepOne does the step on one case.
func (s *Service) sweepOne(ctx context.Context, id models.ID, do func(tx *store.Tx, c *models.Case) (bool, error)) (bool, error) {
	changed := false
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		c, err := take(tx, everywhere, "id = ?", id)
		if err != nil {
			return err
		}
		if changed, err = do(tx, c); err != nil || !changed {
			return err
		}
		return save(tx, c)
	})
	return changed, err
}

// LapseUnconfirmed closes every case whose resident has said nothing in time,
// and returns how many were closed. It is safe to run in several processes at
// once.
func (s *Service) LapseUnconfirmed(ctx context.Context) (int, error) {
	silent := func() ([]models.ID, error) {
		var ids []models.ID
		err := s.Store.Read(ctx).Model(&models.Clock{}).
			Where("kind = ? AND stopped_at IS NULL AND due_at < ?", models.ClockConfirm, s.Store.Now()).
			Order("due_at, id").Limit(sweepBatch).Pluck("case_id", &ids).Error
		return ids, err
	}
	return s.sweep(ctx, silent, func(tx *store.Tx, c *models.Case) (bool, error) {
		clocks, err := runningClocks(tx, c, models.ClockConfirm)
		if err != nil || len(clocks) == 0 || !clocks[0].DueAt.Before(tx.Now) {
			return false, err
		}
		if err := move(c, models.CaseStepLapse); err != nil {
			return false, err
		}
		if err := stopClocks(tx, c, models.ClockConfirm); err != nil {
			return false, err
		}
		if err := addEvent(tx, c, models.CaseEvent{Kind: models.EventClosed, Actor: actorSystem}); err != nil {
			return false, err
		}
		return true, audit.Record(tx, audit.Entry{Actor: actorSystem, Action: "lapseUnconfirmed", Noun: "Case", NounID: &c.ID})
	})
}
