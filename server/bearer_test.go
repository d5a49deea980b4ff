package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

// listener is the metrics' observer that also writes down what is sent.
type listener struct {
	*metrics
	mu   sync.Mutex
	sent []string
}

// Begin implements store.Observer.
func (l *listener) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	l.mu.Lock()
	l.sent = append(l.sent, text)
	l.mu.Unlock()
	return l.metrics.Begin(ctx, text)
}

// taken are the statements since the last call, in an order of their own: guesses are
// counted beside the answer.
func (l *listener) taken() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.sent
	l.sent = nil
	slices.Sort(out)
	return out
}

// TestForgedBearersTakeTheSameWay: whoever shows a bearer token that nobody signed, or of
// another time or audience, learns neither from the answer nor from the statements it
// takes whether its subject has an account. No such token is looked up.
func TestForgedBearersTakeTheSameWay(t *testing.T) {
	watch := &listener{metrics: newMetrics()}
	s := newTestSiteOver(t, storetest.Open(t, store.Postgres, store.Options{Observer: watch}), watch.metrics)
	s.start(t)
	good := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	_, other, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := auth.NewSigner(other, "test", "test")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := auth.NewSigner(other, "test", "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	signed := func(by *auth.Signer, subject string, lasts time.Duration) string {
		token, err := by.Mint(auth.Viewer{Subject: subject, Role: models.RoleHR}, time.Now(), lasts)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if a := s.query(t, "{ __typename }", "Authorization", "Bearer "+good); a.status != 200 || !slices.ContainsFunc(watch.taken(), naming("accounts")) {
		t.Fatalf("a good token is answered %d, and its account not looked up", a.status)
	}
	var first answer
	var sent []string
	for i, token := range []string{
		signed(stranger, "hr", time.Hour), signed(stranger, "nobody", time.Hour), signed(elsewhere, "hr", time.Hour), signed(elsewhere, "nobody", time.Hour),
		good[:len(good)-8] + "AAAAAAAA", "x.y.z", "x",
	} {
		a := s.query(t, "{ __typename }", "Authorization", "Bearer "+token)
		now := watch.taken()
		if i == 0 {
			first, sent = a, now
		}
		if a.status != 401 || a.body != first.body || a.header.Get("WWW-Authenticate") != first.header.Get("WWW-Authenticate") {
			t.Errorf("token %d is answered %d %q %s", i, a.status, a.header.Get("WWW-Authenticate"), a.body)
		}
		if !slices.Equal(now, sent) || slices.ContainsFunc(now, naming("accounts")) {
			t.Errorf("token %d took\n%s\nnot\n%s", i, strings.Join(now, "\n"), strings.Join(sent, "\n"))
		}
	}
}

// naming says whether a statement names a table.
func naming(table string) func(text string) bool {
	return func(text string) bool { return strings.Contains(text, table) }
}
