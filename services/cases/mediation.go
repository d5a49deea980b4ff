package cases

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// MediationRequest brings in a third party.
type MediationRequest struct {
	CaseID   models.ID
	Mediator string
	Reason   string // may be empty
}

// RequestMediation brings in a third party between resident and office. The
// clock of the answer runs on.
func (s *Service) RequestMediation(ctx context.Context, actor auth.Actor, in MediationRequest) (*models.Case, error) {
	return s.work(ctx, actor, "requestMediation", in.CaseID, func(tx *store.Tx, c *models.Case) error {
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
	CaseID         models.ID
	ResidentAgreed bool
	UnitAgreed     bool
	Outcome        models.CaseOutcome // with both agreed: it binds the case
	Summary        string             // with both agreed it is the account of the case
}

// EndMediation records what a mediation came to. When both sides have agreed its
// outcome is the case's, and the resident is asked; otherwise the work goes on.
func (s *Service) EndMediation(ctx context.Context, actor auth.Actor, in MediationEnd) (*models.Case, error) {
	agreed := in.ResidentAgreed && in.UnitAgreed
	resolution := Resolution{CaseID: in.CaseID, Outcome: in.Outcome, Account: in.Summary}
	if agreed {
		if err := resolution.validate(); err != nil {
			return nil, err
		}
	}
	return s.work(ctx, actor, "endMediation", in.CaseID, func(tx *store.Tx, c *models.Case) error {
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
