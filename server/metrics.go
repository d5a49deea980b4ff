package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"steelyard/models"
	"steelyard/store"
)

// metrics are what /metrics shows. Labels are words of the program: routes, fields
// of the schema, states. Nothing that a caller chooses becomes one.
type metrics struct {
	registry         *prometheus.Registry
	requests         *prometheus.CounterVec   // by route, method, status
	requestSeconds   *prometheus.HistogramVec // by route
	operations       *prometheus.CounterVec   // by kind, field, outcome
	operationSeconds *prometheus.HistogramVec // by kind, field
}

// buckets reach from a cached answer to the longest that is waited for, in seconds.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newMetrics(st *store.Store) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steelyard_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		requestSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steelyard_http_request_seconds", Help: "How long answers took; streams are left out.", Buckets: buckets,
		}, []string{"route"}),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steelyard_graphql_operations_total", Help: "GraphQL answers, by root field.",
		}, []string{"kind", "field", "outcome"}),
		operationSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steelyard_graphql_operation_seconds", Help: "How long queries and mutations took.", Buckets: buckets,
		}, []string{"kind", "field"}),
	}
	m.registry.MustRegister(
		m.requests, m.requestSeconds, m.operations, m.operationSeconds,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&databaseMetrics{store: st},
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// databaseMetrics are read when they are asked for: the pool's state, and how many
// assessment runs there are in each state.
type databaseMetrics struct{ store *store.Store }

var (
	poolOpen  = prometheus.NewDesc("steelyard_db_connections", "Connections of the database pool.", []string{"state"}, nil)
	poolWaits = prometheus.NewDesc("steelyard_db_waits_total", "How often a request waited for a connection.", nil, nil)
	poolWait  = prometheus.NewDesc("steelyard_db_wait_seconds_total", "How long requests waited for a connection.", nil, nil)
	runs      = prometheus.NewDesc("steelyard_assessment_runs", "Assessment runs.", []string{"state"}, nil)
)

// Describe names the metrics.
func (d *databaseMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{poolOpen, poolWaits, poolWait, runs} {
		out <- desc
	}
}

// Collect reads them. Where the database does not answer, the runs are missing
// and the scrape says why.
func (d *databaseMetrics) Collect(out chan<- prometheus.Metric) {
	pool := d.store.Pool()
	out <- prometheus.MustNewConstMetric(poolOpen, prometheus.GaugeValue, float64(pool.InUse), "in_use")
	out <- prometheus.MustNewConstMetric(poolOpen, prometheus.GaugeValue, float64(pool.Idle), "idle")
	out <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(pool.WaitCount))
	out <- prometheus.MustNewConstMetric(poolWait, prometheus.CounterValue, pool.WaitDuration.Seconds())

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var counts []struct {
		State models.RunState
		N     int64
	}
	err := d.store.Read(ctx).Model(&models.AssessmentRun{}).Select("state, count(*) AS n").Group("state").Scan(&counts).Error
	if err != nil {
		out <- prometheus.NewInvalidMetric(runs, err)
		return
	}
	known := map[models.RunState]int64{}
	for _, c := range counts {
		known[c.State] = c.N
	}
	for _, state := range models.RunStates {
		out <- prometheus.MustNewConstMetric(runs, prometheus.GaugeValue, float64(known[state]), string(state))
	}
}
