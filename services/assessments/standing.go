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
	ref                   string
	kind                  int32
	channel               scoring.Channel
	opened, due, closed   int64
	outcome               scoring.Outcome
	confirmed, asked      scoring.Ternary
	satisfaction          uint8
	transfers, reopenings int32
	resident, mark        int32 // the resident's number among residents, among raters
	holder, unit          models.ID
	upheld                bool
}

// step is an event in a case's history. Zero ids are unknown.
type step struct {
	at             int64
	seq            int64
	kind           models.CaseEventKind
	from, to, unit models.ID
	own            bool // recorded here, not imported
}

func byTime(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) }

// atEnd takes back what happened from end on: before and after are the case's
// steps on either side of it.
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
	c.undoDue(before, after)
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
	switch last.kind {
	case models.EventRejected:
		c.outcome = scoring.OutcomeRejected
	case models.EventWithdrawn:
		c.outcome = scoring.OutcomeWithdrawn
	default:
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

func (c *standing) undoCounts(after []step) {
	for _, s := range after {
		switch s.kind {
		case models.EventTransferred:
			c.transfers = max(0, c.transfers-1)
		case models.EventReopened:
			c.reopenings = max(0, c.reopenings-1)
		}
	}
}

// undoHolder finds who held the case, and where, before the steps that came
// later: whoever got it last, or else whoever passed it on first.
func (c *standing) undoHolder(before, after []step) {
	moving := func(s step) bool {
		return !s.to.IsZero() && (s.kind == models.EventAssigned || s.kind == models.EventTransferAccepted)
	}
	if first := slices.IndexFunc(after, moving); first >= 0 {
		c.holder = after[first].from
		for _, s := range before {
			if moving(s) {
				c.holder = s.to
			}
		}
	}
	if slices.ContainsFunc(after, func(s step) bool { return s.kind == models.EventTransferAccepted && !s.unit.IsZero() }) {
		for _, s := range before {
			if !s.unit.IsZero() && s.kind != models.EventTransferred && s.kind != models.EventTransferRefused {
				c.unit = s.unit
			}
		}
	}
}

// undoDue takes back the time by which later resumptions moved the due date.
// Imported histories come with the due date of their source, which nothing here
// has moved.
func (c *standing) undoDue(before, after []step) {
	if c.due == unknownTime {
		return
	}
	paused := int64(unknownTime)
	resume := func(s step) (pause int64) {
		if s.kind == models.EventPaused {
			paused = s.at
		}
		if s.kind != models.EventResumed || paused == unknownTime || !s.own {
			return 0
		}
		pause, paused = s.at-paused, unknownTime
		return pause
	}
	for _, s := range before {
		resume(s)
	}
	for _, s := range after {
		c.due -= resume(s)
	}
}
