package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"steelyard/graph"
	"steelyard/resolvers"
)

var update = flag.Bool("update", false, "write the generated documents anew")

// accessPage is docs/access.md: the tables of access as a page.
func accessPage(rows []resolvers.AccessRow) string {
	var out strings.Builder
	out.WriteString(`# Who may what

Generated from the schema and from server/doors.go: ` + "`go test ./server -run TestTheAccessPageIsTrue -update`" + `. Denied is what stands nowhere: a schema with a
gap is not served, nor is a route without a row. How it is enforced: [adr 4](adr/0004-roles-in-the-schema.md).

Scopes: **EVERYTHING** is a catalogue, or no record at all. **PUBLISHED** is what has been published. **HOLDER** is what the link, code or receipt
belongs to. **OWN** is the caller's own record. **UNIT** is the caller's unit and everything below it. Several scopes: what lies in any of them.
"everybody" needs no token.

## Ways in

| path, and all below it | who | what is shown | how it is checked |
|---|---|---|---|
`)
	for _, d := range doors {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", d.path, d.who, d.asks, d.how)
	}
	out.WriteString("\n## Operations\n\n| operation | roles | scope |\n|---|---|---|\n")
	types := false
	for _, row := range rows {
		if root := row.Of == "Query" || row.Of == "Mutation" || row.Of == "Subscription"; !root && !types {
			types = true
			out.WriteString("\n## Types, and fields that are narrower than their type\n\n| type or field | roles | scope |\n|---|---|---|\n")
		}
		roles := "everybody"
		if !row.Public() {
			roles = words(row.Roles)
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", row.Name(), roles, words(row.Scopes))
	}
	return out.String()
}

func words[W ~string](list []W) string {
	texts := make([]string, len(list))
	for i, w := range list {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

func TestTheAccessPageIsTrue(t *testing.T) {
	rows, err := resolvers.AccessTable(graph.NewExecutableSchema(graph.Config{}).Schema())
	if err != nil {
		t.Fatal(err)
	}
	const page = "../docs/access.md"
	want := accessPage(rows)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("docs/access.md is not what the schema says (%v): run this test with -update", err)
	}
}
