package resolvers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/assessments"
	"steelyard/services/cases"
	"steelyard/services/cycles"
	"steelyard/services/integrity"
	"steelyard/services/publications"
	"steelyard/services/ratings"
)

// orZero is an optional input's value, or the zero value where it was left out.
func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// orNil is a value, or null where it is the zero value: the database's empty word
// for "unknown" or "none".
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// values are the values of a list of pointers, as gqlgen makes input lists.
func values[T any](list []*T) []T {
	out := make([]T, len(list))
	for i, p := range list {
		out[i] = *p
	}
	return out
}

// pointers are pointers to the values of a list.
func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// whole is a level as the services count.
func whole(p *int32) *int {
	if p == nil {
		return nil
	}
	n := int(*p)
	return &n
}

// whole32 is a level as the API counts.
func whole32(p *int) *int32 {
	if p == nil {
		return nil
	}
	n := int32(*p)
	return &n
}

// orEmpty is a list, never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// digest is a digest in hexadecimal, null where there is none yet.
func digest(h models.Hash) *string {
	if len(h) == 0 {
		return nil
	}
	text := h.Key()
	return &text
}

// cyclePayload is what a step of a cycle gave.
func cyclePayload(ctx context.Context, c *models.Cycle, err error) (*graph.CyclePayload, error) {
	problems, err := userErrors(ctx, err)
	return &graph.CyclePayload{Cycle: c, UserErrors: problems}, err
}

// cycleStep is a cycle that is to take a step.
func cycleStep(in graph.CycleStepInput) cycles.Step {
	return cycles.Step{CycleID: in.CycleID, Reason: orZero(in.Reason.Value()), IdempotencyKey: in.IdempotencyKey.Value()}
}

// requestRun asks for a run, or for one that remedies an objection.
func (r *Resolver) requestRun(ctx context.Context, in graph.RunAssessmentInput) (*models.AssessmentRun, error) {
	actor, key := auth.ActorFrom(ctx), in.IdempotencyKey.Value()
	if objection := in.ObjectionID.Value(); objection != nil {
		return r.App.Assessments.RequestRemedy(ctx, actor, in.CycleID, *objection, key)
	}
	return r.App.Assessments.Request(ctx, actor, in.CycleID, key)
}

// signedPayload is what a signature under a step of a cycle gave.
func signedPayload(ctx context.Context, s *publications.Signed, err error) (*graph.SignedPayload, error) {
	problems, err := userErrors(ctx, err)
	if s == nil {
		return &graph.SignedPayload{UserErrors: problems}, err
	}
	return &graph.SignedPayload{Cycle: s.Cycle, Proposal: s.Proposal, UserErrors: problems}, err
}

// objectionPayload is what a step on an objection gave.
func objectionPayload(ctx context.Context, o *models.Objection, err error) (*graph.ObjectionPayload, error) {
	problems, err := userErrors(ctx, err)
	return &graph.ObjectionPayload{Objection: o, UserErrors: problems}, err
}

// filedPayload is what filing an objection gave: to a member of the public the
// receipt, to an official the objection itself.
func filedPayload(ctx context.Context, f *publications.Filed, err error) (*graph.FileObjectionPayload, error) {
	problems, err := userErrors(ctx, err)
	if f == nil {
		return &graph.FileObjectionPayload{UserErrors: problems}, err
	}
	out := &graph.FileObjectionPayload{Receipt: orNil(f.Receipt), Status: f.Objection, UserErrors: problems}
	if f.Objection.Filer == models.FilerOfficial {
		out.Objection = f.Objection
	}
	return out, err
}

// exclusionPayload is what a step on an exclusion of evidence gave.
func exclusionPayload(ctx context.Context, e *models.EvidenceExclusion, err error) (*graph.ExclusionOfEvidencePayload, error) {
	problems, err := userErrors(ctx, err)
	return &graph.ExclusionOfEvidencePayload{Exclusion: e, UserErrors: problems}, err
}

// flagPayload is what a step on an integrity flag gave.
func flagPayload(ctx context.Context, f *models.IntegrityFlag, err error) (*graph.IntegrityFlagPayload, error) {
	problems, err := userErrors(ctx, err)
	return &graph.IntegrityFlagPayload{Flag: f, UserErrors: problems}, err
}

// flagFilter is which flags are asked for; nil asks for all.
func flagFilter(f *graph.IntegrityFlagFilter) integrity.Filter {
	if f == nil {
		return integrity.Filter{}
	}
	return integrity.Filter{
		CycleID: f.CycleID.Value(), UnitID: f.UnitID.Value(), OfficialID: f.OfficialID.Value(), AppealWaits: f.AppealWaits.Value(),
		State: f.State.Value(), Kind: f.Kind.Value(),
	}
}

// casePayload is what a step on a case gave.
func casePayload(ctx context.Context, c *models.Case, err error) (*graph.CasePayload, error) {
	problems, err := userErrors(ctx, err)
	return &graph.CasePayload{Case: c, UserErrors: problems}, err
}

// caseSubscription is what asking to be told of a case, or no longer, gave.
func caseSubscription(ctx context.Context, subscribed bool, err error) (*graph.CaseSubscriptionPayload, error) {
	if err != nil {
		problems, err := userErrors(ctx, err)
		return &graph.CaseSubscriptionPayload{UserErrors: problems}, err
	}
	return &graph.CaseSubscriptionPayload{Subscribed: &subscribed, UserErrors: []*graph.UserError{}}, nil
}

// removal is what removing an entry gave.
func removal(ctx context.Context, id models.ID, err error) (*graph.RemovalPayload, error) {
	if err != nil {
		problems, err := userErrors(ctx, err)
		return &graph.RemovalPayload{UserErrors: problems}, err
	}
	return &graph.RemovalPayload{RemovedID: &id, UserErrors: []*graph.UserError{}}, nil
}

// seesPlace says whether the caller may know where a case's trouble is: who works
// on cases, and who came by receipt.
func seesPlace(ctx context.Context) bool {
	actor := auth.ActorFrom(ctx)
	return actor.Anonymous() || actor.Is(models.RoleResident, models.RoleOfficial, models.RoleHR)
}

// reviewQuestions are questions as the services take them.
func reviewQuestions(list []*graph.ReviewQuestionInput) []models.ReviewQuestion {
	out := make([]models.ReviewQuestion, len(list))
	for i, q := range list {
		out[i] = models.ReviewQuestion{Dimension: q.Dimension, TextZh: q.TextZh, TextEn: q.TextEn, Levels: values(q.Levels)}
	}
	return out
}

// on names the case of a step.
func on(id models.ID, key graphql.Omittable[*string]) cases.On {
	return cases.On{CaseID: id, IdempotencyKey: key.Value()}
}

// caseFilter is the filter of a list of cases.
func caseFilter(in *graph.CaseFilter) cases.Filter {
	if in == nil {
		return cases.Filter{}
	}
	return cases.Filter{
		UnitID: in.UnitID.Value(), OfficialID: in.OfficialID.Value(), States: in.States.Value(),
		Category: in.Category.Value(), Overdue: in.Overdue.Value(), DueSoon: in.DueSoon.Value(),
		EscalatedTo: in.EscalatedTo.Value(), Exclusions: in.Exclusions.Value(),
		Offered: orZero(in.Offered.Value()),
	}
}

// owedFilter is the filter of what is owed on ratings.
func owedFilter(in *graph.OwedReplyFilter) ratings.OwedFilter {
	if in == nil {
		return ratings.OwedFilter{}
	}
	return ratings.OwedFilter{
		UnitID: in.UnitID.Value(), Owes: in.Owes.Value(), Overdue: in.Overdue.Value(), Escalated: in.Escalated.Value(),
	}
}

// policyDocument is a policy as a policy file has it: what was given and nothing
// else.
func policyDocument(in *graph.PolicyInput) ([]byte, error) {
	given := map[string]any{"name": in.Name}
	put(given, "satisfaction", in.Satisfaction)
	put(given, "outcomes", in.Outcomes)
	put(given, "peerReview", in.PeerReview)
	put(given, "practicalWork", in.PracticalWork)
	put(given, "normalisation", in.Normalisation)
	put(given, "haloCorrection", in.HaloCorrection)
	put(given, "borrowing", in.Borrowing)
	put(given, "solvedShare", in.SolvedShare)
	put(given, "inTimeShare", in.InTimeShare)
	put(given, "handlingShare", in.HandlingShare)
	put(given, "walkInWeight", in.WalkInWeight)
	put(given, "figuresFrom", in.FiguresFrom)
	put(given, "commentsFrom", in.CommentsFrom)
	put(given, "publishComponents", in.PublishComponents)
	put(given, "deedsPerWeek", in.DeedsPerWeek)
	put(given, "minimumCellOfficials", in.MinimumCellOfficials)
	put(given, "minimumCellItems", in.MinimumCellItems)
	put(given, "minimumGroup", in.MinimumGroup)
	put(given, "excellentShare", in.ExcellentShare)
	put(given, "minimumReliability", in.MinimumReliability)
	put(given, "draws", in.Draws)
	put(given, "seed", in.Seed)
	document, err := json.Marshal(given)
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	return document, nil
}

func put[T any](given map[string]any, name string, value graphql.Omittable[*T]) {
	if v := value.Value(); v != nil {
		given[name] = v
	}
}

// scenariosOf are the other ways of scoring that a comparison tries.
func scenariosOf(in []*graph.ScenarioInput) ([]assessments.Scenario, error) {
	out := make([]assessments.Scenario, len(in))
	for i, s := range in {
		out[i] = assessments.Scenario{PolicyID: s.PolicyID.Value(), Preset: orZero(s.Preset.Value()), Without: orZero(s.Without.Value())}
		if policy := s.Policy.Value(); policy != nil {
			document, err := policyDocument(policy)
			if err != nil {
				return nil, err
			}
			out[i].Document = document
		}
	}
	return out, nil
}
