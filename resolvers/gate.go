package resolvers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/auth"
	"steelyard/models"
)

// gate holds every operation to the table of access, once and before any of it is run:
// a list costs no more for being long. What roles find is bounded by the services.
type gate struct {
	fields  map[*ast.FieldDefinition]callers // narrower than the type
	types   map[string]callers
	records map[string]bool // the types that have an id
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = (*gate)(nil)

// callers is a set of roles, a bit each; the lowest is a caller without a token.
type callers uint16

const anybody callers = 1<<16 - 1

func callersOf(row AccessRow) callers {
	if row.Public() {
		return anybody
	}
	var set callers
	for _, role := range row.Roles {
		set |= caller(role)
	}
	return set
}

// caller is the set of one role; of none, or an unknown one, that of a stranger.
func caller(role models.Role) callers { return 1 << (1 + slices.Index(models.Roles, role)) }

// newGate reads the table of a schema.
func newGate(schema *ast.Schema) (*gate, error) {
	rows, err := AccessTable(schema)
	if err != nil {
		return nil, err
	}
	g := &gate{map[*ast.FieldDefinition]callers{}, map[string]callers{}, map[string]bool{}}
	for _, d := range outputTypes(schema) {
		g.records[d.Name] = d.Fields.ForName("id") != nil
	}
	for _, row := range rows {
		if row.Field == "" {
			g.types[row.Of] = callersOf(row)
			continue
		}
		g.fields[schema.Types[row.Of].Fields.ForName(row.Field)] = callersOf(row)
	}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root != nil {
			g.types[root.Name] = anybody // each of its fields has a row
		}
	}
	return g, nil
}

// ExtensionName names the extension.
func (*gate) ExtensionName() string { return "Access" }

// Validate refuses a schema that is not the table's.
func (g *gate) Validate(schema graphql.ExecutableSchema) error {
	for _, d := range outputTypes(schema.Schema()) {
		if _, known := g.types[d.Name]; !known {
			return fmt.Errorf("the table of access does not know %s", d.Name)
		}
	}
	return nil
}

// MutateOperationContext refuses an operation that selects what its caller may not.
func (g *gate) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	actor := auth.ActorFrom(ctx)
	w := visit{gate: g, who: caller(actor.Role), seen: map[*ast.FragmentDefinition]bool{}}
	if actor.Anonymous() {
		w.who = 1
	}
	path := w.selections(op.Operation.SelectionSet)
	if path == nil && actor.Limited() {
		m := machine{g, actor.Operations, map[machineSpread]bool{}}
		path = m.beyond(op.Operation.SelectionSet, nil, false)
	}
	if path == nil {
		return nil
	}
	if actor.Anonymous() {
		return gqlerror.WrapPath(path, &models.Error{Code: models.CodeUnauthenticated, Key: models.KeyUnauthenticated})
	}
	return gqlerror.WrapPath(path, models.Forbidden())
}

// visit walks over what an operation selects, each fragment once: what a fragment
// holds is the same wherever it is spread.
type visit struct {
	*gate
	who  callers
	seen map[*ast.FragmentDefinition]bool
}

// selections returns the path, from here, of the first thing that is refused; nil: nothing
// is. Whether @skip or @include leave it out does not matter.
func (w *visit) selections(set ast.SelectionSet) ast.Path {
	for _, s := range set {
		var refused ast.Path
		switch s := s.(type) {
		case *ast.Field:
			refused = w.field(s)
		case *ast.InlineFragment:
			refused = w.fragment(s.TypeCondition, s.SelectionSet)
		case *ast.FragmentSpread:
			if w.seen[s.Definition] {
				continue
			}
			w.seen[s.Definition] = true
			refused = w.fragment(s.Definition.TypeCondition, s.Definition.SelectionSet)
		}
		if refused != nil {
			return refused
		}
	}
	return nil
}

func (w *visit) field(f *ast.Field) ast.Path {
	if strings.HasPrefix(f.Name, "__") {
		return nil // the schema's own; whether it is told is a setting
	}
	narrower, is := w.fields[f.Definition]
	if is && narrower&w.who == 0 || !w.may(f.ObjectDefinition.Name) {
		return ast.Path{ast.PathName(f.Alias)}
	}
	if f.SelectionSet == nil {
		return nil
	}
	if !w.may(f.Definition.Type.Name()) {
		return ast.Path{ast.PathName(f.Alias)}
	}
	if refused := w.selections(f.SelectionSet); refused != nil {
		return append(ast.Path{ast.PathName(f.Alias)}, refused...)
	}
	return nil
}

func (w *visit) fragment(of string, set ast.SelectionSet) ast.Path {
	if of != "" && !w.may(of) {
		return ast.Path{}
	}
	return w.selections(set)
}

// may says whether the caller may select a type. One that nobody knows nobody may.
func (w *visit) may(of string) bool { return w.types[of]&w.who != 0 }

// machine walks over what a service account selects, each fragment once for each of the
// two places that it can stand in.
type machine struct {
	*gate
	operations []string
	seen       map[machineSpread]bool
}

type machineSpread struct {
	of       *ast.FragmentDefinition
	inRecord bool
}

// beyond returns the path of the first thing that is selected beyond the operations that
// the machine may call: another operation, or from a record that one of them gives another
// record, with all that hangs on it. Nil: nothing is.
func (m *machine) beyond(set ast.SelectionSet, path ast.Path, inRecord bool) ast.Path {
	for _, s := range set {
		var refused ast.Path
		switch s := s.(type) {
		case *ast.Field:
			refused = m.field(s, path, inRecord)
		case *ast.InlineFragment:
			refused = m.beyond(s.SelectionSet, path, inRecord)
		case *ast.FragmentSpread:
			spread := machineSpread{s.Definition, inRecord}
			if m.seen[spread] {
				continue
			}
			m.seen[spread] = true
			refused = m.beyond(s.Definition.SelectionSet, path, inRecord)
		}
		if refused != nil {
			return refused
		}
	}
	return nil
}

func (m *machine) field(f *ast.Field, path ast.Path, inRecord bool) ast.Path {
	if f.Name == "__typename" {
		return nil
	}
	root, record := path == nil, m.records[f.Definition.Type.Name()]
	path = append(slices.Clip(path), ast.PathName(f.Alias))
	if root && !slices.Contains(m.operations, f.Name) || record && inRecord {
		return path
	}
	return m.beyond(f.SelectionSet, path, record || inRecord)
}
