package cases

import (
	"context"
	"time"

	"steelyard/auth"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/store"
)

// Resolution is what the office says was done about a case.
type Resolution struct {
	On
	Outcome models.CaseOutcome // RESOLVED, PARTLY_RESOLVED or UNRESOLVED
	Account string             // what was done
}

// resolutions are the outcomes that an office may claim.
var resolutions = []models.CaseOutcome{
	models.OutcomeResolved, models.OutcomePartlyResolved, models.OutcomeUnresolved,
}

func (r Resolution) validate() error {
	if _, ok := models.ParseWord(string(r.Outcome), resolutions); !ok {
		return models.Invalid("outcome", models.KeyNotInList, string(r.Outcome), "RESOLVED, PARTLY_RESOLVED, UNRESOLVED")
	}
	if models.Blank(r.Account) {
		return models.Invalid("account", models.KeyAccountNeeded)
	}
	return models.ValidNote("account", r.Account)
}

// Resolve says what was done and asks the resident, who has the last word. An
// offered transfer that nobody has answered falls back. A mediation is ended by those
// who take part in it.
func (s *Service) Resolve(ctx context.Context, actor auth.Actor, in Resolution) (*models.Case, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "resolveCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if c.State == models.CaseMediation {
			return c.State.Illegal(models.CaseStepResolve) // what both sides agree to ends a mediation, or nothing does
		}
		if err := move(c, models.CaseStepResolve); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		return s.resolve(tx, c, actor.Subject, in)
	})
}

// resolve closes a case whose state has become RESOLVED, and those joined to it,
// and starts their residents' time to answer.
func (s *Service) resolve(tx *store.Tx, c *models.Case, subject string, in Resolution) error {
	replaced, err := s.close(tx, c, in.Outcome)
	if err != nil {
		return err
	}
	c.Account, c.Asked, c.Confirmed = &in.Account, models.AnswerYes, models.AnswerUnknown
	c.Satisfaction, c.RemindedAt = nil, nil
	if err := startClock(tx, c, models.ClockConfirm, s.confirmDue(tx.Now)); err != nil {
		return err
	}
	err = addEvent(tx, c, models.CaseEvent{
		Kind: models.EventResolved, Outcome: in.Outcome, FromOfficialID: c.OfficialID, Actor: subject, Note: in.Account, DueAt: replaced,
	})
	if err != nil {
		return err
	}
	return tx.Widen(store.OneAnswer, func() error { return s.follow(tx, c, subject, in) })
}

// close stops what still runs and notes when and how the office closed the case. It
// returns the due date that the end of a pause replaced, for the event of the closing.
func (s *Service) close(tx *store.Tx, c *models.Case, outcome models.CaseOutcome) (replaced *time.Time, err error) {
	if err := lapseOpenTransfer(tx, c); err != nil {
		return nil, err
	}
	if err := dropExclusion(tx, c); err != nil {
		return nil, err
	}
	if replaced, err = s.unpause(tx, c); err != nil {
		return nil, err
	}
	now := tx.Now
	c.ClosedAt, c.Outcome = &now, outcome
	return replaced, stopClocks(tx, c)
}

// confirmDue is when the resident's time to answer ends: the end of the last of
// its days, working or not.
func (s *Service) confirmDue(from time.Time) time.Time {
	return calendar.DateIn(from, s.Zone).AddDays(s.ConfirmDays + 1).Start(s.Zone).UTC()
}

// objectUntil is when the resident's time to object to an exclusion ends.
func (s *Service) objectUntil(tx *store.Tx) time.Time {
	return calendar.DateIn(tx.Now, s.Zone).AddDays(s.ObjectDays + 1).Start(s.Zone).UTC()
}
