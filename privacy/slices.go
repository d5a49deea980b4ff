package privacy

import (
	"fmt"
	"time"

	"steelyard/models"
)

// DayCount is the number of answers of a day.
type DayCount struct {
	Day models.Date
	N   int
}

// Slices cuts a series of answers about one official into slices of neighbouring days:
// each as short as holds at least threshold answers. It returns the last day of each. The
// days are in order, each once; those without an answer may be left out. before is the
// first day to which answers may still come: it and what is later count for nothing.
//
// What is shown while answers still come in holds whole slices, so that each step from
// one showing to the next is made by no fewer answers than the threshold. A quarter of
// the calendar ends a slice, since assessments do: what is left at its end joins the
// quarter's last slice, or, where the quarter has none, goes on into the next one.
//
// Slices that have ended never change while answers come in day by day.
func Slices(days []DayCount, before models.Date, threshold int) ([]models.Date, error) {
	if threshold < Floor {
		return nil, fmt.Errorf("privacy: a threshold of %d is below %d", threshold, Floor)
	}
	var ends []models.Date
	open := 0
	endQuarter := func(last models.Date) {
		if n := len(ends); n > 0 && quarterEnd(ends[n-1]) == last {
			ends[n-1], open = last, 0
		}
	}
	var quarter models.Date // the last day of the one that is being read
	for i, d := range days {
		if err := inOrder(days, i); err != nil {
			return nil, err
		}
		if !d.Day.Before(before) {
			break
		}
		if of := quarterEnd(d.Day); of != quarter {
			endQuarter(quarter)
			quarter = of
		}
		if open += d.N; open >= threshold {
			ends, open = append(ends, d.Day), 0
		}
	}
	if quarter.Before(before) {
		endQuarter(quarter)
	}
	return ends, nil
}

// ShownUpTo is the last day of those answers of a series that a list may show one by one,
// of the days before a day; the zero day: none. They are whole slices, as in [Slices], which
// no quarter ends: nobody's total is to be met here, and what joined a quarter's last slice
// would be seen to join it, by whoever looked before. What is left over waits until further
// answers make a slice of it, for ever where none come.
func ShownUpTo(days []DayCount, before models.Date, threshold int) (models.Date, error) {
	var shown models.Date
	if threshold < Floor {
		return shown, fmt.Errorf("privacy: a threshold of %d is below %d", threshold, Floor)
	}
	open := 0
	for i, d := range days {
		if err := inOrder(days, i); err != nil {
			return models.Date{}, err
		}
		if !d.Day.Before(before) {
			break
		}
		if open += d.N; open >= threshold {
			shown, open = d.Day, 0
		}
	}
	return shown, nil
}

// inOrder refuses a day that does not follow the one before it.
func inOrder(days []DayCount, i int) error {
	if d := days[i]; d.N < 0 || i > 0 && !days[i-1].Day.Before(d.Day) {
		return fmt.Errorf("privacy: day %s is out of order or has %d answers", d.Day, d.N)
	}
	return nil
}

// quarterEnd is the last day of the calendar quarter of a day.
func quarterEnd(d models.Date) models.Date {
	at := d.Start(time.UTC)
	first := time.Month((int(at.Month())-1)/3*3 + 1)
	return models.NewDate(at.Year(), first+3, 1).AddDays(-1)
}

// Settled is the last day of the answers that may be counted while further ones come in
// and all of them are to be counted in the end: the last slice but one ends on it. So
// what is still to come is never less than a slice. The zero day: none.
func Settled(ends []models.Date) models.Date {
	if len(ends) < 2 {
		return models.Date{}
	}
	return ends[len(ends)-2]
}
