package calendar

import (
	"fmt"
	"time"
)

const day = 24 * time.Hour

// Date is a day of the Gregorian calendar, without a time zone. Dates compare with == and order with Before.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns a normalized date: the 32nd of January is the 1st of February.
func NewDate(year int, month time.Month, dayOfMonth int) Date {
	return dateOf(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC))
}

// DateIn returns the date that an instant has in a time zone.
func DateIn(t time.Time, zone *time.Location) Date { return dateOf(t.In(zone)) }

// ParseDate reads YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not YYYY-MM-DD", text)
	}
	return dateOf(t), nil
}

func dateOf(t time.Time) Date {
	year, month, dayOfMonth := t.Date()
	return Date{year, month, dayOfMonth}
}

// String returns YYYY-MM-DD.
func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// Start returns the first instant of the day in a time zone.
func (d Date) Start(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// AddDays returns the date n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return NewDate(d.Year, d.Month, d.Day+n) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

// DaysUntil returns how many days later e is than d; negative if it is earlier.
func (d Date) DaysUntil(e Date) int { return int(e.utc().Sub(d.utc()) / day) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

func (d Date) utc() time.Time { return d.Start(time.UTC) }
