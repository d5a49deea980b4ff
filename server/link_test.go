package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// masked is an answer without what differs in every one: the link itself, the key that
// makes a repeat harmless, the request's number and the clock.
func (a answer) masked(token string) string {
	text := strings.ReplaceAll(a.body, token, "LINK")
	text = regexp.MustCompile(`name="key" value="[^"]*"`).ReplaceAllString(text, "KEY")
	head := a.header.Clone()
	for _, name := range []string{"Date", "X-Request-Id"} {
		head.Del(name)
	}
	return fmt.Sprint(a.status, head, text)
}

// TestALinkSaysTheSameHoweverItEnded: used, revoked, expired and unused links are told
// apart neither by status nor header nor byte, and looking at one uses nothing.
func TestALinkSaysTheSameHoweverItEnded(t *testing.T) {
	now := time.Date(2025, 12, 20, 2, 0, 0, 0, time.UTC)
	s := newTestSiteAt(t, store.SQLite, func() time.Time { return now })
	s.start(t)
	official := s.token(t, accounts.Grant{Subject: "V1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	service := s.gives(t, official, "{ services(first: 1) { nodes { id } } }", "services", "nodes", 0, "id")
	links, ids := map[string]string{}, map[string]string{}
	for _, name := range []string{"used", "revoked", "unused"} {
		encounter := s.gives(t, official, fmt.Sprintf(`mutation { recordEncounter(input: {serviceId: %q, channel: WINDOW}) { encounter { id } } }`, service), "recordEncounter", "encounter", "id")
		query := fmt.Sprintf(`mutation { issueRatingInvitation(input: {encounterId: %q, idempotencyKey: %q}) { invitation { id token } } }`, encounter, name)
		links[name] = s.gives(t, official, query, "issueRatingInvitation", "invitation", "token")
		ids[name] = s.gives(t, official, query, "issueRatingInvitation", "invitation", "id")
	}
	look := func(link string) answer { return s.send(t, "GET", "/r/"+link, "") }
	browsers := 0
	rate := func(link string) answer {
		browsers++
		return s.form(t, "/r/"+link, url.Values{"level": {"5"}, "key": {fmt.Sprint("of another browser ", browsers)}})
	}
	ask := func(link string) answer {
		return s.query(t, fmt.Sprintf(`mutation { submitRating(input: {token: %q, level: 5}) { receipt userErrors { code field message } } }`, link))
	}
	alike := func(when, what string, do func(string) answer, names ...string) {
		t.Helper()
		first := do(links[names[0]]).masked(links[names[0]])
		for _, name := range names[1:] {
			if got := do(links[name]).masked(links[name]); got != first {
				t.Errorf("%s, %s of a link that is %s:\n%s\nof one that is %s:\n%s", when, what, name, got, names[0], first)
			}
		}
	}
	alike("fresh", "a look", look, "used", "revoked", "unused")
	get := s.send(t, "GET", "/graphql?query="+url.QueryEscape(fmt.Sprintf(`mutation { submitRating(input: {token: %q, level: 5}) { receipt } }`, links["used"])), "")
	if get.status != 405 {
		t.Errorf("a mutation by GET is answered with %d: %s", get.status, get.body)
	}
	for _, header := range [][2]string{{"Referrer-Policy", "no-referrer"}, {"Cache-Control", "no-store"}} {
		if got := look(links["used"]).header.Get(header[0]); got != header[1] {
			t.Errorf("%s is %q", header[0], got)
		}
	}
	rate(links["used"]).want(t, 200) // however often it was looked at
	s.gives(t, official, fmt.Sprintf(`mutation { revokeInvitation(input: {invitationId: %q, reason: "handed to somebody else"}) { __typename } }`, ids["revoked"]), "revokeInvitation", "__typename")
	alike("once used", "a look", look, "used", "revoked", "unused")
	alike("once used", "a rating", rate, "used", "revoked")
	alike("once used", "a mutation", ask, "used", "revoked")
	now = now.AddDate(0, 0, 40)
	links["invented"] = strings.Repeat("A", len(links["used"]))
	alike("expired", "a look", look, "used", "revoked", "unused", "invented")
	alike("expired", "a rating", rate, "used", "revoked", "unused", "invented")
	alike("expired", "a mutation", ask, "used", "revoked", "unused", "invented")
}
