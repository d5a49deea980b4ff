// Package graph holds the schema, a file a domain, and the code that is made of it.
package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

//go:generate go run steelyard/graph/generate

// marshalList marshals the elements of a list: one after the other where all that is asked
// of each is at hand, otherwise side by side, so that what they ask for is gathered.
func marshalList(ctx context.Context, fields []graphql.CollectedField, atHand map[string]bool, n int, element func(context.Context, int) graphql.Marshaler) graphql.Array {
	for i := range fields {
		if !atHand[fields[i].Name] {
			return graphql.MarshalSliceConcurrently(ctx, n, 0, false, element)
		}
	}
	list := make(graphql.Array, n)
	place := 0
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &place})
	for place = range n {
		list[place] = marshalOne(ctx, place, element)
	}
	return list
}

// marshalOne marshals an element; a fault in it is an error of its own.
func marshalOne(ctx context.Context, i int, element func(context.Context, int) graphql.Marshaler) (one graphql.Marshaler) {
	defer func() {
		if fault := recover(); fault != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, fault))
			one = graphql.Null
		}
	}()
	return element(ctx, i)
}
