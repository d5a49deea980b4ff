package overhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// stream sends each answer of an operation as a server-sent event "next", and
// "complete" at the end (the "distinct connections" mode of GraphQL over SSE).
// The server's timeouts do not hold here; a client that has gone ends the
// request's context, and with it the operation.
func (h *Handler) stream(ctx context.Context, w http.ResponseWriter, op *graphql.OperationContext) {
	control := http.NewResponseController(w)
	// The deadline of reading would end the request's context, as a client does that goes.
	if err := errors.Join(control.SetWriteDeadline(time.Time{}), control.SetReadDeadline(time.Time{})); err != nil {
		writeRefusal(w, http.StatusNotAcceptable, mediaJSON, "this connection cannot stream", codeBadRequest)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	startStream(w)
	if control.Flush() != nil {
		return
	}
	answers := make(chan *graphql.Response)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.collect(ctx, op, answers)
	}()
	// The operation's goroutine must not outlive the request that it answers.
	defer func() { cancel(); <-ended }()
	alive := time.NewTicker(h.KeepAlive)
	defer alive.Stop()
	prove, stop := h.proofs()
	defer stop()
	for {
		select {
		case a, more := <-answers:
			if !more {
				event(w, "complete", nil)
				return
			}
			event(w, "next", executed(a))
		case <-alive.C:
			if _, err := fmt.Fprint(w, ":\n\n"); err != nil {
				return
			}
		case <-prove:
			if err := h.Prove(ctx); err != nil && ctx.Err() == nil {
				problems := h.Executor.DispatchError(graphql.WithOperationContext(ctx, op), gqlerror.List{gqlerror.Wrap(err)})
				event(w, "next", result{Errors: problems.Errors})
				event(w, "complete", nil)
				return
			}
			continue
		case <-h.Quit:
			return // without "complete": the client is to come again
		case <-ctx.Done():
			return
		}
		if control.Flush() != nil {
			return
		}
	}
}

// proofs ticks when the caller is to be looked at anew.
func (h *Handler) proofs() (tick <-chan time.Time, stop func()) {
	if h.Prove == nil || h.ProveEvery <= 0 {
		return nil, func() {}
	}
	t := time.NewTicker(h.ProveEvery)
	return t.C, t.Stop
}

// collect hands over an operation's answers and closes the channel after the
// last. A panic of the operation ends the stream as an error does.
func (h *Handler) collect(ctx context.Context, op *graphql.OperationContext, answers chan<- *graphql.Response) {
	defer close(answers)
	send := func(r *graphql.Response) bool {
		select {
		case answers <- r:
			return true
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err := h.Executor.PresentRecoveredError(graphql.WithOperationContext(ctx, op), p)
			send(graphql.ErrorResponse(ctx, "%s", err.Error()))
		}
	}()
	responses, ctx := h.Executor.DispatchOperation(ctx, op)
	for {
		r := responses(ctx)
		if r == nil || !send(r) {
			return
		}
	}
}

func startStream(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", mediaStream+"; charset=utf-8")
	header.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	w.WriteHeader(http.StatusOK)
}

// event writes one event. JSON holds no line break, so its data is one line. An
// error of writing shows at the next flush.
func event(w http.ResponseWriter, name string, body any) {
	data := []byte{}
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			panic(err) // results hold JSON that was made here
		}
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return
	}
}
