package models

import "time"

// OrgUnit is a node of the organisation's tree.
type OrgUnit struct {
	ID       ID     `gorm:"primaryKey"`
	Ref      string // external id
	ParentID *ID
	Name     string
}

// OrgUnitClosure holds every unit with each of its ancestors, itself included
// (depth 0): scope is one look-up in it.
type OrgUnitClosure struct {
	AncestorID   ID `gorm:"primaryKey"`
	DescendantID ID `gorm:"primaryKey"`
	Depth        int
}

// OrganisationState is one row: the word for the state that units, positions and officials
// are in. It is another after each change of theirs.
type OrganisationState struct {
	ID    int `gorm:"primaryKey"`
	State string
}

// AccountState is the like for accounts and their tokens.
type AccountState struct {
	ID    int `gorm:"primaryKey"`
	State string
}

// Position is a kind of post; it decides the peer group unless a policy says
// otherwise.
type Position struct {
	ID   ID     `gorm:"primaryKey"`
	Name string // unique
}

// PeerGroup is the set of postings that are compared with one another: by
// default all of one position.
type PeerGroup string

// PeerGroup returns the group that the position decides by default.
func (p Position) PeerGroup() PeerGroup { return PeerGroup(p.Name) }

// Official is a cadre whose work is weighed.
type Official struct {
	ID         ID     `gorm:"primaryKey"`
	Ref        string // external id
	UnitID     ID
	PositionID ID
	Name       string
	ActiveFrom Date
	ActiveTo   Date
}

// Validate checks the record by itself.
func (o *Official) Validate() error {
	if err := required("name", o.Name); err != nil {
		return err
	}
	if !o.ActiveFrom.IsZero() && !o.ActiveTo.IsZero() && o.ActiveTo.Before(o.ActiveFrom) {
		return Invalid("activeTo", KeyPeriodBackwards, o.ActiveFrom.String(), o.ActiveTo.String())
	}
	return nil
}

// Posting is an official's time in one post. FromOn is the first day of the
// calendar where the beginning is unknown.
type Posting struct {
	ID         ID `gorm:"primaryKey"`
	OfficialID ID
	UnitID     ID
	PositionID ID
	FromOn     Date
	ToOn       Date // zero: still in post
}

// SinceEver is the first day of a posting whose beginning nobody knows.
var SinceEver = NewDate(1900, time.January, 1)

// Covers says whether the official held the post on that day.
func (p *Posting) Covers(d Date) bool {
	return !d.Before(p.FromOn) && (p.ToOn.IsZero() || !d.After(p.ToOn))
}

// Resident is a person served: known here by a keyed hash alone, which changes
// with the calendar year and dies with that year's key.
type Resident struct {
	Key  Hash
	Year int
}

// Service is an entry of the catalogue of what is done for people.
type Service struct {
	ID       ID     `gorm:"primaryKey"`
	Ref      string // external id
	Name     string
	Category string // the coarser kind that a rare service merges into; may be empty
}
