package reviews

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Turnout is how many voters of a class have voted. Where fewer than the threshold were
// given codes it says nothing; while the round runs, who has voted is counted in steps
// of the threshold, so that nobody is seen arriving.
type Turnout struct {
	VoterClass models.VoterClass
	Issued     int
	Voted      *int // nil: too few to say
}

// Turnout returns by class how many have voted in a round that the actor may see.
func (s *Service) Turnout(ctx context.Context, actor auth.Actor, round *models.ReviewRound) ([]*Turnout, error) {
	seen, err := s.Round(ctx, actor, round.ID)
	if err != nil || seen == nil {
		return []*Turnout{}, err
	}
	var rows []struct {
		VoterClass    models.VoterClass
		Issued, Voted int
	}
	err = s.Store.Read(ctx).Table("appraisal_codes AS a").
		Select("a.voter_class, COUNT(*) AS issued, COUNT(c.code_hash) AS voted").
		Joins("LEFT JOIN appraisal_claims c ON c.code_hash = a.code_hash").
		Where("a.round_id = ?", round.ID).Group("a.voter_class").Order("a.voter_class").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholds(s.Store.Read(ctx), round)
	if err != nil {
		return nil, err
	}
	out := make([]*Turnout, len(rows))
	for i, r := range rows {
		out[i] = &Turnout{VoterClass: r.VoterClass, Issued: r.Issued}
		if !thresholds.ShowsFigure(r.Issued) {
			continue
		}
		voted := r.Voted
		if !round.Over(s.today()) {
			voted -= voted % thresholds.Figures
		}
		out[i].Voted = &voted
	}
	return out, nil
}

// Comments returns a page of what the voters of a round wrote, behind a given one, once
// the round is over and all ballots and comments are released. There are none where
// fewer ballots were cast than comments need. They come in the order of their ids,
// which are random: it says nothing of when they came.
func (s *Service) Comments(ctx context.Context, actor auth.Actor, id models.ID, first int, after string) ([]*models.AppraisalComment, bool, error) {
	db := s.Store.Read(ctx)
	round, _, err := s.roundInScope(db, actor, id)
	if err != nil {
		return nil, false, err
	}
	for _, record := range []any{&models.AppraisalBallot{}, &models.AppraisalComment{}} {
		if err := s.sealed(db, round, record); err != nil {
			return nil, false, err
		}
	}
	query, err := behind(db.Where("round_id = ?", id), "id > ?", after)
	if err != nil {
		return nil, false, err
	}
	var ballots int64
	if err := db.Model(&models.AppraisalBallot{}).Where("round_id = ?", id).Count(&ballots).Error; err != nil {
		return nil, false, err
	}
	rows := []*models.AppraisalComment{}
	thresholds, err := s.thresholds(db, round)
	if err != nil {
		return nil, false, err
	}
	if !thresholds.ShowsComments(int(ballots)) {
		return rows, false, nil
	}
	err = query.Order("id").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}
