package models

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a calendar day without a zone. The zero value is "no date".
type Date struct{ days int32 } // 1 is 0001-01-01, so that zero is unset

// epochDay is the number of 1970-01-01.
const epochDay = 719163

const dateLayout = "2006-01-02"

// NewDate returns the day of a year, month and day, as time.Date reads them.
func NewDate(year int, month time.Month, day int) Date {
	return dateOfUTC(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the day on which the instant falls in the zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return NewDate(y, m, d)
}

// DateFromEpochDay returns the day that lies n days after 1970-01-01.
func DateFromEpochDay(n int32) Date { return Date{n + epochDay} }

func dateOfUTC(t time.Time) Date {
	seconds := t.Unix()
	days := seconds / 86400
	if seconds%86400 < 0 {
		days--
	}
	return DateFromEpochDay(int32(days))
}

// ParseDate reads 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not of the form YYYY-MM-DD", s)
	}
	return dateOfUTC(t), nil
}

// EpochDay returns the days since 1970-01-01.
func (d Date) EpochDay() int32 { return d.days - epochDay }

// IsZero says whether there is no date.
func (d Date) IsZero() bool { return d.days == 0 }

// Start returns the first instant of the day in the zone, in UTC.
func (d Date) Start(zone *time.Location) time.Time {
	t := time.Unix(int64(d.EpochDay())*86400, 0).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone).UTC()
}

// AddDays returns the day n days later.
func (d Date) AddDays(n int) Date { return Date{d.days + int32(n)} }

// Year returns the calendar year.
func (d Date) Year() int { return time.Unix(int64(d.EpochDay())*86400, 0).UTC().Year() }

// Before and After compare days.
func (d Date) Before(o Date) bool { return d.days < o.days }

// After says whether d lies later than o.
func (d Date) After(o Date) bool { return d.days > o.days }

// String returns 2006-01-02, or nothing where there is no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return time.Unix(int64(d.EpochDay())*86400, 0).UTC().Format(dateLayout)
}

// Value stores the text form; both databases take it for a date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a date column of either database.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case time.Time:
		*d = NewDate(v.Year(), v.Month(), v.Day())
		return nil
	case []byte:
		return d.Scan(string(v))
	case string:
		if len(v) > len(dateLayout) {
			v = v[:len(dateLayout)]
		}
		parsed, err := ParseDate(v)
		if err != nil {
			return err
		}
		*d = parsed
		return nil
	}
	return fmt.Errorf("date: cannot read a %T", src)
}

// Period is a range of days, both inclusive.
type Period struct{ From, To Date }

// Contains says whether the day lies in the period.
func (p Period) Contains(d Date) bool { return !d.Before(p.From) && !d.After(p.To) }

// Validate says whether the period is one. Its errors name no field.
func (p Period) Validate() error {
	if p.From.IsZero() || p.To.IsZero() {
		return Invalid("", KeyPeriodMissing)
	}
	if p.To.Before(p.From) {
		return Invalid("", KeyPeriodBackwards, p.From.String(), p.To.String())
	}
	return nil
}

// ParsePeriod reads FROM/TO.
func ParsePeriod(s string) (Period, error) {
	if len(s) != 21 || s[10] != '/' {
		return Period{}, Invalid("period", KeyPeriodForm, s)
	}
	from, err := ParseDate(s[:10])
	if err != nil {
		return Period{}, Invalid("period", KeyPeriodForm, s)
	}
	to, err := ParseDate(s[11:])
	if err != nil {
		return Period{}, Invalid("period", KeyPeriodForm, s)
	}
	p := Period{from, to}
	return p, AtField("period", p.Validate())
}
