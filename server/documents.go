package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"steelyard/graph"
)

// documentsCmd writes the manifest of a frontend's operations.
type documentsCmd struct {
	Paths []string `arg:"" name:"path" help:"Files of GraphQL, or folders of them (*.graphql, *.gql)."`
	Out   string   `placeholder:"FILE" help:"Where to; default: what the terminal shows."`
}

// Run fails where an operation does not fit the schema, has no name, or shares it.
func (c *documentsCmd) Run(s *session) error {
	all := &ast.QueryDocument{}
	for _, path := range c.Paths {
		if err := readDocuments(path, all); err != nil {
			return err
		}
	}
	list, err := manifestOf(all)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	if c.Out != "" {
		return os.WriteFile(c.Out, raw, 0o644)
	}
	_, err = s.stdout.Write(raw)
	return err
}

// readDocuments adds the operations and fragments of a file, or of a folder's.
func readDocuments(path string, all *ast.QueryDocument) error {
	return filepath.WalkDir(path, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || file != path && filepath.Ext(file) != ".graphql" && filepath.Ext(file) != ".gql" {
			return err
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		d, err := parser.ParseQuery(&ast.Source{Name: file, Input: string(raw)})
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		all.Operations, all.Fragments = append(all.Operations, d.Operations...), append(all.Fragments, d.Fragments...)
		return nil
	})
}

// manifestOf makes each operation a document of its own, with the fragments that it needs.
func manifestOf(all *ast.QueryDocument) (manifest, error) {
	if len(all.Operations) == 0 {
		return manifest{}, errors.New("there is no operation in what was named")
	}
	out, schema, named := manifest{Format: manifestFormat, Version: 1}, graph.NewExecutableSchema(graph.Config{}).Schema(), map[string]bool{}
	for _, op := range all.Operations {
		if op.Name == "" || named[op.Name] {
			return manifest{}, fmt.Errorf("%s: an operation needs a name of its own, not %q", op.Position.Src.Name, op.Name)
		}
		named[op.Name] = true
		document := &ast.QueryDocument{Operations: ast.OperationList{op}}
		gather(op.SelectionSet, all.Fragments, document)
		if problems := validator.ValidateWithRules(schema, document, rules.NewDefaultRules()); len(problems) > 0 {
			return manifest{}, fmt.Errorf("%s: %w", op.Name, gqlerror.List(problems))
		}
		var text bytes.Buffer
		formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatQueryDocument(document)
		body := strings.TrimSpace(text.String()) + "\n"
		out.Operations = append(out.Operations, manifestOperation{documentID(body), op.Name, string(op.Operation), body})
	}
	return out.sorted(), nil
}

// gather adds the fragments that a selection spreads, each once.
func gather(set ast.SelectionSet, from ast.FragmentDefinitionList, into *ast.QueryDocument) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			gather(s.SelectionSet, from, into)
		case *ast.InlineFragment:
			gather(s.SelectionSet, from, into)
		case *ast.FragmentSpread:
			if f := from.ForName(s.Name); f != nil && into.Fragments.ForName(s.Name) == nil {
				into.Fragments = append(into.Fragments, f)
				gather(f.SelectionSet, from, into)
			}
		}
	}
}
