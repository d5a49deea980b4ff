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
	if err := models.ValidRemark("reason", in.Reason); err != nil {
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

// MediationEnd is the office's word in a mediation.
type MediationEnd struct {
	On
	UnitAgreed bool
	Outcome    models.CaseOutcome // with the office agreed: it binds once the resident agrees
	Summary    string             // with the office agreed it becomes the account of the case
}

// EndMediation records the office's word. Agreed, the outcome waits for the
// resident: nobody says yes in the resident's name. Not agreed, the mediation ends
// and the work goes on.
func (s *Service) EndMediation(ctx context.Context, actor auth.Actor, in MediationEnd) (*models.Case, error) {
	if err := models.ValidNote("summary", in.Summary); err != nil {
		return nil, err
	}
	if in.UnitAgreed {
		if err := (Resolution{Outcome: in.Outcome, Account: in.Summary}).validate(); err != nil {
			return nil, inSummary(err)
		}
	}
	return s.work(ctx, actor, "endMediation", in.On, in, func(tx *store.Tx, c *models.Case) error {
		step := models.CaseStepResume
		if in.UnitAgreed {
			step = models.CaseStepResolve
		}
		if c.State != models.CaseMediation {
			return c.State.Illegal(step)
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		if in.UnitAgreed {
			return propose(tx, c, actor, in)
		}
		if err := move(c, step); err != nil {
			return err
		}
		return endMediation(tx, c, actor.Subject, models.OutcomeUnresolved, in.Summary)
	})
}

// propose notes the outcome that the office agrees to. A later proposal takes the
// place of one that the resident has not answered.
func propose(tx *store.Tx, c *models.Case, actor auth.Actor, in MediationEnd) error {
	m, err := openMediation(tx, c)
	if err != nil {
		return err
	}
	m.UnitAgreed, m.ProposedAt, m.Outcome, m.AgreementSummary = true, &tx.Now, in.Outcome, in.Summary
	m.ResidentAnswer, m.ResidentAnsweredAt = models.AnswerUnknown, nil
	if err := keep(tx, m); err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{Kind: models.EventMediation, Actor: actor.Subject, Note: in.Summary})
}

// MediationAnswer is the resident's word in a mediation.
type MediationAnswer struct {
	Receipt        string
	Agree          bool
	IdempotencyKey *string
}

// AnswerMediation takes the resident's word. Of the outcome that the office has
// agreed to: with a yes it binds, and the case is resolved with it. Before there is
// one: of the mediator. With a no the mediation ends and the work goes on.
func (s *Service) AnswerMediation(ctx context.Context, in MediationAnswer) (*models.Case, error) {
	return s.byHolder(ctx, "answerMediation", in.Receipt, in.IdempotencyKey, in, func(tx *store.Tx, c *models.Case) (bool, error) {
		if c.State != models.CaseMediation {
			return false, models.Conflict("receipt", models.KeyNoMediation)
		}
		m, err := openMediation(tx, c)
		if err != nil {
			return false, err
		}
		if !in.Agree {
			if err := move(c, models.CaseStepResume); err != nil {
				return false, err
			}
			m.ResidentAnswer, m.ResidentAnsweredAt = models.AnswerNo, &tx.Now
			if err := keep(tx, m); err != nil {
				return false, err
			}
			return true, endMediation(tx, c, actorResident, models.OutcomeUnresolved, m.AgreementSummary)
		}
		if m.ResidentAnswer == models.AnswerYes {
			return false, nil
		}
		m.ResidentAnswer, m.ResidentAnsweredAt = models.AnswerYes, &tx.Now
		m.ResidentAgreed = m.ProposedAt != nil
		if err := keep(tx, m); err != nil {
			return false, err
		}
		if m.ProposedAt == nil {
			return true, addEvent(tx, c, models.CaseEvent{Kind: models.EventMediation, Actor: actorResident})
		}
		if err := move(c, models.CaseStepResolve); err != nil {
			return false, err
		}
		if err := endMediation(tx, c, actorResident, m.Outcome, m.AgreementSummary); err != nil {
			return false, err
		}
		return true, s.resolve(tx, c, actorResident, Resolution{Outcome: m.Outcome, Account: m.AgreementSummary})
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

func openMediation(tx *store.Tx, c *models.Case) (*models.Mediation, error) {
	return store.Take[models.Mediation](store.Lock(tx.DB).Where("case_id = ? AND ended_at IS NULL", c.ID), "Mediation")
}

func keep(tx *store.Tx, m *models.Mediation) error {
	if err := m.Validate(); err != nil {
		return err
	}
	return tx.Model(m).Select("*").Updates(m).Error
}

// endMediation closes the case's open mediation, if there is one, and says so in
// its history.
func endMediation(tx *store.Tx, c *models.Case, subject string, outcome models.CaseOutcome, summary string) error {
	m, err := openMediation(tx, c)
	if models.CodeOf(err) == models.CodeNotFound {
		return nil // an imported case tells of its mediation by events alone
	}
	if err != nil {
		return err
	}
	m.EndedAt, m.Outcome, m.AgreementSummary = &tx.Now, outcome, summary
	if err := keep(tx, m); err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{Kind: models.EventMediation, Actor: subject, Note: summary})
}

// MediationsByCases returns the latest mediation of each case. Whoever sees a case
// sees it.
func (s *Service) MediationsByCases(ctx context.Context, ids []models.ID) (map[models.ID]*models.Mediation, error) {
	var rows []*models.Mediation
	if err := s.Store.Read(ctx).Scopes(store.Among("case_id", ids)).Order("started_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	latest := make(map[models.ID]*models.Mediation, len(rows))
	for _, m := range rows {
		latest[m.CaseID] = m
	}
	return latest, nil
}
