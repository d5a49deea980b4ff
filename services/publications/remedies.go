package publications

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// duplicate says in our words that there is one already.
func duplicate(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return models.Conflict("cycleId", models.KeyAlreadyExists, "Objection")
	}
	return err
}

// ObjectionDecision is the word on an objection.
type ObjectionDecision struct {
	ObjectionID    models.ID
	Upheld         bool
	Decision       string // what is done
	Reason         string // and why
	IdempotencyKey *string
}

// DecideObjection upholds or dismisses an objection: by a person who has neither
// proposed nor decided a grade of that official in the cycle, nor the earlier
// instance, and is not the official.
func (s *Service) DecideObjection(ctx context.Context, actor auth.Actor, in ObjectionDecision) (*models.Objection, error) {
	in.Decision, in.Reason = strings.TrimSpace(in.Decision), strings.TrimSpace(in.Reason)
	return s.onObjection(ctx, actor, "decideObjection", in.ObjectionID, in.IdempotencyKey, in, func(tx *store.Tx, o *models.Objection) error {
		before, err := whoDecided(tx, o)
		if err != nil {
			return err
		}
		if same, err := store.SamePerson(tx.DB, actor.Subject, before...); err != nil {
			return err
		} else if same {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyDecidedBefore}
		}
		to := models.ObjectionDismissed
		if in.Upheld {
			to = models.ObjectionUpheld
		}
		return o.Decide(to, actor.Subject, in.Decision, in.Reason, tx.Now)
	})
}

// whoDecided are the persons who have had a hand in what an objection is about.
func whoDecided(tx *store.Tx, o *models.Objection) ([]string, error) {
	var grades []models.CycleGrade
	if err := tx.Where("cycle_id = ? AND official_id = ?", o.CycleID, o.OfficialID).Find(&grades).Error; err != nil {
		return nil, err
	}
	var persons []string
	for _, g := range grades {
		persons = append(persons, g.ProposedBy)
		if g.DecidedBy != "" {
			persons = append(persons, g.DecidedBy)
		}
	}
	if o.PreviousID == nil {
		return persons, nil
	}
	previous, err := store.Take[models.Objection](tx.Where("id = ?", *o.PreviousID), "Objection")
	if err != nil {
		return nil, err
	}
	return append(persons, previous.DecidedBy), nil
}

// onObjection runs one step on an objection within the actor's scope.
func (s *Service) onObjection(ctx context.Context, actor auth.Actor, action string, id models.ID, key *string, in any,
	do func(tx *store.Tx, o *models.Objection) error,
) (*models.Objection, error) {
	var o *models.Objection
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		o, err = store.Take[models.Objection](store.Lock(tx.DB).Where("id = ? AND official_id IN (SELECT id FROM officials WHERE unit_id IN "+
			"(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?))", id, actor.UnitID), "Objection")
		if err != nil {
			return models.AtField("objectionId", err)
		}
		if err := notOwn(actor, o.OfficialID); err != nil {
			return err
		}
		_, err = store.Once(tx, action, actor.Subject, key, in, id, func() error {
			if err := do(tx, o); err != nil {
				return err
			}
			if err := tx.Model(o).Select("*").UpdateColumns(o).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: action, Noun: "Objection", NounID: &o.ID,
				Details: map[string]string{"cycle": o.CycleID.String(), "state": string(o.State), "decision": o.Decision, "reason": o.Reason},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Extension gives an appeal its second term.
type Extension struct {
	ObjectionID    models.ID
	Reason         string
	IdempotencyKey *string
}

// ExtendObjection gives an appeal 30 days more, once and for a reason.
func (s *Service) ExtendObjection(ctx context.Context, actor auth.Actor, in Extension) (*models.Objection, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.onObjection(ctx, actor, "extendObjection", in.ObjectionID, in.IdempotencyKey, in, func(_ *store.Tx, o *models.Objection) error {
		return o.Extend()
	})
}

// Telling is a written notice.
type Telling struct {
	CycleID        models.ID
	OfficialID     *models.ID // nil: everybody in the actor's scope who has not been told
	ObjectionID    *models.ID // the decision on this objection instead
	ToldOn         models.Date
	IdempotencyKey *string
}

// Tell notes that decisions were told in writing, and on which day: from there
// remedies run. It returns how many were told.
func (s *Service) Tell(ctx context.Context, actor auth.Actor, in Telling) (int, error) {
	if in.ObjectionID != nil {
		_, err := s.onObjection(ctx, actor, "tellDecision", *in.ObjectionID, in.IdempotencyKey, in, func(tx *store.Tx, o *models.Objection) error {
			if o.CycleID != in.CycleID {
				return models.AtField("objectionId", models.NotFound("Objection"))
			}
			return o.Tell(in.ToldOn, s.today(tx), s.Zone, actor.Subject)
		})
		if err != nil {
			return 0, err
		}
		return 1, nil
	}
	n := 0
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		c, err := lockPart(tx, actor, in.CycleID)
		if err != nil {
			return err
		}
		_, err = store.Once(tx, "tellDecision", actor.Subject, in.IdempotencyKey, in, c.ID, func() error {
			n, err = s.tell(tx, actor, c, in)
			return err
		})
		return err
	})
	return n, err
}

func (s *Service) tell(tx *store.Tx, actor auth.Actor, c *models.Cycle, in Telling) (int, error) {
	if c.State != models.CycleDecided && c.State != models.CycleFinal {
		return 0, unready(c)
	}
	query := store.Lock(currentGrades(tx.DB, c.ID)).Scopes(store.InScope("unit_id", actor.UnitID)).Order("official_id")
	if in.OfficialID != nil {
		query = query.Where("official_id = ?", *in.OfficialID)
	} else {
		query = query.Where("told_on IS NULL")
		if actor.OfficialID != nil {
			query = query.Where("official_id <> ?", *actor.OfficialID)
		}
	}
	var grades []*models.CycleGrade
	if err := query.Find(&grades).Error; err != nil {
		return 0, err
	}
	if in.OfficialID != nil && len(grades) == 0 {
		return 0, models.AtField("officialId", models.NotFound("CycleGrade"))
	}
	ids := make([]models.ID, len(grades))
	for i, g := range grades {
		if err := notOwn(actor, g.OfficialID); err != nil {
			return 0, err
		}
		if err := g.Tell(in.ToldOn, models.DateOf(*g.DecidedAt, s.Zone), s.today(tx), actor.Subject); err != nil {
			return 0, err
		}
		ids[i] = g.ID
	}
	for some := range slices.Chunk(ids, 500) {
		err := tx.Model(&models.CycleGrade{}).Where("id IN ?", some).
			UpdateColumns(map[string]any{"told_on": in.ToldOn, "told_by": actor.Subject}).Error
		if err != nil {
			return 0, err
		}
	}
	return len(ids), audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "tellDecision", Noun: "Cycle", NounID: &c.ID,
		Details: map[string]string{"toldOn": in.ToldOn.String()},
	})
}
