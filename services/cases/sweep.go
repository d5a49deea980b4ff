package cases

import (
	"context"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// sweepBatch is how many cases one look finds; each is then its own transaction.
const sweepBatch = 500

// sweep does a step on every case that find returns, until a look finds nothing
// that could be done. The step says whether there was anything left to do, since
// somebody may have been faster; then the case is written.
func (s *Service) sweep(ctx context.Context, find func() ([]models.ID, error),
	do func(tx *store.Tx, c *models.Case) (bool, error),
) (int, error) {
	total := 0
	for {
		ids, err := find()
		if err != nil {
			return total, err
		}
		done := 0
		for _, id := range ids {
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
			if err != nil {
				return total + done, err
			}
			if changed {
				done++
			}
		}
		if total += done; done == 0 || len(ids) < sweepBatch {
			return total, nil
		}
	}
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
