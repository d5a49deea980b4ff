package resolvers_test

import (
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

// watch lets the server look after what becomes due.
func (o *office) watch(want int) {
	o.Helper()
	if n, err := o.app.Cases.Watch(o.Context()); err != nil || n != want {
		o.Errorf("%d cases were looked after, want %d: %v", n, want, err)
	}
}

// kinds is the history of a case, by receipt.
func (o *office) kinds(receipt string) string {
	o.Helper()
	var kinds []string
	for _, e := range o.ok("", byReceipt, "r", receipt).list("caseByReceipt.events") {
		kinds = append(kinds, e.(map[string]any)["kind"].(string))
	}
	return strings.Join(kinds, " ")
}

func TestTheThirdTransferIsDecidedAboveBoth(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "theirs"`, "ACCEPTED")
		o.refusesStep("cat", "FORBIDDEN", "toUnitId", "decideTransfer", id, `accept: true, toUnitId: {south}`)
		o.step("cat", "decideTransfer", id, `accept: true`, "ACCEPTED")
		o.step("cat", "transferCase", id, `toUnitId: {north}, reason: "back to them"`, "ACCEPTED")
		o.step("bob", "decideTransfer", id, `accept: false, reason: "no"`, "ACCEPTED")
		o.step("cat", "transferCase", id, `toUnitId: {north-desk}, reason: "somebody there"`, "ACCEPTED")
		// Nobody below can answer; the unit above both must.
		o.refusesStep("ann", "NOT_FOUND", "caseId", "decideTransfer", id, `accept: true`)
		o.refusesStep("hr-root", "CONFLICT", "accept", "decideTransfer", id, `accept: false, reason: "not ours"`)
		o.refusesStep("hr-root", "NOT_FOUND", "toUnitId", "decideTransfer", id, `accept: true, toUnitId: {passport}`)
		o.step("hr-root", "decideTransfer", id, `accept: true, toUnitId: {south}, reason: "yours after all"`, "ACCEPTED").
			wants("decideTransfer.case.unit.ref", "south")
		want := "SUBMITTED ACCEPTED TRANSFERRED TRANSFER_ACCEPTED TRANSFERRED TRANSFER_REFUSED TRANSFERRED TRANSFER_ACCEPTED"
		if got := o.kinds(receipt); got != want {
			o.Errorf("history %s, want %s", got, want)
		}
		var last string
		for _, e := range o.ok("", `query($r: String!) { caseByReceipt(receipt: $r) { events { toUnit { ref } } } }`, "r", receipt).list("caseByReceipt.events") {
			if unit, is := e.(map[string]any)["toUnit"].(map[string]any); is {
				last += unit["ref"].(string) + " "
			}
		}
		if last != "north north south south north south root south " {
			o.Errorf("hands %q", last)
		}
	})
}

func TestAFinalOfferTakesEffectByItself(t *testing.T) {
	each(t, func(o *office) {
		id, _ := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		for range 2 {
			o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "theirs"`, "ACCEPTED")
			o.step("cat", "decideTransfer", id, `accept: false, reason: "yours"`, "ACCEPTED")
		}
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "theirs"`, "ACCEPTED")
		o.later(3)
		if n, err := o.app.Cases.LapseTransfers(o.Context()); err != nil || n != 1 {
			o.Errorf("%d offers lapsed, want 1: %v", n, err)
		}
		o.ok("hr-root", `query($id: ID!) { node(id: $id) { ... on Case { unit { ref } transfers } } }`, "id", id).wants("node.unit.ref", "root")
	})
}

func TestTheTimeIsWarnedOfExtendedAndEscalated(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north-desk")
		o.watch(0)
		o.at("2025-03-10T09:00:00+08:00") // due at the end of the 11th, the next working day
		o.watch(1)
		o.watch(0)
		soon := o.ok("hr-north", `{ cases(filter: {dueSoon: true}) { nodes { id dueSoon } } }`)
		soon.wants("cases.nodes.0.dueSoon", true)
		o.step("ann", "extendCase", id, `reason: "the part must be ordered"`, "SUBMITTED").wants("extendCase.case.dueAt", "2025-03-18T16:00:00Z")
		o.refusesStep("ann", "CONFLICT", "caseId", "extendCase", id, `reason: "again"`)
		o.refusesStep("cat", "NOT_FOUND", "caseId", "extendCase", id, `reason: "not mine"`)
		o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.dueAt", "2025-03-18T16:00:00Z")
		o.at("2025-03-19T00:00:00+08:00")
		o.watch(1)
		o.watch(0)
		above := o.ok("hr-root", `{ cases(filter: {escalatedTo: {north}}) { nodes { id escalatedTo { ref } unit { ref } } } }`)
		above.wants("cases.nodes.0.escalatedTo.ref", "north")
		above.wants("cases.nodes.0.unit.ref", "north-desk")
		if n := len(o.ok("hr-south", `{ cases(filter: {escalatedTo: {north}}) { nodes { id } } }`).list("cases.nodes")); n != 0 {
			o.Errorf("a neighbour sees %d escalated cases", n)
		}
		// Another five working days later it goes to the next unit above, and there it stays.
		o.at("2025-03-26T23:00:00+08:00")
		o.watch(0)
		o.at("2025-03-27T00:00:00+08:00")
		o.watch(1)
		o.ok("hr-root", `query($id: ID!) { node(id: $id) { ... on Case { escalatedTo { ref } unit { ref } } } }`, "id", id).wants("node.escalatedTo.ref", "root")
		o.later(60)
		o.watch(0)
		late, _ := o.handIn("north")
		o.later(30)
		o.refusesStep("bob", "CONFLICT", "caseId", "extendCase", late, `reason: "too late"`)
		if got, want := o.kinds(receipt), "SUBMITTED WARNED EXTENDED ESCALATED ESCALATED"; got != want {
			o.Errorf("history %s, want %s", got, want)
		}
	})
}

func TestASilentResidentIsRemindedOnceHalfWay(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		o.later(4)
		o.watch(0)
		o.later(2)
		o.watch(1)
		o.watch(0)
		if got := o.kinds(receipt); strings.Count(got, "REMINDED") != 1 {
			o.Errorf("history %s", got)
		}
		if o.ok("", `query($r: String!) { caseByReceipt(receipt: $r) { remindedAt } }`, "r", receipt).get("caseByReceipt.remindedAt") == nil {
			o.Error("the reminder is not on record")
		}
	})
}

// TestACaseSaysWhatCanBeDone to each who sees it, and the offers that wait for an
// answer make a list of their own.
func TestACaseSaysWhatCanBeDone(t *testing.T) {
	each(t, func(o *office) {
		id, _ := o.handIn("north")
		const ask = `query($id: ID!) { node(id: $id) { ... on Case { actions offer { toUnit { ref } reason dueAt final } } } }`
		const waiting = `{ cases(filter: {offered: true}) { nodes { id } } }`
		can := func(subject, want string) {
			o.Helper()
			a := o.ok(subject, ask, "id", id)
			var got []string
			if root, is := a.data.(map[string]any); is && root["node"] != nil {
				for _, action := range a.list("node.actions") {
					got = append(got, action.(string))
				}
			}
			if strings.Join(got, " ") != want {
				o.Errorf("%s can do %v, want %s", subject, got, want)
			}
		}
		can("bob", "ACCEPT EXTEND TRANSFER ASK_EXCLUSION")
		var near []string
		for _, unit := range o.ok("bob", `query($id: ID!) { unitsToOffer(caseId: $id) { ref } }`, "id", id).list("unitsToOffer") {
			near = append(near, unit.(map[string]any)["ref"].(string))
		}
		if strings.Join(near, " ") != "north-desk root south" {
			o.Errorf("nearest first: %v", near)
		}
		if code := o.ask("cat", `query($id: ID!) { unitsToOffer(caseId: $id) { ref } }`, "id", id).Errors[0].Extensions["code"]; code != "NOT_FOUND" {
			o.Errorf("a neighbour is told %v", code)
		}
		can("cat", "")
		can("auditor-north", "")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		can("bob", "ASSIGN EXTEND TRANSFER ASK_EXCLUSION")
		can("hr-north", "ASSIGN EXTEND TRANSFER ASK_EXCLUSION") // to whom, the officer says
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "theirs"`, "ACCEPTED")
		can("bob", "ASSIGN EXTEND ASK_EXCLUSION")
		can("cat", "DECIDE_TRANSFER")
		offer := o.ok("cat", ask, "id", id)
		offer.wants("node.offer.toUnit.ref", "south")
		offer.wants("node.offer.reason", "theirs")
		offer.wants("node.offer.final", false)
		for subject, want := range map[string]int{"cat": 1, "bob": 0, "ann": 0} {
			if got := len(o.ok(subject, waiting).list("cases.nodes")); got != want {
				o.Errorf("%s is offered %d, want %d", subject, got, want)
			}
		}
		o.step("cat", "decideTransfer", id, `accept: false, reason: "yours"`, "ACCEPTED")
		o.ok("bob", ask, "id", id).wants("node.offer", nil)
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		can("bob", "ASSIGN RESOLVE HOLD EXTEND MEDIATE TRANSFER ASK_EXCLUSION")
		o.step("bob", "requestMediation", id, `mediator: "the lawyer"`, "MEDIATION")
		can("bob", "END_MEDIATION EXTEND")
	})
}

// TestTheEndOfAPauseNotesTheDateThatItReplaced, reckoned by the days that the unit keeps:
// so what a period that ended before it has seen can be told without any calendar.
func TestTheEndOfAPauseNotesTheDateThatItReplaced(t *testing.T) {
	each(t, func(o *office) {
		o.rule("hr-root", "feast", "saveHoliday", "holiday", `unitId: {north}, on: "2025-03-06", kind: HOLIDAY, name: "三月三"`)
		for _, end := range []func(id string) *answer{
			func(id string) *answer { return o.step("bob", "resumeCase", id, ``, "IN_PROGRESS") },
			func(string) *answer {
				return o.ok("", `mutation($r: String!) { withdrawCase(input: {receipt: $r}) {`+caseFields+`} }`, "r", o.ids["paused-receipt"])
			},
		} {
			o.at("2025-03-04T10:00:00+08:00")
			o.opened("paused")
			o.step("bob", "acceptCase", o.ids["paused"], ``, "ACCEPTED")
			o.step("bob", "assignCase", o.ids["paused"], ``, "ASSIGNED")
			before := o.step("bob", "startCase", o.ids["paused"], ``, "IN_PROGRESS").text("startCase.case.dueAt")
			o.step("bob", "holdCase", o.ids["paused"], `reason: "waits for the parts"`, "ON_HOLD")
			o.later(6)
			a := end(o.ids["paused"])
			var c models.Case
			if err := o.store.Read(o.Context()).Take(&c, "id = ?", o.id("paused")).Error; err != nil {
				o.Fatal(err)
			}
			var e models.CaseEvent
			if err := o.store.Read(o.Context()).Order("seq DESC").Take(&e, "case_id = ?", c.ID).Error; err != nil {
				o.Fatal(err)
			}
			// Six days of which three are worked on: the 5th, the 7th and the 10th.
			if e.DueAt == nil || e.DueAt.UTC().Format(time.RFC3339) != before || c.DueAt.UTC().Format(time.RFC3339) != "2025-03-17T16:00:00Z" {
				o.Errorf("%s moved the date %s to %v and noted %v: %v", e.Kind, before, c.DueAt, e.DueAt, a.data)
			}
		}
	})
}
