package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/services/cycles"
	"steelyard/store"
)

// run serves the site at a port of its own until stop; ended is what serving
// returned.
func (s *testSite) run(t *testing.T, drain time.Duration, tasks ...background) (stop func(), ended <-chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.serve(ctx, listener, 0, drain, tasks...) }()
	s.url = "http://" + listener.Addr().String()
	t.Cleanup(cancel)
	return cancel, done
}

// queuedRun is a run that no worker takes up, and a token of who may follow it.
func (s *testSite) queuedRun(t *testing.T) (hr string, run models.ID) {
	t.Helper()
	hr = s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	viewer, err := s.app.Accounts.Actor(t.Context(), auth.Viewer{Subject: "hr", Role: models.RoleHR})
	if err != nil {
		t.Fatal(err)
	}
	cycle, err := s.app.Cycles.Open(t.Context(), viewer, cycles.NewCycle{
		UnitID: *viewer.UnitID, Kind: models.CycleAnnual, Name: "2025",
		FromOn: models.NewDate(2025, 1, 1), ToOn: models.NewDate(2025, 12, 31),
	})
	if err != nil {
		t.Fatal(err)
	}
	queued, err := s.app.Assessments.Request(t.Context(), viewer, cycle.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return hr, queued.ID
}

// follow opens a stream of a run and reads its first event.
func (s *testSite) follow(t *testing.T, token string, run models.ID) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/graphql",
		strings.NewReader(fmt.Sprintf(`{"query":"subscription { assessmentRunProgress(id: \"%s\") { state } }"}`, run)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	})
	events := bufio.NewScanner(resp.Body)
	if !events.Scan() || events.Text() != "event: next" || !events.Scan() || !strings.Contains(events.Text(), "QUEUED") {
		t.Fatalf("the stream begins %q", events.Text())
	}
	return events
}

// TestARevokedTokenEndsItsStream: what was open when an account lost its rights does not
// stay open.
func TestARevokedTokenEndsItsStream(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	hr, run := s.queuedRun(t)
	events := s.follow(t, hr, run)
	s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX-FW"})
	rest := ""
	for events.Scan() {
		rest += events.Text() + "\n"
	}
	if !strings.Contains(rest, `"code":"UNAUTHENTICATED"`) || !strings.HasSuffix(rest, "event: complete\ndata: \n\n") || strings.Contains(rest, "QUEUED") {
		t.Errorf("who has lost the scope still reads %q", rest)
	}
}

func TestServerEndsInOrder(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	hr, run := s.queuedRun(t)
	workEnded := make(chan struct{})
	stop, ended := s.run(t, time.Minute, func(ctx context.Context) error {
		<-ctx.Done()
		if !s.draining.Load() {
			t.Error("the background work ended before the requests")
		}
		close(workEnded)
		return nil
	})
	// A stream that nothing ends but the server: no worker takes the run up.
	events := s.follow(t, hr, run)
	stop()
	for events.Scan() {
		if strings.Contains(events.Text(), "complete") {
			t.Error("the stream says that it is complete")
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-workEnded
	if _, err := http.Get(s.url + "/healthz"); err == nil {
		t.Error("it still listens")
	}
}

func TestRequestUnderWayIsAnswered(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	stop, ended := s.run(t, time.Minute)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"query":"{ __typename }"}`
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body)); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err) // the handler is reading the body now
	}
	stop()
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(reader)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	wantHas(t, string(rest), "200 OK", `{"data":{"__typename":"Query"}}`)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRequestThatDoesNotEndIsCutOff(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	stop, ended := s.run(t, time.Millisecond)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

func TestFailingBackgroundWorkEndsTheServer(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	broken := errors.New("broken")
	_, ended := s.run(t, time.Minute, func(context.Context) error { return broken })
	if err := <-ended; !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestWorkHasItsTimeInTheInterval: the second turn is not an interval after the first.
func TestWorkHasItsTimeInTheInterval(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	turns := 0
	err := every(time.Hour, time.Millisecond, func(context.Context) {
		if turns++; turns == 2 {
			cancel()
		}
	})(ctx)
	if err != nil || turns != 2 {
		t.Errorf("%d turns, %v", turns, err)
	}
}

func TestWorkIsDoneAgainAfterAFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var log syncBuffer
	turns := 0
	err := every(time.Millisecond, 0, newMetrics().turn(slog.New(slog.NewTextHandler(&log, nil)), "sweep", func(context.Context) (int, error) {
		switch turns++; turns {
		case 1:
			return 0, errors.New("no luck")
		case 2:
			return 7, nil
		default:
			cancel()
			return 0, nil
		}
	}))(ctx)
	if err != nil || turns != 3 {
		t.Errorf("%d turns, %v", turns, err)
	}
	wantHas(t, log.String(), "no luck", "done=7")
}

// TestWorkThatNeverGoesWellIsSeenToStand: it counts from when it began, or nobody would ever
// be told.
func TestWorkThatNeverGoesWellIsSeenToStand(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	since := func() string {
		return regexp.MustCompile(`last_success_timestamp_seconds{task="sweep"} \S+`).FindString(s.send(t, "GET", "/metrics", "").body)
	}
	turn := s.metrics.turn(s.site.log, "sweep", func(context.Context) (int, error) { return 0, errors.New("no luck") })
	began := since()
	turn(t.Context())
	if still := since(); began == "" || still != began {
		t.Errorf("it stands since %q, and after a failure since %q", began, still)
	}
}

// TestOnlyAWorkerLooksRunsOver: what takes memory by what a run rests on is not done by a
// process that only answers.
func TestOnlyAWorkerLooksRunsOver(t *testing.T) {
	for _, worker := range []bool{false, true} {
		s := newTestSite(t, store.SQLite)
		c := &serveCmd{Worker: worker, SweepEvery: 10 * time.Millisecond, Telling: Telling{NotifyEvery: time.Hour}}
		stop, ended := s.run(t, time.Second, c.tasks(s.site, s.site.log)...)
		wanted := `task="destroy rater keys"` // the last of those that every process has
		if worker {
			wanted = `task="examine runs"`
		}
		var told string
		for range 1000 {
			if told = s.send(t, http.MethodGet, "/metrics", "").body; strings.Contains(told, wanted) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("worker: %v: %v", worker, err)
		}
		if !strings.Contains(told, wanted) || strings.Contains(told, `task="examine runs"`) != worker {
			t.Errorf("worker: %v: what was done is not right, or %s has not come in ten seconds", worker, wanted)
		}
	}
}
