package calendar

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

//go:embed data/cn.json
var chinaJSON []byte

// ChinaJSON returns the built-in arrangement as a starting point for a file of one's own.
func ChinaJSON() []byte { return bytes.Clone(chinaJSON) }

// China returns the State Council's arrangements for the years that this version of the program knows.
var China = sync.OnceValues(func() (*Calendar, error) { return Parse(bytes.NewReader(chinaJSON)) })

// maxSpan bounds a holiday, in days: a longer one is a typing error.
const maxSpan = 60

type calendarJSON struct {
	Jurisdiction string           `json:"jurisdiction"`
	Weekend      []string         `json:"weekend"`
	Years        map[int]yearJSON `json:"years"`
}

type yearJSON struct {
	Source     string        `json:"source"`
	Holidays   []holidayJSON `json:"holidays"`
	MakeUpDays []Date        `json:"makeUpDays"`
}

type holidayJSON struct {
	Name string `json:"name"`
	From Date   `json:"from"`
	To   Date   `json:"to"`
}

// Parse reads a calendar in JSON, of the form of ChinaJSON. It refuses what cannot be meant: unknown fields, a make-up
// day on a day that is worked anyhow, a day that is both holiday and make-up day or twice either, a date more than a
// month outside its year, a week without working days.
func Parse(r io.Reader) (*Calendar, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var in calendarJSON
	if err := decoder.Decode(&in); err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("calendar: text after the object")
	}
	if in.Jurisdiction == "" {
		return nil, errors.New("calendar: no jurisdiction")
	}
	c := &Calendar{
		jurisdiction: in.Jurisdiction,
		holidays:     map[Date]string{},
		makeUp:       map[Date]bool{},
		sources:      map[int]string{},
	}
	if err := c.setWeekend(in.Weekend); err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	for year, y := range in.Years {
		if err := c.addYear(year, y); err != nil {
			return nil, fmt.Errorf("calendar: year %d: %w", year, err)
		}
	}
	// A make-up day may stand in another year's list than the holiday on the same day, so this is checked last.
	for d := range c.makeUp {
		if name, found := c.holidays[d]; found {
			return nil, fmt.Errorf("calendar: %s is both make-up day and %s", d, name)
		}
	}
	return c, nil
}

func (c *Calendar) setWeekend(names []string) error {
	for _, name := range names {
		at := -1
		for w := time.Sunday; w <= time.Saturday; w++ {
			if w.String() == name {
				at = int(w)
			}
		}
		if at < 0 || c.weekend[at] {
			return fmt.Errorf("weekend day %q is unknown or named twice", name)
		}
		c.weekend[at] = true
	}
	if c.weekend == [7]bool{true, true, true, true, true, true, true} {
		return errors.New("a week without working days")
	}
	return nil
}

func (c *Calendar) addYear(year int, y yearJSON) error {
	if y.Source == "" {
		return errors.New("no source")
	}
	c.sources[year] = y.Source
	first, last := NewDate(year-1, time.December, 1), NewDate(year+1, time.January, 31)
	outside := func(d Date) bool { return d.Before(first) || last.Before(d) }
	for _, h := range y.Holidays {
		if h.Name == "" || outside(h.From) || outside(h.To) || h.To.Before(h.From) || h.From.DaysUntil(h.To) >= maxSpan {
			return fmt.Errorf("holiday %q from %s to %s: no name, or dates that cannot be", h.Name, h.From, h.To)
		}
		for d := h.From; !h.To.Before(d); d = d.AddDays(1) {
			if other, found := c.holidays[d]; found {
				return fmt.Errorf("%s is in both %s and %s", d, other, h.Name)
			}
			c.holidays[d] = h.Name
		}
	}
	for _, d := range y.MakeUpDays {
		if outside(d) || !c.weekend[d.Weekday()] || c.makeUp[d] {
			return fmt.Errorf("make-up day %s: outside the year, not on a weekend, or named twice", d)
		}
		c.makeUp[d] = true
	}
	return nil
}
