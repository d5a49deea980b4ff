package main

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"steelyard/store"
)

// TestProfilesHaveAPortOfTheirOwn, which ends with the server; at the server's there are
// none, and one that others can reach is warned of.
func TestProfilesHaveAPortOfTheirOwn(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	private, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop, ended := s.run(t, 0, profiles(private, log))
	if got := s.send(t, "GET", "/debug/pprof/", ""); got.status != http.StatusNotFound {
		t.Errorf("profiles at the server's own port: %d", got.status)
	}
	public := s.url
	s.url = "http://" + private.Addr().String()
	if got := s.send(t, "GET", "/debug/pprof/goroutine?debug=1", ""); got.status != http.StatusOK || !strings.Contains(got.body, "goroutine profile") {
		t.Errorf("%d %.100s", got.status, got.body)
	}
	s.url = public
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if said.Len() > 0 {
		t.Errorf("warned of loopback: %s", said.String())
	}
	open, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	profiles(open, log)
	if err := open.Close(); err != nil || !strings.Contains(said.String(), "other machines") {
		t.Errorf("%v, %q", err, said.String())
	}
}
