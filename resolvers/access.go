package resolvers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/models"
)

// AccessRow is a row of the table of access, which stands in the schema: who may
// select a field of a root type, a type, or a field that is narrower than its type.
type AccessRow struct {
	// Of is the type, Field the field of it; empty: the type itself.
	Of, Field string
	// Roles may; nil: everybody, also without a token.
	Roles []models.Role
	// Scopes say which records they find: those of any.
	Scopes []models.Scope
}

// Name is the row's name: Type or Type.field.
func (r AccessRow) Name() string {
	if r.Field == "" {
		return r.Of
	}
	return r.Of + "." + r.Field
}

// Public says whether the row is open to everybody.
func (r AccessRow) Public() bool { return r.Roles == nil }

// AccessTable reads the table from a schema: the root fields as they stand there, then
// the types by name, each with its narrower fields. A schema that leaves open who may
// select something is refused, and so is one that says it twice: deny by default means
// that it is not served.
func AccessTable(schema *ast.Schema) ([]AccessRow, error) {
	var rows []AccessRow
	var faults []error
	add := func(of, field string, directives ast.DirectiveList, needed bool) {
		row, n, err := accessRow(of, field, directives)
		switch {
		case err != nil:
			faults = append(faults, err)
		case n > 1, n == 0 && needed:
			faults = append(faults, fmt.Errorf("%s has %d access rules, want one: write @hasRole(roles: […]) or @public", row.Name(), n))
		case n == 1:
			rows = append(rows, row)
		}
	}
	roots := []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription}
	for _, root := range roots {
		if root == nil {
			continue
		}
		for _, f := range root.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				add(root.Name, f.Name, f.Directives, true)
			}
		}
	}
	for _, d := range outputTypes(schema) {
		if slices.Contains(roots, d) {
			continue
		}
		add(d.Name, "", d.Directives, true)
		for _, f := range d.Fields {
			add(d.Name, f.Name, f.Directives, false)
		}
	}
	return rows, errors.Join(faults...)
}

// CheckAccess says what a schema leaves open.
func CheckAccess(schema *ast.Schema) error {
	_, err := AccessTable(schema)
	return err
}

// outputTypes are the types of a schema that have fields to select, by name.
func outputTypes(schema *ast.Schema) []*ast.Definition {
	var list []*ast.Definition
	for _, d := range schema.Types {
		if !strings.HasPrefix(d.Name, "__") && (d.Kind == ast.Object || d.Kind == ast.Interface) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// accessRow reads the rules among directives, and how many there are.
func accessRow(of, field string, directives ast.DirectiveList) (row AccessRow, n int, err error) {
	row = AccessRow{Of: of, Field: field}
	for _, d := range directives {
		if d.Name != "hasRole" && d.Name != "public" {
			continue
		}
		n++
		arguments := d.ArgumentMap(nil)
		if row.Scopes, err = wordList(arguments["scope"], models.Scopes); err != nil {
			return row, n, fmt.Errorf("%s: %w", row.Name(), err)
		}
		if d.Name == "public" {
			continue
		}
		if row.Roles, err = wordList(arguments["roles"], models.Roles); err != nil {
			return row, n, fmt.Errorf("%s: %w", row.Name(), err)
		}
	}
	return row, n, nil
}

// wordList reads a list of a directive's argument. An empty one would let nobody or
// everybody in, and which of them nobody could tell.
func wordList[W ~string](argument any, known []W) ([]W, error) {
	var words []W
	list, _ := argument.([]any)
	for _, v := range list {
		word, ok := models.ParseWord(fmt.Sprint(v), known)
		if !ok {
			return nil, fmt.Errorf("%v is not one of %v", v, known)
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil, errors.New("an access rule has an empty list")
	}
	return words, nil
}
