package publications

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Signing is one person's signature under a step of a cycle.
type Signing struct {
	CycleID         models.ID
	NoticeUntil     models.Date // of a publication; zero: as soon as can be
	OthersCompetent bool        // of a decision: who has no grade becomes COMPETENT
	IdempotencyKey  *string
}

// Signed is what a signature came to: the proposal that waits for a second person,
// or the cycle that has taken the step.
type Signed struct {
	Cycle    *models.Cycle
	Proposal *models.CycleProposal
}

// signed are the steps that two persons take, each with what it needs at the
// first signature and what it does at the second.
type signed struct {
	action string
	step   models.CycleStep
	check  func(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error
	take   func(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error
}

// sign proposes a step, or confirms the one that another person has proposed. Who
// asks for something else than what waits proposes anew; who asks for the same
// again is told that a second person is needed.
func (s *Service) sign(ctx context.Context, actor auth.Actor, of signed, in Signing) (*Signed, error) {
	out := &Signed{}
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		if out.Cycle, err = lockWhole(tx, actor, in.CycleID); err != nil {
			return err
		}
		id, err := store.Once(tx, of.action, actor.Subject, in.IdempotencyKey, in, in.CycleID, func() error {
			return s.signOnce(tx, actor, of, out.Cycle, in)
		})
		if err != nil {
			return err
		}
		out.Proposal, err = store.Take[models.CycleProposal](
			tx.Where("cycle_id = ? AND step = ?", id, of.step).Order("proposed_at DESC, id DESC").Limit(1), "CycleProposal")
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) signOnce(tx *store.Tx, actor auth.Actor, of signed, c *models.Cycle, in Signing) error {
	next, err := c.State.Next(of.step)
	if err != nil {
		return models.AtField("cycleId", err)
	}
	if err := settled(tx, c); err != nil {
		return err
	}
	asked := &models.CycleProposal{
		ID: models.NewID(), CycleID: c.ID, Step: of.step, RunID: *c.RunID, NoticeUntil: in.NoticeUntil,
		OthersCompetent: in.OthersCompetent, ProposedBy: actor.Subject, ProposedAt: tx.Now,
	}
	pending, err := store.Take[models.CycleProposal](
		store.Lock(tx.DB).Where("cycle_id = ? AND step = ? AND confirmed_at IS NULL", c.ID, of.step), "CycleProposal")
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		if err := of.check(tx, c, asked); err != nil {
			return err
		}
		if err := tx.Create(asked).Error; err != nil {
			return err
		}
		return recordSigned(tx, actor, of, c, asked)
	case err != nil:
		return err
	}
	if in.NoticeUntil.IsZero() {
		asked.NoticeUntil = pending.NoticeUntil // who leaves it out agrees
	}
	if !asked.Same(pending) {
		if err := of.check(tx, c, asked); err != nil {
			return err
		}
		asked.ID = pending.ID
		if err := tx.Model(pending).Select("*").UpdateColumns(asked).Error; err != nil {
			return err
		}
		return recordSigned(tx, actor, of, c, asked)
	}
	if pending.ProposedBy == actor.Subject {
		return &models.Error{Code: models.CodeForbidden, Key: models.KeySecondPerson}
	}
	if err := store.SecondPerson(tx.DB, actor.Subject, pending.ProposedBy); err != nil {
		return err
	}
	return s.confirm(tx, actor, of, c, pending, next)
}

// confirm takes the step.
func (s *Service) confirm(tx *store.Tx, actor auth.Actor, of signed, c *models.Cycle, p *models.CycleProposal, next models.CycleState) error {
	p.ConfirmedBy, p.ConfirmedAt = actor.Subject, &tx.Now
	if err := of.check(tx, c, p); err != nil {
		return err
	}
	if err := of.take(tx, c, p); err != nil {
		return err
	}
	if err := tx.Model(p).Select("confirmed_by", "confirmed_at").UpdateColumns(p).Error; err != nil {
		return err
	}
	c.State, c.UpdatedAt = next, tx.Now
	if err := tx.Model(c).Select("state", "updated_at").UpdateColumns(c).Error; err != nil {
		return err
	}
	return recordSigned(tx, actor, of, c, p)
}

func recordSigned(tx *store.Tx, actor auth.Actor, of signed, c *models.Cycle, p *models.CycleProposal) error {
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: of.action, Noun: "Cycle", NounID: &c.ID,
		Details: map[string]string{
			"run": p.RunID.String(), "proposedBy": p.ProposedBy, "confirmedBy": p.ConfirmedBy, "state": string(c.State),
		},
	})
}

// settled says whether the cycle has results and no run that would change them.
func settled(tx *store.Tx, c *models.Cycle) error {
	if c.RunID == nil {
		return &models.Error{Code: models.CodeIllegalState, Field: "cycleId", Key: models.KeyNoRun}
	}
	var n int64
	err := tx.Model(&models.AssessmentRun{}).
		Where("cycle_id = ? AND state IN ?", c.ID, []models.RunState{models.RunQueued, models.RunRunning}).Count(&n).Error
	if err == nil && n > 0 {
		return models.Conflict("cycleId", models.KeyRunActive)
	}
	return err
}
