package resolvers_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/resolvers"
	"steelyard/services/accounts"
	"steelyard/store"
)

// never is an id that nothing has had, nor had another.
const (
	never   = "01890a5d-ac96-774b-bcce-b302099a8057"
	another = "01890a5d-ac96-774b-bcce-b302099a8058"
)

// owned is a thing of the north by the name of the field that would name it.
var owned = map[string]string{
	"officialId": "ann", "reviewerId": "bob", "unitId": "north", "serviceId": "passport", "caseId": "own-case", "cycleId": "own-cycle",
}

// knownToAll may be named by who belongs to another unit: where a case is handed on to, and
// with whom somebody has an interest in common.
var knownToAll = []string{"Mutation.transferCase input.toUnitId", "Mutation.declareReviewConflict input.otherId"}

// anyID is an id in an answer.
var anyID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestANeighboursIDIsAsGoodAsNone goes through every id that the schema takes, found by
// introspection: with a thing of the neighbouring unit each role gets the answer that it
// gets with an id of nothing, and nothing is written.
func TestANeighboursIDIsAsGoodAsNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	o.neighbours()
	for _, what := range []string{"case", "encounter", "cycle", "policy"} {
		o.ids[what] = o.ids["their-"+what]
	}
	o.result(o.id("cycle"), "south", "cat")
	o.ids["own-case"], _ = o.handIn("north")
	o.ids["own-cycle"] = o.cycle("hr-north", "north")
	o.grant(accounts.Grant{Subject: "admin-north", Role: models.RoleAdmin, UnitRef: "north"})
	o.watchWrites()
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	rows, err := resolvers.AccessTable(schema)
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for _, row := range rows {
		open[row.Name()] = slices.Contains(row.Scopes, models.ScopeEverything) || slices.Contains(row.Scopes, models.ScopePublished)
	}
	tried := 0
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			name := root.Name + "." + field.Name
			if strings.HasPrefix(field.Name, "__") || open[name] {
				continue
			}
			for _, path := range idPaths(schema, field) {
				if slices.Contains(knownToAll, name+" "+path) {
					continue
				}
				tried++
				o.tryNeighbours(schema, root, field, path)
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d ids were tried", tried)
	}
}

// tryNeighbours sends an operation with what is the neighbour's at a path, as every role.
func (o *office) tryNeighbours(schema *ast.Schema, root *ast.Definition, field *ast.FieldDefinition, path string) {
	o.Helper()
	last := path[strings.LastIndex(path, ".")+1:]
	things := []string{o.neighbour(last)}
	if last == "id" || last == "ids" {
		things = nil
		for _, ref := range []string{"south", "cat", "case", "encounter", "cycle", "run", "assessment", "policy", "their-template", "their-round", "their-deed"} {
			things = append(things, o.ids[ref])
		}
	}
	for role, subject := range everybody {
		if subject == "admin" {
			subject = "admin-north"
		}
		wanted := o.told(schema, root, field, path, subject, never)
		for _, thing := range things {
			if got := o.told(schema, root, field, path, subject, thing); got != wanted {
				o.Errorf("%s.%s as %q tells by %s of a neighbour's\n%s\nand of nothing\n%s", root.Name, field.Name, role, path, got, wanted)
			}
		}
		if tables := o.writes(); len(tables) > 0 {
			o.Errorf("%s.%s as %q with a neighbour's %s wrote %v", root.Name, field.Name, role, path, tables)
		}
	}
}

// told is the answer to an operation with an id at a path, without any id.
func (o *office) told(schema *ast.Schema, root *ast.Definition, field *ast.FieldDefinition, path, subject, id string) string {
	o.Helper()
	f := filler{schema: schema, office: o, path: path, id: id}
	var list []string
	for _, a := range field.Arguments {
		if (a.Type.NonNull && a.DefaultValue == nil) || f.leads(a.Name) {
			list = append(list, a.Name+": "+f.value(a.Name, a.Name, a.Type))
		}
	}
	a := o.ask(subject, strings.ToLower(root.Name)+" { "+field.Name+"("+strings.Join(list, ", ")+")"+answered(schema, field.Type)+" }")
	raw, err := json.Marshal([]any{a.data, a.Errors})
	if err != nil {
		o.Fatal(err)
	}
	return anyID.ReplaceAllString(string(raw), "ID")
}

// answered selects what tells whether there is something, and what is to be mended.
func answered(schema *ast.Schema, t *ast.Type) string {
	d := schema.Types[t.Name()]
	if d.Kind == ast.Scalar || d.Kind == ast.Enum {
		return ""
	}
	fields := []string{"__typename"}
	for name, inner := range map[string]string{"userErrors": "{ code field message }", "totalCount": "", "nodes": "{ __typename }", "edges": "{ __typename }"} {
		if f := d.Fields.ForName(name); f != nil {
			fields = append(fields, name+inner)
		}
	}
	slices.Sort(fields)
	return " { " + strings.Join(fields, " ") + " }"
}

// idPaths are where a field takes ids, as argument.field.field.
func idPaths(schema *ast.Schema, field *ast.FieldDefinition) (paths []string) {
	var in func(path string, t *ast.Type, above []string)
	in = func(path string, t *ast.Type, above []string) {
		d := schema.Types[t.Name()]
		switch {
		case d.Name == "ID":
			paths = append(paths, path)
		case d.Kind == ast.InputObject && !slices.Contains(above, d.Name):
			for _, f := range d.Fields {
				in(path+"."+f.Name, f.Type, append(slices.Clip(above), d.Name))
			}
		}
	}
	for _, a := range field.Arguments {
		in(a.Name, a.Type, nil)
	}
	return paths
}

// filler writes arguments: what is needed, what is on the way to a path, and an id there.
// Everything else is the north's own.
type filler struct {
	schema *ast.Schema
	*office
	path, id string
}

// leads says whether a place is the path's or on the way to it.
func (f filler) leads(at string) bool { return f.path == at || strings.HasPrefix(f.path, at+".") }

func (f filler) value(at, name string, t *ast.Type) string {
	if t.Elem != nil {
		return "[" + f.value(at, name, t.Elem) + "]"
	}
	d := f.schema.Types[t.NamedType]
	switch {
	case f.path == at:
		return `"` + f.id + `"`
	case d.Name == "ID":
		if ref, is := owned[name]; is {
			return `"` + f.ids[ref] + `"`
		}
		return `"` + another + `"`
	case d.Kind != ast.InputObject:
		return example(f.schema, t)
	}
	var fields []string
	for _, field := range d.Fields {
		inner := at + "." + field.Name
		if field.Type.NonNull && field.DefaultValue == nil || f.leads(inner) {
			fields = append(fields, field.Name+": "+f.value(inner, field.Name, field.Type))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}
