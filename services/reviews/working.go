package reviews

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/pairing"
	"steelyard/store"
)

// working is who works with whom.
type working struct {
	pairing.Organisation
	officials []*models.Official // by number
}

// maxHands is how many officials of one case are taken to have worked together: a case
// that went through more was passed on, not worked on.
const maxHands = 8

// whoWorks reads who is in office during a round, and who shared cases in the cycle's
// period.
func (s *Service) whoWorks(ctx context.Context, cycle *models.Cycle, round *models.ReviewRound) (*working, error) {
	db := s.Store.Read(ctx)
	w := &working{}
	err := db.Scopes(store.InScope("unit_id", &cycle.UnitID)).
		Where("(active_from IS NULL OR active_from <= ?) AND (active_to IS NULL OR active_to >= ?)", round.ClosesOn, round.OpensOn).
		Order(s.Store.Dialect().ByteOrder("ref")).Find(&w.officials).Error
	if err != nil {
		return nil, err
	}
	number := make(map[models.ID]int32, len(w.officials))
	for i, o := range w.officials {
		number[o.ID] = int32(i)
	}
	if err := w.place(db, cycle.UnitID, s.Store.Dialect().ByteOrder("ref")); err != nil {
		return nil, err
	}
	forbidden, err := conflicts(db)
	if err != nil {
		return nil, err
	}
	w.Apart = func(a, b int32) bool { return forbidden[[2]models.ID{w.officials[a].ID, w.officials[b].ID}] }
	from, to := cycle.Period().From.Start(s.Zone), cycle.Period().To.AddDays(1).Start(s.Zone)
	rows, err := db.Table("case_events").Select("case_id, from_official_id, to_official_id").
		Where("at >= ? AND at < ? AND (from_official_id IS NOT NULL OR to_official_id IS NOT NULL)", from, to).
		Order("case_id, seq").Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hands := newHands(number)
	for rows.Next() {
		var step struct {
			CaseID                       models.ID
			FromOfficialID, ToOfficialID *models.ID
		}
		if err := db.ScanRows(rows, &step); err != nil {
			return nil, err
		}
		hands.step(step.CaseID, step.FromOfficialID, step.ToOfficialID)
	}
	hands.end()
	w.Shared = hands.work
	return w, rows.Err()
}

// place puts everybody into the tree of units.
func (w *working) place(db *gorm.DB, top models.ID, order string) error {
	var units []models.OrgUnit
	if err := db.Scopes(store.InScope("id", &top)).Order(order).Find(&units).Error; err != nil {
		return err
	}
	number := make(map[models.ID]int32, len(units))
	for i, u := range units {
		number[u.ID] = int32(i)
	}
	w.Parent = make([]int32, len(units))
	for i, u := range units {
		w.Parent[i] = -1
		if u.ParentID != nil && u.ID != top {
			w.Parent[i] = number[*u.ParentID]
		}
	}
	posts := map[models.ID]int32{}
	w.People = make([]pairing.Person, len(w.officials))
	for i, o := range w.officials {
		if _, known := posts[o.PositionID]; !known {
			posts[o.PositionID] = int32(len(posts))
		}
		w.People[i] = pairing.Person{Unit: number[o.UnitID], Position: posts[o.PositionID]}
	}
	return nil
}

// hands gathers who had the same cases in hand. Steps come case by case.
type hands struct {
	number map[models.ID]int32
	at     map[[2]int32]int // by pair: where in work
	work   []pairing.Work

	current models.ID
	people  []int32
}

func newHands(number map[models.ID]int32) *hands {
	return &hands{number: number, at: map[[2]int32]int{}}
}

// step notes a step of a case.
func (h *hands) step(id models.ID, officials ...*models.ID) {
	if id != h.current {
		h.end()
		h.current = id
	}
	for _, official := range officials {
		if official == nil {
			continue
		}
		if n, known := h.number[*official]; known && !slices.Contains(h.people, n) {
			h.people = append(h.people, n)
		}
	}
}

// end counts the case for every pair of those who had it.
func (h *hands) end() {
	if len(h.people) <= maxHands {
		for i, a := range h.people {
			for _, b := range h.people[i+1:] {
				pair := [2]int32{min(a, b), max(a, b)}
				at, known := h.at[pair]
				if !known {
					at = len(h.work)
					h.at[pair] = at
					h.work = append(h.work, pairing.Work{A: pair[0], B: pair[1]})
				}
				h.work[at].Cases++
			}
		}
	}
	h.people = h.people[:0]
}

// roundInScope is a round of a cycle whose unit lies within the scope of an officer,
// and its cycle.
func (s *Service) roundInScope(db *gorm.DB, actor auth.Actor, id models.ID) (*models.ReviewRound, *models.Cycle, error) {
	if !actor.Is(models.RoleHR, models.RoleAuditor) {
		return nil, nil, models.AtField("roundId", models.NotFound("ReviewRound"))
	}
	round, err := store.Take[models.ReviewRound](db.Where("id = ?", id), "ReviewRound")
	if err != nil {
		return nil, nil, models.AtField("roundId", err)
	}
	cycle, err := store.Take[models.Cycle](db.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", round.CycleID), "ReviewRound")
	return round, cycle, models.AtField("roundId", err)
}
