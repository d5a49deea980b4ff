package resolvers_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
)

// curiosity is somebody who asks everything that the schema lets a role ask: every
// query, with every id, code and link of the world in every place where one fits, and
// of each answer every field. What is left out is named here, with its reason, or the
// test fails.
type curiosity struct {
	o      *office
	schema *ast.Schema
	// known are the values for an argument, by its name, as GraphQL writes them.
	known map[string][]string
	// asked are the questions of a role, as far as they were put together.
	asked map[string]map[string]string
	// unknown are arguments that nobody has said a value for.
	unknown map[string]bool
}

// places are the arguments that say where a page begins or how long it is: all rows
// are asked for at once.
var places = map[string]string{"first": "", "after": ""}

func newCuriosity(o *office) *curiosity {
	return &curiosity{o: o, schema: graph.NewExecutableSchema(graph.Config{}).Schema(), known: map[string][]string{}, asked: map[string]map[string]string{}, unknown: map[string]bool{}}
}

// learns gives the curious values for an argument.
func (c *curiosity) learns(argument string, values ...string) {
	clear(c.asked)
	for _, v := range values {
		c.known[argument] = append(c.known[argument], fmt.Sprintf("%q", v))
	}
}

// questions are all that a subject of a role may ask, by name: a query a value of each
// argument in turn.
func (c *curiosity) questions(role string) map[string]string {
	if known, found := c.asked[role]; found {
		return known
	}
	out := map[string]string{}
	c.asked[role] = out
	for _, f := range c.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") || !slices.Contains(strings.Fields(allowed["Query."+f.Name]), role) {
			continue
		}
		if same[f.Name] != "" {
			continue
		}
		needed, narrower := c.combinations("Query."+f.Name, f.Arguments)
		for _, arguments := range needed {
			out[f.Name+arguments] = f.Name + arguments + c.everything(f.Type, nil)
		}
		for _, arguments := range narrower {
			// Other rows of what was asked for as a whole, or another order: which they are is enough.
			out[f.Name+arguments] = f.Name + arguments + c.everything(f.Type, make([]string, deepest-2))
		}
	}
	return out
}

// same are queries that another one stands for.
var same = map[string]string{"node": "nodes"}

// combinations are the ways to fill a field's arguments: the needed ones with every
// known value, and apart from these each of the others once with every known value.
func (c *curiosity) combinations(of string, list ast.ArgumentDefinitionList) (needed, narrower []string) {
	sets := [][]string{nil}
	var others []string
	for _, a := range list {
		if a.Name == "first" {
			sets = times(sets, []string{"first: " + c.most(of)})
			continue
		}
		if _, is := places[a.Name]; is {
			continue
		}
		var values []string
		for _, v := range c.values(of, a.Name, a.Type) {
			values = append(values, a.Name+": "+v)
		}
		if a.Type.NonNull && a.DefaultValue == nil {
			sets = times(sets, values)
		} else {
			others = append(others, values...)
		}
	}
	for _, set := range sets {
		needed = append(needed, written(set))
		for _, other := range others {
			narrower = append(narrower, written(append(slices.Clone(set), other)))
		}
	}
	return needed, narrower
}

// written are arguments as GraphQL writes them.
func written(arguments []string) string {
	if len(arguments) == 0 {
		return ""
	}
	return "(" + strings.Join(arguments, ", ") + ")"
}

// most is the longest page that a list gives.
func (c *curiosity) most(of string) string {
	switch of {
	case "Official.cases":
		return "20"
	case "ScorePart.evidence":
		return "50"
	case "Query.exports", "Query.services":
		return "100"
	}
	return "100"
}

func times(sets [][]string, values []string) (out [][]string) {
	for _, set := range sets {
		for _, v := range values {
			out = append(out, append(slices.Clone(set), v))
		}
	}
	return out
}

// values are what an argument can be: all words of an enum, both truths, what is known
// under its name, and of an input each field in turn beside those that are needed.
func (c *curiosity) values(of, name string, t *ast.Type) []string {
	if known, found := c.known[name]; found {
		if t.Elem != nil {
			return []string{"[" + strings.Join(known, ", ") + "]"}
		}
		return known
	}
	d := c.schema.Types[t.Name()]
	var out []string
	switch {
	case d.Kind == ast.Enum:
		for _, v := range d.EnumValues {
			out = append(out, v.Name)
		}
	case d.Name == "Boolean":
		out = []string{"true", "false"}
	case d.Kind == ast.InputObject:
		needed := [][]string{nil}
		var others []string
		for _, f := range d.Fields {
			var values []string
			for _, v := range c.values(d.Name+"."+f.Name, f.Name, f.Type) {
				values = append(values, f.Name+": "+v)
			}
			if f.Type.NonNull {
				needed = times(needed, values)
			} else {
				others = append(others, values...)
			}
		}
		for _, set := range needed {
			out = append(out, "{"+strings.Join(set, ", ")+"}")
			for _, other := range others {
				out = append(out, "{"+strings.Join(append(slices.Clone(set), other), ", ")+"}")
			}
		}
		return out
	default:
		c.unknown[of+"("+name+")"] = true
		return nil
	}
	if t.Elem != nil {
		for i := range out {
			out[i] = "[" + out[i] + "]"
		}
	}
	return out
}

// deepest is how far a question follows the fields of an answer; a type is not entered
// twice on the way.
const deepest = 5

// everything selects every field of a type, and of what hangs on it.
func (c *curiosity) everything(t *ast.Type, path []string) string {
	d := c.schema.Types[t.Name()]
	if d.Kind == ast.Scalar || d.Kind == ast.Enum {
		return ""
	}
	var b strings.Builder
	b.WriteString(" { __typename")
	if d.Kind == ast.Interface {
		for _, of := range c.schema.GetPossibleTypes(d) {
			fmt.Fprintf(&b, " ... on %s { %s }", of.Name, c.fields(of, append(slices.Clone(path), d.Name), of.Name+"_"))
		}
	} else {
		b.WriteString(c.fields(d, path, ""))
	}
	return b.String() + " }"
}

// fields selects the fields of an object; prefix keeps apart those of several types in
// one place.
func (c *curiosity) fields(d *ast.Definition, path []string, prefix string) string {
	var b strings.Builder
	path = append(slices.Clone(path), d.Name)
	for _, f := range d.Fields {
		of := c.schema.Types[f.Type.Name()]
		leaf := of.Kind == ast.Scalar || of.Kind == ast.Enum
		if strings.HasPrefix(f.Name, "__") || !leaf && (slices.Contains(path, of.Name) || len(path) >= deepest) {
			continue
		}
		if strings.HasSuffix(of.Name, "Edge") {
			b.WriteString(" edges { cursor }") // the rows are asked for as nodes
			continue
		}
		needed, narrower := c.combinations(d.Name+"."+f.Name, f.Arguments)
		for i, arguments := range append(needed, narrower...) {
			fmt.Fprintf(&b, " %s%s%d: %s%s%s", prefix, f.Name, i, f.Name, arguments, c.everything(f.Type, path))
		}
	}
	return b.String()
}

// answers asks all questions of a subject, those for files only where they are wanted,
// and returns the answers as texts.
func (c *curiosity) answers(subject, role string, files bool) map[string]string {
	c.o.Helper()
	questions := maps.Clone(c.questions(role))
	maps.DeleteFunc(questions, func(name, _ string) bool {
		return !files && strings.HasPrefix(name, "export") && strings.HasPrefix(questions[name], "export") && strings.Contains(questions[name], "content0")
	})
	if len(c.unknown) > 0 {
		c.o.Fatalf("nobody has said what to ask of %v", slices.Sorted(maps.Keys(c.unknown)))
	}
	out := make(map[string]string, len(questions))
	actor := c.o.actor(subject)
	for name, text := range questions {
		a := c.o.send(actor, "{ "+text+" }")
		for _, e := range a.Errors {
			if code, _ := e.Extensions["code"].(string); code == "" || code == "INTERNAL" || strings.HasPrefix(code, "GRAPHQL") {
				c.o.Fatalf("%s asks %s: %+v", subject, name, e)
			}
		}
		if file, is := a.get("exportReport.content0").(string); is && strings.Contains(name, "XLSX") {
			a.data = c.unpacked(file) // packed in any order
		}
		said, err := json.Marshal([]any{a.data, a.Errors})
		if err != nil {
			c.o.Fatal(err)
		}
		out[name] = string(said)
	}
	return out
}

// unpacked are the files within a workbook.
func (c *curiosity) unpacked(content string) map[string]string {
	c.o.Helper()
	raw, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		c.o.Fatal(err)
	}
	packed, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		c.o.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range packed.File {
		if f.Name == "[Content_Types].xml" {
			continue // says what the others are, in any order
		}
		r, err := f.Open()
		if err != nil {
			c.o.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			c.o.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// curious are those who ask: who issued the links, the reply officer of the unit, HR and
// everybody; and who asks the same as one of these.
var (
	curious = map[string]string{"": "-", "ann": "OFFICIAL", "reply-north": "REPLY_OFFICER", "hr-north": "HR"}
	others  = map[string]string{"bob": "OFFICIAL", "auditor-north": "AUDITOR"}
)

// glance is what the curious see, without files, which are written from the same rows.
func (c *curiosity) glance() map[string]map[string]string {
	c.o.Helper()
	out := map[string]map[string]string{}
	for subject, role := range curious {
		out[subject] = c.answers(subject, role, false)
	}
	return out
}

// look is everything that everybody sees.
func (c *curiosity) look() map[string]map[string]string {
	c.o.Helper()
	out := map[string]map[string]string{}
	for _, list := range []map[string]string{curious, others} {
		for subject, role := range list {
			out[subject] = c.answers(subject, role, true)
		}
	}
	return out
}

// learned names what differs between two looks, with the place where it does.
func learned(before, after map[string]map[string]string) (list []string) {
	for _, subject := range slices.Sorted(maps.Keys(after)) {
		for _, name := range slices.Sorted(maps.Keys(after[subject])) {
			if was, is := before[subject][name], after[subject][name]; was != is {
				i := 0
				for i < min(len(was), len(is)) && was[i] == is[i] {
					i++
				}
				from := max(0, i-120)
				list = append(list, fmt.Sprintf("%q by %s: …%.160s… becomes …%.160s…", subject, name, was[from:], is[from:]))
			}
		}
	}
	return list
}
