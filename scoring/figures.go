package scoring

// OutcomeFigures are what became of a posting's cases, counted as they are: they
// stand beside the outcomes component, which adjusts and shrinks. Withdrawn cases
// are in none of them.
type OutcomeFigures struct {
	Cases     int32 // held by the posting when they were last seen
	Confirmed int32 // the resident says solved
	Denied    int32 // the resident says not solved, whatever was claimed
	Silent    int32 // claimed RESOLVED or PARTLY_RESOLVED, the resident has not spoken
	Asked     int32 // the resident was asked
	Overdue   int32 // open at the end, past what they were allowed
	Open      int32 // open at the end, not yet due
	Rejected  int32 // not upheld above the unit

	// SilentRate is what a silent RESOLVED claim counts as solved, 0 to 1: the rate
	// at which this official's claims are confirmed, shrunk to the category's. NaN
	// without silent claims, or where nobody confirms anything.
	SilentRate float64
	// Solved is the share solved as cases count, 0 to 1; NaN without cases that count.
	Solved float64
	// InTime is the share within what the case was allowed, 0 to 1; NaN without any.
	InTime float64

	HandOvers int32 // needless, charged to this posting
	Reopened  int32 // had been called resolved by this posting
	Transfers int32 // as the sources count them: shown, never charged
}

// outcomeFigures counts, by posting.
func (r *run) outcomeFigures(o *outcomeRows) []OutcomeFigures {
	c := &r.ev.Cases
	out := make([]OutcomeFigures, len(r.ev.Postings))
	silent, solved := make([]tally, len(out)), make([]tally, len(out))
	for i := range c.ID {
		for _, p := range o.charged[i] {
			out[p].HandOvers++
		}
		for _, p := range o.reopened[i] {
			out[p].Reopened++
		}
		p := c.Posting[i]
		if p == None || c.Outcome[i] == OutcomeWithdrawn {
			continue
		}
		f := &out[p]
		f.Cases++
		f.Transfers += c.Transfers[i]
		f.Asked += boolInt(c.Asked[i] == Yes)
		if y := o.counted[i]; y == y {
			solved[p].add(y)
		}
		switch {
		case c.Confirmed[i] == Yes:
			f.Confirmed++
		case c.Confirmed[i] == No:
			f.Denied++
		case c.Outcome[i] == OutcomeResolved:
			f.Silent++
			if y := o.counted[i]; y == y {
				silent[p].add(y)
			}
		case c.Outcome[i] == OutcomePartlyResolved:
			f.Silent++
		case c.Outcome[i] == OutcomeRejected && !c.Upheld[i]:
			f.Rejected++
		case c.Outcome[i] == OutcomeOpen && o.overdue[i]:
			f.Overdue++
		case c.Outcome[i] == OutcomeOpen:
			f.Open++
		}
	}
	inTime := make([]tally, len(out))
	for i, p := range o.inTime.posting {
		inTime[p].add(o.inTime.y[i])
	}
	for p := range out {
		out[p].SilentRate, out[p].Solved, out[p].InTime = silent[p].mean(), solved[p].mean(), inTime[p].mean()
	}
	return out
}

// tally is a sum over so many.
type tally struct{ sum, n float64 }

func (t *tally) add(x float64) {
	t.sum += x
	t.n++
}

// mean is NaN of nothing.
func (t *tally) mean() float64 { return t.sum / t.n }

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// heldBy is whom a reopening is charged to: who had called the case resolved, or,
// where only a count tells of it, who held it last.
func heldBy(w *caseWork, count, last int32) []int32 {
	if len(w.reopened) == 0 && count > 0 && last != None {
		return []int32{last}
	}
	return w.reopened
}
