package models

import (
	"bytes"
	"time"
)

// ReviewRoundState is where a review round stands.
type ReviewRoundState string

// The states of a round.
const (
	RoundOpen   ReviewRoundState = "OPEN"
	RoundClosed ReviewRoundState = "CLOSED"
)

// ReviewRoundStates are all states.
var ReviewRoundStates = []ReviewRoundState{RoundOpen, RoundClosed}

// ReviewRound is a time in which colleagues review one another.
type ReviewRound struct {
	ID       ID `gorm:"primaryKey"`
	CycleID  ID
	Name     string
	State    ReviewRoundState
	OpensOn  Date
	ClosesOn Date
	// TemplateID names the questions; nil: one plain mark a dimension.
	TemplateID *ID
	RemindedOn *Date // when its reviewers were reminded last
	EndedOn    *Date // when it was closed; its reviews count from then on
}

// RemindBefore is how many days before its last day a round reminds its reviewers.
const RemindBefore = 3

// Validate checks the record by itself.
func (r *ReviewRound) Validate() error {
	if err := required("name", r.Name); err != nil {
		return err
	}
	if err := validText("name", r.Name, MaxTitleLength); err != nil {
		return err
	}
	if r.ClosesOn.Before(r.OpensOn) {
		return Invalid("closesOn", KeyPeriodBackwards, r.OpensOn.String(), r.ClosesOn.String())
	}
	return nil
}

// Within says whether the round lies in its cycle's period: a review counts by the
// day it is handed in, and one from outside would never count.
func (r *ReviewRound) Within(period Period) error {
	if !period.Contains(r.OpensOn) {
		return Invalid("opensOn", KeyOutsidePeriod, period.From.String(), period.To.String())
	}
	if !period.Contains(r.ClosesOn) {
		return Invalid("closesOn", KeyOutsidePeriod, period.From.String(), period.To.String())
	}
	return nil
}

// Accepts says whether reviews may be handed in on that day.
func (r *ReviewRound) Accepts(on Date) error {
	if r.State != RoundOpen || on.Before(r.OpensOn) || on.After(r.ClosesOn) {
		return &Error{Code: CodeIllegalState, Key: KeyRoundClosed}
	}
	return nil
}

// Reminds says whether its reviewers are to be reminded today without anybody's asking:
// once from RemindBefore days before the last day on, and once on the last day. Who
// was reminded since is not reminded again.
func (r *ReviewRound) Reminds(today Date) bool {
	from := r.ClosesOn.AddDays(-RemindBefore)
	if today == r.ClosesOn {
		from = today
	}
	return r.Accepts(today) == nil && !today.Before(from) && (r.RemindedOn == nil || r.RemindedOn.Before(from))
}

// Over says whether no review can come in any more: only then may anybody see what
// came in.
func (r *ReviewRound) Over(today Date) bool { return r.State == RoundClosed || today.After(r.ClosesOn) }

// ReviewAssignment is the duty of one official to review another.
type ReviewAssignment struct {
	ID         ID `gorm:"primaryKey"`
	RoundID    ID
	OfficialID ID // who is reviewed
	ReviewerID ID // the official who reviews
	Relation   Relation
}

// Validate checks the record by itself; field is the path of the input that it
// came from. SELF is for oneself and nobody else.
func (a *ReviewAssignment) Validate(field string) error {
	if err := oneOf(field+".relation", a.Relation, Relations); err != nil {
		return err
	}
	if (a.Relation == RelationSelf) != (a.OfficialID == a.ReviewerID) {
		return Invalid(field+".relation", KeySelfReview)
	}
	return nil
}

// ReviewClaim is the ledger of who has handed in: no moment, no answer.
type ReviewClaim struct {
	AssignmentID ID `gorm:"primaryKey"`
}

// PeerReview is one colleague's mark on one dimension. Like a rating it knows
// the day only, and the colleague as a keyed hash only.
type PeerReview struct {
	ID          ID `gorm:"primaryKey"` // random
	OfficialID  ID
	ReviewerKey Hash
	KeyYear     int
	Relation    Relation
	Dimension   Dimension
	Score       int // 1 to 5
	SubmittedOn Date
	RoundID     *ID  // nil: imported
	ImportKey   Hash // nil: handed in here
	Released    bool // it was imported, or has been written anew together with others
	Contact     ReviewContact
	// Answers are those to the round's questions of this dimension, behind Score.
	Answers []ReviewAnswer `gorm:"serializer:json"`
}

// Validate checks the record by itself.
func (p *PeerReview) Validate() error {
	if err := oneOf("relation", p.Relation, Relations); err != nil {
		return err
	}
	if err := oneOf("dimension", p.Dimension, Dimensions); err != nil {
		return err
	}
	return validLevel("score", p.Score)
}

// ReviewContact is how much the reviewer has to do with the reviewed: the less, the
// less the review weighs. Empty is unknown, as of imported reviews.
type ReviewContact string

// How much they have to do with each other.
const (
	ContactNone   ReviewContact = "NONE" // an abstention: it is never stored with a mark
	ContactLittle ReviewContact = "LITTLE"
	ContactSome   ReviewContact = "SOME"
	ContactMuch   ReviewContact = "MUCH"
)

// ReviewContacts are all levels; ContactsWithMarks those that a mark can have.
var (
	ReviewContacts    = []ReviewContact{ContactNone, ContactLittle, ContactSome, ContactMuch}
	ContactsWithMarks = ReviewContacts[1:]
)

// ValidContactLevel checks a level; none is said by leaving it out.
func ValidContactLevel(c ReviewContact) error {
	if c == "" {
		return nil
	}
	return oneOf("contact", c, ReviewContacts)
}

// ReviewDraft is a review that its reviewer has not handed in yet. It is sealed for
// its assignment and year, so that the database alone does not tell it.
type ReviewDraft struct {
	AssignmentID ID `gorm:"primaryKey"`
	Sealed       []byte
}

// ReviewConflict says that two officials must not review each other: relatives,
// parties of a dispute. The smaller id stands first.
type ReviewConflict struct {
	ID         ID `gorm:"primaryKey"`
	OfficialID ID
	OtherID    ID
	Reason     string
	DeclaredBy string
	DeclaredAt time.Time
}

// Validate checks the record by itself.
func (c *ReviewConflict) Validate() error {
	if c.OfficialID == c.OtherID {
		return Invalid("otherId", KeyConflictWithSelf)
	}
	return needed("reason", c.Reason, MaxTitleLength)
}

// Order puts the smaller id first, so that a pair has one form.
func (c *ReviewConflict) Order() {
	if bytes.Compare(c.OfficialID[:], c.OtherID[:]) > 0 {
		c.OfficialID, c.OtherID = c.OtherID, c.OfficialID
	}
}
