// Package inprocess runs GraphQL operations through the API's own handler in the same
// process: the one way to the data for the pages and for whatever else speaks to
// strangers, so that nothing can be shown that the API would not show.
package inprocess

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/Khan/genqlient/graphql"

	"steelyard/messages"
)

// Client runs operations through a handler, in the language of the context and as
// whom it says: a stranger where it says nothing.
func Client(api http.Handler) graphql.Client { return graphql.NewClient("/graphql", doer{api}) }

type tokenKey struct{}

// As returns a context whose operations are run with a bearer token.
func As(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

type insideKey struct{}

// Is says whether a context is of an operation that was written here, and sent by a client
// of this package.
func Is(ctx context.Context) bool { return ctx.Value(insideKey{}) != nil }

// doer sends requests to a handler in this process.
type doer struct{ http.Handler }

// Send has a handler answer a request, in the language of its context.
func Send(to http.Handler, r *http.Request) (*http.Response, error) { return doer{to}.Do(r) }

// Do has the handler answer, in the language of the request's context.
func (p doer) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Language", string(messages.From(r.Context())))
	if token, is := r.Context().Value(tokenKey{}).(string); is {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Accept", "application/graphql-response+json")
	r = r.WithContext(context.WithValue(r.Context(), insideKey{}, true))
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	p.ServeHTTP(answer, r)
	return &http.Response{
		StatusCode: answer.status, Header: answer.header, Body: io.NopCloser(&answer.body), Request: r,
	}, nil
}

// Wait is after how many seconds the API may be asked again, where it refused an operation
// for its caller's having asked too much or for too many asking, which its status says, and
// its sentence; 0: that is not why.
func Wait(err error) (seconds, status int, sentence string) {
	var refused *graphql.HTTPError
	if !errors.As(err, &refused) {
		return 0, 0, ""
	}
	for _, e := range refused.Response.Errors {
		if wait, is := e.Extensions["retryAfter"].(float64); is {
			return int(wait), refused.StatusCode, e.Message
		}
	}
	return 0, 0, ""
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *recorder) Header() http.Header { return w.header }

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) { w.status = status }
