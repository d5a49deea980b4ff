package overhttp

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

const (
	// shortDocument is how many bytes a document has of which nothing can be crowded.
	shortDocument = 400
	// parserTokens is how many tokens are read here. Of a longer one the executor, with a
	// bound of its own, says that it is too long.
	parserTokens = 15_000
)

var _ graphql.OperationParameterMutator = Limits{}

// MutateOperationParameters refuses a document that validation would take long over: it
// compares each two fields that answer under one name, wherever fragments bring them
// together, so that a few kilobytes would take seconds. It comes before everything else that
// looks at the document.
func (l Limits) MutateOperationParameters(_ context.Context, in *graphql.RawParams) *gqlerror.Error {
	if len(in.Query) <= shortDocument {
		return nil
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: in.Query}, parserTokens)
	if err != nil {
		return nil // the executor says what is wrong with it
	}
	c := crowd{byName: map[string]int{}}
	for _, op := range document.Operations {
		c.count(op.SelectionSet)
	}
	for _, f := range document.Fragments {
		c.count(f.SelectionSet)
	}
	text := ""
	switch {
	case c.fields > l.Fields:
		text = fmt.Sprintf("the document has more than %d fields: ask in several operations", l.Fields)
	case c.largest > l.SameName:
		text = fmt.Sprintf("the document has more than %d fields of one name: ask in several operations", l.SameName)
	default:
		return nil
	}
	return &gqlerror.Error{Message: text, Extensions: map[string]any{"code": codeTooComplex}}
}

// crowd counts the fields that are written in a document.
type crowd struct {
	fields, largest int
	byName          map[string]int
}

func (c *crowd) count(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			c.fields++
			c.byName[s.Alias]++
			c.largest = max(c.largest, c.byName[s.Alias])
			c.count(s.SelectionSet)
		case *ast.InlineFragment:
			c.count(s.SelectionSet)
		}
	}
}
