package main

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"steelyard/models"
	"steelyard/store"
)

// busyGate is a gate whose places are all taken, and how many of each class it has sent away.
func busyGate(t *testing.T, places int, patience time.Duration) (g *gate, leave []func(), away *[classes]atomic.Int64) {
	t.Helper()
	away = new([classes]atomic.Int64)
	g = newGate(places, patience, func(c class) { away[c].Add(1) })
	for range places {
		done, in := g.enter(t.Context(), residents)
		if !in {
			t.Fatal("a free place is not given")
		}
		leave = append(leave, done)
	}
	return g, leave, away
}

// TestTheMoreUrgentIsLetInFirst, whoever came first; within a class who came first.
func TestTheMoreUrgentIsLetInFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, leave, away := busyGate(t, 1, time.Minute)
		var order []string
		var all sync.WaitGroup
		for _, who := range []struct {
			name string
			class
		}{{"first report", reporting}, {"second report", reporting}, {"officer", office}, {"resident", residents}, {"second resident", residents}} {
			all.Go(func() {
				done, in := g.enter(t.Context(), who.class)
				if !in {
					t.Errorf("%s is sent away", who.name)
					return
				}
				order = append(order, who.name) // one place: one at a time
				done()
			})
			synctest.Wait()
		}
		leave[0]()
		all.Wait()
		if got, want := strings.Join(order, ", "), "resident, second resident, officer, first report, second report"; got != want {
			t.Errorf("let in: %s; want %s", got, want)
		}
		for c := range classes {
			if n := away[c].Load(); n != 0 {
				t.Errorf("%d of %s were sent away", n, c)
			}
		}
	})
}

// TestTheQueueIsBoundedAndSoIsWaiting: whoever comes beyond it goes at once, who waits goes
// after a while, and nobody who has left is counted any more.
func TestTheQueueIsBoundedAndSoIsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, leave, away := busyGate(t, 4, time.Second)
		const crowd = 100
		var all sync.WaitGroup
		for range crowd {
			for c := range classes {
				all.Go(func() {
					if _, in := g.enter(t.Context(), c); in {
						t.Errorf("one of %s is let in where there is no place", c)
					}
				})
			}
		}
		synctest.Wait()
		for c := range classes {
			if n, want := away[c].Load(), int64(crowd-queuePerPlace*g.places); n != want {
				t.Errorf("%d of %s are sent away at once, want %d", n, c, want)
			}
		}
		all.Wait() // the second passes
		for c := range classes {
			if n := away[c].Load(); n != crowd {
				t.Errorf("%d of %s have been sent away", n, c)
			}
		}
		for _, done := range leave {
			done()
			done() // twice is once
		}
		// Reports leave room for others.
		for i := range g.most[reporting] + 1 {
			if _, in := g.enter(t.Context(), reporting); in != (i < g.most[reporting]) {
				t.Errorf("report %d is let in: %v", i, in)
			}
		}
		if _, in := g.enter(t.Context(), residents); !in {
			t.Error("reports leave no room for residents")
		}
	})
}

// TestAQueueThatStandsIsKeptShort: a burst may wait, but where people wait all the time
// each goes sooner, until the queue has been empty.
func TestAQueueThatStandsIsKeptShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, leave, _ := busyGate(t, 1, time.Second)
		waits := func() time.Duration {
			begun := time.Now()
			if _, in := g.enter(t.Context(), residents); in {
				t.Error("let in where there is no place")
			}
			return time.Since(begun)
		}
		var all sync.WaitGroup
		for i := range 30 { // somebody comes every half second for fifteen
			all.Go(func() {
				time.Sleep(time.Duration(i) * 450 * time.Millisecond)
				if took, want := waits(), time.Second; i < 3 && took != want || i == 3 && took != want/standing {
					t.Errorf("number %d waits %s", i, took)
				}
			})
		}
		all.Wait()
		if took := waits(); took != time.Second {
			t.Errorf("after the queue was empty somebody waits %s", took)
		}
		leave[0]()
	})
}

// TestWhoCannotBeServedIsToldToComeBack: an operation, a page, a file and Open311, with 503
// and when; what watches the server and what streams is not held up.
func TestWhoCannotBeServedIsToldToComeBack(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.atOnce, s.patience = 1, time.Millisecond
	hr, run := s.queuedRun(t)
	s.start(t)
	token := s.links(t, 1)
	leave, _ := s.gate.enter(t.Context(), residents)
	receipt, answer := s.rates(t, token[0], false)
	if receipt != "" || !strings.Contains(answer, `"code":"UNAVAILABLE"`) {
		t.Errorf("who is sent away gets %s", answer)
	}
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/graphql", `{"query":"{ services(first: 1) { nodes { id } } }"}`},
		{"GET", "/r/" + token[0], ""},
		{"GET", "/reports/" + run.String() + ".csv", ""},
		{"GET", "/open311/v2/services.json", ""},
	} {
		a := s.send(t, c.method, c.path, c.body, "Content-Type", "application/json", "Accept-Language", "en", "Authorization", "Bearer "+hr)
		a.want(t, http.StatusServiceUnavailable, sentenceOf(models.KeyOverloaded))
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("%s does not say when to come back", c.path)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		s.send(t, "GET", path, "").want(t, http.StatusOK)
	}
	s.follow(t, hr, run)
	s.send(t, "GET", "/metrics", "").want(t, http.StatusOK, `steelyard_sent_away_total{class="residents"}`, `steelyard_sent_away_total{class="reports"} 1`)
	leave()
	if receipt, answer := s.rates(t, token[0], false); receipt == "" {
		t.Errorf("with a place again: %s", answer)
	}
}

// TestACrowdGetsRightAnswersOrNone: four times as many as can wait rate and ask for what is
// dear at once; each gets a receipt or is told to come back, and every receipt is kept.
func TestACrowdGetsRightAnswersOrNone(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.atOnce, s.patience = 2, 5*time.Millisecond
	s.start(t)
	links := s.links(t, 80)
	var given, sentAway atomic.Int64
	var all sync.WaitGroup
	for _, link := range links {
		all.Go(func() {
			receipt, answer := s.rates(t, link, false)
			switch {
			case receipt != "":
				given.Add(1)
			case strings.Contains(answer, sentenceOf(models.KeyOverloaded)):
				sentAway.Add(1)
			default:
				t.Errorf("neither served nor sent away: %s", answer)
			}
		})
	}
	all.Wait()
	var kept int64
	if err := s.store.Read(t.Context()).Model(&models.Rating{}).Where("receipt_hash IS NOT NULL").Count(&kept).Error; err != nil || kept != given.Load() || kept == 0 {
		t.Errorf("%d residents hold a receipt, %d ratings are kept (%v)", given.Load(), kept, err)
	}
	if n := given.Load() + sentAway.Load(); n != int64(len(links)) {
		t.Errorf("%d of %d were answered", n, len(links))
	}
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if s.gate.inside != [classes]int{} || s.gate.house != 0 {
		t.Errorf("%v are still inside, %d in the house", s.gate.inside, s.gate.house)
	}
}
