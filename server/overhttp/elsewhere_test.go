package overhttp

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// TestWhatComesToNothingElsewhereIsRunAsUsual: an operation that fails elsewhere is run once
// more, and what is answered there is not.
func TestWhatComesToNothingElsewhereIsRunAsUsual(t *testing.T) {
	schema, h, url := newToy(t)
	type there struct{}
	h.Elsewhere = func(ctx context.Context, op *graphql.OperationContext) context.Context {
		if op.OperationName == "here" {
			return nil
		}
		return context.WithValue(ctx, there{}, op.OperationName)
	}
	ran := map[string]int{}
	schema.run = func(ctx context.Context) *graphql.Response {
		at, _ := ctx.Value(there{}).(string)
		ran[at]++
		if at == "fails" {
			graphql.AddError(ctx, errors.New("lost"))
		}
		return &graphql.Response{Data: json.RawMessage(`{"name":"` + at + `"}`)}
	}
	request{body: `{"query":"query here { name }","operationName":"here"}`, status: 200, has: `{"data":{"name":""}}`}.check(t, url)
	request{body: `{"query":"query holds { name }","operationName":"holds"}`, status: 200, has: `{"data":{"name":"holds"}}`}.check(t, url)
	request{body: `{"query":"query fails { name }","operationName":"fails"}`, status: 200, has: `{"data":{"name":""}}`}.check(t, url)
	if ran[""] != 2 || ran["holds"] != 1 || ran["fails"] != 1 {
		t.Errorf("run %v", ran)
	}
}
