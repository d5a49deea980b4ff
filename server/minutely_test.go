package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"steelyard/store"
	"steelyard/store/storetest"
)

// goneOver are what a sweep may go over: tables of a few rows for each year, unit, cycle or round, postings (p),
// those that are emptied of what is over, and the audit, of which all is looked at after a
// start and once a day.
var goneOver = []string{
	"CONSTANT", "assessment_runs", "audit_blocks", "audit_entries", "audit_members", "case_contacts", "cycles", "exports", "failed_guesses",
	"key_epochs", "org_units", "p", "review_rounds",
}

// TestWhatIsDoneEachMinuteReadsWhatIsDue and not all that there ever was: on SQLite, which
// plans without counting rows, no sweep goes over a table that grows, or over an index of all
// its rows.
func TestWhatIsDoneEachMinuteReadsWhatIsDue(t *testing.T) {
	watch := &listener{metrics: newMetrics()}
	st := storetest.Open(t, store.SQLite, store.Options{Observer: watch})
	s := newTestSiteOver(t, st, watch.metrics)
	watch.taken()
	c := &serveCmd{Worker: true, SweepEvery: 10 * time.Millisecond, Telling: Telling{NotifyEvery: 10 * time.Millisecond}}
	stop, ended := s.run(t, time.Second, c.tasks(s.site, s.site.log)...)
	for range 1000 {
		if strings.Contains(s.send(t, http.MethodGet, "/metrics", "").body, `task="examine runs"`) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	asked := slices.Compact(watch.taken())
	var partial []string // indexes of some of a table's rows
	if err := st.Read(t.Context()).Raw("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'").Scan(&partial).Error; err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, text := range asked {
		if verb, _, _ := strings.Cut(text, " "); !slices.Contains([]string{"SELECT", "UPDATE", "DELETE", "INSERT"}, verb) {
			continue
		}
		looked++
		var plan []struct{ Detail string }
		if err := st.Read(t.Context()).Raw("EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...).Scan(&plan).Error; err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, step := range plan {
			words := strings.Fields(step.Detail)
			if words[0] == "SCAN" && !slices.Contains(goneOver, words[1]) && !slices.Contains(partial, words[len(words)-1]) {
				t.Errorf("%s\ngoes over all: %s", text, step.Detail)
			}
		}
	}
	if looked < 25 {
		t.Errorf("only %d statements were looked at", looked)
	}
}
