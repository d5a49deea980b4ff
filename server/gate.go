package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/server/overhttp"
)

// class is what goes before what, where not everybody can be served at once.
type class int

// The classes, in the order in which they are let in.
const (
	residents class = iota // what a stranger says, or asks by a secret: nobody comes back to rate
	office                 // what is neither
	reporting              // what goes through everything of a cycle, or of the trail
	classes
	unasked = classes // whoever is sent away before anybody knows what they want
)

// String is the class as metrics name it.
func (c class) String() string { return [...]string{"residents", "office", "reports", "unread"}[c] }

const (
	// queuePerPlace is how many of a class may wait for each place of the gate, its own or not:
	// how long they wait is what patience bounds, and sixty officers who open a page at once
	// are through long before it ends.
	queuePerPlace = 8
	// residentsPerPlace is how many residents a place is for while nothing is overloaded: most of
	// the time that a rating takes it waits for those before to be written, and the more are read
	// meanwhile, the more go together then. residentsQueue is how many more may wait for each
	// place: where those are not enough, the processors are not.
	residentsPerPlace = 8
	residentsQueue    = 2
	// trial is after how long an overload is taken to be over, to see whether it is: where who
	// is served waits for another machine more than for this one's processors, half the places
	// serve half as many, and would send half of those away whom all could serve.
	trial = 30 * time.Second
	// comeBack is after how many seconds those who are sent away may come again.
	comeBack = 1
)

// overload is how much more is asked than can be done.
type overload int

const (
	none   overload = iota
	some            // one in ten was sent away, or somebody for the first time
	severe          // most were
)

// By overload: what part of the places work, and how many times shorter residents wait. In a
// severe one enough come for no place to stand empty.
var (
	fewer = [...]int{none: 1, some: 2, severe: 4}
	hurry = [...]time.Duration{none: 1, some: 10, severe: 50}
)

// overloadOf judges by how many were let in, and how many sent away.
func overloadOf(served, refused int) overload {
	switch {
	case refused > served:
		return severe
	case refused*9 > served:
		return some
	}
	return none
}

// patienceOf is how many times longer each class waits than residents do: a report takes
// longer by itself, and two officers who open one at the same moment are no overload.
var patienceOf = [classes]time.Duration{residents: 1, office: 10, reporting: 40}

// gate lets so many operations work at once as the machine gets done without all becoming
// slow. A few more wait, the more urgent class first and each for a while at most;
// whoever comes beyond is sent away at once. Streams pass beside it.
//
// A burst is waited out. But where a resident had to be sent away, or has come to a queue that
// has stood for as long as one waits, the gate is overloaded: whoever is let in then finds
// every processor busy with those who are not, and a long queue would only make all late. So
// fewer work, as few wait, and the next are sent away before anybody reads what they want.
// That serves less than could be served: how strictly is decided anew from moment to moment,
// by how many had to be sent away.
type gate struct {
	places   int
	patience time.Duration // how long a resident waits
	sentAway func(c class) // counts

	mu      sync.Mutex
	inside  [classes]int
	waiting [classes][]chan struct{} // closed to let somebody in, in the order of their coming
	since   time.Time                // when a resident began to wait and none had waited before
	load    overload
	began   time.Time // when it began to be overloaded
	until   time.Time // when that is judged anew
	served  int       // residents who were let in since it was judged
	refused int       // residents, and who was not asked, sent away since
	house   house
}

// newGate makes a gate with so many places; of 0 it is nil, and lets everybody in.
func newGate(places int, patience time.Duration, sentAway func(c class)) *gate {
	if places == 0 {
		return nil
	}
	return &gate{places: places, patience: patience, sentAway: sentAway}
}

// enter waits for a place. Whoever gets one must leave; who does not is sent away.
func (g *gate) enter(ctx context.Context, c class) (leave func(), in bool) {
	if g == nil {
		return func() {}, true
	}
	leave = sync.OnceFunc(func() { g.leave(c) })
	g.mu.Lock()
	g.fill() // with the places that are there again since the overload is over
	if g.room(c) {
		g.let(c)
		g.mu.Unlock()
		return leave, true
	}
	if c == residents {
		g.standing(time.Now())
	}
	if len(g.waiting[c]) >= g.queue(c) {
		g.mu.Unlock()
		g.refuse(c, true)
		return nil, false
	}
	turn, wait := make(chan struct{}), g.wait(c)
	g.waiting[c] = append(g.waiting[c], turn)
	g.mu.Unlock()

	patience := time.NewTimer(wait)
	defer patience.Stop()
	select {
	case <-turn:
		return leave, true
	case <-patience.C:
	case <-ctx.Done():
	}
	if g.gaveUp(c, turn) {
		if ctx.Err() == nil { // whoever has gone is not sent away
			g.refuse(c, wait >= g.patience)
		}
		return nil, false
	}
	return leave, true // let in at the last moment
}

// refuse notes that somebody is sent away. Residents come and go; officials at work are as
// many as they are, and overload nothing by waiting for one another. Whoever was told to
// wait for a moment alone, in an overload that may be over since, does not tell of another.
func (g *gate) refuse(c class, tells bool) {
	if c == residents || c == unasked {
		g.mu.Lock()
		if g.overloaded() == none && tells {
			g.judge(some)
		}
		g.refused++
		g.mu.Unlock()
	}
	g.sentAway(c)
}

// standing notes that a resident has to wait.
func (g *gate) standing(now time.Time) {
	if len(g.waiting[residents]) == 0 {
		g.since = now
	}
	if now.Sub(g.since) > g.patience && g.overloaded() == none {
		g.judge(some)
	}
}

// overloaded says how overloaded the gate is. It is judged as often as one would wait; where
// nobody has come for as long, nothing is.
func (g *gate) overloaded() overload {
	if now := time.Now(); g.load != none && !now.Before(g.until) {
		if now.Sub(g.until) < g.patience {
			g.judge(overloadOf(g.served, g.refused))
		} else {
			g.load = none
		}
	}
	return g.load
}

// judge says how overloaded the gate is from now on.
func (g *gate) judge(load overload) {
	now := time.Now()
	switch {
	case g.load == none:
		g.began = now
	case now.Sub(g.began) > trial:
		load = none
	}
	g.load, g.until, g.served, g.refused = load, now.Add(g.patience), 0, 0
}

// wait is for how long somebody who comes now may wait.
func (g *gate) wait(c class) time.Duration {
	if c == residents {
		return g.patience / hurry[g.overloaded()]
	}
	return g.patience * patienceOf[c]
}

// queue is how many of a class may wait.
func (g *gate) queue(c class) int {
	switch {
	case g.overloaded() != none:
		return g.atOnce()
	case c == residents:
		return residentsQueue * g.places
	}
	return queuePerPlace * g.places
}

// atOnce is how many may work at once.
func (g *gate) atOnce() int { return max(1, g.places/fewer[g.overloaded()]) }

// room says whether a class has a place now. Long work leaves room for short, and both for
// residents, several of whom share a place while nothing is overloaded.
func (g *gate) room(c class) bool {
	places, share := g.atOnce(), 1
	if g.overloaded() == none {
		share = residentsPerPlace
	}
	needs := [classes]int{residents: 1, office: share, reporting: share} // in shares of a place
	most := [classes]int{residents: places * share, office: max(1, places-places/4), reporting: max(1, places/4)}
	taken := needs[c]
	for class, n := range g.inside {
		taken += n * needs[class]
	}
	return taken <= places*share && g.inside[c] < most[c]
}

// gaveUp takes somebody out of the queue; false where they have been let in.
func (g *gate) gaveUp(c class, turn chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.waiting[c], turn)
	if at < 0 {
		return false
	}
	g.waiting[c] = slices.Delete(g.waiting[c], at, at+1)
	return true
}

// let gives a place to one of a class.
func (g *gate) let(c class) {
	g.inside[c]++
	if c == residents {
		g.served++
	}
}

// leave gives a place back.
func (g *gate) leave(c class) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside[c]--
	g.fill()
}

// fill gives places to who is next.
func (g *gate) fill() {
	for next := range classes {
		for len(g.waiting[next]) > 0 && g.room(next) {
			g.let(next)
			close(g.waiting[next][0])
			g.waiting[next] = g.waiting[next][1:]
		}
	}
}

// aroundOperation lets an operation in as its class. Subscriptions work for moments, and
// last for long: they pass.
func (g *gate) aroundOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if g == nil || op.Operation.Operation == ast.Subscription {
		leaveHouse(ctx)
		return next(ctx)
	}
	respond, refused := next(ctx), false // nothing is done before somebody asks for the answer
	return func(ctx context.Context) *graphql.Response {
		if refused {
			return nil
		}
		leave, in := g.enter(ctx, classOf(op.Operation.SelectionSet))
		if !in {
			refused = true
			text := messages.Text(messages.From(ctx), models.KeyOverloaded)
			return &graphql.Response{Errors: gqlerror.List{overhttp.Overloaded(text, comeBack)}}
		}
		defer leave()
		return respond(ctx)
	}
}

// classOf is the class of an operation: the least urgent of what it asks for.
func classOf(set ast.SelectionSet) class {
	uses := map[kind]int{}
	countDear(set, uses)
	switch {
	case uses[working] > 0:
		return reporting
	case uses[guessing] > 0:
		return residents
	}
	return office
}

// admit lets requests in as a class, for what is no operation of the schema.
func (g *gate) admit(c class) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			leave, in := g.enter(r.Context(), c)
			if !in {
				tellOverload(w, r)
				return
			}
			defer leave()
			next.ServeHTTP(w, r)
		})
	}
}

// passes are the paths of those who watch the server, and must see that it is overloaded.
var passes = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true}

// door sends requests away unread while even the most urgent could not wait: to read what
// is asked costs as much as to let in would. Pages pass, and tell it in a page's words.
func (g *gate) door(next http.Handler) http.Handler {
	if g == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !streams(r) && g.full() {
			g.refuse(unasked, true)
			tellOverload(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// full says whether the gate is overloaded and whoever comes now would be sent away.
func (g *gate) full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.overloaded() != none && len(g.waiting[residents]) >= g.queue(residents)
}

// streams says whether a request asks for events as they come.
func streams(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// tellOverload answers who is sent away.
func tellOverload(w http.ResponseWriter, r *http.Request) {
	l := messages.Negotiate(r.Header.Get("Accept-Language"))
	overhttp.WriteOverload(w, r, messages.Text(l, models.KeyOverloaded), comeBack)
}
