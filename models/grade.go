package models

import (
	"time"
)

// MaxSummaryLength is how long a self-summary (述职) may be, in characters, and
// MinSummaryLength how short.
const (
	MaxSummaryLength = 5000
	MinSummaryLength = 20
)

// SelfSummary is what an official says of the own work in a cycle (述职).
type SelfSummary struct {
	ID          ID `gorm:"primaryKey"`
	CycleID     ID
	OfficialID  ID
	Text        string
	SubmittedAt time.Time
}

// Validate checks the record by itself.
func (s *SelfSummary) Validate() error {
	if err := minLength("text", s.Text, MinSummaryLength); err != nil {
		return err
	}
	return validText("text", s.Text, MaxSummaryLength)
}

// LimitGround is why somebody cannot be graded, or not be EXCELLENT.
type LimitGround string

// The grounds. The first three leave an official without a grade, the last keeps
// EXCELLENT from them.
const (
	LimitProbation          LimitGround = "PROBATION"
	LimitLongAbsence        LimitGround = "LONG_ABSENCE"
	LimitUnderInvestigation LimitGround = "UNDER_INVESTIGATION"
	LimitDiscipline         LimitGround = "DISCIPLINE"
)

// LimitGrounds are all grounds, NotGradedGrounds those that leave an official
// without a grade.
var (
	LimitGrounds     = []LimitGround{LimitProbation, LimitLongAbsence, LimitUnderInvestigation, LimitDiscipline}
	NotGradedGrounds = LimitGrounds[:3]
)

// GradeLimit is a fact about an official that bounds the grade in a cycle. It is
// in force once a second person has confirmed it, and the next run knows it.
type GradeLimit struct {
	ID          ID `gorm:"primaryKey"`
	CycleID     ID
	OfficialID  ID
	Ground      LimitGround
	Reason      string
	ProposedBy  string
	ProposedAt  time.Time
	ConfirmedBy string
	ConfirmedAt *time.Time
}

// Validate checks the record by itself.
func (l *GradeLimit) Validate() error {
	if err := oneOf("ground", l.Ground, LimitGrounds); err != nil {
		return err
	}
	return ValidReason(l.Reason)
}

// Confirm puts the limit in force: by another person than proposed it, once.
func (l *GradeLimit) Confirm(by string, now time.Time) error {
	if l.ConfirmedAt != nil {
		return Conflict("", KeyAlreadyExists, "GradeLimit")
	}
	if by == l.ProposedBy {
		return &Error{Code: CodeForbidden, Key: KeySecondPerson}
	}
	l.ConfirmedBy, l.ConfirmedAt = by, &now
	return nil
}

// GradeState is where a hand-set grade stands.
type GradeState string

// The states of a hand-set grade.
const (
	GradeProposed GradeState = "PROPOSED"
	GradeDecided  GradeState = "DECIDED"
	GradeRefused  GradeState = "REFUSED"
)

// GradeStates are all states.
var GradeStates = []GradeState{GradeProposed, GradeDecided, GradeRefused}

// CycleGrade is a grade that two persons set: HR of the unit proposes, the
// committee decides. A later version replaces the earlier one, which stays.
type CycleGrade struct {
	ID          ID `gorm:"primaryKey"`
	CycleID     ID
	OfficialID  ID
	Version     int // 1, 2, 3 …
	RunID       ID  // what was known: the run that counted
	UnitID      ID  // the appraising unit: that of the last post
	Position    string
	Grade       Grade
	NotGraded   LimitGround // of NOT_GRADED alone
	Reason      string
	Ground      string        // the fact that a low grade rests on
	Engine      GradeProposal // what the engine proposed
	ObjectionID *ID           // the upheld objection that it remedies
	Beyond      bool          // above the quota, by a remedy
	State       GradeState
	ProposedBy  string
	ProposedAt  time.Time
	DecidedBy   string
	Decision    string
	DecidedAt   *time.Time
	ToldOn      Date // the day of the written notice, from which remedies run
	ToldBy      string
}

// Low says whether a grade needs a ground: the facts of what was not done, never
// a rank, since ranks always have a bottom.
func (g Grade) Low() bool { return g == GradeBasicallyCompetent || g == GradeIncompetent }

// Worse says whether a grade is lower than another. Without a grade is neither
// better nor worse than COMPETENT, which stands open to whom it is.
func (g Grade) Worse(than Grade) bool { return g.level() < than.level() }

func (g Grade) level() int {
	switch g {
	case GradeExcellent:
		return 3
	case GradeBasicallyCompetent:
		return 1
	case GradeIncompetent:
		return 0
	}
	return 2
}

// Validate checks the record by itself.
func (g *CycleGrade) Validate() error {
	if err := oneOf("grade", g.Grade, Grades); err != nil {
		return err
	}
	if err := ValidReason(g.Reason); err != nil {
		return err
	}
	if err := validText("ground", g.Ground, MaxReasonLength); err != nil {
		return err
	}
	switch {
	case g.Grade.Low() && Blank(g.Ground):
		return Invalid("ground", KeyGroundNeeded)
	case g.Grade == GradeNotGraded:
		return oneOf("notGraded", g.NotGraded, NotGradedGrounds)
	case g.NotGraded != "":
		return Invalid("notGraded", KeyNotGradedAlone)
	}
	return nil
}

// Decide ends a proposal, once and by another person than made it; a refusal has
// its reason.
func (g *CycleGrade) Decide(approve bool, by, decision string, now time.Time) error {
	if g.State != GradeProposed {
		return illegal("CycleGrade", g.State, GradeDecided, nil)
	}
	if by == g.ProposedBy {
		return &Error{Code: CodeForbidden, Key: KeySecondPerson}
	}
	if err := validText("decision", decision, MaxReasonLength); err != nil {
		return err
	}
	g.State = GradeDecided
	if !approve {
		if Blank(decision) {
			return Invalid("decision", KeyReasonNeeded)
		}
		g.State = GradeRefused
	}
	g.DecidedBy, g.Decision, g.DecidedAt = by, decision, &now
	return nil
}

// Tell notes the day of the written notice: not before the decision, nor after
// today, and once.
func (g *CycleGrade) Tell(on, decided, today Date, by string) error {
	if err := told(g.ToldOn, on, decided, today); err != nil {
		return err
	}
	g.ToldOn, g.ToldBy = on, by
	return nil
}

func told(before, on, decided, today Date) error {
	switch {
	case !before.IsZero():
		return Conflict("toldOn", KeyToldAlready, before.String())
	case on.After(today):
		return Invalid("toldOn", KeyFuture)
	case on.Before(decided):
		return Invalid("toldOn", KeyToldTooEarly, decided.String())
	}
	return nil
}

// GradeQuota is how many of an appraising unit and class of staff may be
// EXCELLENT: a share of those who can be graded, rounded down.
type GradeQuota struct {
	CycleID  ID     `gorm:"primaryKey"`
	UnitID   ID     `gorm:"primaryKey"`
	Position string `gorm:"primaryKey"`
	Size     int    // the denominator
	Places   int
	Taken    int
	Beyond   int // what remedies added
}

// TableName is the plural that the rules of naming would get wrong.
func (GradeQuota) TableName() string { return "grade_quotas" }
