package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

const (
	accountFields = ` account { id subject name kind role unit { ref } official { ref } operations disabled tokens { tokenId expiresAt revokedAt } }`
	grantAccount  = `mutation($subject: String!, $name: String! = "n", $role: Role!, $unit: ID, $official: ID, $operations: [String!], $key: String) {
		grantAccount(input: {subject: $subject, name: $name, role: $role, unitId: $unit, officialId: $official, operations: $operations, reason: "asked for", idempotencyKey: $key}) {` +
		accountFields + userErrors + `} }`
	listAccounts = `query($filter: AccountFilter, $first: Int! = 100, $after: String) { accounts(filter: $filter, first: $first, after: $after) { nodes { subject unit { ref } official { ref } tokens { tokenId } } pageInfo { hasNextPage endCursor } } }`
)

// accountStep sends a step on a subject's account.
func (o *office) accountStep(by, step, subject, more string, variables ...any) *answer {
	o.Helper()
	return o.ask(by, `mutation { `+step+`(input: {accountId: "`+o.accountID(subject)+`", reason: "asked for"`+more+`}) {`+accountFields+userErrors+`} }`, variables...)
}

// done wants a step to have been done.
func (a *answer) done() *answer {
	a.o.Helper()
	if code, field := a.refused(); code != "" {
		a.o.Errorf("refused with %s at %q: %s", code, field, a.message())
	}
	return a
}

// wrongly wants a step to have been refused.
func (a *answer) wrongly(code, field string) {
	a.o.Helper()
	if got, at := a.refused(); got != code || at != field {
		a.o.Errorf("%s at %q, want %s at %q: %v", got, at, code, field, a.data)
	}
}

// signs is who a token of a subject makes its holder, by the epoch that the account has now.
func (o *office) signs(subject, tokenID string) (auth.Actor, error) {
	o.Helper()
	var a models.Account
	if err := o.store.Read(o.Context()).Take(&a, "subject = ?", subject).Error; err != nil {
		o.Fatal(err)
	}
	return o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: subject, Role: a.Role, Epoch: int64(a.TokenEpoch), TokenID: tokenID})
}

// subjects are those of a list.
func (a *answer) subjects() string {
	var out []string
	for _, row := range a.list("accounts.nodes") {
		out = append(out, row.(map[string]any)["subject"].(string))
	}
	return strings.Join(out, " ")
}

// TestAnAdministratorManagesAccountsBelow holds every change to the scope of who makes it,
// and to somebody else's record.
func TestAnAdministratorManagesAccountsBelow(t *testing.T) {
	each(t, func(o *office) {
		for _, g := range []accounts.Grant{
			{Subject: "admin-north", Role: models.RoleAdmin, UnitRef: "north", OfficialRef: "bob"},
			{Subject: "half", Role: models.RoleOfficial, UnitRef: "north", OfficialRef: "cat"},
			{Subject: "other-bob", Role: models.RoleOfficial, OfficialRef: "bob"},
		} {
			o.grant(g)
		}
		made := o.ok("admin-north", grantAccount, "subject", "wang", "name", "王芳", "role", "OFFICIAL", "official", o.ids["ann"], "key", "k")
		made.wants("grantAccount.account.official.ref", "ann")
		made.wants("grantAccount.account.kind", "PERSON")
		o.ok("admin-north", grantAccount, "subject", "wang", "name", "王芳", "role", "OFFICIAL", "official", o.ids["ann"], "key", "k").
			wants("grantAccount.account.id", made.text("grantAccount.account.id"))
		for _, c := range []struct{ by, subject, role, unit, official, code, field string }{
			{"admin-north", "new", "HR", "south", "", "NOT_FOUND", "unitId"},
			{"admin-north", "new", "ADMIN", "root", "", "NOT_FOUND", "unitId"},
			{"admin-north", "new", "OFFICIAL", "", "cat", "NOT_FOUND", "officialId"},
			{"admin-north", "new", "HR", "", "", "INVALID", "unitId"},
			{"admin-north", "new", "RESIDENT", "", "", "INVALID", "unitId"},
			{"admin-north", "new", "OFFICIAL", "north", "", "INVALID", "officialId"},
			{"admin-north", "hr-south", "HR", "north", "", "CONFLICT", "subject"},
			{"admin-north", "half", "OFFICIAL", "north", "ann", "CONFLICT", "subject"},
			{"admin-north", "resident", "RESIDENT", "north", "", "CONFLICT", "subject"},
			{"admin-north", "admin-north", "ADMIN", "north", "", "FORBIDDEN", "subject"},
			{"admin-north", "second self", "HR", "north", "bob", "FORBIDDEN", "officialId"},
			{"admin-north", "other-bob", "HR", "north", "", "FORBIDDEN", "subject"},
		} {
			unit, official := any(nil), any(nil)
			if c.unit != "" {
				unit = o.ids[c.unit]
			}
			if c.official != "" {
				official = o.ids[c.official]
			}
			o.Log(c)
			o.ask(c.by, grantAccount, "subject", c.subject, "role", c.role, "unit", unit, "official", official).wrongly(c.code, c.field)
		}
		for _, step := range []string{"disableAccount", "enableAccount", "revokeTokens", "revokeToken"} {
			more := ""
			if step == "revokeToken" {
				more = `, tokenId: "t"`
			}
			for subject, code := range map[string]string{"hr-south": "NOT_FOUND", "admin": "NOT_FOUND", "half": "NOT_FOUND", "resident": "NOT_FOUND", "admin-north": "FORBIDDEN", "other-bob": "FORBIDDEN"} {
				o.accountStep("admin-north", step, subject, more).wrongly(code, "accountId")
			}
			o.accountStep("admin", step, "resident", more).done() // of nobody's unit: from the top
		}
		north := o.ok("admin-north", listAccounts).subjects()
		if want := "admin-north ann auditor-north bob hr-north other-bob reply-north wang"; north != want {
			o.Errorf("the north has %q, want %q", north, want)
		}
		o.ok("admin-north", `query($id: ID!) { account(id: $id) { subject } }`, "id", o.accountID("half")).wants("account", nil)
		for want, filter := range map[string]in{
			"wang":          {"search": "芳"},
			"":              {"search": "%"},
			"ann wang":      {"unitId": o.ids["north-desk"]},
			"hr-north":      {"role": "HR"},
			"auditor-north": {"search": "AUDITOR"},
		} {
			if got := o.ok("admin-north", listAccounts, "filter", filter).subjects(); got != want {
				o.Errorf("filter %v: %q, want %q", filter, got, want)
			}
		}
		if got := o.ok("admin-north", listAccounts, "filter", in{"unitId": o.ids["south"]}).subjects(); got != "" {
			o.Errorf("the south as the north sees it: %q", got)
		}
		var pages []string
		for after := any(nil); ; {
			page := o.ok("auditor-north", listAccounts, "first", 3, "after", after)
			pages = append(pages, strings.Fields(page.subjects())...)
			if page.get("accounts.pageInfo.hasNextPage") == false {
				break
			}
			after = page.text("accounts.pageInfo.endCursor")
		}
		if got := strings.Join(pages, " "); got != north {
			o.Errorf("page by page %q", got)
		}
		if n := o.audits("grantAccount", "admin-north"); n != 1 {
			o.Errorf("%d entries of one grant", n)
		}
	})
}

// audits counts the audit entries of an action by an actor.
func (o *office) audits(action, actor string) int {
	o.Helper()
	var n int64
	if err := o.store.Read(o.Context()).Model(&models.AuditEntry{}).Where("action = ? AND actor = ?", action, actor).Count(&n).Error; err != nil {
		o.Fatal(err)
	}
	return int(n)
}

// TestRevokingHoldsAtOnce revokes one token, all, and the account.
func TestRevokingHoldsAtOnce(t *testing.T) {
	each(t, func(o *office) {
		id := o.parse(o.accountID("hr-north"))
		for _, token := range []string{"one", "two"} {
			if err := o.app.Accounts.NoteToken(o.Context(), id, token, o.now.Load().Add(time.Hour)); err != nil {
				o.Fatal(err)
			}
		}
		holds := func(when, token string, want bool) {
			o.Helper()
			if _, err := o.signs("hr-north", token); (err == nil) != want || !want && models.CodeOf(err) != models.CodeUnauthenticated {
				o.Errorf("%s, token %q: %v", when, token, err)
			}
		}
		if n := len(o.accountStep("admin", "revokeToken", "hr-north", `, tokenId: "one", idempotencyKey: "k"`).done().list("revokeToken.account.tokens")); n != 2 {
			o.Errorf("%d tokens", n)
		}
		o.accountStep("admin", "revokeToken", "hr-north", `, tokenId: "one"`).done() // again
		holds("one is revoked", "one", false)
		holds("one is revoked", "two", true)
		holds("one is revoked", "", true)
		if _, err := o.signs("hr-south", "one"); err != nil {
			o.Errorf("another's token of the same id: %v", err)
		}
		o.accountStep("admin", "revokeToken", "hr-north", `, tokenId: "another's"`).done() // somebody else issued it
		holds("a foreign one is revoked", "another's", false)
		o.accountStep("admin", "revokeToken", "hr-north", `, tokenId: "two", idempotencyKey: "k"`).wrongly("CONFLICT", "idempotencyKey")
		if n := o.audits("revokeToken", "admin"); n != 2 {
			o.Errorf("%d entries of two revocations", n)
		}

		before := o.actor("hr-north")
		o.accountStep("admin", "revokeTokens", "hr-north", `, idempotencyKey: "k"`).done()
		o.accountStep("admin", "revokeTokens", "hr-north", `, idempotencyKey: "k"`).done()
		if _, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: "hr-north", Role: before.Role}); models.CodeOf(err) != models.CodeUnauthenticated {
			o.Errorf("a token of before: %v", err)
		}
		holds("all of before are revoked", "three", true)
		o.accountStep("admin", "disableAccount", "hr-north", "").done().wants("disableAccount.account.disabled", true)
		o.accountStep("admin", "disableAccount", "hr-north", "").done()
		holds("disabled", "three", false)
		o.ok("admin", grantAccount, "subject", "hr-north", "role", "HR", "unit", o.ids["north"]).wants("grantAccount.account.disabled", true)
		o.accountStep("admin", "enableAccount", "hr-north", "").done().wants("enableAccount.account.disabled", false)
		if _, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: "hr-north", Role: before.Role, Epoch: 1}); models.CodeOf(err) != models.CodeUnauthenticated {
			o.Errorf("enabled again, a token of before: %v", err)
		}
		holds("enabled", "three", true)

		o.later(1)
		n, err := o.app.Accounts.ForgetTokens(o.Context())
		if err != nil || n != 2 {
			o.Errorf("%d tokens forgotten, %v", n, err)
		}
		holds("a day later", "another's", false) // nobody knows when it runs out
	})
}

// TestTheLastAdministratorStays lets two disable each other at the same moment.
func TestTheLastAdministratorStays(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "admin-2", Role: models.RoleAdmin, UnitRef: "root"})
		o.grant(accounts.Grant{Subject: "admin-north", Role: models.RoleAdmin, UnitRef: "north"})
		actors := map[string]auth.Actor{"admin": o.actor("admin-2"), "admin-2": o.actor("admin")}
		ids := map[string]models.ID{"admin": o.parse(o.accountID("admin")), "admin-2": o.parse(o.accountID("admin-2"))}
		errs := make(chan error, 2)
		var together sync.WaitGroup
		for subject, actor := range actors {
			together.Add(1)
			go func() {
				defer together.Done()
				_, err := o.app.Accounts.Disable(o.Context(), actor, accounts.Change{AccountID: ids[subject], Reason: "they go"})
				errs <- err
			}()
		}
		together.Wait()
		var codes []string
		for range actors {
			codes = append(codes, string(models.CodeOf(<-errs)))
		}
		slices.Sort(codes)
		if fmt.Sprint(codes) != "[ CONFLICT]" {
			o.Errorf("both at once: %q", codes)
		}
		rest := "admin"
		if _, err := o.signs("admin", ""); err != nil {
			rest = "admin-2"
		}
		// Nor is it sent away to a part, by who was disabled a moment ago.
		for _, unit := range []string{"north", "root"} {
			role := map[string]models.Role{"north": models.RoleAdmin, "root": models.RoleHR}[unit]
			unitID := o.id(unit)
			_, err := o.app.Accounts.Grant(o.Context(), actors[rest], accounts.NewGrant{Subject: rest, Name: "n", Role: role, UnitID: &unitID, Reason: "they go"})
			if models.CodeOf(err) != models.CodeConflict {
				o.Errorf("%s of %s: %v", role, unit, err)
			}
		}
		o.accountStep(rest, "disableAccount", "admin-north", "").done() // the root's is above
	})
}

// TestAMachineDoesWhatStandsWithIt: its role would let it do much more.
func TestAMachineDoesWhatStandsWithIt(t *testing.T) {
	each(t, func(o *office) {
		grant := func(operations ...string) *answer {
			return o.ask("admin", grantAccount, "subject", "hall", "role", "HR", "unit", o.ids["north"], "operations", operations)
		}
		grant("recordEncounter", "recordDeed").wrongly("INVALID", "operations") // HR records none
		grant("everything").wrongly("INVALID", "operations")
		o.ask("admin", grantAccount, "subject", "hall", "role", "ADMIN", "unit", o.ids["root"], "operations", []string{"grantAccount"}).wrongly("INVALID", "role")
		o.ask("admin", grantAccount, "subject", "hall", "role", "HR", "operations", []string{"cases"}).wrongly("INVALID", "unitId")
		o.ask("admin", grantAccount, "subject", "hall", "role", "OFFICIAL", "unit", o.ids["north"], "official", o.ids["ann"], "operations", []string{"cases"}).wrongly("INVALID", "officialId")
		made := grant("recordEncounter", "cases", "cases").done()
		made.wants("grantAccount.account.kind", "SERVICE")
		if list := fmt.Sprint(made.get("grantAccount.account.operations")); list != "[cases recordEncounter]" {
			o.Errorf("operations %s", list)
		}
		const record = `mutation { recordEncounter(input: {officialId: {ann}, serviceId: {passport}, channel: WINDOW}) { encounter { id channel %s } userErrors { field code message } } }`
		o.ok("hall", fmt.Sprintf(record, "__typename"))
		o.handIn("north")
		o.ok("hall", `{ cases(filter: {}) { nodes { id title state } pageInfo { hasNextPage } } }`)
		for _, query := range []string{
			fmt.Sprintf(record, `official { name }`),
			fmt.Sprintf(record, `... on Encounter { official { cases { title } } }`),
			fmt.Sprintf(record, `...x`) + ` fragment x on Encounter { ...y } fragment y on Encounter { service { name } }`,
			`{ cases { edges { node { unit { name } } } } }`,
			`{ a: cases { nodes { id } } b: officials { nodes { name } } }`,
			`{ me { subject } }`,
			`query($id: ID! = ` + `{ann}) { node(id: $id) { id } }`,
			`{ nodes(ids: [{ann}]) { id } }`,
			`{ ...q } fragment q on Query { officials { nodes { id } } }`,
			`{ services { nodes { name } } }`,
			`{ caseCategories }`,
			`{ __schema { queryType { name } } }`,
			`{ exportReport(format: CSV, cycleId: {ann}) { filename } }`,
			`mutation { requestExport(input: {format: CSV, cycleId: {ann}}) { export { id } } }`,
			`mutation { recordEncounters(input: {csv: ""}) { userErrors { code } } }`,
		} {
			a := o.ask("hall", query)
			if len(a.Errors) == 0 || a.Errors[0].Extensions["code"] != "FORBIDDEN" {
				o.Errorf("%s: %+v %v", query, a.Errors, a.data)
			}
		}
		old := o.actor("hall")
		grant("recordEncounter").done()
		if _, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: "hall", Role: old.Role}); models.CodeOf(err) != models.CodeUnauthenticated {
			o.Errorf("a token of when it could do more: %v", err)
		}
		o.refuses("hall", "FORBIDDEN", "", `{ cases { nodes { id } } }`)
	})
}

// TestTheDatabaseKnowsWhatAMachineIs: no program can make one without its operations.
func TestTheDatabaseKnowsWhatAMachineIs(t *testing.T) {
	each(t, func(o *office) {
		for _, change := range []string{"kind = 'SERVICE'", "operations = '[\"cases\"]'", "kind = 'ROBOT'"} {
			if err := o.tryChange("UPDATE accounts SET " + change + " WHERE subject = 'hr-north'"); err == nil {
				o.Errorf("%s is taken", change)
			}
		}
		if o.store.Dialect() == store.SQLite {
			return
		}
		if !strings.Contains(fmt.Sprint(o.tryChange("UPDATE accounts SET kind = 'SERVICE' WHERE subject = 'hr-north'")), "accounts_operations") {
			o.Error("another check refuses it")
		}
	})
}
