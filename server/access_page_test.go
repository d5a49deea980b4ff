package main

import (
	"os"
	"testing"

	"steelyard/graph"
	"steelyard/resolvers"
)

func TestTheAccessPageIsTrue(t *testing.T) {
	rows, err := resolvers.AccessTable(graph.NewExecutableSchema(graph.Config{}).Schema())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../docs/access.md")
	if err != nil || string(got) != accessPage(rows) {
		t.Errorf("docs/access.md is not what the schema says (%v): run go generate ./web", err)
	}
}
