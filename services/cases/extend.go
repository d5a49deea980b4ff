package cases

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Extend adds working days to the time to answer: once, for a reason, and before
// the time is over. Resident and official see the same new date.
func (s *Service) Extend(ctx context.Context, actor auth.Actor, in Reasoned) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "extendCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		clocks, err := runningClocks(tx, c, models.ClockResolve)
		switch {
		case err != nil:
			return err
		case !c.State.Open() || len(clocks) == 0 || c.DueAt == nil:
			return models.Conflict("caseId", models.KeyNothingDue)
		case c.Extended:
			return models.Conflict("caseId", models.KeyAlreadyExtended)
		case clocks[0].PausedAt == nil && !tx.Now.Before(*c.DueAt):
			return models.Conflict("caseId", models.KeyTooLateToExtend)
		}
		working, err := s.daysOf(tx.DB, c.UnitID)
		if err != nil {
			return err
		}
		replaced := *c.DueAt
		clocks[0].DueAt = s.later(working, clocks[0].DueAt, s.ExtendDays)
		moveDue(c, clocks[0].DueAt)
		c.Extended = true
		if err := tx.Model(&clocks[0]).Select("*").Updates(&clocks[0]).Error; err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventExtended, FromOfficialID: c.OfficialID, Actor: actor.Subject, Note: in.Reason, DueAt: &replaced,
		})
	})
}
