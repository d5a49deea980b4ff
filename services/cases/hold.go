package cases

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Hold pauses the clock of the answer for a reason: so often as there are pauses, each of
// which ends by itself ([Service.EndPauses]). A case that rested for good would never be
// due, and so never count.
func (s *Service) Hold(ctx context.Context, actor auth.Actor, in Reasoned) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "holdCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if err := move(c, models.CaseStepHold); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		var before int64
		if err := tx.Model(&models.CaseEvent{}).Where("case_id = ? AND kind = ? AND actor <> ''", c.ID, models.EventPaused).Count(&before).Error; err != nil {
			return err
		}
		if before >= int64(s.Holds) {
			return models.Conflict("caseId", models.KeyHeldOften, strconv.Itoa(s.Holds))
		}
		if err := pause(tx, c); err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventPaused, FromOfficialID: c.OfficialID, Actor: actor.Subject, Note: in.Reason,
		})
	})
}

// Resume lets the clock run again and moves the due date by the working days
// that the pause took. A mediation that is resumed from has ended without
// agreement.
func (s *Service) Resume(ctx context.Context, actor auth.Actor, in Step) (*models.Case, error) {
	return s.work(ctx, actor, "resumeCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		mediated := c.State == models.CaseMediation
		if err := move(c, models.CaseStepResume); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		if mediated {
			return endMediation(tx, c, actor.Subject, models.OutcomeUnresolved, in.Note)
		}
		return s.resume(tx, c, actor.Subject, in.Note)
	})
}

func (s *Service) resume(tx *store.Tx, c *models.Case, subject, note string) error {
	replaced, err := s.unpause(tx, c)
	if err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{Kind: models.EventResumed, Actor: subject, Note: note, DueAt: replaced})
}

// EndPauses lets the clock run again where it has stood still for the working days of the
// unit that a pause takes at most. It returns how many pauses ended, and is safe to run in
// several processes at once.
func (s *Service) EndPauses(ctx context.Context) (int, error) {
	held := func() *gorm.DB {
		return s.open(ctx).Where("state = ?", models.CaseOnHold)
	}
	long := func() ([]models.ID, error) {
		var units, ids []models.ID
		if err := held().Distinct("unit_id").Pluck("unit_id", &units).Error; err != nil {
			return nil, err
		}
		for _, unit := range units {
			begun, err := s.pausedBefore(s.Store.Read(ctx), unit, s.Store.Now())
			if err != nil {
				return nil, err
			}
			var some []models.ID
			err = held().Where("unit_id = ?", unit).
				Where("NOT EXISTS (SELECT 1 FROM case_events e WHERE e.case_id = cases.id AND e.kind = ? AND e.at >= ?)", models.EventPaused, begun).
				Order("opened_at, id").Limit(sweepBatch).Pluck("id", &some).Error
			if err != nil {
				return nil, err
			}
			ids = append(ids, some...)
		}
		return ids, nil
	}
	return s.sweep(ctx, long, func(tx *store.Tx, c *models.Case) (bool, error) {
		if c.State != models.CaseOnHold {
			return false, nil
		}
		begun, err := s.pausedBefore(tx.DB, c.UnitID, tx.Now)
		if err != nil {
			return false, err
		}
		var later int64
		err = tx.Model(&models.CaseEvent{}).Where("case_id = ? AND kind = ? AND at >= ?", c.ID, models.EventPaused, begun).Count(&later).Error
		if err != nil || later > 0 {
			return false, err // somebody has resumed it and paused it again
		}
		if err := move(c, models.CaseStepResume); err != nil {
			return false, err
		}
		if err := s.resume(tx, c, actorSystem, ""); err != nil {
			return false, err
		}
		return true, audit.Record(tx, audit.Entry{Actor: actorSystem, Action: "endPause", Noun: "Case", NounID: &c.ID})
	})
}

// pausedBefore is the instant before which a pause must have begun that has lasted long
// enough by now.
func (s *Service) pausedBefore(db *gorm.DB, unit models.ID, now time.Time) (time.Time, error) {
	working, err := s.daysOf(db, unit)
	if err != nil {
		return time.Time{}, err
	}
	return working.AddWorkingDays(calendar.DateIn(now, s.Zone), -s.HoldDays).Start(s.Zone).UTC(), nil
}
