package resolvers_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// fault is a wrong value of one field.
type fault struct {
	path, name string
	value      any
}

// faults are all that can be wrong with an input, field by field.
func (o *office) faults(schema *ast.Schema, t *trial, d *ast.Definition, at string, v any) []fault {
	o.Helper()
	var list []fault
	input, is := v.(map[string]any)
	if !is {
		o.Fatalf("%s: %s is no object: %v", t.mutation, at, v)
	}
	for name := range input {
		if d.Fields.ForName(name) == nil {
			o.Fatalf("%s has no %s", d.Name, name)
		}
	}
	for _, f := range d.Fields {
		path := at + f.Name
		if slices.Contains(t.without, path) {
			continue
		}
		value, given := input[f.Name]
		if !given {
			o.Errorf("%s: %s is not tried", t.mutation, path)
			continue
		}
		list = append(list, fault{path, "of another type", map[string]any{"no": "such"}})
		if f.Type.NonNull {
			list = append(list, fault{path, "null", nil})
		}
		of := schema.Types[f.Type.Name()]
		if f.Type.Elem != nil {
			items := value.([]any)
			if len(items) == 0 {
				continue
			}
			path, value = path+".0", items[0]
		}
		if of.Kind == ast.InputObject {
			list = append(list, o.faults(schema, t, of, path+".", value)...)
			continue
		}
		list = append(list, o.faultsOf(t, d, f, of, path)...)
	}
	return list
}

// faultsOf are the wrong values of one field that holds no object.
func (o *office) faultsOf(t *trial, d *ast.Definition, f *ast.FieldDefinition, of *ast.Definition, path string) []fault {
	o.Helper()
	var list []fault
	add := func(name string, value any) { list = append(list, fault{path, name, value}) }
	for i, wrong := range t.wrong[path] {
		add(fmt.Sprint("of ", i, " that it must not be"), wrong)
	}
	switch of.Name {
	case "String":
		return append(list, textFaults(t, d, f, path)...)
	case "ID":
		add("empty", "")
		add("malformed", "nonsense 😀")
		add("unknown", unknownID)
		add("of another kind", o.otherKind(f.Name))
		if !slices.Contains(t.open, path) {
			add("a neighbour's", o.neighbour(f.Name))
		}
	case "Int":
		add("a fraction", 1.5)
		add("beyond 32 bits", 3000000000)
		add("beyond 64 bits", jsonNumber("123456789012345678901234567890"))
		if b, bounded := bound(d, f); bounded {
			add("too small", int(b[0])-1)
			add("too large", int(b[1])+1)
		}
	case "Float":
		add("infinite", jsonNumber("1e999"))
		if b, bounded := bound(d, f); bounded {
			add("too small", b[0]-0.5)
			add("too large", b[1]+0.5)
			add("enormous", 1e300)
		}
	case "Date", "DateTime":
		add("empty", "")
		add("malformed", "yesterday")
		rest := ""
		if of.Name == "DateTime" {
			rest = "T00:00:00Z"
		}
		for _, day := range []string{"2025-02-30", "0001-01-01", "0000-00-00", "9999-12-31", "+12025-01-01"} {
			add(day, day+rest)
		}
	default:
		if of.Kind == ast.Enum {
			add("unknown", "😀")
			add("empty", "")
		}
	}
	return list
}

// longestOf is how long a text may be, and whether that is known.
func longestOf(t *trial, d *ast.Definition, f *ast.FieldDefinition, path string) (int, bool) {
	if n, known := t.limits[path]; known {
		return n, true
	}
	if n, known := longest[d.Name+"."+f.Name]; known {
		return n, true
	}
	n, known := longest[f.Name]
	return n, known
}

// bound is the least and the largest number of a field, and whether it has any.
func bound(d *ast.Definition, f *ast.FieldDefinition) ([2]float64, bool) {
	if b, known := bounds[d.Name+"."+f.Name]; known {
		return b, true
	}
	b, known := bounds[f.Name]
	return b, known
}

// textFaults are the wrong values of a text.
func textFaults(t *trial, d *ast.Definition, f *ast.FieldDefinition, path string) []fault {
	long, known := longestOf(t, d, f, path)
	code := slices.Contains(codes, f.Name)
	list := []fault{
		{path, "with NUL", "a fine text of some length\u0000"},
		{path, "with BEL", "a fine text of some length\u0007"},
		{path, "turned round", "a fine text of some length\u202e"},
	}
	if f.Type.NonNull || code {
		list = append(list, fault{path, "empty", ""}, fault{path, "blank", " \t\n　\u200b"})
	}
	if code {
		return append(list, fault{path, "in another script", "汉字 хорошо"}, fault{path, "an emoji", "😀"}, fault{path, "endless", strings.Repeat("A", 5000)})
	}
	if !known {
		return append(list, fault{path, "of unknown length", strings.Repeat("汉", 1<<20)})
	}
	return append(list, fault{path, "too long", strings.Repeat("长", long+1)})
}
