package resolvers_test

import "steelyard/models"

// stepOf is a trial of a step on the case that stands under a name.
func stepOf(subject, name string, more in) func(o *office) trial {
	return func(o *office) trial {
		input := in{"caseId": o.ids[name], "idempotencyKey": wordy + " " + name}
		for field, value := range more {
			input[field] = value
		}
		return trial{subject: subject, input: input}
	}
}

// opened opens a case of the north and notes its id and receipt.
func (o *office) opened(name string) {
	o.Helper()
	o.ids[name], o.ids[name+"-receipt"] = o.handIn("north")
}

// working brings a new case into an official's hands.
func (o *office) working(name string) {
	o.Helper()
	o.opened(name)
	o.step("bob", "acceptCase", o.ids[name], ``, "ACCEPTED")
	o.step("bob", "assignCase", o.ids[name], ``, "ASSIGNED")
	o.step("bob", "startCase", o.ids[name], ``, "IN_PROGRESS")
}

// byReceiptOf is a trial of a resident's step on the case that stands under a name.
func byReceiptOf(name string, more in) func(o *office) trial {
	return func(o *office) trial {
		receipt := o.ids[name+"-receipt"]
		input := in{"receipt": receipt, "idempotencyKey": wordy}
		for field, value := range more {
			input[field] = value
		}
		if o.ids["rating-receipt"] == "" {
			o.keep("rating-receipt", o.complain("ann", "R1", nil))
		}
		return trial{input: input, wrong: map[string][]any{"receipt": o.receipts(receipt, o.ids["rating-receipt"]), "idempotencyKey": {"1"}}}
	}
}

// after does something before a trial is made.
func after(before func(o *office), ready func(o *office) trial) func(o *office) trial {
	return func(o *office) trial {
		o.Helper()
		before(o)
		return ready(o)
	}
}

var caseTrials = []prepared{
	{"openCase", func(o *office) trial {
		return trial{subject: "bob", input: in{
			"category": wordy, "title": wordy, "description": wordy, "place": wordy, "latitude": 31.2, "longitude": 121.5,
			"channel": "ONLINE", "unitId": o.ids["north"], "residentRef": wordy, "idempotencyKey": wordy,
		}, open: []string{"unitId"}}
	}},
	{"acceptCase", after(func(o *office) { o.opened("one") }, stepOf("bob", "one", in{"note": wordy}))},
	{"assignCase", func(o *office) trial { return stepOf("bob", "one", in{"officialId": o.ids["bob"]})(o) }},
	{"startCase", stepOf("bob", "one", in{"note": wordy})},
	{"holdCase", stepOf("bob", "one", in{"reason": wordy})},
	{"resumeCase", stepOf("bob", "one", in{"note": wordy})},
	{"extendCase", stepOf("bob", "one", in{"reason": wordy})},
	{"transferCase", func(o *office) trial {
		t := stepOf("bob", "one", in{"toUnitId": o.ids["south"], "reason": wordy})(o)
		t.open = []string{"toUnitId"}
		return t
	}},
	{"decideTransfer", func(o *office) trial {
		t := stepOf("cat", "one", in{"accept": false, "reason": wordy})(o)
		t.without = []string{"toUnitId"}
		t.wrong = map[string][]any{"caseId": {o.ids["their-case"]}}
		return t
	}},
	{"decideTransfer", after(func(o *office) {
		o.step("bob", "transferCase", o.ids["one"], `toUnitId: {south}, reason: "the second time"`, "IN_PROGRESS")
		o.step("cat", "decideTransfer", o.ids["one"], `accept: false, reason: "yours"`, "IN_PROGRESS")
		o.step("bob", "transferCase", o.ids["one"], `toUnitId: {south}, reason: "the third time"`, "IN_PROGRESS")
	}, func(o *office) trial {
		t := stepOf("hr-root", "one", in{"accept": true, "reason": wordy, "toUnitId": o.ids["north"]})(o)
		t.open = []string{"toUnitId", "caseId"}
		t.wrong = map[string][]any{"toUnitId": {o.ids["ann"]}}
		return t
	})},
	{"resolveCase", after(func(o *office) { o.working("two") }, stepOf("bob", "two", in{"outcome": "RESOLVED", "account": wordy}))},
	{"confirmResolution", byReceiptOf("two", in{"solved": false, "satisfaction": 2, "comment": wordy})},
	{"requestMediation", stepOf("bob", "two", in{"mediator": wordy, "reason": wordy})},
	{"endMediation", stepOf("bob", "two", in{"unitAgreed": true, "outcome": "RESOLVED", "summary": wordy})},
	{"answerMediation", byReceiptOf("two", in{"agree": true})},
	{"joinCases", after(func(o *office) { o.working("three"); o.opened("four") }, func(o *office) trial {
		return stepOf("bob", "three", in{"caseIds": []any{o.ids["four"]}, "reason": wordy})(o)
	})},
	{"partCase", stepOf("bob", "four", in{"reason": wordy})},
	{"withdrawCase", byReceiptOf("three", in{"reason": wordy})},
	{"eraseCase", func(o *office) trial { return stepOf("hr-north", "three", in{"reason": wordy})(o) }},
	{"eraseMine", func(o *office) trial {
		t := byReceiptOf("three", nil)(o)
		t.wrong["receipt"] = []any{"", "nonsense", o.ids["three"]}
		return t
	}},
}

var exclusionTrials = []prepared{
	{"requestExclusion", after(func(o *office) { o.opened("one") }, stepOf("bob", "one", in{"ground": "NOT_WITHIN_POWERS", "reason": wordy}))},
	{"decideExclusion", func(o *office) trial {
		return stepOf("hr-root", "one", in{"granted": true, "reason": wordy})(o)
	}},
	{"objectExclusion", byReceiptOf("one", in{"reason": wordy})},
	{"rejectCase", after(func(o *office) { o.opened("two") }, stepOf("bob", "two", in{"reason": wordy}))},
}

var reviewTrials = []prepared{
	{"saveReviewTemplate", func(o *office) trial {
		asked := make([]any, 0, 5)
		for _, q := range questions(1) {
			levels := make([]any, 0, 5)
			for _, l := range q["levels"].([]map[string]any) {
				levels = append(levels, l)
			}
			q["levels"], q["dimension"] = levels, string(q["dimension"].(models.Dimension))
			asked = append(asked, q)
		}
		return trial{subject: "hr-north", input: in{"unitId": o.ids["north"], "name": wordy, "isDefault": false, "questions": asked, "weights": in{"a": 50, "b": 30, "c": 20}, "idempotencyKey": wordy}}
	}},
	{"declareReviewConflict", func(o *office) trial {
		return trial{subject: "hr-north", input: in{"officialId": o.ids["ann"], "otherId": o.ids["dan"], "reason": wordy, "idempotencyKey": wordy}, open: []string{"otherId"}}
	}},
	{"removeReviewConflict", func(o *office) trial {
		o.keep("conflict", o.ok("hr-north", `{ reviewConflicts { nodes { id } } }`).text("reviewConflicts.nodes.0.id"))
		return removes("conflict", "their-rule")(o)
	}},
	{"openReviewRound", func(o *office) trial {
		o.reviewRound()
		o.ids["template"] = o.ok("hr-north", `{ reviewTemplates { nodes { id } } }`).text("reviewTemplates.nodes.0.id")
		return trial{subject: "hr-north", input: in{
			"cycleId": o.ids["cycle"], "name": wordy, "opensOn": "2025-03-10", "closesOn": "2025-03-31", "templateId": o.ids["template"],
			"assignments": []any{in{"officialId": o.ids["ann"], "reviewerId": o.ids["bob"], "relation": "PEER"}}, "idempotencyKey": wordy,
		}, named: map[string]string{"opensOn": "closesOn"}}
	}},
	{"proposeReviewAssignments", func(o *office) trial {
		o.ids["cycle-north"] = o.ids["cycle"]
		o.keep("round", o.emptyRound("hr-north", "north", "2025-03-10"))
		return trial{subject: "hr-north", input: in{"roundId": o.ids["round"], "reviewersEach": 1, "seed": 1, "apply": true, "idempotencyKey": wordy}}
	}},
	{"amendReviewAssignment", func(o *office) trial {
		o.crew("north", 1)
		return trial{subject: "hr-north", without: []string{"removeId"}, input: in{
			"roundId": o.ids["round"], "add": in{"officialId": o.ids["north-0"], "reviewerId": o.ids["bob"], "relation": "PEER"}, "reason": wordy, "idempotencyKey": wordy,
		}}
	}},
	{"amendReviewAssignment", func(o *office) trial {
		id := o.ok("hr-north", pairsOf, "round", o.ids["round"]).text("reviewRound.assignments.nodes.0.id")
		return trial{subject: "hr-north", without: []string{"add"}, input: in{"roundId": o.ids["round"], "removeId": id, "reason": wordy, "idempotencyKey": wordy + " again"}}
	}},
	{"saveReviewDraft", func(o *office) trial {
		mine := o.ok("bob", duties)
		o.keep("assignment", mine.text("myReviewAssignments.0.id"))
		o.keep("question", mine.text("myReviewAssignments.0.questions.0.id"))
		return trial{subject: "bob", without: []string{"scores"}, input: in{
			"assignmentId": o.ids["assignment"], "contact": "SOME", "answers": []any{in{"questionId": o.ids["question"], "score": 4}},
		}}
	}},
	{"submitPeerReview", func(o *office) trial {
		return trial{subject: "bob", without: []string{"scores"}, input: in{
			"assignmentId": o.ids["assignment"], "contact": "SOME", "answers": []any{in{"questionId": o.ids["question"], "score": 4}},
		}}
	}},
	{"submitPeerReview", func(o *office) trial {
		// An appraisal's round has no questionnaire where the unit has none.
		o.ids["plain-cycle"] = o.cycle("hr-root", "root")
		o.ok("hr-root", `mutation { openReviewRound(input: {cycleId: {plain-cycle}, name: "plain", opensOn: "2025-03-01", closesOn: "2025-03-31",
			assignments: [{officialId: {cat}, reviewerId: {dan}, relation: PEER}]}) { round { id } `+userErrors+`} }`)
		var ids []models.ID
		err := o.store.Read(o.Context()).Raw("SELECT a.id FROM review_assignments a JOIN review_rounds r ON r.id = a.round_id WHERE r.name = 'plain'").Scan(&ids).Error
		if err != nil || len(ids) != 1 {
			o.Fatalf("%d assignments: %v", len(ids), err)
		}
		return trial{subject: "dan", without: []string{"answers"}, input: in{
			"assignmentId": ids[0].String(), "contact": "SOME", "scores": []any{in{"dimension": "ABILITY", "score": 4}},
		}, open: []string{"assignmentId"}, wrong: map[string][]any{"assignmentId": {o.assignmentOf("ann")}}}
	}},
	{"issueAppraisalCodes", func(o *office) trial {
		o.keep("round", o.ok("ann", `{ myReviewAssignments { round { id } } }`).text("myReviewAssignments.0.round.id"))
		return trial{subject: "hr-north", input: in{"roundId": o.ids["round"], "voterClass": "A", "count": 2, "idempotencyKey": wordy}}
	}},
	{"submitAppraisal", func(o *office) trial {
		codes := o.codes(o.ids["round"], "B", 2)
		o.ok("", vote, "code", codes[0], "marks", []any{o.mark("ann", "COMPETENT")})
		return trial{input: in{
			"code": codes[1], "marks": []any{o.mark("ann", "EXCELLENT")}, "comment": wordy, "idempotencyKey": wordy,
		}, wrong: map[string][]any{"code": {codes[0], "0000-0000-0000-0000-0000-0000-0000"}, "idempotencyKey": {"1"}}}
	}},
	{"remindReviewers", func(o *office) trial {
		return trial{subject: "hr-north", input: in{"roundId": o.ids["round"], "idempotencyKey": wordy}}
	}},
	{"closeReviewRound", func(o *office) trial {
		return trial{subject: "hr-north", input: in{"roundId": o.ids["round"]}}
	}},
}
