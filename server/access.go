package main

import (
	"fmt"
	"os"
	"strings"

	"steelyard/graph"
	"steelyard/resolvers"
)

// accessCmd writes who may what: the page docs/access.md.
type accessCmd struct {
	Out string `placeholder:"FILE" help:"Where to; default: what the terminal shows."`
}

// Run fails where the schema leaves something open.
func (c *accessCmd) Run(s *session) error {
	rows, err := resolvers.AccessTable(graph.NewExecutableSchema(graph.Config{}).Schema())
	if err != nil {
		return err
	}
	page := accessPage(rows)
	if c.Out != "" {
		return os.WriteFile(c.Out, []byte(page), 0o644)
	}
	_, err = fmt.Fprint(s.stdout, page)
	return err
}

// accessPage is docs/access.md: the tables of access as a page.
func accessPage(rows []resolvers.AccessRow) string {
	var out strings.Builder
	out.WriteString(`# Who may what

Generated from the schema and from server/doors.go: ` + "`steelyard access`" + `. Denied is what stands nowhere: a schema with a
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
