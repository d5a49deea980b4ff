package cases

import (
	"context"
	"strings"
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
	if strings.TrimSpace(r.Account) == "" {
		return models.Invalid("account", models.KeyAccountNeeded)
	}
	return models.ValidNote("account", r.Account)
}

// Resolve says what was done and asks the resident, who has the last word. An
// offered transfer that nobody has answered falls back; a mediation ends.
func (s *Service) Resolve(ctx context.Context, actor auth.Actor, in Resolution) (*models.Case, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "resolveCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		mediated := c.State == models.CaseMediation
		if err := move(c, models.CaseStepResolve); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		if mediated {
			end := MediationEnd{Outcome: in.Outcome, Summary: in.Account}
			if err := endMediation(tx, c, actor, end); err != nil {
				return err
			}
		}
		return s.resolve(tx, c, actor, in)
	})
}

// resolve closes a case whose state has become RESOLVED, and starts the
// resident's time to answer.
func (s *Service) resolve(tx *store.Tx, c *models.Case, actor auth.Actor, in Resolution) error {
	if err := s.close(tx, c, in.Outcome); err != nil {
		return err
	}
	c.Account, c.Asked, c.Confirmed = &in.Account, models.AnswerYes, models.AnswerUnknown
	c.Satisfaction, c.RemindedAt = nil, nil
	if err := startClock(tx, c, models.ClockConfirm, s.confirmDue(tx.Now)); err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{
		Kind: models.EventResolved, Outcome: in.Outcome, FromOfficialID: c.OfficialID, Actor: actor.Subject, Note: in.Account,
	})
}

// close stops what still runs and notes when and how the office closed the case.
func (s *Service) close(tx *store.Tx, c *models.Case, outcome models.CaseOutcome) error {
	if err := lapseOpenTransfer(tx, c); err != nil {
		return err
	}
	if err := s.unpause(tx, c); err != nil {
		return err
	}
	if err := stopClocks(tx, c); err != nil {
		return err
	}
	now := tx.Now
	c.ClosedAt, c.Outcome = &now, outcome
	return nil
}

// Reject excludes a case for a reason: not within our powers, or unlawful.
func (s *Service) Reject(ctx context.Context, actor auth.Actor, in Reasoned) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "rejectCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if err := move(c, models.CaseStepReject); err != nil {
			return err
		}
		if err := s.close(tx, c, models.OutcomeRejected); err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventRejected, Outcome: models.OutcomeRejected, FromOfficialID: c.OfficialID, Actor: actor.Subject, Note: in.Reason,
		})
	})
}

// confirmDue is when the resident's time to answer ends: the end of the last of
// its days, working or not.
func (s *Service) confirmDue(from time.Time) time.Time {
	return calendar.DateIn(from, s.Zone).AddDays(s.ConfirmDays + 1).Start(s.Zone).UTC()
}
