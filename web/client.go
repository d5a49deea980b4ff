package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/Khan/genqlient/graphql"

	"steelyard/messages"
)

// inProcess sends requests to a handler in this process.
type inProcess struct{ http.Handler }

// Do has the handler answer, in the language of the request's context.
func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Language", string(messages.From(r.Context())))
	r.Header.Set("Accept", "application/graphql-response+json")
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	p.ServeHTTP(answer, r)
	return &http.Response{
		StatusCode: answer.status, Header: answer.header, Body: io.NopCloser(&answer.body), Request: r,
	}, nil
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

// asking is the context of an operation that a page runs for its reader.
func asking(r *http.Request) context.Context {
	return messages.With(r.Context(), language(r))
}

// mendable is the first sentence that a payload says is to be mended; empty where
// all was well.
func mendable(problems []Problem) string {
	if len(problems) == 0 {
		return ""
	}
	return problems[0].Message
}

// has says whether a payload was refused with a code.
func has(problems []Problem, code ErrorCode) bool {
	for _, p := range problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// asked wraps what went wrong with an operation.
func asked(operation string, err error) error {
	return fmt.Errorf("run %s: %w", operation, err)
}

var _ graphql.Doer = inProcess{}
