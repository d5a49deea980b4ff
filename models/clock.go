package models

import "time"

// ClockKind is what has to be done in time.
type ClockKind string

// The clocks of a case.
const (
	ClockAccept   ClockKind = "ACCEPT"
	ClockTransfer ClockKind = "TRANSFER"
	ClockResolve  ClockKind = "RESOLVE"
	ClockConfirm  ClockKind = "CONFIRM"
)

// ClockKinds are all clocks.
var ClockKinds = []ClockKind{ClockAccept, ClockTransfer, ClockResolve, ClockConfirm}

// Clock is a due date that pauses.
type Clock struct {
	ID        ID `gorm:"primaryKey"`
	CaseID    ID
	Kind      ClockKind
	StartedAt time.Time
	DueAt     time.Time
	PausedAt  *time.Time // nil: it runs
	StoppedAt *time.Time // nil: not yet met
}

// Pause halts the clock; pausing a stopped or paused one changes nothing.
func (c *Clock) Pause(now time.Time) {
	if c.PausedAt == nil && c.StoppedAt == nil {
		c.PausedAt = &now
	}
}

// Resume lets the clock run again and moves the due date by the pause.
func (c *Clock) Resume(now time.Time) {
	if c.PausedAt != nil {
		c.DueAt = c.DueAt.Add(now.Sub(*c.PausedAt))
		c.PausedAt = nil
	}
}

// Stop says that what was due has been done.
func (c *Clock) Stop(now time.Time) {
	if c.StoppedAt == nil {
		c.Resume(now)
		c.StoppedAt = &now
	}
}

// Overdue says whether it ran out before it was met.
func (c *Clock) Overdue(now time.Time) bool {
	switch {
	case c.StoppedAt != nil:
		return c.StoppedAt.After(c.DueAt)
	case c.PausedAt != nil:
		return c.PausedAt.After(c.DueAt)
	}
	return now.After(c.DueAt)
}
