package resolvers

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"steelyard/graph"
)

// Executor runs operations by a resolver: the one way to the schema, so that the table
// of access, the form of errors and the loaders hold whoever asks. A schema that
// leaves open who may select something is refused. limits come before everything else
// that walks an operation.
func Executor(r *Resolver, costs graph.ComplexityRoot, limits ...graphql.HandlerExtension) (*executor.Executor, error) {
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: r, Complexity: costs})
	access, err := newGate(schema.Schema())
	if err != nil {
		return nil, fmt.Errorf("the schema leaves open who may select what: %w", err)
	}
	exec := executor.New(schema)
	exec.SetErrorPresenter(PresentError)
	exec.SetRecoverFunc(Recover)
	for _, l := range limits {
		exec.Use(l)
	}
	exec.Use(access)
	exec.AroundOperations(r.Loaders)
	return exec, nil
}
