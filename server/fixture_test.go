package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/services/accounts"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// testSite is a site over the village, with whoever may sign tokens for it.
type testSite struct {
	*site
	signer *auth.Signer
	log    *syncBuffer
	url    string // once it is served
}

// syncBuffer is a log that is written and read at once.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// newTestSite makes a site; nothing is served yet.
func newTestSite(t *testing.T, d store.Dialect) *testSite {
	t.Helper()
	return newTestSiteAt(t, d, nil)
}

// newTestSiteAt makes a site with a clock of its own.
func newTestSiteAt(t *testing.T, d store.Dialect, now func() time.Time) *testSite {
	t.Helper()
	watch := newMetrics()
	return newTestSiteOver(t, storetest.Open(t, d, store.Options{Now: now, Observer: watch}), watch)
}

// newTestSiteOver makes a site over an empty database.
func newTestSiteOver(t *testing.T, st *store.Store, watch *metrics) *testSite {
	t.Helper()
	keys, err := keyring.Create(t.TempDir() + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&imports.Service{Store: st, Keys: keys, Zone: zone}).Import(t.Context(), village, imports.Options{}); err != nil {
		t.Fatal(err)
	}
	days, err := calendar.China()
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := openSecrets(t.TempDir()+"/secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	private, err := signingKey(t.TempDir() + "/key.pem")
	if err != nil {
		t.Fatal(err)
	}
	secrets.audit.private = private
	signer, err := auth.NewSigner(private, "test", "test")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := auth.NewVerifier(t.Context(), auth.Config{Issuer: "test", Audience: "test", PublicKey: signer.Public()})
	if err != nil {
		t.Fatal(err)
	}
	app, err := means{st, keys, zone, days, secrets, memblob.OpenBucket(nil), nil}.app()
	if err != nil {
		t.Fatal(err)
	}
	log := &syncBuffer{}
	return &testSite{signer: signer, log: log, site: &site{
		store: st, app: app, verifier: verifier, zone: zone, metrics: watch,
		log:       slog.New(withRequestID{slog.NewTextHandler(log, nil)}),
		publicURL: "http://steelyard.test", origins: origins{"https://hr.example"}, perMinute: 0,
		maxBody: 10_000, maxComplexity: 5000, timeout: time.Hour, proveEvery: 20 * time.Millisecond, introspection: true, graphiql: true,
		quit: make(chan struct{}), watchers: networks{netip.MustParsePrefix("127.0.0.0/8")},
	}}
}

// serve serves the site until the test ends; what still depends on its address is done before.
func (s *testSite) start(t *testing.T, before ...func()) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	if s.publicURL == "" {
		s.publicURL = "http://" + server.Listener.Addr().String()
	}
	for _, do := range before {
		do()
	}
	h, err := s.handler()
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = h
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL
}

// token grants an account and mints a token for it.
func (s *testSite) token(t *testing.T, g accounts.Grant) string {
	t.Helper()
	made, err := grantToken(&session{ctx: t.Context()}, s.app.Accounts, s.signer, time.Hour, g)
	if err != nil {
		t.Fatal(err)
	}
	return made.token
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request; headers are pairs.
func (s *testSite) send(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

// query posts a GraphQL query.
func (s *testSite) query(t *testing.T, query string, headers ...string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, "POST", "/graphql", string(body), append(headers, "Content-Type", "application/json")...)
}

func (a answer) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %s", a.status, status, a.body)
	}
	wantHas(t, a.body, words...)
}
