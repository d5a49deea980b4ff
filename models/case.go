package models

import (
	"fmt"
	"slices"
	"time"
)

// The bounds of a case's texts.
const (
	MaxTitleLength       = 200
	MaxDescriptionLength = 10000
	MaxReasonLength      = 2000
)

// Case is an appeal, complaint, petition or request of a resident.
type Case struct {
	ID           ID     `gorm:"primaryKey"`
	Ref          string // external id
	ReceiptHash  Hash   // nil for an imported case
	Category     string // "parent / child", or one word
	UnitID       ID     // who owns it: the first receiver until another has accepted
	OfficialID   *ID    // who works on it
	ResidentKey  Hash
	KeyYear      int
	Channel      Channel
	State        CaseState
	Title        string
	Description  string
	OpenedAt     time.Time
	DueAt        *time.Time
	ClosedAt     *time.Time
	Outcome      CaseOutcome // empty while open
	Asked        Answer      // was the resident asked to confirm
	Confirmed    Answer      // what the resident said
	Satisfaction *int        // 1 to 5
	Transfers    int
	Reopened     int
	Account      *string // what was done, in the official's words
	Upheld       bool    // a rejection upheld above the unit
	UpdatedAt    time.Time

	// Place is where the trouble is, in the resident's words. Place and coordinates
	// are personal data: only who works on the case and who holds its receipt see
	// them. Coordinates are kept to 3 decimals of a degree, about 100 m.
	Place               string
	Latitude, Longitude *float64

	RoutedBy        Routing
	Extended        bool       // the one extension has been used
	WarnedAt        *time.Time // when its holders were told that it is due soon
	RemindedAt      *time.Time // when the resident was reminded of the answer
	EscalatedUnitID *ID        // overdue: the unit above, which sees it in its own list
	EscalatesAt     *time.Time // when it goes further up; nil: not escalated, or at the top
	LeadID          *ID        // joined to that case: one answer for both
	ErasedOn        *Date      // its words and what led to the resident are gone; nil: they are not
}

// Routing is how a case found its first unit.
type Routing string

// The ways; an imported case has none.
const (
	RoutedAsGiven Routing = "GIVEN" // the resident named the unit
	RoutedByRule  Routing = "RULE"  // a routing rule, the fallback included
	RoutedByHabit Routing = "HABIT" // no rule: who has taken on the newest case of the category
	RoutedToTop   Routing = "TOP"   // no rule and no habit: the top of the organisation
)

// Routings are all ways.
var Routings = []Routing{RoutedAsGiven, RoutedByRule, RoutedByHabit, RoutedToTop}

// Validate checks the record by itself.
func (c *Case) Validate() error {
	if err := required("category", c.Category); err != nil {
		return err
	}
	if err := validText("category", c.Category, MaxTitleLength); err != nil {
		return err
	}
	if err := oneOf("channel", c.Channel, Channels); err != nil {
		return err
	}
	if err := validText("title", c.Title, MaxTitleLength); err != nil {
		return err
	}
	if err := validText("description", c.Description, MaxDescriptionLength); err != nil {
		return err
	}
	if err := validText("place", c.Place, MaxTitleLength); err != nil {
		return err
	}
	if err := validPoint(c.Latitude, c.Longitude); err != nil {
		return err
	}
	if c.ClosedAt != nil && c.ClosedAt.Before(c.OpenedAt) {
		return Invalid("closedAt", KeyClosedBeforeOpened)
	}
	if c.Transfers < 0 {
		return Invalid("transfers", KeyNegative, fmt.Sprint(c.Transfers))
	}
	if c.Reopened < 0 {
		return Invalid("reopened", KeyNegative, fmt.Sprint(c.Reopened))
	}
	if c.Satisfaction != nil {
		return validLevel("satisfaction", *c.Satisfaction)
	}
	return nil
}

// StatesOver are the states in which a case is over: nobody works with its words.
func StatesOver() []CaseState {
	return []CaseState{CaseConfirmed, CaseClosedUnconfirmed, CaseRejected, CaseWithdrawn}
}

// Over says whether the case is over.
func (c *Case) Over() bool { return slices.Contains(StatesOver(), c.State) }

// CaseEvent is a step in a case's history; it is only ever added.
type CaseEvent struct {
	ID             ID `gorm:"primaryKey"`
	CaseID         ID
	Seq            int // order within the case
	At             time.Time
	Kind           CaseEventKind
	Outcome        CaseOutcome // of a step of our own that closed the case; else empty
	FromOfficialID *ID
	ToOfficialID   *ID
	ToUnitID       *ID
	Actor          string // subject; empty for an imported event, "resident" for the resident
	Note           string
	ImportKey      Hash       // nil for an event of our own
	DueAt          *time.Time // the case's due date that the step replaced; nil where it replaced none
}

// Validate checks the record by itself.
func (e *CaseEvent) Validate() error {
	if err := oneOf("kind", e.Kind, CaseEventKinds); err != nil {
		return err
	}
	return validText("note", e.Note, MaxDescriptionLength)
}

// ValidNote bounds what is said with a step; field is where it was said.
func ValidNote(field, note string) error { return validText(field, note, MaxDescriptionLength) }

// ValidRemark bounds a comment, or a reason where none is needed.
func ValidRemark(field, remark string) error { return validText(field, remark, MaxReasonLength) }

// ValidReason says whether a step's reason is there and fit to be kept.
func ValidReason(reason string) error {
	if err := required("reason", reason); err != nil {
		return Invalid("reason", KeyReasonNeeded)
	}
	return validText("reason", reason, MaxReasonLength)
}

// TransferState is where an offered transfer stands.
type TransferState string

// The states of a transfer.
const (
	TransferOffered  TransferState = "OFFERED"
	TransferAccepted TransferState = "ACCEPTED"
	TransferRefused  TransferState = "REFUSED"
	TransferLapsed   TransferState = "LAPSED" // not accepted in time: it fell back
)

// TransferStates are all states.
var TransferStates = []TransferState{TransferOffered, TransferAccepted, TransferRefused, TransferLapsed}

// CaseTransfer is an offer to take a case over. Until it is accepted the case
// stays with the unit that offered it (首问负责).
type CaseTransfer struct {
	ID             ID `gorm:"primaryKey"`
	CaseID         ID
	FromUnitID     ID
	ToUnitID       ID
	FromOfficialID *ID
	ToOfficialID   *ID
	Reason         string
	State          TransferState
	OfferedAt      time.Time
	DueAt          time.Time
	DecidedAt      *time.Time
	DecisionReason string
	Final          bool // decided above both units: it cannot be refused, and does not fall back
}

// Decide accepts, refuses or lets lapse an offered transfer.
func (t *CaseTransfer) Decide(to TransferState, now time.Time, reason string) error {
	if t.State != TransferOffered || to == TransferOffered {
		return illegal("CaseTransfer", t.State, to, transfersFrom(t.State))
	}
	if t.Final && to == TransferRefused {
		return Conflict("accept", KeyMustDecide)
	}
	if to == TransferRefused {
		if err := ValidReason(reason); err != nil {
			return err
		}
	}
	t.State, t.DecidedAt, t.DecisionReason = to, &now, reason
	return nil
}

func transfersFrom(s TransferState) []TransferState {
	if s == TransferOffered {
		return []TransferState{TransferAccepted, TransferRefused, TransferLapsed}
	}
	return nil
}

// Mediation is the work of a third party between a resident and an office.
type Mediation struct {
	ID               ID `gorm:"primaryKey"`
	CaseID           ID
	Mediator         string
	StartedAt        time.Time
	ResidentAgreed   bool
	UnitAgreed       bool
	Outcome          CaseOutcome // what the unit proposes, then what it came to
	EndedAt          *time.Time
	AgreementSummary string

	ResidentAnswer     Answer // to the mediator at first, to the proposal once there is one
	ResidentAnsweredAt *time.Time
	ProposedAt         *time.Time // when the unit agreed to an outcome; nil: not yet
}

// Validate checks the record by itself.
func (m *Mediation) Validate() error {
	if err := required("mediator", m.Mediator); err != nil {
		return err
	}
	if err := validText("mediator", m.Mediator, MaxTitleLength); err != nil {
		return err
	}
	if m.EndedAt != nil && m.EndedAt.Before(m.StartedAt) {
		return Invalid("endedAt", KeyClosedBeforeOpened)
	}
	return validText("agreementSummary", m.AgreementSummary, MaxDescriptionLength)
}
