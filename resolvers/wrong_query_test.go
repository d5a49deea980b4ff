package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/messages"
	"steelyard/store"
)

// TestAWrongQuestionIsNoInternalError asks every query with each of its arguments
// wrong in turn, as everybody who may ask it: the answer is empty or an error with a
// code and a sentence in the caller's language, and nothing is written.
func TestAWrongQuestionIsNoInternalError(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, d)
			o.neighbours()
			o.stock("north", "bob")
			o.watchWrites()
			for _, f := range schema.Query.Fields {
				if strings.HasPrefix(f.Name, "__") {
					continue
				}
				subject := ""
				for _, role := range []string{"HR", "OFFICIAL", "REPLY_OFFICER", "AUDITOR"} {
					if roles := allowed["Query."+f.Name]; subject == "" && strings.Contains(roles, role) {
						subject = everybody[role]
					}
				}
				o.askWrongly(schema, f, subject)
				tables := o.writes()
				if takesOut[f.Name] {
					tables = slices.DeleteFunc(tables, func(what string) bool { return what == "audit_entries INSERT" })
				}
				if len(tables) > 0 {
					o.Errorf("asking %s wrote %v", f.Name, tables)
				}
			}
		})
	}
}

// takesOut are queries that leave a word in the audit trail: who took what out.
var takesOut = map[string]bool{"exportReport": true, "exportOfficialSheet": true}

// real are arguments for which there is a record in the caller's scope.
var real = map[string]string{"cycleId": "cycle", "unitId": "north", "officialId": "bob", "caseId": "case", "a": "run", "b": "run"}

// askWrongly asks one query.
func (o *office) askWrongly(schema *ast.Schema, f *ast.FieldDefinition, subject string) {
	o.Helper()
	known := true
	var declared, passed []string
	var right []any
	for _, a := range f.Arguments {
		usual := ""
		if a.DefaultValue != nil {
			usual = " = " + a.DefaultValue.String()
		}
		declared = append(declared, "$"+a.Name+": "+a.Type.String()+usual)
		passed = append(passed, a.Name+": $"+a.Name)
		if a.Type.NonNull && a.DefaultValue == nil {
			value := rightValue(schema, a.Type)
			switch id := o.ids[real[a.Name]]; {
			case a.Name == "year":
				value = 2025
			case id != "":
				value = id
			case a.Type.Name() == "ID":
				known = false
			}
			right = append(right, a.Name, value)
		}
	}
	ask := func(with ...any) *answer {
		return o.ask(subject, "query("+strings.Join(declared, ", ")+") { "+f.Name+"("+strings.Join(passed, ", ")+")"+selection(schema, f.Type)+" }", append(right, with...)...)
	}
	if len(f.Arguments) == 0 {
		return
	}
	// Where an id is of nothing, what comes after it is never looked at.
	if code, _ := ask().refused(); code != "" && (known || code != "NOT_FOUND") {
		o.Errorf("%s with %v, which is right, is refused with %s", f.Name, right, code)
	}
	for _, a := range f.Arguments {
		for _, value := range wrongValues(schema, a.Type) {
			var said []string
			for _, o.lang = range messages.Langs {
				answer := ask(a.Name, value)
				code, _ := answer.refused()
				if len(answer.Errors) > 0 && (code == "" || code == "INTERNAL" || code == "UNAVAILABLE") {
					o.Errorf("%s with %s %.80q: %+v", f.Name, a.Name, fmt.Sprint(value), answer.Errors)
				}
				said = append(said, answer.message())
			}
			if said[0] == said[1] && said[0] != "" {
				o.Errorf("%s with %s %.80q is answered in one language: %s", f.Name, a.Name, fmt.Sprint(value), said[0])
			}
		}
	}
	o.lang = messages.English
}

// rightValue is a value of a type as a variable.
func rightValue(schema *ast.Schema, t *ast.Type) any {
	if t.Elem != nil {
		return []any{rightValue(schema, t.Elem)}
	}
	d := schema.Types[t.NamedType]
	switch d.Name {
	case "Int", "Float":
		return jsonNumber(example(schema, t))
	case "Boolean":
		return true
	}
	if d.Kind != ast.InputObject {
		return strings.Trim(example(schema, t), `"`)
	}
	out := in{}
	for _, f := range d.Fields {
		if f.Type.NonNull {
			out[f.Name] = rightValue(schema, f.Type)
		}
	}
	return out
}

// wrongValues are values that a type of the schema cannot have, or that no service
// can do anything with.
func wrongValues(schema *ast.Schema, t *ast.Type) []any {
	var list []any
	d := schema.Types[t.Name()]
	switch d.Name {
	case "String":
		list = []any{"", " ", "\u0000", "a\u0007b", "\u202e", "汉字 хорошо 😀", strings.Repeat("长", 20000), in{}}
	case "ID":
		list = []any{"", "nonsense", "\u0000", unknownID, in{}}
	case "Int":
		list = []any{-1, 0, 1 << 30, 3000000000, 1.5, jsonNumber("123456789012345678901234567890"), "five"}
	case "Float":
		list = []any{-1, 1e300, jsonNumber("1e999"), "much"}
	case "Boolean":
		list = []any{"yes"}
	case "Date":
		list = []any{"", "yesterday", "2025-02-30", "0001-01-01", "9999-12-31"}
	case "DateTime":
		list = []any{"", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"}
	default:
		if d.Kind == ast.Enum {
			list = []any{"", "NO_SUCH", 7}
			break
		}
		for _, f := range d.Fields {
			for _, value := range wrongValues(schema, f.Type) {
				whole, _ := rightValue(schema, &ast.Type{NamedType: d.Name}).(in)
				whole[f.Name] = value
				list = append(list, whole)
			}
		}
	}
	if t.Elem != nil {
		for i := range list {
			list[i] = []any{list[i]}
		}
	}
	return list
}
