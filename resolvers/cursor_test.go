package resolvers_test

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/store"
)

// TestNoCursorIsAFault puts made-up places into the cursor of every list of the schema:
// a page comes, or the cursor is refused, and never is it an error of the server's own.
func TestNoCursorIsAFault(t *testing.T) {
	o := newOffice(t, store.SQLite)
	o.neighbours()
	o.stock("north", "bob")
	bob := o.ids["bob"]
	places := []string{
		"", "x", "\x00", "00000000-0000-0000-0000-000000000000", "1|2", "99999999999999999999|x", "2025-01-01T00:00:00Z|" + bob, "NaN|" + bob,
		"'; --", strings.Repeat("a", 5000), bob, "1e400|" + bob, "\xff\xfe", "-1|" + bob, "1,2," + bob, `{"id":1}`, "Inf " + bob, bob + bob,
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		place := make([]byte, random.IntN(60))
		for i := range place {
			place[i] = byte(random.IntN(256))
		}
		places = append(places, string(place))
	}
	for query, subject := range pagedQueries(o) {
		for _, place := range places {
			a := o.ask(subject, query, "after", base64.RawURLEncoding.EncodeToString([]byte(place)))
			for _, e := range a.Errors {
				if code, _ := e.Extensions["code"].(string); code == "" || code == "INTERNAL" {
					t.Errorf("%s behind %q: %v", query, place, e)
				}
			}
			if text := utf8.ValidString(place) && !strings.Contains(place, "\x00"); !text && len(a.Errors) == 0 {
				t.Errorf("%s behind %q, which is no text, gives a page", query, place)
			}
		}
	}
}

// TestANumberIsANumber: what compares with nothing passes every bound.
func TestANumberIsANumber(t *testing.T) {
	o := newOffice(t, store.SQLite)
	policy := func(weight any) map[string]any {
		return map[string]any{"name": "odd", "satisfaction": map[string]any{"weight": weight, "minimumN": 5}}
	}
	const save = `mutation($p: PolicyInput!) { savePolicy(input: {policy: $p}) { policy { id } ` + userErrors + `} }`
	for _, weight := range []any{"NaN", "Infinity", "-Inf", "0.5", "0x1p-2"} {
		o.refuses("hr-root", "INVALID", "policy.satisfaction.weight", save, "p", policy(weight))
		o.refuses("", "INVALID", "latitude", `mutation($x: Float) { openCase(input: {title: "a lamp", description: "out", latitude: $x, longitude: $x}) { receipt `+userErrors+`} }`, "x", weight)
	}
	o.ok("hr-root", save, "p", policy(0.35))
}

// pagedQueries are the queries that take a cursor, each with a subject that may ask it.
func pagedQueries(o *office) map[string]string {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	out := map[string]string{}
	for _, f := range schema.Query.Fields {
		if f.Arguments.ForName("after") == nil {
			continue
		}
		subject := ""
		for _, role := range []string{"REPLY_OFFICER", "OFFICIAL", "HR"} {
			if strings.Contains(allowed["Query."+f.Name], role) {
				subject = everybody[role]
			}
		}
		out[`query($after: String) { `+f.Name+pagedArguments(o, schema, f)+` { pageInfo { endCursor } } }`] = subject
	}
	return out
}

// pagedArguments are a list's arguments with the cursor as a variable, with records that
// are there where they have to be named.
func pagedArguments(o *office, schema *ast.Schema, f *ast.FieldDefinition) string {
	list := []string{"after: $after"}
	for _, a := range f.Arguments {
		switch id := o.ids[real[a.Name]]; {
		case !a.Type.NonNull || a.DefaultValue != nil:
		case id != "":
			list = append(list, a.Name+`: "`+id+`"`)
		default:
			list = append(list, a.Name+": "+example(schema, a.Type))
		}
	}
	return "(" + strings.Join(list, ", ") + ")"
}
