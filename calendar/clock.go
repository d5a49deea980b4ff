package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Unit is what an allowance counts.
type Unit string

// The units.
const (
	WorkingDays  Unit = "WORKING_DAYS"
	CalendarDays Unit = "CALENDAR_DAYS"
)

// maxAllowance bounds an allowance, in days; a larger one is a mistake and would only cost time.
const maxAllowance = 10_000

// Instants outside these years are mistakes, the zero time above all; nanoseconds since 1970 end in 2262.
const (
	minYear = 1900
	maxYear = 2200
)

// Span is a part of a day, as offsets from midnight by the clock on the wall: 9 h to 12 h.
type Span struct {
	From, To time.Duration
}

// Pause is a half-open interval [From, To) in which a clock stands still. A zero To means that it still does.
type Pause struct {
	From, To time.Time
}

// Clock is an allowance of days that runs from Start and stands still in its pauses.
//
// Without Hours the day of the start does not count: the allowance begins at the next midnight, each day that counts
// gives 24 hours, and a clock that never paused is due at the end of its last day. With Hours it begins at once and
// runs only inside them; a day of allowance is then as long as the hours of a day together.
//
// Time is that of the wall clock in Zone: on a day of 23 or 25 hours, as summer time brings, an allowance still ends
// at midnight.
type Clock struct {
	Start    time.Time
	Days     int
	Unit     Unit
	Calendar *Calendar      // decides the working days; needed for WorkingDays
	Zone     *time.Location // where midnight and the hours are
	Hours    []Span         // in order, not touching one another; nil for whole days
	Pauses   []Pause        // in any order; they may overlap
}

// Deadline is when a clock runs out.
type Deadline struct {
	// At is the first instant that is too late.
	At time.Time
	// On is the last day that is in time, as one says it to people.
	On Date
	// AssumedYears are the years between start and deadline for which the calendar has no data, so that the plain week
	// was used; empty for calendar days.
	AssumedYears []int
}

// Validate returns an error for a clock that cannot run.
func (c Clock) Validate() error {
	switch {
	case c.Unit != WorkingDays && c.Unit != CalendarDays:
		return fmt.Errorf("clock: unit %q", c.Unit)
	case c.Days <= 0 || c.Days > maxAllowance:
		return fmt.Errorf("clock: %d days are not between 1 and %d", c.Days, maxAllowance)
	case c.Unit == WorkingDays && c.Calendar == nil:
		return errors.New("clock: working days need a calendar")
	case c.Zone == nil:
		return errors.New("clock: no time zone")
	case c.Start.Year() < minYear || c.Start.Year() > maxYear:
		return fmt.Errorf("clock: start %v", c.Start)
	}
	end := time.Duration(0)
	for i, s := range c.Hours {
		if s.From < end || s.To <= s.From || s.To > day || i > 0 && s.From == end {
			return fmt.Errorf("clock: hours %v to %v", s.From, s.To)
		}
		end = s.To
	}
	for _, p := range c.Pauses {
		if p.From.Year() < minYear || p.From.Year() > maxYear || !p.To.IsZero() && p.To.Before(p.From) {
			return fmt.Errorf("clock: pause from %v to %v", p.From, p.To)
		}
	}
	return nil
}

// Due returns the deadline as known at a moment: pauses that begin later are not known yet, and one that is still open
// has lasted until then, so that the deadline of a paused clock moves on with the moment.
func (c Clock) Due(at time.Time) (Deadline, error) {
	if err := c.Validate(); err != nil {
		return Deadline{}, err
	}
	left := c.allowance()
	pauses := c.pausesKnown(at)
	begin := c.begin()
	d, end := begin.date(), wall(0)
	for left > 0 {
		for _, w := range c.windows(d, begin, pauses) {
			if run := w.to - w.from; run < left {
				left -= run
				continue
			}
			end, left = w.from+left, 0
			break
		}
		d = d.AddDays(1)
	}
	due := Deadline{At: end.in(c.Zone), On: (end - 1).date()}
	if c.Unit == WorkingDays {
		due.AssumedYears = c.Calendar.AssumedYears(begin.date(), due.On)
	}
	return due, nil
}

// Overdue reports whether the clock has run out at a moment. Once it has, no later pause undoes it.
func (c Clock) Overdue(at time.Time) (bool, error) {
	left, err := c.Remaining(at)
	return left <= 0 && err == nil, err
}

// Remaining returns the running time that is left at a moment; 24 hours are a day, or with Hours the length of these.
// It is negative once the clock has run out.
func (c Clock) Remaining(at time.Time) (time.Duration, error) {
	if err := c.Validate(); err != nil {
		return 0, err
	}
	left := c.allowance()
	pauses := c.pausesKnown(at)
	begin, now := c.begin(), wallOf(at, c.Zone)
	for d := begin.date(); d.wall() < now; d = d.AddDays(1) {
		for _, w := range c.windows(d, begin, pauses) {
			if w.from < now {
				left -= min(w.to, now) - w.from
			}
		}
	}
	return time.Duration(left), nil
}

// wall is a time on the wall clock: nanoseconds since 1970-01-01T00:00 as if there were no time zones.
type wall int64

type stretch struct{ from, to wall }

func wallOf(t time.Time, zone *time.Location) wall {
	t = t.In(zone)
	_, offset := t.Zone()
	return wall(t.UnixNano() + int64(offset)*int64(time.Second))
}

func (d Date) wall() wall { return wall(d.utc().UnixNano()) }

func (w wall) date() Date { return dateOf(time.Unix(0, int64(w)).UTC()) }

func (w wall) in(zone *time.Location) time.Time {
	d := w.date()
	rest := time.Duration(w - d.wall())
	return time.Date(d.Year, d.Month, d.Day, 0, 0, int(rest/time.Second), int(rest%time.Second), zone)
}

// begin is when the allowance starts to be used.
func (c Clock) begin() wall {
	if len(c.Hours) > 0 {
		return wallOf(c.Start, c.Zone)
	}
	return DateIn(c.Start, c.Zone).AddDays(1).wall()
}

func (c Clock) allowance() wall {
	length := wall(day)
	if len(c.Hours) > 0 {
		length = 0
		for _, s := range c.Hours {
			length += wall(s.To - s.From)
		}
	}
	return wall(c.Days) * length
}

// pausesKnown returns the pauses as of a moment, in order and without overlaps.
func (c Clock) pausesKnown(at time.Time) []stretch {
	var known []stretch
	for _, p := range c.Pauses {
		if !p.From.Before(at) {
			continue
		}
		to := p.To
		if to.IsZero() || to.After(at) {
			to = at
		}
		known = append(known, stretch{wallOf(p.From, c.Zone), wallOf(to, c.Zone)})
	}
	slices.SortFunc(known, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	var merged []stretch
	for _, p := range known {
		if n := len(merged); n > 0 && p.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, p.to)
			continue
		}
		merged = append(merged, p)
	}
	return merged
}

// windows returns the stretches of a day in which the clock runs, in order.
func (c Clock) windows(d Date, begin wall, pauses []stretch) []stretch {
	if c.Unit == WorkingDays && !c.Calendar.IsWorkingDay(d) {
		return nil
	}
	midnight := d.wall()
	spans := c.Hours
	if len(spans) == 0 {
		spans = []Span{{0, day}}
	}
	var running []stretch
	for _, s := range spans {
		w := stretch{max(midnight+wall(s.From), begin), midnight + wall(s.To)}
		for _, p := range pauses {
			if p.to <= w.from || p.from >= w.to {
				continue
			}
			if p.from > w.from {
				running = append(running, stretch{w.from, p.from})
			}
			w.from = p.to
		}
		if w.from < w.to {
			running = append(running, w)
		}
	}
	return running
}
