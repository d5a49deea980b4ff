package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"steelyard/store"
)

// Tracing are the flags of traces.
type Tracing struct {
	OTLPEndpoint string  `name:"otlp-endpoint" placeholder:"URL" help:"Where traces go by OTLP over HTTP, e.g. http://127.0.0.1:4318. OTEL_EXPORTER_OTLP_HEADERS may hold what it asks for. Default: nothing is traced."`
	TraceShare   float64 `default:"1" help:"The share of requests, and of the work beside them, that is traced, above 0 and up to 1."`
}

// tracing is the way of requests in spans: the request, its operation, the schema's roots
// that it asks for, and the statements of each; and that of the work beside them: a job, or
// a turn of a task with what it delivers, and their statements. Names and attributes are words
// of the program and ids of its own, and statements without their values: nothing that a
// caller has sent.
type tracing struct {
	tracer   trace.Tracer
	provider *sdktrace.TracerProvider
}

// traces makes the way out that the flags name; nil: none is named.
func (t *Tracing) traces(ctx context.Context, log *slog.Logger) (*tracing, error) {
	switch u, err := url.Parse(t.OTLPEndpoint); {
	case t.OTLPEndpoint == "":
		return nil, nil
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil:
		return nil, errors.New("--otlp-endpoint is no address of a collector: write http://host:4318")
	case !(t.TraceShare > 0 && t.TraceShare <= 1):
		return nil, fmt.Errorf("--trace-share %v is not above 0 and up to 1", t.TraceShare)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(tracesAt(t.OTLPEndpoint)))
	if err != nil {
		return nil, fmt.Errorf("send traces to --otlp-endpoint: %w", err)
	}
	// The library has one place for what goes wrong while spans are sent, for the whole process.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces are lost", "error", err) }))
	return newTracing(sdktrace.WithBatcher(exporter), t.TraceShare), nil
}

// tracesAt is where a collector takes traces.
func tracesAt(endpoint string) string {
	const path = "/v1/traces"
	return strings.TrimSuffix(strings.TrimSuffix(endpoint, "/"), path) + path
}

// newTracing traces a share of requests, and all that a trusted proxy traces.
func newTracing(to sdktrace.TracerProviderOption, share float64) *tracing {
	provider := sdktrace.NewTracerProvider(to,
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(share))),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "steelyard"), attribute.String("service.version", commit))))
	return &tracing{provider.Tracer("steelyard"), provider}
}

// requests begins a span for each request. What the caller says of a trace of its own is
// believed of a trusted proxy alone: a stranger could have every request traced, and
// choose what stands in the log.
func (t *tracing) requests(routes *http.ServeMux, trusted networks) middleware {
	if t == nil {
		return func(next http.Handler) http.Handler { return next }
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && trusted.trusts(peer.Addr().Unmap()) {
				ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
			}
			route := routeOf(routes, r)
			ctx, span := t.tracer.Start(ctx, "request "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
				attribute.String("http.request.method", methodLabel(r.Method)), attribute.String("http.route", route)))
			defer span.End()
			o := &observed{ResponseWriter: w}
			next.ServeHTTP(o, r.WithContext(ctx))
			span.SetAttributes(attribute.Int("http.response.status_code", o.status))
			if o.status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, "")
			}
		})
	}
}

// aroundOperation begins a span for each operation, by the name that it is known by; a
// stream's lasts as long as the stream.
func (t *tracing) aroundOperation(trusted *trusted) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		kind := string(op.Operation.Operation)
		ctx, span := t.tracer.Start(ctx, kind+" "+rootField(op), trace.WithAttributes(
			attribute.String("graphql.operation.type", kind), attribute.String("graphql.operation.name", knownName(ctx, op, trusted))))
		respond, stream := next(ctx), op.Operation.Operation == ast.Subscription
		return func(ctx context.Context) *graphql.Response {
			r := respond(trace.ContextWithSpan(ctx, span))
			if r != nil && len(r.Errors) > 0 {
				span.SetStatus(codes.Error, "")
			}
			if r == nil || !stream {
				span.End()
			}
			return r
		}
	}
}

// aroundRootField begins a span for each of the schema's roots that an operation asks for.
func (t *tracing) aroundRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	ctx, span := t.tracer.Start(ctx, "root "+graphql.GetRootFieldContext(ctx).Field.Name)
	defer span.End()
	return next(ctx)
}

// work begins a trace for work that no request waits for; end hears what became of it.
func (t *tracing) work(ctx context.Context, name string, of ...attribute.KeyValue) (under context.Context, end func(outcome string, failed bool)) {
	if t == nil {
		return ctx, func(string, bool) {}
	}
	under, span := t.tracer.Start(ctx, name, trace.WithAttributes(of...))
	return under, func(outcome string, failed bool) {
		span.SetAttributes(attribute.String("outcome", outcome))
		if failed {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// statement begins a span for a statement of what is traced; end is nil where nothing is.
func (t *tracing) statement(ctx context.Context, kind store.StatementKind, text string) (under context.Context, end func(outcome store.StatementOutcome)) {
	if t == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, nil
	}
	under, span := t.tracer.Start(ctx, "sql "+string(kind), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.query.text", store.Normalised(text))))
	return under, func(outcome store.StatementOutcome) {
		span.SetAttributes(attribute.String("db.outcome", string(outcome)))
		if outcome == store.StatementFailed {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// close sends what has not been sent.
func (t *tracing) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
