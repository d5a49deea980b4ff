package main

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/server/overhttp"
	"steelyard/web"
)

const (
	// networkTimes is how many times as much as one address a whole network may: an IPv4
	// /24, an IPv6 /48. Who moves to a neighbouring address does not begin anew.
	networkTimes = 10
	// maxCounted is how many callers of a minute are told apart, for each limit: about
	// 2 MB. Those beyond share what one may.
	maxCounted = 1 << 16
)

// payer is on whose account a request goes: that of who has signed in, wherever they
// sit, since a county's office has one address; a stranger's address and its network.
type payer struct {
	account        string // subject and epoch; empty: a stranger
	address, place string // IPv4 /32 and /24, IPv6 /64 and /48
}

type payerKey struct{}

// payerOf is who pays for a request. A token that does not hold makes nobody; a revoked
// one is counted apart from the account's later ones.
func (s *site) payerOf(r *http.Request) payer {
	if p, known := r.Context().Value(payerKey{}).(payer); known {
		return p
	}
	by, lines := strangerAt(s.proxies.client(r)), r.Header.Values("Authorization")
	if session := web.Session(r); session != "" && len(lines) == 0 {
		lines = []string{"Bearer " + session}
	}
	if len(lines) > 0 {
		if v, err := bearer(r.Context(), s.verifier, lines); err == nil {
			by.account = v.Subject + "\n" + strconv.FormatInt(v.Epoch, 10)
		}
	}
	return by
}

// strangerAt is who pays at an address; of what is none, all pay together.
func strangerAt(address string) payer {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return payer{address: "elsewhere", place: "elsewhere"}
	}
	near, wide := 32, 24
	if a.Is6() {
		near, wide = 64, 48
	}
	return payer{address: within(a, near), place: within(a, wide)}
}

// within is the network of so many bits that an address lies in.
func within(a netip.Addr, bits int) string {
	return netip.PrefixFrom(a, bits).Masked().String()
}

// pace is how much each may do in a minute, in this process.
type pace struct {
	one, network *budget
}

// newPace lets each payer do so much a minute, at least something; of 0 it is nil,
// which is no limit.
func newPace(perMinute, share int, now func() time.Time) *pace {
	if perMinute == 0 {
		return nil
	}
	n := max(perMinute/share, 1)
	return &pace{newBudget(n, now), newBudget(networkTimes*n, now)}
}

// take pays for n things. Where the payer has too little nothing is taken, and wait is
// after how many seconds there is something again.
func (p *pace) take(by payer, n int) (wait int, ok bool) {
	if p == nil {
		return 0, true
	}
	if by.account != "" {
		return p.one.take(by.account, n)
	}
	// A network that has had enough is asked first: it must not cost an address its own.
	if wait, ok := p.network.take(by.place, n); !ok {
		return wait, false
	}
	return p.one.take(by.address, n)
}

// paced answers 429 to who asks too much of a pace.
func (s *site) paced(p *pace) middleware {
	if p == nil {
		return func(next http.Handler) http.Handler { return next }
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			by := s.payerOf(r)
			if wait, ok := p.take(by, 1); !ok {
				tellWait(w, r, wait)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), payerKey{}, by)))
		})
	}
}

// tellWait answers who asks too much.
func tellWait(w http.ResponseWriter, r *http.Request, seconds int) {
	l := messages.Negotiate(r.Header.Get("Accept-Language"))
	overhttp.WriteWait(w, r, messages.Text(l, models.KeyRateLimited, strconv.Itoa(seconds)), seconds)
}

// budget is what each key may have in any minute.
type budget struct {
	mu      sync.Mutex // between looking and taking
	limit   int
	now     func() time.Time
	counter *counter
}

func newBudget(limit int, now func() time.Time) *budget {
	return &budget{limit: limit, now: now, counter: &counter{most: maxCounted, now: map[string]int{}, earlier: map[string]int{}}}
}

// take takes n of what a key may have. Of what it took in the minute before so much still
// counts as lies, had it come evenly, within the last sixty seconds.
func (b *budget) take(key string, n int) (wait int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now().UTC()
	minute := now.Truncate(time.Minute)
	b.counter.turn(minute)
	key = b.counter.known(key)
	taken := float64(b.counter.earlier[key])*(1-now.Sub(minute).Minutes()) + float64(b.counter.now[key])
	if int(math.Round(taken))+n > b.limit {
		return 60 - now.Second(), false // the next minute begins, and what was taken ages
	}
	b.counter.now[key] += n
	return 0, true
}

// counter counts by key in this minute and the one before. It holds no more keys of a
// minute than most: whoever comes then is counted with all others that do.
type counter struct {
	most         int
	minute       time.Time
	now, earlier map[string]int
}

// everybodyElse is the key of those that are not told apart.
const everybodyElse = ""

// known is the key that a key is counted under.
func (c *counter) known(key string) string {
	if _, is := c.now[key]; is || len(c.now) < c.most {
		return key
	}
	return everybodyElse
}

// turn forgets what is older than the minute before.
func (c *counter) turn(minute time.Time) {
	switch {
	case minute.Equal(c.minute):
		return
	case minute.Equal(c.minute.Add(time.Minute)):
		c.now, c.earlier = c.earlier, c.now
	default:
		clear(c.earlier)
	}
	clear(c.now)
	c.minute = minute
}
