package main

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
)

// short are lists that are never long: what they hold is bounded where it is made.
var short = []string{"edges", "nodes", "userErrors", "dimensions", "scores", "levels", "sides", "policyPresets"}

// TestEveryListHasItsCost fails for a field of the schema that returns a list of
// objects, or takes `first`, and costs no more than a single object.
func TestEveryListHasItsCost(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	costs := reflect.ValueOf(complexities())
	lists := 0
	for _, def := range schema.Types {
		if def.Kind != ast.Object || strings.HasPrefix(def.Name, "__") {
			continue
		}
		for _, f := range def.Fields {
			element := schema.Types[f.Type.Name()]
			list := f.Type.Elem != nil && (element.Kind == ast.Object || element.Kind == ast.Interface)
			if strings.HasPrefix(f.Name, "__") || !list && f.Arguments.ForName("first") == nil || slices.Contains(short, f.Name) && f.Arguments.ForName("ids") == nil {
				continue
			}
			lists++
			of := costs.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, def.Name) })
			if !of.IsValid() || of.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, f.Name) }).IsNil() {
				t.Errorf("%s.%s is a list and costs as much as one object", def.Name, f.Name)
			}
		}
	}
	if lists < 10 {
		t.Errorf("found %d lists", lists)
	}
}

func TestLongQueriesAreNotKept(t *testing.T) {
	ctx := context.Background()
	var cache graphql.Cache[string] = shortQueries[string]{lru.New[string](10), func(_, query string) string { return query }}
	cache.Add(ctx, "short", "{ me { role } }")
	cache.Add(ctx, "long", strings.Repeat("#", maxCachedQuery+1))
	if _, kept := cache.Get(ctx, "short"); !kept {
		t.Error("a short query is not kept")
	}
	if _, kept := cache.Get(ctx, "long"); kept {
		t.Error("a long query is kept")
	}
}
