package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/resolvers"
	"steelyard/server/overhttp"
	"steelyard/web/inprocess"
)

// The bounds of one operation's shape. They leave room for the largest that the
// pages ask for, several times over.
const (
	maxTokens  = 4000
	maxDepth   = 12
	maxAliases = 50
	maxFields  = 1000

	maxDirectives = 50
	maxSameName   = 100
)

// The caches of queries hold so many, none longer than so many bytes: strangers
// fill them, and must not fill the memory.
const (
	cachedQueries  = 300
	maxCachedQuery = 8 << 10
)

// shortQueries is a cache that takes no long queries. They are served, and parsed
// each time.
type shortQueries[T any] struct {
	graphql.Cache[T]
	query func(key string, value T) string
}

// Add keeps a value, if its query is short.
func (c shortQueries[T]) Add(ctx context.Context, key string, value T) {
	if len(c.query(key, value)) <= maxCachedQuery {
		c.Cache.Add(ctx, key, value)
	}
}

// graphqlOptions tune the GraphQL handler.
type graphqlOptions struct {
	maxBody       int64
	maxComplexity int
	timeout       time.Duration
	introspection bool          // for everybody
	trusted       *trusted      // the documents that are run; nil: any
	proveEvery    time.Duration // how often the caller of a subscription is looked at anew
	quit          <-chan struct{}
	metrics       *metrics
	paces         paces
	wrong         noteWrong
	gate          *gate
	elsewhere     func(ctx context.Context, op *graphql.OperationContext) context.Context // nil: all is answered by the primary
}

// newGraphQL returns the handler of /graphql. A schema that leaves open who may
// call an operation is refused.
func newGraphQL(r *resolvers.Resolver, opts graphqlOptions) (http.Handler, error) {
	exec, err := resolvers.Executor(r, complexities(), overhttp.Limits{Depth: maxDepth, Aliases: maxAliases, Fields: maxFields, Directives: maxDirectives, SameName: maxSameName})
	if err != nil {
		return nil, err
	}
	exec.SetParserTokenLimit(maxTokens)
	exec.SetDisableSuggestion(true)
	exec.SetDefaultRulesFn(withoutSuggestions)
	exec.SetQueryCache(shortQueries[*ast.QueryDocument]{
		lru.New[*ast.QueryDocument](cachedQueries), func(query string, _ *ast.QueryDocument) string { return query },
	})
	if opts.trusted != nil {
		exec.Use(opts.trusted)
	}
	exec.Use(extension.AutomaticPersistedQuery{Cache: shortQueries[string]{
		lru.New[string](cachedQueries), func(_, query string) string { return query },
	}})
	exec.Use(extension.FixedComplexityLimit(opts.maxComplexity))
	exec.Use(opts.paces)
	exec.Use(introspection{everybody: opts.introspection})
	exec.AroundResponses(nameFaults)
	exec.AroundOperations(opts.metrics.aroundOperation(opts.trusted))
	if traces := opts.metrics.traces; traces != nil {
		exec.AroundOperations(traces.aroundOperation(opts.trusted))
		exec.AroundRootFields(traces.aroundRootField)
	}
	exec.AroundOperations(opts.gate.aroundOperation)
	exec.AroundOperations(opts.wrong.aroundOperation)
	return &overhttp.Handler{
		Executor: exec, MaxBody: opts.maxBody, Timeout: opts.timeout, KeepAlive: 15 * time.Second, Quit: opts.quit,
		Prove: auth.Prove, ProveEvery: opts.proveEvery, Elsewhere: opts.elsewhere,
	}, nil
}

// withoutSuggestions are the rules of validation, of which none tells what else there would
// be: gqlgen's setting reaches fields alone.
func withoutSuggestions() *rules.Rules {
	all := rules.NewDefaultRules()
	for telling, silent := range map[string]validator.Rule{
		rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		all.ReplaceRule(telling, silent.RuleFunc)
	}
	return all
}

// exportCost is what a report as a file costs.
const exportCost = 20_000

// sheetCost is what an official's sheet as a file costs, cyclesOfOfficial how many
// assessments an official usually looks back at.
const (
	sheetCost        = 2_000
	peersCost        = 50 // an official beside the peer group, which is counted once for all of a group
	cyclesOfOfficial = 10
)

// narrower is the cost of a report of some officials.
func narrower(child int, _ models.ID, _ *models.ID, first int32, _ *string) int {
	return rows(first, child)
}

// The number of rows that lists without `first` usually have: what they cost.
const (
	partsOfExplanation    = 30
	eventsOfCase          = 12
	assignmentsOfReviewer = 30
	wordsOfForm           = 20
	linesOfFlag           = 5
	daysOfYear            = 40
	followersOfCase       = 5
	partsOfProposal       = 5
	figuresOfReview       = 25
	columnsOfReport       = 30
	detailsOfEntry        = 5
	stepsOfProof          = 23 // of eight million ratings
	tokensOfAccount       = 5
	levelsOfRating        = 5
)

// complexities say what lists cost: as many times their rows as are asked for.
// Everything else costs 1 and its own fields.
func complexities() graph.ComplexityRoot {
	var c graph.ComplexityRoot
	c.Query.AssessmentReport = func(child int, _ models.ID, _ *models.ID, _, _ *string, _ models.AssessmentOrder, first int32, _ *string) int {
		return rows(first, child)
	}
	// A whole report in one answer: two of them at most in an operation.
	c.Query.ExportReport = func(child int, _ models.ReportFormat, _ models.ID, _ *models.ID, _ *string) int {
		return exportCost + child
	}
	c.Query.ExportOfficialSheet = func(child int, _, _ models.ID) int { return sheetCost + child }
	c.Query.AuditTrail = func(child int, _ *graph.AuditTrailFilter, first int32, _ *string) int { return rows(first, child) }
	c.Query.Accounts = func(child int, _ *graph.AccountFilter, first int32, _ *string) int { return rows(first, child) }
	c.Account.Tokens = func(child int) int { return rows(tokensOfAccount, child) }
	c.AuditEntry.Details = func(child int) int { return rows(detailsOfEntry, child) }
	c.Query.Exports = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.ReportDefinitions = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.ReportColumns = func(child int) int { return rows(columnsOfReport, child) }
	c.Query.AppraisalComments = func(child int, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Assessment.Peers = func(child int) int { return peersCost + child }
	c.Query.UnitReport = func(child int, _, _ models.ID) int { return exportCost + child }
	c.Query.UnsungOfficials = narrower
	c.Query.ShowcaseGaps = narrower
	c.Query.BoundaryCases = narrower
	c.Official.Assessments = func(child int) int { return rows(cyclesOfOfficial, child) }
	c.Query.Cases = func(child int, _ *graph.CaseFilter, _ graph.CaseOrder, first int32, _ *string) int {
		return rows(first, child)
	}
	c.Query.UnitsToOffer = func(child int, _ models.ID, first int32) int { return rows(first, child) }
	c.Query.CategoryRules = func(child int) int { return rows(maxRows, child) }
	c.Query.Areas = func(child int) int { return rows(maxRows, child) }
	c.Query.RoutingRules = func(child int) int { return rows(maxRows, child) }
	c.Query.Holidays = func(child int, _ int32, _ *models.ID) int { return rows(daysOfYear, child) }
	c.Query.PublicCases = func(child int, _ graph.PublicCaseFilter, first int32, _ *string) int { return rows(first, child) }
	c.Query.Webhooks = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.Cycles = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.Officials = func(child int, _ *models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.OrgUnits = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.Services = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.OwedReplies = func(child int, _ *graph.OwedReplyFilter, first int32, _ *string) int { return rows(first, child) }
	c.Query.CounterCodes = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.Participation = func(child int, _ graph.ParticipationFilter, first int32, _ *string) int { return rows(first, child) }
	c.RatingsByUnit.Units = func(child int) int { return rows(maxRows, child) }
	c.UnitRatings.Levels = func(child int) int { return rows(levelsOfRating, child) }
	c.CounterOffer.Tags = func(child int) int { return rows(wordsOfForm, child) }
	c.CounterOffer.Officials = func(child int) int { return rows(maxRows, child) }
	c.RatingInvitation.Tags = func(child int) int { return rows(wordsOfForm, child) }
	c.Rating.Counted = func(child int) int { return peersCost + rows(cyclesOfOfficial, child) }
	c.CountedRating.Path = func(child int) int { return rows(stepsOfProof, child) }
	c.RatingForm.Tags = func(child int) int { return rows(wordsOfForm, child) }
	c.RecordEncountersPayload.Lines = func(child int) int { return rows(maxRows, child) }
	c.Query.Nodes = func(child int, ids []models.ID) int { return rows(int32(min(len(ids), maxRows)), child) }
	c.Query.MyReviewAssignments = func(child int, first int32, _ *models.ID) int { return rows(min(first, assignmentsOfReviewer), child) }
	c.Query.ReviewTemplates = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.ReviewRound.Assignments = func(child int, _, _ *models.ID, first int32, _ *string) int { return rows(first, child) }
	c.ReviewRound.Loads = func(child int, first int32) int { return rows(first, child) }
	c.Query.ReviewRounds = func(child int, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.ReviewResults = func(child int, _, _ models.ID) int { return rows(figuresOfReview, child) }
	c.AppraisalForm.Officials = func(child int) int { return rows(models.MaxAppraised, child) }
	c.Query.AppraisalResults = func(child int, _ models.ID) int { return rows(models.MaxAppraised, child) }
	c.ReviewRound.Progress = func(child int) int { return rows(int32(len(models.Relations)), child) }
	c.ReviewProposal.Short = func(child int) int { return rows(wordsOfForm, child) }
	c.PublicNotice.Entries = func(child int) int { return rows(maxRows, child) }
	c.UnitReport.Groups = func(child int) int { return rows(wordsOfForm, child) }
	c.ReportFigures.Components = func(child int) int { return rows(int32(len(models.ScoreComponents)), child) }
	c.Query.SelfSummaries = func(child int, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.CycleGrades = func(child int, _ models.ID, _ *models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.GradeQuotas = func(child int, _ models.ID) int { return rows(maxRows, child) }
	c.IntegrityFlag.Evidence = func(child int) int { return rows(linesOfFlag, child) }
	c.Query.IntegrityFlags = func(child int, _ *graph.IntegrityFlagFilter, first int32, _ *string) int { return rows(first, child) }
	c.Query.GradeLimits = func(child int, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.Objections = func(child int, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.EvidenceExclusions = func(child int, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.Query.CompareRuns = func(child int, _, _ models.ID, first int32, _ *string) int { return rows(first, child) }
	c.ReviewProposal.Parts = func(child int) int { return rows(wordsOfForm, child) }
	c.ReviewProposalPart.Units = func(child int) int { return rows(wordsOfForm, child) }
	c.AppraisalResult.Classes = func(child int) int { return rows(int32(len(models.VoterClasses)), child) }
	c.Query.ReviewConflicts = func(child int, first int32, _ *string) int { return rows(first, child) }
	c.Query.SuggestCategories = func(child int, _ string) int { return rows(wordsOfForm, child) }
	c.PolicyComparison.Officials = func(child int, _ *bool, first int32, _ *string) int { return rows(first, child) }
	c.OpenCasePayload.Suggestions = func(child int) int { return rows(wordsOfForm, child) }
	c.CategorySuggestion.Reasons = func(child int) int { return rows(wordsOfForm, child) }
	c.ReviewAssignment.Questions = func(child int) int { return rows(wordsOfForm, child) }
	c.ReviewProposal.Parts = func(child int) int { return rows(partsOfProposal, child) }
	c.ReviewProposal.Short = func(child int) int { return rows(maxRows, child) }
	c.ReviewProposalPart.Units = func(child int) int { return rows(partsOfProposal, child) }
	c.ReviewSheet.Answers = func(child int) int { return rows(wordsOfForm, child) }
	c.ReviewTemplate.Questions = func(child int) int { return rows(wordsOfForm, child) }
	c.Official.Cases = func(child int, first int32) int { return rows(first, child) }
	c.ScorePart.Evidence = func(child int, first int32) int { return rows(first, child) }
	c.Explanation.Parts = func(child int) int { return rows(partsOfExplanation, child) }
	c.Assessment.Components = func(child int) int { return rows(int32(len(models.ScoreComponents)), child) }
	c.Case.Joined = func(child int) int { return rows(followersOfCase, child) }
	c.Case.SameResident = func(child int) int { return rows(followersOfCase, child) }
	c.Official.Achievements = func(child int) int { return rows(followersOfCase, child) }
	c.Official.UnconfirmedDeeds = func(child int) int { return rows(followersOfCase, child) }
	c.Query.DeedsToCheck = func(child int, first int32) int { return rows(first, child) }
	c.Case.Events = func(child int) int { return rows(eventsOfCase, child) }
	c.PeerComparison.Figures = func(child int) int { return rows(int32(1+len(models.ScoreComponents)), child) }
	c.RatingMarks.Tags = func(child int) int { return rows(wordsOfForm, child) }
	c.ReviewRound.Turnout = func(child int) int { return rows(int32(len(models.VoterClasses)), child) }
	c.Case.Attachments = func(child int) int { return rows(models.MaxCaseAttachments, child) }
	return c
}

// maxRows is the longest page; a longer one is refused by the resolver.
const maxRows = 100

// rows is the cost of a list: n rows of which each costs child. A number out of
// range costs what the nearest one in range does, and no product overflows.
func rows(n int32, child int) int {
	times := int(min(max(n, 1), maxRows))
	if child > (math.MaxInt-1)/times {
		return math.MaxInt
	}
	return 1 + times*child
}

// nameFaults says with a fault inside by which id the log knows its request, and nothing
// else of it.
func nameFaults(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	id, known := ctx.Value(requestIDKey{}).(string)
	if r == nil || !known {
		return r
	}
	for _, e := range r.Errors {
		if e.Extensions["code"] == resolvers.CodeInternal {
			e.Extensions["request"] = id
		}
	}
	return r
}

// rootField names an operation by what it does: the word of the schema, never
// the name that a client gave it.
func rootField(op *graphql.OperationContext) string {
	if len(op.Operation.SelectionSet) != 1 {
		return "several"
	}
	if f, ok := op.Operation.SelectionSet[0].(*ast.Field); ok {
		return f.Name
	}
	return "fragment"
}

// otherName is what stands for the name of an operation that somebody made up.
const otherName = "other"

// knownName is the name of an operation of our own pages or of a trusted document, which
// is a word of whoever runs the server; of all others it is none of ours.
func knownName(ctx context.Context, op *graphql.OperationContext, trusted *trusted) string {
	if op.Operation.Name != "" && (inprocess.Is(ctx) || trusted.knows(op.RawQuery)) {
		return op.Operation.Name
	}
	return otherName
}

// outcomeOf is what became of an operation. Its answer is 200 over HTTP also where a resolver
// failed, so that this alone tells what its caller got wrong ("refused") from what we did
// ("error"). Nobody's fault is what ended since its caller had gone.
func outcomeOf(ctx context.Context, problems gqlerror.List) string {
	outcome := "ok"
	for _, p := range problems {
		code := fmt.Sprint(p.Extensions["code"])
		if ours := code == resolvers.CodeInternal || code == string(models.CodeUnavailable); ours && !errors.Is(ctx.Err(), context.Canceled) {
			return "error"
		}
		outcome = "refused"
	}
	return outcome
}

// aroundOperation counts operations, and how long they take.
func (m *metrics) aroundOperation(trusted *trusted) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		kind, field, name, start := string(op.Operation.Operation), rootField(op), knownName(ctx, op, trusted), time.Now()
		respond := next(ctx)
		return func(ctx context.Context) *graphql.Response {
			r := respond(ctx)
			if r == nil {
				return nil
			}
			m.operations.WithLabelValues(kind, field, name, outcomeOf(ctx, r.Errors)).Inc()
			if op.Operation.Operation != ast.Subscription {
				m.operationSeconds.WithLabelValues(kind, field, name).Observe(time.Since(start).Seconds())
			}
			return r
		}
	}
}
