package reviews

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/privacy"
)

// What each grade is worth in a score of 0 to 100; INCOMPETENT is worth nothing.
const (
	excellentPoints          = 100
	competentPoints          = 80
	basicallyCompetentPoints = 60
)

// Shares are the shares of the grades among those who did not abstain, 0 to 1.
type Shares struct {
	VoterClass                                            *models.VoterClass // nil: all classes that are shown, weighted
	Excellent, Competent, BasicallyCompetent, Incompetent float64
}

// Score is the mean of the grades' points, 0 to 100.
func (s *Shares) Score() float64 {
	return float64(excellentPoints*s.Excellent) + float64(competentPoints*s.Competent) + float64(basicallyCompetentPoints*s.BasicallyCompetent)
}

// Appraised is what became of one official in an appraisal.
type Appraised struct {
	Official *models.Official
	Classes  []*Shares // of each class with enough voters
	Weighted *Shares   // nil: no class has enough
}

// AppraisalResults counts a round that is over, once all of its ballots are released:
// for each official the shares of grades by class of voters. A class in which fewer than
// the threshold graded an official is not shown for them, and enters nothing that is: no
// figure that is shown leads to one that is not.
func (s *Service) AppraisalResults(ctx context.Context, actor auth.Actor, id models.ID) ([]*Appraised, error) {
	db := s.Store.Read(ctx)
	round, _, err := s.roundInScope(db, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.sealed(db, round, &models.AppraisalBallot{}); err != nil {
		return nil, err
	}
	officials, err := formOf(db, id)
	if err != nil {
		return nil, err
	}
	var ballots []models.AppraisalBallot
	if err := db.Where("round_id = ?", id).Find(&ballots).Error; err != nil {
		return nil, err
	}
	counts := map[models.ID]map[models.VoterClass]map[models.AppraisalGrade]int{}
	for _, o := range officials {
		counts[o.ID] = map[models.VoterClass]map[models.AppraisalGrade]int{}
		for _, class := range models.VoterClasses {
			counts[o.ID][class] = map[models.AppraisalGrade]int{}
		}
	}
	for _, b := range ballots {
		for _, m := range b.Marks {
			if of := counts[m.OfficialID]; of != nil {
				of[b.VoterClass][m.Grade]++
			}
		}
	}
	weights, err := weightsOf(db, round.TemplateID)
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholds(db, round)
	if err != nil {
		return nil, err
	}
	out := make([]*Appraised, len(officials))
	for i, o := range officials {
		if out[i], err = appraised(o, counts[o.ID], weights, thresholds); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sealed refuses to count a round that is not over, or of which answers still wait for
// their release: what is counted twice, with and without the last ones, tells these.
func (s *Service) sealed(db *gorm.DB, round *models.ReviewRound, record any) error {
	running := &models.Error{Code: models.CodeIllegalState, Field: "roundId", Key: models.KeyRoundRunning}
	if !round.Over(s.today()) {
		return running
	}
	var waiting int64
	if err := db.Model(record).Where("round_id = ? AND released = ?", round.ID, false).Count(&waiting).Error; err != nil {
		return err
	}
	if waiting > 0 {
		return running
	}
	return nil
}

// appraised shows what may be shown of one official. What the classes weigh is divided
// by the sum of those that are shown: a class without enough voters is left out, and
// never a zero.
func appraised(o *models.Official, counts map[models.VoterClass]map[models.AppraisalGrade]int, weights models.ClassWeights, thresholds privacy.Thresholds) (*Appraised, error) {
	voters := make([]int, len(models.VoterClasses))
	for i, class := range models.VoterClasses {
		for _, n := range counts[class] {
			voters[i] += n
		}
	}
	shown, err := privacy.Suppress(voters, nil, thresholds.Figures)
	if err != nil {
		return nil, err
	}
	out := &Appraised{Official: o}
	all, total := &Shares{}, 0.0
	for i, class := range models.VoterClasses {
		if shown[i] != privacy.Show {
			continue
		}
		of := counts[class]
		share := func(g models.AppraisalGrade) float64 { return float64(of[g]) / float64(voters[i]) }
		one := &Shares{VoterClass: &class}
		one.add(1, share)
		weight := float64(weights.Of(class)) / 100
		all.add(weight, share)
		total += weight
		out.Classes = append(out.Classes, one)
	}
	if total > 0 {
		all.divide(total)
		out.Weighted = all
	}
	return out, nil
}

// add adds weighted shares.
func (s *Shares) add(weight float64, share func(models.AppraisalGrade) float64) {
	s.Excellent += float64(weight * share(models.AppraisalExcellent))
	s.Competent += float64(weight * share(models.AppraisalCompetent))
	s.BasicallyCompetent += float64(weight * share(models.AppraisalBasicallyCompetent))
	s.Incompetent += float64(weight * share(models.AppraisalIncompetent))
}

// divide makes weighted sums means.
func (s *Shares) divide(by float64) {
	s.Excellent /= by
	s.Competent /= by
	s.BasicallyCompetent /= by
	s.Incompetent /= by
}
