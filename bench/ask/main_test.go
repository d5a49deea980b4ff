//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestAsk counts what was answered, waits for what is under way, and refuses a server that
// answers quickly and wrongly.
func TestAsk(t *testing.T) {
	t.Parallel()
	body := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(body, []byte(`{"query": "{ me { id } }"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		serve func(n int64, w http.ResponseWriter)
		wrong string
	}{
		{"right", func(_ int64, w http.ResponseWriter) { fmt.Fprint(w, `{"data":{}}`) }, ""},
		{"in pieces", func(_ int64, w http.ResponseWriter) {
			fmt.Fprint(w, `{"data":`)
			w.(http.Flusher).Flush()
			fmt.Fprint(w, `{}}`)
		}, ""},
		{"broken", func(_ int64, w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }, "500"},
		{"overloaded in between", func(n int64, w http.ResponseWriter) {
			if n%2 == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, `{"data":{}}`)
		}, ""},
		{"an error", func(_ int64, w http.ResponseWriter) { fmt.Fprint(w, `{"errors":[]}`) }, "200 OK"},
		{"less and less", func(n int64, w http.ResponseWriter) { fmt.Fprint(w, strings.Repeat("x", int(n))) }, "bytes after one of"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got, err := io.ReadAll(r.Body)
				if err != nil || string(got) != `{"query": "{ me { id } }"}` || r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != "/graphql" {
					t.Errorf("%s %q %v", r.URL, got, err)
				}
				tt.serve(asked.Add(1), w)
			}))
			defer server.Close()
			var out strings.Builder
			err := run([]string{"--url", server.URL + "/graphql", "--body", body, "--token", "secret", "--connections", "3", "--for", "20ms"}, &out)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Error(err)
				}
				return
			}
			var rate, half, most float64
			if _, scanned := fmt.Sscan(out.String(), &rate, &half, &most); err != nil || scanned != nil || rate <= 0 || half > most || asked.Load() < 3 {
				t.Errorf("%q after %d: %v, %v", out.String(), asked.Load(), err, scanned)
			}
		})
	}
}

// TestAskEach sends each line once, and says when there are no more.
func TestAskEach(t *testing.T) {
	t.Parallel()
	body := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(body, []byte("one\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var asked sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if _, again := asked.LoadOrStore(string(got), true); again || err != nil {
			t.Errorf("%q is sent again, %v", got, err)
		}
		fmt.Fprint(w, `{"data":{}}`)
	}))
	defer server.Close()
	args := []string{"--url", server.URL, "--body", body, "--each", "--connections", "3", "--for"}
	if err := run(append(args, "0s"), io.Discard); err != nil {
		t.Error(err)
	}
	asked.Clear()
	if err := run(append(args, "1m"), io.Discard); err == nil || !strings.Contains(err.Error(), "all 3 requests") {
		t.Errorf("too few requests: %v", err)
	}
}
