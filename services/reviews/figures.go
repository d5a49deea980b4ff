package reviews

import (
	"steelyard/models"
	"steelyard/privacy"
)

// cellsOf are the cells of a dimension: the relations in [resultCells], and behind them
// their sum.
type cellsOf struct {
	n, sum []int
	shown  []bool
}

// figures shows what may be shown of the marks of an official in a round. A relation with
// fewer reviewers on a dimension than the threshold is withheld, and another with it where
// the sum would give it away. The dimensions hang together as well: an assessment's
// explanation has the plain mean of all marks. So the reviewers of the dimensions that are
// withheld are enough together, or none, and otherwise the dimension with the fewest is
// withheld with them.
func figures(marks []models.PeerReview, thresholds privacy.Thresholds) ([]*Figure, error) {
	cells, err := cellsByDimension(marks, thresholds)
	if err != nil {
		return nil, err
	}
	whole := len(resultCells)
	for hidden := reviewersHidden(marks, cells); hidden > 0 && hidden < thresholds.Figures; hidden = reviewersHidden(marks, cells) {
		var least *cellsOf
		for _, d := range models.Dimensions {
			if c := cells[d]; c.shown[whole] && (least == nil || c.n[whole] < least.n[whole]) {
				least = c
			}
		}
		if least == nil {
			break
		}
		clear(least.shown)
	}
	out := []*Figure{}
	for _, d := range models.Dimensions {
		for i, shown := range cells[d].shown {
			if !shown {
				continue
			}
			f := &Figure{Dimension: d, Reviewers: cells[d].n[i], Mean: float64(cells[d].sum[i]) / float64(cells[d].n[i])}
			if i < whole {
				f.Relation = &resultCells[i]
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// cellsByDimension counts the marks of each dimension, and says what of it may be shown by
// itself.
func cellsByDimension(marks []models.PeerReview, thresholds privacy.Thresholds) (map[models.Dimension]*cellsOf, error) {
	whole := len(resultCells)
	parts := make([]int, whole)
	for i := range parts {
		parts[i] = i
	}
	cells := map[models.Dimension]*cellsOf{}
	for _, d := range models.Dimensions {
		c := &cellsOf{n: make([]int, whole+1), sum: make([]int, whole+1), shown: make([]bool, whole+1)}
		for _, m := range marks {
			for i, relation := range resultCells {
				if m.Dimension == d && m.Relation == relation {
					c.n[i], c.sum[i] = c.n[i]+1, c.sum[i]+m.Score
					c.n[whole], c.sum[whole] = c.n[whole]+1, c.sum[whole]+m.Score
				}
			}
		}
		decisions, err := privacy.Suppress(c.n, []privacy.Sum{{Total: whole, Parts: parts}}, thresholds.Figures)
		if err != nil {
			return nil, err
		}
		for i, decision := range decisions {
			c.shown[i] = decision == privacy.Show
		}
		cells[d] = c
	}
	return cells, nil
}

// reviewersHidden counts the reviewers with a mark in a dimension of which the sum is
// withheld.
func reviewersHidden(marks []models.PeerReview, cells map[models.Dimension]*cellsOf) int {
	persons := map[string]bool{}
	for _, m := range marks {
		if c := cells[m.Dimension]; !c.shown[len(resultCells)] {
			persons[string(m.ReviewerKey)] = true
		}
	}
	return len(persons)
}
