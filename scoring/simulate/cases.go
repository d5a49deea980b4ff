package simulate

import (
	"fmt"
	"math"

	"steelyard/scoring"
)

// caseRow is one case while it is being made.
type caseRow struct {
	official, category  int
	resident            int32
	channel             scoring.Channel
	opened, due, closed int64
	assigned, answered  int64 // when the official got it, when the resident answered
	solved              bool  // the truth
	handed              int   // another official to whom it was needlessly passed, or -1
	outcome             scoring.Outcome
	asked, confirmed    scoring.Ternary
	satisfaction        uint8
	misrouted           int // an official who had it first by mistake, or -1
}

func (s *Sample) drawCases(p *residents) {
	r := s.stream("cases")
	for i := range s.officials {
		o := &s.officials[i]
		for range max(1, r.amount(s.World.Cases*o.amount*o.tenure, s.World.Dealt)) {
			c := s.openCase(r, p, i)
			s.workCase(r, &c)
			s.closeCase(r, &c)
			s.addCase(r, &c)
		}
	}
	s.Evidence.Cases.End = periodEnd
}

// openCase draws what came and how it reached the official.
func (s *Sample) openCase(r stream, p *residents, i int) caseRow {
	o := &s.officials[i]
	c := caseRow{official: i, category: r.pick(o.categories), channel: scoring.Channel(r.IntN(5)), handed: -1, misrouted: -1}
	c.resident, _ = s.meet(r, p, o)
	kind := s.structure.categories[c.category]
	c.opened = startOf(s.day(r, o)) + int64(r.between(Range{8.5, 17})*3600)
	c.due = c.opened + int64(kind.days*secondsADay)
	c.assigned = c.opened + int64(r.between(Range{0.5, 4})*3600)
	if r.chance(s.structure.inherited) {
		// It lay in the unit's queue until most of the time was gone, or all of it.
		c.assigned = c.opened + int64(kind.days*r.between(Range{0.6, 2.5})*secondsADay)
	}
	if r.chance(0.05) && c.assigned < periodEnd {
		if c.misrouted = r.IntN(len(s.officials)); c.misrouted == i {
			c.misrouted = -1
		}
	}
	return c
}

// workCase draws what the official made of it. In time is judged on the
// official's own days.
func (s *Sample) workCase(r stream, c *caseRow) {
	st, i := &s.structure, c.official
	kind := st.categories[c.category]
	c.solved = r.chance(logistic(kind.solved + s.u(i, strandSolved)))
	held := s.daysHeld(r, c) // as a share of those allowed
	c.closed = c.assigned + int64(held*kind.days*secondsADay)
	if kept := !r.chance(logistic(st.handing - s.u(i, strandHanding))); !kept {
		c.handed = (i + 1 + r.IntN(len(s.officials)-1)) % len(s.officials)
	}
	if c.assigned >= periodEnd {
		return // nothing of it is seen in the period
	}
	if c.closed < periodEnd {
		s.learnTime(c, held)
	} else if over := float64(periodEnd-c.assigned) / (kind.days * secondsADay); over > 1 {
		s.learnOverdue(c, over)
	}
	// The strand is "kept": its logit is turned.
	s.learn(i, strandHanding, func(u float64) float64 { return bernoulli(u-st.handing, c.handed < 0) })
}

func (s *Sample) daysHeld(r stream, c *caseRow) float64 {
	st := &s.structure
	u := st.categories[c.category].inTime + s.u(c.official, strandInTime)
	if st.timing == TimingDuration {
		// The share in time is about that of the other timing.
		return math.Exp(r.normal(st.timeNoise) - st.timeNoise*probit*u)
	}
	if r.chance(logistic(u)) {
		return r.between(Range{0.15, 0.95})
	}
	return 1.05 + 0.6*r.ExpFloat64()
}

func (s *Sample) learnTime(c *caseRow, held float64) {
	st := &s.structure
	kind := st.categories[c.category].inTime
	x := math.Log(held) / st.timeNoise
	s.learn(c.official, strandInTime, func(u float64) float64 {
		if st.timing == TimingDuration {
			e := x + probit*(kind+u)
			return -e * e / 2
		}
		return bernoulli(kind+u, held <= 1)
	})
}

// learnOverdue is for a case that is open after over times the days allowed.
func (s *Sample) learnOverdue(c *caseRow, over float64) {
	st := &s.structure
	kind := st.categories[c.category].inTime
	x := math.Log(over) / st.timeNoise
	s.learn(c.official, strandInTime, func(u float64) float64 {
		if st.timing == TimingDuration {
			return math.Log(math.Max(math.Erfc((x+probit*(kind+u))/math.Sqrt2)/2, 1e-300))
		}
		return bernoulli(kind+u, false)
	})
}

// probit turns a logit into about the same quantile of a normal.
const probit = 0.6

// closeCase draws what the official claims and what the resident answers.
func (s *Sample) closeCase(r stream, c *caseRow) {
	st, i := &s.structure, c.official
	if c.closed >= periodEnd {
		// Open at the end: nobody has claimed or said anything of it yet.
		c.closed, c.outcome = scoring.NoTime, scoring.OutcomeOpen
		return
	}
	if r.chance(0.02) {
		c.outcome = scoring.OutcomeWithdrawn
		return
	}
	// By truth: the chance of each claim.
	dishonest := s.units[s.officials[i].unit].falseClaims
	claims := func(solved bool) (resolved, partly, unresolved float64) {
		if solved {
			return 0.95, 0.05, 0
		}
		return dishonest, (1 - dishonest) * 0.1, (1 - dishonest) * 0.9
	}
	resolved, partly, unresolved := claims(c.solved)
	switch r.pick([]float64{resolved, partly, unresolved}) {
	case 0:
		c.outcome = scoring.OutcomeResolved
	case 1:
		c.outcome = scoring.OutcomePartlyResolved
	default:
		c.outcome = scoring.OutcomeUnresolved
	}
	c.asked = scoring.No
	if r.chance(math.Min(1, s.World.Answering*1.4)) {
		c.asked = scoring.Yes
		c.answered = c.closed + int64(r.between(Range{1, 5})*secondsADay)
		if r.chance(1/1.4) && c.answered < periodEnd {
			says := c.solved != r.chance(st.confirmationSlip)
			c.confirmed = ternary(says)
		}
	}
	if c.confirmed != scoring.Unknown && r.chance(s.World.CaseMarks) {
		known := 2*logistic(st.categories[c.category].solved) - 1.4
		if c.solved {
			known += 0.8
		} else {
			known -= 0.8
		}
		c.satisfaction = st.rating.mark(r, s.u(i, strandRatings)+known)
		s.learn(i, strandRatings, func(u float64) float64 {
			return math.Log(st.rating.share(c.satisfaction, u+known))
		})
	}

	kind := st.categories[c.category]
	likelihood := func(solved bool) float64 {
		claimed, half, none := claims(solved)
		l := [...]float64{scoring.OutcomeResolved: claimed, scoring.OutcomePartlyResolved: half, scoring.OutcomeUnresolved: none}[c.outcome]
		if c.confirmed != scoring.Unknown {
			if (c.confirmed == scoring.Yes) == solved {
				l *= 1 - st.confirmationSlip
			} else {
				l *= st.confirmationSlip
			}
		}
		return l
	}
	yes, no := likelihood(true), likelihood(false)
	s.learn(i, strandSolved, func(u float64) float64 {
		share := logistic(kind.solved + u)
		return math.Log(math.Max(share*yes+(1-share)*no, 1e-12))
	})
}

func bernoulli(logit float64, yes bool) float64 {
	if !yes {
		logit = -logit
	}
	return -math.Log1p(math.Exp(-logit))
}

func ternary(yes bool) scoring.Ternary {
	if yes {
		return scoring.Yes
	}
	return scoring.No
}

// addCase writes the case and a history that agrees with it.
func (s *Sample) addCase(r stream, c *caseRow) {
	t := &s.Evidence.Cases
	n := int32(len(t.ID))
	transfers, reopened := s.addEvents(r, c, n)
	t.ID = append(t.ID, fmt.Sprintf("K%06d", n+1))
	holder := int32(c.official)
	if c.assigned >= periodEnd {
		holder = scoring.None // it still lies in the unit's queue
	}
	t.Posting = append(t.Posting, holder)
	t.Kind = append(t.Kind, s.categoryKind(c.category))
	t.Channel = append(t.Channel, c.channel)
	t.Opened = append(t.Opened, c.opened)
	t.Due = append(t.Due, c.due)
	t.Closed = append(t.Closed, c.closed)
	t.Outcome = append(t.Outcome, c.outcome)
	t.Confirmed = append(t.Confirmed, c.confirmed)
	t.Asked = append(t.Asked, c.asked)
	t.Satisfaction = append(t.Satisfaction, c.satisfaction)
	t.Transfers = append(t.Transfers, transfers)
	t.Reopened = append(t.Reopened, reopened)
	t.Resident = append(t.Resident, c.resident)
	t.Upheld = append(t.Upheld, false)
	if c.satisfaction > 0 {
		s.addRating(rating{
			official: c.official, rater: c.resident, kind: s.categoryKind(c.category), channel: c.channel,
			level: c.satisfaction, day: dayAt(c.closed), source: scoring.SourceCaseMark,
		})
	}
}

// addEvents writes the history up to the end of the period and counts the
// transfers and reopenings in it.
func (s *Sample) addEvents(r stream, c *caseRow, n int32) (transfers, reopened int32) {
	holder := int32(c.official)
	h := history{events: &s.Evidence.Events, n: n, postings: s.Evidence.Postings}
	h.add(c.opened, scoring.EventSubmitted, scoring.None, scoring.None)
	h.add(c.opened+600, scoring.EventAccepted, scoring.None, scoring.None)
	at := c.assigned
	if c.misrouted >= 0 {
		first := int32(c.misrouted)
		h.add(at-300, scoring.EventAssigned, scoring.None, first)
		h.add(at-200, scoring.EventTransferred, first, holder)
		h.add(at, scoring.EventTransferAccepted, first, holder)
	} else {
		h.add(at, scoring.EventAssigned, scoring.None, holder)
	}
	end := c.closed
	if end == scoring.NoTime {
		end = periodEnd
	}
	if c.handed >= 0 {
		// Passed on, and handed back within a part of the time held.
		other := int32(c.handed)
		span := float64(end - at)
		passed := at + int64(span*r.between(Range{0.1, 0.3}))
		back := passed + int64(math.Min(span*0.1, secondsADay))
		h.add(passed, scoring.EventTransferred, holder, other)
		h.add(back, scoring.EventTransferRefused, other, holder)
	}
	if c.closed != scoring.NoTime {
		switch c.outcome {
		case scoring.OutcomeWithdrawn:
			h.add(c.closed, scoring.EventWithdrawn, scoring.None, scoring.None)
		case scoring.OutcomeUnresolved:
			h.add(c.closed, scoring.EventClosed, scoring.None, scoring.None)
		default:
			h.add(c.closed, scoring.EventResolved, scoring.None, scoring.None)
		}
		if c.outcome == scoring.OutcomeResolved || c.outcome == scoring.OutcomePartlyResolved {
			switch c.confirmed {
			case scoring.Yes:
				h.add(c.answered, scoring.EventConfirmed, scoring.None, scoring.None)
			case scoring.No:
				h.add(c.answered, scoring.EventReopened, scoring.None, scoring.None)
			case scoring.Unknown:
			}
		}
	}
	return h.transfers, h.reopened
}

// history appends one case's events in their order; what happens after the
// period is not in it.
type history struct {
	events              *scoring.Events
	n                   int32
	postings            []scoring.Posting
	transfers, reopened int32
}

func (h *history) add(at int64, kind scoring.EventKind, from, to int32) {
	if at >= periodEnd {
		return
	}
	switch kind {
	case scoring.EventTransferred:
		h.transfers++
	case scoring.EventReopened:
		h.reopened++
	default:
	}
	unit := ""
	if to != scoring.None {
		unit = h.postings[to].Unit
	}
	e := h.events
	e.Case = append(e.Case, h.n)
	e.At = append(e.At, at)
	e.Kind = append(e.Kind, kind)
	e.From = append(e.From, from)
	e.To = append(e.To, to)
	e.Unit = append(e.Unit, unit)
}
