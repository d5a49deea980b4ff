package models

import (
	"fmt"
	"math"
	"time"
)

// The bounds of rules.
const (
	MaxPhraseLength = 60
	MaxRuleWeight   = 100
)

// CategoryRule lets a phrase in the resident's words speak for a category.
type CategoryRule struct {
	ID       ID `gorm:"primaryKey"`
	UnitID   ID // whose rule it is: its HR and administrators may change it
	Phrase   string
	Category string
	Weight   int // 1 to 100; the weights of the phrases found add up
	SavedBy  string
	SavedAt  time.Time
}

// Validate checks the record by itself.
func (r *CategoryRule) Validate() error {
	if err := needed("phrase", r.Phrase, MaxPhraseLength); err != nil {
		return err
	}
	if err := needed("category", r.Category, MaxTitleLength); err != nil {
		return err
	}
	if r.Weight < 1 || r.Weight > MaxRuleWeight {
		return Invalid("weight", KeyOutOfRange, fmt.Sprint(r.Weight), "1", fmt.Sprint(MaxRuleWeight))
	}
	return nil
}

// Area is a named part of the country, a node of a tree: a place that names it
// lies in the areas above it as well.
type Area struct {
	ID       ID `gorm:"primaryKey"`
	UnitID   ID
	ParentID *ID
	Name     string
	SavedBy  string
	SavedAt  time.Time
}

// Validate checks the record by itself.
func (a *Area) Validate() error { return needed("name", a.Name, MaxPhraseLength) }

// RoutingRule sends the cases that meet its conditions to a unit. Without any
// condition it is the fallback.
type RoutingRule struct {
	ID           ID `gorm:"primaryKey"`
	UnitID       ID
	Category     string // empty: any; "parent" stands for "parent / child" as well
	AreaID       *ID    // the place names this area or one below it
	PlaceKeyword string // or the place holds this word
	ToUnitID     ID
	SavedBy      string
	SavedAt      time.Time
}

// Validate checks the record by itself.
func (r *RoutingRule) Validate() error {
	if err := validText("category", r.Category, MaxTitleLength); err != nil {
		return err
	}
	if r.AreaID != nil && r.PlaceKeyword != "" {
		return Invalid("placeKeyword", KeyOnePlace)
	}
	return validText("placeKeyword", r.PlaceKeyword, MaxPhraseLength)
}

// HolidayKind is how a day is kept.
type HolidayKind string

// The kinds.
const (
	DayOff  HolidayKind = "HOLIDAY"
	DayWork HolidayKind = "WORKING_DAY" // a make-up day (调休), or a holiday not kept here
)

// HolidayKinds are all kinds.
var HolidayKinds = []HolidayKind{DayOff, DayWork}

// Holiday is a day that a unit, and what lies below it, keeps otherwise than the
// calendar that the program was started with.
type Holiday struct {
	ID      ID `gorm:"primaryKey"`
	UnitID  ID
	HeldOn  Date
	Kind    HolidayKind
	Name    string
	SavedBy string
	SavedAt time.Time
}

// Validate checks the record by itself.
func (h *Holiday) Validate() error {
	if err := oneOf("kind", h.Kind, HolidayKinds); err != nil {
		return err
	}
	if y := h.HeldOn.Year(); y < 2000 || y > 2100 {
		return Invalid("on", KeyOutOfRange, h.HeldOn.String(), "2000-01-01", "2100-12-31")
	}
	return needed("name", h.Name, MaxPhraseLength)
}

// needed is a text that must be there, within its bound.
func needed(field, value string, limit int) error {
	if err := required(field, value); err != nil {
		return err
	}
	return validText(field, value, limit)
}

// validPoint checks coordinates in degrees: both or none.
func validPoint(latitude, longitude *float64) error {
	if latitude == nil && longitude == nil {
		return nil
	}
	if latitude == nil {
		return Invalid("latitude", KeyRequired)
	}
	if longitude == nil {
		return Invalid("longitude", KeyRequired)
	}
	if !(math.Abs(*latitude) <= 90) {
		return Invalid("latitude", KeyOutOfRange, fmt.Sprint(*latitude), "-90", "90")
	}
	if !(math.Abs(*longitude) <= 180) {
		return Invalid("longitude", KeyOutOfRange, fmt.Sprint(*longitude), "-180", "180")
	}
	return nil
}
