package models

import "fmt"

// VoterClass is the part of the electorate that a voter of a democratic appraisal
// (民主测评) belongs to.
type VoterClass string

// The classes: usually leaders, those beside, and those below or served.
const (
	VoterClassA VoterClass = "A"
	VoterClassB VoterClass = "B"
	VoterClassC VoterClass = "C"
)

// VoterClasses are all classes.
var VoterClasses = []VoterClass{VoterClassA, VoterClassB, VoterClassC}

// ClassWeights are what the classes of voters count, in hundredths: 100 together.
type ClassWeights struct{ A, B, C int }

// DefaultClassWeights are those of the traditional 民主测评.
func DefaultClassWeights() ClassWeights { return ClassWeights{A: 40, B: 30, C: 30} }

// Of is what a class counts.
func (w ClassWeights) Of(c VoterClass) int {
	switch c {
	case VoterClassA:
		return w.A
	case VoterClassB:
		return w.B
	}
	return w.C
}

// Validate wants weights that add up to the whole.
func (w ClassWeights) Validate() error {
	const whole = 100
	if w.A < 0 || w.B < 0 || w.C < 0 {
		return Invalid("weights", KeyNegative, fmt.Sprint(min(w.A, w.B, w.C)))
	}
	if sum := w.A + w.B + w.C; sum != whole {
		return Invalid("weights", KeyWeightSum, fmt.Sprint(whole), fmt.Sprint(sum))
	}
	return nil
}

// AppraisalGrade is what a voter says of an official.
type AppraisalGrade string

// The grades, and the abstention.
const (
	AppraisalExcellent          AppraisalGrade = "EXCELLENT"
	AppraisalCompetent          AppraisalGrade = "COMPETENT"
	AppraisalBasicallyCompetent AppraisalGrade = "BASICALLY_COMPETENT"
	AppraisalIncompetent        AppraisalGrade = "INCOMPETENT"
	AppraisalAbstain            AppraisalGrade = "ABSTAIN" // counts nowhere
)

// AppraisalGrades are all, the best first and the abstention last.
var AppraisalGrades = []AppraisalGrade{
	AppraisalExcellent, AppraisalCompetent, AppraisalBasicallyCompetent, AppraisalIncompetent, AppraisalAbstain,
}

// The bounds of an appraisal.
const (
	MaxAppraised  = 100    // officials on one form
	MaxCodesOnce  = 500    // codes in one answer
	MaxRoundCodes = 20_000 // codes of one round
)

// AppraisalCode lets one voter vote once. The code itself is shown when it is issued
// and kept nowhere.
type AppraisalCode struct {
	CodeHash   Hash `gorm:"primaryKey"`
	RoundID    ID
	VoterClass VoterClass
}

// AppraisalClaim is the ledger of used codes: no moment, no ballot. RepeatHash lets
// who voted, and nobody else, be told again that the vote was taken.
type AppraisalClaim struct {
	CodeHash   Hash `gorm:"primaryKey"`
	RepeatHash Hash
}

// AppraisalMark is a voter's grade of one official.
type AppraisalMark struct {
	OfficialID ID             `json:"officialId"`
	Grade      AppraisalGrade `json:"grade"`
}

// AppraisalBallot is one voter's marks. Like a rating it knows the day alone.
type AppraisalBallot struct {
	ID          ID `gorm:"primaryKey"` // random
	RoundID     ID
	VoterClass  VoterClass
	Marks       []AppraisalMark `gorm:"serializer:json"` // without abstentions
	SubmittedOn Date
	Released    bool // it has been written anew together with others
}

// AppraisalComment is what a voter wrote. It stands apart from the ballot: words tell
// more about who wrote them than marks do.
type AppraisalComment struct {
	ID          ID `gorm:"primaryKey"` // random
	RoundID     ID
	Body        string
	SubmittedOn Date
	Released    bool
}

// Validate checks the record by itself.
func (c *AppraisalComment) Validate() error { return needed("comment", c.Body, MaxCommentLength) }

// ValidVoterClass checks a class.
func ValidVoterClass(c VoterClass) error { return oneOf("voterClass", c, VoterClasses) }

// ValidMarks checks the marks of a ballot: each of an official on the form, each
// official once. Who is left out is abstained on.
func ValidMarks(marks []AppraisalMark, form map[ID]bool) error {
	seen := map[ID]bool{}
	for i, m := range marks {
		path := fmt.Sprintf("marks.%d", i)
		if !form[m.OfficialID] {
			return &Error{Code: CodeNotFound, Field: path + ".officialId", Key: KeyNotFound, Args: []string{"Official"}}
		}
		if seen[m.OfficialID] {
			return Conflict(path+".officialId", KeyMarkedTwice)
		}
		seen[m.OfficialID] = true
		if err := oneOf(path+".grade", m.Grade, AppraisalGrades); err != nil {
			return err
		}
	}
	return nil
}
