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
