package resolvers_test

import (
	"strings"

	"steelyard/models"
)

// policyFields is a policy with every field given.
func policyFields() in {
	rule := func(weight float64) in { return in{"weight": weight, "minimumN": 5.0} }
	return in{
		"name": wordy, "satisfaction": rule(0.4), "outcomes": rule(0.3), "peerReview": rule(0.2), "practicalWork": rule(0.1),
		"normalisation": "STANDARDISED", "haloCorrection": true, "borrowing": true, "solvedShare": 0.5, "inTimeShare": 0.3, "handlingShare": 0.2,
		"walkInWeight": 0.25, "deedsPerWeek": 3, "figuresFrom": 6, "commentsFrom": 12, "publishComponents": true, "minimumCellOfficials": 3, "minimumCellItems": 30, "minimumGroup": 5, "excellentShare": 0.2,
		"minimumReliability": 0.7, "draws": 200, "seed": 7,
	}
}

var cycleTrials = []prepared{
	{"savePolicy", func(o *office) trial {
		o.ids["cycle"] = o.cycle("hr-root", "root")
		return trial{subject: "hr-root", input: in{"policy": policyFields(), "cycleId": o.ids["cycle"], "reason": wordy, "idempotencyKey": wordy}, open: []string{"cycleId"}}
	}},
	{"openCycle", func(o *office) trial {
		o.ids["policy"] = o.ok("hr-north", `mutation { savePolicy(input: {policy: {name: "n"}}) { policy { id } `+userErrors+`} }`).text("savePolicy.policy.id")
		return trial{subject: "hr-north", input: in{
			"unitId": o.ids["north"], "kind": "QUARTERLY", "name": wordy, "fromOn": "2025-01-01", "toOn": "2025-03-31", "policyId": o.ids["policy"], "draft": true, "idempotencyKey": wordy,
		}, named: map[string]string{"fromOn": "toOn"}}
	}},
	{"startCollecting", func(o *office) trial {
		o.ids["draft"] = o.ok("hr-north", `{ cycles { nodes { id state } } }`).text("cycles.nodes.0.id")
		return trial{subject: "hr-north", input: in{"cycleId": o.ids["draft"], "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"submitSelfSummary", func(o *office) trial {
		return trial{
			subject: "ann", input: in{"cycleId": o.ids["draft"], "text": wordy, "idempotencyKey": wordy}, limits: map[string]int{"text": 5000},
			wrong: map[string][]any{"text": {"too short", strings.Repeat(" ", 30)}},
		}
	}},
	{"startScoring", func(o *office) trial {
		return trial{subject: "hr-north", input: in{"cycleId": o.ids["draft"], "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"comparePolicies", func(o *office) trial {
		o.result(o.id("draft"), "north", "ann")
		return trial{subject: "hr-north", input: in{
			"cycleId": o.ids["draft"], "scenarios": []any{in{"policy": policyFields()}}, "idempotencyKey": wordy,
		}, without: []string{"scenarios.0.policyId", "scenarios.0.preset", "scenarios.0.without"}, wrong: map[string][]any{"scenarios": {[]any{}, []any{in{}, in{}, in{}, in{}, in{}}}}}
	}},
	{"runAssessment", func(o *office) trial {
		return trial{subject: "hr-north", without: []string{"objectionId"}, input: in{"cycleId": o.ids["draft"], "idempotencyKey": wordy}}
	}},
	{"cancelAssessment", func(o *office) trial {
		var run models.AssessmentRun
		if err := o.store.Read(o.Context()).Take(&run, "state = ?", models.RunQueued).Error; err != nil {
			o.Fatal(err)
		}
		return trial{subject: "hr-north", input: in{"runId": run.ID.String(), "idempotencyKey": wordy}}
	}},
}

var publicationTrials = []prepared{
	{"setGradeLimit", func(o *office) trial {
		o.secondPersons()
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.appraise(append(o.crowd("north-desk", 9), result{"ann", 60, "EXCELLENT"}, result{"bob", 55, ""})...)
		return trial{subject: "hr-north", input: in{"cycleId": o.ids["cycle"], "officialId": o.ids["c8"], "ground": "PROBATION", "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"proposeGrade", func(o *office) trial {
		return trial{subject: "hr-north", without: []string{"objectionId", "notGraded"}, input: in{
			"cycleId": o.ids["cycle"], "officialId": o.ids["c7"], "grade": "BASICALLY_COMPETENT", "reason": wordy, "ground": wordy, "idempotencyKey": wordy,
		}}
	}},
	{"proposeGrade", func(o *office) trial {
		return trial{subject: "hr-north", without: []string{"objectionId", "ground"}, input: in{
			"cycleId": o.ids["cycle"], "officialId": o.ids["c6"], "grade": "NOT_GRADED", "notGraded": "PROBATION", "reason": wordy, "idempotencyKey": wordy + " for none",
		}}
	}},
	{"decideGrade", func(o *office) trial {
		id := o.ok("hr-north", `{ cycleGrades(cycleId: {cycle}) { nodes { id } } }`).text("cycleGrades.nodes.0.id")
		return trial{subject: "hr-root", input: in{"gradeId": id, "approve": false, "decision": wordy, "idempotencyKey": wordy}}
	}},
	{"publishCycle", func(o *office) trial {
		return trial{subject: "hr-root", input: in{"cycleId": o.ids["cycle"], "noticeUntil": "2025-03-12", "idempotencyKey": wordy}, open: []string{"cycleId"}}
	}},
	{"fileObjection", func(o *office) trial {
		o.ok("hr-second", publish)
		return trial{subject: "ann", input: in{
			"cycleId": o.ids["cycle"], "officialId": o.ids["ann"], "assessmentId": o.ids["a-ann"], "grounds": wordy, "evidence": wordy, "idempotencyKey": wordy,
		}, without: []string{"previousId", "instance"}}
	}},
	{"extendObjection", func(o *office) trial {
		o.keep("objection", o.ok("hr-root", `{ objections(cycleId: {cycle}) { nodes { id } } }`).text("objections.nodes.0.id"))
		o.change("UPDATE objections SET instance = 'APPEAL'")
		return trial{subject: "hr-third", input: in{"objectionId": o.ids["objection"], "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"decideObjection", func(o *office) trial {
		return trial{subject: "hr-third", input: in{"objectionId": o.ids["objection"], "upheld": true, "decision": wordy, "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"excludeEvidence", func(o *office) trial {
		o.evidence(map[string][]int{"ann": repeat(4, 12)})
		return trial{subject: "hr-root", without: []string{"caseId"}, input: in{
			"cycleId": o.ids["cycle"], "officialId": o.ids["ann"], "fromOn": "2025-01-06", "toOn": "2025-01-20", "objectionId": o.ids["objection"], "reason": wordy, "idempotencyKey": wordy,
		}, open: []string{"cycleId", "officialId"}, named: map[string]string{"fromOn": "toOn", "toOn": "fromOn"}}
	}},
	{"excludeEvidence", func(o *office) trial {
		o.ids["case"], _ = o.handIn("north-desk")
		o.step("ann", "acceptCase", o.ids["case"], ``, "ACCEPTED")
		o.step("ann", "assignCase", o.ids["case"], ``, "ASSIGNED")
		return trial{subject: "hr-root", without: []string{"fromOn", "toOn", "objectionId"}, input: in{
			"cycleId": o.ids["cycle"], "officialId": o.ids["ann"], "caseId": o.ids["case"], "reason": wordy, "idempotencyKey": wordy + " of a case",
		}, open: []string{"cycleId", "officialId"}}
	}},
	{"confirmExclusion", func(o *office) trial {
		id := o.ok("hr-root", `{ evidenceExclusions(cycleId: {cycle}) { nodes { id } } }`).text("evidenceExclusions.nodes.0.id")
		return trial{subject: "hr-second", input: in{"exclusionId": id, "idempotencyKey": wordy}}
	}},
	{"decideFlag", func(o *office) trial {
		o.keep("flag", models.NewID().String())
		o.change(`INSERT INTO integrity_flags (id, run_id, official_id, kind, state, raised_at, decided_by, decision)
			SELECT ?, run_id, ?, 'BURST', 'RAISED', opened_at, '', '' FROM cycles WHERE id = ?`, o.id("flag"), o.id("ann"), o.id("cycle"))
		return trial{subject: "hr-root", input: in{"id": o.ids["flag"], "confirmed": true, "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"appealFlag", func(o *office) trial {
		return trial{subject: "ann", input: in{"id": o.ids["flag"], "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"decideFlagAppeal", func(o *office) trial {
		return trial{subject: "hr-third", input: in{"id": o.ids["flag"], "upheld": true, "reason": wordy, "idempotencyKey": wordy}}
	}},
	{"decideCycle", func(o *office) trial {
		o.at("2025-03-20T10:00:00+08:00")
		return trial{subject: "hr-root", input: in{"cycleId": o.ids["cycle"], "othersCompetent": true, "idempotencyKey": wordy}, open: []string{"cycleId"}}
	}},
	{"tellDecision", func(o *office) trial {
		o.ok("hr-second", settle, "all", true)
		return trial{subject: "hr-root", without: []string{"objectionId"}, input: in{
			"cycleId": o.ids["cycle"], "officialId": o.ids["ann"], "toldOn": "2025-03-20", "idempotencyKey": wordy,
		}, open: []string{"cycleId"}}
	}},
	{"tellDecision", func(o *office) trial {
		return trial{subject: "hr-root", without: []string{"officialId"}, input: in{
			"cycleId": o.ids["cycle"], "objectionId": o.ids["objection"], "toldOn": "2025-03-20", "idempotencyKey": wordy + " of an objection",
		}, open: []string{"cycleId"}, named: map[string]string{"cycleId": "objectionId"}}
	}},
	{"sealCycle", func(o *office) trial {
		o.ok("hr-root", tell, "on", "2025-03-20")
		return trial{subject: "hr-root", input: in{"cycleId": o.ids["cycle"], "idempotencyKey": wordy}, open: []string{"cycleId"}}
	}},
}
