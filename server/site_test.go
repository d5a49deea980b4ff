package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

func TestTokensDecideWhoAsks(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			s := newTestSite(t, d)
			s.start(t)
			good := s.token(t, accounts.Grant{Subject: "li.wei", Role: models.RoleHR, UnitRef: "LX"})
			const me = "{ me { subject role unit { ref } } }"
			s.query(t, me).want(t, 200, `{"data":{"me":null}}`)
			s.query(t, me, "Authorization", "Bearer "+good).want(t, 200, `"subject":"li.wei"`, `"role":"HR"`, `"ref":"LX"`)
			s.query(t, me, "Authorization", "bearer "+good).want(t, 200, `"li.wei"`)

			stranger, err := s.signer.Mint(auth.Viewer{Subject: "nobody", Role: models.RoleAdmin}, time.Now(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			late, err := s.signer.Mint(auth.Viewer{Subject: "li.wei", Role: models.RoleHR}, time.Now().Add(-2*time.Hour), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			for name, headers := range map[string][]string{
				"not a token":   {"Authorization", "Bearer x"},
				"empty":         {"Authorization", ""},
				"another way":   {"Authorization", "Basic bGk6d2Vp"},
				"two headers":   {"Authorization", "Bearer " + good, "Authorization", "Bearer " + good},
				"cut off":       {"Authorization", "Bearer " + good[:len(good)-4]},
				"no account":    {"Authorization", "Bearer " + stranger},
				"expired":       {"Authorization", "Bearer " + late},
				"without space": {"Authorization", "Bearer" + good},
			} {
				a := s.query(t, me, append(headers, "Accept-Language", "en")...)
				a.want(t, 401, `"errors"`, "Sign in first", "UNAUTHENTICATED")
				if h := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(h, `Bearer realm="steelyard", error="invalid_token"`) {
					t.Errorf("%s: WWW-Authenticate is %q", name, h)
				}
			}
			// A change of what is granted makes the token worthless.
			s.token(t, accounts.Grant{Subject: "li.wei", Role: models.RoleOfficial, OfficialRef: "V1"})
			s.query(t, me, "Authorization", "Bearer "+good).want(t, 401)
		})
	}
}

func TestAPIKeepsItsBounds(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	hr := []string{"Authorization", "Bearer " + s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})}
	officials := func(first int) string {
		return fmt.Sprintf("{ officials(first: %d) { nodes { name cases(first: 20) { ref title state } } } }", first)
	}
	s.query(t, officials(5), hr...).want(t, 200, `"nodes"`)
	s.query(t, officials(100), hr...).want(t, 200, "COMPLEXITY_LIMIT_EXCEEDED")
	s.query(t, officials(-2147483648), hr...).want(t, 200, `"errors"`)
	s.query(t, officials(2147483647), hr...).want(t, 200, `"errors"`, "COMPLEXITY_LIMIT_EXCEEDED")
	s.query(t, "{ me { official { unit { parent { parent { parent { parent { parent { parent { parent { parent { parent { parent { name } } } } } } } } } } } } } }").
		want(t, 200, "TOO_COMPLEX")
	s.query(t, "{"+strings.Repeat(" __typename", 5000)+"}").want(t, 413)
	s.send(t, "GET", "/graphql?query={nodes(ids:["+strings.Repeat("+1", 3999)+"]){id}}", "").want(t, 200, "GRAPHQL_PARSE_FAILED", "token limit")
	a := s.query(t, "{ mee { subject } }")
	a.want(t, 200, "GRAPHQL_VALIDATION_FAILED")
	if strings.Contains(a.body, "Did you mean") {
		t.Errorf("a suggestion: %s", a.body)
	}
	s.query(t, `{ official(id: "x") { name } }`, append(hr, "Accept-Language", "en")...).want(t, 200, "is not an id", "INVALID")
}

// TestIntrospectionIsByRole: strangers and residents read no schema, nor hints of it, where
// the server is not told to show it to everybody.
func TestIntrospectionIsByRole(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	asked := []string{
		"{ __schema { queryType { name } } }", `{ __type(name: "Query") { name } }`,
		"{ a: __schema { types { name } } }", "{ ...F } fragment F on Query { __schema { queryType { name } } }",
	}
	s.query(t, asked[0]).want(t, 200, `"Query"`)
	s.introspection, s.graphiql = false, false
	s.start(t)
	grants := map[models.Role]accounts.Grant{
		models.RoleResident: {UnitRef: ""}, models.RoleOfficial: {OfficialRef: "V1"}, models.RoleReplyOfficer: {UnitRef: "LX"},
		models.RoleAuditor: {UnitRef: "LX"}, models.RoleHR: {UnitRef: "LX"}, models.RoleAdmin: {UnitRef: "LX"},
	}
	headers := map[models.Role][]string{"": nil}
	for role, g := range grants {
		g.Subject, g.Role = "who-"+string(role), role
		if role == models.RoleOfficial {
			g.Subject = "V1"
		}
		headers[role] = []string{"Authorization", "Bearer " + s.token(t, g)}
	}
	for role, header := range headers {
		for _, query := range asked {
			a := s.query(t, query, header...)
			if shown := strings.Contains(a.body, `"Query"`); shown != (role == models.RoleAdmin || role == models.RoleHR) {
				t.Errorf("%q asks %s: %s", role, query, a.body)
			}
		}
		// Nor does a wrong question tell what would be right.
		for _, query := range []string{
			"{ mee { subject } }", "{ me { subjec } }", "{ ratingInvitation(tokn: \"x\") { service { ref } } }", "{ ... on Quer { me { role } } }",
			"query($x: Strin) { me { role } }", "{ me { role @inclde(if: true) } }", "{ publicCases(filter: {stat: OPEN}, first: 1) { nodes { id } } }",
			"mutation { submitRating(input: {tokn: \"x\", level: 1}) { receipt } }",
		} {
			if a := s.query(t, query, header...); strings.Contains(a.body, "id you mean") || !strings.Contains(a.body, `"errors"`) {
				t.Errorf("%q is told by %s: %s", role, query, a.body)
			}
		}
	}
	s.query(t, "{ __typename }").want(t, 200, `"Query"`)
	s.send(t, "GET", "/graphiql", "").want(t, 404)
}

// TestAFaultShowsItsRequestAlone: no stack, no cause, but the id that the log has.
func TestAFaultShowsItsRequestAlone(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.app.Cases = nil // whoever asks it panics
	s.start(t)
	a := s.query(t, `{ caseByReceipt(receipt: "`+auth.NewReceipt().Code()+`") { ref } }`, "Accept-Language", "en", "X-Request-Id", "request-of-the-test")
	a.want(t, 200, "Something went wrong inside", `"code":"INTERNAL"`, `"request":"request-of-the-test"`, `"data":{"caseByReceipt":null}`)
	for _, word := range []string{"goroutine", ".go", "nil pointer", "runtime", "panic", "stack"} {
		if strings.Contains(a.body, word) {
			t.Errorf("the answer tells %q: %s", word, a.body)
		}
	}
	if len(a.body) > 300 {
		t.Errorf("the answer is long: %s", a.body)
	}
}

func TestMessagesFollowAcceptLanguage(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	const query = `{ cycle(id: "01a214de-dbdc-7659-a1ef-26b73b2b481a") { name } }`
	for accept, want := range map[string]string{"": "请先登录", "zh-CN": "请先登录", "en-GB,en;q=0.8": "Sign in first", "fr": "请先登录"} {
		a := s.query(t, query, "Accept-Language", accept)
		a.want(t, 200, want, "UNAUTHENTICATED")
		if vary := strings.Join(a.header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Language") || !strings.Contains(vary, "Authorization") {
			t.Errorf("Vary is %q", vary)
		}
	}
}

func TestForeignPages(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	for _, c := range []struct {
		name    string
		method  string
		headers []string
		status  int
		allowed string
	}{
		{"no browser", "POST", nil, 200, ""},
		{"own page", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", s.url}, 200, ""},
		{"own page behind a proxy", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://steelyard.test"}, 200, ""},
		{"listed page", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://hr.example"}, 200, "https://hr.example"},
		{"foreign page", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403, ""},
		{"listed host by http", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://hr.example"}, 403, ""},
		{"old browser's foreign page", "POST", []string{"Origin", "https://evil.example"}, 403, ""},
		{"preflight of a listed page", "OPTIONS", []string{"Origin", "https://hr.example", "Access-Control-Request-Method", "POST"}, 204, "https://hr.example"},
		{"preflight of a foreign page", "OPTIONS", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 204, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.send(t, c.method, "/graphql", `{"query":"{ __typename }"}`, append(c.headers, "Content-Type", "application/json")...)
			a.want(t, c.status)
			if got := a.header.Get("Access-Control-Allow-Origin"); got != c.allowed {
				t.Errorf("Access-Control-Allow-Origin is %q, want %q", got, c.allowed)
			}
			if got := a.header.Get("Access-Control-Allow-Headers"); (got != "") != (c.method == "OPTIONS" && c.allowed != "") {
				t.Errorf("Access-Control-Allow-Headers is %q", got)
			}
			if a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
		})
	}
}

func TestClientAddress(t *testing.T) {
	trusted, err := newNetworks("trusted-proxy", []string{"10.0.0.0/8", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, peer, forwarded, want string }{
		{"direct", "192.0.2.1:5", "", "192.0.2.1"},
		{"a stranger's header is not believed", "192.0.2.1:5", "198.51.100.1", "192.0.2.1"},
		{"behind a proxy", "10.0.0.1:5", "192.0.2.1", "192.0.2.1"},
		{"behind two", "10.0.0.1:5", "192.0.2.1, 10.0.0.2", "192.0.2.1"},
		{"what stands before is made up", "10.0.0.1:5", "198.51.100.1, 192.0.2.1", "192.0.2.1"},
		{"a proxy's own request", "10.0.0.1:5", "", "10.0.0.1"},
		{"nonsense", "10.0.0.1:5", "198.51.100.1, who", "10.0.0.1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5", "::ffff:192.0.2.1", "192.0.2.1"},
		{"IPv6", "[2001:db8::1]:5", "2001:4860::7", "2001:4860::7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if got := trusted.client(r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestCostOfListsNeverOverflows(t *testing.T) {
	for _, c := range []struct {
		n           int32
		child, want int
	}{
		{5, 3, 16},
		{0, 3, 4},
		{-2147483648, 3, 4},
		{2147483647, 3, 301},
		{100, int(^uint(0) >> 1), int(^uint(0) >> 1)},
		{100, int(^uint(0)>>1)/100 + 1, int(^uint(0) >> 1)},
		{1, 0, 1},
	} {
		if got := rows(c.n, c.child); got != c.want {
			t.Errorf("rows(%d, %d) = %d, want %d", c.n, c.child, got, c.want)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	s.send(t, "GET", "/healthz", "").want(t, 200, "ok")
	s.send(t, "GET", "/readyz", "").want(t, 200, "ready")
	s.draining.Store(true)
	s.send(t, "GET", "/readyz", "").want(t, 503, "ending")
	s.draining.Store(false)
	if _, err := s.store.MigrateDown(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.send(t, "GET", "/readyz", "").want(t, 503, "not ready")
	s.send(t, "GET", "/healthz", "").want(t, 200)
}

// TestMetricsAreForWhoWatches: they tell when residents answer, and so are read
// from inside alone; what an unknown proxy forwards comes from outside.
func TestMetricsAreForWhoWatches(t *testing.T) {
	inside, trusted := networks{netip.MustParsePrefix("127.0.0.0/8")}, networks{netip.MustParsePrefix("10.0.0.0/8")}
	guarded := onlyFrom(inside, trusted)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, 200, "ok") }))
	for _, c := range []struct {
		peer, forwarded string
		want            int
	}{
		{"127.0.0.1:99", "", 200},
		{"203.0.113.7:99", "", 403},
		{"127.0.0.1:99", "203.0.113.7", 403},
		{"127.0.0.1:99", "127.0.0.1", 403},
		{"10.1.1.1:99", "127.0.0.1", 200},
		{"10.1.1.1:99", "203.0.113.7", 403},
		{"nowhere", "", 403},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("from %s for %q: %d, want %d", c.peer, c.forwarded, w.Code, c.want)
		}
	}
}

func TestMetricsCountWithoutNamingAnybody(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	s.query(t, "query Zhang_San_secret { me { subject } }").want(t, 200)
	s.send(t, "GET", "/r/secret-token", "")
	s.send(t, "ZHANG", "/graphql", "")
	a := s.send(t, "GET", "/metrics", "")
	a.want(t, 200, `steelyard_graphql_operations_total{field="me",kind="query",operation="other",outcome="ok"} 1`,
		`steelyard_http_requests_total{method="POST",route="/graphql",status="200"} 1`,
		"go_goroutines")
	for _, word := range []string{"secret", "ZHANG", "Zhang"} {
		if strings.Contains(a.body, word) {
			t.Errorf("metrics hold %q", word)
		}
	}
}

func TestLogHoldsNoSecret(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	token := s.token(t, accounts.Grant{Subject: "li.wei", Role: models.RoleHR, UnitRef: "LX"})
	s.query(t, "{ me { subject } }", "Authorization", "Bearer "+token, "X-Request-Id", "from-the-proxy")
	s.query(t, "{ me { subject } }", "Authorization", "Bearer "+token[:len(token)-3])
	s.query(t, `{ ratingByReceipt(receipt: "SECRET-RECEIPT") { level } }`, "X-Request-Id", "bad id")
	s.send(t, "GET", "/r/SECRET-LINK?x=SECRET-QUERY", "")
	s.send(t, "GET", "/graphql?query={__typename}&variables={\"x\":\"SECRET-VARIABLE\"}", "")
	log := s.log.String()
	wantHas(t, log, "route=/graphql", "status=200", "status=401", "request=from-the-proxy")
	for _, word := range []string{"SECRET", token[:20], token[len(token)-20:], "li.wei", "127.0.0.1", "bad id"} {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q:\n%s", word, log)
		}
	}
}

func TestPanicBecomesAnAnswer(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	routes := http.NewServeMux()
	routes.HandleFunc("/boom", func(http.ResponseWriter, *http.Request) { panic("secret state") })
	server := httptest.NewServer(chain(routes, identify, observe(routes, s.metrics, s.site.log), harden(true)))
	t.Cleanup(server.Close)
	s.url = server.URL
	a := s.send(t, "GET", "/boom", "", "Accept-Language", "en", "Accept", "application/json")
	a.want(t, 500, "Something went wrong", "INTERNAL")
	if strings.Contains(a.body, "secret state") {
		t.Error("the panic is shown")
	}
	wantHas(t, s.log.String(), "secret state", "site_test.go")
	if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Strict-Transport-Security") == "" || a.header.Get("X-Request-Id") == "" {
		t.Errorf("headers: %v", a.header)
	}
}

func TestConsoleWorksOffline(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	page := s.send(t, "GET", "/graphiql", "")
	page.want(t, 200, `src="/graphiql/graphiql.js"`, `href="/graphiql/graphiql.css"`)
	if strings.Contains(page.body, "https://") || !strings.Contains(page.header.Get("Content-Security-Policy"), "connect-src 'self'") {
		t.Error("the page reaches for somebody else")
	}
	for name, media := range map[string]string{
		"graphiql.js": "text/javascript; charset=utf-8", "graphiql.css": "text/css; charset=utf-8",
		"editor.worker.js": "text/javascript; charset=utf-8", "json.worker.js": "text/javascript; charset=utf-8",
		"graphql.worker.js": "text/javascript; charset=utf-8",
	} {
		a := s.send(t, "GET", "/graphiql/"+name, "", "Accept-Encoding", "identity")
		a.want(t, 200)
		if a.header.Get("Content-Type") != media || len(a.body) < 10_000 || a.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %s, %d bytes, %s", name, a.header.Get("Content-Type"), len(a.body), a.header.Get("Content-Encoding"))
		}
		packed := s.send(t, "GET", "/graphiql/"+name, "", "Accept-Encoding", "gzip")
		packed.want(t, 200)
		if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(a.body) {
			t.Errorf("%s is not sent packed", name)
		}
		s.send(t, "GET", "/graphiql/"+name, "", "Accept-Encoding", "gzip", "If-None-Match", packed.header.Get("ETag")).want(t, 304)
	}
	s.send(t, "GET", "/graphiql/nothing.js", "").want(t, 404)
}

// TestWhoMistypesAnAddressIsToldWhereToBegin, in their language, and not in a machine's words.
func TestWhoMistypesAnAddressIsToldWhereToBegin(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	for accept, words := range map[string]string{"en": "There is no such page.", "zh-CN": "没有这个页面。"} {
		for _, path := range []string{"/recipt", "/receipt/", "/work/nothing/here", "/favicon.ico"} {
			s.send(t, "GET", path, "", "Accept-Language", accept).want(t, http.StatusNotFound, `role="alert">`+words, `href="/receipt?lang=`+accept)
		}
	}
	s.send(t, "PUT", "/receipt", "").want(t, http.StatusMethodNotAllowed)
}
