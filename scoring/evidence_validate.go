package scoring

import (
	"fmt"
	"slices"
)

// EvidenceError says where evidence breaks its own rules: the program that read
// it is at fault, not the one who sent it.
type EvidenceError struct {
	Column string // e.g. "Ratings.Level"
	Row    int    // -1: the column as a whole
	Rule   string
}

func (e *EvidenceError) Error() string {
	if e.Row < 0 {
		return fmt.Sprintf("evidence: %s: %s", e.Column, e.Rule)
	}
	return fmt.Sprintf("evidence: %s[%d]: %s", e.Column, e.Row, e.Rule)
}

// Validate returns nil or a *[EvidenceError] naming the first fault: columns of
// unequal length, an index that points nowhere, a word outside its list, a day
// outside the period.
func (ev *Evidence) Validate() error {
	v := validator{ev: ev}
	v.frame()
	r := &ev.Ratings
	n := len(r.Posting)
	v.lengths("Ratings", n, len(r.Rater), len(r.Kind), len(r.Channel), len(r.Level), len(r.Day), len(r.Source), len(r.Invited))
	v.indices("Ratings.Posting", r.Posting, len(ev.Postings), false)
	v.indices("Ratings.Kind", r.Kind, len(ev.Kinds), true)
	v.indices("Ratings.Rater", r.Rater, 1<<31-1, true)
	words(&v, "Ratings.Channel", r.Channel, channels)
	v.levels("Ratings.Level", r.Level, 1)
	v.days("Ratings.Day", r.Day)
	words(&v, "Ratings.Source", r.Source, sources)
	words(&v, "Ratings.Invited", r.Invited, No+1)
	if r.Adverse != nil {
		v.lengths("Ratings.Adverse", n, len(r.Adverse))
	}
	v.cases()
	w := &ev.Reviews
	n = len(w.Posting)
	v.lengths("Reviews", n, len(w.Reviewer), len(w.ReviewerPerson), len(w.Relation), len(w.Dimension), len(w.Score), len(w.Day))
	v.indices("Reviews.Posting", w.Posting, len(ev.Postings), false)
	v.indices("Reviews.Reviewer", w.Reviewer, 1<<31-1, false)
	v.indices("Reviews.ReviewerPerson", w.ReviewerPerson, 1<<26-1, true)
	if w.Contact != nil {
		v.lengths("Reviews.Contact", n, len(w.Contact))
		words(&v, "Reviews.Contact", w.Contact, contacts)
	}
	words(&v, "Reviews.Relation", w.Relation, relations)
	words(&v, "Reviews.Dimension", w.Dimension, Dimensions)
	v.levels("Reviews.Score", w.Score, 1)
	v.days("Reviews.Day", w.Day)
	d := &ev.Deeds
	n = len(d.ID)
	v.lengths("Deeds", n, len(d.Posting), len(d.Kind), len(d.Day), len(d.Confirmed), len(d.Beneficiary))
	v.indices("Deeds.Posting", d.Posting, len(ev.Postings), false)
	v.indices("Deeds.Beneficiary", d.Beneficiary, 1<<31-1, true)
	v.days("Deeds.Day", d.Day)
	words(&v, "Deeds.Confirmed", d.Confirmed, No+1)
	a := &ev.Achievements
	n = len(a.Posting)
	v.lengths("Achievements", n, len(a.Kind), len(a.Day))
	v.indices("Achievements.Posting", a.Posting, len(ev.Postings), false)
	words(&v, "Achievements.Kind", a.Kind, achievementKinds)
	v.days("Achievements.Day", a.Day)
	return v.err()
}

// validator keeps the first fault.
type validator struct {
	ev    *Evidence
	fault *EvidenceError
}

func (v *validator) err() error {
	if v.fault == nil {
		return nil
	}
	return v.fault
}

func (v *validator) fail(column string, row int, rule string) {
	if v.fault == nil {
		v.fault = &EvidenceError{Column: column, Row: row, Rule: rule}
	}
}

// frame checks the period, postings, kinds and response.
func (v *validator) frame() {
	ev := v.ev
	if ev.From > ev.To || int64(ev.To)-int64(ev.From) >= 1<<26 {
		v.fail("From", -1, "the period ends after it begins and spans less than 2^26 days")
	}
	for i := range ev.Postings {
		p := &ev.Postings[i]
		switch {
		case p.Official == "":
			v.fail("Postings.Official", i, "empty")
		case p.Person < 0:
			v.fail("Postings.Person", i, "every posting has a person")
		case p.From > p.To || p.From < ev.From || p.To > ev.To:
			v.fail("Postings.From", i, "a time in post lies inside the period")
		case p.Standing >= standings:
			v.fail("Postings.Standing", i, "not in its list")
		case slices.ContainsFunc(p.Cleared, func(f Finding) bool { return f.Flag != FlagOftenAdverse && !slices.Contains(Doubts(), f.Flag) }):
			v.fail("Postings.Cleared", i, "only what doubts the evidence can be cleared")
		}
	}
	if len(ev.Kinds) >= 1<<22 {
		v.fail("Kinds", -1, "fewer than 2^22")
	}
	seen := make(map[string]bool, len(ev.Kinds))
	for i := range ev.Kinds {
		if seen[ev.Kinds[i].ID] {
			v.fail("Kinds.ID", i, "given twice")
		}
		seen[ev.Kinds[i].ID] = true
		steps, parent := 0, ev.Kinds[i].Parent
		for parent != None && steps <= len(ev.Kinds) {
			if parent < 0 || int(parent) >= len(ev.Kinds) {
				v.fail("Kinds.Parent", i, "points nowhere")
				return
			}
			parent = ev.Kinds[parent].Parent
			steps++
		}
		if parent != None {
			v.fail("Kinds.Parent", i, "is its own ancestor")
			return
		}
	}
	if ev.Response != nil && len(ev.Response) != len(ev.Postings) {
		v.fail("Response", -1, "one a posting, or nil")
	}
}

func (v *validator) cases() {
	c, e := &v.ev.Cases, &v.ev.Events
	n := len(c.ID)
	v.lengths("Cases", n, len(c.Posting), len(c.Kind), len(c.Channel), len(c.Opened), len(c.Due), len(c.Closed), len(c.Outcome),
		len(c.Confirmed), len(c.Asked), len(c.Satisfaction), len(c.Transfers), len(c.Reopened), len(c.Resident), len(c.Upheld))
	v.indices("Cases.Posting", c.Posting, len(v.ev.Postings), true)
	v.indices("Cases.Kind", c.Kind, len(v.ev.Kinds), true)
	v.indices("Cases.Resident", c.Resident, 1<<31-1, true)
	words(v, "Cases.Channel", c.Channel, channels)
	words(v, "Cases.Outcome", c.Outcome, outcomes)
	words(v, "Cases.Confirmed", c.Confirmed, No+1)
	words(v, "Cases.Asked", c.Asked, No+1)
	v.levels("Cases.Satisfaction", c.Satisfaction, 0)
	if v.fault != nil {
		return
	}
	if i := twice(c.ID); i >= 0 {
		v.fail("Cases.ID", i, "given twice")
	}
	for i := range n {
		switch {
		case c.Opened[i] == NoTime || c.Opened[i] >= c.End:
			v.fail("Cases.Opened", i, "a case is opened before the period's end")
		case c.Closed[i] != NoTime && (c.Closed[i] < c.Opened[i] || c.Closed[i] >= c.End):
			v.fail("Cases.Closed", i, "a case is closed after it was opened and before the period's end")
		}
	}
	v.lengths("Events", len(e.Case), len(e.At), len(e.Kind), len(e.From), len(e.To), len(e.Unit))
	v.indices("Events.Case", e.Case, n, false)
	v.indices("Events.From", e.From, len(v.ev.Postings), true)
	v.indices("Events.To", e.To, len(v.ev.Postings), true)
	words(v, "Events.Kind", e.Kind, eventKinds)
}

// twice is the first place whose text stands before it already, or −1. Texts mostly
// come in rising order, where none can.
func twice(texts []string) int {
	rising := 1
	for rising < len(texts) && texts[rising-1] < texts[rising] {
		rising++
	}
	if rising >= len(texts) {
		return -1
	}
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		if seen[text] {
			return i
		}
		seen[text] = true
	}
	return -1
}

func (v *validator) lengths(table string, n int, others ...int) {
	for _, other := range others {
		if other != n {
			v.fail(table, -1, "columns of unequal length")
		}
	}
}

func (v *validator) indices(column string, values []int32, n int, none bool) {
	for i, x := range values {
		if x < 0 && (x != None || !none) || int(x) >= n {
			v.fail(column, i, fmt.Sprintf("%d points nowhere", x))
			return
		}
	}
}

func (v *validator) levels(column string, values []uint8, least uint8) {
	for i, x := range values {
		if x < least || x > 5 {
			v.fail(column, i, fmt.Sprintf("%d is not from %d to 5", x, least))
			return
		}
	}
}

func (v *validator) days(column string, values []Day) {
	for i, x := range values {
		if x < v.ev.From || x > v.ev.To {
			v.fail(column, i, "outside the period")
			return
		}
	}
}

// words checks values against the number of words in their list.
func words[T ~uint8](v *validator, column string, values []T, n T) {
	for i, x := range values {
		if x >= n {
			v.fail(column, i, "not in its list")
			return
		}
	}
}
