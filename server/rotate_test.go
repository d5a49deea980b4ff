package main

import (
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestTheSigningKeyRotatesUnderTwoServers: neither is started anew, the token of before
// holds in both beside the new one, and goes with the key that signed it.
func TestTheSigningKeyRotatesUnderTwoServers(t *testing.T) {
	path := t.TempDir() + "/signing.pem"
	if _, err := signingKey(path); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(20 * time.Minute) // tokens are minted by the real clock, which must not overtake it
	one := newTestSite(t, store.SQLite)
	handlers := make([]http.Handler, 2) // two processes on one database
	for i := range handlers {
		verifier, err := auth.NewVerifier(t.Context(), auth.Config{
			Issuer: "test", Audience: "test", Now: func() time.Time { return now },
			OwnKeys: func() ([]ed25519.PublicKey, error) { return trustedKeys(path) },
		})
		if err != nil {
			t.Fatal(err)
		}
		one.verifier, one.metrics = verifier, newMetrics()
		if handlers[i], err = one.handler(); err != nil {
			t.Fatal(err)
		}
	}
	mint := func() string {
		private, err := signingKey(path)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := auth.NewSigner(private, "test", "test")
		if err != nil {
			t.Fatal(err)
		}
		made, err := grantToken(&session{ctx: t.Context()}, one.app.Accounts, signer, time.Hour, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
		if err != nil {
			t.Fatal(err)
		}
		return made.token
	}
	wants := func(when, token string, status int) {
		t.Helper()
		for i, h := range handlers {
			if got := asked(t, h, token); got != status {
				t.Errorf("%s, process %d: %d, want %d", when, i, got, status)
			}
		}
	}
	first := mint()
	wants("before", first, http.StatusOK)
	for turn, status := range []int{http.StatusOK, http.StatusUnauthorized} {
		now = now.Add(2 * time.Second)
		if err := rotateKey(path); err != nil {
			t.Fatal(err)
		}
		wants("with a new key", mint(), http.StatusOK)
		now = now.Add(2 * time.Minute)
		wants("a token of the first key after turn "+string(rune('1'+turn)), first, status)
	}
	last := mint()
	if err := errors.Join(os.Remove(path), os.Remove(path+previousSuffix)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	wants("after its key was taken away", last, http.StatusUnauthorized)
}

// asked is how a handler answers a question with a token.
func asked(t *testing.T, h http.Handler, token string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/graphql", strings.NewReader(`{"query":"{ me { role } }"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// TestLinksOutliveTheirSecret: a file that was promised can be fetched after the
// server's secret has changed, by the link of its own kind alone.
func TestLinksOutliveTheirSecret(t *testing.T) {
	folder, id, now := t.TempDir(), models.NewID(), time.Now()
	before, err := openSecrets(folder+"/old", nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := openSecrets(folder+"/new", []string{folder + "/old"})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := openSecrets(folder+"/new", nil)
	if err != nil {
		t.Fatal(err)
	}
	picture, export := before.pictures.Issue(id, now), before.exports.Issue(id, now)
	for name, c := range map[string]struct {
		links *auth.Links
		link  string
		holds bool
	}{
		"of a picture":                  {after.pictures, picture, true},
		"of an export":                  {after.exports, export, true},
		"of a picture, secret gone":     {alone.pictures, picture, false},
		"of a picture, for an export":   {after.exports, picture, false},
		"of an export, for a picture":   {after.pictures, export, false},
		"of a picture, the same secret": {before.pictures, picture, true},
	} {
		if got, err := c.links.Parse(c.link, now); (err == nil && got == id) != c.holds {
			t.Errorf("a link %s: %v", name, err)
		}
	}
}
