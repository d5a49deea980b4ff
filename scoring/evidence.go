package scoring

// Day is a calendar day, counted from 1970-01-01, in the zone in which the
// organisation keeps its dates. The engine never sees a zone or a clock.
type Day int32

// NoTime stands for an unknown instant in columns of Unix seconds.
const NoTime int64 = -1 << 63

// None stands for "nobody" or "unknown" in columns of indices.
const None int32 = -1

// Evidence is everything one run may know, as columns of equal length. Indices
// point into Postings, Kinds, Cases and so on; [None] is unknown.
//
// Every text in it is an external id; no surrogate key and no keyed hash is in
// it, so that its digest is the same on every database. [Evidence.Canonical]
// brings its rows into the one order on which all results rest.
type Evidence struct {
	From, To Day // the period, both inclusive

	// Postings are what is assessed: one official's time in one post. An official
	// with several posts in the period has several, which share Person.
	Postings []Posting

	// Kinds are the case-mix cells' first half: services of the catalogue and
	// categories of cases. Parent is the coarser kind that a thin one merges
	// into, or None.
	Kinds []Kind

	Ratings      Ratings
	Cases        Cases
	Events       Events
	Reviews      Reviews
	Deeds        Deeds
	Achievements Achievements
	Response     []Response // one a posting, or nil where nothing is known
}

// Posting is one official's time in one post.
type Posting struct {
	Official  string // external id of the official
	Person    int32  // the official's number: postings of one official share it
	Unit      string // external id of the unit
	Position  string
	PeerGroup string // officials are compared within it
	From, To  Day    // time in post inside the period, both inclusive
	Standing  Standing
	// Cleared are findings that a person has looked at and found harmless: they are
	// reported as ever, and weigh nothing down. Of OFTEN_ADVERSE a person clears a number
	// of marks: so many count.
	Cleared []Finding
}

// Standing is what a reason on record keeps a posting from.
type Standing uint8

// The standings.
const (
	StandingFull         Standing = iota
	StandingNotGraded             // NOT_GRADED: probation, long absence, under investigation
	StandingNotExcellent          // a ceiling: discipline
	standings
)

// Kind is a service or a case category.
type Kind struct {
	ID     string // external id, with the prefix "service:" or "category:"
	Name   string
	Parent int32 // index into Kinds, or None
}

// Channel is how the official and the resident met.
type Channel uint8

// The channels, as in the import format.
const (
	ChannelWindow Channel = iota
	ChannelOnline
	ChannelPhone
	ChannelHotline
	ChannelHomeVisit
	ChannelKiosk
	ChannelMail
	ChannelOther
	channels // how many there are
)

// Source says where a rating came from.
type Source uint8

// The sources of ratings.
const (
	SourceRating   Source = iota // a rated encounter
	SourceCaseMark               // the satisfaction mark of a case
	SourceWalkIn                 // a standing code at a counter, not verified
	sources
)

// Ternary is yes, no or unknown.
type Ternary uint8

// The three answers; unknown is the zero value.
const (
	Unknown Ternary = iota
	Yes
	No
)

// Ratings are residents' marks.
type Ratings struct {
	Posting []int32 // who was rated
	Rater   []int32 // the same number, the same person; None: a person of their own
	Kind    []int32 // the service, or for a case's mark its category
	Channel []Channel
	Level   []uint8 // 1 (worst) to 5 (best)
	Day     []Day
	Source  []Source
	Invited []Ternary
	// Adverse says which answer an encounter in which the official had to decide against
	// the resident; nil: none.
	Adverse []bool
}

// Outcome is what became of a case.
type Outcome uint8

// The outcomes; OutcomeOpen is a case not closed at the end of the period.
const (
	OutcomeOpen Outcome = iota
	OutcomeResolved
	OutcomePartlyResolved
	OutcomeUnresolved
	OutcomeRejected
	OutcomeWithdrawn
	outcomes
)

// Cases are residents' cases that touch the period, as they stood at its end:
// what happened after To is not in them.
type Cases struct {
	ID           []string // external id: the order of cases
	Posting      []int32  // who held it last, or None: unassigned
	Kind         []int32  // its category
	Channel      []Channel
	Opened       []int64 // Unix seconds
	Due          []int64 // when it would be due had its clock never paused, or NoTime
	Closed       []int64 // or NoTime while open
	Outcome      []Outcome
	Confirmed    []Ternary // what the resident says; Unknown: not asked or silent
	Asked        []Ternary // whether the resident was asked
	Satisfaction []uint8   // 1 to 5, or 0: none. The same mark stands in Ratings
	Transfers    []int32   // as the source counts them; shown, never charged
	Reopened     []int32   // as the source counts them
	Resident     []int32   // the same number, the same person; or None
	Upheld       []bool    // a rejection that a unit above has upheld
	End          int64     // the first instant after the period, Unix seconds
}

// EventKind is a step in a case's history.
type EventKind uint8

// The steps: those of the import format, then those that are taken in the house
// alone.
const (
	EventSubmitted EventKind = iota
	EventAccepted
	EventAssigned
	EventTransferred
	EventTransferAccepted
	EventTransferRefused
	EventPaused
	EventResumed
	EventResolved
	EventConfirmed
	EventReopened
	EventRejected
	EventWithdrawn
	EventMediation
	EventClosed
	EventTransferLapsed
	EventEscalated
	EventExtended
	EventWarned
	EventReminded
	EventJoined
	EventParted
	EventExclusionAsked
	EventExclusionRefused
	EventObjected
	EventExclusionUpheld
	EventStarted
	eventKinds
)

// Events are the histories of the cases, no later than the period's end, sorted
// by case, instant and their order in the source.
type Events struct {
	Case []int32 // index into Cases
	At   []int64 // Unix seconds
	Kind []EventKind
	From []int32  // posting that passed it on, or None
	To   []int32  // posting that received it, or None
	Unit []string // external id of the receiving unit, or empty
}

// Relation is how a reviewer stands to the reviewed.
type Relation uint8

// The relations; RelationSelf never counts.
const (
	RelationSuperior Relation = iota
	RelationPeer
	RelationSubordinate
	RelationSelf
	RelationExternal
	relations
)

// Dimension is one of 德 能 勤 绩 廉.
type Dimension uint8

// The five dimensions.
const (
	DimensionMorality Dimension = iota
	DimensionAbility
	DimensionDiligence
	DimensionAchievement
	DimensionIntegrity
	Dimensions // how many there are
)

// Contact is how much a reviewer has to do with the reviewed.
type Contact uint8

// The levels. Unknown weighs as much as ContactMuch.
const (
	ContactUnknown Contact = iota
	ContactLittle
	ContactSome
	ContactMuch
	contacts
)

// Reviews are colleagues' marks, one a dimension.
type Reviews struct {
	Posting        []int32 // who was reviewed
	Reviewer       []int32 // the same number, the same person
	ReviewerPerson []int32 // the reviewer's Person where the reviewer is an assessed official, or None
	Relation       []Relation
	Dimension      []Dimension
	Score          []uint8 // 1 to 5
	Day            []Day
	Contact        []Contact // nil: all unknown
}

// Deeds are pieces of practical work.
type Deeds struct {
	ID          []string // external id
	Posting     []int32
	Kind        []uint8 // a DeedKind
	Day         []Day
	Confirmed   []Ternary // by the person helped
	Beneficiary []int32   // the same number, the same person; or None
}

// AchievementKind is a kind of showcase evidence.
type AchievementKind uint8

// The kinds, as in the import format.
const (
	AchievementAward AchievementKind = iota
	AchievementMedia
	AchievementDemonstrationProject
	AchievementInspection
	AchievementCampaign
	achievementKinds
)

// Achievements are what makes an official visible. They never earn a point.
type Achievements struct {
	Posting []int32
	Kind    []AchievementKind
	Day     []Day
}

// Response counts who could have answered about a posting and who did. It is
// shown beside the score and never corrects it.
type Response struct {
	Encounters, Invited, Answered int32
}
