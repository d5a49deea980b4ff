package resolvers

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/models"
)

// unreadable are the errors of our own scalars.
var unreadable = []models.Key{models.KeyBadID, models.KeyTimeForm, models.KeyDateForm, models.KeyWrongKind}

// coercion is the error of a value that does not fit the type of its place in the
// input, with that place as its field; nil for any other error. Such errors come from
// the validator of variables, which knows no language, from gqlgen's numbers and from
// our own scalars, which do not know where they stand.
func coercion(err error, shown *gqlerror.Error) *models.Error {
	var (
		own    *models.Error
		number *graphql.IntegerError
		parsed *strconv.NumError
	)
	switch {
	case errors.As(err, &own):
		if slices.Contains(unreadable, own.Key) {
			if field := inputPlace(shown.Path); field != "" {
				return models.Invalid(field, own.Key, own.Args...)
			}
		}
	case len(shown.Path) > 1 && shown.Path[0] == ast.PathName("variable"):
		return models.Invalid(inputPlace(shown.Path), models.KeyWrongKind)
	case errors.As(err, &number), errors.As(err, &parsed):
		return models.Invalid(inputPlace(shown.Path), models.KeyNumberTooLarge)
	}
	return nil
}

// inputPlace is a place in the input as userErrors name it: behind the operation, or the
// word "variable", and without the argument that all mutations have.
func inputPlace(path ast.Path) string {
	var steps []string
	for i, step := range path {
		switch s := step.(type) {
		case ast.PathName:
			if i == 0 || i == 1 && s == "input" && len(path) > 2 {
				continue
			}
			steps = append(steps, string(s))
		case ast.PathIndex:
			steps = append(steps, strconv.Itoa(int(s)))
		}
	}
	return strings.Join(steps, ".")
}
