package scoring

import "math"

// claimClass says how a case's outcome speaks of "solved".
type claimClass uint8

const (
	claimOut      claimClass = iota // not asked: upheld rejection, open and not due
	claimAnswered                   // the resident has spoken
	claimFull                       // RESOLVED, silent
	claimHalf                       // PARTLY_RESOLVED, silent
	claimNothing                    // counts 0
)

func (r *run) classify(i int32, overdue bool) claimClass {
	c := &r.ev.Cases
	if c.Confirmed[i] != Unknown {
		return claimAnswered // whatever was claimed, also of a case sent back and open again
	}
	switch c.Outcome[i] {
	case OutcomeResolved:
		return claimFull
	case OutcomePartlyResolved:
		return claimHalf
	case OutcomeUnresolved:
		return claimNothing
	case OutcomeRejected:
		if c.Upheld[i] {
			return claimOut
		}
		return claimNothing
	case OutcomeOpen:
		if overdue {
			return claimNothing
		}
	}
	return claimOut
}

// claims are one official's cases, or many officials' together.
type claims struct {
	n        float64 // cases that count
	full     float64 // claimed RESOLVED, answered or not
	answered float64 // of these, answered
	yes      float64 // of the answered, confirmed
	expected float64 // sum of the kinds' rates over the answered
	spread   float64 // sum of rate·(1−rate)
}

func (c *claims) add(o *claims) {
	c.n += o.n
	c.full += o.full
	c.answered += o.answered
	c.yes += o.yes
	c.expected += o.expected
	c.spread += o.spread
}

// askSolved decides what each case counts as solved, and which rows tell of it.
//
// A silent claim counts the rate at which this official's claims are confirmed
// when residents are asked, shrunk to the kind's; that is what reports show. To
// the model the same claims must not bring shrinkage of their own nor pass for
// evidence that they are not: there the official's answered claims stand for the
// silent ones (each carries full/answered), and the rows' weights together make
// the number of fully answered cases that would tell as much,
//
//	N = p(1−p) / ( κ²·π(1−π)/n + π²·κ(1−κ)/answered ),  p = κπ,
//
// with π the share of claims and κ the rate of confirmation, both of the unit,
// so that an honest unit's silent claims are worth nearly as much as answers and
// a unit's that claims everything are worth nothing.
func (r *run) askSolved(o *outcomeRows) {
	c := &r.ev.Cases
	class := make([]claimClass, len(c.ID))
	for i := range class {
		if p := c.Posting[i]; p != None && !o.unconfirmed[r.groups.of[p]] && c.Outcome[i] != OutcomeWithdrawn {
			class[i] = r.classify(int32(i), o.overdue[i])
		}
	}
	rate := r.confirmationRates(class)
	own := make([]claims, len(r.ev.Postings))
	for i, p := range c.Posting {
		if class[i] == claimOut {
			continue
		}
		a := &own[p]
		a.n++
		if c.Outcome[i] != OutcomeResolved {
			continue
		}
		a.full++
		if class[i] == claimAnswered {
			k := rate[c.Kind[i]+1]
			a.answered++
			a.yes += boolFloat(c.Confirmed[i] == Yes)
			a.expected += k
			a.spread += float64(k * (1 - k))
		}
	}
	worth := r.worth(own)
	strength := priorStrength(own)
	for i, p := range c.Posting {
		if class[i] == claimOut {
			continue
		}
		a := &own[p]
		base := rate[c.Kind[i]+1]
		shrunk := clamp01(base + (a.yes-a.expected)/(a.answered+strength))
		plain := base
		if a.answered > 0 {
			plain = clamp01(base + (a.yes-a.expected)/a.answered)
		}
		y, w := 0.0, worth[p]
		switch class[i] {
		case claimAnswered:
			y = boolFloat(c.Confirmed[i] == Yes)
			o.counted[i] = y
			if c.Outcome[i] == OutcomeResolved {
				w = float64(w * (a.full / a.answered))
			}
		case claimFull:
			o.counted[i] = shrunk
			if a.answered > 0 {
				continue // its answered neighbours stand for it
			}
			y = base
		case claimHalf:
			o.counted[i] = shrunk / 2
			y = plain / 2
		case claimNothing:
			o.counted[i] = 0
		}
		o.solved.add(c, int32(i), p, y, w)
	}
}

func clamp01(x float64) float64 { return min(max(x, 0), 1) }

// confirmationRates is, by kind (index 0: none), the rate at which answered
// RESOLVED claims are confirmed, shrunk to the rate of all by twenty claims.
func (r *run) confirmationRates(class []claimClass) []float64 {
	c := &r.ev.Cases
	yes, n := make([]float64, len(r.ev.Kinds)+1), make([]float64, len(r.ev.Kinds)+1)
	allYes, all := 0.0, 0.0
	for i := range class {
		if class[i] == claimAnswered && c.Outcome[i] == OutcomeResolved {
			n[c.Kind[i]+1]++
			all++
			if c.Confirmed[i] == Yes {
				yes[c.Kind[i]+1]++
				allYes++
			}
		}
	}
	overall := (allYes + 0.5) / (all + 1)
	for k := range n {
		yes[k] = (yes[k] + float64(20*overall)) / (n[k] + 20)
	}
	return yes
}

// priorStrength is the number of answers that the kind's rate is worth beside an
// official's own: s(1−s)/τ² with τ² the variance of the officials' true
// deviations by the method of moments. Between 1 and 1000.
func priorStrength(own []claims) float64 {
	excess, squares, spread, n := 0.0, 0.0, 0.0, 0.0
	for i := range own {
		a := &own[i]
		d := a.yes - a.expected
		excess += float64(d*d) - a.spread
		squares += float64(a.answered * a.answered)
		spread += a.spread
		n += a.answered
	}
	if n == 0 || excess <= 0 {
		return 1000
	}
	return min(max((spread/n)/(excess/squares), 1), 1000)
}

// worth is, by posting, the weight of one case such that the official's rows
// together weigh what they tell; see [run.askSolved].
func (r *run) worth(own []claims) []float64 {
	var all claims
	units := make(map[string]*claims)
	for p := range own {
		all.add(&own[p])
		u := units[r.ev.Postings[p].Unit]
		if u == nil {
			u = new(claims)
			units[r.ev.Postings[p].Unit] = u
		}
		u.add(&own[p])
	}
	const prior = 20.0
	allClaim, allConfirm := (all.full+0.5)/(all.n+1), (all.yes+0.5)/(all.answered+1)
	out := make([]float64, len(own))
	for p := range own {
		u, a := units[r.ev.Postings[p].Unit], &own[p]
		if a.n == 0 {
			continue
		}
		claim := (u.full + float64(prior*allClaim)) / (u.n + prior)
		confirm := (u.yes + float64(prior*allConfirm)) / (u.answered + prior)
		claim, confirm = min(claim, 0.999), min(confirm, 0.999)
		solved := float64(claim * confirm)
		variance := float64(confirm*confirm)*float64(claim*(1-claim))/a.n +
			float64(claim*claim)*float64(confirm*(1-confirm))/max(a.answered, 0.5)
		tells := min(float64(solved*(1-solved))/variance, a.n)
		out[p] = tells / a.n
	}
	return out
}

// figures are the raw figures of the outcomes component, by posting: the share
// solved as cases count, NaN where there is none.
func (o *outcomeRows) figures(c *Cases, postings int) []float64 {
	sum, n := make([]float64, postings), make([]float64, postings)
	for i, y := range o.counted {
		if !math.IsNaN(y) {
			sum[c.Posting[i]] += y
			n[c.Posting[i]]++
		}
	}
	for p := range sum {
		sum[p] /= n[p]
	}
	return sum
}
