package models

import "time"

// Publication is the public notice (公示) of a cycle's proposed 优秀: names and
// posts alone.
type Publication struct {
	ID          ID `gorm:"primaryKey"`
	CycleID     ID
	RunID       ID
	NoticeUntil Date // the last of its working days
	PublishedBy string
	SecondedBy  string // the second person
	PublishedAt time.Time
}

// MinimumNoticeDays is the least number of working days a notice stands.
const MinimumNoticeDays = 5

// Validate checks the record by itself; workingDays is how many the notice
// stands in the configured calendar.
func (p *Publication) Validate(workingDays int) error {
	if p.SecondedBy == "" || p.SecondedBy == p.PublishedBy {
		return Invalid("secondedBy", KeySecondPerson)
	}
	if workingDays < MinimumNoticeDays {
		return Invalid("noticeUntil", KeyNoticeTooShort, "5")
	}
	return nil
}

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

// Objection is what an official holds against the own assessment.
type Objection struct {
	ID         ID `gorm:"primaryKey"`
	CycleID    ID
	OfficialID ID
	Grounds    string
	State      ObjectionState
	FiledAt    time.Time
	DueOn      Date
	Decision   string
	DecidedBy  string
	DecidedAt  *time.Time
}

// Decide upholds or dismisses a filed objection; a decision has its reason, and
// nobody decides on the own objection.
func (o *Objection) Decide(to ObjectionState, by, reason string, now time.Time) error {
	if o.State != ObjectionFiled || to == ObjectionFiled {
		var possible []ObjectionState
		if o.State == ObjectionFiled {
			possible = []ObjectionState{ObjectionUpheld, ObjectionDismissed}
		}
		return illegal("Objection", o.State, to, possible)
	}
	if err := required("decision", reason); err != nil {
		return err
	}
	o.State, o.Decision, o.DecidedBy, o.DecidedAt = to, reason, by, &now
	return nil
}

// Seal makes a cycle's result immutable: its digest stands in the audit chain.
type Seal struct {
	ID         ID `gorm:"primaryKey"`
	CycleID    ID
	RunID      ID
	Digest     Hash
	SealedBy   string
	SecondedBy string
	SealedAt   time.Time
}

// Validate checks the record by itself.
func (s *Seal) Validate() error {
	if len(s.Digest) != 32 {
		return Invalid("digest", KeyRequired)
	}
	if s.SecondedBy == "" || s.SecondedBy == s.SealedBy {
		return Invalid("secondedBy", KeySecondPerson)
	}
	return nil
}
