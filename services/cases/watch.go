package cases

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// clockRuns keeps the cases whose time to answer runs. An imported case has no
// clock of ours, and nobody is warned of it.
const clockRuns = "EXISTS (SELECT 1 FROM clocks WHERE clocks.case_id = cases.id AND clocks.kind = 'RESOLVE' AND clocks.stopped_at IS NULL AND clocks.paused_at IS NULL)"

// Watch looks after what becomes due: it marks the cases that are due soon,
// escalates those that are overdue, and reminds residents who have not answered. It
// returns how many cases it touched, and is safe to run in several processes at once.
func (s *Service) Watch(ctx context.Context) (int, error) {
	warned, err := s.markDueSoon(ctx)
	escalated, err2 := s.escalateOverdue(ctx)
	reminded, err3 := s.remindSilent(ctx)
	return warned + escalated + reminded, errors.Join(err, err2, err3)
}

// open are the cases that are not closed, by the index that has no others: SQLite, which does
// not count rows, would go over all that there ever were.
func (s *Service) open(ctx context.Context) *gorm.DB {
	db := s.Store.Read(ctx)
	return db.Model(&models.Case{}).Table("cases" + store.Dialect(db.Name()).IndexedBy("cases_due")).Where("closed_at IS NULL")
}

// markDueSoon notes, once for each due date, that a case is due within the working
// days of its unit that a warning takes.
func (s *Service) markDueSoon(ctx context.Context) (int, error) {
	open := func() *gorm.DB {
		return s.open(ctx).Where("warned_at IS NULL AND due_at > ?", s.Store.Now()).Where(clockRuns)
	}
	soon := func() ([]models.ID, error) {
		var units []models.ID
		if err := open().Distinct("unit_id").Pluck("unit_id", &units).Error; err != nil {
			return nil, err
		}
		var ids []models.ID
		bounds := map[time.Time][]models.ID{} // units whose calendars give the same bound are asked for at once
		for _, unit := range units {
			bound, err := s.workingDue(s.Store.Read(ctx), unit, s.Store.Now(), s.WarnDays)
			if err != nil {
				return nil, err
			}
			bounds[bound] = append(bounds[bound], unit)
		}
		for bound, of := range bounds {
			var some []models.ID
			if err := open().Where("unit_id IN ? AND due_at <= ?", of, bound).
				Order("due_at, id").Limit(sweepBatch).Pluck("id", &some).Error; err != nil {
				return nil, err
			}
			ids = append(ids, some...)
		}
		return ids, nil
	}
	return s.sweep(ctx, soon, func(tx *store.Tx, c *models.Case) (bool, error) {
		if c.WarnedAt != nil || c.DueAt == nil || !c.State.Open() {
			return false, nil
		}
		bound, err := s.workingDue(tx.DB, c.UnitID, tx.Now, s.WarnDays)
		if err != nil || c.DueAt.After(bound) {
			return false, err
		}
		c.WarnedAt = &tx.Now
		return true, addEvent(tx, c, models.CaseEvent{Kind: models.EventWarned, Actor: actorSystem})
	})
}

// escalateOverdue shows each overdue case to the unit above its owner and, each time
// that as much time again as there is for an answer has gone by, to the next one above.
// The owner keeps it, and the blame.
func (s *Service) escalateOverdue(ctx context.Context) (int, error) {
	late := func() ([]models.ID, error) {
		now := s.Store.Now()
		var ids, again []models.ID
		err := s.open(ctx).Where("escalated_unit_id IS NULL AND due_at <= ? AND unit_id IN (SELECT id FROM org_units WHERE parent_id IS NOT NULL)", now).
			Where(clockRuns).Order("due_at, id").Limit(sweepBatch).Pluck("id", &ids).Error
		if err != nil {
			return nil, err
		}
		err = s.Store.Read(ctx).Model(&models.Case{}).Where("closed_at IS NULL AND escalates_at <= ?", now).Where(clockRuns).
			Order("escalates_at, id").Limit(sweepBatch).Pluck("id", &again).Error
		return append(ids, again...), err
	}
	return s.sweep(ctx, late, func(tx *store.Tx, c *models.Case) (bool, error) {
		clocks, err := runningClocks(tx, c, models.ClockResolve)
		if err != nil || len(clocks) == 0 || clocks[0].PausedAt != nil || !overdueAgain(c, tx.Now) {
			return false, err
		}
		return s.escalate(tx, c)
	})
}

// overdueAgain says whether a case is to go up now: it is overdue and nobody above has
// it yet, or whoever has it has had it long enough.
func overdueAgain(c *models.Case, now time.Time) bool {
	if c.EscalatedUnitID != nil {
		return c.EscalatesAt != nil && !c.EscalatesAt.After(now)
	}
	return c.DueAt != nil && !c.DueAt.After(now)
}

// escalate lays a case before the next unit above, if there is one.
func (s *Service) escalate(tx *store.Tx, c *models.Case) (bool, error) {
	from := c.UnitID
	if c.EscalatedUnitID != nil {
		from = *c.EscalatedUnitID
	}
	unit, err := store.Take[models.OrgUnit](tx.Where("id = ?", from), "OrgUnit")
	if err != nil || unit.ParentID == nil {
		return false, err
	}
	above, err := store.Take[models.OrgUnit](tx.Where("id = ?", *unit.ParentID), "OrgUnit")
	if err != nil {
		return false, err
	}
	c.EscalatedUnitID, c.EscalatesAt = &above.ID, nil
	if above.ParentID != nil {
		next, err := s.workingDue(tx.DB, c.UnitID, tx.Now, s.ResolveDays)
		if err != nil {
			return false, err
		}
		c.EscalatesAt = &next
	}
	if err := addEvent(tx, c, models.CaseEvent{Kind: models.EventEscalated, ToUnitID: &above.ID, Actor: actorSystem}); err != nil {
		return false, err
	}
	return true, audit.Record(tx, audit.Entry{Actor: actorSystem, Action: "escalateCase", Noun: "Case", NounID: &c.ID})
}

// remindSilent reminds, once for each answer of the office and half-way to the end
// of their term, residents who have not said whether it is solved.
func (s *Service) remindSilent(ctx context.Context) (int, error) {
	half := time.Duration(s.ConfirmDays) * 12 * time.Hour
	silent := func() ([]models.ID, error) {
		var ids []models.ID
		err := s.Store.Read(ctx).Model(&models.Clock{}).
			Joins("JOIN cases ON cases.id = clocks.case_id AND cases.reminded_at IS NULL AND cases.receipt_hash IS NOT NULL").
			Where("clocks.kind = ? AND clocks.stopped_at IS NULL AND clocks.due_at < ?", models.ClockConfirm, s.Store.Now().Add(half)).
			Order("clocks.due_at, clocks.id").Limit(sweepBatch).Pluck("clocks.case_id", &ids).Error
		return ids, err
	}
	return s.sweep(ctx, silent, func(tx *store.Tx, c *models.Case) (bool, error) {
		clocks, err := runningClocks(tx, c, models.ClockConfirm)
		if err != nil || len(clocks) == 0 || c.RemindedAt != nil || !clocks[0].DueAt.Before(tx.Now.Add(half)) {
			return false, err
		}
		c.RemindedAt = &tx.Now
		return true, addEvent(tx, c, models.CaseEvent{Kind: models.EventReminded, Actor: actorSystem})
	})
}
