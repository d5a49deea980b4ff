package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestAMachineComesByTheAPIAlone: what a service account may do is told by operations, so
// that no other door opens to it; and one of its tokens goes without the others.
func TestAMachineComesByTheAPIAlone(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	hall := accounts.Grant{Subject: "hall", Role: models.RoleHR, UnitRef: "LX", Operations: []string{"recordEncounter", "cases", "requestExport"}}
	made, err := grantToken(&session{ctx: t.Context()}, s.app.Accounts, s.signer, time.Hour, hall)
	if err != nil {
		t.Fatal(err)
	}
	other := s.token(t, hall)
	asks := func(token string) int {
		return s.send(t, "POST", "/graphql", `{"query":"{ cases { nodes { title } } }"}`, "Content-Type", "application/json", "Authorization", "Bearer "+token).status
	}
	if got := asks(made.token); got != http.StatusOK {
		t.Errorf("what it may do: %d", got)
	}
	const nothing = "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, door := range []struct{ method, path string }{{"GET", "/reports/" + nothing + ".csv"}, {"POST", "/attachments"}} {
		got := s.send(t, door.method, door.path, "", "Authorization", "Bearer "+made.token)
		if got.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", door.path, got.status, got.body)
		}
		person := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
		if got := s.send(t, door.method, door.path, "", "Authorization", "Bearer "+person); got.status == http.StatusForbidden {
			t.Errorf("%s keeps everybody out: %d", door.path, got.status)
		}
	}
	if answer, page := s.post(t, "/sign-in", "", "", "token", made.token, "lang", "en"); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "machine") {
		t.Errorf("it signs in to the pages: %d %s", answer.StatusCode, page)
	}
	if answer, _ := s.post(t, "/work", made.token, ""); answer.StatusCode != http.StatusForbidden {
		t.Errorf("it comes to the pages: %d", answer.StatusCode)
	}

	admin := s.token(t, accounts.Grant{Subject: "admin", Role: models.RoleAdmin, UnitRef: "LX"})
	list := s.send(t, "POST", "/graphql", `{"query":"{ accounts(filter: {kind: SERVICE}) { nodes { id tokens { tokenId } } } }"}`,
		"Content-Type", "application/json", "Authorization", "Bearer "+admin)
	_, id, _ := strings.Cut(list.body, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	if !strings.Contains(list.body, made.id) {
		t.Fatalf("the token is not among those of the account: %s", list.body)
	}
	s.send(t, "POST", "/graphql", `{"query":"mutation { revokeToken(input: {accountId: \"`+id+`\", tokenId: \"`+made.id+`\", reason: \"lost\"}) { userErrors { message } } }"}`,
		"Content-Type", "application/json", "Authorization", "Bearer "+admin)
	if got := asks(made.token); got != http.StatusUnauthorized {
		t.Errorf("the revoked token: %d", got)
	}
	if got := asks(other); got != http.StatusOK {
		t.Errorf("another token of the account: %d", got)
	}
}
