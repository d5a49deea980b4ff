package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// post sends a form as a browser does that follows nothing, and returns the answer
// with its body read.
func (s *testSite) post(t *testing.T, path, cookie, origin string, fields ...string) (*http.Response, string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	method, body := "POST", io.Reader(strings.NewReader(form.Encode()))
	if len(fields) == 0 {
		method, body = "GET", nil
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "en")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "steelyard_session", Value: cookie})
	}
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer, string(raw)
}

// TestSigningIn holds the session to its cookie's rules, on a site that is reached by
// https.
func TestSigningIn(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.publicURL = "https://steelyard.test"
	s.start(t)
	token := s.token(t, accounts.Grant{Subject: "clerk", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	signedIn, _ := s.post(t, "/sign-in", "", "https://steelyard.test", "token", " "+token+"\n", "lang", "en")
	if signedIn.StatusCode != http.StatusSeeOther || signedIn.Header.Get("Location") != "/work?lang=en" {
		t.Fatalf("signed in: %d to %q", signedIn.StatusCode, signedIn.Header.Get("Location"))
	}
	got := signedIn.Header.Get("Set-Cookie")
	if want := "steelyard_session=" + token + "; Path=/work; HttpOnly; Secure; SameSite=Strict"; got != want {
		t.Errorf("the cookie is %q, want %q", got, want)
	}
	for _, wrong := range []string{"", "x", token + "x", strings.Repeat("a", 4000), "a;b"} {
		refused, page := s.post(t, "/sign-in", "", "", "token", wrong, "lang", "en")
		if refused.StatusCode != http.StatusUnprocessableEntity || refused.Header.Get("Set-Cookie") != "" || !strings.Contains(page, "does not hold") {
			t.Errorf("token %.20q: %d %q", wrong, refused.StatusCode, refused.Header.Get("Set-Cookie"))
		}
	}
	for _, origin := range []string{"https://evil.example", "https://hr.example"} {
		for _, path := range []string{"/sign-in", "/work/sign-out", "/work/encounters/new"} {
			if foreign, _ := s.post(t, path, token, origin, "token", token); foreign.StatusCode != http.StatusForbidden {
				t.Errorf("%s lets a page of %s do something: %d", path, origin, foreign.StatusCode)
			}
		}
	}
	out, _ := s.post(t, "/work/sign-out", token, "https://steelyard.test", "lang", "en")
	if out.StatusCode != http.StatusSeeOther || !strings.Contains(out.Header.Get("Set-Cookie"), "steelyard_session=; Path=/work; Max-Age=0") {
		t.Errorf("signed out: %d %q", out.StatusCode, out.Header.Get("Set-Cookie"))
	}
}

// TestWorkIsForWhoHasIt goes to the officials' pages as who has no business there.
func TestWorkIsForWhoHasIt(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.maxComplexity = 50_000
	s.start(t)
	clerk := s.token(t, accounts.Grant{Subject: "clerk", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	auditor := s.token(t, accounts.Grant{Subject: "auditor", Role: models.RoleAuditor, UnitRef: "LX"})
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	foreign, err := store.Take[models.Case](s.store.Read(t.Context()).Where("ref = ?", "C28"), "Case")
	if err != nil {
		t.Fatal(err)
	}
	const nobody = "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, c := range []struct {
		name, path, token string
		fields            []string
		status            int
		says              string
	}{
		{"a stranger is asked to sign in", "/work", "", nil, 303, ""},
		{"a stranger does no step", "/work/cases/" + nobody + "/ACCEPT", "", []string{"key", "k"}, 401, "Nothing was sent"},
		{"a token that does not hold is over", "/work", "x.y.z", nil, 401, "no longer signed in"},
		{"an auditor has nothing to do", "/work", auditor, nil, 200, "nothing to do here"},
		{"an auditor makes no link", "/work/encounters/new", auditor, []string{"service", nobody, "channel", "WINDOW", "key", "k"}, 403, "Your role cannot"},
		{"HR records no deed", "/work/deeds/new", hr, nil, 403, "Your role cannot"},
		{"HR sees the whole village", "/work/cases/" + foreign.ID.String(), hr, nil, 200, foreign.Title},
		{"a neighbour's case is not there", "/work/cases/" + foreign.ID.String(), clerk, nil, 404, "no such case"},
		{"nor is one that nobody has", "/work/cases/" + nobody, clerk, nil, 404, "no such case"},
		{"nor one without an id", "/work/cases/x", clerk, nil, 404, "no such case"},
		{"a neighbour's case is not accepted", "/work/cases/" + foreign.ID.String() + "/ASSIGN", clerk, []string{"key", "k"}, 404, "no such case"},
		{"a step that there is not", "/work/cases/" + foreign.ID.String() + "/BURN", clerk, []string{"key", "k"}, 404, ""},
		{"a clerk answers no rating", "/work/replies/" + nobody, clerk, []string{"text", "no", "key", "k"}, 403, "Your role cannot"},
		{"a form is not endless", "/work/encounters/new", clerk, []string{"service", strings.Repeat("x", 70_000)}, 413, "too long"},
		{"a link needs a service", "/work/encounters/new", clerk, []string{"channel", "WINDOW", "key", "k"}, 422, "Choose what was done"},
		{"a deed needs a day", "/work/deeds/new", clerk, []string{"kind", "SAFETY", "title", "t", "on", "someday", "key", "k"}, 422, "Choose a kind and a day"},
		{"residents' pages do not know the session", "/", clerk, nil, 200, "Your word has weight"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, page := s.post(t, c.path, c.token, "", c.fields...)
			if answer.StatusCode != c.status || !strings.Contains(page, c.says) {
				t.Errorf("%d, want %d with %q: %s", answer.StatusCode, c.status, c.says, page)
			}
			if answer.StatusCode == http.StatusSeeOther && answer.Header.Get("Location") != "/sign-in?lang=en" {
				t.Errorf("sent to %s", answer.Header.Get("Location"))
			}
			if c.path == "/" && strings.Contains(page, "<nav>") {
				t.Error("a resident's page shows who has signed in")
			}
		})
	}
}

// TestWhoseSessionIsOverIsToldWhatBecomesOfTheForm: nothing was sent, and where what was written
// still stands; whoever only looked comes back to the page.
func TestWhoseSessionIsOverIsToldWhatBecomesOfTheForm(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	for lang, words := range map[string]string{"en": "Nothing was sent: what you wrote is still in the form.", "zh-CN": "刚才填写的内容没有提交"} {
		for _, cookie := range []string{"", "steelyard_session=over"} {
			s.form(t, "/work/deeds/new?lang="+lang, url.Values{"title": {"an hour's work"}}, "Cookie", cookie).want(t, http.StatusUnauthorized, words, `name="token"`)
		}
	}
	s.send(t, "GET", "/work/cycles?lang=en", "", "Cookie", "steelyard_session=over").
		want(t, http.StatusUnauthorized, "You are no longer signed in: sign in again.</p>", `name="back" value="/work/cycles?lang=en"`)
}

// TestAStepThatIsNoLongerPossibleIsToldToPeople: whoever has an old page open reads no words of
// the API, in either language.
func TestAStepThatIsNoLongerPossibleIsToldToPeople(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	official := s.token(t, accounts.Grant{Subject: "v1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	over, err := store.Take[models.Case](s.store.Read(store.Widen(t.Context(), store.Background)).Where("ref = ?", "C01"), "Case")
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string]string{"en": "This has gone on meanwhile", "zh-CN": "情况在此期间已有变化"} {
		a := s.form(t, "/work/cases/"+over.ID.String()+"/START?lang="+lang, url.Values{"key": {"a key of the page"}}, "Cookie", "steelyard_session="+official)
		a.want(t, http.StatusUnprocessableEntity, `role="alert">`+words)
		if strings.Contains(a.body, "CONFIRMED") {
			t.Errorf("a word of the API is shown: %s", a.body)
		}
	}
}
