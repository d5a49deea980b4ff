package scoring_test

import (
	"math"
	"testing"

	"steelyard/scoring"
)

func TestNobodyConfirms(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	for i, p := range list {
		for j := range 30 {
			c := caseOf{posting: p, opened: firstDay + scoring.Day(j*5), due: 10, closed: 4, outcome: scoring.OutcomeResolved}
			if (j*3+i)%8 >= 3+i*4/len(list) {
				c.closed = 14
			}
			b.add(c)
		}
	}
	r := b.assess(t)
	low, high := r.Assessments[list[0]], r.Assessments[list[11]]
	for _, a := range []scoring.Assessment{low, high} {
		if !has(&a, scoring.FlagUnconfirmed) || !math.IsNaN(a.Outcomes.Solved) || !a.Components[scoring.Outcomes].Counts {
			t.Errorf("%v, solved %v: want UNCONFIRMED, no solved, outcomes by time", a.Flags, a.Outcomes.Solved)
		}
	}
	if low.Components[scoring.Outcomes].Value >= high.Components[scoring.Outcomes].Value || low.Outcomes.InTime >= high.Outcomes.InTime {
		t.Error("who is in time more often does not stand higher")
	}
}

// What a case counts, by the table of the method: what the resident says first.
func TestWhatACaseCounts(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	b.handled(list, 30)
	tests := []struct {
		name string
		c    caseOf
		want float64 // NaN: out
	}{
		{"confirmed", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes}, 1},
		{"denied", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeResolved, confirmed: scoring.No}, 0},
		{"unresolved, the resident says solved", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeUnresolved, confirmed: scoring.Yes}, 1},
		{"rejected, the resident says solved", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeRejected, confirmed: scoring.Yes}, 1},
		{"sent back and open again", caseOf{opened: lastDay - 20, due: 30, outcome: scoring.OutcomeOpen, confirmed: scoring.No}, 0},
		{"unresolved", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeUnresolved}, 0},
		{"open and overdue", caseOf{due: 10, outcome: scoring.OutcomeOpen}, 0},
		{"open, not due", caseOf{opened: lastDay - 5, due: 10, outcome: scoring.OutcomeOpen}, math.NaN()},
		{"rejected", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeRejected}, 0},
		{"rejected, upheld above", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeRejected, upheld: true}, math.NaN()},
		{"withdrawn", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeWithdrawn}, math.NaN()},
		{"withdrawn, the resident says solved", caseOf{due: 10, closed: 5, outcome: scoring.OutcomeWithdrawn, confirmed: scoring.Yes}, math.NaN()},
	}
	only := make([]int32, len(tests))
	for i, test := range tests {
		only[i] = b.official("G")
		test.c.posting = only[i]
		b.add(test.c)
	}
	silent, half := b.official("G"), b.official("G")
	for _, p := range []int32{silent, half} {
		for j := range 20 { // of 20 answered claims 15 are confirmed
			c := caseOf{posting: p, due: 10, closed: 5, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes}
			if j%4 == 0 {
				c.confirmed = scoring.No
			}
			b.add(c)
		}
	}
	b.add(caseOf{posting: silent, due: 10, closed: 5, outcome: scoring.OutcomeResolved})
	b.add(caseOf{posting: half, due: 10, closed: 5, outcome: scoring.OutcomePartlyResolved})
	r := b.assess(t)
	for i, test := range tests {
		got := r.Assessments[only[i]].Outcomes.Solved
		if got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("%s: counts %v, want %v", test.name, got, test.want)
		}
	}
	full := r.Assessments[silent].Outcomes
	partly := r.Assessments[half].Outcomes
	if !(full.SilentRate > 0.6 && full.SilentRate < 0.8) { // 0.75, shrunk to the 0.7 of all
		t.Errorf("a silent claim counts %.3f", full.SilentRate)
	}
	if rate := partly.Solved*21 - 15; math.Abs(rate-full.SilentRate/2) > 1e-9 {
		t.Errorf("a silent partial claim counts %.4f, half of %.4f is wanted", rate, full.SilentRate)
	}
	if full.Confirmed != 15 || full.Denied != 5 || full.Silent != 1 || full.Cases != 21 {
		t.Errorf("%+v", full)
	}
}

func TestHandOversAreChargedToWhoPassedOn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		write   func(b *book, c, a, z int32)
		charged [2]int32 // sender, receiver
	}{
		{"refused", func(b *book, c, a, z int32) {
			b.event(c, 24, scoring.EventTransferred, a, z)
			b.event(c, 30, scoring.EventTransferRefused, z, a)
		}, [2]int32{1, 0}},
		{"handed back", func(b *book, c, a, z int32) {
			b.event(c, 24, scoring.EventTransferred, a, z)
			b.event(c, 48, scoring.EventTransferred, z, a)
		}, [2]int32{1, 0}},
		{"accepted elsewhere", func(b *book, c, a, z int32) {
			b.event(c, 24, scoring.EventTransferred, a, z)
			b.event(c, 30, scoring.EventTransferAccepted, a, z)
		}, [2]int32{0, 0}},
		{"nobody named", func(b *book, c, a, z int32) {
			b.event(c, 24, scoring.EventTransferred, scoring.None, z)
			b.event(c, 30, scoring.EventTransferRefused, z, a)
		}, [2]int32{0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			list := b.rated("G", 12, 20)
			b.handled(list, 30)
			sender, receiver := b.posting("G", "U2", "P1"), b.posting("G", "U3", "P1")
			c := b.add(caseOf{posting: sender, due: 20, closed: 8, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes, transfers: 3})
			b.event(c, 1, scoring.EventAssigned, scoring.None, sender)
			test.write(b, c, sender, receiver)
			r := b.assess(t)
			got := [2]int32{r.Assessments[sender].Outcomes.HandOvers, r.Assessments[receiver].Outcomes.HandOvers}
			if got != test.charged {
				t.Errorf("charged %v, want %v", got, test.charged)
			}
			if n := r.Assessments[sender].Outcomes.Transfers; n != 3 {
				t.Errorf("the bare count is %d, want 3: shown, never charged", n)
			}
		})
	}
}

func TestTimeIsChargedToWhoHeldTheCase(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	b.handled(list, 30)
	slow, quick, paused, blamed := b.official("G"), b.official("G"), b.official("G"), b.official("G")
	inherited := b.add(caseOf{posting: quick, due: 10, closed: 18, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes})
	b.event(inherited, 0, scoring.EventAssigned, scoring.None, slow)
	b.event(inherited, 15*24, scoring.EventTransferred, slow, quick)
	b.event(inherited, 15*24+1, scoring.EventTransferAccepted, slow, quick)
	waited := b.add(caseOf{posting: paused, due: 10, closed: 18, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes})
	b.event(waited, 0, scoring.EventAssigned, scoring.None, paused)
	b.event(waited, 24, scoring.EventPaused, scoring.None, scoring.None)
	b.event(waited, 24*14, scoring.EventResumed, scoring.None, scoring.None)
	b.add(caseOf{posting: blamed, due: 10, closed: 18, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes, transfers: 2})
	r := b.assess(t)
	for _, test := range []struct {
		name    string
		posting int32
		want    float64
	}{
		{"held it past its time", slow, 0},
		{"inherited it", quick, 1},
		{"the clock was paused", paused, 1},
		{"no events: the last holder", blamed, 0},
	} {
		if got := r.Assessments[test.posting].Outcomes.InTime; got != test.want {
			t.Errorf("%s: in time %v, want %v", test.name, got, test.want)
		}
	}
	if !has(&r.Assessments[blamed], scoring.FlagNoEvents) || has(&r.Assessments[quick], scoring.FlagNoEvents) {
		t.Error("NO_EVENTS where a count tells of transfers and no event does")
	}
}

func TestConfirmedDeedsCountUpToTheWeek(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	for i, p := range list {
		for j := range 4 + 2*i {
			b.deed(p, firstDay+scoring.Day(j*13), scoring.Yes, b.person())
		}
	}
	crowd, claims, friend := b.official("G"), b.official("G"), b.official("G")
	for range 9 { // nine on one day: the cap of three, and a campaign
		b.deed(crowd, firstDay+50, scoring.Yes, b.person())
	}
	one := b.person()
	for j := range 9 {
		b.deed(claims, firstDay+scoring.Day(j*30), scoring.Unknown, b.person())
		b.deed(friend, firstDay+scoring.Day(j/3)*100, scoring.Yes, one) // three on each of three days, for one person
	}
	r := b.assess(t)
	n := func(p int32) float64 { return r.Assessments[p].Components[scoring.PracticalWork].N }
	if n(crowd) > 3 || n(claims) != 0 || n(friend) != 3 || n(list[11]) != 26 {
		t.Errorf("effective deeds %v, %v, %v, %v, want at most 3, 0, 3, 26", n(crowd), n(claims), n(friend), n(list[11]))
	}
}
