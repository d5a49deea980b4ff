package assessments

import (
	"slices"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/scoring"
)

var (
	shanghai = time.FixedZone("CST", 8*3600) // as Asia/Shanghai has been since 1991
	one      = models.ID{1}
	two      = models.ID{2}
	deskA    = models.ID{0xa}
	deskB    = models.ID{0xb}
)

// at is an instant of December 2025 (negative days: January 2026 counts on),
// with the hour, in microseconds.
func at(day, hour int) int64 {
	return time.Date(2025, 12, day, hour, 0, 0, 0, shanghai).UnixMicro()
}

// The period ends with the year: 31 December is its last day, at(32, 0) the first
// instant that is out.
var yearsEnd = at(32, 0)

func closedOn(day int, outcome scoring.Outcome) standing {
	return standing{
		opened: at(1, 9), due: at(25, 0), closed: at(day, 12), outcome: outcome,
		asked: scoring.Yes, holder: one, unit: deskA,
	}
}

func openCase() standing {
	return standing{opened: at(1, 9), due: at(25, 0), closed: unknownTime, holder: one, unit: deskA}
}

func with(s standing, change func(*standing)) standing {
	change(&s)
	return s
}

func TestAtEndTakesBackWhatCameLater(t *testing.T) {
	own := func(s step) step { s.own = true; return s }
	answered := func(s *standing) { s.confirmed, s.satisfaction = scoring.Yes, 5 }
	for name, test := range map[string]struct {
		now   standing
		steps []step // of both sides; which is which, the instant says
		want  standing
	}{
		"nothing came later": {
			now:   with(closedOn(20, scoring.OutcomeResolved), answered),
			steps: []step{{at: at(20, 12), kind: models.EventResolved}, {at: at(21, 9), kind: models.EventConfirmed}},
			want:  with(closedOn(20, scoring.OutcomeResolved), answered),
		},
		"closed in the last moment of the period": {
			now:  with(closedOn(31, scoring.OutcomeResolved), func(s *standing) { s.closed = yearsEnd - 1 }),
			want: with(closedOn(31, scoring.OutcomeResolved), func(s *standing) { s.closed = yearsEnd - 1 }),
		},
		"closed in the first moment after it: open": {
			now:  with(closedOn(31, scoring.OutcomeResolved), func(s *standing) { s.closed = yearsEnd; answered(s) }),
			want: openCase(),
		},
		"rejected and upheld later: open": {
			now:   with(closedOn(40, scoring.OutcomeRejected), func(s *standing) { s.asked, s.upheld = scoring.Unknown, true }),
			steps: []step{{at: at(40, 12), kind: models.EventRejected}},
			want:  openCase(),
		},
		"closed later at a time that was not kept: open": {
			now:   with(openCase(), func(s *standing) { s.outcome = scoring.OutcomeResolved }),
			steps: []step{{at: at(40, 12), kind: models.EventResolved}},
			want:  openCase(),
		},
		"confirmed later: silent": {
			now:   with(closedOn(30, scoring.OutcomeResolved), answered),
			steps: []step{{at: at(30, 12), kind: models.EventResolved}, {at: at(35, 9), kind: models.EventConfirmed}},
			want:  closedOn(30, scoring.OutcomeResolved),
		},
		"closed by itself later: closed as before": {
			now:   closedOn(30, scoring.OutcomePartlyResolved),
			steps: []step{{at: at(30, 12), kind: models.EventResolved}, {at: at(41, 0), kind: models.EventClosed, own: true}},
			want:  closedOn(30, scoring.OutcomePartlyResolved),
		},
		"sent back later and open since: closed, silent": {
			now:   with(openCase(), func(s *standing) { s.confirmed, s.reopenings = scoring.No, 1 }),
			steps: []step{{at: at(30, 12), kind: models.EventResolved}, {at: at(36, 9), kind: models.EventReopened}},
			want: with(closedOn(30, scoring.OutcomeResolved), func(s *standing) {
				s.asked = scoring.Unknown // whether that time is not kept
			}),
		},
		"sent back later, closed here as not solved": {
			now: with(openCase(), func(s *standing) { s.confirmed, s.reopenings = scoring.No, 1 }),
			steps: []step{
				{at: at(30, 12), kind: models.EventResolved, own: true, outcome: scoring.OutcomeUnresolved},
				{at: at(36, 9), kind: models.EventReopened, own: true},
			},
			want: with(closedOn(30, scoring.OutcomeUnresolved), func(s *standing) {
				s.confirmed, s.asked, s.reopenings = scoring.Unknown, scoring.Unknown, 0
			}),
		},
		"sent back later and solved again: closed by the first time": {
			now: with(closedOn(45, scoring.OutcomeResolved), func(s *standing) { answered(s); s.reopenings = 1 }),
			steps: []step{
				{at: at(28, 9), kind: models.EventResolved},
				{at: at(36, 9), kind: models.EventReopened},
				{at: at(45, 12), kind: models.EventResolved},
				{at: at(46, 9), kind: models.EventConfirmed},
			},
			want: with(closedOn(28, scoring.OutcomeResolved), func(s *standing) {
				s.closed, s.asked = at(28, 9), scoring.Unknown
			}),
		},
		"sent back within the period: open, a reopening counted": {
			now: with(closedOn(45, scoring.OutcomeResolved), func(s *standing) { answered(s); s.reopenings = 1 }),
			steps: []step{
				{at: at(20, 9), kind: models.EventResolved},
				{at: at(22, 9), kind: models.EventReopened},
				{at: at(45, 12), kind: models.EventResolved},
				{at: at(46, 9), kind: models.EventConfirmed},
			},
			want: with(openCase(), func(s *standing) { s.confirmed, s.reopenings = scoring.No, 1 }),
		},
		"handed over later: with the one who had it": {
			now: with(openCase(), func(s *standing) { s.holder, s.unit, s.transfers = two, deskB, 1 }),
			steps: []step{
				{at: at(2, 9), kind: models.EventAssigned, to: one, unit: deskA},
				{at: at(34, 9), kind: models.EventTransferred, from: one, to: two, unit: deskB},
			},
			want: openCase(),
		},
		"handed over later, the beginning unknown: with who passed it on": {
			now: with(openCase(), func(s *standing) { s.holder, s.transfers = two, 1 }),
			steps: []step{
				{at: at(34, 9), kind: models.EventTransferred, from: one, to: two},
				{at: at(35, 9), kind: models.EventAssigned, from: two, to: two},
			},
			want: openCase(),
		},
		"an offer of ours that is taken later: still with the one who offered it": {
			now: with(openCase(), func(s *standing) { s.holder, s.unit, s.transfers = models.ID{}, deskB, 1 }),
			steps: []step{
				own(step{at: at(2, 9), kind: models.EventSubmitted, unit: deskA}),
				own(step{at: at(2, 10), kind: models.EventAssigned, to: one}),
				own(step{at: at(30, 9), kind: models.EventTransferred, from: one, unit: deskB}),
				own(step{at: at(33, 9), kind: models.EventTransferAccepted, from: one, unit: deskB}),
			},
			want: openCase(),
		},
		"taken by a unit, and given to an official later: in nobody's hands": {
			now: with(openCase(), func(s *standing) { s.holder, s.unit, s.transfers = two, deskB, 1 }),
			steps: []step{
				own(step{at: at(2, 10), kind: models.EventAssigned, to: one}),
				own(step{at: at(30, 9), kind: models.EventTransferred, from: one, unit: deskB}),
				own(step{at: at(30, 10), kind: models.EventTransferAccepted, from: one, unit: deskB}),
				own(step{at: at(33, 9), kind: models.EventAssigned, to: two}),
			},
			want: with(openCase(), func(s *standing) { s.holder, s.unit, s.transfers = models.ID{}, deskB, 1 }),
		},
		"a pause that began and ended later moves nothing": {
			// Two working days, from 31 December to 5 January.
			now: with(openCase(), func(s *standing) { s.due = at(37, 0) }),
			steps: []step{
				own(step{at: at(38, 9), kind: models.EventPaused}),
				own(step{at: at(40, 9), kind: models.EventResumed, due: at(33, 0)}),
			},
			want: with(openCase(), func(s *standing) { s.due = at(33, 0) }),
		},
		"a pause across the end is taken back whole": {
			now: with(openCase(), func(s *standing) { s.due = at(44, 0) }),
			steps: []step{
				own(step{at: at(24, 9), kind: models.EventPaused}),
				own(step{at: at(37, 9), kind: models.EventResumed, due: at(31, 0)}),
			},
			want: with(openCase(), func(s *standing) { s.due = at(31, 0) }),
		},
		"a pause that the answer itself ended is taken back": {
			now: with(openCase(), func(s *standing) { s.due, s.closed, s.outcome = at(44, 0), at(37, 9), scoring.OutcomeResolved }),
			steps: []step{
				own(step{at: at(24, 9), kind: models.EventPaused}),
				own(step{at: at(37, 9), kind: models.EventResolved, due: at(31, 0)}),
			},
			want: with(openCase(), func(s *standing) { s.due = at(31, 0) }),
		},
		"of several steps that moved it the first has the date that held": {
			now: with(openCase(), func(s *standing) { s.due = at(60, 0) }),
			steps: []step{
				own(step{at: at(34, 9), kind: models.EventExtended, due: at(36, 0)}),
				own(step{at: at(35, 9), kind: models.EventPaused}),
				own(step{at: at(37, 9), kind: models.EventResumed, due: at(44, 0)}),
			},
			want: with(openCase(), func(s *standing) { s.due = at(36, 0) }),
		},
		"an extension that came later is taken back": {
			now:   with(openCase(), func(s *standing) { s.due = at(42, 0) }),
			steps: []step{own(step{at: at(33, 9), kind: models.EventExtended, due: at(35, 0)})},
			want:  with(openCase(), func(s *standing) { s.due = at(35, 0) }),
		},
		"a source's own due date stays through its pauses": {
			now:   openCase(),
			steps: []step{{at: at(24, 9), kind: models.EventPaused}, {at: at(37, 9), kind: models.EventResumed}},
			want:  openCase(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after []step
			for i, s := range test.steps {
				s.seq = int64(i + 1)
				if s.due == 0 {
					s.due = unknownTime
				}
				if s.at < yearsEnd {
					before = append(before, s)
				} else {
					after = append(after, s)
				}
			}
			// The rows come in no order.
			slices.Reverse(before)
			slices.Reverse(after)
			got := test.now
			got.atEnd(before, after, yearsEnd)
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestAPauseIsCreditedOnce: a case of five working days, paused over two weeks, is in
// time exactly until the due date that the resident was shown. The engine takes the
// pause out of the time that it charges, so the allowance holds none of it.
func TestAPauseIsCreditedOnce(t *testing.T) {
	opened, shown := at(1, 9), at(23, 0) // five working days to the 8th, and ten of pause
	paused := int64(14 * 24 * 3600)
	for name, c := range map[string]struct {
		closed int64
		inTime bool
	}{
		"in the last hour":        {at(22, 23), true},
		"an hour late":            {at(23, 1), false},
		"late by half the pause":  {at(30, 0), false},
		"as the clock first said": {at(22, 0), true},
	} {
		s := standing{opened: opened, due: shown, closed: c.closed}
		s.atEnd(nil, nil, yearsEnd)
		s.leavePausesOut([]step{
			{at: at(17, 9), seq: 5, kind: models.EventResumed, own: true, due: unknownTime},
			{at: at(3, 9), seq: 4, kind: models.EventPaused, own: true, due: unknownTime},
		})
		held, allowed := seconds(c.closed)-seconds(opened)-paused, seconds(s.due)-seconds(opened)
		if got := held <= allowed; got != c.inTime {
			t.Errorf("%s: held %d s of %d s, in time: %v", name, held, allowed, got)
		}
	}
}
