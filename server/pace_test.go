package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// behindProxy serves the site with limits, for callers whose addresses a header tells.
func behindProxy(t *testing.T, perMinute int) (s *testSite, ask func(from, query string, headers ...string) answer) {
	t.Helper()
	begun := time.Now() // and it stays: of what was taken in a minute before less counts
	s = newCity(t, store.SQLite, func() time.Time { return begun })
	// Where wrong secrets are counted its key decides: by another one two of the addresses
	// here may share a place.
	s.app.Guesses.Key = []byte("k")
	trusted, err := newNetworks("trusted-proxy", []string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	s.perMinute, s.proxies, s.metrics = perMinute, trusted, newMetrics() // it is served a second time
	s.start(t)
	return s, func(from, query string, headers ...string) answer {
		t.Helper()
		return s.query(t, query, append(headers, "X-Forwarded-For", from, "Accept-Language", "en")...)
	}
}

func wantWait(t *testing.T, a answer) {
	t.Helper()
	a.want(t, 429, "Too many requests", `"code":"RATE_LIMITED"`)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// TestAddressThatAsksTooMuchWaits: by address and by the network around it, officials by
// account, and dear operations sooner.
func TestAddressThatAsksTooMuchWaits(t *testing.T) {
	s, ask := behindProxy(t, 20) // and 200 of a network; 2 guesses, 2 comparisons
	const cheap, guess = "{ __typename }", `{ caseByReceipt(receipt: "x") { ref } }`
	for range 20 {
		ask("192.0.2.1", cheap).want(t, 200)
	}
	wantWait(t, ask("203.0.113.9, 192.0.2.1", cheap)) // whatever a caller writes before its own address
	ask("192.0.2.2", cheap).want(t, 200)
	s.send(t, "GET", "/healthz", "", "X-Forwarded-For", "192.0.2.1").want(t, 200)
	// Readiness asks the database, and so waits with the rest.
	s.send(t, "GET", "/readyz", "", "X-Forwarded-For", "192.0.2.1").want(t, 429)
	s.send(t, "GET", "/readyz", "", "X-Forwarded-For", "192.0.2.2").want(t, 200)

	for range 2 {
		ask("198.51.100.1", guess).want(t, 200)
	}
	wantWait(t, ask("198.51.100.1", guess))
	ask("198.51.100.1", cheap).want(t, 200)
	// By aliases and fragments it is no cheaper.
	wantWait(t, ask("198.51.100.2", `{ a: caseByReceipt(receipt: "x") { ref } ...F } fragment F on Query { ... { b: caseByReceipt(receipt: "x") { ref } c: ratingByReceipt(receipt: "x") { level } } }`))
	wantWait(t, ask("198.51.100.1", `mutation { openCase(input: {title: "x", description: "x"}) { receipt } }`))

	// The pages and Open311 wait with the address.
	page := s.send(t, "POST", "/receipt", "code=x", "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", "198.51.100.1", "Accept-Language", "en")
	page.want(t, 429, "Too many requests")
	if page.header.Get("Retry-After") == "" {
		t.Error("a page: no Retry-After")
	}
	var services []map[string]any
	if err := json.Unmarshal([]byte(s.send(t, "GET", "/open311/v2/services.json", "").body), &services); err != nil {
		t.Error(err)
	}
	s.send(t, "POST", "/open311/v2/requests.json", "api_key=xyz&jurisdiction_id=city.gov&address_string=x&service_code="+services[0]["service_code"].(string), "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", "198.51.100.1", "Accept-Language", "en").
		want(t, 429, `"code":429`)

	// Officials of one office do not share its address, and nobody escapes by another one.
	one := []string{"Authorization", "Bearer " + s.token(t, accounts.Grant{Subject: "one", Role: models.RoleHR, UnitRef: "LX"})}
	two := []string{"Authorization", "Bearer " + s.token(t, accounts.Grant{Subject: "two", Role: models.RoleHR, UnitRef: "LX"})}
	for i := range 20 {
		ask(fmt.Sprintf("192.0.2.%d", i), cheap, one...).want(t, 200)
	}
	wantWait(t, ask("192.0.2.99", cheap, one...))
	ask("192.0.2.1", cheap, two...).want(t, 200)
	session := func(token string) answer {
		return s.send(t, "GET", "/work", "", "X-Forwarded-For", "192.0.2.1", "Cookie", "steelyard_session="+strings.TrimPrefix(token, "Bearer "))
	}
	session(one[1]).want(t, 429)
	session(two[1]).want(t, 200)
	const compare = `mutation { comparePolicies(input: {cycleId: "01a214de-dbdc-7659-a1ef-26b73b2b481a", scenarios: [{without: HALO}]}) { userErrors { code } } }`
	for range 2 {
		ask("192.0.2.1", compare, two...).want(t, 200)
	}
	wantWait(t, ask("192.0.2.1", compare, two...))
	s.send(t, "GET", "/reports/01a214de-dbdc-7659-a1ef-26b73b2b481a.csv", "", append(two, "X-Forwarded-For", "192.0.2.1")...).want(t, 429)

	// A sign-in is a guess, also one of a browser.
	signIn := func() answer {
		return s.send(t, "POST", "/sign-in", "token=x", "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", "203.0.113.5")
	}
	for range 2 {
		signIn().want(t, 422)
	}
	signIn().want(t, 429)
}

func TestANeighbourInTheNetworkDoesNotEscape(t *testing.T) {
	for name, c := range map[string]struct {
		address     func(i int) string
		same, other string
	}{
		"IPv4":       {func(i int) string { return fmt.Sprintf("192.0.2.%d", i) }, "192.0.2.254", "192.0.3.1"},
		"IPv6 of 48": {func(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }, "2001:db8:7:ffff::9", "2001:db8:8::1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPace(2, 1, time.Now)
				for i := range 10 {
					for range 2 {
						if _, ok := p.take(strangerAt(c.address(i)), 1); !ok {
							t.Fatalf("address %d waits", i)
						}
					}
				}
				if wait, ok := p.take(strangerAt(c.same), 1); ok || wait < 1 || wait > 60 {
					t.Errorf("a neighbour goes on where ten addresses have had enough: %v, %d s", ok, wait)
				}
				if _, ok := p.take(strangerAt(c.other), 1); !ok {
					t.Error("another network waits")
				}
				time.Sleep(2 * time.Minute) // in a bubble: no time passes
				if _, ok := p.take(strangerAt(c.same), 1); !ok {
					t.Error("two minutes later it still waits")
				}
			})
		})
	}
	for _, pair := range [][2]string{{"192.0.2.1", "192.0.2.2"}, {"2001:db8:7:1::1", "2001:db8:7:2::1"}} {
		if a, b := strangerAt(pair[0]), strangerAt(pair[1]); a.address == b.address || a.place != b.place {
			t.Errorf("%v are counted by %+v and %+v", pair, a, b)
		}
	}
	if a, b := strangerAt("2001:db8:7:1::1"), strangerAt("2001:db8:7:1::2"); a != b {
		t.Errorf("a household escapes by its own /64: %+v, %+v", a, b)
	}
}

// TestWhatWasTakenAges evenly, in the minute after the one in which it was taken.
func TestWhatWasTakenAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble begins with a minute
		b := newBudget(10, time.Now)
		for _, c := range []struct {
			after        time.Duration
			takes, waits int
		}{{0, 10, 60}, {59 * time.Second, 0, 1}, {time.Second, 0, 60}, {30 * time.Second, 5, 30}, {30 * time.Second, 5, 60}, {time.Minute, 5, 60}, {2 * time.Minute, 10, 60}} {
			time.Sleep(c.after)
			taken := 0
			for range c.takes {
				if _, ok := b.take("one", 1); ok {
					taken++
				}
			}
			if wait, ok := b.take("one", 1); ok || taken != c.takes || wait != c.waits {
				t.Errorf("after %s more %d are taken, want %d; the next waits %d s, want %d (%v)", c.after, taken, c.takes, wait, c.waits, ok)
			}
		}
	})
}

// TestCallersBeyondTheBoundShare: memory ends, and nobody gets more by there being many.
func TestCallersBeyondTheBoundShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(3, time.Now)
		b.counter.most = 100
		for minute := range 3 {
			passed := 0
			for i := range 1000 {
				if _, ok := b.take(fmt.Sprint(minute, "/", i), 1); ok {
					passed++
				}
			}
			if held := len(b.counter.now) + len(b.counter.earlier); held > 202 || passed > 103 || passed < 100 {
				t.Errorf("%d keys are held, %d passed", held, passed)
			}
			time.Sleep(time.Minute)
		}
		if _, ok := b.take("2/0", 3); ok {
			t.Error("who was told apart is so no longer")
		}
	})
}

// TestEverythingOfStrangersHasItsPace: what writes for a stranger, or tries a secret.
func TestEverythingOfStrangersHasItsPace(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	left := maps.Clone(dear)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			secret := root == schema.Mutation || slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool {
				return slices.Contains([]string{"token", "receipt", "code"}, a.Name)
			})
			if f.Directives.ForName("public") != nil && secret && dear[f.Name] != guessing {
				t.Errorf("%s.%s has no pace", root.Name, f.Name)
			}
			delete(left, f.Name)
		}
	}
	if len(left) > 0 {
		t.Errorf("not in the schema: %v", left)
	}
}
