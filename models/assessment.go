package models

// AssessmentStatus says how far the evidence carried.
type AssessmentStatus string

// The statuses.
const (
	StatusScored               AssessmentStatus = "SCORED"
	StatusProvisional          AssessmentStatus = "PROVISIONAL"
	StatusInsufficientEvidence AssessmentStatus = "INSUFFICIENT_EVIDENCE"
)

// AssessmentStatuses are all statuses.
var AssessmentStatuses = []AssessmentStatus{StatusScored, StatusProvisional, StatusInsufficientEvidence}

// GradeProposal is what the engine proposes; persons decide.
type GradeProposal string

// The proposals; empty is none.
const (
	ProposalNone      GradeProposal = ""
	ProposalExcellent GradeProposal = "EXCELLENT"
	ProposalBoundary  GradeProposal = "BOUNDARY"
)

// GradeProposals are the two that say something.
var GradeProposals = []GradeProposal{ProposalExcellent, ProposalBoundary}

// ScoreComponent is one strand of evidence.
type ScoreComponent string

// The components, in the order of every report.
const (
	ComponentSatisfaction  ScoreComponent = "SATISFACTION"
	ComponentOutcomes      ScoreComponent = "OUTCOMES"
	ComponentPeerReview    ScoreComponent = "PEER_REVIEW"
	ComponentPracticalWork ScoreComponent = "PRACTICAL_WORK"
)

// ScoreComponents are all components.
var ScoreComponents = []ScoreComponent{
	ComponentSatisfaction, ComponentOutcomes, ComponentPeerReview, ComponentPracticalWork,
}

// Assessment is one official in one post in one run. Absent numbers are nil.
type Assessment struct {
	ID         ID `gorm:"primaryKey"`
	RunID      ID
	OfficialID ID
	PostingID  ID
	UnitID     ID
	Position   string
	PeerGroup  PeerGroup
	// SortOrder is the row's place in the report: by peer group, then rank, then
	// external id of official and posting.
	SortOrder     int
	Status        AssessmentStatus
	Composite     *Score // 0 to 100
	CompositeLow  *Score
	CompositeHigh *Score
	Rank          *int // 1 is the best of the peer group
	RankLow       *int
	RankHigh      *int
	Grade         GradeProposal
	Reliability   *Score
	WithoutHalo   *Score
	Geometric     *Score
	Visibility    *Score
	ShowcaseGap   *Score
	Flags         []string         `gorm:"serializer:json"`
	Components    []ComponentScore `gorm:"serializer:json"`
}

// ComponentScore is one component of an assessment, on the scale of the
// composite.
type ComponentScore struct {
	Component ScoreComponent `json:"component"`
	Value     *Score         `json:"value"`
	SE        *Score         `json:"se"`
	N         Score          `json:"n"`
	Counts    bool           `json:"counts"`
	Weight    Score          `json:"weight"`
}

// Component returns a component's score; an assessment holds each of them.
func (a *Assessment) Component(c ScoreComponent) ComponentScore {
	for _, s := range a.Components {
		if s.Component == c {
			return s
		}
	}
	return ComponentScore{Component: c}
}

// Explanation is why an assessment is what it is, line by line. It is written with the
// assessment and never changed.
type Explanation struct {
	AssessmentID ID           `gorm:"primaryKey"`
	Parts        []*ScorePart `gorm:"serializer:json"`
}

// ScorePart is a line of an assessment's explanation. The points of all lines
// add up to the composite as it is printed.
type ScorePart struct {
	Component ScoreComponent  `json:"component"` // empty: it belongs to the composite
	Code      string          `json:"code"`
	Points    int64           `json:"points"` // hundredths of a point
	Value     *float64        `json:"value"`
	Pieces    []EvidencePiece `json:"pieces"`
}

// Score is the line's points as a figure of a report.
func (p *ScorePart) Score() Score { return Score(float64(p.Points) / 100) }

// Without is what the composite s would be less what its explanation says that one step of a
// component did to it.
func (s Score) Without(code string, component ScoreComponent, parts []*ScorePart) Score {
	points := int64(0)
	for _, p := range parts {
		if p.Code == code && p.Component == component {
			points += p.Points
		}
	}
	return Score(min(max(float64(s)-float64(points)/100, 0), 100))
}

// EvidencePiece is one piece of evidence under a part: a month and a kind, never
// a day or a person.
type EvidencePiece struct {
	Source string `json:"source"`
	Month  string `json:"month"`
	Kind   string `json:"kind"`
	Value  Score  `json:"value"`
	Weight Score  `json:"weight"`
	Effect Score  `json:"effect"`
}
