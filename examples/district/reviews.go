package district

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// review is one reviewer's mark on one dimension.
type review struct {
	official            int
	reviewer            string
	relation, dimension string
	score               int
	at                  time.Time
}

var dimensions = []string{"MORALITY", "ABILITY", "DILIGENCE", "ACHIEVEMENT", "INTEGRITY"}

// dimensionMean is the usual mark on each dimension, in the order of dimensions.
var dimensionMean = []float64{4.2, 3.8, 4.0, 3.7, 4.3}

// districtLeaders review across the units, which ties the units together.
const districtLeaders = 6

// reviewing is the one round of the year, in December.
type reviewing struct {
	w        *world
	d        dice
	severity map[string]float64
	circle   map[string]bool // the ids of the clique
}

// makeReviews lets superiors, colleagues of the same unit, colleagues of the same
// position elsewhere and some others mark everybody who is still in office.
func (w *world) makeReviews() {
	r := &reviewing{w: w, d: w.dice(6), severity: make(map[string]float64), circle: make(map[string]bool)}
	for _, o := range w.officials {
		r.circle[o.ID] = o.Story == StoryClique
	}
	for o := range w.officials {
		if w.careers[o].left > 0 {
			continue
		}
		p := w.last(o)
		if r.d.chance(0.95) {
			r.mark(o, "L-"+areaUnit(p.area), "SUPERIOR")
		}
		if r.d.chance(0.5) {
			r.mark(o, fmt.Sprintf("L-%s%d", rootUnit, r.d.between(1, districtLeaders)), "SUPERIOR")
		}
		for _, peer := range r.peers(o, p) {
			r.mark(o, w.officials[peer].ID, "PEER")
		}
		switch r.d.IntN(4) {
		case 0:
			r.mark(o, fmt.Sprintf("X%02d", r.d.between(1, 40)), "EXTERNAL")
		case 1:
			r.mark(o, fmt.Sprintf("A-%s-%d", areaUnit(p.area), r.d.between(1, 5)), "SUBORDINATE")
		}
		r.mark(o, w.officials[o].ID, "SELF")
	}
	slices.SortStableFunc(w.reviews, func(a, b review) int { return cmp.Compare(a.official, b.official) })
}

// peers draws two colleagues of the same area and two of the same position
// elsewhere; within the clique all its members review each other.
func (r *reviewing) peers(official int, p post) []int {
	var near, far, circle []int
	for o := range r.w.officials {
		q := r.w.last(o)
		switch {
		case o == official || r.w.careers[o].left > 0:
		case r.w.officials[official].Story == StoryClique && r.w.officials[o].Story == StoryClique:
			circle = append(circle, o)
		case q.area == p.area:
			near = append(near, o)
		case q.role == p.role:
			far = append(far, o)
		}
	}
	peers := circle
	for _, group := range [][]int{near, far} {
		r.d.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		peers = append(peers, group[:2]...)
	}
	return peers
}

// mark lets one reviewer mark one official on all dimensions but those on which
// the reviewer abstains.
func (r *reviewing) mark(official int, reviewer, relation string) {
	o := r.w.officials[official]
	if _, met := r.severity[reviewer]; !met {
		r.severity[reviewer] = r.d.normal(0.4)
	}
	at, ok := r.w.year.office(r.d, r.w.year.day(12, r.d.between(8, 19)))
	if !ok {
		return
	}
	pair := r.d.normal(0.3)
	for i, dimension := range dimensions {
		if r.d.chance(0.03) {
			continue // has not seen this side of the colleague's work
		}
		opinion := dimensionMean[i] + lean(0.4, o.Quality, 0.35, o.Visibility) - r.severity[reviewer] + pair + r.d.normal(0.4)
		switch {
		case relation == "SELF":
			opinion += 0.6
		case r.circle[reviewer] && o.Story == StoryClique:
			opinion = 5
		case r.circle[reviewer]:
			opinion -= 0.9
		}
		score := min(max(int(math.Round(opinion)), 1), 5)
		r.w.reviews = append(r.w.reviews, review{official, reviewer, relation, dimension, score, at})
	}
}
