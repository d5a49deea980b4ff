package models

import (
	"slices"
	"time"
)

// CycleKind is what a cycle is held for.
type CycleKind string

// The kinds of cycle.
const (
	CycleAnnual    CycleKind = "ANNUAL"
	CycleQuarterly CycleKind = "QUARTERLY"
	CycleTerm      CycleKind = "TERM"
	CycleSpecial   CycleKind = "SPECIAL"
)

// CycleKinds are all kinds.
var CycleKinds = []CycleKind{CycleAnnual, CycleQuarterly, CycleTerm, CycleSpecial}

// CycleState is where a cycle stands.
type CycleState string

// The states of a cycle.
const (
	CycleDraft      CycleState = "DRAFT"
	CycleCollecting CycleState = "COLLECTING"
	CycleScoring    CycleState = "SCORING"
	CyclePublished  CycleState = "PUBLISHED"
	CycleDecided    CycleState = "DECIDED"
	CycleFinal      CycleState = "FINAL"
)

// CycleStates are all states.
var CycleStates = []CycleState{
	CycleDraft, CycleCollecting, CycleScoring, CyclePublished, CycleDecided, CycleFinal,
}

// CycleStep is a step of a cycle's life.
type CycleStep string

// The steps.
const (
	CycleStepCollect CycleStep = "COLLECT" // evidence comes in
	CycleStepScore   CycleStep = "SCORE"   // the policy is locked, runs begin
	CycleStepPublish CycleStep = "PUBLISH" // public notice, objections open
	CycleStepRescore CycleStep = "RESCORE" // an upheld objection needs a new run
	CycleStepDecide  CycleStep = "DECIDE"  // told to each in writing
	CycleStepSeal    CycleStep = "SEAL"    // immutable from here
)

var cycleLife = map[CycleState]map[CycleStep]CycleState{
	CycleDraft:      {CycleStepCollect: CycleCollecting},
	CycleCollecting: {CycleStepScore: CycleScoring},
	CycleScoring:    {CycleStepPublish: CyclePublished},
	CyclePublished:  {CycleStepRescore: CycleScoring, CycleStepDecide: CycleDecided},
	CycleDecided:    {CycleStepSeal: CycleFinal},
	CycleFinal:      {},
}

// Next returns the state that a step leads to, or an error that names the state
// and the steps that are possible.
func (s CycleState) Next(step CycleStep) (CycleState, error) {
	next, ok := cycleLife[s][step]
	if !ok {
		return "", illegal("Cycle", s, step, s.Steps())
	}
	return next, nil
}

// Steps are the steps that are possible from a state, in alphabetical order.
func (s CycleState) Steps() []CycleStep {
	steps := make([]CycleStep, 0, len(cycleLife[s]))
	for step := range cycleLife[s] {
		steps = append(steps, step)
	}
	slices.Sort(steps)
	return steps
}

// PolicyLocked says whether the cycle's policy can no longer change without a
// published reason.
func (s CycleState) PolicyLocked() bool { return s != CycleDraft && s != CycleCollecting }

// TakesReviews says whether review rounds may still be opened: as long as
// evidence comes in.
func (c *Cycle) TakesReviews() error {
	if c.State != CycleDraft && c.State != CycleCollecting {
		return &Error{
			Code: CodeIllegalState, Field: "cycleId", Key: KeyIllegalStep,
			Args: []string{"Cycle", string(c.State), "OPEN_ROUND", ""},
		}
	}
	return nil
}

// Cycle is an assessment period of one part of the organisation.
type Cycle struct {
	ID        ID `gorm:"primaryKey"`
	UnitID    ID // the part it covers: this unit and everything below it
	Kind      CycleKind
	Name      string
	FromOn    Date
	ToOn      Date
	State     CycleState
	PolicyID  *ID // nil: the default policy
	RunID     *ID // the run whose results count
	OpenedBy  string
	OpenedAt  time.Time
	UpdatedAt time.Time
}

// Period is the days it covers.
func (c *Cycle) Period() Period { return Period{c.FromOn, c.ToOn} }

// Validate checks the record by itself.
func (c *Cycle) Validate() error {
	if err := required("name", c.Name); err != nil {
		return err
	}
	if err := validText("name", c.Name, MaxTitleLength); err != nil {
		return err
	}
	if err := oneOf("kind", c.Kind, CycleKinds); err != nil {
		return err
	}
	for _, day := range []struct {
		field string
		on    Date
	}{{"fromOn", c.FromOn}, {"toOn", c.ToOn}} {
		if y := day.on.Year(); y < 2000 || y > 2100 {
			return Invalid(day.field, KeyOutOfRange, day.on.String(), "2000-01-01", "2100-12-31")
		}
	}
	return AtField("toOn", c.Period().Validate())
}

// Policy is a version of a named set of weights and rules. A version is never
// changed; saving again makes the next one.
type Policy struct {
	ID       ID `gorm:"primaryKey"`
	UnitID   ID // whose policy it is; names and versions are its own
	Name     string
	Version  int
	Document string // JSON, as the scoring engine reads it
	Digest   Hash
	Reason   string
	SavedBy  string
	SavedAt  time.Time
}

// Validate checks the record by itself; the weights and rules are the scoring
// engine's to check.
func (p *Policy) Validate() error {
	if err := validText("policy.name", p.Name, MaxTitleLength); err != nil {
		return err
	}
	return validText("reason", p.Reason, MaxReasonLength)
}

// TakePolicy lets the cycle follow another policy. Once the policy is locked that
// needs a reason; a sealed cycle keeps its own.
func (c *Cycle) TakePolicy(p *Policy) error {
	switch {
	case c.State == CycleFinal:
		return &Error{Code: CodeIllegalState, Field: "cycleId", Key: KeyPolicyLocked, Args: []string{string(c.State)}}
	case c.State.PolicyLocked() && Blank(p.Reason):
		return Invalid("reason", KeyPolicyLocked, string(c.State))
	}
	c.PolicyID = &p.ID
	return nil
}

// RunState is where an assessment run stands.
type RunState string

// The states of a run.
const (
	RunQueued    RunState = "QUEUED"
	RunRunning   RunState = "RUNNING"
	RunDone      RunState = "DONE"
	RunFailed    RunState = "FAILED"
	RunCancelled RunState = "CANCELLED"
)

// RunStates are all states.
var RunStates = []RunState{RunQueued, RunRunning, RunDone, RunFailed, RunCancelled}

// RunLease is how long a run may stay silent before another process takes it up.
const RunLease = 30 * time.Second

// MaxRunAttempts is how often a run is taken up before it is given up: one that
// ends its process each time must not do so for ever.
const MaxRunAttempts = 5

// AssessmentRun is one computation of all assessments of a cycle.
type AssessmentRun struct {
	ID             ID `gorm:"primaryKey"`
	CycleID        ID
	PolicyID       *ID // nil: the default policy
	ObjectionID    *ID // the upheld objection that it remedies: it changes nothing for others
	State          RunState
	RequestedBy    string
	RequestedAt    time.Time
	StartedAt      *time.Time
	FinishedAt     *time.Time
	HeartbeatAt    *time.Time
	Worker         string // the process that holds the lease
	Attempts       int    // how often it was taken up
	Stage          string
	Done           int
	Total          int
	EngineVersion  string
	EvidenceDigest Hash
	PolicyDigest   Hash
	Failure        string
	// AnswersBefore is the first day whose answers were not complete when the run was
	// asked for; nil: a run of before, over all that was released.
	AnswersBefore *Date
}

// Active says whether the run waits or works.
func (r *AssessmentRun) Active() bool { return r.State == RunQueued || r.State == RunRunning }

// Abandoned says whether the process that held the run has gone silent.
func (r *AssessmentRun) Abandoned(now time.Time) bool {
	return r.State == RunRunning && (r.HeartbeatAt == nil || now.Sub(*r.HeartbeatAt) > RunLease)
}
