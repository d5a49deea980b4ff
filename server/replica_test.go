package main

import (
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestEveryQueryIsAnsweredWhereItShouldBe: each is decided, none is there that is not
// served, and what a secret or an account decides is never left to a replica.
func TestEveryQueryIsAnsweredWhereItShouldBe(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	served := map[string]bool{}
	for _, f := range schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		served[f.Name] = true
		may, decided := elsewhere[f.Name]
		if !decided {
			t.Errorf("whether a replica may answer %s is not decided", f.Name)
		}
		if may && (dear[f.Name] == guessing || f.Type.Name() == "Account") {
			t.Errorf("a replica answers %s", f.Name)
		}
	}
	for name := range elsewhere {
		if !served[name] {
			t.Errorf("%s is no query", name)
		}
	}
	if set := (ast.SelectionSet{&ast.Field{Name: "cycles"}, &ast.InlineFragment{SelectionSet: ast.SelectionSet{&ast.Field{Name: "me"}}}}); mayAnswer(set) {
		t.Error("a replica answers who asks, beside something else")
	}
}

// newReplicatedSite is a site over a primary and a replica that stands still.
func newReplicatedSite(t *testing.T) (s *testSite, replica *storetest.Mortal) {
	t.Helper()
	primary := storetest.NewMortal(t)
	app, _ := primary.Database()
	replica = primary.Replica()
	watch := newMetrics()
	st, err := store.Open(t.Context(), app, store.Options{
		System: true, Connections: 6, Replicas: []string{replica.Beside(app)}, ReplicaLag: time.Hour, Observer: watch,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	s = newTestSiteOver(t, st, watch)
	s.start(t)
	return s, replica
}

// standsStill waits until a replica holds what is there, and makes it stand still: what is
// written from now on only the primary knows.
func (s *testSite) standsStill(t *testing.T, replica *storetest.Mortal) {
	t.Helper()
	ctx, sight := store.WithSight(t.Context(), 0, true)
	if err := s.store.InTx(ctx, func(tx *store.Tx) error { return tx.Exec("SELECT 1").Error }); err != nil {
		t.Fatal(err)
	}
	_, now := sight.Wrote()
	ctx, _ = store.WithSight(t.Context(), now, true)
	eventually(t, "the replica does not follow", func() bool { return s.store.Elsewhere(ctx) != nil })
	replica.Do("SELECT pg_wal_replay_pause()")
}

// TestWhoHasWrittenReadsIt though the replica stands still: an API client that sends the
// position back, one that sends none, and a browser; and who has written nothing, may be
// told what the replica holds. Security is asked of the primary.
func TestWhoHasWrittenReadsIt(t *testing.T) {
	s, replica := newReplicatedSite(t)
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	s.standsStill(t, replica)

	const zeros = "0000000000000000"
	as := func(token string, more ...string) []string {
		return append([]string{"Authorization", "Bearer " + token}, more...)
	}
	reads := func() int64 { return s.store.Replicas()[0].Reads }

	// Somebody changes something: the answer says how far the log was.
	unit, err := store.Take[models.OrgUnit](s.store.Read(t.Context()).Where("ref = ?", "LX"), "OrgUnit")
	if err != nil {
		t.Fatal(err)
	}
	a := s.query(t, `mutation { openCycle(input: {unitId: "`+unit.ID.String()+`", kind: SPECIAL, name: "写了就见", fromOn: "2031-01-01", toOn: "2031-12-31"}) { cycle { id } userErrors { message } } }`,
		as(hr, positionHeader, zeros)...)
	a.want(t, 200, `"userErrors":[]`)
	position := a.header.Get(positionHeader)
	if _, is := store.ParsePosition(position); !is || position <= zeros {
		t.Fatalf("position %q", position)
	}
	const list = `{ cycles(first: 50) { nodes { name } } }`
	for _, c := range []struct {
		who     string
		headers []string
		sees    bool
	}{
		{"the writer, who sends the position back", as(hr, positionHeader, position), true},
		{"a client that sends none", as(hr), true},
		{"a client that sends what is none", as(hr, positionHeader, "none"), true},
		{"somebody who has written nothing", as(hr, positionHeader, zeros), false},
	} {
		before := reads()
		a := s.query(t, list, c.headers...)
		a.want(t, 200, `"nodes"`)
		if got := strings.Contains(a.body, "写了就见"); got != c.sees {
			t.Errorf("%s sees the new cycle: %v", c.who, got)
		}
		if replied := reads() > before; replied == c.sees {
			t.Errorf("%s is answered by the replica: %v", c.who, replied)
		}
		if a.header.Get(positionHeader) != "" {
			t.Errorf("%s has written nothing and is told a position", c.who)
		}
	}

	// A browser that has written stays at the primary for a while.
	for _, c := range []struct {
		cookie string
		sees   bool
	}{{"", false}, {"; " + wroteCookie + "=1", true}} {
		page := s.send(t, "GET", "/work/cycles", "", "Cookie", "steelyard_session="+hr+c.cookie)
		page.want(t, 200)
		if got := strings.Contains(page.body, "写了就见"); got != c.sees {
			t.Errorf("with the cookies %q a browser sees the new cycle: %v", c.cookie, got)
		}
	}
	for _, cookie := range []string{"", wroteCookie + "=1"} {
		rated := s.send(t, "POST", "/r/"+s.links(t, 1)[0], "level=5", "Cookie", cookie, "Content-Type", "application/x-www-form-urlencoded")
		rated.want(t, 200)
		if got, want := rated.header.Get("Set-Cookie"), wroteCookie+"=1; Path=/; Max-Age=3601; HttpOnly; SameSite=Lax"; got != want {
			t.Errorf("a browser that has rated gets the cookie %q, want %q", got, want)
		}
	}
	// A receipt is found at once by whoever has no cookie, too.
	receipt, answer := s.rates(t, s.links(t, 1)[0], true)
	s.query(t, `{ ratingByReceipt(receipt: "`+receipt+`") { level } }`, positionHeader, zeros).want(t, 200, `"level":4`)
	if receipt == "" {
		t.Error(answer)
	}

	// A token that is revoked opens nothing, wherever its holder would be answered from.
	s.query(t, list, as(hr, positionHeader, zeros)...).want(t, 200)
	err = s.store.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Exec("UPDATE accounts SET token_epoch = token_epoch + 1 WHERE subject = 'hr'").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	s.query(t, list, as(hr, positionHeader, zeros)...).want(t, 401)

	// The doctor and the metrics tell of it.
	s.send(t, "GET", "/metrics", "").want(t, 200, `steelyard_replicas{state="asked"} 1`, `steelyard_replica_reads_total{outcome="answered",replica="1"}`)

	// The replica dies: the same client is answered by the primary, and hears of nothing.
	other := s.token(t, accounts.Grant{Subject: "hr-second", Role: models.RoleHR, UnitRef: "LX"})
	before := reads()
	s.query(t, list, as(other, positionHeader, zeros)...).want(t, 200, `"nodes"`)
	if reads() == before {
		t.Error("the replica was not asked before its death")
	}
	doctor := func() string {
		said, _, _ := command(t, s.store.URL(), "doctor", "--key-file", t.TempDir()+"/keys", "--replica", replica.Beside(s.store.URL()), "--replica", s.store.URL(),
			"--replica", strings.Replace(s.store.URL(), "/steelyard_mortal?", "/postgres?", 1))
		return said
	}
	said := doctor()
	wantLine(t, said, verdictOK, "replica 1", "follows")
	wantLine(t, said, verdictWarn, "replica 2", "promoted, or is the primary itself")
	wantLine(t, said, verdictFail, "replica 3", "is another database")
	replica.Kill()
	wantLine(t, doctor(), verdictWarn, "replica 1", "the primary answers in its place")
	s.query(t, list, as(other, positionHeader, zeros)...).want(t, 200, "写了就见")
}
