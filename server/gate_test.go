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
	return g, takeAll(t, g), away
}

// takeAll takes all places of a gate.
func takeAll(t *testing.T, g *gate) (leave []func()) {
	t.Helper()
	for range residentsPerPlace * g.places {
		done, in := g.enter(t.Context(), residents)
		if !in {
			t.Fatal("a free place is not given")
		}
		leave = append(leave, done)
	}
	return leave
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
				order = append(order, who.name) // one leaves: one at a time
				done()
			})
			synctest.Wait()
		}
		for _, done := range leave {
			done()
			synctest.Wait()
		}
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
	for c := range classes {
		t.Run(c.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, leave, away := busyGate(t, 4, time.Second)
				const crowd = 100
				var all sync.WaitGroup
				for range crowd {
					all.Go(func() {
						if _, in := g.enter(t.Context(), c); in {
							t.Errorf("one of %s is let in where there is no place", c)
						}
					})
				}
				synctest.Wait()
				wait := map[class]int{residents: residentsQueue, office: queuePerPlace, reporting: queuePerPlace}[c] * g.places
				if n, want := away[c].Load(), int64(crowd-wait); n != want {
					t.Errorf("%d are sent away at once, want %d", n, want)
				}
				all.Wait() // patience passes
				if n := away[c].Load(); n != crowd {
					t.Errorf("%d have been sent away", n)
				}
				for _, done := range leave {
					done()
					done() // twice is once
				}
				time.Sleep(2 * time.Second) // an overload is over
				// Reports leave room for others.
				for i := range 2 {
					if _, in := g.enter(t.Context(), reporting); in != (i < 1) {
						t.Errorf("report %d is let in: %v", i, in)
					}
				}
				for range 3 {
					if _, in := g.enter(t.Context(), residents); !in {
						t.Error("reports leave no room for residents")
					}
				}
			})
		})
	}
}

// TestResidentsShareAPlace while nothing is overloaded: as many more are let in, and whoever
// else comes has the places that they leave.
func TestResidentsShareAPlace(t *testing.T) {
	for _, c := range []struct {
		name            string
		load            overload
		residents       int // who are in
		office, another bool
	}{
		{"a place is free", none, 3 * residentsPerPlace, true, true},
		{"half a place is free", none, 3*residentsPerPlace + residentsPerPlace/2, false, true},
		{"none is", none, 4 * residentsPerPlace, false, false},
		{"in an overload nobody shares", some, 1, true, true},
		{"and half of them are places", some, 2, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(4, time.Second, func(class) {})
				g.mu.Lock()
				defer g.mu.Unlock()
				if c.load != none {
					g.judge(c.load)
				}
				g.inside[residents] = c.residents
				if got := g.room(office); got != c.office {
					t.Errorf("an officer has room: %v", got)
				}
				if got := g.room(residents); got != c.another {
					t.Errorf("another resident has room: %v", got)
				}
			})
		})
	}
}

// arrivals lets residents come, so many at each step of a millisecond, each of whom works for
// a while; it returns how many were served, how long they waited at most, and how many worked
// at once at most during the last tenth.
func arrivals(t *testing.T, g *gate, steps, each int, work time.Duration) (served int, longest time.Duration, inside int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for step := range steps {
		for range each {
			all.Go(func() {
				came := time.Now()
				leave, in := g.enter(t.Context(), residents)
				if !in {
					return
				}
				waited := time.Since(came)
				time.Sleep(work)
				leave()
				mu.Lock()
				defer mu.Unlock()
				served, longest = served+1, max(longest, waited)
			})
		}
		if step >= steps*9/10 {
			synctest.Wait()
			g.mu.Lock()
			inside = max(inside, g.inside[residents])
			g.mu.Unlock()
		}
		time.Sleep(time.Millisecond)
	}
	all.Wait()
	return served, longest, inside
}

// TestABurstIsServedAndAnOverloadKeptShort: sixty who come at one moment are all served, also
// right after one another; of those who come all the time, more than the machine can do,
// whoever is served is served soon, and when they have gone a burst is served again.
func TestABurstIsServedAndAnOverloadKeptShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Int64
		g := newGate(8, 100*time.Millisecond, func(class) { away.Add(1) })
		const work, crowd = 5 * time.Millisecond, 3 * residentsPerPlace // a millisecond: twice what eight shared places do
		for range 3 {
			if served, longest, _ := arrivals(t, g, 1, 60, work); served != 60 || longest > g.patience/2 {
				t.Errorf("of a burst %d are served, the last after %s", served, longest)
			}
		}
		if n := away.Load(); n != 0 {
			t.Errorf("%d were sent away though nobody had to be", n)
		}
		arrivals(t, g, 100, crowd, work)
		if away.Load() == 0 {
			t.Fatal("twice what can be done is no overload")
		}
		served, _, inside := arrivals(t, g, 1000, crowd, work)
		if want := 1000 / 5 * g.places / 4; served < want*9/10 || inside != g.places/4 {
			t.Errorf("in an overload %d are served, want about %d, and %d at once, want a quarter of %d", served, want, inside, g.places)
		}
		if _, longest, _ := arrivals(t, g, 1000, crowd, 50*time.Millisecond); longest > g.patience/hurry[severe] {
			t.Errorf("in an overload somebody who is served waits %s", longest)
		}
		time.Sleep(2 * g.patience)
		if served, _, _ := arrivals(t, g, 1, 60, work); served != 60 {
			t.Errorf("after an overload %d of a burst are served", served)
		}
	})
}

// TestAnOverloadIsJudgedByWhoIsSentAway: few, and half the places work; most, and a quarter do.
func TestAnOverloadIsJudgedByWhoIsSentAway(t *testing.T) {
	for _, c := range []struct {
		served, refused int
		want            overload
	}{
		{0, 0, none}, {100, 0, none}, {100, 11, none}, {100, 12, some}, {100, 100, some}, {100, 101, severe}, {0, 1, severe},
	} {
		if got := overloadOf(c.served, c.refused); got != c.want {
			t.Errorf("%d let in and %d sent away is an overload of %d, want %d", c.served, c.refused, got, c.want)
		}
	}
}

// TestAnOverloadDoesNotKeepItselfUp: fewer places would send away for good whom all can serve,
// did the gate not try.
func TestAnOverloadDoesNotKeepItselfUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Int64
		g := newGate(8, 100*time.Millisecond, func(class) { away.Add(1) })
		const work, crowd = 5 * time.Millisecond, 3 * residentsPerPlace // eight places do 1.6 a millisecond, shared 12.8, a quarter of them 0.4
		arrivals(t, g, 1000, crowd, work)
		arrivals(t, g, 200, 1, work)
		before := away.Load()
		arrivals(t, g, 1000, 1, work)
		if away.Load() == before {
			t.Error("a quarter of the places serve all: nothing is shown")
		}
		arrivals(t, g, int(trial/time.Millisecond), 1, work)
		if served, longest, _ := arrivals(t, g, 1000, 1, work); served != 1000 || longest > 0 {
			t.Errorf("of a thousand for whom there are places %d are served, after %s at most", served, longest)
		}
	})
}

// TestWhoWaitsGoesBeforeWhoComes, also when an overload ends and there are places again.
func TestWhoWaitsGoesBeforeWhoComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, leave, _ := busyGate(t, 4, time.Second)
		g.mu.Lock()
		g.judge(severe)
		g.mu.Unlock()
		var first time.Time
		var all sync.WaitGroup
		all.Go(func() {
			if _, in := g.enter(t.Context(), office); !in { // an official waits for longer than the overload lasts
				t.Error("who waits is sent away")
			}
			first = time.Now()
		})
		synctest.Wait()
		for _, done := range leave[1:] {
			done() // one works on, and there is no place for another
		}
		time.Sleep(3 * time.Second)
		if _, in := g.enter(t.Context(), office); !in {
			t.Error("who comes is sent away")
		}
		synctest.Wait()
		if first.IsZero() {
			t.Error("who comes is let in, and who waited is not")
		}
		all.Wait()
	})
}

// TestAQueueThatStandsIsAnOverload, even where nobody has been sent away yet.
func TestAQueueThatStandsIsAnOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Int64
		g := newGate(8, 100*time.Millisecond, func(class) { away.Add(1) })
		var all sync.WaitGroup
		each := g.places * residentsPerPlace / 16
		come := func(steps, n int) { // as many as can be served
			for range steps {
				for range n {
					all.Go(func() {
						if leave, in := g.enter(t.Context(), residents); in {
							time.Sleep(16 * time.Millisecond)
							leave()
						}
					})
				}
				time.Sleep(time.Millisecond)
			}
		}
		come(16, each)
		come(1, each+each*3/2) // for some of whom there is no place
		come(95, each)
		synctest.Wait()
		if n := away.Load(); n != 0 || g.overloaded() != none {
			t.Errorf("%d are sent away, overloaded: %v, before the queue has stood", n, g.overloaded())
		}
		come(10, each)
		synctest.Wait()
		if g.overloaded() == none {
			t.Error("a queue that stands is no overload")
		}
		all.Wait()
	})
}

// TestTheDoorIsClosedWhileNobodyCouldWait, and not for reports alone.
func TestTheDoorIsClosedWhileNobodyCouldWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, leave, _ := busyGate(t, 4, time.Second)
		crowd := func(c class, n int) (gone *sync.WaitGroup) {
			gone = &sync.WaitGroup{}
			for range n {
				gone.Go(func() {
					if done, in := g.enter(t.Context(), c); in {
						done()
					}
				})
			}
			synctest.Wait()
			return gone
		}
		reports := crowd(reporting, 100)
		if g.full() {
			t.Error("reports close the door")
		}
		people := crowd(residents, 33)
		if !g.full() {
			t.Error("the door is open to those who would be sent away")
		}
		// Half the places are given anew, to residents: their queue has emptied when they have left.
		for _, done := range leave {
			done()
		}
		people.Wait()
		if g.full() {
			t.Error("the door is closed though one could wait")
		}
		reports.Wait()
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
	leave := takeAll(t, s.gate)
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
	for _, done := range leave {
		done()
	}
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
	if s.gate.inside != [classes]int{} {
		t.Errorf("%v are still inside", s.gate.inside)
	}
}
