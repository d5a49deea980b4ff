package main

import (
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestAnAdministratorManagesAccountsInABrowser signs in by a provider at another site, and
// goes through the pages of accounts.
func TestAnAdministratorManagesAccountsInABrowser(t *testing.T) {
	node, shots := browser(t)
	s, p := newTestSite(t, store.SQLite), newTestProvider(t)
	p.URL = strings.Replace(p.URL, "127.0.0.1", "localhost", 1)
	s.maxComplexity, s.publicURL = 50_000, ""
	s.start(t, func() { s.byProvider(t, p) })
	s.token(t, accounts.Grant{Subject: "u-17", Name: "赵敏", Role: models.RoleAdmin, UnitRef: "LX"})
	s.token(t, accounts.Grant{Subject: "hall-3", Name: "办事大厅 3 号机", Role: models.RoleHR, UnitRef: "LX-FW", Operations: []string{"recordEncounter"}})
	unit, err := store.Take[models.OrgUnit](s.store.Read(t.Context()).Where("ref = ?", "LX-FW"), "OrgUnit")
	if err != nil {
		t.Fatal(err)
	}
	s.token(t, accounts.Grant{Subject: "li.wei", Name: "李伟", Role: models.RoleHR, UnitRef: "LX-FW"})
	drive(t, node, "accounts.mjs", s.url, shots, unit.ID.String())
}
