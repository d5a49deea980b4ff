package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/services/notify"
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

// deaf takes no message.
type deaf struct{}

func (deaf) Deliver(context.Context, notify.Message) error {
	return &notify.Undelivered{Why: "HTTP_500"}
}

// TestWorkBesideTheRequestsIsTraced: a run, an export and a turn of a task with what it
// delivers are each a trace of its own down to the statements, which their lines in the log
// name; and a job is known by the same id in the trace of the request that asked for it.
func TestWorkBesideTheRequestsIsTraced(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			s, spans := newTestSite(t, d), tracetest.NewInMemoryExporter()
			before := slog.Default()
			slog.SetDefault(s.site.log)
			t.Cleanup(func() { slog.SetDefault(before) })
			s.metrics.traces = newTracing(sdktrace.WithSyncer(spans), 1)
			s.app.Notify.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryWebhook: deaf{}}
			s.start(t)
			hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
			unit := s.unit(t, "LX")
			cycle := s.gives(t, hr, `mutation { openCycle(input: {unitId: "`+unit+`", kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31"}) { cycle { id } } }`, "openCycle", "cycle", "id")
			wantJob := func(name, root, id string) tracetest.SpanStub {
				t.Helper()
				got := tree(spans.GetSpans())
				for _, kind := range []string{"select", "update"} {
					if _, found := got[name+" > sql "+kind]; !found {
						t.Errorf("no %s below %s in %v", kind, name, slices.Sorted(maps.Keys(got)))
					}
				}
				for _, way := range []string{name, "request /graphql > mutation " + root + " > root " + root} {
					if of := fmt.Sprint(got[way].Attributes); !strings.Contains(of, "job.id") || !strings.Contains(of, id) {
						t.Errorf("%s is of %s, not of job %s", way, of, id)
					}
				}
				spans.Reset()
				return got[name]
			}
			run := s.gives(t, hr, `mutation { runAssessment(input: {cycleId: "`+cycle+`"}) { run { id } } }`, "runAssessment", "run", "id")
			if made, err := s.app.Assessments.RunNext(t.Context()); err != nil || !made {
				t.Fatal(made, err)
			}
			wantJob("job assessment_run", "runAssessment", run)

			export := s.gives(t, hr, `mutation { requestExport(input: {cycleId: "`+cycle+`", format: CSV}) { export { id } } }`, "requestExport", "export", "id")
			s.app.Exports.Write = func(context.Context, auth.Actor, *models.Export, func(int), io.Writer) error {
				return errors.New("full")
			}
			if made, err := s.app.Exports.WriteNext(t.Context()); err != nil || !made {
				t.Fatal(made, err)
			}
			failed := wantJob("job export", "requestExport", export)
			wantHas(t, s.log.String(), `msg="export failed" id=`+export+" error=full trace_id="+failed.SpanContext.TraceID().String())
			if failed.Status.Code != codes.Error || failed.Parent.IsValid() {
				t.Errorf("the export is told as %+v", failed)
			}

			s.gives(t, hr, `mutation { saveWebhook(input: {unitId: "`+unit+`", url: "https://hooks.example/planted", kinds: [CASE_DUE_SOON]}) { webhook { id } } }`, "saveWebhook", "webhook", "id")
			err := s.store.InTx(store.Widen(t.Context(), store.Background), func(tx *store.Tx) error {
				c, err := store.Take[models.Case](tx.Order("id").Limit(1), "Case")
				if err != nil {
					return err
				}
				return notify.Enqueue(tx, notify.Notice{Kind: models.NoticeCaseDueSoon, Case: c, UnitID: c.UnitID})
			})
			if err != nil {
				t.Fatal(err)
			}
			spans.Reset()
			s.metrics.turn(s.site.log, "deliver notifications", s.app.Notify.Deliver)(store.Widen(t.Context(), store.Background))
			got := tree(spans.GetSpans())
			const turn = "task deliver notifications"
			delivery := got[turn+" > delivery webhook"]
			if of := fmt.Sprint(delivery.Attributes); delivery.Status.Code != codes.Error || !strings.Contains(of, "HTTP_500") {
				t.Errorf("the delivery is told as %+v", delivery)
			}
			if _, found := got[turn+" > sql update"]; !found {
				t.Errorf("what became of the delivery is not written down under its turn: %v", slices.Sorted(maps.Keys(got)))
			}
			wantHas(t, s.log.String(), `msg="notification did not arrive"`, "failure=HTTP_500 state=WAITING trace_id="+delivery.SpanContext.TraceID().String())
			search(t, "traces", fmt.Sprintf("%+v", spans.GetSpans()), []string{"planted"})
			s.send(t, "GET", "/metrics", "").want(t, 200, `steelyard_delivery_seconds_count{channel="webhook",outcome="failed"} 1`,
				`steelyard_delivery_seconds_count{channel="webhook",outcome="arrived"} 0`)
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
