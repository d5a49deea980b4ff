package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestKnownOperationsAreCountedByName: those of our pages and of trusted documents; a name
// that a caller made up is no label.
func TestKnownOperationsAreCountedByName(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	const known = "query FrontendAsks { me { subject } }"
	s.trusted = &trusted{documents: map[string]string{documentID(known): known}, strangers: true}
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	s.start(t)
	s.query(t, known).want(t, 200)
	s.query(t, "query planted_name { me { subject } }", "Authorization", "Bearer "+hr).want(t, 200)
	s.send(t, "GET", "/receipt", "").want(t, 200)
	s.form(t, "/receipt", map[string][]string{"receipt": {"planted-receipt"}})
	a := s.send(t, "GET", "/metrics", "")
	a.want(t, 200, `{field="me",kind="query",operation="FrontendAsks",outcome="ok"} 1`, `{field="me",kind="query",operation="other",outcome="ok"} 1`,
		`{field="several",kind="query",operation="Find",outcome="`, `steelyard_graphql_operation_seconds_count{field="me",kind="query",operation="FrontendAsks"} 1`)
	search(t, "/metrics", a.body, []string{"planted"})
}

// TestWhatWeDidWrongIsCountedApart from what callers did: the answer is 200 over HTTP for both.
func TestWhatWeDidWrongIsCountedApart(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.app.Cases = nil // whoever asks it panics
	s.start(t)
	s.query(t, `{ caseByReceipt(receipt: "`+auth.NewReceipt().Code()+`") { ref } }`).want(t, 200, `"INTERNAL"`)
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	s.query(t, `{ officials(first: 5000) { nodes { name } } }`, "Authorization", "Bearer "+hr).want(t, 200, `"errors"`)
	s.send(t, "GET", "/metrics", "").want(t, 200, `{field="caseByReceipt",kind="query",operation="other",outcome="error"} 1`,
		`{field="officials",kind="query",operation="other",outcome="refused"} 1`)
}

// TestABrokenAuditChainIsShown to whoever watches, as soon as it is found, and not before it
// was looked for.
func TestABrokenAuditChainIsShown(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	shown := func() string {
		found := regexp.MustCompile(`(?m)^steelyard_audit_chain_holds (\d)$`).FindStringSubmatch(s.send(t, "GET", "/metrics", "").body)
		if found == nil {
			return ""
		}
		return found[1]
	}
	watch := func() {
		s.metrics.turn(s.site.log, "go over the audit chain", s.app.Audit.Watch)(store.Widen(t.Context(), store.Background))
	}
	if got := shown(); got != "" {
		t.Errorf("before it was looked for it is %s", got)
	}
	if _, err := s.app.Audit.Chain(store.Widen(t.Context(), store.Background)); err != nil {
		t.Fatal(err)
	}
	watch()
	if got := shown(); got != "1" {
		t.Errorf("whole it is %q", got)
	}
	err := storetest.Owner(t, s.store).InTx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.Exec("DROP TRIGGER audit_entries_keep_update").Error, tx.Exec("UPDATE audit_entries SET actor = 'another'").Error)
	})
	if err != nil {
		t.Fatal(err)
	}
	watch()
	if got := shown(); got != "0" {
		t.Errorf("broken it is %q", got)
	}
}

// TestStatementsJobsAndQueuesAreCounted; and where the database's own
// figures cannot be had, one says so, and what the process knows of itself is still there.
func TestStatementsJobsAndQueuesAreCounted(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	readers := fmt.Sprintf("steelyard_db_connections_max %d", min(20, 4*runtime.GOMAXPROCS(0)))
	_, run := s.queuedRun(t)
	a := s.send(t, "GET", "/metrics", "")
	a.want(t, 200, "steelyard_figures_read 1", `steelyard_queue_length{queue="runs"} 1`, `steelyard_assessment_runs{state="QUEUED"} 1`,
		`steelyard_queue_oldest_seconds{queue="runs"}`, "steelyard_cases_overdue ", "steelyard_replies_overdue 0", `steelyard_unreleased_days{of="ratings"} 0`,
		`steelyard_answers_waiting{of="reviews"} 0`, readers, `steelyard_job_seconds_count{job="export",outcome="failed"} 0`)
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range regexp.MustCompile(`(?m)^# TYPE (steelyard_\w+) `).FindAllStringSubmatch(a.body, -1) {
		if !strings.Contains(string(page), "`"+family[1]+"`") {
			t.Errorf("docs/operations.md does not say what %s is", family[1])
		}
	}
	for _, kind := range []string{"select", "insert", "transaction"} {
		if strings.Contains(a.body, `steelyard_sql_statement_seconds_count{kind="`+kind+`",outcome="ok"} 0`) {
			t.Errorf("no %s was counted", kind)
		}
	}
	if made, err := s.app.Assessments.RunNext(t.Context()); err != nil || !made {
		t.Fatalf("run %s: %t, %v", run, made, err)
	}
	s.send(t, "GET", "/metrics", "").want(t, 200, `steelyard_job_seconds_count{job="assessment_run",outcome="done"} 1`)
	owner := storetest.Owner(t, s.store)
	rename := func(from, to string) {
		t.Helper()
		if err := owner.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec("ALTER TABLE " + from + " RENAME TO " + to).Error }); err != nil {
			t.Fatal(err)
		}
	}
	s.start(t, func() { s.metrics = newMetrics() })
	rename("exports", "gone")
	s.send(t, "GET", "/metrics", "").want(t, 200, "steelyard_figures_read 0", readers, "go_goroutines")
	rename("gone", "exports")
	if body := s.send(t, "GET", "/metrics", "").body; strings.Contains(body, "steelyard_queue_length") {
		t.Error("the database was asked again at once")
	}
}
