package assessments

import (
	"cmp"
	"math"
	"slices"

	"steelyard/models"
	"steelyard/scoring"
)

// unknownTime stands for an unknown instant in microseconds.
const unknownTime = math.MinInt64

// standing is a case as it stands. Instants are microseconds since 1970.
type standing struct {
	kind                  int32
	channel               scoring.Channel
	opened, due, closed   int64
	outcome               scoring.Outcome
	confirmed, asked      scoring.Ternary
	satisfaction          uint8
	transfers, reopenings int32
	holder, unit          models.ID
	upheld                bool
}

// step is an event in a case's history. Zero ids are unknown.
type step struct {
	at             int64
	seq            int64
	kind           models.CaseEventKind
	from, to, unit models.ID
	own            bool            // recorded here, not imported
	due            int64           // the due date that the step replaced, or unknownTime
	outcome        scoring.Outcome // of a step of our own that closed the case
}

func byTime(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) }

// atEnd takes back what happened from end on: before and after are the case's
// steps on either side of it, in any order.
//
// A case that was closed later is open: no outcome, nobody asked, nothing
// confirmed. One that was closed before, and only later sent back, is closed as
// its steps tell. What the resident says is known once it was said; the holder
// is who held the case last; counts lose what came later.
func (c *standing) atEnd(before, after []step, end int64) {
	slices.SortFunc(before, byTime)
	slices.SortFunc(after, byTime)
	c.undoCounts(after)
	c.undoHolder(before, after)
	c.undoUnit(before, after)
	c.undoDue(after)
	closedNow := c.closed
	if c.closed == unknownTime && c.outcome != scoring.OutcomeOpen && anyOf(after, closing) {
		c.open() // closed later, at a time that was not kept
	}
	if c.closed >= end || closedNow == unknownTime && anyOf(after, reopening) {
		c.open()
		c.closeAgain(before, after)
	}
	if anyOf(after, answering) {
		c.confirmed, c.satisfaction = answerIn(before), 0
	}
}

func closing(k models.CaseEventKind) bool {
	return k == models.EventResolved || k == models.EventRejected || k == models.EventWithdrawn || k == models.EventClosed
}

func reopening(k models.CaseEventKind) bool { return k == models.EventReopened }

func answering(k models.CaseEventKind) bool {
	return k == models.EventConfirmed || k == models.EventReopened
}

func anyOf(steps []step, is func(models.CaseEventKind) bool) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return is(s.kind) })
}

// open makes the case one that nobody has closed.
func (c *standing) open() {
	c.closed, c.outcome = unknownTime, scoring.OutcomeOpen
	c.confirmed, c.asked, c.satisfaction, c.upheld = scoring.Unknown, scoring.Unknown, 0, false
}

// closeAgain closes a case that had been closed before the end and was sent back
// only after it.
func (c *standing) closeAgain(before, after []step) {
	if !anyOf(after, reopening) {
		return
	}
	var last *step
	for i := range before {
		switch s := &before[i]; {
		case reopening(s.kind):
			last = nil
		case closing(s.kind) && (last == nil || s.kind != models.EventClosed):
			last = s
		}
	}
	if last == nil {
		return
	}
	c.closed = last.at
	switch {
	case last.outcome != scoring.OutcomeOpen:
		c.outcome = last.outcome
	case last.kind == models.EventRejected:
		c.outcome = scoring.OutcomeRejected
	case last.kind == models.EventWithdrawn:
		c.outcome = scoring.OutcomeWithdrawn
	default: // an imported history does not say how far it was resolved
		c.outcome = scoring.OutcomeResolved
	}
}

// answerIn is the resident's last word in the steps.
func answerIn(steps []step) scoring.Ternary {
	for _, s := range slices.Backward(steps) {
		switch s.kind {
		case models.EventConfirmed:
			return scoring.Yes
		case models.EventReopened:
			return scoring.No
		case models.EventResolved:
			return scoring.Unknown // asked anew, and silent since
		}
	}
	return scoring.Unknown
}

// undoCounts takes hand-overs and reopenings off. A source counts a hand-over
// when it is made; here it counts once it is accepted.
func (c *standing) undoCounts(after []step) {
	for _, s := range after {
		switch {
		case s.kind == models.EventTransferred && !s.own, s.kind == models.EventTransferAccepted && s.own:
			c.transfers = max(0, c.transfers-1)
		case s.kind == models.EventReopened:
			c.reopenings = max(0, c.reopenings-1)
		}
	}
}

// moves says whether a step puts the case into other hands. In a source's history
// a hand-over that names its receiver does; here it is an offer until another unit
// accepts it, and then the case lies in that unit in nobody's hands.
func (s step) moves() bool {
	switch s.kind {
	case models.EventAccepted, models.EventAssigned:
		return !s.to.IsZero()
	case models.EventTransferred, models.EventTransferRefused:
		return !s.own && !s.to.IsZero()
	case models.EventTransferAccepted:
		return s.own || !s.to.IsZero()
	}
	return false
}

// undoHolder finds who held the case before the steps that came later: whoever
// got it last, or else whoever passed it on first.
func (c *standing) undoHolder(before, after []step) {
	first := slices.IndexFunc(after, step.moves)
	if first < 0 {
		return
	}
	c.holder = after[first].from
	for _, s := range slices.Backward(before) {
		if s.moves() {
			c.holder = s.to
			return
		}
	}
}

// lands says whether a step brings the case to a unit.
func (s step) lands() bool {
	switch s.kind {
	case models.EventSubmitted, models.EventAccepted, models.EventAssigned, models.EventTransferAccepted:
		return !s.unit.IsZero()
	case models.EventTransferred, models.EventTransferRefused:
		return !s.own && !s.unit.IsZero()
	}
	return false
}

// undoUnit finds which unit had the case, where a later step took it elsewhere.
func (c *standing) undoUnit(before, after []step) {
	if !slices.ContainsFunc(after, func(s step) bool { return s.lands() && s.unit == c.unit }) {
		return
	}
	for _, s := range slices.Backward(before) {
		if s.lands() {
			c.unit = s.unit
			return
		}
	}
}

// undoDue takes back what moved the due date after the end: the end of a pause, an
// extension, a case sent back. Each step of ours notes the date that it replaced, so the
// first of them has the one that held. Imported histories come with the due date of
// their source, which nothing here has moved.
func (c *standing) undoDue(after []step) {
	if c.due == unknownTime {
		return
	}
	for _, s := range after {
		if s.own && s.due != unknownTime {
			c.due = s.due
			return
		}
	}
}

// pausedSince follows when the pause began that is running after a step, or
// unknownTime.
func pausedSince(since int64, s step) int64 {
	switch {
	case s.kind == models.EventPaused && s.own && since == unknownTime:
		return s.at
	case s.kind == models.EventResumed || closing(s.kind):
		return unknownTime
	}
	return since
}

// leavePausesOut makes the due date the one that would hold had the clock never
// paused: each pause of our own that ended in the period has moved it, and the
// engine leaves the time of pauses out of what it charges. Without this a pause
// would be credited twice. What is left is exact: who answered on the due date that
// the resident was shown was in time, who answered later was not.
func (c *standing) leavePausesOut(steps []step) {
	if c.due == unknownTime {
		return
	}
	slices.SortFunc(steps, byTime)
	paused := int64(unknownTime)
	for _, s := range steps {
		if next := pausedSince(paused, s); paused != unknownTime && next == unknownTime {
			c.due -= (seconds(s.at) - seconds(paused)) * 1_000_000
		}
		paused = pausedSince(paused, s)
	}
	c.due = max(c.due, c.opened+1_000_000) // a due date before the beginning is none
}
