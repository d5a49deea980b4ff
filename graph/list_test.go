package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// selected is what a query selects of the nodes of officials.
func selected(t *testing.T, of string) (*graphql.OperationContext, ast.SelectionSet) {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(NewExecutableSchema(Config{}).Schema(), "query Q($no: Boolean = false) { officials(first: 2) { nodes { "+of+" } pageInfo @skip(if: $no) { endCursor } } }", nil)
	if err != nil {
		t.Fatal(err)
	}
	oc := &graphql.OperationContext{Doc: doc, Variables: map[string]any{"no": false}, RecoverFunc: graphql.DefaultRecover}
	return oc, doc.Operations[0].SelectionSet[0].(*ast.Field).SelectionSet[0].(*ast.Field).SelectionSet
}

// Lists are marshalled in turn where nothing that is asked of an element waits for the
// others: what would be loaded one by one must not be.
func TestListsAreMarshalledInTurnWhereNothingWaits(t *testing.T) {
	for of, want := range map[string]bool{
		"id ref name __typename":                                     true,
		"... on Node { id } ... on Official { name }":                true,
		"id unit { id name } position":                               true,
		"cases(first: 2) { id title state }":                         true,
		"id unit @include(if: $no) { parent { id } }":                true, // nobody asks for it
		"unit { parent { name } }":                                   false,
		"cases(first: 2) { unit { name } }":                          false,
		"cases(first: 2) { overdue }":                                false, // a resolver of each
		"... @defer { name }":                                        false,
		"... @defer(if: false) { name }":                             true,
		"... on Node { ... on Official { unit { parent { id } } } }": false,
	} {
		oc, sel := selected(t, of)
		if got := inTurn(oc, sel, "Official", true); got != want {
			t.Errorf("{ %s }: in turn is %t, want %t", of, got, want)
		}
	}
}

// What is gathered for a list is asked for by its first element, and there for the others;
// where something was wrong each is told so by gqlgen, as in any list.
func TestWhatIsGatheredIsThereForTheOthers(t *testing.T) {
	oc, sel := selected(t, "unit { name }")
	field := graphql.CollectFields(oc, sel, nil)[0]
	for name, test := range map[string]struct {
		gathered *graphql.BatchFieldResult
		want     string
	}{
		"of each":           {&graphql.BatchFieldResult{Results: []string{"a", "b", "c"}}, "[ b c]"},
		"with a fault":      {&graphql.BatchFieldResult{Results: []string{"a", "b", "c"}, Err: errors.New("broken")}, "[  ]"},
		"of too few":        {&graphql.BatchFieldResult{Results: []string{"a", "b"}}, "[  ]"},
		"of something else": {&graphql.BatchFieldResult{Results: []int{1, 2, 3}}, "[  ]"},
	} {
		got := make([]string, 3)
		ctx := graphql.WithOperationContext(t.Context(), oc)
		marshalList(ctx, oc, sel, "Official", true, 3, func(ctx context.Context, i int) graphql.Marshaler {
			if place := graphql.GetPath(ctx).String(); place != fmt.Sprintf("[%d]", i) {
				t.Errorf("%s: element %d stands at %s", name, i, place)
			}
			got[i], _ = kept[string](ctx, field)
			keep(ctx, field, test.gathered)
			return graphql.Null
		})
		if fmt.Sprint(got) != test.want {
			t.Errorf("%s: %q, want %s", name, got, test.want)
		}
		if _, ok := kept[string](ctx, field); ok {
			t.Errorf("%s: it is there outside of the list", name)
		}
	}
}

// An object is written as gqlgen would, whoever takes it.
func TestObjectsAreWrittenAsByGqlgen(t *testing.T) {
	oc, sel := selected(t, `id other: name __typename unit { name } ... on Node { id }`)
	fields := graphql.CollectFields(oc, sel, []string{"Official", "Node"})
	for _, fields := range [][]graphql.CollectedField{nil, fields[:1], fields, append(fields, fields[1], fields[0])} {
		set, own := graphql.NewFieldSet(fields), newAnswer(t.Context(), fields)
		for i := range fields {
			set.Values[i] = graphql.MarshalString(fmt.Sprintf("%d \"", i))
			own.Values[i] = set.Values[i]
		}
		var want, got bytes.Buffer
		set.MarshalGQL(&want)
		own.MarshalGQL(&got)
		own.MarshalGQL(struct{ io.Writer }{&got})
		if twice := want.String() + want.String(); got.String() != twice {
			t.Errorf("written as %s, want %s", &got, twice)
		}
		if answer := answered(own); string(answer) != want.String() {
			t.Errorf("answered by %s, want %s", answer, &want)
		}
	}
}

// A fault in one element is an error at its place; the others are there, where one may miss.
func TestAFaultInAListIsAnErrorAtItsPlace(t *testing.T) {
	for _, of := range []string{"id", "unit { parent { id } }"} {
		for promised, want := range map[bool]string{false: `["whole",null,"whole"]`, true: "null"} {
			oc, sel := selected(t, of)
			ctx := graphql.WithOperationContext(t.Context(), oc)
			ctx = graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, graphql.DefaultRecover)
			list := marshalList(ctx, oc, sel, "Official", promised, 3, func(_ context.Context, i int) graphql.Marshaler {
				if i == 1 {
					panic("broken")
				}
				return graphql.MarshalString("whole")
			})
			var got bytes.Buffer
			list.MarshalGQL(&got)
			errs := graphql.GetErrors(ctx)
			if got.String() != want || promised != (list == graphql.Null) || len(errs) != 1 || errs[0].Path.String() != "[1]" {
				t.Errorf("{ %s }, promised %t: %s, %v", of, promised, &got, errs)
			}
		}
	}
}

// What the elements of a list share while it is marshalled is never seen in the answer: of
// whatever size the objects and the lists within them are, and where one is missing.
func TestListsInTurnAreWrittenAsSideBySide(t *testing.T) {
	oc, sel := selected(t, `id name cases(first: 2) { id title events { at } }`)
	ctx := graphql.WithOperationContext(t.Context(), oc)
	ctx = graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, graphql.DefaultRecover)
	official := graphql.CollectFields(oc, sel, []string{"Official"})
	case1 := graphql.CollectFields(oc, official[2].Selections, []string{"Case"})
	// tree is an object with lists of lists, whose sizes hang on where it stands.
	var tree func(ctx context.Context, list func(context.Context, ast.SelectionSet, bool, int, func(context.Context, int) graphql.Marshaler) graphql.Marshaler, i int) graphql.Marshaler
	object := func(ctx context.Context, fields []graphql.CollectedField, values ...graphql.Marshaler) graphql.Marshaler {
		o := newAnswer(ctx, fields)
		copy(o.Values, values)
		return o
	}
	tree = func(ctx context.Context, list func(context.Context, ast.SelectionSet, bool, int, func(context.Context, int) graphql.Marshaler) graphql.Marshaler, i int) graphql.Marshaler {
		return object(ctx, official, graphql.MarshalInt(i), graphql.MarshalString("name"),
			list(ctx, official[2].Selections, false, i*7%5, func(ctx context.Context, j int) graphql.Marshaler {
				if i == 3 && j == 0 {
					return graphql.Null
				}
				events := list(ctx, case1[2].Selections, true, i*j%4, func(ctx context.Context, k int) graphql.Marshaler {
					if i == 5 && k == 2 {
						return graphql.Null
					}
					return object(ctx, official[:1], graphql.MarshalInt(100*i+10*j+k))
				})
				return object(ctx, case1, graphql.MarshalInt(10*i+j), graphql.MarshalString(graphql.GetPath(ctx).String()), events)
			}))
	}
	var got, want bytes.Buffer
	newTurn(ctx, &room{}, new([]asked)).write(true, 40, func(ctx context.Context, i int) graphql.Marshaler {
		return tree(ctx, func(ctx context.Context, sel ast.SelectionSet, promised bool, n int, element func(context.Context, int) graphql.Marshaler) graphql.Marshaler {
			return marshalList(ctx, oc, sel, "Case", promised, n, element)
		}, i)
	}).MarshalGQL(&got)
	graphql.MarshalSliceConcurrently(ctx, 40, 0, false, func(ctx context.Context, i int) graphql.Marshaler {
		return tree(ctx, func(ctx context.Context, _ ast.SelectionSet, promised bool, n int, element func(context.Context, int) graphql.Marshaler) graphql.Marshaler {
			list := graphql.MarshalSliceConcurrently(ctx, n, 0, false, element)
			if promised && misses(list) {
				return graphql.Null
			}
			return list
		}, i)
	}).MarshalGQL(&want)
	if got.String() != want.String() {
		t.Errorf("in turn\n%s\nside by side\n%s", &got, &want)
	}
}

// Only what stands in the records is read where nothing else is asked for.
func TestAtHandNamesTheFieldsThatAreRead(t *testing.T) {
	for of, want := range map[string]string{
		"id title openedAt __typename": "[ID Title OpenedAt]",
		"id overdue":                   "[]",
	} {
		oc, sel := selected(t, "cases(first: 2) { "+of+" }")
		ctx := graphql.WithOperationContext(t.Context(), oc)
		ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectFields(oc, sel, []string{"Official"})[0]})
		if got := fmt.Sprint(AtHand(ctx, "Case")); got != want {
			t.Errorf("{ %s }: %s, want %s", of, got, want)
		}
	}
}

// What is asked for is found behind any name, and in any fragment.
func TestAsksFindsAFieldWhereverItStands(t *testing.T) {
	for connection, want := range map[string]bool{
		"nodes { id } pageInfo { endCursor }":                          false,
		"edges { cursor }":                                             true,
		"edges: nodes { id }":                                          false,
		"nodes { id } rows: edges { node { id } }":                     true,
		"... { edges { cursor } }":                                     true,
		"... on OfficialConnection { ...F }":                           true,
		"nodes { id cases(first: 1) { id } } pageInfo { hasNextPage }": false,
	} {
		text := "{ officials(first: 2) { " + connection + " } }"
		if strings.Contains(connection, "...F") {
			text += " fragment F on OfficialConnection { pageInfo { endCursor } edges { cursor } }"
		}
		doc, err := gqlparser.LoadQueryWithRules(NewExecutableSchema(Config{}).Schema(), text, nil)
		if err != nil {
			t.Fatal(err)
		}
		field := graphql.CollectedField{Field: doc.Operations[0].SelectionSet[0].(*ast.Field)}
		field.Selections = field.SelectionSet
		ctx := graphql.WithFieldContext(t.Context(), &graphql.FieldContext{Field: field})
		if got := Asks(ctx, "edges"); got != want {
			t.Errorf("{ %s }: asks for edges is %t, want %t", connection, got, want)
		}
	}
}
