package graph

import (
	"context"
	"fmt"
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
		"... on Node { ... on Official { unit { parent { id } } } }": false,
	} {
		oc, sel := selected(t, of)
		if got := inTurn(oc, sel, "Official", true); got != want {
			t.Errorf("{ %s }: in turn is %t, want %t", of, got, want)
		}
	}
}

// A fault in one element is an error at its place; the others are there.
func TestAFaultInAListIsAnErrorAtItsPlace(t *testing.T) {
	for _, of := range []string{"id", "unit { parent { id } }"} {
		oc, sel := selected(t, of)
		ctx := graphql.WithOperationContext(t.Context(), oc)
		ctx = graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, graphql.DefaultRecover)
		list := marshalList(ctx, oc, sel, "Official", 3, func(_ context.Context, i int) graphql.Marshaler {
			if i == 1 {
				panic("broken")
			}
			return graphql.MarshalString("whole")
		})
		errs := graphql.GetErrors(ctx)
		if len(list) != 3 || list[0] == graphql.Null || list[1] != graphql.Null || list[2] == graphql.Null || len(errs) != 1 || errs[0].Path.String() != "[1]" {
			t.Errorf("{ %s }: %v, %v", of, list, errs)
		}
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
