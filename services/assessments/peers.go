package assessments

import (
	"context"
	"math"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// PeerComparison is an official beside the peer group of the same run.
type PeerComparison struct {
	Officials int // of the group, those with a composite
	Figures   []*PeerFigure
}

// PeerFigure is one figure of an official beside those of the others in the group.
type PeerFigure struct {
	Component    *models.ScoreComponent // nil: the composite
	Value        *models.Score          // the official's own; nil: none
	Others       int
	Mean, Spread models.Score // of the others: their mean and standard deviation
}

// group is a peer group of a run.
type group struct {
	run  models.ID
	peer models.PeerGroup
}

// sums are the moments of a figure over a group.
type sums struct {
	n          int
	sum, power float64 // of what lies above 50, the scale's middle, and of its square
}

const middle = 50

func (s *sums) add(x *models.Score, sign float64) {
	if x == nil {
		return
	}
	d := float64(*x) - middle
	s.n += int(sign)
	s.sum += sign * d
	s.power += float64(sign * float64(d*d))
}

// PeersByAssessments sets assessments that the actor may see beside their peer groups, by
// assessment: the group of the whole run, within which they are ranked. A figure is left
// out where fewer others have it than the privacy threshold, or where some of them, but
// fewer than that, are hidden from the actor: the others' figures, which the actor
// sees, would tell theirs. A comparison without any is nil. Quantiles are not shown: in a
// small group they are somebody's.
func (s *Service) PeersByAssessments(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*PeerComparison, error) {
	rows, err := s.ByIDs(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	known := map[group]moments{}
	out := make(map[models.ID]*PeerComparison, len(rows))
	for id, a := range rows {
		of := group{a.RunID, a.PeerGroup}
		sums, there := known[of]
		if !there {
			if sums, err = s.moments(ctx, actor, of); err != nil {
				return nil, err
			}
			known[of] = sums
		}
		out[id] = beside(a, sums)
	}
	return out, nil
}

// figuresOfPeers are what is compared: the composite, and each component.
const figuresOfPeers = 1 + 4

// moments are a group's sums, the composite first, then each component; seen are those
// of whom the actor sees.
type moments struct {
	all, seen  [figuresOfPeers]sums
	thresholds privacy.Thresholds
}

func (s *Service) moments(ctx context.Context, actor auth.Actor, of group) (m moments, err error) {
	if m.all, err = s.sumsOf(ctx, of, func(db *gorm.DB) *gorm.DB { return db }); err != nil {
		return m, err
	}
	if m.seen, err = s.sumsOf(ctx, of, visible(actor)); err != nil {
		return m, err
	}
	db := s.Store.Read(ctx)
	run, err := store.Take[models.AssessmentRun](db.Where("id = ?", of.run), "AssessmentRun")
	if err != nil {
		return m, err
	}
	m.thresholds, err = s.thresholds(db, run.PolicyID)
	return m, err
}

// sumsOf adds up those of a group whom a scope leaves.
func (s *Service) sumsOf(ctx context.Context, of group, whom func(*gorm.DB) *gorm.DB) (total [figuresOfPeers]sums, err error) {
	for after := -1; ; {
		var page []models.Assessment
		err := s.Store.Read(ctx).Scopes(whom).Select("sort_order, composite, components").
			Where("run_id = ? AND peer_group = ? AND sort_order > ?", of.run, of.peer, after).
			Order("sort_order").Limit(filePage).Find(&page).Error
		if err != nil {
			return total, err
		}
		for i := range page {
			for f, x := range figuresOfAssessment(&page[i]) {
				total[f].add(x, 1)
			}
		}
		if len(page) < filePage {
			return total, nil
		}
		after = page[len(page)-1].SortOrder
	}
}

// figuresOfAssessment are what is compared of an assessment.
func figuresOfAssessment(a *models.Assessment) [figuresOfPeers]*models.Score {
	out := [figuresOfPeers]*models.Score{a.Composite}
	for c, name := range models.ScoreComponents {
		out[1+c] = a.Component(name).Value
	}
	return out
}

// beside sets an assessment beside the others of its group.
func beside(a *models.Assessment, of moments) *PeerComparison {
	out := &PeerComparison{Officials: of.all[0].n}
	for f, own := range figuresOfAssessment(a) {
		others := of.all[f]
		others.add(own, -1)
		hidden := of.all[f].n - of.seen[f].n
		if !of.thresholds.ShowsFigure(others.n) || hidden > 0 && !of.thresholds.ShowsFigure(hidden) {
			continue
		}
		n := float64(others.n)
		mean := others.sum / n
		figure := &PeerFigure{
			Value: own, Others: others.n, Mean: models.Score(middle + mean),
			Spread: models.Score(math.Sqrt(max(others.power/n-float64(mean*mean), 0))),
		}
		if f > 0 {
			figure.Component = &models.ScoreComponents[f-1]
		}
		out.Figures = append(out.Figures, figure)
	}
	if len(out.Figures) == 0 {
		return nil
	}
	return out
}
