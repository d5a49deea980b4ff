package models

import (
	"strconv"
	"strings"
	"time"
)

// Deed is a piece of practical work, recorded by the official and confirmed by
// the person it helped.
type Deed struct {
	ID             ID     `gorm:"primaryKey"`
	Ref            string // external id
	OfficialID     ID
	Kind           DeedKind
	DoneAt         time.Time
	Hours          *float64
	BeneficiaryKey Hash
	KeyYear        int
	Confirmed      Answer
	ReceiptHash    Hash // of the confirmation link; nil for an imported deed
	Title          string

	ConfirmedOn Date   // zero where nobody has spoken, or it was imported
	Doubts      Doubts // why the confirmation should be looked at
	Checked     Answer // whether it stood when somebody asked the person helped
	CheckedBy   string
	CheckedAt   *time.Time
	CheckNote   string
}

// The bounds of what is recorded by hand: how far back, in years, and how many hours
// one deed can have taken.
const (
	maxDeedYears        = 2
	maxAchievementYears = 10
	maxDeedHours        = 1000
)

// Doubts are reasons to look at a confirmation, separated by semicolons. They
// weigh nothing by themselves: a person looks.
type Doubts string

// The doubts.
const (
	DoubtAtOnce    = "AT_ONCE"     // confirmed within minutes of the recording
	DoubtManyADay  = "MANY_A_DAY"  // the official's fifth confirmation of the day, or a later one
	DoubtAtNight   = "AT_NIGHT"    // between 23:00 and 6:00
	DoubtColleague = "A_COLLEAGUE" // confirmed by an account of the organisation
	// DoubtOneNetwork is the official's third confirmation of the day from one network, or
	// a later one. The network is not kept.
	DoubtOneNetwork = "ONE_NETWORK"
)

// List are the doubts one by one.
func (d Doubts) List() []string {
	if d == "" {
		return nil
	}
	return strings.Split(string(d), ";")
}

// Validate checks the record by itself.
func (d *Deed) Validate() error {
	if err := oneOf("kind", d.Kind, DeedKinds); err != nil {
		return err
	}
	if d.Hours != nil && !(*d.Hours >= 0 && *d.Hours <= maxDeedHours) {
		return Invalid("hours", KeyOutOfRange, strconv.FormatFloat(*d.Hours, 'g', 6, 64), "0", strconv.Itoa(maxDeedHours))
	}
	return validText("title", d.Title, MaxTitleLength)
}

// ValidateAt checks the record as one that is handed in now: it must be titled,
// and done already.
func (d *Deed) ValidateAt(now time.Time) error {
	if err := required("title", d.Title); err != nil {
		return err
	}
	if d.DoneAt.After(now.Add(clockSkew)) {
		return Invalid("doneAt", KeyFuture)
	}
	if d.DoneAt.Before(now.AddDate(-maxDeedYears, 0, 0)) {
		return Invalid("doneAt", KeyTooLongAgo, strconv.Itoa(maxDeedYears))
	}
	return d.Validate()
}

// Confirm notes the word of the person helped and says whether that is news.
// Whoever has spoken cannot take it back.
func (d *Deed) Confirm(done bool) (changed bool, err error) {
	word := AnswerNo
	if done {
		word = AnswerYes
	}
	switch d.Confirmed {
	case word:
		return false, nil
	case AnswerUnknown:
		d.Confirmed = word
		return true, nil
	}
	return false, Conflict("done", KeyAlreadyAnswered)
}

// Check notes, once, whether a confirmation stood when somebody asked the person
// helped. One that did not is no confirmation.
func (d *Deed) Check(stands bool, by, note string, now time.Time) error {
	if d.Confirmed != AnswerYes || d.Checked != AnswerUnknown {
		return Conflict("deedId", KeyNothingToCheck)
	}
	d.Checked, d.CheckedBy, d.CheckedAt, d.CheckNote = AnswerYes, by, &now, note
	if !stands {
		d.Checked, d.Confirmed = AnswerNo, AnswerNo
	}
	return nil
}

// Achievement is showcase evidence: what makes an official visible. It never
// earns a point; it is what the score must not depend on, given the work.
type Achievement struct {
	ID         ID `gorm:"primaryKey"`
	OfficialID ID
	Kind       AchievementKind
	At         time.Time
	Title      string
	ImportKey  Hash   // nil for one recorded here
	Source     string // where it can be looked up; empty for an imported one
	RecordedBy string // subject; empty for an imported one
}

// Validate checks the record by itself.
func (a *Achievement) Validate() error {
	if err := oneOf("kind", a.Kind, AchievementKinds); err != nil {
		return err
	}
	if err := required("title", a.Title); err != nil {
		return err
	}
	return validText("title", a.Title, MaxTitleLength)
}

// ValidateAt checks the record as one that is recorded now: it says where it can be
// looked up, and lies in the past.
func (a *Achievement) ValidateAt(now time.Time) error {
	if err := needed("source", a.Source, MaxTitleLength); err != nil {
		return err
	}
	if a.At.After(now.Add(clockSkew)) {
		return Invalid("at", KeyFuture)
	}
	if a.At.Before(now.AddDate(-maxAchievementYears, 0, 0)) {
		return Invalid("at", KeyTooLongAgo, strconv.Itoa(maxAchievementYears))
	}
	return a.Validate()
}
