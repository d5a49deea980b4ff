package resolvers

import (
	"context"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
)

// Directives are the one place where roles are checked: the schema itself is the
// table of who may call what.
func Directives() graph.DirectiveRoot {
	return graph.DirectiveRoot{HasRole: hasRole, Public: public}
}

func public(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) }

func hasRole(ctx context.Context, _ any, next graphql.Resolver, roles []models.Role) (any, error) {
	actor := auth.ActorFrom(ctx)
	switch {
	case actor.Anonymous():
		return nil, &models.Error{Code: models.CodeUnauthenticated, Key: models.KeyUnauthenticated}
	case !actor.Is(roles...):
		return nil, models.Forbidden()
	}
	return next(ctx)
}

// CheckAccess says which operations of a schema stand in no rule, or in two:
// deny by default means that such a schema is not served.
func CheckAccess(schema *ast.Schema) error {
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, field := range root.Fields {
			rules := slices.DeleteFunc(slices.Clone(field.Directives), func(d *ast.Directive) bool {
				return d.Name != "hasRole" && d.Name != "public"
			})
			if len(rules) != 1 && field.Name != "__schema" && field.Name != "__type" && field.Name != "__typename" {
				return fmt.Errorf("%s.%s has %d access rules, want one", root.Name, field.Name, len(rules))
			}
		}
	}
	return nil
}
