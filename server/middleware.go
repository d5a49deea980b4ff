package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/server/overhttp"
)

// middleware wraps a handler in another.
type middleware func(http.Handler) http.Handler

// chain wraps a handler so that the first middleware sees a request first.
func chain(h http.Handler, around ...middleware) http.Handler {
	for i := len(around) - 1; i >= 0; i-- {
		h = around[i](h)
	}
	return h
}

type requestIDKey struct{}

// goodRequestID is what a proxy's request id may look like to be taken over.
var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// identify gives each request an id: the proxy's, or one of its own.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !goodRequestID.MatchString(id) {
			var raw [8]byte
			rand.Read(raw[:])
			id = hex.EncodeToString(raw[:])
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// withRequestID adds the request's id to every line that is logged on its behalf, and by
// which ids a trace knows it.
type withRequestID struct{ slog.Handler }

// Handle adds the id and passes the line on.
func (h withRequestID) Handle(ctx context.Context, line slog.Record) error {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		line.AddAttrs(slog.String("request", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		line.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs keeps adding the id.
func (h withRequestID) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withRequestID{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps adding the id.
func (h withRequestID) WithGroup(name string) slog.Handler {
	return withRequestID{h.Handler.WithGroup(name)}
}

// observed notes what became of an answer.
type observed struct {
	http.ResponseWriter
	status int
	bytes  int64
	guest  *guest // who takes the answer; nil: nobody asks how long that takes
}

// WriteHeader notes the status.
func (o *observed) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	if o.guest != nil {
		defer o.guest.goesOn(o.guest.waits())
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// observe logs and counts each request once it is answered, and turns a panic
// into an answer. Paths are not logged, only routes: a path may hold a token, and
// a query string anything. Neither is the caller's address.
func observe(routes *http.ServeMux, m *metrics, log *slog.Logger) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o, start := &observed{ResponseWriter: w}, time.Now()
			defer func() {
				route := r.Pattern // of which the mux takes note
				if route == "" {
					route = routeOf(routes, r)
				}
				if p := recover(); p != nil {
					if p == http.ErrAbortHandler {
						panic(p)
					}
					log.ErrorContext(r.Context(), "panic", "route", route, "panic", p, "stack", string(debug.Stack()))
					if o.status == 0 {
						refuse(o, r, http.StatusInternalServerError, models.KeyInternal, "INTERNAL")
					}
				}
				took, stream := time.Since(start), strings.HasPrefix(o.Header().Get("Content-Type"), "text/event-stream")
				m.requests.WithLabelValues(route, methodLabel(r.Method), strconv.Itoa(o.status)).Inc()
				if !stream {
					m.requestSeconds.WithLabelValues(route).Observe(took.Seconds())
				}
				log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("route", route), slog.String("method", methodLabel(r.Method)),
					slog.Int("status", o.status), slog.Int64("bytes", o.bytes), slog.Duration("took", took.Round(time.Microsecond)))
			}()
			next.ServeHTTP(o, r)
		})
	}
}

// routeOf is the route that a request takes, or would.
func routeOf(routes *http.ServeMux, r *http.Request) string {
	if _, route := routes.Handler(r); route != "" {
		return route
	}
	return "none"
}

// methodLabel is a method that may stand in a label or a line: a caller can make
// up any other.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// harden sets the headers that keep an answer where it belongs. Pages that need more than
// nothing set a content policy of their own. How a document is to behave is not said of the
// schema's answers, which are data that nothing shows as a document; they are many, and each
// header is copied, sorted and written for each of them. Nine are dearer than eight by the
// price of another four: a map of up to eight is one piece.
func harden(https bool) middleware {
	data := http.Header{ // each value is as long as its array, so that whoever adds another copies it
		"X-Content-Type-Options":  {"nosniff"},
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
	}
	if https {
		data.Set("Strict-Transport-Security", "max-age=31536000")
	}
	document := data.Clone()
	document.Set("X-Frame-Options", "DENY")
	document.Set("Referrer-Policy", "no-referrer")
	document.Set("Cross-Origin-Opener-Policy", "same-origin")
	document.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	data.Set("Vary", "Origin, Authorization, Accept-Language, Accept") // in one line what is added one by one
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == schemaPath {
				maps.Copy(w.Header(), data)
			} else {
				maps.Copy(w.Header(), document)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// inLanguage puts the language of Accept-Language into the context.
func inLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := messages.Negotiate(r.Header.Get("Accept-Language"))
		overhttp.Varies(w.Header(), "Accept-Language")
		w.Header().Set("Content-Language", string(l))
		next.ServeHTTP(w, r.WithContext(messages.With(r.Context(), l)))
	})
}

// refuse answers a request with a sentence of the catalogue.
func refuse(w http.ResponseWriter, r *http.Request, status int, key models.Key, code models.Code, args ...string) {
	l := messages.Negotiate(r.Header.Get("Accept-Language"))
	overhttp.WriteError(w, r, status, messages.Text(l, key, args...), string(code))
}
