package assessments

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"steelyard/models"
	"steelyard/report"
	"steelyard/scoring"
)

// Computed is what the engine made of the evidence of a period.
type Computed struct {
	Rows           []report.Row // in the report's order
	EngineVersion  string
	EvidenceDigest [32]byte
	PolicyDigest   [32]byte
	Evidence       Counts
	Fits           []scoring.Fit
	Groups         []scoring.Group
	Quotas         []scoring.Quota

	reading *reading
	result  *scoring.Result
	order   []int32 // the posting behind each row
}

// Counts are the sizes of the evidence.
type Counts struct {
	Officials, Postings, Ratings, CaseMarks, Cases, CaseEvents, Reviews, Deeds, Achievements int
}

// Progress hears how far a computation is: a stage, and the steps of it that are
// done. It may be nil.
type Progress = scoring.Progress

// stageRead is the stage before those of the engine.
const stageRead = "read"

// Compute assesses a part of the organisation over a period under a policy, and
// stores nothing; a nil unit is the whole organisation. The same data, policy and
// engine give the same rows on every database.
//
// Errors for callers: NOT_FOUND for a unit that there is not, INVALID for a
// period or a policy that is none, UNAVAILABLE where the key of a year with
// reviews is missing.
func (s *Service) Compute(ctx context.Context, unit *models.ID, period models.Period, policy scoring.Policy, progress Progress) (*Computed, error) {
	return s.computeScope(ctx, scope{unit: unit, period: period}, policy, progress)
}

func (s *Service) computeScope(ctx context.Context, of scope, policy scoring.Policy, progress Progress) (*Computed, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	if err := policy.Validate(); err != nil {
		return nil, models.Invalid("policy", models.KeyPolicyInvalid, err.Error())
	}
	in, err := s.read(ctx, of, progress)
	if err != nil {
		return nil, err
	}
	ordered, err := scoring.Order(in.ev, progress)
	if err != nil {
		return nil, fmt.Errorf("assess: %w", err)
	}
	in = in.inOrder(ordered)
	result, err := ordered.Assess(ctx, policy, progress)
	if err != nil {
		return nil, fmt.Errorf("assess: %w", err)
	}
	c := &Computed{
		EngineVersion: result.Version, EvidenceDigest: result.EvidenceDigest, PolicyDigest: result.PolicyDigest,
		Evidence: countsOf(in.ev), Fits: result.Fits, Groups: result.Groups, Quotas: result.Quotas,
		reading: in, result: result,
	}
	c.Rows, c.order = report.Results(in.ev.Postings, result)
	return c, nil
}

func countsOf(ev *scoring.Evidence) Counts {
	c := Counts{
		Postings: len(ev.Postings), Cases: len(ev.Cases.ID), CaseEvents: len(ev.Events.Case),
		Reviews: len(ev.Reviews.Posting), Deeds: len(ev.Deeds.ID), Achievements: len(ev.Achievements.Posting),
	}
	persons := map[int32]bool{}
	for i := range ev.Postings {
		persons[ev.Postings[i].Person] = true
	}
	c.Officials = len(persons)
	for _, source := range ev.Ratings.Source {
		if source == scoring.SourceCaseMark {
			c.CaseMarks++
		}
	}
	c.Ratings = len(ev.Ratings.Source) - c.CaseMarks
	return c
}

// policyOf returns the policy that a run or a cycle follows.
func (s *Service) policyOf(ctx context.Context, id *models.ID) (scoring.Policy, error) {
	if id == nil {
		return scoring.DefaultPolicy(), nil
	}
	var stored models.Policy
	if err := s.Store.Read(ctx).Take(&stored, "id = ?", *id).Error; err != nil {
		return scoring.Policy{}, fmt.Errorf("read policy %s: %w", id, err)
	}
	policy, err := scoring.ParsePolicy(strings.NewReader(stored.Document))
	if err != nil {
		return scoring.Policy{}, models.Invalid("policy", models.KeyPolicyInvalid, err.Error())
	}
	return policy, nil
}

// reason is what a failed run says of itself: what the engine or a record has to
// say in full, and of everything else, which goes to the log, that it happened.
func reason(err error) string {
	var own *models.Error
	var evidence *scoring.EvidenceError
	var fit *scoring.NotConvergedError
	switch {
	case errors.As(err, &own), errors.As(err, &evidence), errors.As(err, &fit):
		return err.Error()
	}
	return string(models.KeyInternal)
}
