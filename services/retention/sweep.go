package retention

import (
	"context"
	"errors"
	"strconv"
	"time"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// sweepBatch is how many records one transaction erases.
const sweepBatch = 200

// Sweep erases what is older than it may be kept, and returns how many records. The
// server calls it regularly, in one process or several. What SQLite's log still holds of
// anything erased is emptied afterwards, again and again until nobody reads in between.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	erased, err := s.sweepOverdue(ctx)
	if erased == 0 && s.swept.Load() {
		return 0, err
	}
	s.swept.Store(true) // before: what is erased meanwhile says that it was not
	if emptied, failed := s.Store.Checkpoint(ctx); failed != nil || !emptied {
		s.swept.Store(false)
		err = errors.Join(err, failed)
	}
	return erased, err
}

func (s *Service) sweepOverdue(ctx context.Context) (int, error) {
	erased := 0
	for _, of := range []struct {
		months int
		erase  func(tx *store.Tx, before time.Time) (int, error)
	}{{s.CaseMonths, s.sweepCases}, {s.CommentMonths, s.sweepRatings}} {
		for of.months > 0 {
			n := 0
			err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
				n, err = of.erase(tx, tx.Now.In(s.Zone).AddDate(0, -of.months, 0))
				return err
			})
			if err != nil {
				return erased, err
			}
			if erased += n; n < sweepBatch {
				break
			}
		}
	}
	return erased, nil
}

func (s *Service) sweepCases(tx *store.Tx, before time.Time) (int, error) {
	var due []*models.Case
	err := store.Lock(tx.DB).Where("erased_on IS NULL AND closed_at < ? AND state IN ?", before.UTC(), models.StatesOver()).
		Where("NOT EXISTS (SELECT 1 FROM exclusions e WHERE e.case_id = cases.id AND e.state = ?)", models.ExclusionObjected).
		Order("closed_at, id").Limit(sweepBatch).Find(&due).Error
	if err != nil || len(due) == 0 {
		return 0, err
	}
	for _, c := range due {
		if err := s.eraseCase(tx, c); err != nil {
			return 0, err
		}
	}
	return len(due), recordSweep(tx, "Case", len(due))
}

func (s *Service) sweepRatings(tx *store.Tx, before time.Time) (int, error) {
	var due []models.ID
	// What still waits for its release has company in nothing but that.
	err := store.Lock(tx.DB).Model(&models.Rating{}).
		Where("(comment IS NOT NULL OR contact IS NOT NULL) AND rated_on < ? AND released = ?", models.DateOf(before, s.Zone), true).
		Order("rated_on, id").Limit(sweepBatch).Pluck("id", &due).Error
	if err != nil || len(due) == 0 {
		return 0, err
	}
	if err := eraseRatings(tx, due); err != nil {
		return 0, err
	}
	return len(due), recordSweep(tx, "Rating", len(due))
}

func recordSweep(tx *store.Tx, noun string, n int) error {
	return audit.Record(tx, audit.Entry{
		Actor: "system", Action: "eraseOverdue", Noun: noun, Details: map[string]string{"count": strconv.Itoa(n)},
	})
}
