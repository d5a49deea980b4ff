// Package reviews is peer review: HR opens a round and says who reviews whom, and
// each reviewer hands in one review a colleague.
//
// That a review was handed in stands in a ledger of its own. The reviews know the
// day and a keyed hash of the reviewer, and share neither moment nor id with it.
package reviews

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Service does what this package is for. All fields are needed.
type Service struct {
	Store *store.Store
	Keys  *keyring.Keyring
	Zone  *time.Location
}

// NewRound is a review round to be opened.
type NewRound struct {
	CycleID           models.ID
	Name              string
	OpensOn, ClosesOn models.Date
	Pairs             []Pair
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
		OpensOn: in.OpensOn, ClosesOn: in.ClosesOn,
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
	if len(pairs) == 0 {
		return nil, models.Invalid("assignments", models.KeyRequired)
	}
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
	if err := within(tx, actor, assignments); err != nil {
		return err
	}
	if err := tx.Create(round).Error; err != nil {
		return err
	}
	if err := tx.CreateInBatches(assignments, batch).Error; err != nil {
		return err
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

// Duty is an official's duty to review a colleague.
type Duty struct {
	ID        models.ID
	Official  *models.Official
	Relation  models.Relation
	Submitted bool
}

// Mine returns the actor's duties in the rounds that are open today.
func (s *Service) Mine(ctx context.Context, actor auth.Actor) ([]*Duty, error) {
	if actor.OfficialID == nil {
		return []*Duty{}, nil
	}
	db, today := s.Store.Read(ctx), models.DateOf(s.Store.Now(), s.Zone)
	var rows []struct {
		models.ReviewAssignment
		Submitted bool
	}
	err := db.Table("review_assignments AS a").
		Select("a.*, EXISTS (SELECT 1 FROM review_claims c WHERE c.assignment_id = a.id) AS submitted").
		Joins("JOIN review_rounds r ON r.id = a.round_id").
		Where("a.reviewer_id = ? AND r.state = ? AND r.opens_on <= ? AND r.closes_on >= ?", *actor.OfficialID, models.RoundOpen, today, today).
		Order("r.closes_on, a.id").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	ids := make([]models.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.OfficialID
	}
	officials, err := store.ByID(db, ids, func(o *models.Official) models.ID { return o.ID })
	if err != nil {
		return nil, err
	}
	duties := make([]*Duty, len(rows))
	for i, r := range rows {
		duties[i] = &Duty{r.ID, officials[r.OfficialID], r.Relation, r.Submitted}
	}
	return duties, nil
}

// Mark is a score on one dimension.
type Mark struct {
	Dimension models.Dimension
	Score     int // 1 to 5
}

// Submit hands in a review: once. A dimension that is left out is an abstention.
func (s *Service) Submit(ctx context.Context, actor auth.Actor, assignment models.ID, marks []Mark) error {
	if actor.OfficialID == nil {
		return models.Forbidden()
	}
	now := s.Store.Now()
	today := models.DateOf(now, s.Zone)
	reviews, err := draft(marks, today)
	if err != nil {
		return err
	}
	key, epoch, err := s.Keys.Epoch(today.Year(), now)
	if err != nil {
		return models.AtField("assignmentId", err)
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		a, err := store.Take[models.ReviewAssignment](
			tx.Where("id = ? AND reviewer_id = ?", assignment, *actor.OfficialID), "ReviewAssignment")
		if models.CodeOf(err) == models.CodeNotFound {
			return &models.Error{Code: models.CodeNotFound, Field: "assignmentId", Key: models.KeyReviewNotAssigned}
		}
		if err != nil {
			return err
		}
		if err := takes(tx, a, today); err != nil {
			return models.AtField("assignmentId", err)
		}
		if err := store.NoteKeyYear(tx, epoch); err != nil {
			return models.AtField("assignmentId", err)
		}
		reviewer, err := store.Take[models.Official](tx.Where("id = ?", a.ReviewerID), "Official")
		if err != nil {
			return err
		}
		hash := key.Reviewer(reviewer.Ref)
		for i := range reviews {
			reviews[i].OfficialID, reviews[i].Relation, reviews[i].RoundID = a.OfficialID, a.Relation, &a.RoundID
			reviews[i].ReviewerKey, reviews[i].KeyYear = hash[:], today.Year()
		}
		return handIn(tx, a.ID, reviews)
	})
}

// takes says whether a review may be handed in today: its round is open, its cycle
// still gathers evidence, and nothing that is final rests on this day. It locks no
// row: the mark of a lock would bear this transaction's number, as the review does
// until its release.
func takes(tx *store.Tx, a *models.ReviewAssignment, today models.Date) error {
	round, err := store.Take[models.ReviewRound](tx.Where("id = ?", a.RoundID), "ReviewRound")
	if err != nil {
		return err
	}
	if err := round.Accepts(today); err != nil {
		return err
	}
	cycle, err := store.Take[models.Cycle](tx.Where("id = ?", round.CycleID), "Cycle")
	if err != nil {
		return err
	}
	if cycle.TakesReviews() != nil {
		return &models.Error{Code: models.CodeIllegalState, Key: models.KeyRoundClosed}
	}
	official, err := store.Take[models.Official](tx.Where("id = ?", a.OfficialID), "Official")
	if err != nil {
		return err
	}
	sealed, err := store.SealedFor(tx.DB, official, today)
	if err != nil {
		return err
	}
	if sealed {
		return &models.Error{Code: models.CodeIllegalState, Key: models.KeyDaySealed, Args: []string{today.String()}}
	}
	return nil
}

// draft makes the records of the marks, still without reviewer and reviewed.
func draft(marks []Mark, on models.Date) ([]models.PeerReview, error) {
	seen := map[models.Dimension]bool{}
	reviews := make([]models.PeerReview, len(marks))
	for i, m := range marks {
		reviews[i] = models.PeerReview{
			ID: models.NewRandomID(), Relation: models.RelationPeer, Dimension: m.Dimension, Score: m.Score, SubmittedOn: on,
		}
		if err := reviews[i].Validate(); err != nil {
			return nil, inField(fmt.Sprintf("scores.%d.", i), err)
		}
		if seen[m.Dimension] {
			return nil, models.Invalid(fmt.Sprintf("scores.%d.dimension", i), models.KeyReviewDimensions)
		}
		seen[m.Dimension] = true
	}
	if len(reviews) == 0 {
		return nil, models.Invalid("scores", models.KeyReviewDimensions)
	}
	return reviews, nil
}

// inField puts a path before the field that a record's own rule names.
func inField(path string, err error) error {
	var e *models.Error
	if errors.As(err, &e) {
		e.Field = path + e.Field
	}
	return err
}

func handIn(tx *store.Tx, assignment models.ID, reviews []models.PeerReview) error {
	if err := tx.Create(&models.ReviewClaim{AssignmentID: assignment}).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return models.Conflict("assignmentId", models.KeyReviewDone)
		}
		return err
	}
	if err := tx.Create(&reviews).Error; err != nil {
		return err
	}
	return audit.RecordAnonymous(tx, "submitPeerReview", "PeerReview")
}
