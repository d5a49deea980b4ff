package scoring

import "math"

// SheetLine is what a sheet says of one posting: what is needed to follow its
// composite, rank and proposed grade from the estimates and the policy.
type SheetLine struct {
	Unit, Position string
	PeerGroup      string
	Disconnected   bool // no shared cell or rater compares the official with the group
	Components     [Components]ComponentScore
	Chance         float64 // see [Assessment].Chance
	Unsure         bool    // too little reliability for a grade
}

// Followed is what follows of one posting.
type Followed struct {
	Status    Status
	Weight    [Components]float64
	Composite float64 // NaN without one
	Rank      int32   // 0 without one
	Grade     Grade
	// Bounded says that a component stands at 0 or 100, where it was cut off: the
	// composite is then only as near as what was cut off.
	Bounded bool
}

// Recompute follows status, weights, composite and rank of whole peer groups from
// their component estimates under a policy: the step of [Assess] behind the models.
//
//	composite = Σ weight · value over the components that count, between 0 and 100
//	weight    = the policy's, shared out over those of the group, then over those that count
//
// Of a component it takes Value, N and Counts; a component below the policy's
// minimum never counts. Of quotas it takes the size, from which the policy's share makes
// the places that the chances are held to. Intervals, and the chances, rest on the joint
// distribution of all components, which estimates alone do not hold.
func Recompute(lines []SheetLine, quotas []Quota, policy Policy) []Followed {
	postings := make([]Posting, len(lines))
	for i := range lines {
		postings[i].PeerGroup = lines[i].PeerGroup
	}
	r := &run{ev: &Evidence{Postings: postings}, policy: policy, groups: newGroups(postings), flags: make([]flagSet, len(lines))}
	n, groups := len(lines), r.groups.count()
	c := &composed{standing: make([]standing, n), nominal: make([][Components]float64, groups)}
	for i := range lines {
		if lines[i].Disconnected {
			r.flags[i].add(FlagDisconnected)
		}
		for k := range Components {
			rule, score := policy.Rule(k), &lines[i].Components[k]
			c.standing[i].counts[k] = score.Counts && score.N >= rule.MinimumN && rule.Weight > 0
		}
	}
	out, composites, ranks := make([]Followed, n), filled(n, math.NaN()), make([]int32, n)
	for g, members := range r.groups.members {
		r.weighGroup(g, members, c)
		var ranked []int32
		for _, i := range members {
			out[i] = followed(&lines[i], &c.standing[i])
			composites[i] = out[i].Composite
			if c.standing[i].ranked {
				ranked = append(ranked, i)
			}
		}
		rankInto(ranked, composites, make([]valued, len(ranked)), ranks)
	}
	for i := range out {
		out[i].Rank = ranks[i]
	}
	for _, q := range quotas {
		gradeUnit(lines, out, q.Unit, q.Position, Places(policy.ExcellentShare, q.Size))
	}
	return out
}

// gradeUnit follows the proposals of one unit and class of staff.
func gradeUnit(lines []SheetLine, out []Followed, unit, position string, places int) {
	var at []int
	var chance []float64
	var unsure []bool
	for i := range lines {
		if l := &lines[i]; l.Unit == unit && l.Position == position && !math.IsNaN(l.Chance) {
			at, chance, unsure = append(at, i), append(chance, l.Chance), append(unsure, l.Unsure)
		}
	}
	for k, grade := range proposals(chance, unsure, places) {
		out[at[k]].Grade = grade
	}
}

func followed(e *SheetLine, s *standing) Followed {
	f := Followed{Status: s.status, Weight: s.weight, Composite: math.NaN()}
	if s.status == InsufficientEvidence {
		return f
	}
	sum := 0.0
	for k := range Components {
		if !s.counts[k] {
			continue
		}
		value := e.Components[k].Value
		f.Bounded = f.Bounded || value <= 0 || value >= 100
		sum += float64(s.weight[k] * value)
	}
	f.Composite = winsorise(sum)
	return f
}
