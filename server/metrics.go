package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"

	"steelyard/models"
	"steelyard/services/notify"
	"steelyard/store"
	"steelyard/store/lease"
)

// metrics are what /metrics shows. Labels are words of the program: routes, fields
// of the schema, states. Nothing that a caller chooses becomes one.
type metrics struct {
	registry         *prometheus.Registry
	requests         *prometheus.CounterVec   // by route, method, status
	requestSeconds   *prometheus.HistogramVec // by route
	operations       *prometheus.CounterVec   // by kind, field, name, outcome
	operationSeconds *prometheus.HistogramVec // by kind, field, name
	statementSeconds *prometheus.HistogramVec // by kind, outcome
	jobSeconds       *prometheus.HistogramVec // by job, outcome
	sentAway         *prometheus.CounterVec   // by class
	deliverySeconds  *prometheus.HistogramVec // by channel, outcome
	taskSeconds      *prometheus.HistogramVec // by task, outcome
	taskWent         *prometheus.GaugeVec     // by task

	traces *tracing // nil: nothing is traced
}

// The buckets, in seconds: of answers, from a cached one to the longest that is waited
// for; of statements, which are many and short; and of work that nobody waits for.
var (
	buckets          = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	statementBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5, 30}
	jobBuckets       = []float64{.1, .5, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600}
)

// newMetrics makes those of this process; [metrics.look] adds those that are read elsewhere.
func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, in []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: in}, labels)
	}
	m := &metrics{
		registry:         prometheus.NewRegistry(),
		requests:         counter("steelyard_http_requests_total", "Requests answered.", "route", "method", "status"),
		requestSeconds:   histogram("steelyard_http_request_seconds", "How long answers took; streams are left out.", buckets, "route"),
		operations:       counter("steelyard_graphql_operations_total", "GraphQL answers, by root field and by the name of a document that is known.", "kind", "field", "operation", "outcome"),
		operationSeconds: histogram("steelyard_graphql_operation_seconds", "How long queries and mutations took.", buckets, "kind", "field", "operation"),
		statementSeconds: histogram("steelyard_sql_statement_seconds", "How long statements took, until their last row was read.", statementBuckets, "kind", "outcome"),
		jobSeconds:       histogram("steelyard_job_seconds", "How long assessment runs and exports took in this process.", jobBuckets, "job", "outcome"),
		deliverySeconds:  histogram("steelyard_delivery_seconds", "How long webhooks and mails took to arrive, or not to.", buckets, "channel", "outcome"),
		taskSeconds:      histogram("steelyard_background_seconds", "How long turns of the work beside the requests took.", buckets, "task", "outcome"),
		sentAway:         counter("steelyard_sent_away_total", "Who was told to come back since too many were being served.", "class"),
		taskWent: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "steelyard_background_last_success_timestamp_seconds", Help: "When the work beside the requests last went well; before it has, when it began.",
		}, []string{"task"}),
	}
	// What has not happened yet is 0, so that the first time is seen as a rise.
	for _, kind := range store.StatementKinds {
		for _, outcome := range store.StatementOutcomes {
			m.statementSeconds.WithLabelValues(string(kind), string(outcome))
		}
	}
	for _, job := range jobs {
		for _, outcome := range lease.Outcomes {
			m.jobSeconds.WithLabelValues(job, string(outcome))
		}
	}
	for _, channel := range models.DeliveryChannels {
		for _, outcome := range []string{arrived, notArrived} {
			m.deliverySeconds.WithLabelValues(channelLabel(channel), outcome)
		}
	}
	for c := range unasked + 1 {
		m.sentAway.WithLabelValues(c.String())
	}
	m.registry.MustRegister(
		m.sentAway, m.requests, m.requestSeconds, m.operations, m.operationSeconds, m.statementSeconds, m.jobSeconds, m.deliverySeconds, m.taskSeconds, m.taskWent,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// awayFor counts somebody whom the gate has sent away.
func (m *metrics) awayFor(c class) { m.sentAway.WithLabelValues(c.String()).Inc() }

// look adds what is read when somebody asks, in place of what an earlier handler read.
func (m *metrics) look(f *figures) error {
	m.registry.Unregister(f)
	if err := m.registry.Register(f); err != nil {
		return fmt.Errorf("register the database's metrics: %w", err)
	}
	return nil
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Begin makes the metrics an observer of the store's statements, which stand in traces, too.
func (m *metrics) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	kind, start := store.KindOf(text), time.Now()
	ctx, end := m.traces.statement(ctx, kind, text)
	return ctx, func(err error) {
		outcome := store.OutcomeOf(err)
		m.statementSeconds.WithLabelValues(string(kind), string(outcome)).Observe(time.Since(start).Seconds())
		if end != nil {
			end(outcome)
		}
	}
}

// The jobs that workers take up.
const (
	jobRun    = "assessment_run"
	jobExport = "export"
)

var jobs = []string{jobRun, jobExport}

// jobBegun hears of the jobs of a kind, each of which is a trace of its own.
func (m *metrics) jobBegun(job string) lease.Begun {
	return func(ctx context.Context, id models.ID) (context.Context, func(lease.Outcome)) {
		start := time.Now()
		ctx, end := m.traces.work(ctx, "job "+job, lease.Traced(id))
		return ctx, func(outcome lease.Outcome) {
			m.jobSeconds.WithLabelValues(job, string(outcome)).Observe(time.Since(start).Seconds())
			end(string(outcome), outcome == lease.Failed)
		}
	}
}

// What became of a delivery.
const (
	arrived    = "arrived"
	notArrived = "failed"
)

// channelLabel is the way of a delivery as metrics and traces name it.
func channelLabel(c models.DeliveryChannel) string { return strings.ToLower(string(c)) }

// deliveryBegun hears of a webhook or a mail that is being sent. Its receiver is told nothing
// of the trace: that is nobody's business outside.
func (m *metrics) deliveryBegun(ctx context.Context, d models.NotificationDelivery) (context.Context, func(error)) {
	start, channel := time.Now(), channelLabel(d.Channel)
	ctx, end := m.traces.work(ctx, "delivery "+channel, attribute.String("delivery.id", d.ID.String()), attribute.Int("delivery.attempt", d.Attempts))
	return ctx, func(err error) {
		outcome, why := arrived, arrived
		if err != nil {
			outcome = notArrived
			why, _ = notify.Reason(err)
		}
		m.deliverySeconds.WithLabelValues(channel, outcome).Observe(time.Since(start).Seconds())
		end(why, err != nil)
	}
}

// turn takes a turn of a task: it counts and traces it, notes when it went well, and logs
// what was done and what failed. What never goes well is seen to stand since it began.
func (m *metrics) turn(log *slog.Logger, task string, work func(ctx context.Context) (int, error)) func(ctx context.Context) {
	m.taskSeconds.WithLabelValues(task, "error")
	m.taskWent.WithLabelValues(task).SetToCurrentTime()
	return func(ctx context.Context) {
		start := time.Now()
		under, end := m.traces.work(ctx, "task "+task)
		n, err := work(under)
		outcome := "ok"
		if err != nil {
			outcome = "error"
		}
		m.taskSeconds.WithLabelValues(task, outcome).Observe(time.Since(start).Seconds())
		switch {
		case err == nil:
			m.taskWent.WithLabelValues(task).SetToCurrentTime()
			if n > 0 {
				log.InfoContext(under, task, "done", n)
			}
		case ctx.Err() == nil: // not told to stop
			log.ErrorContext(under, task, "error", err)
		}
		end(outcome, err != nil)
	}
}
