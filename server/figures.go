package main

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/services/backlog"
	"steelyard/store"
)

// figures are the metrics that are read when somebody asks: the pool's state, and what
// waits in the database.
type figures struct {
	store   *store.Store
	backlog *backlog.Service
	checked func() *audit.Check // how the audit chain was found last; nil: not looked at yet
	log     *slog.Logger
}

var (
	poolOpen    = prometheus.NewDesc("steelyard_db_connections", "Connections of the database pool.", []string{"state"}, nil)
	poolMost    = prometheus.NewDesc("steelyard_db_connections_max", "Connections that the pool may have.", nil, nil)
	poolWaits   = prometheus.NewDesc("steelyard_db_waits_total", "How often a request waited for a connection.", nil, nil)
	poolWait    = prometheus.NewDesc("steelyard_db_wait_seconds_total", "How long requests waited for a connection.", nil, nil)
	writesAwait = prometheus.NewDesc("steelyard_db_writes_waiting", "Transactions that wait for SQLite's one writer.", nil, nil)

	replicas      = prometheus.NewDesc("steelyard_replicas", "Replicas of the database; those that are too old, or away, are not asked.", []string{"state"}, nil)
	replicaBehind = prometheus.NewDesc("steelyard_replica_behind_seconds", "How old the state of a replica may be at most.", []string{"replica"}, nil)
	replicaReads  = prometheus.NewDesc("steelyard_replica_reads_total", "What a replica was asked: answered, or asked of the primary after it had failed.", []string{"replica", "outcome"}, nil)

	chainHolds  = prometheus.NewDesc("steelyard_audit_chain_holds", "1 where the audit chain was whole when this process last went over it, else 0; missing before it has.", nil, nil)
	figuresRead = prometheus.NewDesc("steelyard_figures_read", "1 where the figures below could be read; else they are missing.", nil, nil)
	runs        = prometheus.NewDesc("steelyard_assessment_runs", "Assessment runs.", []string{"state"}, nil)
	runStages   = prometheus.NewDesc("steelyard_assessment_runs_at_stage", "Assessment runs that are being made.", []string{"stage"}, nil)
	queued      = prometheus.NewDesc("steelyard_queue_length", "What waits to be worked off.", []string{"queue"}, nil)
	queuedFor   = prometheus.NewDesc("steelyard_queue_oldest_seconds", "How long the oldest has waited that could be worked off.", []string{"queue"}, nil)
	answers     = prometheus.NewDesc("steelyard_answers_waiting", "Anonymous answers that wait for their release, whole batches alone.", []string{"of"}, nil)
	unreleased  = prometheus.NewDesc("steelyard_unreleased_days", "Days that are over and of which answers still wait.", []string{"of"}, nil)
	lateReplies = prometheus.NewDesc("steelyard_replies_overdue", "Replies to ratings that are late, of the last 90 days.", nil, nil)
	lateCases   = prometheus.NewDesc("steelyard_cases_overdue", "Open cases whose time is over.", nil, nil)
)

// Describe names the metrics.
func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		poolOpen, poolMost, poolWaits, poolWait, writesAwait, chainHolds,
		replicas, replicaBehind, replicaReads, figuresRead, runs, runStages, queued, queuedFor, answers, unreleased, lateReplies, lateCases,
	} {
		out <- desc
	}
}

// Collect reads them. Where the database does not answer, its own are missing, and one
// says so: what the process knows of itself is wanted then most of all.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	pool := f.store.Pool()
	gauge(poolOpen, float64(pool.InUse), "in_use")
	gauge(poolOpen, float64(pool.Idle), "idle")
	gauge(poolMost, float64(pool.MaxOpenConnections))
	gauge(writesAwait, float64(f.store.Waiting()))
	out <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(pool.WaitCount))
	out <- prometheus.MustNewConstMetric(poolWait, prometheus.CounterValue, pool.WaitDuration.Seconds())

	if check := f.checked(); check != nil {
		holds := 1.0
		if check.Fault != nil {
			holds = 0
		}
		gauge(chainHolds, holds)
	}
	f.tellReplicas(out)
	of, err := f.backlog.Figures(context.Background())
	if err != nil {
		f.log.Warn("figures for the metrics could not be read", "error", err)
		gauge(figuresRead, 0)
		return
	}
	gauge(figuresRead, 1)
	tell(of, gauge)
}

// tellReplicas tells of the replicas by their number, in the order of the flags.
func (f *figures) tellReplicas(out chan<- prometheus.Metric) {
	states := map[string]int{"asked": 0, "not_asked": 0}
	for i, r := range f.store.Replicas() {
		state, name := "not_asked", strconv.Itoa(i+1)
		if r.Asked {
			state = "asked"
		}
		states[state]++
		out <- prometheus.MustNewConstMetric(replicaBehind, prometheus.GaugeValue, r.Behind, name)
		out <- prometheus.MustNewConstMetric(replicaReads, prometheus.CounterValue, float64(r.Reads), name, "answered")
		out <- prometheus.MustNewConstMetric(replicaReads, prometheus.CounterValue, float64(r.Failed), name, "failed")
	}
	for state, n := range states {
		out <- prometheus.MustNewConstMetric(replicas, prometheus.GaugeValue, float64(n), state)
	}
}

// tell turns figures into metrics. What is not there is 0.
func tell(of *backlog.Figures, gauge func(desc *prometheus.Desc, value float64, labels ...string)) {
	for _, state := range models.RunStates {
		gauge(runs, float64(of.Runs[state]), string(state))
	}
	for stage, n := range of.Stages {
		gauge(runStages, float64(n), stage)
	}
	for _, q := range backlog.Queues {
		waiting, age := of.Queues[q], time.Duration(0)
		if waiting.Oldest != nil {
			age = max(of.At.Sub(*waiting.Oldest), 0)
		}
		gauge(queued, float64(waiting.N), string(q))
		gauge(queuedFor, age.Seconds(), string(q))
	}
	for kind, a := range map[string]backlog.Answers{"ratings": of.Ratings, "reviews": of.Reviews} {
		gauge(answers, float64(a.N), kind)
		gauge(unreleased, float64(a.Days), kind)
	}
	gauge(lateReplies, float64(of.RepliesOverdue))
	gauge(lateCases, float64(of.CasesOverdue))
}
