package cases

import (
	"context"
	"errors"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// MediationRequest brings in a third party.
type MediationRequest struct {
	On
	Mediator string
	Reason   string // may be empty
}

// RequestMediation brings in a third party between resident and office. The
// clock of the answer runs on.
func (s *Service) RequestMediation(ctx context.Context, actor auth.Actor, in MediationRequest) (*models.Case, error) {
	if err := models.ValidNote("reason", in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "requestMediation", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if err := move(c, models.CaseStepMediate); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		m := models.Mediation{ID: models.NewID(), CaseID: c.ID, Mediator: strings.TrimSpace(in.Mediator), StartedAt: tx.Now}
		if err := m.Validate(); err != nil {
			return err
		}
		if err := tx.Create(&m).Error; err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{Kind: models.EventMediation, Actor: actor.Subject, Note: in.Reason})
	})
}

// MediationEnd is what a mediation came to.
type MediationEnd struct {
	On
	ResidentAgreed bool
	UnitAgreed     bool
	Outcome        models.CaseOutcome // with both agreed: it binds the case
	Summary        string             // with both agreed it is the account of the case
}

// EndMediation records what a mediation came to. When both sides have agreed its
// outcome is the case's, and the resident is asked; otherwise the work goes on.
func (s *Service) EndMediation(ctx context.Context, actor auth.Actor, in MediationEnd) (*models.Case, error) {
	agreed := in.ResidentAgreed && in.UnitAgreed
	resolution := Resolution{On: in.On, Outcome: in.Outcome, Account: in.Summary}
	if err := models.ValidNote("summary", in.Summary); err != nil {
		return nil, err
	}
	if agreed {
		if err := resolution.validate(); err != nil {
			return nil, inSummary(err)
		}
	}
	return s.work(ctx, actor, "endMediation", in.On, in, func(tx *store.Tx, c *models.Case) error {
		step := models.CaseStepResume
		if agreed {
			step = models.CaseStepResolve
		}
		if c.State != models.CaseMediation {
			return c.State.Illegal(step)
		}
		if err := move(c, step); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		if err := endMediation(tx, c, actor, in); err != nil || !agreed {
			return err
		}
		return s.resolve(tx, c, actor, resolution)
	})
}

// inSummary names the field in which a mediation says what was done.
func inSummary(err error) error {
	var e *models.Error
	if errors.As(err, &e) && e.Field == "account" {
		return models.Invalid("summary", e.Key, e.Args...)
	}
	return err
}

// endMediation closes the case's open mediation, if there is one, and says so in
// its history. Without an outcome it came to nothing.
func endMediation(tx *store.Tx, c *models.Case, actor auth.Actor, in MediationEnd) error {
	m, err := store.Take[models.Mediation](tx.Where("case_id = ? AND ended_at IS NULL", c.ID), "Mediation")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil // an imported case tells of its mediation by events alone
	}
	if err != nil {
		return err
	}
	now := tx.Now
	m.EndedAt, m.ResidentAgreed, m.UnitAgreed = &now, in.ResidentAgreed, in.UnitAgreed
	m.Outcome, m.AgreementSummary = in.Outcome, in.Summary
	if m.Outcome == "" {
		m.Outcome = models.OutcomeUnresolved
	}
	if err := m.Validate(); err != nil {
		return err
	}
	if err := tx.Model(m).Select("*").Updates(m).Error; err != nil {
		return err
	}
	subject := actor.Subject
	if subject == "" {
		subject = actorResident
	}
	return addEvent(tx, c, models.CaseEvent{Kind: models.EventMediation, Actor: subject, Note: in.Summary})
}
