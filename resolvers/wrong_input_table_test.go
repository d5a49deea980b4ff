package resolvers_test

import (
	"encoding/base64"
	"strings"

	"steelyard/auth"
)

// wrongInputs are the mutations by what they are about, each group on an office of
// its own and in the order in which the work goes.
var wrongInputs = map[string][]prepared{
	"accounts": accountTrials, "cases": caseTrials, "case exclusions": exclusionTrials, "counters": counterTrials, "cycles": cycleTrials, "deeds": deedTrials,
	"notifications": notificationTrials, "publications": publicationTrials, "ratings": ratingTrials, "replies": replyTrials,
	"reports": reportTrials, "reviews": reviewTrials, "routing": routingTrials,
}

type in = map[string]any

const wordy = "a fine text of some length"

// neighbours gives the south what the north must not reach.
func (o *office) neighbours() {
	o.Helper()
	o.ids["their-case"], _ = o.handIn("south")
	o.ids["their-encounter"], o.ids["their-token"] = o.invite("cat", "passport", "R9")
	o.ids["their-account"] = o.accountID("cat")
	o.ids["their-cycle"] = o.cycle("hr-south", "south")
	o.ids["their-policy"] = o.ok("hr-south", `mutation { savePolicy(input: {policy: {name: "theirs"}}) { policy { id } `+userErrors+`} }`).text("savePolicy.policy.id")
	o.ids["their-template"] = o.ok("hr-south", saveTemplate, "unit", o.ids["south"], "name", "theirs", "default", false, "questions", questions(1)).
		text("saveReviewTemplate.template.id")
	o.ids["their-round"] = o.ok("hr-south", `mutation { openReviewRound(input: {cycleId: {their-cycle}, name: "n", opensOn: "2025-03-01", closesOn: "2025-03-31",
		assignments: [{officialId: {cat}, reviewerId: {dan}, relation: PEER}]}) { round { id } `+userErrors+`} }`).text("openReviewRound.round.id")
	o.ids["their-assignment"] = o.assignmentOf("dan")
	o.rule("hr-south", "their-rule", "saveCategoryRule", "rule", `unitId: {south}, phrase: "p", category: "c", weight: 1`)
	o.rule("hr-south", "their-area", "saveArea", "area", `unitId: {south}, name: "harbour"`)
	o.rule("hr-south", "their-holiday", "saveHoliday", "holiday", `unitId: {south}, on: "2025-05-05", kind: HOLIDAY, name: "n"`)
	o.ids["their-deed"] = o.ok("cat", `mutation { recordDeed(input: {kind: OTHER, title: "t", doneAt: "2025-03-01T00:00:00Z"}) { deed { id } `+userErrors+`} }`).text("recordDeed.deed.id")
}

// foreign is a neighbour's thing by the name of the field that would name it.
var foreign = map[string]string{
	"officialId": "cat", "reviewerId": "cat", "otherId": "cat", "unitId": "south", "toUnitId": "south", "caseId": "their-case", "caseIds": "their-case",
	"cycleId": "their-cycle", "policyId": "their-policy", "templateId": "their-template", "roundId": "their-round", "encounterId": "their-encounter",
	"assignmentId": "their-assignment", "ruleId": "their-rule", "areaId": "their-area", "parentId": "their-area", "holidayId": "their-holiday", "accountId": "their-account", "deedId": "their-deed",
}

func (o *office) neighbour(field string) string {
	if ref, known := foreign[field]; known {
		return o.ids[ref]
	}
	return o.ids["their-case"]
}

func (o *office) otherKind(field string) string {
	if field == "serviceId" {
		return o.ids["north"]
	}
	return o.ids["passport"]
}

// keep notes a code under a name, for a later trial.
func (o *office) keep(name, value string) string {
	o.ids[name] = value
	return value
}

// receipts are receipts that open nothing of the kind wanted: another's, a forged one
// and no receipt at all.
func (o *office) receipts(right, others string) []any {
	return []any{forged(right), right + "0", others, o.ids["their-token"]}
}

var ratingTrials = []prepared{
	{"recordEncounter", func(o *office) trial {
		return trial{subject: "hr-north", input: in{
			"officialId": o.ids["ann"], "serviceId": o.ids["passport"], "channel": "WINDOW", "occurredAt": "2025-03-03T09:00:00Z",
			"residentRef": wordy, "adverse": true, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"occurredAt": {"2026-01-01T00:00:00Z"}}}
	}},
	{"recordEncounters", func(o *office) trial {
		return trial{subject: "hr-north", without: []string{"csv", "csvFile"}, input: in{
			"rows": []any{in{
				"officialRef": "ann", "serviceRef": "passport", "channel": "WINDOW", "occurredAt": "2025-03-03T09:00:00Z", "residentRef": wordy, "ref": "w-1", "adverse": false,
			}},
			"issuedFrom": wordy, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"rows": {[]any{}}, "rows.0.officialRef": {"cat"}}, named: map[string]string{
			"rows.0.officialRef": "lines.0.official_id", "rows.0.serviceRef": "lines.0.service_id", "rows.0.occurredAt": "lines.0.occurred_at",
			"rows.0.residentRef": "lines.0.resident_ref", "rows.0.ref": "lines.0.id",
		}}
	}},
	{"recordEncounters", func(o *office) trial {
		return trial{subject: "ann", without: []string{"rows", "csvFile"}, input: in{
			"csv": "service_id,channel\npassport,WINDOW\n", "issuedFrom": wordy, "idempotencyKey": wordy + " of a file",
		}, wrong: map[string][]any{"csv": {"service_id\n", "service_id,channel\n", "service_id,channel\npass\u0000port,WINDOW\n", "service_id,channel\npassport,\n", "service_id,channel\n\"passport,WINDOW\n"}}, named: map[string]string{"csv": "lines.0."}}
	}},
	{"recordEncounters", func(o *office) trial {
		file := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
		return trial{subject: "ann", without: []string{"rows", "csv"}, input: in{
			"csvFile": file("service_id,channel\npassport,WINDOW\n"), "issuedFrom": wordy, "idempotencyKey": wordy + " of bytes",
		}, wrong: map[string][]any{"csvFile": {file("\xff\xff\xff"), file("\x00"), file("")}}}
	}},
	{"issueRatingInvitation", func(o *office) trial {
		o.ids["encounter"], o.ids["token"] = o.invite("ann", "passport", "R1")
		return trial{subject: "ann", input: in{"encounterId": o.ids["encounter"], "issuedFrom": wordy, "idempotencyKey": wordy}}
	}},
	{"revokeInvitation", func(o *office) trial {
		encounter, token := o.invite("ann", "passport", "R2")
		o.keep("revoked", token)
		id := o.ok("ann", `mutation($id: ID!) { issueRatingInvitation(input: {encounterId: $id}) { invitation { id token } `+userErrors+`} }`, "id", encounter)
		o.keep("revoked", id.text("issueRatingInvitation.invitation.token"))
		return trial{subject: "ann", input: in{"invitationId": id.text("issueRatingInvitation.invitation.id"), "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"saveRatingForm", func(o *office) trial {
		return trial{subject: "hr-root", without: []string{"category"}, input: in{
			"serviceId": o.ids["housing"], "dimensions": []any{aspect("speed")}, "tags": []any{tag("quick", true)}, "idempotencyKey": wordy,
		}}
	}},
	{"saveRatingForm", func(o *office) trial {
		o.change("UPDATE services SET category = 'papers' WHERE ref = 'housing'")
		return trial{subject: "hr-root", without: []string{"serviceId"}, input: in{
			"category": "papers", "dimensions": []any{aspect("speed")}, "tags": []any{tag("quick", true)}, "idempotencyKey": wordy + " of a category",
		}, exact: []string{"category"}}
	}},
	{"submitRating", func(o *office) trial {
		o.at("2025-01-10T10:00:00+08:00")
		_, expired := o.invite("ann", "passport", "R3")
		o.at("2025-03-04T10:00:00+08:00")
		_, used := o.invite("ann", "passport", "R4")
		o.ok("", submit, "token", used, "level", 5)
		_, token := o.invite("ann", "passport", "R5")
		return trial{input: in{
			"token": token, "level": 2, "dimensions": []any{in{"dimension": "speed", "level": 1}}, "tags": []any{"slow"},
			"comment": wordy, "contact": wordy, "idempotencyKey": wordy,
		}, wrong: map[string][]any{
			"token": {expired, used, o.ids["revoked"], forged(token), token + "A", o.ids["their-case"]}, "idempotencyKey": {"1"},
			"tags": {strings.Split("slow "+strings.Repeat("rude ", 10), " ")},
		}}
	}},
	{"undoRating", func(o *office) trial {
		_, token := o.invite("ann", "passport", "R6")
		receipt := o.ok("", submit, "token", token, "level", 5).text("submitRating.receipt")
		o.ids["case"], o.ids["case-receipt"] = o.handIn("north")
		return trial{input: in{"receipt": receipt, "idempotencyKey": wordy}, wrong: map[string][]any{"receipt": o.receipts(receipt, o.ids["case-receipt"]), "idempotencyKey": {"1"}}}
	}},
}

var replyTrials = []prepared{
	{"replyToRating", func(o *office) trial {
		o.keep("receipt", o.complain("ann", "R1", nil))
		o.ids["case"], o.ids["case-receipt"] = o.handIn("north")
		o.later(1)
		o.release(1)
		o.keep("rating", o.owed("reply-north", nil)[0]["ratingId"].(string))
		return trial{subject: "reply-north", input: in{"ratingId": o.ids["rating"], "text": wordy, "idempotencyKey": wordy}}
	}},
	{"recordMending", func(o *office) trial {
		return trial{subject: "reply-north", input: in{"ratingId": o.ids["rating"], "account": wordy, "idempotencyKey": wordy}, limits: map[string]int{"account": 2000}}
	}},
	{"rateMending", func(o *office) trial {
		receipt := o.ids["receipt"]
		return trial{input: in{"receipt": receipt, "level": 3, "idempotencyKey": wordy}, wrong: map[string][]any{"receipt": o.receipts(receipt, o.ids["case-receipt"]), "idempotencyKey": {"1"}}}
	}},
	{"rateAgain", func(o *office) trial {
		receipt := o.ids["receipt"]
		return trial{input: in{
			"receipt": receipt, "level": 2, "dimensions": []any{in{"dimension": "speed", "level": 1}}, "tags": []any{"slow"},
			"comment": wordy, "contact": wordy, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"receipt": o.receipts(receipt, o.ids["case-receipt"]), "idempotencyKey": {"1"}}}
	}},
}

var counterTrials = []prepared{
	{"issueCounterCode", func(o *office) trial {
		return trial{subject: "hr-north", input: in{
			"serviceId": o.ids["passport"], "unitId": o.ids["north"], "officialId": o.ids["ann"], "name": wordy, "kiosk": false, "dailyCap": 20, "idempotencyKey": wordy,
		}}
	}},
	{"revokeCounterCode", func(o *office) trial {
		id, code := o.counter()
		o.keep("code", code)
		return trial{subject: "hr-north", input: in{"id": id, "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"submitWalkIn", func(o *office) trial {
		_, code := o.counter()
		o.visitor = auth.Visitor{Device: "a phone", Network: "192.0.2.7"}
		return trial{input: in{
			"code": code, "level": 2, "dimensions": []any{in{"dimension": "speed", "level": 1}}, "tags": []any{"slow"},
			"comment": wordy, "officialId": o.ids["ann"], "idempotencyKey": wordy,
		}, wrong: map[string][]any{"code": {o.ids["code"], forged(code), code + "A"}, "idempotencyKey": {"1"}}}
	}},
}

var deedTrials = []prepared{
	{"recordDeed", func(o *office) trial {
		return trial{subject: "ann", input: in{
			"kind": "HOME_VISIT", "doneAt": "2025-03-03T09:00:00Z", "hours": 1.5, "title": wordy, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"doneAt": {"2026-01-01T00:00:00Z"}}}
	}},
	{"confirmDeed", func(o *office) trial {
		a := o.ok("ann", `mutation { recordDeed(input: {kind: OTHER, title: "t", doneAt: "2025-03-01T00:00:00Z"}) { receipt deed { id } `+userErrors+`} }`)
		o.keep("deed", a.text("recordDeed.deed.id"))
		receipt := a.text("recordDeed.receipt")
		_, others := o.handIn("north")
		return trial{input: in{"receipt": receipt, "done": true}, wrong: map[string][]any{"receipt": o.receipts(receipt, others)}}
	}},
	{"checkDeed", func(o *office) trial {
		return trial{subject: "hr-north", input: in{"deedId": o.ids["deed"], "stands": true, "note": wordy, "idempotencyKey": wordy}}
	}},
	{"recordAchievement", func(o *office) trial {
		return trial{subject: "hr-north", input: in{
			"officialId": o.ids["bob"], "kind": "AWARD", "at": "2025-03-01T00:00:00Z", "title": wordy, "source": wordy, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"at": {"2026-01-01T00:00:00Z"}}}
	}},
}

var notificationTrials = []prepared{
	{"saveWebhook", func(o *office) trial {
		return trial{subject: "hr-north", input: in{
			"id": o.hook("hr-north", "north", "CASE_ARRIVED"), "unitId": o.ids["north"], "url": "https://desk.example/a", "kinds": []any{"CASE_ARRIVED"}, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"url": {"http://desk.example/", "ftp://desk.example/", "https://desk.example/😀\u0007"}, "kinds": {[]any{}}}}
	}},
	{"removeWebhook", func(o *office) trial {
		return trial{subject: "hr-north", input: in{"id": o.hook("hr-north", "north-desk", "CASE_ARRIVED")}, wrong: map[string][]any{"id": {o.hook("hr-south", "south", "CASE_ARRIVED")}}}
	}},
	{"subscribeToCase", func(o *office) trial {
		_, receipt := o.handIn("north")
		o.keep("case-receipt", receipt)
		o.keep("rating-receipt", o.complain("ann", "R1", nil))
		return trial{input: in{"receipt": receipt, "email": "li@example.org"}, wrong: map[string][]any{
			"receipt": o.receipts(receipt, o.ids["rating-receipt"]), "email": {"li", "li@", "@example.org", "a@b@c", "li@example.org\nBcc: all@example.org", strings.Repeat("l", 300) + "@example.org"},
		}}
	}},
	{"unsubscribeFromCase", func(o *office) trial {
		receipt := o.ids["case-receipt"]
		return trial{input: in{"receipt": receipt}, wrong: map[string][]any{"receipt": o.receipts(receipt, o.ids["rating-receipt"])}}
	}},
}

var routingTrials = []prepared{
	{"saveCategoryRule", func(o *office) trial {
		return trial{subject: "hr-north", input: in{
			"ruleId": o.rule("hr-north", "words", "saveCategoryRule", "rule", `unitId: {north}, phrase: "lamp", category: "roads / lamps", weight: 3`),
			"unitId": o.ids["north"], "phrase": wordy, "category": wordy, "weight": 7, "idempotencyKey": wordy,
		}}
	}},
	{"saveArea", func(o *office) trial {
		o.rule("hr-north", "city", "saveArea", "area", `unitId: {north}, name: "city"`)
		return trial{subject: "hr-north", input: in{
			"areaId": o.rule("hr-north", "street", "saveArea", "area", `unitId: {north}, name: "street"`),
			"unitId": o.ids["north"], "parentId": o.ids["city"], "name": wordy, "idempotencyKey": wordy,
		}, limits: map[string]int{"name": 60}}
	}},
	{"saveRoutingRule", func(o *office) trial {
		return trial{subject: "hr-north", without: []string{"placeKeyword"}, input: in{
			"ruleId": o.rule("hr-north", "way", "saveRoutingRule", "rule", `unitId: {north}, category: "roads", toUnitId: {north}`),
			"unitId": o.ids["north"], "category": wordy, "areaId": o.ids["city"], "toUnitId": o.ids["north-desk"], "idempotencyKey": wordy,
		}}
	}},
	{"saveRoutingRule", func(o *office) trial {
		return trial{subject: "hr-north", without: []string{"areaId", "ruleId"}, input: in{
			"unitId": o.ids["north"], "category": wordy + "s", "placeKeyword": wordy, "toUnitId": o.ids["north-desk"], "idempotencyKey": wordy + " of a word",
		}}
	}},
	{"saveHoliday", func(o *office) trial {
		return trial{subject: "hr-north", input: in{
			"holidayId": o.rule("hr-north", "feast", "saveHoliday", "holiday", `unitId: {north}, on: "2025-04-03", kind: HOLIDAY, name: "三月三"`),
			"unitId":    o.ids["north"], "on": "2025-04-04", "kind": "HOLIDAY", "name": wordy, "idempotencyKey": wordy,
		}, limits: map[string]int{"name": 60}}
	}},
	{"removeHoliday", removes("feast", "their-holiday")},
	{"removeRoutingRule", removes("way", "their-area")},
	{"removeCategoryRule", removes("words", "their-rule")},
	{"removeArea", removes("street", "their-area")},
}

// removes is a trial that removes an entry of the north.
func removes(mine, theirs string) func(o *office) trial {
	return func(o *office) trial {
		return trial{subject: "hr-north", input: in{"id": o.ids[mine], "idempotencyKey": wordy + mine}, wrong: map[string][]any{"id": {o.ids[theirs]}}}
	}
}
