package models

import (
	"fmt"
	"time"
)

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

// MinimumNoticeDays is the least number of working days a notice stands, and
// MaximumNoticeDays the most.
const (
	MinimumNoticeDays = 5
	MaximumNoticeDays = 60
)

// Validate checks the record by itself; workingDays is how many the notice
// stands in the configured calendar.
func (p *Publication) Validate(workingDays int) error {
	if p.SecondedBy == "" || p.SecondedBy == p.PublishedBy {
		return Invalid("secondedBy", KeySecondPerson)
	}
	return ValidNotice(workingDays)
}

// ValidNotice says whether a notice of so many working days is long enough.
func ValidNotice(workingDays int) error {
	switch {
	case workingDays < MinimumNoticeDays:
		return Invalid("noticeUntil", KeyNoticeTooShort, fmt.Sprint(MinimumNoticeDays))
	case workingDays > MaximumNoticeDays:
		return Invalid("noticeUntil", KeyOutOfRange, fmt.Sprint(workingDays), fmt.Sprint(MinimumNoticeDays), fmt.Sprint(MaximumNoticeDays))
	}
	return nil
}

// PublicationEntry is one whom a notice names.
type PublicationEntry struct {
	PublicationID ID `gorm:"primaryKey"`
	OfficialID    ID `gorm:"primaryKey"`
	UnitID        ID
	Position      string
}

// TableName is the plural that the rules of naming would get wrong.
func (PublicationEntry) TableName() string { return "publication_entries" }

// CycleProposal is a step of a cycle that two persons take: the first signs, the
// second confirms.
type CycleProposal struct {
	ID              ID `gorm:"primaryKey"`
	CycleID         ID
	Step            CycleStep
	RunID           ID   // the run that counted when it was proposed
	NoticeUntil     Date // of PUBLISH
	OthersCompetent bool // of DECIDE: who has no grade becomes COMPETENT
	ProposedBy      string
	ProposedAt      time.Time
	ConfirmedBy     string
	ConfirmedAt     *time.Time
}

// SignedSteps are the steps that two persons take.
var SignedSteps = []CycleStep{CycleStepPublish, CycleStepDecide, CycleStepSeal}

// Same says whether two proposals ask for the same.
func (p *CycleProposal) Same(o *CycleProposal) bool {
	return p.Step == o.Step && p.RunID == o.RunID && p.NoticeUntil == o.NoticeUntil && p.OthersCompetent == o.OthersCompetent
}

// CycleResult is the assessment that counts for a post in a cycle. A later
// version replaces the earlier one, which stays, and names the objection.
type CycleResult struct {
	CycleID      ID  `gorm:"primaryKey"`
	PostingID    ID  `gorm:"primaryKey"`
	Version      int `gorm:"primaryKey;autoIncrement:false"`
	OfficialID   ID
	AssessmentID ID
	ObjectionID  *ID
	SettledAt    time.Time
}

// BetterThan says whether an assessment serves an appellant better than the one
// that stands: a higher composite, as it is printed. One that lacks a composite
// betters nothing.
func (a *Assessment) BetterThan(old *Assessment) bool {
	if a.Composite == nil {
		return false
	}
	return old.Composite == nil || *a.Composite > *old.Composite
}

// ExcludedKind is what an exclusion leaves out.
type ExcludedKind string

// The kinds.
const (
	ExcludeCase    ExcludedKind = "CASE"
	ExcludeRatings ExcludedKind = "RATINGS"
)

// ExcludedKinds are all kinds.
var ExcludedKinds = []ExcludedKind{ExcludeCase, ExcludeRatings}

// EvidenceExclusion is evidence that the later runs of a cycle leave out: a case,
// or an official's ratings of some days. It is in force once a second person has
// confirmed it.
type EvidenceExclusion struct {
	ID          ID `gorm:"primaryKey"`
	CycleID     ID
	OfficialID  ID
	Kind        ExcludedKind
	CaseID      *ID
	FromOn      Date // of RATINGS: the first and the last day
	ToOn        Date
	ObjectionID *ID
	Reason      string
	ProposedBy  string
	ProposedAt  time.Time
	ConfirmedBy string
	ConfirmedAt *time.Time
}

// Validate checks the record by itself.
func (e *EvidenceExclusion) Validate() error {
	switch {
	case e.CaseID != nil && (!e.FromOn.IsZero() || !e.ToOn.IsZero()):
		return Invalid("caseId", KeyOneEvidence)
	case e.CaseID == nil && (e.FromOn.IsZero() || e.ToOn.IsZero()):
		return Invalid("caseId", KeyOneEvidence)
	case e.CaseID == nil && e.ToOn.Before(e.FromOn):
		return Invalid("toOn", KeyPeriodBackwards, e.FromOn.String(), e.ToOn.String())
	}
	return ValidReason(e.Reason)
}

// Confirm puts the exclusion in force: by another person than proposed it, once.
func (e *EvidenceExclusion) Confirm(by string, now time.Time) error {
	if e.ConfirmedAt != nil {
		return Conflict("exclusionId", KeyAlreadyExists, "EvidenceExclusion")
	}
	if by == e.ProposedBy {
		return &Error{Code: CodeForbidden, Key: KeySecondPerson}
	}
	e.ConfirmedBy, e.ConfirmedAt = by, &now
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
