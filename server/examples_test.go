package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"steelyard/graph"
)

// TestExamplesOfTheConsoleFitTheirRoles holds the console's examples to the schema: each
// operation is valid, and the role whose file it stands in may call it.
func TestExamplesOfTheConsoleFitTheirRoles(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	files, err := filepath.Glob("../tools/graphiql/examples/*.graphql")
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		role := strings.TrimSuffix(filepath.Base(file), ".graphql")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, errs := gqlparser.LoadQueryWithRules(schema, string(text), rules.NewDefaultRules())
		if errs != nil {
			t.Errorf("%s: %v", role, errs)
			continue
		}
		for _, operation := range document.Operations {
			for _, selection := range operation.SelectionSet {
				if field := selection.(*ast.Field); !mayCall(field.Definition, role) {
					t.Errorf("%s may not call %s", role, field.Name)
				}
			}
		}
	}
}

// mayCall says what the directives of an operation say of a role.
func mayCall(field *ast.FieldDefinition, role string) bool {
	if field.Directives.ForName("public") != nil {
		return true
	}
	allowed := field.Directives.ForName("hasRole")
	return allowed != nil && slices.ContainsFunc(allowed.Arguments.ForName("roles").Value.Children, func(c *ast.ChildValue) bool {
		return c.Value.Raw == role
	})
}
