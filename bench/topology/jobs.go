package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// settle is for how long, after all has failed that is to fail, what was left behind may wait
// for another server: longer than any lease.
const settle = 4 * time.Minute

// jobs is what the servers do beside the requests: runs and files for an officer, and what a
// machine is told of each case.
type jobs struct {
	town  *town
	cycle string

	mu            sync.Mutex
	runs, exports map[string]string // by the key they were asked with, their ids
	told          map[string]int    // by webhook-id, how often it came
	cases         map[string]bool   // of which the machine was told
}

// newJobs listens as the unit's machine at an address, and has it told of cases.
func newJobs(t *town, listen string) (*jobs, error) {
	j := &jobs{town: t, runs: map[string]string{}, exports: map[string]string{}, told: map[string]int{}, cases: map[string]bool{}}
	at, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := http.Serve(at, http.HandlerFunc(j.hear)); err != nil {
			panic(err) // the machine must not fail unseen
		}
	}()
	return j, j.prepare("http://" + at.Addr().String())
}

// prepare begins a cycle, and saves where the machine is told.
func (j *jobs) prepare(machine string) error {
	var place struct {
		OrgUnits struct{ Nodes []struct{ ID, Ref string } }
	}
	j.officer(`{ orgUnits(first: 100) { nodes { id ref } } }`, nil, &place)
	for _, u := range place.OrgUnits.Nodes {
		if u.Ref != "LX" {
			continue
		}
		var begun struct {
			OpenCycle   struct{ Cycle *struct{ ID string } }
			SaveWebhook struct{ Webhook *struct{ ID string } }
		}
		j.officer(`mutation($unit: ID!, $url: String!) {
			openCycle(input: {unitId: $unit, kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31", idempotencyKey: "the cycle"}) { cycle { id } userErrors { code } }
			saveWebhook(input: {unitId: $unit, url: $url, kinds: [CASE_ARRIVED], idempotencyKey: "the machine"}) { webhook { id } userErrors { code } } }`,
			map[string]any{"unit": u.ID, "url": machine}, &begun)
		if begun.OpenCycle.Cycle == nil || begun.SaveWebhook.Webhook == nil {
			return errors.New("the cycle is not begun, or the webhook not saved")
		}
		j.cycle = begun.OpenCycle.Cycle.ID
		return nil
	}
	return errors.New("no unit LX")
}

// officer sends an operation as the HR officer; false where it came to nothing.
func (j *jobs) officer(query string, variables map[string]any, into any) bool {
	return j.town.insist("jobs", j.town.hr, query, variables, into)
}

// hear takes a message.
func (j *jobs) hear(w http.ResponseWriter, r *http.Request) {
	var message struct{ Data struct{ CaseID string } }
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.told[r.Header.Get("webhook-id")]++
	j.cases[message.Data.CaseID] = true
}

// ask has a run made and a file written, again and again until all is over.
func (j *jobs) ask() {
	for n := 0; !j.town.over.Load(); n++ {
		key := fmt.Sprintf("job %d", n)
		if run := j.run(key); run != "" {
			j.mu.Lock()
			j.runs[key] = run
			j.mu.Unlock()
		}
		if export := j.export(key); export != "" {
			j.mu.Lock()
			j.exports[key] = export
			j.mu.Unlock()
		}
		wait(time.Second)
	}
}

func (j *jobs) run(key string) string {
	var got struct {
		RunAssessment struct{ Run *struct{ ID string } }
	}
	if !j.officer(`mutation($cycle: ID!, $key: String) { runAssessment(input: {cycleId: $cycle, idempotencyKey: $key}) { run { id } userErrors { code } } }`,
		map[string]any{"cycle": j.cycle, "key": key}, &got) || got.RunAssessment.Run == nil {
		return "" // there is one that waits already
	}
	return got.RunAssessment.Run.ID
}

func (j *jobs) export(key string) string {
	var got struct {
		RequestExport struct{ Export *struct{ ID string } }
	}
	if !j.officer(`mutation($cycle: ID!, $key: String) { requestExport(input: {cycleId: $cycle, idempotencyKey: $key}) { export { id } userErrors { code } } }`,
		map[string]any{"cycle": j.cycle, "key": key}, &got) || got.RequestExport.Export == nil {
		return "" // no run has been made yet
	}
	return got.RequestExport.Export.ID
}

// compare waits until everything that was asked for is done, and wants it done once: who asks
// again with the same key gets the same, and no message has another's place.
func (j *jobs) compare() error {
	open := 0
	for end := time.Now().Add(settle); ; {
		if open = j.open(); open == 0 || time.Now().After(end) {
			break
		}
		wait(time.Second)
	}
	other := 0
	for key, id := range j.runs {
		if again := j.run(key); again != id {
			other++
		}
	}
	for key, id := range j.exports {
		if again := j.export(key); again != id {
			other++
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	twice := 0
	for _, n := range j.told {
		twice += n - 1
	}
	fmt.Printf("\njobs: %d runs and %d files asked for; %d cases told of by %d messages, %d of which came again under their own id; not done: %d, others when asked again: %d\n",
		len(j.runs), len(j.exports), len(j.cases), len(j.told), twice, open, other)
	if open > 0 || other > 0 || len(j.told) != len(j.cases) || len(j.runs) == 0 || len(j.exports) == 0 {
		return errors.New("not every job was done once")
	}
	return nil
}

// open is how much of what was acknowledged is not done.
func (j *jobs) open() int {
	open := 0
	for _, id := range j.runs {
		var got struct{ AssessmentRun *struct{ State string } }
		if !j.officer(`query($id: ID!) { assessmentRun(id: $id) { state } }`, map[string]any{"id": id}, &got) || got.AssessmentRun == nil || got.AssessmentRun.State != "DONE" {
			open++
		}
	}
	for _, id := range j.exports {
		var got struct{ Export *struct{ State string } }
		if !j.officer(`query($id: ID!) { export(id: $id) { state } }`, map[string]any{"id": id}, &got) || got.Export == nil || got.Export.State != "DONE" {
			open++
		}
	}
	for _, id := range j.town.cases() {
		j.mu.Lock()
		if !j.cases[id] {
			open++
		}
		j.mu.Unlock()
	}
	return open
}
