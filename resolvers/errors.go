package resolvers

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/graph"
	"steelyard/messages"
	"steelyard/models"
)

// userErrors splits an error into what the caller can mend, which goes into the
// payload, and the rest, which goes to [PresentError]. Several errors joined
// become as many.
func userErrors(ctx context.Context, err error) ([]*graph.UserError, error) {
	if err == nil {
		return []*graph.UserError{}, nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*graph.UserError
		for _, e := range joined.Unwrap() {
			some, rest := userErrors(ctx, e)
			if rest != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		return all, nil
	}
	var e *models.Error
	if !errors.As(err, &e) || e.Code == models.CodeUnauthenticated || e.Code == models.CodeUnavailable {
		return nil, err
	}
	user := &graph.UserError{Code: e.Code, Message: messages.Text(messages.From(ctx), e.Key, e.Args...)}
	if e.Field != "" {
		user.Field = &e.Field
	}
	return []*graph.UserError{user}, nil
}

// absent turns "there is no such thing" into null: a query says nothing about
// whether there is something that the caller may not see.
func absent[T any](row *T, err error) (*T, error) {
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	return row, err
}

// PresentError is the way out for errors that no payload carries: those of our
// own with their code and sentence, gqlgen's own with theirs, and the unknown as
// "internal error" after it has been logged.
func PresentError(ctx context.Context, err error) *gqlerror.Error {
	out := graphql.DefaultErrorPresenter(ctx, err)
	var own *models.Error
	if misfit := coercion(err, out); misfit != nil {
		err = misfit
	}
	switch {
	case errors.As(err, &own):
		if own.Code == models.CodeUnavailable {
			// The caller can only wait; the operator has something to mend.
			slog.ErrorContext(ctx, "operation unavailable", "operation", operationName(ctx), "error", err)
		}
		out.Message = messages.Text(messages.From(ctx), own.Key, own.Args...)
		out.Extensions = map[string]any{"code": own.Code}
		if own.Field != "" {
			out.Extensions["field"] = own.Field
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		out.Message = messages.Text(messages.From(ctx), models.KeyTooMuch)
		out.Extensions = map[string]any{"code": models.CodeUnavailable}
	case out.Extensions["code"] != nil, isRequestError(err):
		// The validator's and the parser's own words: they quote the request alone.
	default:
		slog.ErrorContext(ctx, "operation failed", "operation", operationName(ctx), "path", out.Path.String(), "error", err)
		out.Message = messages.Text(messages.From(ctx), models.KeyInternal)
		out.Extensions = map[string]any{"code": CodeInternal}
	}
	out.Err = nil
	return out
}

// CodeInternal is the code of what no caller can mend.
const CodeInternal = "INTERNAL"

// isRequestError says whether the request itself is wrong: such errors come from
// gqlgen without a cause behind them.
func isRequestError(err error) bool {
	var g *gqlerror.Error
	return errors.As(err, &g) && g.Err == nil
}

func operationName(ctx context.Context) string {
	if !graphql.HasOperationContext(ctx) {
		return ""
	}
	return graphql.GetOperationContext(ctx).OperationName
}

// Recover turns a panic of a resolver into an error that is logged with its
// stack and shown as an internal one.
func Recover(ctx context.Context, p any) error {
	slog.ErrorContext(ctx, "panic", "operation", operationName(ctx), "panic", p, "stack", string(debug.Stack()))
	return errPanic
}

var errPanic = errors.New("a resolver panicked")
