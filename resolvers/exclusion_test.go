package resolvers_test

import (
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
)

const object = `mutation($r: String!, $why: String!) { objectExclusion(input: {receipt: $r, reason: $why}) {` + caseFields + `} }`

func TestAnExclusionIsDecidedAboveByAnotherAndOpenToObjection(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.refusesStep("bob", "INVALID", "reason", "requestExclusion", id, `ground: NOT_WITHIN_POWERS, reason: " "`)
		o.refusesStep("cat", "NOT_FOUND", "caseId", "requestExclusion", id, `ground: NOT_WITHIN_POWERS, reason: "not mine"`)
		o.step("bob", "requestExclusion", id, `ground: NOT_WITHIN_POWERS, reason: "the river belongs to the province"`, "ASSIGNED")
		o.refusesStep("bob", "CONFLICT", "caseId", "requestExclusion", id, `ground: NOT_WITHIN_POWERS, reason: "again"`)
		o.refusesStep("bob", "CONFLICT", "caseId", "rejectCase", id, `reason: "then by ourselves"`)
		// The unit that profits, its own HR included, does not decide.
		o.refusesStep("bob", "NOT_FOUND", "caseId", "decideExclusion", id, `granted: true, reason: "yes"`)
		o.refusesStep("hr-north", "NOT_FOUND", "caseId", "decideExclusion", id, `granted: true, reason: "yes"`)
		o.refusesStep("hr-south", "NOT_FOUND", "caseId", "decideExclusion", id, `granted: true, reason: "yes"`)
		waiting := o.ok("hr-root", `{ cases(filter: {exclusions: [ASKED]}) { nodes { id exclusion { ground state reason unit { ref } } } } }`)
		waiting.wants("cases.nodes.0.exclusion.unit.ref", "north")
		o.step("hr-root", "decideExclusion", id, `granted: true, reason: "so it is"`, "REJECTED")
		o.upheld(id, true)
		o.refusesStep("hr-root", "ILLEGAL_STATE", "", "decideExclusion", id, `granted: true, reason: "twice"`)

		o.refuses("", "INVALID", "reason", object, "r", receipt, "why", "")
		o.ok("", object, "r", receipt, "why", "the bank is the city's").wants("objectExclusion.case.state", "REJECTED")
		o.refuses("", "ILLEGAL_STATE", "", object, "r", receipt, "why", "again")
		o.upheld(id, false)
		// Whoever decided does not decide about the objection.
		o.refusesStep("hr-root", "FORBIDDEN", "", "decideExclusion", id, `granted: true, reason: "still"`)
		o.second("hr-root-2")
		o.step("hr-root-2", "decideExclusion", id, `granted: false, reason: "the resident is right"`, "REOPENED").
			wants("decideExclusion.case.reopened", 1)
		o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.confirmed", "NO")
		want := "SUBMITTED ACCEPTED ASSIGNED EXCLUSION_ASKED REJECTED OBJECTED REOPENED"
		if got := o.kinds(receipt); got != want {
			o.Errorf("history %s, want %s", got, want)
		}
	})
}

func TestAnObjectionComesInTime(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.refuses("", "NOT_FOUND", "receipt", object, "r", receipt, "why", "nothing was excluded")
		o.step("bob", "requestExclusion", id, `ground: UNLAWFUL_OR_IMPOSSIBLE, reason: "unlawful"`, "SUBMITTED")
		o.step("hr-root", "decideExclusion", id, `granted: false, reason: "it is lawful"`, "SUBMITTED")
		o.step("bob", "requestExclusion", id, `ground: UNLAWFUL_OR_IMPOSSIBLE, reason: "impossible, then"`, "SUBMITTED")
		o.step("hr-root", "decideExclusion", id, `granted: true, reason: "nobody can"`, "REJECTED")
		o.later(11)
		o.refuses("", "GONE", "", object, "r", receipt, "why", "too late")
		o.upheld(id, true)

		// A unit's own rejection is upheld by nobody, and can be objected to.
		own, theirs := o.handIn("north")
		o.step("bob", "rejectCase", own, `reason: "not ours"`, "REJECTED")
		o.upheld(own, false)
		o.refuses("", "NOT_FOUND", "receipt", object, "r", receipt+"X", "why", "another's")
		o.ok("", object, "r", theirs, "why", "yours it is")
		o.second("hr-root-2")
		o.step("hr-root-2", "decideExclusion", own, `granted: true, reason: "it is not theirs"`, "REJECTED")
		o.upheld(own, true)
		if got := o.kinds(theirs); got != "SUBMITTED REJECTED OBJECTED EXCLUSION_UPHELD" {
			o.Errorf("history %s", got)
		}

		// There is nobody above the top.
		top, _ := o.handIn("root")
		o.refusesStep("hr-root", "CONFLICT", "caseId", "requestExclusion", top, `ground: NOT_WITHIN_POWERS, reason: "r"`)
	})
}

// second is another HR officer of the whole organisation.
func (o *office) second(subject string) {
	o.Helper()
	o.grant(accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: "root"})
}

// upheld compares whether a case is taken for excluded by a unit above.
func (o *office) upheld(id string, want bool) {
	o.Helper()
	var n int64
	if err := o.store.Read(o.Context()).Table("cases").Where("id = ? AND upheld = ?", o.parse(id), true).Count(&n).Error; err != nil {
		o.Fatal(err)
	}
	if (n == 1) != want {
		o.Errorf("upheld: %v, want %v", n == 1, want)
	}
}
