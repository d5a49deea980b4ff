package models

import (
	"fmt"
	"time"
)

// The bounds of what a standing code takes in a day.
const (
	DefaultDailyCap = 200
	MaxDailyCap     = 2000
	// WalkInsOfDevice is what one device may give by one code in a day.
	WalkInsOfDevice = 1
	// WalkInsOfAddress is what one network may: some households and offices share one.
	WalkInsOfAddress = 20
)

// CounterCode is a standing code at a counter: whoever scans it may rate without
// having been recorded as served. Such a rating is not verified, and weighs less.
type CounterCode struct {
	ID         ID `gorm:"primaryKey"`
	CodeHash   Hash
	Name       string // where it hangs
	UnitID     ID
	OfficialID *ID // nil: the resident chooses among the unit's officials
	ServiceID  *ID // what is rated by it; every code that is issued has one
	Kiosk      bool
	DailyCap   int
	IssuedBy   string
	IssuedAt   time.Time
	RevokedAt  *time.Time
}

// Validate checks the record by itself.
func (c *CounterCode) Validate() error {
	if err := required("name", c.Name); err != nil {
		return err
	}
	if err := validText("name", c.Name, MaxTitleLength); err != nil {
		return err
	}
	if c.DailyCap < 1 || c.DailyCap > MaxDailyCap {
		return Invalid("dailyCap", KeyPageSize, fmt.Sprint(MaxDailyCap))
	}
	return nil
}

// CounterUse counts what a code, a device or an address has given on one day.
type CounterUse struct {
	Mark Hash `gorm:"primaryKey"`
	Day  Date // after which the row goes
	Uses int
}
