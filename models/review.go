package models

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
}

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
