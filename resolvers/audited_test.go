package resolvers_test

import (
	"strings"
	"testing"
	"time"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/store"
)

// unaudited are the mutations that change no result, each with the reason.
var unaudited = map[string]string{
	"saveReviewDraft": "a draft is its reviewer's alone, enters no score, and goes when the review is handed in",
}

// audited are all entries of the audit trail, by id.
func (o *office) audited() map[models.ID]models.AuditEntry {
	o.Helper()
	var rows []models.AuditEntry
	if err := o.store.Read(o.Context()).Find(&rows).Error; err != nil {
		o.Fatal(err)
	}
	all := make(map[models.ID]models.AuditEntry, len(rows))
	for _, e := range rows {
		all[e.ID] = e
	}
	return all
}

// wantAudited wants an entry of a mutation that has just been done, by its name. The
// trials of wrong input do every mutation of the schema once, so that none is left out.
func (o *office) wantAudited(mutation string, before map[models.ID]models.AuditEntry) {
	o.Helper()
	left, named := 0, false
	for id, e := range o.audited() {
		if _, old := before[id]; old {
			continue
		}
		left++
		named = named || e.Action == mutation
		if e.Anonymous() && (!e.At.Equal(e.At.Truncate(24*time.Hour)) || len(e.Details) > 0) {
			o.Errorf("%s leaves an anonymous entry that tells more than its day: %+v", mutation, e)
		}
	}
	if reason := unaudited[mutation]; reason != "" && left > 0 {
		o.Errorf("%s leaves %d entries, though %s", mutation, left, reason)
	} else if reason == "" && !named {
		o.Errorf("%s leaves no entry of its name in the audit trail, and nobody says why it changes no result", mutation)
	}
}

const trail = `query($filter: AuditTrailFilter, $first: Int! = 100, $after: String) { auditTrail(filter: $filter, first: $first, after: $after) {
	nodes { id at actor action noun nounId block position unit { name } details { name value } } pageInfo { hasNextPage endCursor } } }`

// actions are what a page of the trail lists, in its order.
func (a *answer) actions() string {
	var list []string
	for _, n := range a.list("auditTrail.nodes") {
		list = append(list, n.(map[string]any)["action"].(string))
	}
	return strings.Join(list, " ")
}

// TestAnAuditorReadsTheTrailOfTheOwnPart: within the scope, once it is chained, the
// newest first, and never what was written anonymously.
func TestAnAuditorReadsTheTrailOfTheOwnPart(t *testing.T) {
	each(t, func(o *office) {
		o.ok("auditor-north", `{ auditHead { number } }`).wants("auditHead", nil)
		o.ids["cycle"] = o.cycle("hr-north", "north")
		o.later(1)
		o.cycle("hr-south", "south")
		_, token := o.invite("ann", "passport", "R1")
		o.ok("", `mutation($token: String!) { submitRating(input: {token: $token, level: 5}) { receipt `+userErrors+` } }`, "token", token)
		o.lists("auditor", "") // nothing is chained yet
		o.ok("resident", `mutation { openCase(input: {unitId: {north}, title: "t", description: "d"}) { receipt `+userErrors+` } }`)
		for range 5 {
			o.handIn("north")
		}
		o.later(3)
		if _, err := o.app.Audit.Chain(o.Context()); err != nil {
			o.Fatal(err)
		}
		whole, north := o.ok("auditor", trail).actions(), o.ok("auditor-north", trail).actions()
		if strings.Contains(whole, "submitRating") || strings.Count(whole, "openCycle") != 2 || strings.Count(whole, "grantAccount") != 12 {
			o.Errorf("from the top: %s", whole)
		}
		if strings.Count(north, "openCycle") != 1 || strings.Count(north, "grantAccount") != 5 || !strings.Contains(north, "issueRatingInvitation") {
			o.Errorf("the north: %s", north)
		}
		one := o.ok("auditor-north", trail, "filter", in{
			"action": "openCycle", "actor": "hr-north", "noun": "Cycle", "nounId": o.ids["cycle"],
			"unitId": o.ids["north"], "fromAt": "2025-03-04T02:00:00Z", "toAt": "2025-03-04T02:00:01Z",
		})
		one.wants("auditTrail.nodes.0.unit.name", "Office north")
		one.wants("auditTrail.nodes.0.nounId", o.ids["cycle"])
		o.lists("auditor-north", "", "filter", in{"unitId": o.ids["south"]})
		o.lists("auditor", "", "filter", in{"fromAt": "2025-03-05T02:00:01Z"})
		o.refuses("auditor", "INVALID", "filter.toAt", trail, "filter", in{"fromAt": "2025-03-05T00:00:00Z", "toAt": "2025-03-04T00:00:00Z"})
		pages, after := "", any(nil)
		for range 10 {
			page := o.ok("auditor", trail, "first", 5, "after", after)
			pages = strings.TrimSpace(pages + " " + page.actions())
			if page.get("auditTrail.pageInfo.hasNextPage") == false {
				break
			}
			after = page.text("auditTrail.pageInfo.endCursor")
		}
		if pages != whole {
			o.Errorf("page by page: %s\nat once: %s", pages, whole)
		}
		o.chainIsShown()
	})
}

// lists wants the trail to list these actions.
func (o *office) lists(subject, want string, variables ...any) {
	o.Helper()
	if got := o.ok(subject, trail, variables...).actions(); got != want {
		o.Errorf("%s reads %q, want %q", subject, got, want)
	}
}

// chainIsShown wants the head with what the last going over found.
func (o *office) chainIsShown() {
	o.Helper()
	const head = `{ auditHead { number hash closedAt signature keyId publicKey checkedAt holds fault { block position entryId defect } } }`
	o.ok("auditor-north", head).wants("auditHead.holds", nil)
	if _, err := o.app.Audit.Watch(o.Context()); err != nil {
		o.Error(err)
	}
	o.ok("auditor-north", head).wants("auditHead.holds", true)
	free := "ALTER TABLE audit_entries DISABLE TRIGGER ALL"
	if o.store.Dialect() == store.SQLite {
		free = "DROP TRIGGER audit_entries_keep_update"
	}
	o.change(free)
	o.change("UPDATE audit_entries SET actor = 'nobody' WHERE id = (SELECT entry_id FROM audit_members WHERE block = 1 AND position = 2)")
	if _, err := o.app.Audit.Watch(o.Context()); err == nil {
		o.Error("a changed entry passes")
	}
	broken := o.ok("auditor-north", head)
	broken.wants("auditHead.holds", false)
	broken.wants("auditHead.fault.defect", "ENTRY_CHANGED")
	broken.wants("auditHead.fault.position", float64(2))
	if broken.text("auditHead.fault.entryId") == "" {
		o.Error("the entry is not named")
	}
}

// TestNoMutationIsExcusedInVain: every excuse is of a mutation that there is.
func TestNoMutationIsExcusedInVain(t *testing.T) {
	mutations := graph.NewExecutableSchema(graph.Config{}).Schema().Mutation.Fields
	for name := range unaudited {
		if mutations.ForName(name) == nil {
			t.Errorf("there is no mutation %s", name)
		}
	}
}
