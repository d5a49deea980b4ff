package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"steelyard/store"
)

// TestStreamsLeaveTheHouseOnceTheyAreSome: who follows something keeps nobody out.
func TestStreamsLeaveTheHouseOnceTheyAreSome(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.atOnce = 1
	s.start(t)
	hr, run := s.queuedRun(t)
	for range 2 * housePerPlace {
		s.follow(t, hr, run)
	}
	s.query(t, "{ __typename }").want(t, 200, "Query")
}

// TestToAskForEventsPassesNobody: until it is known that they come, who asks takes the room
// that anybody takes.
func TestToAskForEventsPassesNobody(t *testing.T) {
	g := newGate(1, time.Millisecond, func(class) {})
	ask := func(path string) int {
		r, w := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil), httptest.NewRecorder()
		r.Header.Set("Accept", "text/event-stream")
		g.crowd(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })).ServeHTTP(w, r)
		return w.Code
	}
	if code := ask("/graphql"); code != http.StatusNoContent || len(g.house.guests) != 0 {
		t.Errorf("answered %d, and %d are in the house", code, len(g.house.guests))
	}
	for g.house.come(housePerPlace, &guest{}) {
	}
	for _, path := range []string{"/graphql", "/attachments", "/case/new"} {
		if code := ask(path); code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// endedLine is a client's connection that notes whether it was cut off.
type endedLine struct {
	http.ResponseWriter
	cut int
}

func (l *endedLine) SetReadDeadline(time.Time) error  { l.cut++; return nil }
func (l *endedLine) SetWriteDeadline(time.Time) error { l.cut++; return nil }

// TestSlowClientsKeepNobodyOut: where the house is full, those who send a request or take an
// answer byte by byte are cut off, and nobody else is.
func TestSlowClientsKeepNobodyOut(t *testing.T) {
	for name, c := range map[string]struct {
		since time.Duration // for how long the client has been waited for; 0: it is not
		cut   bool
	}{"being worked on": {}, "as quick as others": {slowAfter / 2, false}, "slow": {2 * slowAfter, true}} {
		h, l := &house{}, &endedLine{}
		g := &guest{w: l}
		if c.since > 0 {
			g.since.Store(time.Now().Add(-c.since).UnixNano())
		}
		if !h.come(1, g) || l.cut != 0 {
			t.Errorf("%s: there is room, and it is cut off", name)
		}
		if h.come(1, &guest{}) || (l.cut == 2) != c.cut {
			t.Errorf("%s: cut off: %v", name, l.cut)
		}
		if h.leave(g); !h.come(1, &guest{}) {
			t.Errorf("%s: there is no room behind it", name)
		}
	}
}

// halting is a client that sends and takes nothing while the test looks.
type halting struct {
	http.ResponseWriter
	io.ReadCloser
	look func()
}

func (s halting) Read(p []byte) (int, error)  { s.look(); return s.ReadCloser.Read(p) }
func (s halting) Write(p []byte) (int, error) { s.look(); return s.ResponseWriter.Write(p) }

// TestAClientIsWaitedForAtBothEnds: while it sends its request and takes its answer, and not
// while we work on it.
func TestAClientIsWaitedForAtBothEnds(t *testing.T) {
	g, looks := newGate(1, time.Millisecond, func(class) {}), 0
	waited := func() bool {
		for one := range g.house.guests {
			return one.slow(time.Now().Add(2 * slowAfter))
		}
		t.Error("nobody is in the house")
		return false
	}
	client := halting{httptest.NewRecorder(), io.NopCloser(strings.NewReader("{}")), func() {
		if looks++; !waited() {
			t.Errorf("it is not waited for at look %d", looks)
		}
	}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", client)
	g.crowd(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil || waited() {
			t.Error("its request has come, and it is waited for", err)
		}
		if _, err := io.WriteString(w, "x"); err != nil || waited() {
			t.Error("it has taken its answer, and it is waited for", err)
		}
	})).ServeHTTP(&observed{ResponseWriter: client}, r)
	if len(g.house.guests) != 0 || looks < 2 {
		t.Errorf("%d are left in the house, after %d looks", len(g.house.guests), looks)
	}
}
