package models

import "time"

// FlagState is where an integrity flag stands.
type FlagState string

// The states of a flag.
const (
	FlagRaised    FlagState = "RAISED"
	FlagConfirmed FlagState = "CONFIRMED"
	FlagDismissed FlagState = "DISMISSED"
)

// FlagStates are all states.
var FlagStates = []FlagState{FlagRaised, FlagConfirmed, FlagDismissed}

// FlagKind is a reason to doubt a piece of the evidence.
type FlagKind string

// The kinds: first those that the scoring engine finds and weighs down, then those
// that only the records show.
const (
	FlagBurst         FlagKind = "BURST"
	FlagCampaignBurst FlagKind = "CAMPAIGN_BURST"
	FlagClique        FlagKind = "CLIQUE"
	FlagReciprocity   FlagKind = "RECIPROCITY"
	FlagRepeatedRater FlagKind = "REPEATED_RATER"

	FlagDuplicates    FlagKind = "DUPLICATES"     // one text under many ratings of an official
	FlagOneSided      FlagKind = "ONE_SIDED"      // one source says other than all the rest
	FlagHandPicked    FlagKind = "HAND_PICKED"    // few are invited, beside colleagues of the same service
	FlagSelfDealing   FlagKind = "SELF_DEALING"   // an official stands on both sides
	FlagDeadlineEdits FlagKind = "DEADLINE_EDITS" // work is written down just before it is counted
	FlagOftenAdverse  FlagKind = "OFTEN_ADVERSE"  // many encounters are marked as decisions against the resident
)

// FlagKinds are all kinds.
var FlagKinds = []FlagKind{
	FlagBurst, FlagCampaignBurst, FlagClique, FlagReciprocity, FlagRepeatedRater,
	FlagDuplicates, FlagOneSided, FlagHandPicked, FlagSelfDealing, FlagDeadlineEdits, FlagOftenAdverse,
}

// IntegrityFlag is a reason to doubt a piece of the evidence. What it points at
// is weighed down, never silently dropped; a person decides.
type IntegrityFlag struct {
	ID         ID `gorm:"primaryKey"`
	RunID      ID
	OfficialID ID
	Kind       FlagKind
	State      FlagState
	RaisedAt   time.Time
	DecidedBy  string
	Decision   string
	DecidedAt  *time.Time
	// AppealUntil is the last day on which a confirmed flag can be appealed.
	AppealUntil Date

	Evidence []FlagEvidence `gorm:"serializer:json"`
	// Facts are what was found, to the last day and number: a later run that finds the
	// same asks nobody again. They are shown to nobody.
	Facts string
	// Component is the part of the score that rests on the doubted evidence.
	Component ScoreComponent
	// Composite is the composite of the run, and WithoutComposite what it would be had
	// nothing of the component been weighed down. Nil: it cannot be reckoned.
	Composite        *Score
	WithoutComposite *Score
	// Causers are the subjects who brought about what is doubted: they do not decide.
	Causers []string `gorm:"serializer:json"`
	// CarriedID is the flag of an earlier run of the cycle that found the same, whose
	// decision stands.
	CarriedID *ID
}

// Origin is the flag that was decided, and that an appeal is about.
func (f *IntegrityFlag) Origin() ID {
	if f.CarriedID != nil {
		return *f.CarriedID
	}
	return f.ID
}

// FlagEvidence is a line of what stands behind a flag. It names months and numbers
// of many, never a day, a person or a single rating.
type FlagEvidence struct {
	Code FlagFact `json:"code"`
	// From and To are the first and the last month, such as 2025-03; empty: the whole
	// period.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Of is what the line is about: a service's name, a channel, a step of a case.
	Of string `json:"of,omitempty"`
	// N is how many; of answers at least so many, a multiple of five. 0: it is not said.
	N int `json:"n,omitempty"`
	// Share is the official's, and Usual the colleagues' or that of the rest, 0 to 1; of
	// answers in tenths, and of whole fives of them.
	Share *Score `json:"share,omitempty"`
	Usual *Score `json:"usual,omitempty"`
}

// AtLeast is what may be said of how many answers there are: a multiple of five that
// they reach, and nothing of fewer than five.
func AtLeast(answers int) int { return answers / 5 * 5 }

// FlagFact is what a line of evidence says; the words stand in the message
// catalogue.
type FlagFact string

// The facts.
const (
	FactBurstHigh       FlagFact = "BURST_HIGH"
	FactBurstLow        FlagFact = "BURST_LOW"
	FactOneVoice        FlagFact = "ONE_VOICE"
	FactReturned        FlagFact = "RETURNED"
	FactCircle          FlagFact = "CIRCLE"
	FactCampaign        FlagFact = "CAMPAIGN"
	FactSameText        FlagFact = "SAME_TEXT"
	FactOtherSource     FlagFact = "OTHER_SOURCE"
	FactFewInvited      FlagFact = "FEW_INVITED"
	FactInvitedContent  FlagFact = "INVITED_CONTENT"
	FactSelfServed      FlagFact = "SELF_SERVED"
	FactSelfRated       FlagFact = "SELF_RATED"
	FactSelfCase        FlagFact = "SELF_CASE"
	FactSelfDeed        FlagFact = "SELF_DEED"
	FactSelfEntered     FlagFact = "SELF_ENTERED"
	FactLateResolutions FlagFact = "LATE_RESOLUTIONS"
	FactLateHolds       FlagFact = "LATE_HOLDS"
	FactLateDeeds       FlagFact = "LATE_DEEDS"
	FactOftenAdverse    FlagFact = "OFTEN_ADVERSE"
)

// FlagFacts are all facts.
var FlagFacts = []FlagFact{
	FactBurstHigh, FactBurstLow, FactOneVoice, FactReturned, FactCircle, FactCampaign, FactSameText, FactOtherSource,
	FactFewInvited, FactInvitedContent, FactSelfServed, FactSelfRated, FactSelfCase, FactSelfDeed, FactSelfEntered,
	FactLateResolutions, FactLateHolds, FactLateDeeds, FactOftenAdverse,
}

// OftenAdverseFacts is how the facts of OFTEN_ADVERSE are written, of each service that is
// unusual: its id, the encounters that are marked, all encounters.
const OftenAdverseFacts = "%s %d/%d"

// Decide confirms or dismisses a raised flag; the reason stays on record.
func (f *IntegrityFlag) Decide(to FlagState, by, reason string, now time.Time) error {
	if f.State != FlagRaised || to == FlagRaised {
		var possible []FlagState
		if f.State == FlagRaised {
			possible = []FlagState{FlagConfirmed, FlagDismissed}
		}
		return illegal("IntegrityFlag", f.State, to, possible)
	}
	if err := ValidReason(reason); err != nil {
		return err
	}
	f.State, f.DecidedBy, f.Decision, f.DecidedAt = to, by, reason, &now
	return nil
}

// The terms of an appeal against a confirmed flag, in working days.
const (
	FlagAppealTerm     = 15 // in which it is made, after the day of the decision
	FlagAppealDecision = 20 // in which it is decided, after the day on which it is made
)

// FlagAppeal is what an official holds against a flag that a person confirmed. There
// is one a flag, also where later runs carry its decision on.
type FlagAppeal struct {
	ID        ID `gorm:"primaryKey"`
	FlagID    ID
	Reason    string
	FiledBy   string
	FiledAt   time.Time
	DueOn     Date // the last day on which it is to be decided
	State     ObjectionState
	DecidedBy string
	Decision  string
	DecidedAt *time.Time
}

// Decide upholds or dismisses a filed appeal. Who confirmed the flag does not.
func (a *FlagAppeal) Decide(upheld bool, f *IntegrityFlag, by, reason string, now time.Time) error {
	to := ObjectionDismissed
	if upheld {
		to = ObjectionUpheld
	}
	switch {
	case a.State != ObjectionFiled:
		return illegal("FlagAppeal", a.State, to, []ObjectionState(nil))
	case by == f.DecidedBy:
		return &Error{Code: CodeForbidden, Key: KeyDecidedBefore}
	}
	if err := ValidReason(reason); err != nil {
		return err
	}
	a.State, a.DecidedBy, a.Decision, a.DecidedAt = to, by, reason, &now
	return nil
}

// IntegrityCheck says that a run has been looked at for what the engine does not see.
type IntegrityCheck struct {
	RunID     ID `gorm:"primaryKey"`
	CheckedAt time.Time
}
