package notify

import (
	"context"

	"steelyard/models"
)

// roundOfUnit is a round as one unit hears of it.
type roundOfUnit struct{ round, unit models.ID }

// rounds are what pairs of a round and a unit are told: everybody of the unit who was
// asked, in the order of their ids. It reads no ledger of who has handed in.
func (s *Service) rounds(ctx context.Context, rounds, units []models.ID) (map[roundOfUnit]*RoundMessage, error) {
	out := make(map[roundOfUnit]*RoundMessage, len(rounds))
	if len(rounds) == 0 {
		return out, nil
	}
	db := s.Store.Read(ctx)
	var known []models.ReviewRound
	if err := db.Where("id IN ?", rounds).Find(&known).Error; err != nil {
		return nil, err
	}
	byID := make(map[models.ID]*models.ReviewRound, len(known))
	for i := range known {
		byID[known[i].ID] = &known[i]
	}
	for i, id := range rounds {
		r := byID[id]
		out[roundOfUnit{id, units[i]}] = &RoundMessage{ID: id, Name: r.Name, DueOn: r.ClosesOn, Reviewers: []Asked{}}
	}
	var asked []struct {
		RoundID models.ID
		UnitID  models.ID
		Ref     string
		Sheets  int
	}
	err := db.Table("review_assignments AS a").Select("a.round_id, o.unit_id, o.ref, COUNT(*) AS sheets").
		Joins("JOIN officials o ON o.id = a.reviewer_id").Where("a.round_id IN ? AND o.unit_id IN ?", rounds, units).
		Group("a.round_id, o.unit_id, o.id, o.ref").Order("o.id").Scan(&asked).Error
	for _, a := range asked {
		if of := out[roundOfUnit{a.RoundID, a.UnitID}]; of != nil {
			of.Reviewers = append(of.Reviewers, Asked{a.Ref, a.Sheets})
		}
	}
	return out, err
}
