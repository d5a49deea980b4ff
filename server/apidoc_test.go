package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// apiExample is an operation of docs/api.md: who asks it, with which variables, and
// what the document says is answered.
type apiExample struct {
	token, query string
	variables    map[string]any
	want         any
}

var fencedBlock = regexp.MustCompile("(?ms)^```(graphql|json)\n(.*?)^```$")

// apiExamples reads the document: an operation, its variables where it has any, then
// the answer. KEYs of the demonstration stand in it as $KEY.
func apiExamples(t *testing.T, keys map[string]string) []apiExample {
	t.Helper()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	filled := os.Expand(string(text), func(key string) string {
		if value, known := keys[key]; known {
			return value
		}
		return "$" + key
	})
	var list []apiExample
	for _, m := range fencedBlock.FindAllStringSubmatch(filled, -1) {
		if m[1] == "graphql" {
			e := apiExample{query: m[2]}
			if first, rest, _ := strings.Cut(m[2], "\n"); strings.HasPrefix(first, "# as ") {
				e.token, e.query = strings.TrimPrefix(first, "# as "), rest
			}
			list = append(list, e)
			continue
		}
		e := &list[len(list)-1]
		var block map[string]any
		if err := json.Unmarshal([]byte(m[2]), &block); err != nil {
			t.Fatalf("%v:\n%s", err, m[2])
		}
		if variables, ok := block["variables"].(map[string]any); ok {
			e.variables = variables
			continue
		}
		e.want = block
		if block["errors"] == nil {
			e.want = map[string]any{"data": block}
		}
	}
	return list
}

// says tells whether an answer is what the document says: the same, where the document
// does not leave it open by an ellipsis; objects may hold more.
func says(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		for key, value := range want {
			inner, there := object[key]
			ok = ok && there && says(value, inner)
		}
		return ok
	case []any:
		list, ok := got.([]any)
		ok = ok && len(list) == len(want)
		for i := range want {
			ok = ok && says(want[i], list[i])
		}
		return ok
	case string:
		if want == "…" {
			return got != nil
		}
	}
	return want == got
}

// checkAPIDocument runs every example of docs/api.md.
func (d running) checkAPIDocument(t *testing.T) {
	t.Helper()
	examples := apiExamples(t, d.values)
	if len(examples) < 6 {
		t.Fatalf("%d examples are found", len(examples))
	}
	for _, e := range examples {
		if e.want == nil {
			t.Errorf("the document does not say what is answered to %s", e.query)
			continue
		}
		body, err := json.Marshal(map[string]any{"query": e.query, "variables": e.variables})
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal([]byte(post(t, d.values["GRAPHQL_URL"], e.token, string(body))), &got); err != nil {
			t.Fatal(err)
		}
		if !says(e.want, got) {
			t.Errorf("%s\nanswers %v\nthe document says %v", e.query, got, e.want)
		}
	}
}
