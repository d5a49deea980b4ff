package resolvers_test

import (
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestTwoAccountsOfOneOfficialAreOnePerson: what two persons sign is not signed by two
// accounts of one of them.
func TestTwoAccountsOfOneOfficialAreOnePerson(t *testing.T) {
	o := newOffice(t, store.SQLite)
	o.secondPersons()
	for _, twin := range []string{"hr-dan", "hr-dan-2"} {
		o.grant(accounts.Grant{Subject: twin, Role: models.RoleHR, UnitRef: "root", OfficialRef: "dan"})
	}
	o.ids["cycle"] = o.cycle("hr-root", "root")
	o.appraise(append(o.crowd("north-desk", 9), result{"ann", 60, "EXCELLENT"})...)
	refuses := func(query string, variables ...any) {
		t.Helper()
		o.refuses("hr-dan-2", "FORBIDDEN", "", query, variables...)
	}

	id := o.ok("hr-dan", proposeGrade, "o", o.ids["c0"], "grade", "EXCELLENT").text("proposeGrade.grade.id")
	refuses(decideGrade, "id", id, "yes", true)
	o.ok("hr-second", decideGrade, "id", id, "yes", true).wants("decideGrade.grade.state", "DECIDED")

	const limit = `mutation { setGradeLimit(input: {cycleId: {cycle}, officialId: {c1}, ground: DISCIPLINE, reason: "on file"}) { limit { confirmedBy } ` + userErrors + `} }`
	o.ok("hr-dan", limit)
	refuses(limit)
	o.ok("hr-second", limit).wants("setGradeLimit.limit.confirmedBy", "hr-second")

	kase, _ := o.handIn("north-desk")
	o.step("ann", "acceptCase", kase, ``, "ACCEPTED")
	o.step("ann", "assignCase", kase, ``, "ASSIGNED")
	out := o.ok("hr-dan", `mutation($case: ID) { excludeEvidence(input: {cycleId: {cycle}, officialId: {ann}, caseId: $case, reason: "of another"}) { exclusion { id } `+userErrors+`} }`, "case", kase)
	const confirmOut = `mutation($id: ID!) { confirmExclusion(input: {exclusionId: $id}) { exclusion { confirmedBy } ` + userErrors + `} }`
	refuses(confirmOut, "id", out.text("excludeEvidence.exclusion.id"))
	o.ok("hr-second", confirmOut, "id", out.text("excludeEvidence.exclusion.id"))

	o.ok("hr-dan", publish)
	refuses(publish)
	o.ok("hr-second", publish).wants("publishCycle.cycle.state", "PUBLISHED")

	o.ok("", objectTo, "o", o.ids["c0"])
	objection := o.ok("hr-root", `{ objections(cycleId: {cycle}) { nodes { id } } }`).text("objections.nodes.0.id")
	refuses(answerObjection, "id", objection, "yes", false) // who proposed the grade
	o.ok("hr-third", answerObjection, "id", objection, "yes", false).wants("decideObjection.objection.state", "DISMISSED")

	// Of a case: who asks for an exclusion, or offers it, does not answer from above.
	kase, _ = o.handIn("south")
	o.step("dan", "requestExclusion", kase, `ground: NOT_WITHIN_POWERS, reason: "the city's"`, "SUBMITTED")
	o.refusesStep("hr-dan", "FORBIDDEN", "", "decideExclusion", kase, `granted: true, reason: "yes"`)
	o.step("hr-root", "decideExclusion", kase, `granted: false, reason: "no"`, "SUBMITTED")
	o.step("dan", "transferCase", kase, `toUnitId: {north}, reason: "theirs"`, "SUBMITTED")
	o.refusesStep("hr-dan", "FORBIDDEN", "", "decideTransfer", kase, `accept: true`)
	o.step("hr-root", "decideTransfer", kase, `accept: true`, "ACCEPTED")
}
