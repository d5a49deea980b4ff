package cases

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// ExclusionRequest asks that a case be excluded.
type ExclusionRequest struct {
	On
	Ground models.ExclusionGround
	Reason string
}

// RequestExclusion asks that a unit not be held to a case. The unit that profits
// does not decide: one above it does, by another person. The clock runs on.
func (s *Service) RequestExclusion(ctx context.Context, actor auth.Actor, in ExclusionRequest) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "requestExclusion", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if _, err := c.State.Next(models.CaseStepReject); err != nil {
			return err
		}
		unit, err := store.Take[models.OrgUnit](tx.Where("id = ?", c.UnitID), "OrgUnit")
		if err != nil {
			return err
		}
		if unit.ParentID == nil {
			return models.Conflict("caseId", models.KeyNobodyAbove)
		}
		e := models.Exclusion{Ground: in.Ground, Reason: in.Reason, State: models.ExclusionAsked, AskedBy: actor.Subject}
		if err := s.startExclusion(tx, c, &e); err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventExclusionAsked, FromOfficialID: c.OfficialID, ToUnitID: unit.ParentID, Actor: actor.Subject, Note: in.Reason,
		})
	})
}

// Reject excludes a case by the unit's own word. Nobody above has looked at it, so
// it counts as not solved, and the resident may object.
func (s *Service) Reject(ctx context.Context, actor auth.Actor, in Reasoned) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "rejectCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if _, err := c.State.Next(models.CaseStepReject); err != nil {
			return err
		}
		if err := disposes(actor, c); err != nil {
			return err
		}
		until := s.objectUntil(tx)
		e := models.Exclusion{
			Ground: models.GroundNotWithinPowers, Reason: in.Reason, State: models.ExclusionUnreviewed, AskedBy: actor.Subject, ObjectUntil: &until,
		}
		if err := s.startExclusion(tx, c, &e); err != nil {
			return err
		}
		return s.reject(tx, c, actor.Subject, in.Reason)
	})
}

// startExclusion writes an exclusion of a case that has none under way.
func (s *Service) startExclusion(tx *store.Tx, c *models.Case, e *models.Exclusion) error {
	_, err := lastExclusion(tx, c, models.ExclusionAsked, models.ExclusionObjected)
	if err == nil {
		return models.Conflict("caseId", models.KeyExclusionOpen)
	}
	if models.CodeOf(err) != models.CodeNotFound {
		return err
	}
	due, err := s.workingDue(tx.DB, c.UnitID, tx.Now, s.ExcludeDays)
	if err != nil {
		return err
	}
	e.ID, e.CaseID, e.UnitID, e.AskedAt, e.DueAt = models.NewID(), c.ID, c.UnitID, tx.Now, due
	if err := e.Validate(); err != nil {
		return err
	}
	return tx.Create(e).Error
}

// reject closes a case as excluded.
func (s *Service) reject(tx *store.Tx, c *models.Case, subject, reason string) error {
	if err := move(c, models.CaseStepReject); err != nil {
		return err
	}
	replaced, err := s.close(tx, c, models.OutcomeRejected)
	if err != nil {
		return err
	}
	return addEvent(tx, c, models.CaseEvent{
		Kind: models.EventRejected, Outcome: models.OutcomeRejected, FromOfficialID: c.OfficialID, Actor: subject, Note: reason, DueAt: replaced,
	})
}

// ExclusionDecision is the word on an exclusion, or on an objection to one.
type ExclusionDecision struct {
	On
	Granted bool
	Reason  string
}

// DecideExclusion decides what a unit below the actor's own has asked for, or the
// resident's objection to it. Whoever asked or decided before cannot.
func (s *Service) DecideExclusion(ctx context.Context, actor auth.Actor, in ExclusionDecision) (*models.Case, error) {
	return s.step(ctx, actor, excludable(actor), "decideExclusion", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if c.OfficialID != nil && actor.IsOfficial(*c.OfficialID) {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
		}
		e, err := lastExclusion(tx, c)
		if err != nil {
			return err
		}
		asked, decided := e.AskedBy, e.DecidedBy // before this word
		if err := e.Decide(in.Granted, actor.Subject, in.Reason, tx.Now); err != nil {
			return err
		}
		if err := store.SecondPerson(tx.DB, actor.Subject, asked, decided); err != nil {
			return err
		}
		if e.State == models.ExclusionGranted {
			until := s.objectUntil(tx)
			e.ObjectUntil = &until
		}
		if err := tx.Model(e).Select("*").Updates(e).Error; err != nil {
			return err
		}
		c.Upheld = e.Upheld()
		switch e.State {
		case models.ExclusionGranted:
			return s.reject(tx, c, actor.Subject, in.Reason)
		case models.ExclusionUpheld:
			return addEvent(tx, c, models.CaseEvent{Kind: models.EventExclusionUpheld, Actor: actor.Subject, Note: in.Reason})
		case models.ExclusionOverturned:
			if err := move(c, models.CaseStepOverturn); err != nil {
				return err
			}
			return s.openAgain(tx, c, nil, actor.Subject, in.Reason)
		}
		return addEvent(tx, c, models.CaseEvent{Kind: models.EventExclusionRefused, ToUnitID: &c.UnitID, Actor: actor.Subject, Note: in.Reason})
	})
}

// excludable keeps the cases whose exclusion was asked for by a unit below the
// actor's own: a unit does not decide what spares it work.
func excludable(actor auth.Actor) scope {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("cases.id IN (SELECT case_id FROM exclusions WHERE unit_id <> ? AND unit_id IN "+below+")", actor.UnitID, actor.UnitID)
	}
}

// Objection is a resident's objection to an exclusion.
type Objection struct {
	Receipt        string
	Reason         string
	IdempotencyKey *string
}

// ObjectExclusion takes the resident's objection, once and within its term. Until
// it is decided the exclusion is not upheld.
func (s *Service) ObjectExclusion(ctx context.Context, in Objection) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.byHolder(ctx, "objectExclusion", in.Receipt, in.IdempotencyKey, in, func(tx *store.Tx, c *models.Case) (bool, error) {
		e, err := lastExclusion(tx, c)
		if err != nil {
			return false, models.AtField("receipt", err)
		}
		if err := e.Object(strings.TrimSpace(in.Reason), tx.Now); err != nil {
			return false, err
		}
		if e.DueAt, err = s.workingDue(tx.DB, c.UnitID, tx.Now, s.ExcludeDays); err != nil {
			return false, err
		}
		if err := tx.Model(e).Select("*").Updates(e).Error; err != nil {
			return false, err
		}
		c.Upheld = false
		return true, addEvent(tx, c, models.CaseEvent{Kind: models.EventObjected, Actor: actorResident, Note: e.Objection})
	})
}

// lastExclusion is the case's latest exclusion, of the states where any are named.
func lastExclusion(tx *store.Tx, c *models.Case, states ...models.ExclusionState) (*models.Exclusion, error) {
	query := store.Lock(tx.DB).Where("case_id = ?", c.ID)
	if len(states) > 0 {
		query = query.Where("state IN ?", states)
	}
	return store.Take[models.Exclusion](query.Order("asked_at DESC, id DESC"), "Exclusion")
}

// dropExclusion refuses what was asked for a case that is closed otherwise.
func dropExclusion(tx *store.Tx, c *models.Case) error {
	e, err := lastExclusion(tx, c, models.ExclusionAsked)
	if models.CodeOf(err) == models.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := e.Decide(false, actorSystem, "closed", tx.Now); err != nil {
		return err
	}
	return tx.Model(e).Select("*").Updates(e).Error
}

// ExclusionsByCases returns the latest exclusion of each case. Whoever sees a case
// sees it.
func (s *Service) ExclusionsByCases(ctx context.Context, ids []models.ID) (map[models.ID]*models.Exclusion, error) {
	var rows []*models.Exclusion
	if err := s.Store.Read(ctx).Scopes(store.Among("case_id", ids)).Order("asked_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	latest := make(map[models.ID]*models.Exclusion, len(rows))
	for _, e := range rows {
		latest[e.CaseID] = e
	}
	return latest, nil
}
