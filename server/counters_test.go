package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// gives sends an operation and returns the text at a path of names and places.
func (s *testSite) gives(t *testing.T, token, query string, path ...any) string {
	t.Helper()
	headers := []string{"Accept-Language", "en"}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	a := s.query(t, query, headers...)
	var value any
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		t.Fatal(err)
	}
	for _, step := range append([]any{"data"}, path...) {
		switch v := value.(type) {
		case map[string]any:
			value = v[fmt.Sprint(step)]
		case []any:
			value = v[step.(int)]
		}
	}
	text, is := value.(string)
	if !is {
		t.Fatalf("%s: %s", query, a.body)
	}
	return text
}

// counters are a standing code for phones and one for a kiosk.
func (s *testSite) counters(t *testing.T) (phone, kiosk string) {
	t.Helper()
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	service := s.gives(t, hr, "{ services(first: 1) { nodes { id } } }", "services", "nodes", 0, "id")
	official := s.token(t, accounts.Grant{Subject: "V1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	unit := s.gives(t, official, "{ me { unit { id } } }", "me", "unit", "id")
	issue := func(kiosk bool) string {
		url := s.gives(t, hr, fmt.Sprintf(`mutation { issueCounterCode(input: {serviceId: %q, unitId: %q, name: "window 3", kiosk: %v}) {
			code { url } userErrors { message } } }`, service, unit, kiosk), "issueCounterCode", "code", "url")
		return strings.TrimPrefix(url, s.publicURL)
	}
	return issue(false), issue(true)
}

// tomorrow is a clock that stands: no day ends under a device that is known for that day,
// and to the browser, which has the real clock, its cookie has not run out.
func tomorrow() func() time.Time {
	at := time.Now().AddDate(0, 0, 1)
	return func() time.Time { return at }
}

// TestADeviceIsKnownForADay by a cookie that scripts cannot read, on the pages of
// standing codes alone.
func TestADeviceIsKnownForADay(t *testing.T) {
	s := newTestSiteAt(t, store.SQLite, tomorrow())
	s.start(t)
	phone, kiosk := s.counters(t)
	cookie := s.send(t, "GET", phone, "").header.Get("Set-Cookie")
	for _, word := range []string{"device=", "Path=/c/", "HttpOnly", "SameSite=Lax", "Expires="} {
		if !strings.Contains(cookie, word) {
			t.Errorf("cookie %q lacks %s", cookie, word)
		}
	}
	name, _, _ := strings.Cut(cookie, ";")
	for path, sent := range map[string]string{phone: name, kiosk: "", "/": "", "/receipt": ""} {
		if got := s.send(t, "GET", path, "", "Cookie", sent).header.Get("Set-Cookie"); got != "" {
			t.Errorf("%s sets %q", path, got)
		}
	}
	if got := s.send(t, "GET", phone, "", "Cookie", "device=x").header.Get("Set-Cookie"); got == "" {
		t.Error("a name of its own making is taken")
	}
	// Neither address is good for the other kind.
	s.send(t, "GET", strings.Replace(phone, "/c/", "/kiosk/", 1), "").want(t, 410)
	s.send(t, "GET", strings.Replace(kiosk, "/kiosk/", "/c/", 1), "").want(t, 410)
}

// TestCountersInABrowser does in Chromium what residents do at a counter, a kiosk and,
// later, with their receipts; see [running.inABrowser].
func TestCountersInABrowser(t *testing.T) {
	node, shots := browser(t)
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := newTestSiteAt(t, store.SQLite, tomorrow())
			s.start(t)
			phone, kiosk := s.counters(t)
			receipt := drive(t, node, "counters.mjs", lang, "rate", s.url+phone, s.url+kiosk, shots)
			code := kiosk[strings.LastIndex(kiosk, "/")+1:]
			official := s.gives(t, "", fmt.Sprintf("{ counterOffer(code: %q) { officials { id } } }", code), "counterOffer", "officials", 0, "id")
			for range 3 { // with those of the browser's enough for a release
				s.gives(t, "", fmt.Sprintf("mutation { submitWalkIn(input: {code: %q, level: 5, officialId: %q}) { receipt userErrors { message } } }", code, official),
					"submitWalkIn", "receipt")
			}
			if n, err := s.app.Ratings.Release(t.Context()); n != 6 || err != nil {
				t.Fatalf("%d ratings released: %v", n, err)
			}
			officer := s.token(t, accounts.Grant{Subject: "reply", Role: models.RoleReplyOfficer, UnitRef: "LX"})
			rating := s.gives(t, officer, "{ owedReplies { nodes { ratingId } } }", "owedReplies", "nodes", 0, "ratingId")
			s.gives(t, officer, fmt.Sprintf(`mutation { replyToRating(input: {ratingId: %q, text: "对不起。Sorry."}) { reply { text } } }`, rating), "replyToRating", "reply", "text")
			s.gives(t, officer, fmt.Sprintf(`mutation { recordMending(input: {ratingId: %q, account: "多开了一个窗口。One more window."}) { owed { mending } } }`, rating), "recordMending", "owed", "mending")
			drive(t, node, "counters.mjs", lang, "mended", s.url+phone, receipt, shots)
		})
	}
}
