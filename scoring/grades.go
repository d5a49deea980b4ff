package scoring

import (
	"cmp"
	"slices"
)

// Quota is how many may be proposed for EXCELLENT in one appraising unit and
// class of staff: its share of those who can be graded, rounded down.
type Quota struct {
	Unit, Position string
	Size           int // the denominator: members who can be graded
	Places         int
}

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
		quota.Places = int(r.policy.ExcellentShare*float64(quota.Size) + 1e-9)
		quotas = append(quotas, quota)
		r.propose(candidates, quota.Places, d, list)
	}
	return quotas
}

func (r *run) propose(candidates []int32, places int, d *drawn, list []Assessment) {
	inside := make([]float64, len(candidates))
	if places > 0 && places < len(candidates) {
		sorted := make([]float64, len(candidates))
		for t := range d.draws {
			for at, i := range candidates {
				sorted[at] = d.values[t][i]
			}
			slices.Sort(sorted)
			cut := sorted[len(sorted)-places]
			for at, i := range candidates {
				inside[at] += boolFloat(d.values[t][i] >= cut) / float64(d.draws)
			}
		}
	}
	for at, i := range candidates {
		if list[i].Reliability < r.policy.MinimumReliability {
			r.flags[i].add(FlagLowReliability)
			continue
		}
		if places > 0 && places >= len(candidates) {
			inside[at] = 1
		}
		switch {
		case inside[at] > gradeSure:
			list[i].Grade = GradeExcellent
		case inside[at] >= 1-gradeSure:
			list[i].Grade = GradeBoundary
		}
	}
}
