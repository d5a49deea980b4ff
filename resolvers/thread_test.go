package resolvers_test

import (
	"fmt"
	"testing"
)

func TestOneAnswerStandsForJoinedCases(t *testing.T) {
	each(t, func(o *office) {
		lead, _ := o.handIn("north")
		first, one := o.handIn("north-desk")
		second, two := o.handIn("north")
		foreign, _ := o.handIn("south")
		o.step("bob", "acceptCase", lead, ``, "ACCEPTED")
		o.step("bob", "assignCase", lead, ``, "ASSIGNED")
		o.step("bob", "startCase", lead, ``, "IN_PROGRESS")
		join := func(ids string) string { return `caseIds: [` + ids + `], reason: "one lamp"` }
		o.refusesStep("bob", "NOT_FOUND", "caseIds", "joinCases", lead, join(`"`+foreign+`"`))
		o.refusesStep("bob", "CONFLICT", "caseIds", "joinCases", lead, join(`"`+lead+`"`))
		o.refusesStep("bob", "INVALID", "caseIds", "joinCases", lead, join(``))
		o.refusesStep("bob", "INVALID", "reason", "joinCases", lead, `caseIds: ["`+first+`"], reason: " "`)
		o.step("bob", "joinCases", lead, join(`"`+first+`", "`+second+`"`), "IN_PROGRESS")
		o.refusesStep("bob", "CONFLICT", "caseIds", "joinCases", lead, join(`"`+first+`"`))
		o.refusesStep("bob", "CONFLICT", "caseId", "acceptCase", second, ``)
		// Undone, and done again.
		o.step("bob", "partCase", second, `reason: "another lamp"`, "SUBMITTED")
		o.refusesStep("bob", "CONFLICT", "caseId", "partCase", second, `reason: "again"`)
		o.step("bob", "joinCases", lead, join(`"`+second+`"`), "IN_PROGRESS")
		if n := len(o.ok("bob", `query($id: ID!) { node(id: $id) { ... on Case { joined { id leadId } } } }`, "id", lead).list("node.joined")); n != 2 {
			o.Errorf("%d joined cases, want 2", n)
		}
		o.step("bob", "resolveCase", lead, `outcome: RESOLVED, account: "a new lamp"`, "RESOLVED")
		for _, receipt := range []string{one, two} {
			seen := o.ok("", byReceipt, "r", receipt)
			seen.wants("caseByReceipt.state", "RESOLVED")
			seen.wants("caseByReceipt.account", "a new lamp")
		}
		o.ok("", confirm, "r", one, "solved", true).wants("confirmResolution.case.state", "CONFIRMED")
		// Who says no has the case back alone, in the hands of who answered it.
		o.ok("", confirm, "r", two, "solved", false).wants("confirmResolution.case.state", "REOPENED")
		o.step("bob", "startCase", second, ``, "IN_PROGRESS")
		want := "SUBMITTED JOINED PARTED JOINED ASSIGNED RESOLVED PARTED REOPENED STARTED"
		if got := o.kinds(two); got != want {
			o.Errorf("history %s, want %s", got, want)
		}
	})
}

func TestOneResidentsCasesAreOneThread(t *testing.T) {
	each(t, func(o *office) {
		open := func(ref, unit string) string {
			return o.ok("bob", `mutation($ref: String) { openCase(input: {title: "t", description: "d", residentRef: $ref, unitId: {`+unit+`}}) { case { id } `+userErrors+`} }`, "ref", ref).
				text("openCase.case.id")
		}
		one, other := open("li", "north"), open("li", "north-desk")
		open("li", "south")
		open("wang", "north")
		thread := `query($id: ID!) { node(id: $id) { ... on Case { sameResident { id } } } }`
		seen := o.ok("bob", thread, "id", one)
		if seen.wants("node.sameResident.0.id", other); len(seen.list("node.sameResident")) != 1 {
			o.Errorf("thread: %v", seen.data)
		}
		o.refuses("auditor", "FORBIDDEN", "", thread, "id", one)
	})
}

func TestAUnitsFiguresAreShownFromFiveCasesOn(t *testing.T) {
	each(t, func(o *office) {
		figures := `{ unitTransparency(unitId: {%s}) { unit { ref } from to received inTime redone passedOn excluded } }`
		for i := range 6 {
			id, receipt := o.handIn("north")
			o.step("bob", "acceptCase", id, ``, "ACCEPTED")
			o.step("bob", "assignCase", id, ``, "ASSIGNED")
			o.step("bob", "startCase", id, ``, "IN_PROGRESS")
			if i < 3 {
				o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
			}
			if i == 0 {
				o.ok("", confirm, "r", receipt, "solved", false)
			}
		}
		for range 4 {
			o.handIn("south")
		}
		// Within the quarter nothing is told.
		o.ok("", fmt.Sprintf(figures, "north")).wants("unitTransparency.received", nil)
		o.at("2025-04-02T09:00:00+08:00")
		// Four in the south would follow from ten less six: neither is shown.
		o.ok("", fmt.Sprintf(figures, "south")).wants("unitTransparency.received", nil)
		o.ok("", fmt.Sprintf(figures, "north")).wants("unitTransparency.received", nil)
		o.change("UPDATE cases SET unit_id = ? WHERE unit_id = ?", o.id("north"), o.id("south"))
		shown := o.ok("", fmt.Sprintf(figures, "north"))
		shown.wants("unitTransparency.received", 10)
		shown.wants("unitTransparency.inTime", 0.3)
		shown.wants("unitTransparency.redone", 0.1)
		shown.wants("unitTransparency.excluded", 0)
		shown.wants("unitTransparency.to", "2025-03-31")
		o.ok("", fmt.Sprintf(figures, "passport")).wants("unitTransparency", nil)
	})
}

// TestAnHonestQuarrelCountsAsItWas is a case's whole way, and what stands of it in
// the evidence that the assessment reads.
func TestAnHonestQuarrelCountsAsItWas(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "their lamp"`, "ACCEPTED")
		o.later(3)
		if n, err := o.app.Cases.LapseTransfers(o.Context()); err != nil || n != 1 {
			o.Fatalf("%d offers lapsed, want 1: %v", n, err)
		}
		o.step("bob", "assignCase", id, ``, "ASSIGNED").wants("assignCase.case.transfers", 0)
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "a new lamp"`, "RESOLVED")
		denied := o.ok("", confirm, "r", receipt, "solved", false, "mark", 1)
		denied.wants("confirmResolution.case.reopened", 1)
		denied.wants("confirmResolution.case.confirmed", "NO")
		denied.wants("confirmResolution.case.outcome", nil)
		o.step("bob", "requestMediation", id, `mediator: "the neighbours' committee"`, "MEDIATION")
		o.step("bob", "endMediation", id, `unitAgreed: true, outcome: RESOLVED, summary: "a brighter lamp"`, "MEDIATION")
		agreed := o.ok("", `mutation($r: String!) { answerMediation(input: {receipt: $r, agree: true}) {`+caseFields+`} }`, "r", receipt)
		agreed.wants("answerMediation.case.state", "RESOLVED")
		agreed.wants("answerMediation.case.confirmed", nil)
		done := o.ok("", confirm, "r", receipt, "solved", true, "mark", 5)
		done.wants("confirmResolution.case.state", "CONFIRMED")
		done.wants("confirmResolution.case.outcome", "RESOLVED")
		done.wants("confirmResolution.case.reopened", 1)
		want := "SUBMITTED ACCEPTED TRANSFERRED TRANSFER_LAPSED ASSIGNED STARTED RESOLVED REOPENED MEDIATION MEDIATION MEDIATION RESOLVED CONFIRMED"
		if got := o.kinds(receipt); got != want {
			o.Errorf("history %s, want %s", got, want)
		}
		// The sender is named, so that a needless hand-over could be charged; the lapse charges nobody.
		var sender int64
		err := o.store.Read(o.Context()).Table("case_events").
			Where("kind = 'TRANSFERRED' AND from_official_id = ?", o.id("bob")).Count(&sender).Error
		if err != nil || sender != 1 {
			o.Errorf("%d hand-overs name their sender, want 1: %v", sender, err)
		}
	})
}
