package cases

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// On names the case that a step is done on. A repeat with the same idempotency
// key changes nothing and gets the case as it is.
type On struct {
	CaseID         models.ID
	IdempotencyKey *string
}

// Step is a step that needs no more than a remark.
type Step struct {
	On
	Note string
}

// Reasoned is a step that needs a reason.
type Reasoned struct {
	On
	Reason string
}

// work runs one step of an official or HR officer on a case that they own.
func (s *Service) work(ctx context.Context, actor auth.Actor, action string, on On, input any,
	do func(tx *store.Tx, c *models.Case) error,
) (*models.Case, error) {
	return s.step(ctx, actor, owned(actor), action, on, input, do)
}

// step locks a case within a scope, lets do change it, and writes it together
// with its audit entry.
func (s *Service) step(ctx context.Context, actor auth.Actor, within scope, action string, on On, input any,
	do func(tx *store.Tx, c *models.Case) error,
) (*models.Case, error) {
	if !actor.Is(workers...) {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(on.IdempotencyKey, false); err != nil {
		return nil, err
	}
	var c *models.Case
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = take(tx, within, "cases.id = ?", on.CaseID); err != nil {
			return models.AtField("caseId", err)
		}
		if actor.Is(models.RoleHR) && c.OfficialID != nil && actor.IsOfficial(*c.OfficialID) {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
		}
		_, err = store.Once(tx, action, actor.Subject, on.IdempotencyKey, input, c.ID, func() error {
			if c.LeadID != nil && c.State.Open() && action != partCase {
				return models.Conflict("caseId", models.KeyJoined)
			}
			from := c.State
			if err := do(tx, c); err != nil {
				return err
			}
			if err := save(tx, c); err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: action, Noun: "Case", NounID: &c.ID,
				Details: map[string]string{"from": string(from), "to": string(c.State)},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// move takes the case to the state that a step leads to.
func move(c *models.Case, step models.CaseStep) error {
	next, err := c.State.Next(step)
	if err != nil {
		return err
	}
	c.State = next
	if !c.Over() {
		c.ErasedOn = nil // what is said from now on can be erased again, by request or in time
	}
	return nil
}

// holds says whether the actor may do the work on a case itself: the official
// who has it, or HR within its scope.
func holds(actor auth.Actor, c *models.Case) error {
	if actor.Is(models.RoleHR) || c.OfficialID != nil && actor.IsOfficial(*c.OfficialID) {
		return nil
	}
	return &models.Error{Code: models.CodeForbidden, Key: models.KeyNotOwner}
}

// disposes says whether the actor may take a case away or answer for its holder: whoever
// has it, HR, and who stands in a unit above the case's. What becomes of a case is charged
// to its holder, so a colleague of the same unit neither takes one that is nearly solved
// nor hands on, rejects or joins one that another has to answer for.
func disposes(actor auth.Actor, c *models.Case) error {
	if c.OfficialID == nil || actor.UnitID != nil && *actor.UnitID != c.UnitID {
		return nil // nobody's, or seen from above: the scope holds no other unit's
	}
	return holds(actor, c)
}

// Accept signs for a case.
func (s *Service) Accept(ctx context.Context, actor auth.Actor, in Step) (*models.Case, error) {
	return s.work(ctx, actor, "acceptCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if err := move(c, models.CaseStepAccept); err != nil {
			return err
		}
		if err := stopClocks(tx, c, models.ClockAccept); err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventAccepted, ToUnitID: &c.UnitID, Actor: actor.Subject, Note: in.Note,
		})
	})
}

// Assignment gives a case to an official.
type Assignment struct {
	On
	OfficialID *models.ID // of the unit that owns the case or one below; nil: the actor
}

// Assign gives a case to an official, anew or in another's place.
func (s *Service) Assign(ctx context.Context, actor auth.Actor, in Assignment) (*models.Case, error) {
	to := in.OfficialID
	if to == nil {
		to = actor.OfficialID
	}
	if to == nil {
		return nil, models.Invalid("officialId", models.KeyRequired)
	}
	return s.work(ctx, actor, "assignCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if err := move(c, models.CaseStepAssign); err != nil {
			return err
		}
		if err := disposes(actor, c); err != nil {
			return err
		}
		official, err := store.Take[models.Official](
			tx.Scopes(store.InScope("unit_id", &c.UnitID)).Where("id = ?", *to), "Official")
		if err != nil {
			return models.AtField("officialId", err)
		}
		from := c.OfficialID
		c.OfficialID = &official.ID
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventAssigned, FromOfficialID: from, ToOfficialID: c.OfficialID, Actor: actor.Subject,
		})
	})
}

// Start begins the work of the official who has the case.
func (s *Service) Start(ctx context.Context, actor auth.Actor, in Step) (*models.Case, error) {
	return s.work(ctx, actor, "startCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		if err := move(c, models.CaseStepStart); err != nil {
			return err
		}
		if err := holds(actor, c); err != nil {
			return err
		}
		return addEvent(tx, c, models.CaseEvent{
			Kind: models.EventStarted, FromOfficialID: c.OfficialID, ToOfficialID: c.OfficialID,
			Actor: actor.Subject, Note: in.Note,
		})
	})
}
