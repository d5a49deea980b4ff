package models

import (
	"time"
)

// ObjectionState is where an objection stands.
type ObjectionState string

// The states of an objection.
const (
	ObjectionFiled     ObjectionState = "FILED"
	ObjectionUpheld    ObjectionState = "UPHELD"
	ObjectionDismissed ObjectionState = "DISMISSED"
)

// ObjectionStates are all states.
var ObjectionStates = []ObjectionState{ObjectionFiled, ObjectionUpheld, ObjectionDismissed}

// Instance is before whom an objection comes.
type Instance string

// The instances.
const (
	InstanceNotice Instance = "NOTICE" // against what a public notice says, while it stands
	InstanceReview Instance = "REVIEW" // 复核: by whoever decided, after the written notice
	InstanceAppeal Instance = "APPEAL" // 申诉: after the review, or instead of it
)

// Instances are all instances.
var Instances = []Instance{InstanceNotice, InstanceReview, InstanceAppeal}

// Filer is who objects.
type Filer string

// The filers.
const (
	FilerOfficial Filer = "OFFICIAL" // about the own assessment
	FilerPublic   Filer = "PUBLIC"   // about a name that a notice gives
)

// Filers are both.
var Filers = []Filer{FilerOfficial, FilerPublic}

// The terms of remedies, in days (公务员法 2018, arts. 95–97). A term begins on
// the day after the written notice.
const (
	ReviewTerm           = 30 // in which a review is asked for after the notice
	ReviewDecision       = 30 // in which it is decided
	AppealTerm           = 15 // in which an appeal follows the notice of a review
	DirectAppealTerm     = 30 // in which one follows the notice itself
	AppealDecision       = 60
	AppealExtension      = 30
	NoticeDecision       = 30 // in which an objection against a notice is decided
	MaxObjectionEvidence = 10000
)

// Objection is what an official holds against the own assessment, or a member of
// the public against a name in a notice. Of the public nothing is known but the
// hash of a receipt, and the day.
type Objection struct {
	ID          ID `gorm:"primaryKey"`
	CycleID     ID
	OfficialID  ID // about whom
	Instance    Instance
	Filer       Filer
	ReceiptHash Hash
	PreviousID  *ID // of an appeal: the review
	Grounds     string
	Evidence    string // may be empty
	State       ObjectionState
	FiledAt     time.Time
	DueOn       Date // the last day on which it is to be decided
	Extended    bool
	Decision    string // what is done
	Reason      string // and why
	DecidedBy   string
	DecidedAt   *time.Time
	ToldOn      Date // the day of the written notice
	ToldBy      string
}

// Validate checks the record by itself.
func (o *Objection) Validate() error {
	if Blank(o.Grounds) {
		return Invalid("grounds", KeyReasonNeeded)
	}
	if err := validText("grounds", o.Grounds, MaxReasonLength); err != nil {
		return err
	}
	return validText("evidence", o.Evidence, MaxObjectionEvidence)
}

// Decide upholds or dismisses a filed objection; a decision has its reason.
func (o *Objection) Decide(to ObjectionState, by, decision, reason string, now time.Time) error {
	if o.State != ObjectionFiled || to == ObjectionFiled {
		var possible []ObjectionState
		if o.State == ObjectionFiled {
			possible = []ObjectionState{ObjectionUpheld, ObjectionDismissed}
		}
		return illegal("Objection", o.State, to, possible)
	}
	if err := required("decision", decision); err != nil {
		return err
	}
	if err := validText("decision", decision, MaxReasonLength); err != nil {
		return err
	}
	if err := ValidReason(reason); err != nil {
		return err
	}
	o.State, o.Decision, o.Reason, o.DecidedBy, o.DecidedAt = to, decision, reason, by, &now
	return nil
}

// Extend gives an appeal its second term, once and while it is open.
func (o *Objection) Extend() error {
	switch {
	case o.Instance != InstanceAppeal || o.State != ObjectionFiled:
		return illegal("Objection", o.State, "EXTEND", []string(nil))
	case o.Extended:
		return Conflict("objectionId", KeyAlreadyExtended)
	}
	o.Extended, o.DueOn = true, o.DueOn.AddDays(AppealExtension)
	return nil
}

// Tell notes the day of the written notice of a decision.
func (o *Objection) Tell(on, today Date, zone *time.Location, by string) error {
	if o.DecidedAt == nil {
		return illegal("Objection", o.State, "TELL", []ObjectionState{ObjectionUpheld, ObjectionDismissed})
	}
	if err := told(o.ToldOn, on, DateOf(*o.DecidedAt, zone), today); err != nil {
		return err
	}
	o.ToldOn, o.ToldBy = on, by
	return nil
}
