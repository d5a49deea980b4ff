package scoring

import (
	"cmp"
	"math"
)

// Quota is how many may be proposed for EXCELLENT in one appraising unit and
// class of staff: its share of those who can be graded, rounded down.
type Quota struct {
	Unit, Position string
	Size           int // the denominator: members who can be graded
	Places         int
}

// Places is how many of a class may be EXCELLENT: a share of its size, rounded
// down. The small term keeps a share that no binary number hits, as a fifth of 10,
// from losing a place.
func Places(share float64, size int) int { return int(float64(share*float64(size)) + 1e-9) }

const (
	// gradeSure is the probability of truly lying within the quota from which
	// EXCELLENT is proposed; from one minus that it is a boundary for people.
	gradeSure = 0.9
)

// grade proposes. An official is a candidate where the probability of truly being
// among the unit's best (as many as there are places) is above gradeSure; between
// that and its complement the grade is BOUNDARY and people choose. Nobody with
// too little reliability is proposed, and no low grade ever is.
func (r *run) grade(out *composed, d *drawn, list []Assessment) []Quota {
	order := sortedIndex(len(r.ev.Postings), func(a, b int32) int {
		return cmp.Or(cmp.Compare(r.ev.Postings[a].Unit, r.ev.Postings[b].Unit), cmp.Compare(r.ev.Postings[a].Position, r.ev.Postings[b].Position))
	})
	r.bestOfGroups(out, d)
	var quotas []Quota
	for start := 0; start < len(order); {
		first := &r.ev.Postings[order[start]]
		end := start
		for end < len(order) && r.ev.Postings[order[end]].Unit == first.Unit && r.ev.Postings[order[end]].Position == first.Position {
			end++
		}
		members := order[start:end]
		start = end
		quota := Quota{Unit: first.Unit, Position: first.Position}
		var candidates []int32
		for _, i := range members {
			if r.ev.Postings[i].Standing == StandingNotGraded {
				r.flags[i].add(FlagExcluded)
				continue
			}
			quota.Size++
			if r.ev.Postings[i].Standing == StandingNotExcellent {
				r.flags[i].add(FlagExcluded)
			} else if out.standing[i].ranked {
				candidates = append(candidates, i)
			}
		}
		quota.Places = Places(r.policy.ExcellentShare, quota.Size)
		quotas = append(quotas, quota)
		r.propose(candidates, quota.Places, d, list)
	}
	return quotas
}

// propose judges a unit's candidates for its places by the draws. Where there are
// places for all of them, because the others have no rank, what is left to compare
// with is the peer group: a candidate must lie among its best.
func (r *run) propose(candidates []int32, places int, d *drawn, list []Assessment) {
	inside := make([]float64, len(candidates))
	if places > 0 {
		drawn := make([]float64, len(candidates))
		for t := range d.draws {
			cut := math.Inf(-1)
			if places < len(candidates) {
				for at, i := range candidates {
					drawn[at] = d.values[t][i]
				}
				cut = nth(drawn, len(drawn)-places)
			}
			for at, i := range candidates {
				least := cut
				if places >= len(candidates) {
					least = d.best[t][r.groups.of[i]]
				}
				inside[at] += boolFloat(d.values[t][i] >= least) / float64(d.draws)
			}
		}
	}
	unsure := make([]bool, len(candidates))
	for at, i := range candidates {
		list[i].Chance = inside[at]
		if unsure[at] = list[i].Reliability < r.policy.MinimumReliability; unsure[at] {
			r.flags[i].add(FlagLowReliability)
		}
	}
	for at, grade := range proposals(inside, unsure, places) {
		list[candidates[at]].Grade = grade
	}
}

// proposals are the grades that follow from the candidates' chances, the surest first;
// unsure are those with too little reliability for any.
func proposals(chance []float64, unsure []bool, places int) []Grade {
	grades, proposed := make([]Grade, len(chance)), 0
	for _, at := range sortedIndex(len(chance), func(a, b int32) int { return cmp.Compare(chance[b], chance[a]) }) {
		switch {
		case unsure[at]:
		case chance[at] > gradeSure && proposed < places:
			grades[at] = GradeExcellent
			proposed++
		case chance[at] >= 1-gradeSure:
			grades[at] = GradeBoundary
		}
	}
	return grades
}

// bestOfGroups is, by draw and group, the value from which a member of the peer
// group lies among the policy's share of the best.
func (r *run) bestOfGroups(out *composed, d *drawn) {
	d.best = make([][]float64, d.draws)
	inStretches(d.draws, func(t int) {
		d.best[t] = make([]float64, r.groups.count())
		for g, members := range r.groups.members {
			values := make([]float64, 0, len(members))
			for _, i := range members {
				if out.standing[i].ranked {
					values = append(values, d.values[t][i])
				}
			}
			d.best[t][g] = math.Inf(1)
			if k := Places(r.policy.ExcellentShare, len(values)); k > 0 {
				d.best[t][g] = nth(values, len(values)-k)
			}
		}
	})
}
