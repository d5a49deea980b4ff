package cases

import (
	"time"

	"gorm.io/gorm"

	"steelyard/calendar"
	"steelyard/models"
	"steelyard/store"
)

// daysOf is the calendar by which a unit works.
func (s *Service) daysOf(db *gorm.DB, unit models.ID) (*calendar.Calendar, error) {
	return store.WorkingDays(db, s.Calendar, unit)
}

// workingDue is the first instant that is too late for an allowance of a unit's
// working days: the end of the last of them. The day itself does not count. A due
// date that has been set stays, also where somebody edits the holidays later: what
// the resident was told holds.
func (s *Service) workingDue(db *gorm.DB, unit models.ID, from time.Time, days int) (time.Time, error) {
	working, err := s.daysOf(db, unit)
	if err != nil {
		return time.Time{}, err
	}
	return s.dueBy(working, from, days), nil
}

func (s *Service) dueBy(working *calendar.Calendar, from time.Time, days int) time.Time {
	last := working.AddWorkingDays(calendar.DateIn(from, s.Zone), days)
	return last.AddDays(1).Start(s.Zone).UTC()
}

// later moves a due date by working days. A due date is the first instant that is
// too late, so the last day is the one before.
func (s *Service) later(working *calendar.Calendar, due time.Time, days int) time.Time {
	return s.dueBy(working, due.Add(-time.Nanosecond), days)
}

// afterPause moves a due date by the working days that a pause took: as many as
// lie between the day it began and the day it ended. A pause within one day
// moves nothing, and a due date that moves lies at the end of a working day.
func (s *Service) afterPause(working *calendar.Calendar, due, from, to time.Time) time.Time {
	days := working.WorkingDaysBetween(calendar.DateIn(from, s.Zone), calendar.DateIn(to, s.Zone))
	if days <= 0 {
		return due
	}
	return s.later(working, due, days)
}
