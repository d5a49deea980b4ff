package calendar

import (
	"maps"
	"slices"
	"time"
)

// Calendar is a jurisdiction's arrangement of working days. It does not change and may be used by many at once.
type Calendar struct {
	jurisdiction string
	weekend      [7]bool         // by time.Weekday
	holidays     map[Date]string // name by date
	makeUp       map[Date]bool
	sources      map[int]string // by year with data
	kept         map[Date]Kept  // what somebody keeps otherwise; it goes before all else
}

// Kept is a day that somebody keeps otherwise than the calendar says: off, with a
// name, or worked.
type Kept struct {
	Off  bool
	Name string
}

// With returns the calendar of somebody who keeps some days otherwise. The
// calendar itself stays as it is.
func (c *Calendar) With(kept map[Date]Kept) *Calendar {
	if len(kept) == 0 {
		return c
	}
	mine := *c
	mine.kept = maps.Clone(c.kept)
	if mine.kept == nil {
		mine.kept = make(map[Date]Kept, len(kept))
	}
	maps.Copy(mine.kept, kept)
	return &mine
}

// DayKind says why a day is worked or not.
type DayKind string

// The kinds of days.
const (
	Workday   DayKind = "WORKDAY"
	Weekend   DayKind = "WEEKEND"
	Holiday   DayKind = "HOLIDAY"
	MakeUpDay DayKind = "MAKE_UP_DAY" // 调休上班
)

// MondayToFriday returns a calendar without any data: every answer about it is assumed.
func MondayToFriday() *Calendar {
	return &Calendar{weekend: [7]bool{time.Saturday: true, time.Sunday: true}}
}

// Jurisdiction is the code that the calendar gives itself, such as CN; empty for MondayToFriday.
func (c *Calendar) Jurisdiction() string { return c.jurisdiction }

// HasYear reports whether the calendar has the arrangement of a year. Without it the plain week is assumed.
func (c *Calendar) HasYear(year int) bool {
	_, found := c.sources[year]
	return found
}

// Source names the notice that a year's arrangement was taken from; empty for a year without data.
func (c *Calendar) Source(year int) string { return c.sources[year] }

// AssumedYears returns, in order, the years between two dates (both inclusive, in either order) that the calendar has
// no data of. Show them beside a result that rests on these days.
func (c *Calendar) AssumedYears(from, to Date) []int {
	if to.Before(from) {
		from, to = to, from
	}
	var years []int
	for year := from.Year; year <= to.Year; year++ {
		if !c.HasYear(year) {
			years = append(years, year)
		}
	}
	return years
}

// Day returns the kind of a day and, for a holiday, its name.
func (c *Calendar) Day(d Date) (kind DayKind, name string) {
	if kept, found := c.kept[d]; found {
		switch {
		case kept.Off:
			return Holiday, kept.Name
		case c.weekend[d.Weekday()]:
			return MakeUpDay, kept.Name
		}
		return Workday, kept.Name
	}
	if name, found := c.holidays[d]; found {
		return Holiday, name
	}
	if c.makeUp[d] {
		return MakeUpDay, ""
	}
	if c.weekend[d.Weekday()] {
		return Weekend, ""
	}
	return Workday, ""
}

// IsWorkingDay reports whether d is worked.
func (c *Calendar) IsWorkingDay(d Date) bool {
	kind, _ := c.Day(d)
	return kind == Workday || kind == MakeUpDay
}

// AddWorkingDays returns the n-th working day after d, which itself does not count (期限自次日起算); d for n = 0, and
// the n-th working day before it for a negative n.
func (c *Calendar) AddWorkingDays(d Date, n int) Date {
	step := 1
	if n < 0 {
		n, step = -n, -1
	}
	for n > 0 {
		d = d.AddDays(step)
		if c.IsWorkingDay(d) {
			n--
		}
	}
	return d
}

// WorkingDaysBetween counts the working days after from, up to and including to, so that
// WorkingDaysBetween(d, AddWorkingDays(d, n)) is n; negated if to is before from.
func (c *Calendar) WorkingDaysBetween(from, to Date) int {
	if to.Before(from) {
		return -c.WorkingDaysBetween(to, from)
	}
	n := 0
	for d := from.AddDays(1); !to.Before(d); d = d.AddDays(1) {
		if c.IsWorkingDay(d) {
			n++
		}
	}
	return n
}

// Years returns the years with data, in order.
func (c *Calendar) Years() []int {
	years := make([]int, 0, len(c.sources))
	for year := range c.sources {
		years = append(years, year)
	}
	slices.Sort(years)
	return years
}
