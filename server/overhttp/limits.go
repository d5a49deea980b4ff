package overhttp

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// codeTooComplex is the code of an operation that asks for too much.
const codeTooComplex = "TOO_COMPLEX"

// Limits refuse operations by their shape, before anything of them is run. They
// come before any other extension that walks the operation: a few fragments that
// spread one another make a short document into a walk of any length.
type Limits struct {
	Depth   int // fields within fields
	Aliases int // renamed fields, each counted as often as it is reached
	Fields  int // fields, each counted as often as it is reached
	// Directives are those of the operation, its fields and fragments, each counted as often
	// as it is reached.
	Directives int
	// SameName are the fields that are written in a document and answer under one name.
	SameName int
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = Limits{}

// ExtensionName names the extension.
func (Limits) ExtensionName() string { return "Limits" }

// Validate refuses limits that would let nothing through.
func (l Limits) Validate(graphql.ExecutableSchema) error {
	if l.Depth < 1 || l.Aliases < 1 || l.Fields < 1 || l.Directives < 1 || l.SameName < 1 {
		return fmt.Errorf("limits %+v: each must be at least 1", l)
	}
	return nil
}

// MutateOperationContext refuses an operation that passes a limit.
func (l Limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	w := walk{limits: l, directives: len(op.Operation.Directives)}
	w.selections(op.Operation.SelectionSet, 1)
	if w.passed == "" {
		return nil
	}
	return &gqlerror.Error{Message: w.passed, Extensions: map[string]any{"code": codeTooComplex}}
}

// walk counts until a limit is passed.
type walk struct {
	limits                   Limits
	spreads, fields, aliases int
	directives               int
	passed                   string
}

func (w *walk) selections(set ast.SelectionSet, depth int) {
	for _, s := range set {
		if w.passed != "" {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			w.field(s, depth)
		case *ast.InlineFragment:
			w.spread(s.SelectionSet, s.Directives, depth)
		case *ast.FragmentSpread:
			w.spread(s.Definition.SelectionSet, s.Directives, depth)
		}
	}
}

func (w *walk) field(f *ast.Field, depth int) {
	w.fields++
	w.directives += len(f.Directives)
	if f.Alias != f.Name {
		w.aliases++
	}
	// How deep introspection nests is bounded by a validation rule of its own, and
	// the tools' standard query is deeper than ours need be.
	inner := depth + 1
	if f.Name == "__schema" || f.Name == "__type" {
		inner = -w.limits.Depth
	}
	switch {
	case depth > w.limits.Depth:
		w.passed = fmt.Sprintf("fields are nested more than %d deep: ask in several operations", w.limits.Depth)
	case w.fields > w.limits.Fields:
		w.passed = fmt.Sprintf("the operation reaches more than %d fields: ask in several operations", w.limits.Fields)
	case w.aliases > w.limits.Aliases:
		w.passed = fmt.Sprintf("the operation has more than %d aliases: ask in several operations", w.limits.Aliases)
	case w.directives > w.limits.Directives:
		w.passed = fmt.Sprintf("the operation has more than %d directives: ask in several operations", w.limits.Directives)
	default:
		w.selections(f.SelectionSet, inner)
	}
}

// spread enters a fragment. Spreads that lead to no field cost a step each too.
func (w *walk) spread(set ast.SelectionSet, directives ast.DirectiveList, depth int) {
	w.spreads++
	w.directives += len(directives)
	switch {
	case w.spreads > w.limits.Fields:
		w.passed = fmt.Sprintf("the operation spreads fragments more than %d times", w.limits.Fields)
	case directives.ForName("defer") != nil:
		// The executor would answer in pieces, which these transports do not send.
		w.passed = "@defer is not served here: leave it out"
	default:
		w.selections(set, depth)
	}
}
