package simulate

import (
	"math"

	"steelyard/scoring"
)

// reviewer is who reviews: an official of the group or somebody who is not
// assessed.
type reviewer struct {
	number   int32
	person   int32 // the official, or None
	relation scoring.Relation
	severity float64
}

// drawReviews lets colleagues, superiors and subordinates review each official;
// circles of friends review one another first, and favourably. The oracle knows
// the circles and what they add.
func (s *Sample) drawReviews() {
	r := s.stream("reviews")
	st := &s.structure
	circle := s.drawCircles(r)
	severity := make([]float64, len(s.officials))
	for i := range severity {
		severity[i] = r.normal(st.reviewSeverity)
	}
	next := int32(len(s.officials))
	above, below := s.outsiders(r, &next, scoring.RelationSuperior), s.outsiders(r, &next, scoring.RelationSubordinate)
	for i := range s.officials {
		g := s.officials[i].group
		met := map[int32]bool{int32(i): true}
		for n := 0; n < s.World.Reviewers; n++ {
			var by reviewer
			switch x := r.Float64(); {
			case n == 0 || x < 0.15:
				by = above[g][r.IntN(len(above[g]))]
			case x < 0.25:
				by = below[g][r.IntN(len(below[g]))]
			default:
				j := s.colleague(r, i, circle)
				by = reviewer{number: int32(j), person: int32(j), relation: scoring.RelationPeer, severity: severity[j]}
			}
			if met[by.number] {
				n--
				continue
			}
			met[by.number] = true
			favour := 0.0
			if by.person != scoring.None && circle[i] > 0 && circle[by.person] == circle[i] {
				favour = st.favour
			}
			s.review(r, i, by, favour)
		}
		if r.chance(0.5) {
			self := reviewer{number: int32(i), person: int32(i), relation: scoring.RelationSelf}
			s.addReview(r, i, self, func(int) uint8 { return min(5, 4+uint8(r.IntN(2))) })
		}
	}
}

// drawCircles numbers circles of three to six officials of one group; 0 is in
// none.
func (s *Sample) drawCircles(r stream) []int {
	circle := make([]int, len(s.officials))
	left := int(s.structure.cliques * float64(len(s.officials)))
	for n := 1; left > 2; n++ {
		size := min(left, 3+r.IntN(4))
		left -= size
		g := r.IntN(len(s.structure.groupSizes))
		for tries := 0; size > 0 && tries < 20*len(s.officials); tries++ {
			i := r.IntN(len(s.officials))
			if s.officials[i].group == g && circle[i] == 0 {
				circle[i] = n
				size--
			}
		}
	}
	return circle
}

// outsiders are reviewers of a group who are not assessed themselves.
func (s *Sample) outsiders(r stream, next *int32, relation scoring.Relation) [][]reviewer {
	by := make([][]reviewer, len(s.structure.groupSizes))
	for g, size := range s.structure.groupSizes {
		for range max(4, size/6) {
			by[g] = append(by[g], reviewer{
				number: *next, person: scoring.None, relation: relation, severity: r.normal(s.structure.reviewSeverity),
			})
			*next++
		}
	}
	return by
}

// colleague draws a peer of the same group: a friend where there are friends,
// half of the time.
func (s *Sample) colleague(r stream, i int, circle []int) int {
	friendly := circle[i] > 0 && r.chance(0.5)
	for tries := 0; ; tries++ {
		j := r.IntN(len(s.officials))
		if j == i || s.officials[j].group != s.officials[i].group {
			continue
		}
		if friendly && circle[j] != circle[i] && tries < 50*len(s.officials) {
			continue
		}
		return j
	}
}

// review draws the five scores of one reviewer; what the pair thinks of each
// other beyond the work is noise that the five share.
func (s *Sample) review(r stream, i int, by reviewer, favour float64) {
	st := &s.structure
	pair := r.normal(st.pair)
	a, group := st.effect[strandReviews], st.groupEffect[strandReviews][s.officials[i].group]
	var seen curve
	s.addReview(r, i, by, func(d int) uint8 {
		known := reviewCentre + by.severity + favour + st.dimension[d] + st.relation[by.relation]
		score := st.review.mark(r, s.u(i, strandReviews)+known+pair)
		seen.add(func(t float64) float64 { return math.Log(st.review.share(score, group+a*t+known)) })
		return score
	})
	seen = seen.smoothed(st.pair / a)
	for x := range seen {
		s.curves[i][strandReviews][x] += seen[x]
	}
}

// reviewCentre is the usual score.
const reviewCentre = 3.5

func (s *Sample) addReview(r stream, i int, by reviewer, score func(dimension int) uint8) {
	t := &s.Evidence.Reviews
	day := periodTo - scoring.Day(r.IntN(45))
	for d := range s.structure.dimension {
		t.Posting = append(t.Posting, int32(i))
		t.Reviewer = append(t.Reviewer, by.number)
		t.ReviewerPerson = append(t.ReviewerPerson, by.person)
		t.Relation = append(t.Relation, by.relation)
		t.Dimension = append(t.Dimension, scoring.Dimension(d))
		t.Score = append(t.Score, score(d))
		t.Day = append(t.Day, day)
	}
}
