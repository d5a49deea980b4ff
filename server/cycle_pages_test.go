package main

import (
	"net/http"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestCyclePagesKeepToTheReader goes to the pages of assessments as each role, as a
// neighbour and as nobody: what they show is what the API would.
func TestCyclePagesKeepToTheReader(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.maxComplexity, s.publicURL = 50_000, ""
	s.start(t)
	tokens := map[string]string{
		"hr":        s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"}),
		"neighbour": s.token(t, accounts.Grant{Subject: "neighbour", Role: models.RoleHR, UnitRef: "LX-FW"}),
		"auditor":   s.token(t, accounts.Grant{Subject: "auditor", Role: models.RoleAuditor, UnitRef: "LX"}),
		"official":  s.token(t, accounts.Grant{Subject: "v1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"}),
		"admin":     s.token(t, accounts.Grant{Subject: "admin", Role: models.RoleAdmin, UnitRef: "LX"}),
		"nobody":    "",
	}
	unit := func(ref string) string {
		u, err := store.Take[models.OrgUnit](s.store.Read(t.Context()).Where("ref = ?", ref), "OrgUnit")
		if err != nil {
			t.Fatal(err)
		}
		return u.ID.String()
	}
	open := func(ref string) string {
		return "/work/cycles/" + s.gives(t, tokens["hr"], `mutation { openCycle(input: {unitId: "`+unit(ref)+
			`", kind: ANNUAL, name: "`+ref+`", fromOn: "2025-01-01", toOn: "2025-12-31"}) { cycle { id } } }`, "openCycle", "cycle", "id")
	}
	own, all, other := s.official(t, "V1"), open("LX"), open("LX-WG")
	for _, page := range []struct {
		path string
		want string // who gets it; others are refused, find nothing or have to sign in
	}{
		{"/work/cycles", "hr neighbour auditor official"},
		{"/work/encounters/new", "hr neighbour official"},
		{"/work/deeds/new", "official"},
		{all, "hr neighbour auditor"},
		{other, "hr auditor"},
		{all + "/officials", "hr neighbour auditor"},
		{other + "/officials", "hr auditor"},
		{all + "/participation", "hr neighbour auditor"},
		{all + "/rounds", "hr auditor"}, // a round is that of a whole cycle
		{all + "/what-if", "hr neighbour"},
		{all + "/flags", "hr neighbour auditor official"},
		{other + "/flags", "hr auditor"},
		{all + "/flags?kind=NONE", ""},
		{all + "/flags/" + own, ""},
		{all + "/objections", "hr neighbour auditor official"},
		{all + "/officials/" + own, "hr neighbour auditor official"},
		{all + "/officials/" + s.official(t, "V4"), "hr auditor"},
		{all + "/report/csv", "hr neighbour auditor"},
		{all + "/report/exe", ""},
		{all + "/officials/" + own + "/sheet.pdf", ""}, // there is no run
		{all + "/objections/" + own, ""},
		{"/work/audit", "auditor"},
		{"/work/accounts", "admin auditor"},
		{"/work/accounts?search=v1&state=active", "admin auditor"},
		{"/work/accounts/new", "admin"},
		{"/work/accounts/" + account(t, s, "v1"), "admin auditor"},
		{"/work/accounts/" + own, ""},
		{"/work/audit/trail.csv", "auditor"},
		{"/work/audit?record=nonsense", ""},
		{"/work/reviews/" + own, ""},
		{"/notice" + strings.TrimPrefix(all, "/work/cycles"), ""}, // not published
		{"/notice/nonsense", ""},
	} {
		for who, token := range tokens {
			got, body := s.post(t, page.path, token, "")
			if is := strings.Contains(" "+page.want+" ", " "+who+" "); (got.StatusCode == http.StatusOK) != is || got.StatusCode >= 500 {
				t.Errorf("%s gets %s: %d %.300s", who, page.path, got.StatusCode, body)
			}
		}
	}
	// One page runs the site's own script, no other runs any.
	for path, script := range map[string]string{all + "/what-if": "script-src 'self'; connect-src 'self'", all: ""} {
		got, _ := s.post(t, path, tokens["hr"], "")
		policy := got.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || !strings.HasSuffix(policy, script) || script == "" && strings.Contains(policy, "script") {
			t.Errorf("%s: %q", path, policy)
		}
	}
	if foreign, _ := s.post(t, all+"/what-if", tokens["hr"], "https://evil.example", "preset", "HALF"); foreign.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page compares policies: %d", foreign.StatusCode)
	}
}

// official is an official's id.
func (s *testSite) official(t *testing.T, ref string) string {
	t.Helper()
	o, err := store.Take[models.Official](s.store.Read(t.Context()).Where("ref = ?", ref), "Official")
	if err != nil {
		t.Fatal(err)
	}
	return o.ID.String()
}

// account is the id of a subject's account.
func account(t *testing.T, s *testSite, subject string) string {
	t.Helper()
	a, err := s.app.Accounts.BySubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID.String()
}
