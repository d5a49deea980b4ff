package privacy

import (
	"fmt"
	"time"
)

// Month is the finest time that evidence and comments are shown with.
type Month struct {
	Year  int
	Month time.Month
}

// MonthOf returns the month that an instant has in a time zone.
func MonthOf(t time.Time, zone *time.Location) Month {
	year, month, _ := t.In(zone).Date()
	return Month{year, month}
}

// String returns YYYY-MM.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, m.Month) }

// Before reports whether m is earlier than o.
func (m Month) Before(o Month) bool {
	return m.Year < o.Year || m.Year == o.Year && m.Month < o.Month
}

// MonthCount is the number of answers of a month.
type MonthCount struct {
	Month Month
	N     int
}

// MonthSpan is a run of months, both inclusive, and the answers in it.
type MonthSpan struct {
	From, To Month
	N        int
}

// MergeMonths joins neighbouring months until every span holds at least threshold answers. The months are in order,
// each once; those without an answer may be left out. What is left at the end joins the last span. Fewer answers than
// the threshold in all give no span. It never splits or drops a month, so spans add up to the whole.
func MergeMonths(months []MonthCount, threshold int) ([]MonthSpan, error) {
	if threshold < Floor {
		return nil, fmt.Errorf("privacy: a threshold of %d is below %d", threshold, Floor)
	}
	var spans []MonthSpan
	var open *MonthSpan
	for i, m := range months {
		if m.N < 0 || i > 0 && !months[i-1].Month.Before(m.Month) {
			return nil, fmt.Errorf("privacy: month %s is out of order or has %d answers", m.Month, m.N)
		}
		if open == nil {
			open = &MonthSpan{From: m.Month}
		}
		open.To, open.N = m.Month, open.N+m.N
		if open.N >= threshold {
			spans, open = append(spans, *open), nil
		}
	}
	if open != nil && len(spans) > 0 {
		last := &spans[len(spans)-1]
		last.To, last.N = open.To, last.N+open.N
	}
	return spans, nil
}
