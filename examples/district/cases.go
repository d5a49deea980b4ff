package district

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// caseRecord is one case as it stands at the end of the year.
type caseRecord struct {
	category            int
	official            int // who held it last, or nobody: unassigned
	unit                string
	resident            int // or nobody
	channel             int
	opened              time.Time
	due, closed         time.Time // zero: none
	outcome             string
	asked, confirmed    string
	satisfaction        int // 0: none
	transfers, reopened int
	title, description  string
	events              []event
}

// event is a step in a case's history.
type event struct {
	at       time.Time
	kind     string
	from, to int    // officials, or nobody
	unit     string // the receiving unit
	note     string
}

// caseChannels weighs the channels by which cases come in.
var caseChannels = []float64{10, 25, 8, 45, 6, 1, 3, 2}

// unassignedCases is how many cases still wait for an official at the year's end.
const unassignedCases = 70

func (w *world) makeCases() {
	d := w.dice(5)
	for _, p := range w.posts {
		w.handle(d, p)
	}
	if !w.before {
		for range unassignedCases {
			w.leaveUnassigned(d)
		}
	}
	slices.SortStableFunc(w.cases, func(a, b caseRecord) int {
		return cmp.Or(a.opened.Compare(b.opened), cmp.Compare(a.official, b.official))
	})
}

// handle makes the cases of one post.
func (w *world) handle(d dice, p post) {
	o := w.officials[p.official]
	weights := make([]float64, len(categories))
	for i, c := range categories {
		if slices.Contains(c.roles, p.role) {
			weights[i] = hardWork(o.Quality, c.hard)
		}
	}
	for range workload(d, duties[p.role].cases, p) {
		c := w.newCase(d, p.area, d.weighted(weights), p.from+d.IntN(p.to-p.from))
		c.official, c.unit = p.official, p.unit
		hard := categories[c.category].hard
		closed, ok := w.closing(d, &c, o, hard)
		switch {
		case ok && w.year.dayOf(closed) < p.to:
			c.closed = closed
		case p.to < days:
			continue // still open when the official went: the successor's case, outside this story
		}
		if w.before && c.closed.IsZero() {
			continue // nothing of the year before is open in the year
		}
		steps := w.course(d, &c, p)
		if !c.closed.IsZero() {
			w.conclude(d, &c, o, hard)
		}
		w.recordHistory(d, &c, steps)
		w.cases = append(w.cases, c)
	}
}

// newCase makes what is known when a case comes in.
func (w *world) newCase(d dice, area, category, day int) caseRecord {
	k := categories[category]
	c := caseRecord{category: category, official: nobody, resident: nobody, channel: d.weighted(caseChannels)}
	if d.chance(0.9) {
		c.resident = w.someResident(d, area)
	}
	c.opened = w.year.anyHour(d, day)
	if d.chance(0.96) {
		c.due = w.year.workdaysAfter(c.opened, k.due)
	}
	c.title = place(d, area) + pick(d, k.titles)
	if d.chance(0.3) {
		c.description = c.title + "。" + pick(d, caseDetails)
	}
	return c
}

// closing draws when the official settles the case. It is false for a case that
// lies about, or whose time would fall into the next year.
func (w *world) closing(d dice, c *caseRecord, o Official, hard float64) (time.Time, bool) {
	pace := lean(-0.25, o.Quality, 0.35, hard) + d.normal(0.55)
	took := float64(0.8*float64(categories[c.category].due)) * math.Exp(pace)
	lies := d.chance(float64(0.06 * logistic(-o.Quality)))
	closed, ok := w.year.office(d, w.year.dayOf(c.opened)+1+int(took))
	return closed, ok && !lies
}

// conclude decides what became of a closed case: what was claimed, and what the
// resident says when asked.
func (w *world) conclude(d dice, c *caseRecord, o Official, hard float64) {
	solved := d.chance(logistic(1 + lean(0.8, o.Quality, -0.9, hard)))
	c.outcome = claim(d, o, solved)
	if c.outcome == "WITHDRAWN" || c.outcome == "REJECTED" {
		return
	}
	c.asked = []string{"YES", "NO", ""}[d.weighted([]float64{80, 10, 10})]
	if c.asked != "YES" {
		return
	}
	answers := d.chance(0.6) && w.year.dayOf(c.closed)+answerDays < days
	if answers {
		c.confirmed = "NO"
		if d.chance(map[bool]float64{true: 0.96, false: 0.1}[solved]) {
			c.confirmed = "YES"
		}
	}
	if answers && d.chance(0.75) || d.chance(0.05) {
		content := w.content(d, o, hard, c.channel, c.resident)
		if solved {
			content += 0.3
		} else {
			content -= 1.2
		}
		c.satisfaction = level(content)
	}
}

// claim is the outcome that the official enters. Unsolved cases are called
// resolved all the same in almost half of the cases, by the showy more often.
func claim(d dice, o Official, solved bool) string {
	switch u := d.Float64(); {
	case u < 0.02:
		return "WITHDRAWN"
	case u < 0.05:
		return "REJECTED"
	}
	if solved {
		if d.chance(0.03) {
			return "PARTLY_RESOLVED"
		}
		return "RESOLVED"
	}
	if d.chance(min(max(0.45+float64(0.1*o.Visibility), 0.2), 0.8)) {
		return "RESOLVED"
	}
	if d.chance(0.5) {
		return "PARTLY_RESOLVED"
	}
	return "UNRESOLVED"
}

// leaveUnassigned makes a case that its unit has not given to anybody.
func (w *world) leaveUnassigned(d dice) {
	area := d.IntN(areas())
	day := days - 1 - d.IntN(25)
	if d.chance(0.2) {
		day = d.IntN(days)
	}
	c := w.newCase(d, area, d.IntN(len(categories)), day)
	c.unit = areaUnit(area)
	var steps []event
	if d.chance(0.6) {
		steps = append(steps, event{kind: "ACCEPTED", from: nobody, to: nobody, unit: c.unit})
	}
	w.recordHistory(d, &c, steps)
	w.cases = append(w.cases, c)
}
