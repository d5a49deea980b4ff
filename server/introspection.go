package main

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/auth"
	"steelyard/models"
)

// introspection says who reads the schema by asking: everybody where the server is told
// so, else who runs the system and builds upon it.
type introspection struct{ everybody bool }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = introspection{}

// ExtensionName names the extension.
func (introspection) ExtensionName() string { return "Introspection" }

// Validate finds nothing wrong.
func (introspection) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext lets who may read the schema.
func (i introspection) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = !i.everybody && !auth.ActorFrom(ctx).Is(models.RoleAdmin, models.RoleHR)
	return nil
}
