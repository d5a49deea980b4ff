package reviews

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// DutyState is how far a reviewer has come with a colleague.
type DutyState string

// The states of a duty.
const (
	DutyOpen      DutyState = "OPEN"
	DutyDraft     DutyState = "DRAFT"
	DutySubmitted DutyState = "SUBMITTED" // an abstention is one, too
)

// Duty is an official's duty to review a colleague.
type Duty struct {
	ID       models.ID
	Official *models.Official
	Relation models.Relation
	State    DutyState
	Round    *models.ReviewRound
	Draft    *Sheet // nil: none is kept
}

// Submitted says whether the review has been handed in.
func (d *Duty) Submitted() bool { return d.State == DutySubmitted }

// DueOn is the last day on which it may be.
func (d *Duty) DueOn() models.Date { return d.Round.ClosesOn }

// dutyRow is an assignment with what its reviewer has done about it.
type dutyRow struct {
	models.ReviewAssignment
	Submitted bool
	Sealed    []byte
}

// state is how far the reviewer has come.
func (r *dutyRow) state() DutyState {
	switch {
	case r.Submitted:
		return DutySubmitted
	case len(r.Sealed) > 0:
		return DutyDraft
	}
	return DutyOpen
}

// Mine returns the actor's duties in the rounds that are open today, behind a given
// one; those that are due first come first.
func (s *Service) Mine(ctx context.Context, actor auth.Actor, first int, after *models.ID) ([]*Duty, error) {
	if actor.OfficialID == nil {
		return []*Duty{}, nil
	}
	db, today := s.Store.Read(ctx), s.today()
	query := db.Table("review_assignments AS a").
		Select("a.*, d.sealed, EXISTS (SELECT 1 FROM review_claims c WHERE c.assignment_id = a.id) AS submitted").
		Joins("JOIN review_rounds r ON r.id = a.round_id").
		Joins("LEFT JOIN review_drafts d ON d.assignment_id = a.id").
		Where("a.reviewer_id = ? AND r.state = ? AND r.opens_on <= ? AND r.closes_on >= ?", *actor.OfficialID, models.RoundOpen, today, today)
	if after != nil {
		const place = "(SELECT r.closes_on FROM review_assignments a JOIN review_rounds r ON r.id = a.round_id WHERE a.id = ? AND a.reviewer_id = ?)"
		query = query.Where("r.closes_on > "+place+" OR r.closes_on = "+place+" AND a.id > ?",
			*after, *actor.OfficialID, *after, *actor.OfficialID, *after)
	}
	var rows []dutyRow
	if err := query.Order("r.closes_on, a.id").Limit(first).Scan(&rows).Error; err != nil {
		return nil, err
	}
	return s.duties(ctx, rows)
}

// duties fetches what hangs on the rows, each noun once.
func (s *Service) duties(ctx context.Context, rows []dutyRow) ([]*Duty, error) {
	db := s.Store.Read(ctx)
	people, rounds := make([]models.ID, len(rows)), make([]models.ID, len(rows))
	for i, r := range rows {
		people[i], rounds[i] = r.OfficialID, r.RoundID
	}
	officials, err := store.ByID(db, people, func(o *models.Official) models.ID { return o.ID })
	if err != nil {
		return nil, err
	}
	byID, err := store.ByID(db, rounds, func(r *models.ReviewRound) models.ID { return r.ID })
	if err != nil {
		return nil, err
	}
	duties := make([]*Duty, len(rows))
	for i, r := range rows {
		d := &Duty{ID: r.ID, Official: officials[r.OfficialID], Relation: r.Relation, State: r.state(), Round: byID[r.RoundID]}
		if d.State == DutyDraft {
			if d.Draft, err = s.open(d.Round.OpensOn.Year(), r.ID, r.Sealed); err != nil {
				return nil, err
			}
		}
		duties[i] = d
	}
	return duties, nil
}
