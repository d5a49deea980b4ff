package overhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Handler answers GraphQL requests at the path it is mounted on.
type Handler struct {
	// Executor runs the operations; its extensions set the limits.
	Executor *executor.Executor
	// MaxBody is the largest request, in bytes.
	MaxBody int64
	// Timeout bounds a query or mutation; its statements are cancelled with it. A
	// subscription has none.
	Timeout time.Duration
	// KeepAlive is how often a silent subscription says that it lives.
	KeepAlive time.Duration
	// Prove says whether the caller may still have what a subscription sends; nil: always.
	// It is asked every ProveEvery, and its error ends the subscription.
	Prove      func(ctx context.Context) error
	ProveEvery time.Duration
	// Elsewhere says that an operation may be answered by another than the usual source: the
	// context to run it under; nil, also in place of the function: it may not. What comes to
	// nothing there is run as usual.
	Elsewhere func(ctx context.Context, op *graphql.OperationContext) context.Context
	// Quit ends the subscriptions, so that the server can end.
	Quit <-chan struct{}
}

// codeBadRequest is the code of what could not be read as a GraphQL request.
const codeBadRequest = "BAD_REQUEST"

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	Varies(header, "Accept")
	header.Set("Cache-Control", "no-store")
	media := negotiate(r.Header.Get("Accept"))
	params, err := h.read(w, r, media)
	if err != nil {
		var refused *refusal
		errors.As(err, &refused) // read returns nothing else
		if refused.status == http.StatusMethodNotAllowed {
			header.Set("Allow", "GET, POST")
		}
		writeRefusal(w, refused.status, answerMedia(media), refused.message, codeBadRequest)
		return
	}
	ctx := graphql.StartOperationTrace(r.Context())
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: graphql.GetStartTime(ctx), End: graphql.Now()}
	op, problems := h.Executor.CreateOperationContext(ctx, params)
	if len(problems) > 0 {
		h.refuse(graphql.WithOperationContext(ctx, op), w, media, problems)
		return
	}
	switch kind := op.Operation.Operation; {
	case kind == ast.Mutation && r.Method == http.MethodGet:
		header.Set("Allow", "POST")
		writeRefusal(w, http.StatusMethodNotAllowed, answerMedia(media), "a mutation is sent by POST", codeBadRequest)
	case media == mediaStream:
		h.stream(ctx, w, op)
	case kind == ast.Subscription:
		writeRefusal(w, http.StatusNotAcceptable, media, "a subscription is read with Accept: text/event-stream", codeBadRequest)
	default:
		h.answer(ctx, w, media, op)
	}
}

// read reads the request's parameters; its error is always a refusal.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, media string) (*graphql.RawParams, error) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, &refusal{http.StatusMethodNotAllowed, "send the request by GET or POST"}
	case media == "":
		return nil, &refusal{http.StatusNotAcceptable, "accept application/graphql-response+json, application/json or text/event-stream"}
	case r.Method == http.MethodGet:
		return fromURL(r)
	}
	r.Body = http.MaxBytesReader(w, r.Body, h.MaxBody)
	return fromBody(r)
}

// answer runs a query or mutation.
func (h *Handler) answer(ctx context.Context, w http.ResponseWriter, media string, op *graphql.OperationContext) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	response := h.run(ctx, op)
	if response == nil {
		writeRefusal(w, http.StatusServiceUnavailable, media, "the operation took too long and was stopped", codeUnavailable)
		return
	}
	if status, wait, is := comeBack(response.Errors); is {
		writeWait(w, status, media, executed(response), wait)
		return
	}
	write(w, http.StatusOK, media, executed(response))
}

// run runs an operation; nil where its time was over.
func (h *Handler) run(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	run := func(ctx context.Context) *graphql.Response {
		responses, ctx := h.Executor.DispatchOperation(ctx, op)
		return responses(ctx)
	}
	if h.Elsewhere != nil {
		if there := h.Elsewhere(ctx, op); there != nil {
			if response := run(there); response != nil && len(response.Errors) == 0 || ctx.Err() != nil {
				return response
			}
		}
	}
	return run(ctx)
}

// maxProblems is how many faults of a document are told: each names its place, so that a few
// bytes of a request could make a hundred times as many of an answer.
const maxProblems = 50

// refuse answers an operation that was not executed.
func (h *Handler) refuse(ctx context.Context, w http.ResponseWriter, media string, problems gqlerror.List) {
	problems = problems[:min(len(problems), maxProblems)]
	response := h.Executor.DispatchError(ctx, problems)
	body := result{Errors: response.Errors, Extensions: response.Extensions}
	if status, wait, is := comeBack(problems); is {
		writeWait(w, status, answerMedia(media), body, wait)
		return
	}
	if media == mediaStream {
		startStream(w)
		event(w, "next", body)
		event(w, "complete", nil)
		return
	}
	status := http.StatusOK
	if media == mediaResult {
		status = http.StatusBadRequest
	}
	write(w, status, media, body)
}

// comeBack says whether an operation was refused for its caller's having asked too much,
// or for too many asking, and after how many seconds the caller may come again.
func comeBack(problems gqlerror.List) (status, wait int, is bool) {
	for _, p := range problems {
		wait, is := p.Extensions["retryAfter"].(int)
		if is && p.Extensions["code"] == codeUnavailable {
			return http.StatusServiceUnavailable, wait, true
		}
		if is {
			return http.StatusTooManyRequests, wait, true
		}
	}
	return 0, 0, false
}

// result is an answer's body. Data is left out where nothing was executed; an
// execution that came to nothing has null there.
type result struct {
	Errors     gqlerror.List   `json:"errors,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
	Extensions map[string]any  `json:"extensions,omitempty"`
}

func executed(r *graphql.Response) result {
	data := r.Data
	if len(data) == 0 {
		data = json.RawMessage("null")
	}
	return result{r.Errors, data, r.Extensions}
}

// answerMedia is the media type of a refusal: JSON where nothing better fits.
func answerMedia(media string) string {
	if media == mediaResult {
		return mediaResult
	}
	return mediaJSON
}

func writeRefusal(w http.ResponseWriter, status int, media, message, code string) {
	write(w, status, media, result{Errors: gqlerror.List{{Message: message, Extensions: map[string]any{"code": code}}}})
}

// codeRateLimited is the code of an answer to who asks too much.
const codeRateLimited = "RATE_LIMITED"

// WriteWait answers 429 to who asks too much, with after how many seconds there is an
// answer again.
func WriteWait(w http.ResponseWriter, r *http.Request, message string, seconds int) {
	writeWait(w, http.StatusTooManyRequests, answerMedia(negotiate(r.Header.Get("Accept"))), result{Errors: gqlerror.List{TooMuch(message, seconds)}}, seconds)
}

// codeUnavailable is the code of an answer to who cannot be served now.
const codeUnavailable = "UNAVAILABLE"

// WriteOverload answers 503 to who cannot be served since too many are, with after how many
// seconds to come again.
func WriteOverload(w http.ResponseWriter, r *http.Request, message string, seconds int) {
	writeWait(w, http.StatusServiceUnavailable, answerMedia(negotiate(r.Header.Get("Accept"))), result{Errors: gqlerror.List{Overloaded(message, seconds)}}, seconds)
}

// Overloaded is the error of an operation that is not run since too many are: it makes the
// answer 503.
func Overloaded(message string, seconds int) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": codeUnavailable, "retryAfter": seconds}}
}

// TooMuch is the error of an operation whose caller asks too much: it makes the answer 429.
func TooMuch(message string, seconds int) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": codeRateLimited, "retryAfter": seconds}}
}

// Varies says that an answer depends on a header of its request, where that is not said yet.
func Varies(answer http.Header, by string) {
	for _, rest := range answer["Vary"] {
		for said := ""; rest != ""; {
			if said, rest, _ = strings.Cut(rest, ", "); said == by {
				return
			}
		}
	}
	answer.Add("Vary", by)
}

func writeWait(w http.ResponseWriter, status int, media string, body result, seconds int) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	write(w, status, media, body)
}

// WriteError answers a request that never came as far as GraphQL, in the form in
// which GraphQL clients expect errors.
func WriteError(w http.ResponseWriter, r *http.Request, status int, message, code string) {
	writeRefusal(w, status, answerMedia(negotiate(r.Header.Get("Accept"))), message, code)
}

// into writes the result as it is sent. Data alone, as nearly always, is JSON already: the
// encoder would read all of it again.
func (r result) into(b *bytes.Buffer) {
	if len(r.Errors) == 0 && len(r.Extensions) == 0 && len(r.Data) > 0 {
		b.WriteString(`{"data":`)
		b.Write(r.Data)
		b.WriteByte('}')
		return
	}
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err) // results hold JSON that was made here
	}
	b.Write(raw)
}

// buffers are where answers are put together. maxBuffer is the largest that is kept: most are
// far smaller.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxBuffer = 256 << 10

func write(w http.ResponseWriter, status int, media string, body result) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	body.into(b)
	if b.Cap() <= maxBuffer {
		defer buffers.Put(b)
	}
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len())) // else it would be sent in chunks
	w.WriteHeader(status)
	if _, err := w.Write(b.Bytes()); err != nil {
		return // the client has gone: there is nobody to tell
	}
}
