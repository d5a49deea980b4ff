package scoring

import (
	"math"
	"slices"
)

// caseRows are the rows of one of the three questions put to a case.
type caseRows struct {
	posting []int32
	kind    []int32
	channel []Channel
	y       []float64 // 0 to 1
	weight  []float64
	item    []int32 // index into Cases
}

// newCaseRows has room for so many rows.
func newCaseRows(n int) caseRows {
	return caseRows{
		posting: make([]int32, 0, n), kind: make([]int32, 0, n), channel: make([]Channel, 0, n),
		y: make([]float64, 0, n), weight: make([]float64, 0, n), item: make([]int32, 0, n),
	}
}

func (r *caseRows) add(c *Cases, i, posting int32, y, weight float64) {
	r.posting = append(r.posting, posting)
	r.kind = append(r.kind, c.Kind[i])
	r.channel = append(r.channel, c.Channel[i])
	r.y = append(r.y, y)
	r.weight = append(r.weight, weight)
	r.item = append(r.item, i)
}

// outcomeRows are the rows of all three questions and what a case counts.
type outcomeRows struct {
	solved, inTime, handling caseRows

	// counted is, by case, what "solved" counts under the rules; NaN: out.
	counted     []float64
	unconfirmed []bool // by peer group: nobody confirms anything there
	noEvents    []bool // by posting: time is charged to the last holder for lack of events

	// By case: open past what it was allowed; who is charged with a needless
	// hand-over; who is charged with a reopening.
	overdue           []bool
	charged, reopened [][]int32
}

// holding is how long one posting held one case.
type holding struct {
	posting int32
	seconds int64
}

// caseWork is what the events of one case say.
type caseWork struct {
	holdings []holding
	paused   int64   // seconds in which the clock stood still, whoever held the case
	charged  []int32 // postings charged with a needless hand-over
	reopened []int32 // postings that held it when it was reopened
}

// readOutcomes puts the three questions to every case: is it solved, was it in
// time, was it handled without a needless hand-over or a reopening.
func (r *run) readOutcomes() *outcomeRows {
	c := &r.ev.Cases
	n := len(c.ID) // seldom more rows than that
	o := &outcomeRows{
		solved: newCaseRows(n), inTime: newCaseRows(n), handling: newCaseRows(n),
		counted:     filled(len(c.ID), math.NaN()),
		unconfirmed: r.nobodyConfirms(),
		noEvents:    make([]bool, len(r.ev.Postings)),
		overdue:     make([]bool, len(c.ID)),
		charged:     make([][]int32, len(c.ID)),
		reopened:    make([][]int32, len(c.ID)),
	}
	works := r.readEvents()
	usual := r.usualSeconds(works)
	for i := range int32(len(c.ID)) {
		if c.Outcome[i] == OutcomeWithdrawn {
			continue
		}
		o.overdue[i] = r.overdue(i, &works[i], usual)
		o.charged[i], o.reopened[i] = works[i].charged, heldBy(&works[i], c.Reopened[i], c.Posting[i])
		r.askTime(o, i, &works[i], usual)
		r.askHandling(o, i, &works[i])
	}
	r.askSolved(o)
	return o
}

// nobodyConfirms tells, by peer group, whether no resident says anything.
func (r *run) nobodyConfirms() []bool {
	c := &r.ev.Cases
	silent := make([]bool, r.groups.count())
	for g := range silent {
		silent[g] = true
	}
	for i, p := range c.Posting {
		if p != None && c.Confirmed[i] != Unknown {
			silent[r.groups.of[p]] = false
		}
	}
	return silent
}

// readEvents follows each case through its events.
func (r *run) readEvents() []caseWork {
	c, e := &r.ev.Cases, &r.ev.Events
	works := make([]caseWork, len(c.ID))
	room := make([]holding, len(c.ID)) // most cases have one holder: no allocation for each of a million
	next := 0
	for i := range works {
		first := next
		for next < len(e.Case) && int(e.Case[next]) == i {
			next++
		}
		works[i] = r.follow(int32(i), first, next, room[i:i:i+1])
	}
	return works
}

// follow reads the events [first, next) of case i: who held it how long (pauses
// left out), who passed it on needlessly, who had it when it came back.
//
// A hand-over is needless where the event names who passed the case on and the
// receiver refuses it or hands it back, or where routing, then or later, names the
// sender's own unit. An offer that nobody answers in time charges nobody. A transfer
// that is answered changes hands when it is
// accepted; one that nothing answers, at once.
//
// Its holdings begin in room, which is empty and the case's own.
func (r *run) follow(i int32, first, next int, room []holding) caseWork {
	c, e := &r.ev.Cases, &r.ev.Events
	w := caseWork{holdings: room}
	end := c.Closed[i]
	if end == NoTime {
		end = c.End
	}
	holder, since, paused := None, c.Opened[i], int64(0)
	pausedAt := NoTime
	resolver := None
	stopped := NoTime // when the pause began that is running, however often the case changed hands in it
	leave := func(at int64) {
		if pausedAt != NoTime {
			paused += at - pausedAt
			pausedAt = at
		}
		if at > since {
			w.hold(holder, at-since-paused)
		}
		since, paused = max(at, since), 0
	}
	var senders []int32
	offered := None
	for k := first; k < next; k++ {
		at, to := min(e.At[k], end), e.To[k]
		switch e.Kind[k] {
		case EventAssigned, EventTransferred, EventTransferAccepted, EventAccepted:
			if e.Kind[k] == EventTransferred {
				if sender := e.From[k]; sender != None {
					senders = append(senders, sender)
				}
			}
			if to == None && e.Kind[k] == EventTransferAccepted {
				to = offered
			}
			w.back(r.ev.Postings, senders, to, e.Unit[k])
			if e.Kind[k] == EventTransferred && r.answered(k, next) {
				offered = to
				continue
			}
			if to == None || to == holder {
				continue
			}
			leave(at)
			holder = to
		case EventTransferRefused:
			if len(senders) > 0 {
				w.charge(senders[len(senders)-1])
			}
		case EventPaused:
			if pausedAt == NoTime {
				pausedAt, stopped = at, at
			}
		case EventResumed:
			if pausedAt != NoTime {
				paused += at - max(pausedAt, since)
				w.paused += at - stopped
				pausedAt, stopped = NoTime, NoTime
			}
		case EventResolved:
			resolver = holder
		case EventReopened:
			if resolver != None && !slices.Contains(w.reopened, resolver) {
				w.reopened = append(w.reopened, resolver)
			}
		}
	}
	leave(end)
	if stopped != NoTime && end > stopped {
		w.paused += end - stopped
	}
	return w
}

// answered says whether the transfer in event k is accepted or refused by a later
// event of the case.
func (r *run) answered(k, next int) bool {
	for _, kind := range r.ev.Events.Kind[k+1 : next] {
		switch kind {
		case EventTransferAccepted, EventTransferRefused, EventTransferLapsed:
			return true
		case EventTransferred:
			return false
		}
	}
	return false
}

// hold adds to a posting's time; time that nobody is known to have held is kept
// under None.
func (w *caseWork) hold(posting int32, seconds int64) {
	for k := range w.holdings {
		if w.holdings[k].posting == posting {
			w.holdings[k].seconds += seconds
			return
		}
	}
	w.holdings = append(w.holdings, holding{posting, seconds})
}

// back charges the senders to whom, or to whose unit, the case goes.
func (w *caseWork) back(postings []Posting, senders []int32, to int32, unit string) {
	if to != None {
		unit = postings[to].Unit
	}
	for _, s := range senders {
		if s == to || unit != "" && postings[s].Unit == unit {
			w.charge(s)
		}
	}
}

func (w *caseWork) charge(posting int32) {
	if !slices.Contains(w.charged, posting) {
		w.charged = append(w.charged, posting)
	}
}

// held is the time that the posting is charged with: its own by the events, or
// the whole time where no event says who held the case when.
func (w *caseWork) held(posting int32, whole int64) (seconds int64, byEvents bool) {
	known := false
	for _, h := range w.holdings {
		if h.posting == posting && posting != None {
			return h.seconds, true
		}
		known = known || h.posting != None
	}
	if !known && len(w.holdings) == 1 {
		return w.holdings[0].seconds, false // pauses are known all the same
	}
	return whole, false
}

// usualSeconds is, by kind, the median of the time that closed cases took; a
// kind with fewer than 20 takes its parent's, and at last that of all.
func (r *run) usualSeconds(works []caseWork) []int64 {
	c := &r.ev.Cases
	times := make([][]int64, len(r.ev.Kinds)+1)
	rest := len(r.ev.Kinds)
	for i := range c.ID {
		if c.Closed[i] == NoTime || c.Outcome[i] == OutcomeWithdrawn {
			continue
		}
		s, _ := works[i].held(c.Posting[i], c.Closed[i]-c.Opened[i]-works[i].paused)
		times[rest] = append(times[rest], s)
		for k, steps := c.Kind[i], 0; k != None && steps <= len(r.ev.Kinds); k, steps = r.ev.Kinds[k].Parent, steps+1 {
			times[k] = append(times[k], s)
		}
	}
	usual := make([]int64, len(times))
	for k, t := range times {
		usual[k] = NoTime
		if len(t) > 0 {
			usual[k] = nth(t, len(t)/2)
		}
	}
	for k := range r.ev.Kinds {
		at := int32(k)
		for at != None && len(times[at]) < 20 {
			at = r.ev.Kinds[at].Parent
		}
		if at == None {
			usual[k] = usual[rest]
		} else {
			usual[k] = usual[at]
		}
	}
	return usual
}

// allowed is the time a case may take: until it is due, or what is usual for its
// kind, in either case without pauses, since nobody is charged with the time of a
// pause. NoTime: nothing is known.
func (r *run) allowed(i int32, usual []int64) int64 {
	c := &r.ev.Cases
	if c.Due[i] != NoTime && c.Due[i] > c.Opened[i] {
		return c.Due[i] - c.Opened[i]
	}
	if c.Kind[i] == None {
		return usual[len(usual)-1]
	}
	return usual[c.Kind[i]]
}

// overdue says whether case i is open past the time it was allowed, pauses left
// out.
func (r *run) overdue(i int32, w *caseWork, usual []int64) bool {
	c := &r.ev.Cases
	if c.Outcome[i] != OutcomeOpen {
		return false
	}
	allowed := r.allowed(i, usual)
	return allowed != NoTime && c.End-c.Opened[i]-w.paused > allowed
}

// askTime asks each holder of case i whether their own time stayed within what
// the case was allowed. A holder whose time is still running is asked only once
// it is over.
func (r *run) askTime(o *outcomeRows, i int32, w *caseWork, usual []int64) {
	c := &r.ev.Cases
	last, allowed := c.Posting[i], r.allowed(i, usual)
	if allowed == NoTime {
		return
	}
	open := c.Closed[i] == NoTime
	if open && c.Outcome[i] != OutcomeOpen {
		return // closed, nobody knows when
	}
	for _, h := range w.holdings {
		// Who passed a case on in time did no harm and earns nothing by it.
		if h.posting != None && h.posting != last && h.seconds > allowed {
			o.inTime.add(c, i, h.posting, 0, 1)
		}
	}
	if last == None {
		return
	}
	whole := c.Closed[i] - c.Opened[i]
	if open {
		whole = c.End - c.Opened[i]
	}
	held, byEvents := w.held(last, whole-w.paused)
	if !byEvents {
		o.noEvents[last] = true
	}
	switch {
	case held > allowed:
		o.inTime.add(c, i, last, 0, 1)
	case !open:
		o.inTime.add(c, i, last, 1, 1)
	}
}

// askHandling charges needless hand-overs to who passed the case on and
// reopenings to who had called it resolved.
func (r *run) askHandling(o *outcomeRows, i int32, w *caseWork) {
	c := &r.ev.Cases
	last := c.Posting[i]
	reopened := o.reopened[i]
	asked := last == None
	for _, h := range w.holdings {
		if h.posting == None {
			continue
		}
		charged := slices.Contains(w.charged, h.posting) || slices.Contains(reopened, h.posting)
		o.handling.add(c, i, h.posting, 1-boolFloat(charged), 1)
		asked = asked || h.posting == last
	}
	if !asked {
		charged := slices.Contains(w.charged, last) || slices.Contains(reopened, last)
		o.handling.add(c, i, last, 1-boolFloat(charged), 1)
	}
}
