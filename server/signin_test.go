package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// byProvider lets people sign in to a site by a provider.
func (s *testSite) byProvider(t *testing.T, p *testProvider) {
	t.Helper()
	provider, err := auth.NewProvider(t.Context(), auth.ProviderConfig{
		Issuer: p.URL, ClientID: testClient, ClientSecret: testClientSecret, Leeway: 5 * time.Second, Log: s.site.log, Now: func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	sessions, err := auth.NewSessions(nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	if s.verifier, err = auth.NewVerifier(t.Context(), auth.Config{Issuer: "test", Audience: "test", PublicKey: s.signer.Public(), Provider: provider}); err != nil {
		t.Fatal(err)
	}
	s.signInBy(provider, sessions)
}

// newProviderSite is a site whose one person signs in by a provider.
func newProviderSite(t *testing.T) (*testSite, *testProvider) {
	t.Helper()
	s, p := newTestSite(t, store.SQLite), newTestProvider(t)
	s.publicURL = ""
	s.start(t, func() { s.byProvider(t, p) })
	s.token(t, accounts.Grant{Subject: "u-17", Role: models.RoleHR, UnitRef: "LX"})
	return s, p
}

// person goes from page to page and keeps cookies, as far as it may follow.
type person struct {
	*http.Client
	t *testing.T
	s *testSite
}

func (s *testSite) person(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{&http.Client{Jar: jar}, t, s}
}

// get fetches a page, at the end of all redirects.
func (b *person) get(address string) (status int, page string, at *url.URL) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	answer, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(raw), answer.Request.URL
}

// wants fetches a page and looks at it.
func (b *person) wants(address string, status int, says string) *url.URL {
	b.t.Helper()
	got, page, at := b.get(address)
	if got != status || !strings.Contains(page, says) {
		b.t.Errorf("%s: %d, want %d with %q: %s", address, got, status, says, page)
	}
	return at
}

// stopped goes to the provider, and returns where it sends the browser back to.
func (b *person) stopped() string {
	b.t.Helper()
	back := ""
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/sign-in/return" {
			back = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	b.get(b.s.url + "/sign-in/provider")
	b.CheckRedirect = nil
	if back == "" {
		b.t.Fatal("the provider does not send the browser back")
	}
	return back
}

// session is the cookie of who has signed in.
func (b *person) session() string {
	at, err := url.Parse(b.s.url + "/work")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == "steelyard_session" {
			return c.Value
		}
	}
	return ""
}

const notFinished = "The sign-in was not finished"

// TestSigningInByTheProvider goes in, about and out.
func TestSigningInByTheProvider(t *testing.T) {
	s, p := newProviderSite(t)
	b := s.person(t)
	b.wants(s.url+"/work/cycles?lang=en", http.StatusOK, "organisation&#39;s account")
	b.wants(s.url+"/sign-in/provider?lang=en&back=%2Fwork%2Fcycles%3Flang%3Den", http.StatusOK, `url=/work/cycles?lang=en`)
	b.wants(s.url+"/work?lang=en", http.StatusOK, "Sign out")
	session := b.session()
	asBearer := func(token string) int {
		return s.send(t, "POST", "/graphql", `{"query":"{ me { subject role } }"}`, "Content-Type", "application/json", "Authorization", "Bearer "+token).status
	}
	if got := asBearer(session); got != http.StatusOK {
		t.Errorf("the session's token: %d", got)
	}
	out, page := s.post(t, "/work/sign-out", session, s.publicURL, "lang", "en")
	if out.StatusCode != http.StatusOK || !strings.Contains(page, p.URL+"/bye?client_id=") {
		t.Errorf("signed out: %d %s", out.StatusCode, page)
	}
	if got := asBearer(session); got != http.StatusUnauthorized {
		t.Errorf("the session's token after signing out: %d", got)
	}
	// Nobody else is signed out by it.
	other := s.person(t)
	other.wants(s.url+"/sign-in/provider", http.StatusOK, "signed in")
	if got := asBearer(other.session()); got != http.StatusOK {
		t.Errorf("another session: %d", got)
	}
	// The provider takes another key, and people go on coming in.
	p.turn()
	s.person(t).wants(s.url+"/sign-in/provider", http.StatusOK, "signed in")
	// What an administrator does holds for sessions at once.
	s.token(t, accounts.Grant{Subject: "u-17", Role: models.RoleHR, UnitRef: "LX-FW"})
	other.wants(s.url+"/work", http.StatusUnauthorized, "no longer signed in")
}

// TestWhatTheProviderDoesNotProve is every answer that must lead to nobody's session.
func TestWhatTheProviderDoesNotProve(t *testing.T) {
	s, p := newProviderSite(t)
	set := func(name string, value any) func() {
		return func() { p.wrong = func(c jwt.MapClaims) { c[name] = value } }
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"a wrong nonce", set("nonce", "another")},
		{"no nonce", func() { p.wrong = func(c jwt.MapClaims) { delete(c, "nonce") } }},
		{"a wrong audience", set("aud", "another program")},
		{"another program's", set("azp", "another program")},
		{"a wrong issuer", set("iss", "https://evil.example")},
		{"an expired token", set("exp", time.Now().Add(-time.Hour).Unix())},
		{"a subject that is none", set("sub", 17)},
		{"an empty subject", set("sub", "")},
		{"alg none", func() {
			p.sign = func(c jwt.MapClaims) string {
				return p.signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, c)
			}
		}},
		{"a stranger's signature", func() {
			p.sign = func(c jwt.MapClaims) string { return p.signed(jwt.SigningMethodEdDSA, stranger, c) }
		}},
		{"the client's secret as key", func() {
			p.sign = func(c jwt.MapClaims) string { return p.signed(jwt.SigningMethodHS256, []byte(testClientSecret), c) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.set(func() { p.wrong, p.sign = nil, nil; c.change() })
			b := s.person(t)
			b.wants(s.url+"/sign-in/provider", http.StatusUnprocessableEntity, notFinished)
			if b.session() != "" {
				t.Error("there is a session")
			}
			p.set(func() { p.subject = "u-17" })
			bearer := ""
			p.set(func() { bearer = p.idToken(nil) })
			if strings.Contains(c.name, "nonce") {
				return // a bearer token has none
			}
			if got := s.send(t, "GET", "/graphql?query={me{subject}}", "", "Authorization", "Bearer "+bearer).status; got != http.StatusUnauthorized {
				t.Errorf("as a bearer token: %d", got)
			}
		})
	}
	p.set(func() { p.wrong, p.sign = nil, nil })
	s.person(t).wants(s.url+"/sign-in/provider", http.StatusOK, "signed in") // the provider is right again
}

// TestAnAnswerIsForTheBrowserThatAsked replays and mixes answers up.
func TestAnAnswerIsForTheBrowserThatAsked(t *testing.T) {
	s, p := newProviderSite(t)
	mine, theirs := s.person(t), s.person(t)
	back := mine.stopped()
	theirs.stopped()
	theirs.wants(back, http.StatusUnprocessableEntity, notFinished)      // another browser's answer
	s.person(t).wants(back, http.StatusUnprocessableEntity, notFinished) // a browser that asked nothing
	back = mine.stopped()                                                // a code that nobody has used
	mine.wants(strings.Replace(back, "state=", "state=A", 1), http.StatusUnprocessableEntity, notFinished)
	mine.wants(back, http.StatusUnprocessableEntity, notFinished) // a wrong answer ends the attempt

	back = mine.stopped()
	mine.wants(back+"&iss=https://evil.example", http.StatusUnprocessableEntity, notFinished)
	back = mine.stopped()
	mine.wants(strings.Replace(back, "code=", "error=access_denied&was=", 1), http.StatusUnprocessableEntity, notFinished)

	back = mine.stopped()
	p.set(func() { // as if somebody else had begun: the verifier that comes is not this challenge's
		for code, was := range p.codes {
			was.challenge = "somebody else's"
			p.codes[code] = was
		}
	})
	mine.wants(back, http.StatusUnprocessableEntity, notFinished)

	back = mine.stopped()
	kept := mine.Jar.Cookies(mustParse(t, s.url+"/sign-in"))
	mine.wants(back, http.StatusOK, "signed in")
	mine.Jar.SetCookies(mustParse(t, s.url+"/sign-in"), kept)
	mine.wants(back, http.StatusUnprocessableEntity, notFinished) // the code is used up
	for _, c := range kept {
		forged := *c
		forged.Value = c.Value[:len(c.Value)-4] + "AAAA"
		mine.Jar.SetCookies(mustParse(t, s.url+"/sign-in"), []*http.Cookie{&forged})
	}
	mine.wants(back, http.StatusUnprocessableEntity, notFinished)
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestTheProviderMakesNobodyAnAccount: whom it proves must have one here that holds.
func TestTheProviderMakesNobodyAnAccount(t *testing.T) {
	s, p := newProviderSite(t)
	count := func() (n int64) {
		if err := s.store.Read(t.Context()).Model(&models.Account{}).Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	p.set(func() { p.subject = "<b>nobody</b>" })
	s.person(t).wants(s.url+"/sign-in/provider", http.StatusForbidden, "no account here for “&lt;b&gt;nobody&lt;/b&gt;”")
	if count() != before {
		t.Error("an account was made")
	}
	s.token(t, accounts.Grant{Subject: "hall", Role: models.RoleHR, UnitRef: "LX", Operations: []string{"cases"}})
	p.set(func() { p.subject = "hall" })
	s.person(t).wants(s.url+"/sign-in/provider", http.StatusUnprocessableEntity, notFinished)

	p.set(func() { p.subject = "u-17" })
	s.token(t, accounts.Grant{Subject: "boss", Role: models.RoleAdmin, UnitRef: "LX"})
	boss, err := s.app.Accounts.Actor(t.Context(), auth.Viewer{Subject: "boss", Role: models.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	account, err := s.app.Accounts.BySubject(t.Context(), "u-17")
	if err != nil {
		t.Fatal(err)
	}
	bearer := ""
	p.set(func() { bearer = p.idToken(jwt.MapClaims{"iat": time.Now().Add(-time.Minute).Unix()}) })
	asks := func(token string) int {
		return s.send(t, "GET", "/graphql?query={me{subject}}", "", "Authorization", "Bearer "+token).status
	}
	if got := asks(bearer); got != http.StatusOK {
		t.Errorf("a token of the provider: %d", got)
	}
	if _, err := s.app.Accounts.RevokeTokens(t.Context(), boss, accounts.Change{AccountID: account.ID, Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	if got := asks(bearer); got != http.StatusUnauthorized {
		t.Errorf("a token of the provider of before: %d", got)
	}
	later := ""
	p.set(func() { later = p.idToken(jwt.MapClaims{"iat": time.Now().Add(time.Second).Unix(), "jti": "one"}) })
	s.person(t).wants(s.url+"/sign-in/provider", http.StatusOK, "signed in") // who signs in anew gets a new one
	if got := asks(later); got != http.StatusOK {
		t.Errorf("a later token of the provider: %d", got)
	}
	if _, err := s.app.Accounts.RevokeToken(t.Context(), boss, accounts.TokenRevocation{AccountID: account.ID, TokenID: "one", Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	if got := asks(later); got != http.StatusUnauthorized {
		t.Errorf("a token of the provider that was revoked: %d", got)
	}
	if _, err := s.app.Accounts.Disable(t.Context(), boss, accounts.Change{AccountID: account.ID, Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	s.person(t).wants(s.url+"/sign-in/provider", http.StatusForbidden, "Your account is disabled")
}

// TestTheProviderMayBeDown: the page says so, tokens go on, and so does the provider when
// it is back.
func TestTheProviderMayBeDown(t *testing.T) {
	p := newTestProvider(t)
	p.set(func() { p.down = true })
	s := newTestSite(t, store.SQLite)
	s.publicURL = ""
	s.start(t, func() { s.byProvider(t, p) })
	token := s.token(t, accounts.Grant{Subject: "u-17", Role: models.RoleHR, UnitRef: "LX"})
	b := s.person(t)
	b.wants(s.url+"/sign-in/provider?lang=en", http.StatusServiceUnavailable, "does not answer")
	if answer, _ := s.post(t, "/sign-in", "", "", "token", token, "lang", "en"); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the form for tokens: %d", answer.StatusCode)
	}
	p.set(func() { p.down = false })
	p.ahead.Store(int64(time.Minute)) // it is not asked at every click
	back := b.stopped()
	p.set(func() { p.down = true })
	b.wants(back, http.StatusServiceUnavailable, "does not answer")
	p.set(func() { p.down = false })
	b.wants(s.url+"/sign-in/provider", http.StatusOK, "signed in")
}

// TestSigningInLeadsToOwnPagesAlone goes for other sites' pages, by the provider and with a token.
func TestSigningInLeadsToOwnPagesAlone(t *testing.T) {
	s, _ := newProviderSite(t)
	token := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	for back, want := range map[string]string{
		"/work/cycles?done=x":               "/work/cycles?done=x",
		"https://evil.example/work":         "/work",
		"//evil.example/work":               "/work",
		"/\\evil.example/work":              "/work",
		"/work/../r/x":                      "/work",
		"/work//evil.example":               "/work",
		"/work/%2e%2e/%2e%2e/":              "/work",
		"/work\t/":                          "/work",
		"/works":                            "/work",
		"javascript:alert(1)":               "/work",
		"/work#x":                           "/work",
		"/work/" + strings.Repeat("x", 600): "/work",
	} {
		_, page, _ := s.person(t).get(s.url + "/sign-in/provider?" + url.Values{"back": {back}}.Encode())
		if !strings.Contains(page, `content="0; url=`+want+`"`) {
			t.Errorf("%q by the provider: %s", back, page)
		}
		answer, _ := s.post(t, "/sign-in", "", "", "token", token, "lang", "en", "back", back)
		if got, _, _ := strings.Cut(answer.Header.Get("Location"), "?"); got != strings.Split(want, "?")[0] {
			t.Errorf("%q with a token: %s", back, answer.Header.Get("Location"))
		}
	}
}
