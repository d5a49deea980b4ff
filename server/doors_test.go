package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/web"
)

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// TestEveryDoorAsksWhatItsRowSays goes to every route that there is as who may not come:
// without anything, with a token that has run out, that was revoked, that nobody
// signed, and that is of a wrong role.
func TestEveryDoorAsksWhatItsRowSays(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t, func() { s.byProvider(t, newTestProvider(t)) })
	grant := accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"}
	revoked := s.token(t, grant)
	s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX-FW"})
	expired, err := s.signer.Mint(auth.Viewer{Subject: "hr", Role: models.RoleHR, Epoch: 1}, time.Now().Add(-2*time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	admin := s.token(t, accounts.Grant{Subject: "admin", Role: models.RoleAdmin, UnitRef: "LX"})
	bad := map[string]string{"an expired token": expired, "a revoked token": revoked, "a forged token": revoked[:len(revoked)-4] + "AAAA"}

	patterns, used := s.patterns, map[string]bool{}
	for _, pattern := range patterns {
		d, found := doorOf(pattern)
		if !found {
			t.Errorf("%s has no row", pattern)
		}
		used[d.path] = true
		method, path, given := strings.Cut(pattern, " ")
		if !given {
			method, path = "GET", pattern
		}
		if method == "OPTIONS" {
			continue
		}
		path = wildcard.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "01890a5d-ac96-774b-bcce-b302099a8057")
		ask := func(header ...string) int {
			got := s.send(t, method, path, "", header...)
			return got.status
		}
		switch {
		case method == "HEAD":
		case d.asks == showToken:
			file := strings.TrimSuffix(path, "/") + ".csv"
			if got := s.send(t, method, file, "").status; got != http.StatusUnauthorized {
				t.Errorf("%s without a token: %d", pattern, got)
			}
			if got := s.send(t, method, file, "", "Authorization", "Bearer "+admin).status; got != http.StatusForbidden {
				t.Errorf("%s as an administrator: %d", pattern, got)
			}
			for name, token := range bad {
				if got := ask("Authorization", "Bearer "+token); got != http.StatusUnauthorized {
					t.Errorf("%s with %s: %d", pattern, name, got)
				}
			}
		case d.asks == showSession:
			answer, page := s.post(t, path, "", "", fieldsOf(method)...)
			sent := answer.StatusCode == http.StatusSeeOther && strings.HasPrefix(answer.Header.Get("Location"), "/sign-in")
			// A form is not sent on: its text would be lost. Who signs out needs no session any more.
			asked := answer.StatusCode == http.StatusUnauthorized && strings.Contains(page, `action="/sign-in"`)
			if form := method == "POST" && path != "/work/sign-out"; asked != form || sent == form {
				t.Errorf("%s without a session: %d to %q", pattern, answer.StatusCode, answer.Header.Get("Location"))
			}
			for name, token := range bad {
				if answer, _ := s.post(t, path, token, "", fieldsOf(method)...); path != "/work/sign-out" && answer.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s with %s: %d", pattern, name, answer.StatusCode)
				}
			}
		case d.asks == showLink && method == "GET":
			if got := ask(); got < 400 || got >= 500 {
				t.Errorf("%s with an address that nobody made: %d", pattern, got)
			}
		case d.path == "/graphql":
			for name, token := range bad {
				if got := ask("Authorization", "Bearer "+token); got != http.StatusUnauthorized {
					t.Errorf("%s with %s: %d", pattern, name, got)
				}
			}
		}
	}
	for _, d := range doors {
		if !used[d.path] {
			t.Errorf("no route leads to the row of %s", d.path)
		}
	}
	if len(patterns) < 60 {
		t.Errorf("only %d routes were looked at", len(patterns))
	}
}

// fieldsOf is a form for a method that sends one.
func fieldsOf(method string) []string {
	if method == http.MethodPost {
		return []string{"key", "k"}
	}
	return nil
}

// TestARouteWithoutARowIsNotServed: deny by default.
func TestARouteWithoutARowIsNotServed(t *testing.T) {
	for pattern, want := range map[string]bool{
		"GET /secrets": false, "/graphqls": false, "GET /work/anything/{id}": true, "GET /workers": false, "POST /receipt/word": true, "GET /{$}": true, "/": true, "GET /{any}": false,
	} {
		e := &entrance{}
		e.Handle(pattern, http.NotFoundHandler())
		if err := e.check(&web.Pages{}); (err == nil) != want {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// TestAMethodThatNobodyServesIsNotAllowed: where there is something, another method is
// refused as such, and is told which there are.
func TestAMethodThatNobodyServesIsNotAllowed(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	for _, pattern := range s.patterns {
		_, path, given := strings.Cut(pattern, " ")
		if !given {
			path = pattern
		}
		if path == "/open311/v2/" {
			continue // nothing is there; below it the same holds
		}
		path = wildcard.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "01890a5d-ac96-774b-bcce-b302099a8057")
		for _, method := range []string{"PATCH", "TRACE", "BREW"} {
			if got := s.send(t, method, path, ""); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
				t.Errorf("%s %s: %d, Allow %q", method, path, got.status, got.header.Get("Allow"))
			}
		}
	}
}
