package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// The parent that a proxy names, in the form of W3C's trace context.
const (
	parentTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentSpan  = "00f067aa0ba902b7"
)

// tree is spans by the way down to them: request > operation > root > statement.
func tree(spans tracetest.SpanStubs) map[string]tracetest.SpanStub {
	by := map[string]tracetest.SpanStub{}
	for _, s := range spans {
		by[s.SpanContext.SpanID().String()] = s
	}
	out := map[string]tracetest.SpanStub{}
	for _, s := range spans {
		way := s.Name
		for up, is := by[s.Parent.SpanID().String()]; is; up, is = by[up.Parent.SpanID().String()] {
			way = up.Name + " > " + way
		}
		out[way] = s
	}
	return out
}

// TestARequestIsTracedToItsStatements, on both databases, and its lines in the log bear the
// trace's ids.
func TestARequestIsTracedToItsStatements(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			s, spans := newTestSite(t, d), tracetest.NewInMemoryExporter()
			s.metrics.traces = newTracing(sdktrace.WithSyncer(spans), 1)
			hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
			s.start(t)
			s.query(t, "query planted_name { planted_alias: officials(first: 2) { nodes { name } } me { subject } }", "Authorization", "Bearer "+hr).want(t, 200)
			got := tree(spans.GetSpans())
			const way = "request /graphql > query several > root officials > sql select"
			statement, found := got[way]
			if !found {
				t.Fatalf("no %s in %v", way, got)
			}
			if text := fmt.Sprint(statement.Attributes); !strings.Contains(text, "officials") || !strings.Contains(text, "?") || strings.Contains(text, "$1") {
				t.Errorf("the statement is told as %s", text)
			}
			if _, found := got["request /graphql > query several > root me"]; !found {
				t.Errorf("the second root is missing: %v", got)
			}
			request := got["request /graphql"]
			wantHas(t, s.log.String(), "trace_id="+request.SpanContext.TraceID().String()+" span_id="+request.SpanContext.SpanID().String(), "route=/graphql")
			search(t, "traces", fmt.Sprintf("%+v", spans.GetSpans()), []string{"planted", "127.0.0.1", "hr\"", hr})
		})
	}
}

// TestATraceIsGoneOnWithForAProxyAlone: a stranger cannot choose what is traced, nor by
// which ids.
func TestATraceIsGoneOnWithForAProxyAlone(t *testing.T) {
	s, spans := newTestSite(t, store.SQLite), tracetest.NewInMemoryExporter()
	s.metrics.traces = newTracing(sdktrace.WithSyncer(spans), 1e-12) // of its own accord it traces next to nothing
	ask := func() tracetest.SpanStubs {
		t.Helper()
		spans.Reset()
		s.send(t, "GET", "/healthz", "", "traceparent", "00-"+parentTrace+"-"+parentSpan+"-01").want(t, 200)
		return spans.GetSpans()
	}
	s.start(t)
	if of := ask(); len(of) > 0 || strings.Contains(s.log.String(), parentTrace) {
		t.Errorf("a stranger chose the trace: %v\n%s", of, s.log)
	}
	s.start(t, func() { s.proxies = networks{netip.MustParsePrefix("127.0.0.1/32")}; s.metrics = again(s.metrics) })
	of := ask()
	if len(of) != 1 || of[0].Parent.SpanID().String() != parentSpan || of[0].SpanContext.TraceID().String() != parentTrace {
		t.Errorf("the proxy's trace is not gone on with: %v", of)
	}
	wantHas(t, s.log.String(), "trace_id="+parentTrace)
}

// again are new metrics with the same traces, for a second server.
func again(m *metrics) *metrics {
	n := newMetrics()
	n.traces = m.traces
	return n
}

// TestTracesReachTheirCollector by OTLP over HTTP, the last ones when the server ends; a
// place that is none is refused.
func TestTracesReachTheirCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=planted")
	var names []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var in collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(raw, &in)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Authorization") != "planted" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		for _, from := range in.ResourceSpans {
			if !strings.Contains(from.Resource.String(), "steelyard") {
				t.Errorf("from %s", from.Resource)
			}
			for _, scope := range from.ScopeSpans {
				for _, span := range scope.Spans {
					names = append(names, span.Name)
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(receiver.Close)
	traces, err := (&Tracing{OTLPEndpoint: receiver.URL, TraceShare: 1}).traces(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		_, span := traces.tracer.Start(t.Context(), name)
		span.End()
	}
	if err := traces.close(t.Context()); err != nil || strings.Join(names, " ") != "one two" {
		t.Errorf("%v arrived, %v", names, err)
	}
	for _, wrong := range []Tracing{{"collector:4318", 1}, {"ftp://x", 1}, {"http://user:word@x", 1}, {"http://x", 0}, {"http://x", 1.1}} {
		if _, err := wrong.traces(t.Context(), slog.Default()); err == nil || strings.Contains(err.Error(), "word") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

// TestTracesThatAreOffAreNotThere: without an address nothing stands in the way of a
// request, and a statement runs under its caller's own context.
func TestTracesThatAreOffAreNotThere(t *testing.T) {
	off, err := (&Tracing{TraceShare: 1}).traces(t.Context(), slog.Default())
	if off != nil || err != nil {
		t.Fatal(off, err)
	}
	under, end := off.statement(t.Context(), store.StatementSelect, "SELECT 1")
	if under != t.Context() || end != nil {
		t.Error("a statement is traced")
	}
	handler := http.NewServeMux()
	if off.requests(nil, nil)(handler) != http.Handler(handler) {
		t.Error("a request is traced")
	}
	if n := testing.AllocsPerRun(100, func() { off.statement(t.Context(), store.StatementSelect, "SELECT 1") }); n > 0 {
		t.Errorf("%v allocations for nothing", n)
	}
}

// BenchmarkTraces is a request without traces, with one in a hundred traced, and with all.
func BenchmarkTraces(b *testing.B) {
	statement := "SELECT id, name FROM officials WHERE unit_id IN ($1,$2,$3) ORDER BY name LIMIT 21"
	for _, c := range []struct {
		name  string
		share float64
	}{{"off", 0}, {"hundredth", .01}, {"all", 1}} {
		b.Run(c.name, func(b *testing.B) {
			m := newMetrics()
			if c.share > 0 {
				m.traces = newTracing(sdktrace.WithBatcher(tracetest.NewNoopExporter()), c.share)
			}
			routes := http.NewServeMux()
			routes.HandleFunc("POST /graphql", func(_ http.ResponseWriter, r *http.Request) {
				for range 5 {
					_, done := m.Begin(r.Context(), statement)
					done(nil)
				}
			})
			handler := chain(routes, identify, m.traces.requests(routes, nil), observe(routes, m, slog.New(slog.DiscardHandler)))
			request := httptest.NewRequestWithContext(context.Background(), "POST", "/graphql", nil)
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}
