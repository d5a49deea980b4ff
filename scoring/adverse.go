package scoring

import "math"

// decisions are what the model of satisfaction makes of ratings that answer a decision
// against the resident. Nil: so few are marked that nothing can be told of them.
type decisions struct {
	column []float64 // by rating: what part of it counts as marked, from 0 to 1
	marks  []int32   // by posting
	part   []float64 // by posting: what part of each of its marks counts
}

const (
	// marksAbove is by how many standard deviations an official's share of marks may
	// lie above what colleagues of the same services have before marks count in part.
	marksAbove = 1.5
	// leastMarked is the least number of ratings by which the spread of officials is seen.
	leastMarked = leastPieces
)

// decisions reads the marks. An official marks encounters alone, and who marked
// whatever goes badly would be paid for it: so no more marks count than are usual among
// colleagues of the same services, whatever the ratings say.
//
// Of an official's n ratings of a service of which others have K marks in N, the number
// expected is n·π, π = (K + ½)/(N + 1), with variance nπ(1 − π)(1 + n/N). Summed over the
// official's services they give a standard score; centre and spread of all officials'
// scores are seen robustly, as in [UnusualShares]. Marks beyond centre + [marksAbove]
// spreads make each of the official's marks count in part, so that together they count as
// that number; or as the number that a person has found right ([Posting].Cleared), where
// that is larger. A unit that marks everything together gains nothing either: the effect
// of its services rises by as much.
func (r *run) decisions(mix cells) *decisions {
	t := &r.ev.Ratings
	if t.Adverse == nil || !r.tellsDecisions() {
		return nil
	}
	usual := r.usualMarks(mix)
	d := &decisions{column: make([]float64, len(t.Posting)), marks: usual.marks, part: filled(len(r.ev.Postings), 1)}
	for p := range d.part {
		if k := float64(d.marks[p]); k > 0 && r.without != ChoiceAttack {
			most := max(usual.most(p), float64(r.ev.Postings[p].clearedMarks()), 0)
			d.part[p] = min(1, most/k)
		}
	}
	for i, p := range t.Posting {
		if t.Adverse[i] {
			d.column[i] = d.part[p]
		}
	}
	return d
}

// tellsDecisions says whether marked and unmarked ratings are cells that the policy
// would not merge.
func (r *run) tellsDecisions() bool {
	t := &r.ev.Ratings
	index := make([]int32, len(t.Adverse))
	for i, marked := range t.Adverse {
		index[i] = int32(boolFloat(marked))
	}
	items, people := r.countCells(index, t.Posting, 2)
	for c := range items {
		if items[c] < r.policy.MinimumCellItems || people[c] < r.policy.MinimumCellOfficials {
			return false
		}
	}
	return true
}

// usualMarks is how many marks are usual.
type usualMarks struct {
	marks          []int32   // by posting
	expected       []float64 // by posting
	variance       []float64
	centre, spread float64 // of the standard scores
}

func (r *run) usualMarks(mix cells) *usualMarks {
	t, n := &r.ev.Ratings, len(r.ev.Postings)
	u := &usualMarks{marks: make([]int32, n), expected: make([]float64, n), variance: make([]float64, n), spread: 1}
	all := make([]Tally, mix.levels)
	for i, c := range mix.index {
		all[c].Of++
		all[c].Hits += int32(boolFloat(t.Adverse[i]))
	}
	own, first := make([]Tally, mix.levels), starts(n, t.Posting) // ratings stand by posting
	var scores []float64
	for p := range n {
		rows := mix.index[first[p]:first[p+1]]
		for i, c := range rows {
			hit := int32(boolFloat(t.Adverse[int(first[p])+i]))
			own[c].Of++
			own[c].Hits += hit
			u.marks[p] += hit
		}
		for _, c := range rows {
			if own[c].Of > 0 {
				expected, variance := own[c].usual(all[c])
				u.expected[p] += expected
				u.variance[p] += variance
				own[c] = Tally{}
			}
		}
		if len(rows) >= leastMarked {
			scores = append(scores, (float64(u.marks[p])-u.expected[p])/math.Sqrt(u.variance[p]))
		}
	}
	if len(scores) > leastColleagues {
		tail := newTail(scores)
		u.centre, u.spread = tail.centre, tail.spread
	}
	return u
}

// usual is how many hits a tally would have with the share of the others, of whom all
// are counted with it, and the variance of that number.
func (t Tally) usual(all Tally) (expected, variance float64) {
	n, others := float64(t.Of), float64(all.Of-t.Of)
	share := (float64(all.Hits-t.Hits) + 0.5) / (others + 1)
	return float64(n * share), float64(n*share*(1-share)) * (1 + n/max(others, 1))
}

// most is the number of a posting's marks beyond which they count in part.
func (u *usualMarks) most(p int) float64 {
	return u.expected[p] + float64((u.centre+float64(marksAbove*u.spread))*math.Sqrt(u.variance[p]))
}

// clearedMarks is how many marks a person has found right.
func (p *Posting) clearedMarks() (most int32) {
	for _, f := range p.Cleared {
		if f.Flag == FlagOftenAdverse {
			most = max(most, f.Count)
		}
	}
	return most
}

// explainDecisions shows what the marks did to each posting; slope is what a decision
// against the resident does to a rating. What marks beyond the usual number would have
// brought is moved from the case mix to the step of attacks, and under both stands a
// piece of evidence.
func (r *run) explainDecisions(in *indicator, d *decisions, weight []float64, slope float64) {
	t, n := &r.ev.Ratings, len(d.part)
	marked, all, counted := make([]float64, n), make([]float64, n), filled(n, nan)
	for i, p := range t.Posting {
		all[p] += weight[i]
		if t.Adverse[i] {
			marked[p] += weight[i]
		}
	}
	for p, part := range d.part {
		if all[p] > 0 {
			counted[p] = float64(part*marked[p]) / all[p]
		}
	}
	usual := make([]float64, r.groups.count())
	for g := range usual {
		usual[g] = r.groups.mean(g, counted)
	}
	for p, part := range d.part {
		if marked[p] == 0 || all[p] == 0 {
			continue
		}
		piece := Piece{Source: PieceDecision, Kind: None, N: d.marks[p], Value: slope, Weight: float64(part * marked[p])}
		piece.Effect = -float64(slope * (counted[p] - usual[r.groups.of[p]]))
		in.pieces[PartCaseMix][p].add(piece)
		withheld := float64(slope*(1-part)) * marked[p] / all[p]
		in.attack[p] += withheld
		in.caseMix[p] -= withheld
		piece.Weight, piece.Effect = float64((1-part)*marked[p]), withheld
		in.pieces[PartAttack][p].add(piece)
	}
}
