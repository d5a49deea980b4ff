package resolvers_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// caseFields are what anybody may select of a case, caseOfOffice what the office may besides.
const (
	caseFields = ` case { id state dueAt closedAt outcome confirmed satisfaction transfers reopened account unit { ref }
	events { kind note toUnit { ref } } }` + userErrors
	caseOfOffice = caseFields + ` case { official { ref } }`
)

// handIn opens a case for a unit and returns its id and receipt.
func (o *office) handIn(unit string) (id, receipt string) {
	o.Helper()
	opened := o.ok("", `mutation { openCase(input: {category: "roads / lamps", title: "灯不亮", description: "The lamp is out.", unitId: {`+unit+`}}) {
		receipt `+caseFields+`} }`)
	opened.wants("openCase.case.state", "SUBMITTED")
	return opened.text("openCase.case.id"), opened.text("openCase.receipt")
}

// step does a step on a case and wants the state after it.
func (o *office) step(subject, step, id, input, state string) *answer {
	o.Helper()
	a := o.ok(subject, `mutation($id: ID!) { `+step+`(input: {caseId: $id `+input+`}) {`+caseOfOffice+`} }`, "id", id)
	a.wants(step+".case.state", state)
	return a
}

// refusesStep wants a step on a case refused.
func (o *office) refusesStep(subject, code, field, step, id, input string) {
	o.Helper()
	o.refuses(subject, code, field, `mutation($id: ID!) { `+step+`(input: {caseId: $id `+input+`}) {`+caseOfOffice+`} }`, "id", id)
}

const (
	byReceipt = `query($r: String!) { caseByReceipt(receipt: $r) { state dueAt title unit { ref } confirmed satisfaction account events { kind } } }`
	confirm   = `mutation($r: String!, $solved: Boolean!, $mark: Int) { confirmResolution(input: {receipt: $r, solved: $solved, satisfaction: $mark, comment: "so it is"}) {` + caseFields + `} }`
)

func TestACaseTravelsFromTheResidentAndBack(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		seen := o.ok("", byReceipt, "r", receipt)
		seen.wants("caseByReceipt.unit.ref", "north")
		// Five working days from Tuesday, 4 March: the end of the 11th.
		seen.wants("caseByReceipt.dueAt", "2025-03-11T16:00:00Z")

		o.step("bob", "acceptCase", id, `note: "signed"`, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED").wants("assignCase.case.official.ref", "bob")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "holdCase", id, `reason: "waits for the parts"`, "ON_HOLD")
		o.later(3)
		o.step("bob", "resumeCase", id, ``, "IN_PROGRESS").wants("resumeCase.case.dueAt", "2025-03-14T16:00:00Z")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "a new lamp"`, "RESOLVED")

		o.refuses("", "INVALID", "satisfaction", confirm, "r", receipt, "solved", true, "mark", 6)
		no := o.ok("", confirm, "r", receipt, "solved", false, "mark", 1)
		no.wants("confirmResolution.case.state", "REOPENED")
		no.wants("confirmResolution.case.confirmed", "NO")
		no.wants("confirmResolution.case.reopened", 1)
		o.ok("", confirm, "r", receipt, "solved", false).wants("confirmResolution.case.reopened", 1)

		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "a better lamp"`, "RESOLVED").wants("resolveCase.case.confirmed", nil)
		yes := o.ok("", confirm, "r", receipt, "solved", true, "mark", 5)
		yes.wants("confirmResolution.case.state", "CONFIRMED")
		yes.wants("confirmResolution.case.satisfaction", 5)
		o.ok("", confirm, "r", receipt, "solved", true).wants("confirmResolution.case.satisfaction", 5)

		var kinds []string
		for _, e := range o.ok("", byReceipt, "r", receipt).list("caseByReceipt.events") {
			kinds = append(kinds, e.(map[string]any)["kind"].(string))
		}
		want := "SUBMITTED ACCEPTED ASSIGNED STARTED PAUSED RESUMED RESOLVED REOPENED STARTED RESOLVED CONFIRMED"
		if got := strings.Join(kinds, " "); got != want {
			o.Errorf("history %s, want %s", got, want)
		}
		// Whose clock stood still is known: what is odd about pauses is asked of them.
		var paused int64
		err := o.store.Read(o.Context()).Model(&models.CaseEvent{}).Where("kind = ? AND from_official_id = ?", models.EventPaused, o.id("bob")).Count(&paused).Error
		if err != nil || paused != 1 {
			o.Errorf("%d pauses of bob's: %v", paused, err)
		}
		// The resident sees the office, and no official's name.
		o.refuses("", "UNAUTHENTICATED", "", `query($r: String!) { caseByReceipt(receipt: $r) { official { name } } }`, "r", receipt)
	})
}

// TestAPauseEndsByItself: a case that rested for good would never be due.
func TestAPauseEndsByItself(t *testing.T) {
	o := newOffice(t, store.SQLite)
	ended := func(want int) {
		t.Helper()
		if n, err := o.app.Cases.EndPauses(o.Context()); err != nil || n != want {
			t.Fatalf("%d pauses ended, want %d: %v", n, want, err)
		}
	}
	id, receipt := o.handIn("north") // due at the end of 11 March
	o.step("bob", "acceptCase", id, ``, "ACCEPTED")
	o.step("bob", "assignCase", id, ``, "ASSIGNED")
	o.step("bob", "startCase", id, ``, "IN_PROGRESS")
	for _, days := range []int{14, 14, 15} { // a holiday lies in the last
		o.step("bob", "holdCase", id, `reason: "waits for the parts"`, "ON_HOLD")
		o.later(days) // the last of ten working days
		ended(0)
		o.later(1)
		ended(1)
		ended(0)
	}
	// A pause takes the day on which it ends as well.
	o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.dueAt", "2025-04-25T16:00:00Z")
	o.refusesStep("bob", "CONFLICT", "caseId", "holdCase", id, `reason: "waits for the summer"`)
	if got, want := o.kinds(receipt), "SUBMITTED ACCEPTED ASSIGNED STARTED PAUSED RESUMED PAUSED RESUMED PAUSED RESUMED"; got != want {
		t.Errorf("history %s, want %s", got, want)
	}
}

// TestWhoAnswersLateGetsNoNewTime: by having a late answer sent back nobody is in time.
func TestWhoAnswersLateGetsNoNewTime(t *testing.T) {
	o := newOffice(t, store.SQLite)
	for _, c := range []struct {
		name    string
		answers int // days later
		due     string
	}{{"in time", 1, "2025-03-20T16:00:00Z"}, {"late", 8, "2025-03-11T16:00:00Z"}} {
		o.at("2025-03-04T10:00:00+08:00")
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.later(c.answers)
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "a new lamp"`, "RESOLVED")
		o.at("2025-03-13T10:00:00+08:00")
		if due := o.ok("", confirm, "r", receipt, "solved", false).text("confirmResolution.case.dueAt"); due != c.due {
			t.Errorf("answered %s: due at %s, want %s", c.name, due, c.due)
		}
	}
}

// TestNobodyDisposesOfAColleaguesCase: what becomes of a case is charged to its holder.
func TestNobodyDisposesOfAColleaguesCase(t *testing.T) {
	o := newOffice(t, store.SQLite)
	o.crowd("north", 1)
	o.grant(accounts.Grant{Subject: "c0", Role: models.RoleOfficial, UnitRef: "north", OfficialRef: "c0"})
	id, _ := o.handIn("north")
	mine, _ := o.handIn("north")
	o.step("bob", "acceptCase", id, ``, "ACCEPTED")
	o.step("bob", "assignCase", id, ``, "ASSIGNED")
	o.step("c0", "acceptCase", mine, ``, "ACCEPTED")
	o.step("c0", "assignCase", mine, ``, "ASSIGNED")
	o.ids["mine"], o.ids["bobs"] = mine, id

	for step, input := range map[string]string{
		"assignCase": ``, "transferCase": `toUnitId: {south}, reason: "theirs"`, "rejectCase": `reason: "not ours"`,
		"joinCases": `caseIds: [{mine}], reason: "the same"`,
	} {
		o.refusesStep("c0", "FORBIDDEN", "", step, id, input)
	}
	o.refusesStep("c0", "FORBIDDEN", "caseIds", "joinCases", mine, `caseIds: [{bobs}], reason: "the same"`)
	offered := o.ok("c0", `query($id: ID!) { node(id: $id) { ... on Case { actions } } }`, "id", id).list("node.actions")
	for _, action := range offered {
		if action == "ASSIGN" || action == "TRANSFER" {
			o.Errorf("%v is offered to who may not", action)
		}
	}

	// Whoever has it hands it on, and a unit above, or HR, takes it away.
	o.step("bob", "assignCase", id, `officialId: {c0}`, "ASSIGNED").wants("assignCase.case.official.ref", "c0")
	o.step("hr-north", "assignCase", id, `officialId: {bob}`, "ASSIGNED").wants("assignCase.case.official.ref", "bob")
	o.grant(accounts.Grant{Subject: "c0", Role: models.RoleOfficial, UnitRef: "root", OfficialRef: "c0"})
	o.step("c0", "assignCase", id, ``, "ASSIGNED").wants("assignCase.case.official.ref", "c0")
}

func TestAnIllegalStepNamesTheStateAndThePossibleSteps(t *testing.T) {
	each(t, func(o *office) {
		id, _ := o.handIn("north")
		a := o.ask("bob", `mutation($id: ID!) { startCase(input: {caseId: $id}) {`+caseFields+`} }`, "id", id)
		if code, _ := a.refused(); code != "ILLEGAL_STATE" {
			o.Fatalf("refused with %s", code)
		}
		message := a.text("startCase.userErrors.0.message")
		for _, word := range []string{"SUBMITTED", "ACCEPT", "REJECT", "TRANSFER", "WITHDRAW"} {
			if !strings.Contains(message, word) {
				o.Errorf("%q does not say %s", message, word)
			}
		}
	})
}

func TestTheFirstReceiverOwnsACaseUntilAnotherAccepts(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.refusesStep("bob", "INVALID", "reason", "transferCase", id, `toUnitId: {south}, reason: " "`)
		o.refusesStep("bob", "INVALID", "toUnitId", "transferCase", id, `toUnitId: {north}, reason: "r"`)
		o.refusesStep("cat", "NOT_FOUND", "caseId", "transferCase", id, `toUnitId: {south}, reason: "mine"`)
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "their lamp"`, "ACCEPTED").wants("transferCase.case.unit.ref", "north")
		o.refusesStep("bob", "CONFLICT", "caseId", "transferCase", id, `toUnitId: {south}, reason: "again"`)
		o.refusesStep("bob", "INVALID", "reason", "rejectCase", id, `reason: ""`)
		// Until it is answered the case stays and can be worked on; refused, it falls back.
		o.refusesStep("cat", "INVALID", "reason", "decideTransfer", id, `accept: false`)
		o.step("cat", "decideTransfer", id, `accept: false, reason: "yours"`, "ACCEPTED").wants("decideTransfer.case.unit.ref", "north")
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "see the map"`, "ACCEPTED")
		taken := o.step("cat", "decideTransfer", id, `accept: true`, "ACCEPTED")
		taken.wants("decideTransfer.case.unit.ref", "south")
		taken.wants("decideTransfer.case.transfers", 1)
		o.refusesStep("bob", "NOT_FOUND", "caseId", "assignCase", id, ``)
		o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.unit.ref", "south")
	})
}

func TestAnOfferThatNobodyAnswersFallsBack(t *testing.T) {
	each(t, func(o *office) {
		id, _ := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "transferCase", id, `toUnitId: {south}, reason: "their lamp"`, "ACCEPTED")
		if n, err := o.app.Cases.LapseTransfers(o.Context()); err != nil || n != 0 {
			o.Errorf("%d offers lapsed at once: %v", n, err)
		}
		o.later(3)
		if n, err := o.app.Cases.LapseTransfers(o.Context()); err != nil || n != 1 {
			o.Errorf("%d offers lapsed, want 1: %v", n, err)
		}
		o.refusesStep("cat", "ILLEGAL_STATE", "", "decideTransfer", id, `accept: true`)
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
	})
}

func TestASilentResidentClosesACase(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.refusesStep("bob", "INVALID", "account", "resolveCase", id, `outcome: RESOLVED, account: " "`)
		o.refusesStep("bob", "INVALID", "outcome", "resolveCase", id, `outcome: WITHDRAWN, account: "x"`)
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		o.later(12)
		if n, err := o.app.Cases.LapseUnconfirmed(o.Context()); err != nil || n != 1 {
			o.Errorf("%d cases lapsed, want 1: %v", n, err)
		}
		o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.state", "CLOSED_UNCONFIRMED")
		o.ok("", confirm, "r", receipt, "solved", false).wants("confirmResolution.case.state", "REOPENED")
	})
}

func TestAMediationBindsWhenBothSidesAgree(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		answer := `mutation($r: String!, $agree: Boolean!) { answerMediation(input: {receipt: $r, agree: $agree}) {` + caseFields + `} }`
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.refuses("", "CONFLICT", "receipt", answer, "r", receipt, "agree", true)
		o.refusesStep("bob", "INVALID", "mediator", "requestMediation", id, `mediator: ""`)
		o.step("bob", "requestMediation", id, `mediator: "the village elder"`, "MEDIATION")
		o.step("bob", "endMediation", id, `unitAgreed: false, summary: "no"`, "IN_PROGRESS")
		o.step("bob", "requestMediation", id, `mediator: "one whom the resident does not want"`, "MEDIATION")
		o.ok("", answer, "r", receipt, "agree", false).wants("answerMediation.case.state", "IN_PROGRESS")
		o.step("bob", "requestMediation", id, `mediator: "another elder"`, "MEDIATION")
		o.ok("", answer, "r", receipt, "agree", true).wants("answerMediation.case.state", "MEDIATION")
		o.refusesStep("bob", "ILLEGAL_STATE", "", "resolveCase", id, `outcome: RESOLVED, account: "so be it"`)
		o.refusesStep("bob", "INVALID", "outcome", "endMediation", id, `unitAgreed: true, summary: "half each"`)
		o.refusesStep("bob", "INVALID", "summary", "endMediation", id, `unitAgreed: true, outcome: RESOLVED, summary: ""`)
		// The office's word alone binds nobody.
		o.step("bob", "endMediation", id, `unitAgreed: true, outcome: RESOLVED, summary: "all of it"`, "MEDIATION")
		o.step("bob", "endMediation", id, `unitAgreed: true, outcome: PARTLY_RESOLVED, summary: "half each"`, "MEDIATION")
		o.refuses("", "NOT_FOUND", "receipt", answer, "r", "nonsense", "agree", true)
		bound := o.ok("", answer, "r", receipt, "agree", true)
		bound.wants("answerMediation.case.state", "RESOLVED")
		bound.wants("answerMediation.case.outcome", "PARTLY_RESOLVED")
		bound.wants("answerMediation.case.account", "half each")
		seen := o.ok("", `query($r: String!) { caseByReceipt(receipt: $r) { mediation { mediator outcome summary residentAnswer proposedAt endedAt } } }`, "r", receipt)
		seen.wants("caseByReceipt.mediation.mediator", "another elder")
		seen.wants("caseByReceipt.mediation.residentAnswer", "YES")
		seen.wants("caseByReceipt.mediation.summary", "half each")
		o.refuses("", "CONFLICT", "receipt", answer, "r", receipt, "agree", true)
	})
}

func TestACaseCanBeTakenBackByItsReceiptAlone(t *testing.T) {
	each(t, func(o *office) {
		_, receipt := o.handIn("north")
		withdraw := `mutation($r: String!) { withdrawCase(input: {receipt: $r, reason: "solved itself"}) {` + caseFields + `} }`
		o.refuses("", "NOT_FOUND", "receipt", withdraw, "r", "nonsense")
		o.ok("", withdraw, "r", receipt).wants("withdrawCase.case.state", "WITHDRAWN")
		o.ok("", withdraw, "r", receipt).wants("withdrawCase.case.outcome", "WITHDRAWN")
		o.ok("", byReceipt, "r", receipt+"X").wants("caseByReceipt", nil)
		o.refuses("", "ILLEGAL_STATE", "", confirm, "r", receipt, "solved", true)
	})
}

func TestADoubleClickOpensOneCase(t *testing.T) {
	each(t, func(o *office) {
		open := `mutation($key: String, $title: String!) { openCase(input: {title: $title, description: "d", idempotencyKey: $key}) { receipt ` + caseFields + `} }`
		var wg sync.WaitGroup
		receipts := make([]string, 20)
		for i := range receipts {
			wg.Go(func() {
				receipts[i] = fmt.Sprint(o.ask("", open, "key", "a key of 16 characters", "title", "t").get("openCase.receipt"))
			})
		}
		wg.Wait()
		for _, r := range receipts {
			if r != receipts[0] || r == "<nil>" {
				o.Fatalf("receipts differ: %v", receipts)
			}
		}
		if n := o.count("cases"); n != 1 {
			o.Errorf("%d cases", n)
		}
		o.refuses("", "CONFLICT", "idempotencyKey", open, "key", "a key of 16 characters", "title", "another")
		o.refuses("", "INVALID", "idempotencyKey", open, "key", "short", "title", "t")
		o.refuses("", "INVALID", "title", open, "title", " ")
		o.refuses("", "INVALID", "title", open, "title", strings.Repeat("字", 201))
	})
}

func TestCasesComeInPagesWithoutGapsOrRepeats(t *testing.T) {
	each(t, func(o *office) {
		want := map[string]bool{}
		for i := range 7 {
			id, _ := o.handIn("north")
			want[id] = true
			if i%2 == 0 {
				o.later(1)
			}
		}
		o.handIn("south")
		o.change("UPDATE cases SET due_at = NULL WHERE id = (SELECT id FROM cases ORDER BY opened_at, id LIMIT 1)")
		for _, order := range []string{"OPENED_DESC", "OPENED_ASC", "DUE_ASC"} {
			seen, after, pages := map[string]bool{}, any(nil), 0
			for {
				page := o.ok("hr-north", `query($after: String) { cases(orderBy: `+order+`, first: 3, after: $after) {
					nodes { id openedAt dueAt } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } }`, "after", after)
				for _, n := range page.list("cases.nodes") {
					id := n.(map[string]any)["id"].(string)
					if seen[id] || !want[id] {
						o.Errorf("%s: %s stands twice or does not belong here", order, id)
					}
					seen[id] = true
				}
				pages++
				if page.get("cases.pageInfo.hasNextPage") != true {
					break
				}
				after = page.get("cases.pageInfo.endCursor")
			}
			if len(seen) != 7 || pages != 3 {
				o.Errorf("%s: %d cases on %d pages, want 7 on 3", order, len(seen), pages)
			}
		}
		list := `query($n: Int!, $after: String) { cases(first: $n, after: $after) { nodes { id } } }`
		o.refuses("hr-north", "INVALID", "first", list, "n", 0)
		o.refuses("hr-north", "INVALID", "first", list, "n", -1)
		o.refuses("hr-north", "INVALID", "first", list, "n", 101)
		o.refuses("hr-north", "INVALID", "after", list, "n", 1, "after", "!!")
		o.refuses("hr-north", "INVALID", "after", list, "n", 1, "after", "bm9uc2Vuc2U")
	})
}

func TestCasesAreFiltered(t *testing.T) {
	each(t, func(o *office) {
		late, _ := o.handIn("north")
		o.later(30)
		young, _ := o.handIn("north-desk")
		for filter, want := range map[string]string{
			`overdue: true`:                      late,
			`overdue: false`:                     young,
			`unitId: {north-desk}`:               young,
			`states: [SUBMITTED], overdue: true`: late,
		} {
			a := o.ok("hr-root", `query { cases(filter: {`+filter+`}) { nodes { id } } }`)
			if a.wants("cases.nodes.0.id", want); len(a.list("cases.nodes")) != 1 {
				o.Errorf("%s: %v", filter, a.data)
			}
		}
		for _, filter := range []string{`category: "roads"`, `states: [CONFIRMED]`, `officialId: {ann}`} {
			if a := o.ok("hr-root", `query { cases(filter: {`+filter+`}) { nodes { id } } }`); len(a.list("cases.nodes")) != 0 {
				o.Errorf("%s: %v", filter, a.data)
			}
		}
	})
}

// TestAStepIsDoneOncePerKey: a retry of a step changes nothing, also where the
// case has moved on; the same key for something else is a conflict.
func TestAStepIsDoneOncePerKey(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, `idempotencyKey: "key of the click"`, "ACCEPTED")
		o.step("bob", "acceptCase", id, `idempotencyKey: "key of the click"`, "ACCEPTED")
		o.refusesStep("bob", "CONFLICT", "idempotencyKey", "acceptCase", id, `note: "other", idempotencyKey: "key of the click"`)
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		no := `mutation($r: String!) { confirmResolution(input: {receipt: $r, solved: false, idempotencyKey: "key of the phone 1"}) {` + caseFields + `} }`
		o.ok("", no, "r", receipt).wants("confirmResolution.case.state", "REOPENED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done again"`, "RESOLVED")
		// A late retry of the first "no" does not open the case a second time.
		late := o.ok("", no, "r", receipt)
		late.wants("confirmResolution.case.state", "RESOLVED")
		late.wants("confirmResolution.case.reopened", 1)
	})
}

// TestNobodyActsOnTheOwnCase: an HR officer who is an official as well leaves the
// own cases to others.
func TestNobodyActsOnTheOwnCase(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "hr and bob", Role: models.RoleHR, UnitRef: "north", OfficialRef: "bob"})
		id, _ := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.refusesStep("hr and bob", "FORBIDDEN", "", "rejectCase", id, `reason: "not mine"`)
		o.refusesStep("hr and bob", "FORBIDDEN", "", "assignCase", id, `officialId: {ann}`)
		o.step("hr-north", "rejectCase", id, `reason: "unlawful"`, "REJECTED")
	})
}

// TestTheMarkOnACaseIsTheResidentsOwn: it counts as a rating, and is seen by
// receipt alone.
func TestTheMarkOnACaseIsTheResidentsOwn(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		o.ok("", confirm, "r", receipt, "solved", true, "mark", 1).wants("confirmResolution.case.satisfaction", 1)
		o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.satisfaction", 1)
		for _, subject := range []string{"bob", "hr-north", "auditor", "reply-north"} {
			seen := o.ok(subject, `query($id: ID!) { node(id: $id) { ... on Case { confirmed satisfaction } } }`, "id", id)
			seen.wants("node.confirmed", "YES")
			seen.wants("node.satisfaction", nil)
		}
	})
}

func TestATextThatIsTooLongNamesItsField(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		long := strings.Repeat("x", 10_001)
		o.refusesStep("bob", "INVALID", "note", "acceptCase", id, `note: "`+long+`"`)
		o.step("bob", "acceptCase", id, ``, "ACCEPTED")
		o.refusesStep("bob", "NOT_FOUND", "officialId", "assignCase", id, `officialId: {cat}`)
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.refusesStep("bob", "INVALID", "account", "resolveCase", id, `outcome: RESOLVED, account: "`+long+`"`)
		o.refusesStep("bob", "INVALID", "reason", "requestMediation", id, `mediator: "m", reason: "`+long+`"`)
		o.refusesStep("bob", "NOT_FOUND", "toUnitId", "transferCase", id, `reason: "r", toUnitId: {passport}`)
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		o.refuses("", "INVALID", "comment", `mutation($r: String!, $c: String) { confirmResolution(input: {receipt: $r, solved: true, comment: $c}) {`+caseFields+`} }`,
			"r", receipt, "c", long)
		o.refuses("", "NOT_FOUND", "unitId", `mutation { openCase(input: {title: "t", description: "d", unitId: {passport}}) { receipt `+caseFields+`} }`)
	})
}

func TestAFilterIsBounded(t *testing.T) {
	each(t, func(o *office) {
		states := make([]string, 20_000)
		for i := range states {
			states[i] = "SUBMITTED"
		}
		o.refuses("hr-root", "INVALID", "filter.states", `query($s: [CaseState!]) { cases(filter: {states: $s}) { nodes { id } } }`, "s", states)
	})
}
