package scoring

// Version names the engine: it changes whenever the same evidence and policy
// could give other bytes.
const Version = "7"

// Status says how far the evidence carried.
type Status string

// The three statuses of an assessment.
const (
	Scored               Status = "SCORED"
	Provisional          Status = "PROVISIONAL"
	InsufficientEvidence Status = "INSUFFICIENT_EVIDENCE"
)

// Flag is a reason to look twice, shown in every report.
type Flag string

// The flags.
const (
	FlagOneComponent   Flag = "ONE_COMPONENT"   // the peer group has a single component
	FlagDisconnected   Flag = "DISCONNECTED"    // no shared cell or rater compares this official with the group
	FlagUnconfirmed    Flag = "UNCONFIRMED"     // nobody confirms outcomes here: they rest on time
	FlagNoEvents       Flag = "NO_EVENTS"       // time is charged to the last holder: no history says who held it
	FlagSmallGroup     Flag = "SMALL_GROUP"     // the peer group is too small for ranks
	FlagNoVariance     Flag = "NO_VARIANCE"     // a component does not tell officials apart and is out
	FlagBurst          Flag = "BURST"           // ratings too many, too fast, too one-sided, from too few
	FlagRepeatedRater  Flag = "REPEATED_RATER"  // one person rated often
	FlagReciprocity    Flag = "RECIPROCITY"     // mutual favours
	FlagClique         Flag = "CLIQUE"          // a circle of favours
	FlagCampaignBurst  Flag = "CAMPAIGN_BURST"  // deeds crowd into few weeks
	FlagLowReliability Flag = "LOW_RELIABILITY" // too uncertain for a grade
	FlagHaloOff        Flag = "HALO_OFF"        // the halo step was not identified and is off
	FlagExcluded       Flag = "EXCLUDED"        // a recorded reason keeps the official out of grades
)

// FlagOftenAdverse is raised by whoever sees all encounters, not only the rated ones: too
// many are marked as decisions against residents. The engine reads it in [Posting].Cleared,
// with the number of marks that a person has found right.
const FlagOftenAdverse Flag = "OFTEN_ADVERSE"

// Flags returns every flag, by name: the message catalogue has words for each.
func Flags() []Flag {
	return []Flag{
		FlagBurst, FlagCampaignBurst, FlagClique, FlagDisconnected, FlagExcluded, FlagHaloOff, FlagLowReliability,
		FlagNoEvents, FlagNoVariance, FlagOneComponent, FlagReciprocity, FlagRepeatedRater, FlagSmallGroup, FlagUnconfirmed,
	}
}

// Doubts returns the flags that doubt the evidence, by name: a person decides what
// they mean. The others say how far the evidence carries.
func Doubts() []Flag {
	return []Flag{FlagBurst, FlagCampaignBurst, FlagClique, FlagReciprocity, FlagRepeatedRater}
}

// Finding is what stands behind a flag of [Doubts]. Two runs that find the same
// facts have equal findings, whatever else has changed.
type Finding struct {
	Flag  Flag  `json:"flag"`
	From  Day   `json:"from"`  // the first day of a burst; 0: it has none
	To    Day   `json:"to"`    // the last
	High  bool  `json:"high"`  // of a burst of ratings: that they are 4 and 5, not 1 and 2
	Count int32 `json:"count"` // ratings of the burst, or of one person; deeds; colleagues
}

// Grade is what the engine proposes; persons decide.
type Grade string

// The proposals. The engine never proposes a low grade.
const (
	GradeNone      Grade = ""
	GradeExcellent Grade = "EXCELLENT"
	GradeBoundary  Grade = "BOUNDARY"
)

// Result is what a run found. Absent numbers are NaN, absent ranks 0.
type Result struct {
	Version        string
	EvidenceDigest [32]byte
	PolicyDigest   [32]byte
	Assessments    []Assessment // as Evidence.Postings
	Groups         []Group      // by name
	Fits           []Fit        // one a model that was fitted
	Quotas         []Quota      // by unit and position
}

// Assessment is one posting's result.
type Assessment struct {
	Posting              int32 // index into Evidence.Postings
	Status               Status
	Composite, Low, High float64 // 0 to 100; 95 % interval
	Rank                 int32   // 1 is the best, within the peer group
	RankLow, RankHigh    int32   // 95 % interval: RankLow is the better end
	Grade                Grade
	Components           [Components]ComponentScore
	Dimensions           [Dimensions]ComponentScore // the dimensions of peer review, each by itself; they enter nothing
	Outcomes             OutcomeFigures             // what became of the cases, as counted
	Response             Response                   // who could have answered; corrects nothing
	MonthsInPost         float64
	Reliability          float64 // of the composite, 0 to 1
	Chance               float64 // of truly lying among the unit's best, as many as there are places; NaN: no candidate
	Visibility           float64 // percentile within the peer group
	ShowcaseGap          float64 // percentile of visibility less that of the composite
	WithoutHalo          float64 // the composite with the halo step left out
	Geometric            float64 // the geometric composite, shown beside the linear one
	Flags                []Flag  // sorted, each once
	Findings             []Finding
	Parts                []Part // sum of Points is the composite as printed
}

// ComponentScore is one component of one posting, on the composite's scale.
type ComponentScore struct {
	Value, SE float64 // 0 to 100; standard error. NaN without evidence
	N         float64 // effective number of pieces of evidence
	Counts    bool    // whether it entered the composite
	Weight    float64 // the share it really had
}

// Part is one line of the explanation.
type Part struct {
	Component int8   // a Component, or -1: it belongs to the composite
	Code      string // one of PartCodes; the words stand in the message catalogue
	Points    int64  // hundredths of a point of the composite, so that sums are exact
	Value     float64
	Pieces    []Piece
}

// The sources of pieces.
const (
	PieceRating = "RATING"
	PieceCase   = "CASE"
	PieceReview = "REVIEW"
	PieceDeed   = "DEED"
	// PieceDecision is all that answers decisions against residents.
	PieceDecision = "DECISION"
)

// PieceSources returns every source that a [Piece] can have.
func PieceSources() []string {
	return []string{PieceRating, PieceCase, PieceReview, PieceDeed, PieceDecision}
}

// Piece is one piece of evidence under a part, or under the case mix one kind of
// work. It names a month and a kind, never a day or a person; whether it may be
// shown is for the rules of privacy to say, which N is for.
type Piece struct {
	Source string // one of PieceSources
	Month  string // 2025-03; empty for a kind of work, or before the period
	Kind   int32  // index into Evidence.Kinds, or None
	N      int32  // pieces of evidence in it
	// Value is a level or score from 1 to 5; solved or in time, from 0 to 1; of a
	// month of deeds their number; of a kind of work, and of decisions, the effect on the strand's scale.
	Value  float64
	Weight float64 // of the evidence in its model
	Effect float64 // on the composite, in points
}

// Group is what is common to one peer group.
type Group struct {
	Name             string
	Size             int
	NominalWeights   [Components]float64
	EffectiveWeights [Components]float64 // share of the composite's variance
	Sigma            [Components]float64 // standard deviation of the true official effect
	HaloSlopes       [Components]float64
	Reliability      float64
	Flags            []Flag
}

// Fit is one mixed model as it was fitted.
type Fit struct {
	Component  Component
	Rows       int
	Effects    []Effect
	Residual   float64 // variance
	Iterations int
	Converged  bool
}

// Effect is one variance component.
type Effect struct {
	Name     string // official, rater, pair
	Levels   int
	Variance float64
	SE       float64 // of the variance
	Boundary bool    // estimated at zero and taken out
}
