package main

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"steelyard/store"
)

// hole is a part of a route that a request fills.
var hole = regexp.MustCompile(`\{[^}]*\}`)

// addresses are one of each route that is served: its method, none where any is taken, and path.
func (s *testSite) addresses() (out [][2]string) {
	for _, pattern := range s.patterns {
		method, path, given := strings.Cut(pattern, " ")
		if !given {
			method, path = "", pattern
		}
		out = append(out, [2]string{method, hole.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "x")})
	}
	return out
}

// TestEveryAnswerKeepsToItself: whatever is asked for, and whatever comes of it.
func TestEveryAnswerKeepsToItself(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.publicURL = "https://steelyard.test"
	s.start(t)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, at := range append(s.addresses(), [2]string{"GET", "/nowhere"}) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			request, err := http.NewRequestWithContext(t.Context(), method, s.url+at[1], nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := stay.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if err := got.Body.Close(); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000"}
			document := map[string]string{
				"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
				"Permissions-Policy": "camera=(), geolocation=(), microphone=()",
			}
			if at[1] == "/graphql" { // nothing shows it as a document
				media, vary := got.Header.Get("Content-Type"), got.Header.Values("Vary")
				if media != "" && !strings.HasPrefix(media, "application/") || len(vary) != 1 {
					t.Errorf("%s %s: %s, and varies by %q", method, at[1], media, vary)
				}
			} else {
				maps.Copy(want, document)
			}
			for header, want := range want {
				if is := got.Header.Get(header); is != want {
					t.Errorf("%s %s: %s is %q, want %q", method, at[1], header, is, want)
				}
			}
			policy := got.Header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action '"} {
				if !strings.Contains(policy, part) {
					t.Errorf("%s %s: the content policy %q lacks %s", method, at[1], policy, part)
				}
			}
			if loose := regexp.MustCompile(`unsafe|script-src [^;]*\*|https?:`).FindString(policy); loose != "" && at[1] != "/graphiql" {
				t.Errorf("%s %s: the content policy %q allows %s", method, at[1], policy, loose)
			}
			if kept := got.Header.Get("Cache-Control"); strings.HasPrefix(at[1], "/work") && got.StatusCode != http.StatusMethodNotAllowed && kept != "no-store" {
				t.Errorf("%s %s: Cache-Control is %q", method, at[1], kept)
			}
		}
	}
}

// TestAnAnswerOfTheSchemaHasFewHeaders: each costs every answer; how a document is shown is
// said of none, and all that is said fits one piece of a map.
func TestAnAnswerOfTheSchemaHasFewHeaders(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	a := s.query(t, `{ me { subject } }`)
	delete(a.header, "Date") // the connection's
	if got := slices.Sorted(maps.Keys(a.header)); len(got) > 8 {
		t.Errorf("%d headers: %q", len(got), got)
	}
}

// TestAFolderIsNotListed: assets are fetched by their names.
func TestAFolderIsNotListed(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	for path, status := range map[string]int{"/assets/": 404, "/assets/style.css": 200, "/assets/%2e%2e/web.go": 404, "/graphiql/": 404} {
		if got := s.send(t, http.MethodGet, path, ""); got.status != status {
			t.Errorf("%s: %d, want %d", path, got.status, status)
		}
	}
}

// TestNothingIsTakenFromAForeignPage: by no route, those of tomorrow included.
func TestNothingIsTakenFromAForeignPage(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	for _, at := range s.addresses() {
		if at[0] != "" && at[0] != http.MethodPost {
			continue
		}
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			{"Sec-Fetch-Site", "same-site", "Origin", "https://other.steelyard.test"},
			{"Origin", "null"},
			{"Sec-Fetch-Site", "cross-site"},
		} {
			got := s.send(t, http.MethodPost, at[1], "lang=en", append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
			if got.status != http.StatusForbidden {
				t.Errorf("%s from %v: %d %.100s", at[1], headers, got.status, got.body)
			}
		}
	}
}
