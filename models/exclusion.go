package models

import "time"

// ExclusionGround is why a case is not to be held against a unit.
type ExclusionGround string

// The grounds.
const (
	GroundNotWithinPowers      ExclusionGround = "NOT_WITHIN_POWERS"
	GroundUnlawfulOrImpossible ExclusionGround = "UNLAWFUL_OR_IMPOSSIBLE"
)

// ExclusionGrounds are all grounds.
var ExclusionGrounds = []ExclusionGround{GroundNotWithinPowers, GroundUnlawfulOrImpossible}

// ExclusionState is where an exclusion stands.
type ExclusionState string

// The states.
const (
	ExclusionAsked      ExclusionState = "ASKED"
	ExclusionUnreviewed ExclusionState = "UNREVIEWED" // the unit's own rejection: nobody above has looked at it
	ExclusionGranted    ExclusionState = "GRANTED"    // by a unit above: the case is REJECTED, the resident may object
	ExclusionRefused    ExclusionState = "REFUSED"    // the work goes on
	ExclusionObjected   ExclusionState = "OBJECTED"   // by the resident
	ExclusionUpheld     ExclusionState = "UPHELD"     // it stands against the objection
	ExclusionOverturned ExclusionState = "OVERTURNED" // it does not: the case is open again
)

// ExclusionStates are all states.
var ExclusionStates = []ExclusionState{
	ExclusionAsked, ExclusionUnreviewed, ExclusionGranted, ExclusionRefused, ExclusionObjected, ExclusionUpheld, ExclusionOverturned,
}

var exclusionLife = map[ExclusionState][]ExclusionState{
	ExclusionAsked:      {ExclusionGranted, ExclusionRefused},
	ExclusionUnreviewed: {ExclusionObjected},
	ExclusionGranted:    {ExclusionObjected},
	ExclusionObjected:   {ExclusionUpheld, ExclusionOverturned},
}

// Exclusion is a case that a unit asks not to be held to. The unit asks, a unit
// above it decides, the resident may object, and then a third person decides.
type Exclusion struct {
	ID          ID `gorm:"primaryKey"`
	CaseID      ID
	UnitID      ID // who asked
	Ground      ExclusionGround
	Reason      string
	State       ExclusionState
	AskedBy     string
	AskedAt     time.Time
	DueAt       time.Time // until when it is to be decided
	DecidedBy   string
	Decision    string
	DecidedAt   *time.Time
	ObjectUntil *time.Time // the first instant that is too late for an objection
	Objection   string
	ObjectedAt  *time.Time
	ReviewedBy  string
	Review      string
	ReviewedAt  *time.Time
}

// Validate checks the record by itself.
func (e *Exclusion) Validate() error {
	if err := oneOf("ground", e.Ground, ExclusionGrounds); err != nil {
		return err
	}
	return ValidReason(e.Reason)
}

func (e *Exclusion) move(to ExclusionState) error {
	for _, possible := range exclusionLife[e.State] {
		if possible == to {
			e.State = to
			return nil
		}
	}
	return illegal("Exclusion", e.State, to, exclusionLife[e.State])
}

// Decide answers what was asked, or an objection. Whoever asked or decided
// before cannot.
func (e *Exclusion) Decide(granted bool, by, reason string, now time.Time) error {
	if err := ValidReason(reason); err != nil {
		return err
	}
	objected := e.State == ExclusionObjected
	to := ExclusionRefused
	switch {
	case objected && granted:
		to = ExclusionUpheld
	case objected:
		to = ExclusionOverturned
	case granted:
		to = ExclusionGranted
	}
	from := e.State
	if err := e.move(to); err != nil {
		return err
	}
	if by == e.AskedBy || by == e.DecidedBy {
		e.State = from
		return &Error{Code: CodeForbidden, Key: KeySecondPerson}
	}
	if objected {
		e.ReviewedBy, e.Review, e.ReviewedAt = by, reason, &now
	} else {
		e.DecidedBy, e.Decision, e.DecidedAt = by, reason, &now
	}
	return nil
}

// Object takes the resident's objection, once and within the term.
func (e *Exclusion) Object(reason string, now time.Time) error {
	if err := ValidReason(reason); err != nil {
		return err
	}
	if e.ObjectUntil != nil && !now.Before(*e.ObjectUntil) {
		return &Error{Code: CodeGone, Key: KeyObjectionLate}
	}
	if err := e.move(ExclusionObjected); err != nil {
		return err
	}
	e.Objection, e.ObjectedAt = reason, &now
	return nil
}

// Upheld says whether a unit above stands by the exclusion.
func (e *Exclusion) Upheld() bool { return e.State == ExclusionGranted || e.State == ExclusionUpheld }
