package reviews

import (
	"context"
	"fmt"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewRound is a review round to be opened.
type NewRound struct {
	CycleID           models.ID
	Name              string
	OpensOn, ClosesOn models.Date
	TemplateID        *models.ID // nil: the default of the cycle's unit, if there is one
	Pairs             []Pair     // may be empty: see [Service.Propose]
	IdempotencyKey    *string
}

// Pair says who reviews whom.
type Pair struct {
	OfficialID, ReviewerID models.ID
	Relation               models.Relation
}

// OpenRound opens a round in a cycle within the actor's scope. Everybody in it,
// reviewed and reviewing, must lie within that scope as well.
func (s *Service) OpenRound(ctx context.Context, actor auth.Actor, in NewRound) (*models.ReviewRound, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	round := &models.ReviewRound{
		ID: models.NewID(), CycleID: in.CycleID, Name: strings.TrimSpace(in.Name), State: models.RoundOpen,
		OpensOn: in.OpensOn, ClosesOn: in.ClosesOn, TemplateID: in.TemplateID,
	}
	if err := round.Validate(); err != nil {
		return nil, err
	}
	assignments, err := assign(round.ID, in.Pairs)
	if err != nil {
		return nil, err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "openReviewRound", actor.Subject, in.IdempotencyKey, in, round.ID, func() error {
			return open(tx, actor, round, assignments)
		})
		if err != nil || id == round.ID {
			return err
		}
		round, err = store.Take[models.ReviewRound](tx.Where("id = ?", id), "ReviewRound")
		return err
	})
	if err != nil {
		return nil, err
	}
	return round, nil
}

// assign makes the records of who reviews whom.
func assign(round models.ID, pairs []Pair) ([]models.ReviewAssignment, error) {
	known := make(map[[2]models.ID]bool, len(pairs))
	assignments := make([]models.ReviewAssignment, len(pairs))
	for i, p := range pairs {
		a := models.ReviewAssignment{
			ID: models.NewID(), RoundID: round, OfficialID: p.OfficialID, ReviewerID: p.ReviewerID, Relation: p.Relation,
		}
		field := fmt.Sprintf("assignments.%d", i)
		if err := a.Validate(field); err != nil {
			return nil, err
		}
		if pair := [2]models.ID{p.OfficialID, p.ReviewerID}; known[pair] {
			return nil, models.Conflict(field, models.KeyAlreadyExists, "ReviewAssignment")
		} else {
			known[pair] = true
		}
		assignments[i] = a
	}
	return assignments, nil
}

// batch bounds the rows of one statement.
const batch = 500

func open(tx *store.Tx, actor auth.Actor, round *models.ReviewRound, assignments []models.ReviewAssignment) error {
	// The lock keeps a run of the cycle from beginning meanwhile.
	cycle, err := store.Take[models.Cycle](
		store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", round.CycleID), "Cycle")
	if err != nil {
		return models.AtField("cycleId", err)
	}
	if err := cycle.TakesReviews(); err != nil {
		return err
	}
	if err := round.Within(cycle.Period()); err != nil {
		return err
	}
	if err := unsealed(tx, cycle.UnitID, round); err != nil {
		return err
	}
	if round.TemplateID, err = questionnaire(tx, actor, cycle.UnitID, round.TemplateID); err != nil {
		return err
	}
	if err := within(tx, actor, assignments); err != nil {
		return err
	}
	if err := unconflicted(tx, assignments); err != nil {
		return err
	}
	if err := tx.Create(round).Error; err != nil {
		return err
	}
	if len(assignments) > 0 {
		if err := tx.CreateInBatches(assignments, batch).Error; err != nil {
			return err
		}
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "openReviewRound", Noun: "ReviewRound", NounID: &round.ID,
		Details: map[string]string{"assignments": fmt.Sprint(len(assignments))},
	})
}

// unsealed refuses a round that begins or ends on a day of which nothing may be
// added any more. What lies between shows when a review is handed in.
func unsealed(tx *store.Tx, unit models.ID, round *models.ReviewRound) error {
	for _, end := range []struct {
		field string
		day   models.Date
	}{{"opensOn", round.OpensOn}, {"closesOn", round.ClosesOn}} {
		sealed, err := store.Sealed(tx.DB, unit, end.day)
		if err != nil {
			return err
		}
		if sealed {
			return models.Invalid(end.field, models.KeyDaySealed, end.day.String())
		}
	}
	return nil
}

// within says whether everybody in the assignments lies within the actor's scope.
func within(tx *store.Tx, actor auth.Actor, assignments []models.ReviewAssignment) error {
	people := map[models.ID]string{}
	for i, a := range assignments {
		people[a.OfficialID] = fmt.Sprintf("assignments.%d.officialId", i)
		people[a.ReviewerID] = fmt.Sprintf("assignments.%d.reviewerId", i)
	}
	ids := make([]models.ID, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	for len(ids) > 0 {
		some := ids[:min(len(ids), batch)]
		ids = ids[len(some):]
		found, err := store.ByID(tx.Scopes(store.InScope("unit_id", actor.UnitID)), some, func(o *models.Official) models.ID { return o.ID })
		if err != nil {
			return err
		}
		for _, id := range some {
			if found[id] == nil {
				missing := models.NotFound("Official")
				missing.Field = people[id]
				return missing
			}
		}
	}
	return nil
}
