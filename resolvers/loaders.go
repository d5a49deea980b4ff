package resolvers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vikstrous/dataloadgen"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/assessments"
	"steelyard/services/cases"
	"steelyard/services/officials"
	"steelyard/services/ratings"
)

// loaders gather what the objects of one operation ask for, so that a list costs
// a bounded number of statements. They are made per operation and hold the
// actor, so that scope is kept and nothing outlives the answer.
type loaders struct {
	officials   *loader[models.ID, *models.Official] // within the actor's scope
	named       *loader[models.ID, *models.Official] // that a row in the actor's sight names
	units       *loader[models.ID, *models.OrgUnit]
	positions   *loader[models.ID, *models.Position]
	services    *loader[models.ID, *models.Service]
	replies     *loader[models.ID, *models.RatingReply]
	dues        *loader[models.ID, *ratings.Due]
	templates   *loader[models.ID, *models.ReviewTemplate]
	questions   *loader[models.ID, []*models.ReviewQuestion] // none for the id zero
	cycles      *loader[models.ID, *models.Cycle]
	policies    *loader[models.ID, *models.Policy]
	runs        *loader[models.ID, *models.AssessmentRun]
	events      *loader[models.ID, []*models.CaseEvent]
	attachments *loader[models.ID, []*models.Attachment]
	mediations  *loader[models.ID, *models.Mediation]
	exclusions  *loader[models.ID, *models.Exclusion]
	joined      *loader[models.ID, []*models.Case]
	thread      *loader[models.ID, []*models.Case]
	achieved    *loader[models.ID, []*models.Achievement]
	unconfirmed *loader[models.ID, []*models.Deed]
	offers      *loader[models.ID, *models.CaseTransfer]
	actions     *loader[models.ID, []cases.Action]
	latest      *loader[latestCases, []*models.Case]
	assessments *loader[inCycle, *models.Assessment]
	parts       *loader[models.ID, []*models.ScorePart]
	trends      *loader[models.ID, []*models.Assessment]
	changes     *loader[models.ID, *assessments.Change]
	peers       *loader[models.ID, *assessments.PeerComparison]
	runCycles   *loader[models.ID, *models.Cycle] // by run
	flagAppeals *loader[models.ID, *models.FlagAppeal]
	tokens      *loader[models.ID, []*models.AccountToken] // by account
}

// latestCases asks for an official's latest cases, and for which fields of theirs.
type latestCases struct {
	official models.ID
	of       caseList
}

// caseList is how many cases, and which fields of each, by spaces; empty: all.
type caseList struct {
	first  int
	fields string
}

// inCycle asks for an official's assessment in a cycle.
type inCycle struct{ official, cycle models.ID }

// gather is how long a loader waits for more to ask. One list asks in one go;
// this is for lists within a list, which ask within microseconds of one another.
const gather = time.Millisecond

func newLoaders(r *Resolver, actor auth.Actor) *loaders {
	return &loaders{
		officials: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*models.Official, error) {
			return r.App.Officials.ByIDs(ctx, actor, ids)
		}),
		named: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*models.Official, error) {
			return r.App.Officials.Named(ctx, actor, ids)
		}),
		units:     one(r.App.Officials.UnitsByIDs),
		positions: one(r.App.Officials.PositionNames),
		services:  one(r.App.Ratings.ServicesByIDs),
		replies:   one(r.App.Ratings.RepliesByRating),
		dues:      one(r.App.Ratings.DutiesByRating),
		templates: one(r.App.Reviews.TemplatesByIDs),
		questions: one(r.App.Reviews.QuestionsByTemplate),
		cycles: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*models.Cycle, error) {
			return r.App.Cycles.ByIDs(ctx, actor, ids)
		}),
		policies: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*models.Policy, error) {
			return r.App.Cycles.PoliciesByIDs(ctx, actor, ids)
		}),
		runs: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*models.AssessmentRun, error) {
			return r.App.Assessments.RunsByIDs(ctx, actor, ids)
		}),
		events:      one(r.App.Cases.EventsByCases),
		attachments: one(r.App.Attachments.ByCases),
		mediations:  one(r.App.Cases.MediationsByCases),
		joined: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]*models.Case, error) {
			return r.App.Cases.JoinedByCases(ctx, actor, ids)
		}),
		thread: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]*models.Case, error) {
			return r.App.Cases.SameResident(ctx, actor, ids)
		}),
		achieved: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]*models.Achievement, error) {
			return r.App.Deeds.AchievementsByOfficials(ctx, actor, ids)
		}),
		unconfirmed: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]*models.Deed, error) {
			return r.App.Deeds.UnconfirmedByOfficials(ctx, actor, ids)
		}),
		exclusions: one(r.App.Cases.ExclusionsByCases),
		offers:     one(r.App.Cases.OffersByCases),
		actions: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]cases.Action, error) {
			return r.App.Cases.ActionsByCases(ctx, actor, ids)
		}),
		latest: one(func(ctx context.Context, keys []latestCases) (map[latestCases][]*models.Case, error) {
			return r.latestCases(ctx, actor, keys)
		}),
		assessments: one(func(ctx context.Context, keys []inCycle) (map[inCycle]*models.Assessment, error) {
			return r.assessmentsInCycles(ctx, actor, keys)
		}),
		trends: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]*models.Assessment, error) {
			return r.trends(ctx, actor, ids)
		}),
		parts: one(func(ctx context.Context, ids []models.ID) (map[models.ID][]*models.ScorePart, error) {
			return r.App.Assessments.PartsByAssessments(ctx, actor, ids)
		}),
		changes: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*assessments.Change, error) {
			return r.App.Assessments.ChangesByAssessments(ctx, actor, ids)
		}),
		peers: one(func(ctx context.Context, ids []models.ID) (map[models.ID]*assessments.PeerComparison, error) {
			return r.App.Assessments.PeersByAssessments(ctx, actor, ids)
		}),
		runCycles:   one(r.App.Assessments.CyclesByRuns),
		flagAppeals: one(r.App.Integrity.AppealsByFlags),
		tokens:      one(r.App.Accounts.TokensByAccounts),
	}
}

// loader gathers what several ask for by key. It is made when the first asks: an
// operation asks a few of them.
type loader[K comparable, V any] struct {
	fetch func(ctx context.Context, keys []K) (map[K]V, error)
	once  sync.Once
	made  *dataloadgen.Loader[K, V]
}

// one makes a loader of a function that returns what it found by key.
func one[K comparable, V any](fetch func(ctx context.Context, keys []K) (map[K]V, error)) *loader[K, V] {
	return &loader[K, V]{fetch: fetch}
}

// Load returns what one key leads to; zero where that is nothing.
func (l *loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	return l.gathering().Load(ctx, key)
}

// LoadAll returns what each key leads to: at once, where nobody else is about to ask.
func (l *loader[K, V]) LoadAll(ctx context.Context, keys []K) ([]V, error) {
	if !graph.Alone(ctx) || len(keys) == 0 {
		return l.gathering().LoadAll(ctx, keys)
	}
	found, err := l.fetch(ctx, slices.Collect(maps.Keys(setOf(keys))))
	if err != nil {
		return nil, err
	}
	values := make([]V, len(keys))
	for i, k := range keys {
		values[i] = found[k]
		l.gathering().Prime(k, found[k])
	}
	return values, nil
}

func setOf[K comparable](keys []K) map[K]bool {
	set := make(map[K]bool, len(keys))
	for _, k := range keys {
		set[k] = true
	}
	return set
}

func (l *loader[K, V]) gathering() *dataloadgen.Loader[K, V] {
	l.once.Do(func() { l.made = dataloadgen.NewLoader(l.ofKeys, dataloadgen.WithWait(gather)) })
	return l.made
}

// ofKeys puts what was found into the order of the keys.
func (l *loader[K, V]) ofKeys(ctx context.Context, keys []K) ([]V, []error) {
	found, err := l.fetch(ctx, keys)
	values := make([]V, len(keys))
	if err != nil {
		errs := make([]error, len(keys))
		for i := range errs {
			errs[i] = err
		}
		return values, errs
	}
	for i, k := range keys {
		values[i] = found[k]
	}
	return values, nil
}

func (r *Resolver) latestCases(ctx context.Context, actor auth.Actor, keys []latestCases) (map[latestCases][]*models.Case, error) {
	byList := map[caseList][]models.ID{}
	for _, k := range keys {
		byList[k.of] = append(byList[k.of], k.official)
	}
	out := make(map[latestCases][]*models.Case, len(keys))
	for of, ids := range byList {
		found, err := r.App.Cases.LatestByOfficials(ctx, actor, ids, of.first, strings.Fields(of.fields))
		if err != nil {
			return nil, err
		}
		for id, rows := range found {
			out[latestCases{id, of}] = rows
		}
	}
	return out, nil
}

func (r *Resolver) assessmentsInCycles(ctx context.Context, actor auth.Actor, keys []inCycle) (map[inCycle]*models.Assessment, error) {
	byCycle := map[models.ID][]models.ID{}
	for _, k := range keys {
		byCycle[k.cycle] = append(byCycle[k.cycle], k.official)
	}
	out := make(map[inCycle]*models.Assessment, len(keys))
	for cycle, ids := range byCycle {
		found, err := r.App.Assessments.ByOfficials(ctx, actor, cycle, ids)
		if err != nil {
			return nil, err
		}
		for id, a := range found {
			out[inCycle{id, cycle}] = a
		}
	}
	return out, nil
}

func (r *Resolver) trends(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID][]*models.Assessment, error) {
	found, err := r.App.Assessments.TrendsByOfficials(ctx, actor, ids)
	out := make(map[models.ID][]*models.Assessment, len(found))
	for id, results := range found {
		for _, result := range results {
			out[id] = append(out[id], result.Assessment)
		}
	}
	return out, err
}

type loadersKey struct{}

// Loaders gives each operation loaders of its own; a subscription gets fresh
// ones for each of its events. Of the organisation, what a query needs may be kept from
// earlier ones, in the state in which its caller was recognised; what changes anything, or
// goes on for long, reads it anew.
func (r *Resolver) Loaders(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	query := graphql.GetOperationContext(ctx).Operation.Operation == ast.Query
	fresh := func(ctx context.Context) context.Context {
		if !query {
			ctx = officials.Anew(ctx)
		}
		actor := auth.ActorFrom(ctx)
		return context.WithValue(ctx, loadersKey{}, sync.OnceValue(func() *loaders { return newLoaders(r, actor) }))
	}
	if !query { // a subscription begins here
		ctx = fresh(ctx)
	}
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response { return respond(fresh(ctx)) }
}

func load(ctx context.Context) *loaders {
	made, ok := ctx.Value(loadersKey{}).(func() *loaders)
	if !ok {
		panic("resolvers: no loaders in this context: the handler lacks Resolver.Loaders")
	}
	return made()
}

// gathered loads what each row of a list asks for, all in one go, so that the
// statements of a list do not hang on how its rows are scheduled. What is not
// there stays zero.
func gathered[Row, V any, K comparable](ctx context.Context, from *loader[K, V], rows []*Row, key func(*Row) K) ([]V, error) {
	keys := make([]K, len(rows))
	for i, row := range rows {
		keys[i] = key(row)
	}
	return from.LoadAll(ctx, keys)
}

// needed is gathered for what a foreign key promises.
func needed[Row, V any](ctx context.Context, from *loader[models.ID, *V], rows []*Row, key func(*Row) models.ID) ([]*V, error) {
	found, err := gathered(ctx, from, rows, key)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if _, err := must(found[i], nil); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// foresee loads in one go what rows are about to ask for by a field, each by
// itself since they stand in no common list. Rows may be nil.
func foresee[Row, V any](ctx context.Context, field string, from *loader[models.ID, V], rows []*Row, key func(*Row) models.ID) error {
	if !slices.Contains(graphql.CollectAllFields(ctx), field) {
		return nil
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(row *Row) bool { return row == nil })
	_, err := gathered(ctx, from, rows, key)
	return err
}

// optional is gathered for what a row may lack.
func optional[Row, V any](ctx context.Context, from *loader[models.ID, *V], rows []*Row, key func(*Row) *models.ID) ([]*V, error) {
	out := make([]*V, len(rows))
	var asking []*Row
	var places []int
	for i, row := range rows {
		if key(row) != nil {
			asking, places = append(asking, row), append(places, i)
		}
	}
	found, err := gathered(ctx, from, asking, func(row *Row) models.ID { return *key(row) })
	for i, v := range found {
		out[places[i]] = v
	}
	return out, err
}

// must is for what a foreign key promises: a row that is not there is a fault of
// the database, not of the caller.
func must[T any](row *T, err error) (*T, error) {
	if err == nil && row == nil {
		return nil, fmt.Errorf("%T: a row that others refer to is missing", row)
	}
	return row, err
}
