package models

import (
	"strconv"
	"time"
)

// Encounter is one service done by an official for a resident.
type Encounter struct {
	ID          ID     `gorm:"primaryKey"`
	Ref         string // external id
	OfficialID  ID
	ServiceID   ID
	ResidentKey Hash // nil: unknown
	KeyYear     int  // the year whose key made ResidentKey; 0 without one
	Channel     Channel
	OccurredAt  time.Time
	Invited     Answer
	// Adverse says that the official had to decide against the resident. It is recorded
	// with the encounter, before anybody can answer, and never changed.
	Adverse bool
}

// maxEncounterYears is how far back an encounter may be recorded by hand: whoever
// was served longer ago is asked too late, and what is older comes by import.
const maxEncounterYears = 2

// ValidateAt checks the record as one that is recorded by hand now.
func (e *Encounter) ValidateAt(now time.Time) error {
	if err := oneOf("channel", e.Channel, Channels); err != nil {
		return err
	}
	if e.OccurredAt.After(now.Add(clockSkew)) {
		return Invalid("occurredAt", KeyFuture)
	}
	if e.OccurredAt.Before(now.AddDate(-maxEncounterYears, 0, 0)) {
		return Invalid("occurredAt", KeyTooLongAgo, strconv.Itoa(maxEncounterYears))
	}
	return nil
}

// clockSkew is how far a caller's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// EncounterClaim is the ledger of single use: an encounter that stands in it has
// been rated. It holds no moment and no rating, so that it cannot lead to one.
type EncounterClaim struct {
	EncounterID ID `gorm:"primaryKey"`
}

// InvitationState is where a rating invitation stands.
type InvitationState string

// The states of an invitation.
const (
	InvitationIssued  InvitationState = "ISSUED"
	InvitationUsed    InvitationState = "USED"
	InvitationExpired InvitationState = "EXPIRED"
	InvitationRevoked InvitationState = "REVOKED"
)

// InvitationStates are all states.
var InvitationStates = []InvitationState{
	InvitationIssued, InvitationUsed, InvitationExpired, InvitationRevoked,
}

// InvitationStep is a step of an invitation's life.
type InvitationStep string

// The steps.
const (
	InvitationUse    InvitationStep = "USE"
	InvitationExpire InvitationStep = "EXPIRE"
	InvitationRevoke InvitationStep = "REVOKE"
)

// RatingInvitation is a single-use right to rate an encounter.
type RatingInvitation struct {
	ID          ID   `gorm:"primaryKey"`
	TokenHash   Hash // of the token's random part; the token itself is not kept
	EncounterID ID
	State       InvitationState
	IssuedBy    string // the subject who invited
	IssuedFrom  string // the place or device it was issued at; may be empty
	IssuedAt    time.Time
	ExpiresAt   time.Time
}

// Next returns the state that a step leads to at a moment. Time by itself makes
// an ISSUED invitation EXPIRED: nobody needs to write that down first.
func (i *RatingInvitation) Next(step InvitationStep, now time.Time) (InvitationState, error) {
	switch state := i.StateAt(now); {
	case state != InvitationIssued && !(step == InvitationExpire && state == InvitationExpired):
		return "", illegal("RatingInvitation", state, step, nil)
	case step == InvitationUse:
		return InvitationUsed, nil
	case step == InvitationRevoke:
		return InvitationRevoked, nil
	case step == InvitationExpire && state == InvitationExpired:
		return InvitationExpired, nil
	default:
		return "", illegal("RatingInvitation", state, step, []InvitationStep{InvitationUse, InvitationRevoke})
	}
}

// StateAt is the state at a moment.
func (i *RatingInvitation) StateAt(now time.Time) InvitationState {
	if i.State == InvitationIssued && !now.Before(i.ExpiresAt) {
		return InvitationExpired
	}
	return i.State
}

// ValidResidentRef bounds a pseudonymous reference to a resident. It is not kept, but it
// must be one that comes again letter by letter.
func ValidResidentRef(ref string) error { return validText("residentRef", ref, MaxTitleLength) }

// ValidPlace bounds the name of the place or device that a link is handed out at.
func ValidPlace(field, place string) error { return validText(field, place, MaxTitleLength) }
