package scoring

// Component is one strand of evidence.
type Component uint8

// The components in the order of every report.
const (
	Satisfaction Component = iota
	Outcomes
	PeerReview
	PracticalWork
	Components // how many there are
)

// Normalisation says how a component's estimate becomes a number of the
// composite.
type Normalisation string

// The two normalisations.
const (
	// Standardised divides by the standard deviation of the true official effect
	// in the peer group.
	Standardised Normalisation = "STANDARDISED"
	// Absolute places the component's own scale on 0 to 100.
	Absolute Normalisation = "ABSOLUTE"
)

// ComponentRule is what a policy says of one component.
type ComponentRule struct {
	Weight   float64 `json:"weight"`   // share of the composite, 0 to 1
	MinimumN float64 `json:"minimumN"` // effective pieces of evidence below which it is left out
}

// Policy is the weights and rules of a run, as data. The zero value is not
// valid; start from [DefaultPolicy].
type Policy struct {
	Name          string        `json:"name"`
	Satisfaction  ComponentRule `json:"satisfaction"`
	Outcomes      ComponentRule `json:"outcomes"`
	PeerReview    ComponentRule `json:"peerReview"`
	PracticalWork ComponentRule `json:"practicalWork"`

	Normalisation Normalisation `json:"normalisation"`

	// HaloCorrection removes from each component what leans on visibility.
	HaloCorrection bool `json:"haloCorrection"`
	// Borrowing lets components lend strength to one another.
	Borrowing bool `json:"borrowing"`

	// SolvedShare, InTimeShare and HandlingShare weigh the three parts of a case.
	SolvedShare   float64 `json:"solvedShare"`
	InTimeShare   float64 `json:"inTimeShare"`
	HandlingShare float64 `json:"handlingShare"`

	// WalkInWeight is what a walk-in rating counts, which nobody has verified, where a
	// rated encounter counts 1.
	WalkInWeight float64 `json:"walkInWeight"`

	// DeedsPerWeek caps the confirmed deeds that one week can add.
	DeedsPerWeek int `json:"deedsPerWeek"`

	// MinimumCellOfficials and MinimumCellItems are what a case-mix cell needs to
	// stand by itself.
	MinimumCellOfficials int `json:"minimumCellOfficials"`
	MinimumCellItems     int `json:"minimumCellItems"`

	// MinimumGroup is the size below which a peer group gets no ranks.
	MinimumGroup int `json:"minimumGroup"`

	// ExcellentShare is the largest share of EXCELLENT in a unit and position.
	ExcellentShare float64 `json:"excellentShare"`
	// MinimumReliability is the reliability below which no grade is proposed.
	MinimumReliability float64 `json:"minimumReliability"`

	// FiguresFrom and CommentsFrom raise the numbers of answers from which figures and
	// comments of its cycles are shown; 0: as the server has it. The engine takes no
	// notice of them.
	FiguresFrom  int `json:"figuresFrom,omitempty"`
	CommentsFrom int `json:"commentsFrom,omitempty"`

	// PublishComponents lets the estimates of components of a published run be given to
	// everybody, as thresholds allow. The engine takes no notice of it.
	PublishComponents bool `json:"publishComponents,omitempty"`

	// Draws is how many seeded draws the intervals rest on; Seed starts them.
	Draws int    `json:"draws"`
	Seed  uint64 `json:"seed"`
}

// DefaultPolicy returns the policy of the first cycle.
func DefaultPolicy() Policy {
	return Policy{
		Name:                 "default",
		Satisfaction:         ComponentRule{Weight: 0.35, MinimumN: 5},
		Outcomes:             ComponentRule{Weight: 0.35, MinimumN: 5},
		PeerReview:           ComponentRule{Weight: 0.20, MinimumN: 3},
		PracticalWork:        ComponentRule{Weight: 0.10, MinimumN: 3},
		Normalisation:        Standardised,
		HaloCorrection:       true,
		Borrowing:            true,
		SolvedShare:          0.6,
		InTimeShare:          0.3,
		HandlingShare:        0.1,
		WalkInWeight:         0.25,
		DeedsPerWeek:         3,
		MinimumCellOfficials: 3,
		MinimumCellItems:     20,
		MinimumGroup:         10,
		ExcellentShare:       0.20,
		MinimumReliability:   0.70,
		Draws:                400,
		Seed:                 1,
	}
}
