package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// housePerPlace is how many requests may be in the house for each place, those that
	// are still being read and those who are being asked for their token among them.
	housePerPlace = 16
	// slowAfter is for how long in all a client may be waited for, to send its request or to
	// take its answer, while the house is full: who does either byte by byte would keep
	// everybody else out at next to no cost.
	slowAfter = 500 * time.Millisecond
)

// house is who is being served, wherever they are.
type house struct {
	mu     sync.Mutex
	guests map[*guest]struct{}
}

// guest is a request that is being served.
type guest struct {
	w     http.ResponseWriter
	since atomic.Int64 // since when its client is waited for, in nanoseconds since 1970; 0: it is not
	spent atomic.Int64 // for how many it was before
}

// waits notes that the client is waited for, and goesOn that it is no longer: what we take
// ourselves does not count.
func (g *guest) waits() (begun int64) {
	begun = time.Now().UnixNano()
	g.since.Store(begun - g.spent.Load())
	return begun
}

func (g *guest) goesOn(begun int64) {
	g.spent.Add(time.Now().UnixNano() - begun)
	g.since.Store(0)
}

// slow says whether the client has been waited for too long.
func (g *guest) slow(now time.Time) bool {
	since := g.since.Load()
	return since != 0 && now.Sub(time.Unix(0, since)) > slowAfter
}

// cutOff ends the reading and the writing. Where that cannot be done the server's own times
// for them end it.
func (g *guest) cutOff() error {
	control, now := http.NewResponseController(g.w), time.Now()
	return errors.Join(control.SetReadDeadline(now), control.SetWriteDeadline(now))
}

// arrival is a body that is coming.
type arrival struct {
	io.ReadCloser
	of *guest
}

// Read waits for more.
func (a arrival) Read(p []byte) (int, error) {
	defer a.of.goesOn(a.of.waits())
	return a.ReadCloser.Read(p)
}

// come lets a request in; false where the house has as many as it may. Then those whose
// clients are slow are cut off, so that there is room in a moment.
func (h *house) come(most int, g *guest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.guests) < most {
		if h.guests == nil {
			h.guests = make(map[*guest]struct{}, most)
		}
		h.guests[g] = struct{}{}
		return true
	}
	now := time.Now()
	for other := range h.guests {
		if other.slow(now) && other.cutOff() != nil {
			other.since.Store(0) // it is not asked again
		}
	}
	return false
}

// leave lets a request out.
func (h *house) leave(g *guest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.guests, g)
}

// outKey is where a request that may leave the house before it ends has the way out.
type outKey struct{}

// leaveHouse lets a request out that lasts, and is bounded in another way: a stream, once it is
// known to be one, a form, while its file is read, and a file that is being fetched.
func leaveHouse(ctx context.Context) {
	if out, may := ctx.Value(outKey{}).(func()); may {
		out()
	}
}

// lasts says whether a request may leave the house before it ends.
func lasts(r *http.Request) bool {
	return streams(r) || strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") ||
		strings.HasPrefix(r.URL.Path, "/exports/") || strings.HasPrefix(r.URL.Path, "/reports/")
}

// crowd bounds how many requests are in the house, wherever they are.
func (g *gate) crowd(next http.Handler) http.Handler {
	if g == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if passes[r.URL.Path] {
			next.ServeHTTP(w, r)
			return
		}
		who := &guest{w: w}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = arrival{r.Body, who}
		}
		if o, is := w.(*observed); is {
			o.guest = who
		}
		if !g.house.come(housePerPlace*g.places, who) {
			g.sentAway(unasked)
			tellOverload(w, r)
			return
		}
		if !lasts(r) {
			defer g.house.leave(who)
			next.ServeHTTP(w, r)
			return
		}
		out := sync.OnceFunc(func() { g.house.leave(who) })
		defer out()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), outKey{}, out)))
	})
}
