package resolvers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/resolvers"
)

// table is the table of access as a test reads it.
type table struct {
	schema *ast.Schema
	rows   map[string]resolvers.AccessRow
	exec   *executor.Executor
}

func newTable(t *testing.T) *table {
	t.Helper()
	exec, err := resolvers.Executor(&resolvers.Resolver{}, graph.ComplexityRoot{})
	if err != nil {
		t.Fatal(err)
	}
	out := &table{graph.NewExecutableSchema(graph.Config{}).Schema(), map[string]resolvers.AccessRow{}, exec}
	rows, err := resolvers.AccessTable(out.schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		out.rows[row.Name()] = row
	}
	return out
}

// lets says whether a row, if there is one, lets a role in; "" is a stranger.
func (t *table) lets(name string, role models.Role) bool {
	row, there := t.rows[name]
	return !there || row.Public() || slices.Contains(row.Roles, role)
}

// ways are how a role gets at each type, each as the words before and behind a
// selection of its fields. free walks through closed doors as well.
func (t *table) ways(role models.Role, free bool) map[string][2]string {
	found := map[string][2]string{}
	var queue []string
	reach := func(of string, before, behind string) {
		d := t.schema.Types[of]
		if _, known := found[of]; known || d.Kind != ast.Object && d.Kind != ast.Interface || !free && !t.lets(of, role) {
			return
		}
		found[of] = [2]string{before, behind}
		queue = append(queue, of)
	}
	for _, root := range []*ast.Definition{t.schema.Query, t.schema.Mutation, t.schema.Subscription} {
		found[root.Name] = [2]string{strings.ToLower(root.Name) + " { ", " }"}
		queue = append(queue, root.Name)
	}
	for len(queue) > 0 {
		d, way := t.schema.Types[queue[0]], found[queue[0]]
		queue = queue[1:]
		for _, f := range d.Fields {
			if !strings.HasPrefix(f.Name, "__") && (free || t.lets(d.Name+"."+f.Name, role)) {
				reach(f.Type.Name(), way[0]+f.Name+arguments(t.schema, f)+" { ", " }"+way[1])
			}
		}
		if d.Kind == ast.Interface {
			for _, p := range t.schema.GetPossibleTypes(d) {
				reach(p.Name, way[0]+"... on "+p.Name+" { ", " }"+way[1])
			}
		}
	}
	return found
}

// refusal is the code with which the gate refuses an operation, and where.
func (t *table) refusal(role models.Role, query string) (code models.Code, path string) {
	actor := auth.Actor{Role: role}
	if role != "" {
		actor.Subject = "somebody"
	}
	ctx := graphql.StartOperationTrace(auth.WithActor(context.Background(), actor))
	_, problems := t.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
	if len(problems) == 0 {
		return "", ""
	}
	if code = models.CodeOf(problems[0]); code == "" {
		return models.Code(problems[0].Error()), ""
	}
	return code, problems[0].Path.String()
}

// TestEveryFieldAgainstEveryRole has each role, and a stranger, select every field of
// every type: by a way that the role has where there is one, else by any.
func TestEveryFieldAgainstEveryRole(t *testing.T) {
	access := newTable(t)
	anyWay := access.ways("", true)
	tried := 0
	for _, role := range append([]models.Role{""}, models.Roles...) {
		own := access.ways(role, false)
		want := models.CodeForbidden
		if role == "" {
			want = models.CodeUnauthenticated
		}
		for name, d := range access.schema.Types {
			if strings.HasPrefix(name, "__") || d.Kind != ast.Object && d.Kind != ast.Interface {
				continue
			}
			way, open := own[name]
			if !open {
				way = anyWay[name]
			}
			if way[0] == "" {
				t.Errorf("%s cannot be reached", name)
				continue
			}
			if row, there := access.rows[name]; there && !open && !row.Public() && slices.Contains(row.Roles, role) {
				t.Errorf("%s lets %s in, and there is no way to it for them", name, role)
			}
			for _, f := range d.Fields {
				if strings.HasPrefix(f.Name, "__") {
					continue
				}
				query := way[0] + f.Name + arguments(access.schema, f) + selection(access.schema, f.Type) + way[1]
				may := open && access.lets(name+"."+f.Name, role) && access.lets(f.Type.Name(), role)
				code, path := access.refusal(role, query)
				tried++
				if may && code != "" || !may && (code != want || path == "" && !strings.HasPrefix(query, "query { ... on")) {
					t.Errorf("%q selects %s.%s: %q at %q, may: %v\n%s", role, name, f.Name, code, path, may, query)
				}
			}
		}
	}
	if tried < 6000 {
		t.Errorf("only %d fields were tried", tried)
	}
}

// TestNothingGoesRoundTheGate hides what is not to be selected.
func TestNothingGoesRoundTheGate(t *testing.T) {
	access := newTable(t)
	const id = `"01890a5d-ac96-774b-bcce-b302099a8057"`
	for name, c := range map[string]struct {
		role  models.Role
		query string
		want  string
	}{
		"by an alias":             {"OFFICIAL", `{ x: deedsToCheck { id } }`, "x"},
		"in a fragment":           {"OFFICIAL", `{ ...a } fragment a on Query { deedsToCheck { id } }`, "deedsToCheck"},
		"in a nested fragment":    {"ADMIN", `{ ...a } fragment a on Query { node(id: ` + id + `) { ...b } } fragment b on Node { ... on Official { assessments { id } } }`, "node.assessments"},
		"of an abstract type":     {"ADMIN", `{ node(id: ` + id + `) { ... on Assessment { composite } } }`, "node"},
		"the second time":         {"ADMIN", `{ a: node(id: ` + id + `) { ...b } c: node(id: ` + id + `) { ... on Official { ...d } } } fragment b on Node { id } fragment d on Official { achievements { id } }`, "c.achievements"},
		"left out by a variable":  {"ADMIN", `query($no: Boolean = false) { officials { nodes { assessments @include(if: $no) { id } } } }`, "officials.nodes.assessments"},
		"by its name alone":       {"ADMIN", `{ officials { nodes { assessments { __typename } } } }`, "officials.nodes.assessments"},
		"beside what is allowed":  {"RESIDENT", `{ me { role } cases { pageInfo { hasNextPage } } }`, "cases"},
		"by who is nobody":        {"", `{ me { official { name } } }`, "me.official"},
		"by a role nobody knows":  {"KING", `{ officials { pageInfo { hasNextPage } } }`, "officials"},
		"a subscription":          {"OFFICIAL", `subscription { assessmentRunProgress(id: ` + id + `) { id } }`, "assessmentRunProgress"},
		"one field of an allowed": {"OFFICIAL", `{ cycles { nodes { run { failure } } } }`, "cycles.nodes.run.failure"},
	} {
		if code, path := access.refusal(c.role, c.query); path != c.want || code != models.CodeForbidden && code != models.CodeUnauthenticated {
			t.Errorf("%s: %q at %q, want it refused at %q", name, code, path, c.want)
		}
	}
	for _, query := range []string{`{ __typename }`, `{ __schema { queryType { name } } }`, `{ me { __typename } }`} {
		if code, _ := access.refusal("", query); code != "" {
			t.Errorf("%s is refused: %q", query, code)
		}
	}
}

// TestASchemaThatLeavesSomethingOpenIsRefused: deny by default.
func TestASchemaThatLeavesSomethingOpenIsRefused(t *testing.T) {
	const head = `enum Role { HR OFFICIAL } enum Scope { UNIT EVERYTHING KING }
		directive @hasRole(roles: [Role!]!, scope: [Scope!]! = [UNIT]) on FIELD_DEFINITION | OBJECT | INTERFACE
		directive @public(scope: [Scope!]! = [EVERYTHING]) on FIELD_DEFINITION | OBJECT | INTERFACE `
	for body, want := range map[string]string{
		`type Query { a: Int @public b: T @hasRole(roles: [HR]) } type T @public { c: Int @hasRole(roles: [HR]) }`: "",
		`type Query { a: Int }`:                                                                       "Query.a has 0",
		`type Query { a: Int @public @hasRole(roles: [HR]) }`:                                         "Query.a has 2",
		`type Query { a: T @public } type T { b: Int }`:                                               "T has 0",
		`type Query { a: T @public } interface T { b: Int } type U implements T @public { b: Int }`:   "T has 0",
		`type Query { a: Int @hasRole(roles: []) }`:                                                   "empty list",
		`type Query { a: Int @public(scope: [KING]) }`:                                                "KING is not one of",
		`type Query { a: T @public } type T @public { b: Int @public @hasRole(roles: [HR]) }`:         "T.b has 2",
		`type Query { a: Int @public } type Subscription { b: Int }`:                                  "Subscription.b has 0",
		`type Query { a: Int @public } type Mutation { b: T @public } type T { c: Int @public }`:      "T has 0",
		`type Query @public { a: Int }`:                                                               "Query.a has 0",
		`type Query { a: T @public } type T @public { b: U } type U { c: Int @hasRole(roles: [HR]) }`: "U has 0",
	} {
		schema, err := gqlparser.LoadSchema(&ast.Source{Input: head + body})
		if schema == nil {
			t.Fatalf("%s: %v", body, err)
		}
		if got := fmt.Sprint(resolvers.CheckAccess(schema)); want == "" && got != "<nil>" || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", body, got, want)
		}
	}
}
