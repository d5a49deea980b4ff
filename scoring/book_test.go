package scoring_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"steelyard/scoring"
)

// The period of a book: the calendar year 2025, its days counted in UTC.
var (
	firstDay = dayOf(2025, 1, 1)
	lastDay  = dayOf(2025, 12, 31)
	yearEnd  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

func dayOf(year int, month time.Month, day int) scoring.Day {
	return scoring.Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// noon is an instant of a day.
func noon(d scoring.Day) int64 { return int64(d)*86400 + 12*3600 }

// book is evidence while a test writes it. Raters and residents are new persons
// unless a test says otherwise.
type book struct {
	ev   *scoring.Evidence
	next int32
}

func newBook() *book {
	ev := &scoring.Evidence{From: firstDay, To: lastDay}
	ev.Cases.End = yearEnd
	return &book{ev: ev}
}

func (b *book) person() int32 {
	b.next++
	return b.next - 1
}

// official adds a posting of a new official.
func (b *book) official(group string) int32 { return b.posting(group, "U1", "P1") }

func (b *book) posting(group, unit, position string) int32 {
	n := int32(len(b.ev.Postings))
	b.ev.Postings = append(b.ev.Postings, scoring.Posting{
		Official: fmt.Sprintf("O%03d", n), Person: n, Unit: unit, Position: position, PeerGroup: group, From: firstDay, To: lastDay,
	})
	return n
}

func (b *book) kind(id string, parent int32) int32 {
	b.ev.Kinds = append(b.ev.Kinds, scoring.Kind{ID: id, Name: id, Parent: parent})
	return int32(len(b.ev.Kinds) - 1)
}

// rate adds ratings by new persons, spread over the year, of no particular kind.
func (b *book) rate(posting int32, levels ...uint8) {
	for i, level := range levels {
		b.rating(posting, b.person(), scoring.None, level, firstDay+scoring.Day((i*37+int(posting)*11)%365))
	}
}

func (b *book) rating(posting, rater, kind int32, level uint8, day scoring.Day) {
	t := &b.ev.Ratings
	t.Posting = append(t.Posting, posting)
	t.Rater = append(t.Rater, rater)
	t.Kind = append(t.Kind, kind)
	t.Channel = append(t.Channel, scoring.ChannelWindow)
	t.Level = append(t.Level, level)
	t.Day = append(t.Day, day)
	t.Source = append(t.Source, scoring.SourceRating)
	t.Invited = append(t.Invited, scoring.Yes)
}

// caseOf is one case: opened on a day, due and closed so many days later; closed 0
// is open.
type caseOf struct {
	posting             int32
	opened              scoring.Day
	due, closed         int
	outcome             scoring.Outcome
	confirmed           scoring.Ternary
	upheld              bool
	transfers, reopened int32
}

func (b *book) add(c caseOf) int32 {
	t := &b.ev.Cases
	n := int32(len(t.ID))
	if c.opened == 0 {
		c.opened = firstDay + 10
	}
	after := func(days int) int64 {
		if days == 0 {
			return scoring.NoTime
		}
		return noon(c.opened) + int64(days)*86400
	}
	t.ID = append(t.ID, fmt.Sprintf("C%05d", n))
	t.Posting = append(t.Posting, c.posting)
	t.Kind = append(t.Kind, scoring.None)
	t.Channel = append(t.Channel, scoring.ChannelHotline)
	t.Opened = append(t.Opened, noon(c.opened))
	t.Due = append(t.Due, after(c.due))
	t.Closed = append(t.Closed, after(c.closed))
	t.Outcome = append(t.Outcome, c.outcome)
	t.Confirmed = append(t.Confirmed, c.confirmed)
	t.Asked = append(t.Asked, scoring.Yes)
	t.Satisfaction = append(t.Satisfaction, 0)
	t.Transfers = append(t.Transfers, c.transfers)
	t.Reopened = append(t.Reopened, c.reopened)
	t.Resident = append(t.Resident, b.person())
	t.Upheld = append(t.Upheld, c.upheld)
	return n
}

// event adds a step of a case, so many hours after it was opened.
func (b *book) event(c int32, hours int, kind scoring.EventKind, from, to int32) {
	e := &b.ev.Events
	e.Case = append(e.Case, c)
	e.At = append(e.At, b.ev.Cases.Opened[c]+int64(hours)*3600)
	e.Kind = append(e.Kind, kind)
	e.From = append(e.From, from)
	e.To = append(e.To, to)
	e.Unit = append(e.Unit, "")
}

func (b *book) review(posting, reviewer, person int32, relation scoring.Relation, scores ...uint8) {
	t := &b.ev.Reviews
	for d, score := range scores {
		t.Posting = append(t.Posting, posting)
		t.Reviewer = append(t.Reviewer, reviewer)
		t.ReviewerPerson = append(t.ReviewerPerson, person)
		t.Relation = append(t.Relation, relation)
		t.Dimension = append(t.Dimension, scoring.Dimension(d))
		t.Score = append(t.Score, score)
		t.Day = append(t.Day, lastDay-20)
	}
}

func (b *book) deed(posting int32, day scoring.Day, confirmed scoring.Ternary, beneficiary int32) {
	t := &b.ev.Deeds
	t.ID = append(t.ID, fmt.Sprintf("D%05d", len(t.ID)))
	t.Posting = append(t.Posting, posting)
	t.Kind = append(t.Kind, 0)
	t.Day = append(t.Day, day)
	t.Confirmed = append(t.Confirmed, confirmed)
	t.Beneficiary = append(t.Beneficiary, beneficiary)
}

func (b *book) achievement(posting int32, times int) {
	t := &b.ev.Achievements
	for range times {
		t.Posting = append(t.Posting, posting)
		t.Kind = append(t.Kind, scoring.AchievementMedia)
		t.Day = append(t.Day, firstDay+100)
	}
}

// rated adds officials with so many ratings each, from bad (the first) to good (the
// last), whose levels vary about the official's own.
func (b *book) rated(group string, officials, ratings int) []int32 {
	var list []int32
	for i := range officials {
		p := b.official(group)
		list = append(list, p)
		b.rateAbout(p, 2+2.6*float64(i)/float64(officials-1), ratings)
	}
	return list
}

// rateAbout gives ratings whose mean is near the level.
func (b *book) rateAbout(p int32, level float64, ratings int) {
	levels := make([]uint8, ratings)
	for j := range levels {
		wave := 0.9 * math.Sin(float64(j)*2.4+float64(p))
		levels[j] = uint8(math.Round(min(max(level+wave, 1), 5)))
	}
	b.rate(p, levels...)
}

// handled adds cases to postings: the later one stands in the list, the more of
// them are solved and confirmed.
func (b *book) handled(list []int32, cases int) {
	for i, p := range list {
		for j := range cases {
			c := caseOf{posting: p, opened: firstDay + scoring.Day(j*5), due: 10, closed: 4, outcome: scoring.OutcomeResolved, confirmed: scoring.Yes}
			if (j*7+i)%10 >= 4+i*6/len(list) {
				c.confirmed = scoring.No
			}
			if (j*3+i)%8 >= 5+i*3/len(list) {
				c.closed = 14
			}
			b.add(c)
		}
	}
}

func has(a *scoring.Assessment, f scoring.Flag) bool {
	for _, x := range a.Flags {
		if x == f {
			return true
		}
	}
	return false
}

func (b *book) assess(t testing.TB) *scoring.Result {
	t.Helper()
	return assess(t, b.ev, scoring.DefaultPolicy())
}
