package cases

import (
	"time"

	"steelyard/models"
	"steelyard/store"
)

// startClock lets a clock run; the case must have none of its kind running.
func startClock(tx *store.Tx, c *models.Case, kind models.ClockKind, due time.Time) error {
	return tx.Create(&models.Clock{
		ID: models.NewID(), CaseID: c.ID, Kind: kind, StartedAt: tx.Now, DueAt: due,
	}).Error
}

// runningClocks returns the case's clocks that were not stopped, paused ones
// included; without kinds, of every kind.
func runningClocks(tx *store.Tx, c *models.Case, kinds ...models.ClockKind) ([]models.Clock, error) {
	query := tx.Where("case_id = ? AND stopped_at IS NULL", c.ID)
	if len(kinds) > 0 {
		query = query.Where("kind IN ?", kinds)
	}
	var clocks []models.Clock
	return clocks, query.Order("kind").Find(&clocks).Error
}

// stopClocks stops the case's clocks of the kinds; without kinds all of them.
func stopClocks(tx *store.Tx, c *models.Case, kinds ...models.ClockKind) error {
	clocks, err := runningClocks(tx, c, kinds...)
	if err != nil {
		return err
	}
	for i := range clocks {
		clocks[i].Stop(tx.Now)
		if err := tx.Model(&clocks[i]).Select("*").Updates(&clocks[i]).Error; err != nil {
			return err
		}
	}
	return nil
}

// pause halts the clock of the answer. An imported case that has a due date and
// no clock gets one, so that its pause is kept as well.
func pause(tx *store.Tx, c *models.Case) error {
	clocks, err := runningClocks(tx, c, models.ClockResolve)
	if err != nil {
		return err
	}
	if len(clocks) == 0 {
		if c.DueAt == nil {
			return nil
		}
		clocks = []models.Clock{{
			ID: models.NewID(), CaseID: c.ID, Kind: models.ClockResolve, StartedAt: c.OpenedAt, DueAt: *c.DueAt,
		}}
		if err := tx.Create(&clocks[0]).Error; err != nil {
			return err
		}
	}
	clocks[0].Pause(tx.Now)
	return tx.Model(&clocks[0]).Select("*").Updates(&clocks[0]).Error
}

// unpause lets the clock of the answer run on and moves the case's due date. It
// returns the date that was replaced, for the event that ends the pause: nil where no
// clock stood still.
func (s *Service) unpause(tx *store.Tx, c *models.Case) (replaced *time.Time, err error) {
	clocks, err := runningClocks(tx, c, models.ClockResolve)
	if err != nil || len(clocks) == 0 || clocks[0].PausedAt == nil {
		return nil, err
	}
	clock := &clocks[0]
	working, err := s.daysOf(tx.DB, c.UnitID)
	if err != nil {
		return nil, err
	}
	replaced = c.DueAt
	due := s.afterPause(working, clock.DueAt, *clock.PausedAt, tx.Now)
	clock.PausedAt, clock.DueAt = nil, due
	moveDue(c, due)
	return replaced, tx.Model(clock).Select("*").Updates(clock).Error
}

// moveDue gives a case a new due date, of which it is warned and for which it is
// escalated anew.
func moveDue(c *models.Case, due time.Time) {
	c.DueAt, c.WarnedAt, c.EscalatedUnitID, c.EscalatesAt = &due, nil, nil, nil
}
