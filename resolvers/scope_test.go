package resolvers_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

// stock gives the south a case, an encounter, a cycle with a run, and an
// assessment with an explanation, all marked so that any of it is recognised.
func (o *office) stock(unit, official string) {
	o.Helper()
	id, _ := o.handIn(unit)
	o.ids["case"] = id
	o.step(official, "acceptCase", id, ``, "ACCEPTED")
	o.step(official, "assignCase", id, ``, "ASSIGNED")
	o.ids["encounter"], _ = o.invite(official, "passport", "R9")
	o.ids["cycle"] = o.cycle("hr-"+unit, unit)
	policy := o.ok("hr-"+unit, `mutation { savePolicy(input: {policy: {name: "secret weights"}, cycleId: {cycle}}) { policy { id version document }`+userErrors+`} }`)
	o.ids["policy"] = policy.text("savePolicy.policy.id")
	o.result(o.id("cycle"), unit, official)
}

// result writes a finished run with one assessment for a cycle.
func (o *office) result(cycle models.ID, unit, official string) {
	o.Helper()
	composite, now := models.Score(61.25), o.store.Now()
	run := &models.AssessmentRun{
		ID: models.NewID(), CycleID: cycle, State: models.RunDone, RequestedBy: "hr-" + unit, RequestedAt: now, FinishedAt: &now,
		EvidenceDigest: make(models.Hash, 32), PolicyDigest: make(models.Hash, 32),
	}
	var posting models.Posting
	if err := o.store.Read(o.Context()).Take(&posting, "official_id = ?", o.id(official)).Error; err != nil {
		o.Fatal(err)
	}
	assessment := &models.Assessment{
		ID: models.NewID(), RunID: run.ID, OfficialID: o.id(official), PostingID: posting.ID, UnitID: posting.UnitID,
		Position: "clerk", PeerGroup: "clerk", Status: models.StatusScored, Composite: &composite, Flags: []string{}, Components: []models.ComponentScore{},
	}
	why := &models.Explanation{AssessmentID: assessment.ID, Parts: []*models.ScorePart{{Code: "BASE", Points: 6125, Pieces: []models.EvidencePiece{}}}}
	o.write(run, assessment, why)
	o.change("UPDATE cycles SET run_id = ? WHERE id = ?", run.ID, cycle)
	o.ids["run"], o.ids["assessment"] = run.ID.String(), assessment.ID.String()
}

// TestANeighbourGetsNothing asks, as every insider of the north, for everything
// that belongs to the south: by query, by filter, by nested field and by id.
func TestANeighbourGetsNothing(t *testing.T) {
	each(t, func(o *office) {
		o.stock("south", "cat")
		node := `id ... on Official { name } ... on Case { title } ... on Cycle { name } ... on OrgUnit { name }
			... on Encounter { ref } ... on AssessmentRun { stage requestedBy } ... on Assessment { composite explanation { parts { points } } }`
		may := map[string]string{"hr-north": node, "auditor-north": node, "reply-north": `id ... on Official { name } ... on Case { title } ... on Encounter { ref }`}
		may["bob"] = strings.Replace(node, "stage requestedBy", "stage", 1)
		may["ann"] = may["bob"]
		for _, subject := range []string{"hr-north", "auditor-north", "reply-north", "bob", "ann"} {
			for _, ref := range []string{"south", "cat", "case", "encounter", "cycle", "run", "assessment", "policy"} {
				a := o.ok(subject, `{ node(id: {`+ref+`}) { `+may[subject]+` } nodes(ids: [{`+ref+`}, {passport}]) { `+may[subject]+` } }`)
				a.wants("node", nil)
				a.wants("nodes.0", nil)
				a.wants("nodes.1.id", o.ids["passport"])
			}
		}
		for _, query := range []string{
			`{ official(id: {cat}) { name unit { name } cases { title } assessment(cycleId: {cycle}) { composite } } }`,
			`{ officials(unitId: {south}) { nodes { name } } }`,
			`{ officials(first: 100) { nodes { name } } }`,
			`{ orgUnits(first: 100) { nodes { name } } }`,
			`{ cases(filter: {unitId: {south}}) { nodes { title } } }`,
			`{ cases(filter: {officialId: {cat}}) { nodes { title } } }`,
			`{ cases(first: 100) { nodes { title } } }`,
			`{ cycle(id: {cycle}) { name policy { document } run { requestedBy } } }`,
			`{ cycles(first: 100) { nodes { name policy { name } } } }`,
			`{ assessmentRun(id: {run}) { requestedBy cycle { name } } }`,
			`{ assessmentReport(cycleId: {cycle}) { totalCount nodes { composite official { name } } } }`,
			`{ assessmentReport(cycleId: {cycle}, unitId: {south}) { totalCount nodes { composite } } }`,
			`{ exportReport(format: CSV, cycleId: {cycle}) { content } }`,
			`{ exportReport(format: CSV, cycleId: {cycle}, unitId: {south}) { content } }`,
			`{ exportReport(format: XLSX, cycleId: {cycle}) { content } }`,
			`{ exportReport(format: PDF, cycleId: {cycle}, unitId: {south}) { content } }`,
			`{ exportOfficialSheet(cycleId: {cycle}, officialId: {cat}) { content } }`,
			`{ ratingsByUnit(unitId: {south}, fromOn: "2025-01-01", toOn: "2025-12-31") { toOn units { ratings unit { name } } } }`,
			`{ unitReport(cycleId: {cycle}, unitId: {south}) { all { officials } unit { name } } }`,
			`{ unsungOfficials(cycleId: {cycle}, unitId: {south}) { totalCount nodes { composite official { name } } } }`,
			`{ showcaseGaps(cycleId: {cycle}) { totalCount nodes { composite official { name } } } }`,
			`{ boundaryCases(cycleId: {cycle}) { totalCount nodes { composite official { name } } } }`,
			`{ official(id: {cat}) { assessments { composite } } }`,
			`subscription { assessmentRunProgress(id: {run}) { requestedBy } }`,
			`mutation { runAssessment(input: {cycleId: {cycle}}) { run { id } ` + userErrors + `} }`,
			`mutation { savePolicy(input: {policy: {name: "mine"}, cycleId: {cycle}}) { policy { id } ` + userErrors + `} }`,
			`mutation { openCycle(input: {unitId: {south}, kind: SPECIAL, name: "x", fromOn: "2025-01-01", toOn: "2025-02-01"}) { cycle { name } ` + userErrors + `} }`,
			`mutation { openCycle(input: {unitId: {root}, kind: SPECIAL, name: "x", fromOn: "2025-01-01", toOn: "2025-02-01"}) { cycle { name } ` + userErrors + `} }`,
			`mutation { acceptCase(input: {caseId: {case}}) { case { title } ` + userErrors + `} }`,
			`mutation { assignCase(input: {caseId: {case}, officialId: {cat}}) { case { title } ` + userErrors + `} }`,
			`mutation { decideTransfer(input: {caseId: {case}, accept: true}) { case { title } ` + userErrors + `} }`,
			`mutation { issueRatingInvitation(input: {encounterId: {encounter}}) { invitation { token } ` + userErrors + `} }`,
			`mutation { recordEncounter(input: {officialId: {cat}, serviceId: {passport}, channel: PHONE}) { encounter { id } ` + userErrors + `} }`,
		} {
			for _, subject := range []string{"hr-north", "auditor-north", "reply-north", "bob", "ann"} {
				a := o.ask(subject, query)
				said := fmt.Sprint(a.data, a.Errors)
				for _, secret := range []string{"灯不亮", "Official cat", "Office south", "secret weights", "61.25", "hr-south", "cat"} {
					if strings.Contains(said, secret) {
						o.Errorf("%s learns %q by %s: %s", subject, secret, query, said)
					}
				}
				if code, _ := a.refused(); strings.HasPrefix(query, "mutation") && code != "NOT_FOUND" && code != "FORBIDDEN" {
					o.Errorf("%s may %s: %s", subject, query, said)
				}
			}
		}
		if n := o.count("cycles"); n != 1 {
			o.Errorf("%d cycles", n)
		}
		o.refuses("hr-north", "NOT_FOUND", "policyId", `mutation { openCycle(input: {unitId: {north}, kind: SPECIAL, name: "x", fromOn: "2025-01-01", toOn: "2025-02-01", policyId: {policy}}) {
			cycle { policy { document } } `+userErrors+`} }`)
		o.ok("hr-north", `mutation { savePolicy(input: {policy: {name: "secret weights"}}) { policy { version } `+userErrors+`} }`).
			wants("savePolicy.policy.version", 1)
		// The same questions have answers for whose scope it is.
		o.ok("hr-south", `{ node(id: {assessment}) { ... on Assessment { composite } } }`).wants("node.composite", 61.25)
		o.ok("hr-root", `{ assessmentReport(cycleId: {cycle}) { totalCount nodes { official { ref } } } }`).wants("assessmentReport.totalCount", 1)
		o.ok("auditor", `{ official(id: {cat}) { assessment(cycleId: {cycle}) { composite explanation { parts { points label } } } } }`).
			wants("official.assessment.explanation.parts.0.points", 61.25)
	})
}

// TestOfALargerCycleEachSeesTheOwnPart: the whole organisation's cycle shows each
// HR officer the rows of the own scope.
func TestOfALargerCycleEachSeesTheOwnPart(t *testing.T) {
	each(t, func(o *office) {
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.result(o.id("cycle"), "root", "cat")
		report := `{ assessmentReport(cycleId: {cycle}) { totalCount nodes { official { ref } } } cycle(id: {cycle}) { name } }`
		o.ok("hr-south", report).wants("assessmentReport.totalCount", 1)
		north := o.ok("hr-north", report)
		north.wants("assessmentReport.totalCount", 0)
		north.wants("cycle.name", "2025")
	})
}

// TestWhoHasMovedIsNamedAndNoMore: an assessment in sight names its official, but
// not where they are now.
func TestWhoHasMovedIsNamedAndNoMore(t *testing.T) {
	each(t, func(o *office) {
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.result(o.id("cycle"), "root", "bob")
		o.change("UPDATE officials SET unit_id = ? WHERE ref = 'bob'", o.id("south"))
		row := o.ok("hr-north", `{ assessmentReport(cycleId: {cycle}) { nodes { position unit { ref } official { name position unit { ref } cases { id } } } } }`)
		row.wants("assessmentReport.nodes.0.official.name", "Official bob")
		row.wants("assessmentReport.nodes.0.unit.ref", "north")
		row.wants("assessmentReport.nodes.0.official.unit", nil)
		row.wants("assessmentReport.nodes.0.official.position", nil)
	})
}

// TestRunningResultsAreSealedForTheOfficials: an official sees the own assessment
// once the cycle is published, and nobody else's ever.
func TestRunningResultsAreSealedForTheOfficials(t *testing.T) {
	each(t, func(o *office) {
		o.stock("south", "cat")
		own := `{ official(id: {cat}) { assessment(cycleId: {cycle}) { composite explanation { parts { points } } } } node(id: {assessment}) { id } }`
		o.ok("cat", own).wants("official.assessment", nil)
		o.ok("cat", `{ official(id: {cat}) { assessments { composite } } }`).wants("official.assessments.0", nil)
		if code, _ := o.ask("cat", `{ exportOfficialSheet(cycleId: {cycle}, officialId: {cat}) { content } }`).refused(); code != "NOT_FOUND" {
			o.Errorf("a sealed sheet is answered %q", code)
		}
		o.ok("cat", own).wants("node", nil)
		o.change("UPDATE cycles SET state = 'PUBLISHED'")
		o.ok("cat", own).wants("official.assessment.explanation.parts.0.points", 61.25)
		o.ok("cat", `{ official(id: {cat}) { assessments { composite } } }`).wants("official.assessments.0.composite", 61.25)
		sheet := o.ok("cat", `{ exportOfficialSheet(cycleId: {cycle}, officialId: {cat}) { filename mediaType encoding content } }`)
		sheet.wants("exportOfficialSheet.mediaType", "application/pdf")
		if raw, err := base64.StdEncoding.DecodeString(sheet.text("exportOfficialSheet.content")); err != nil || !strings.HasPrefix(string(raw), "%PDF-") {
			o.Errorf("the sheet is no PDF: %v", err)
		}
		if code, _ := o.ask("dan", `{ exportOfficialSheet(cycleId: {cycle}, officialId: {cat}) { content } }`).refused(); code != "NOT_FOUND" {
			o.Errorf("another official's sheet is answered %q", code)
		}
		o.ok("dan", own).wants("official", nil)
		o.ok("dan", own).wants("node", nil)
	})
}

// TestAnAccountThatHasLostItsScopeIsShutOut: scope and epoch are the database's,
// and hold for tokens that are still good.
func TestAnAccountThatHasLostItsScopeIsShutOut(t *testing.T) {
	each(t, func(o *office) {
		before := o.actor("hr-south")
		o.change("UPDATE accounts SET unit_id = NULL, token_epoch = token_epoch + 1 WHERE subject = 'hr-south'")
		o.send(o.actor("hr-south"), `{ officials { nodes { name } } }`).wants("officials.nodes.0", nil)
		if before.UnitID == nil {
			o.Error("the account had no scope to lose")
		}
	})
}

func TestMeIsWhoTheDatabaseKnows(t *testing.T) {
	each(t, func(o *office) {
		me := o.ok("cat", `{ me { subject role unit { ref } official { ref name } } }`)
		me.wants("me.role", "OFFICIAL")
		me.wants("me.unit.ref", "south")
		me.wants("me.official.ref", "cat")
		o.ok("", `{ me { subject } }`).wants("me", nil)
	})
}

// TestTimesAreReadStrictly: what is no time is refused by name of the field.
func TestTimesAreReadStrictly(t *testing.T) {
	each(t, func(o *office) {
		query := func(at string) string {
			return `mutation { recordDeed(input: {kind: OTHER, title: "t", doneAt: "` + at + `"}) { deed { doneAt } ` + userErrors + `} }`
		}
		o.refuses("ann", "INVALID", "doneAt", query("yesterday"))
		o.refuses("ann", "INVALID", "doneAt", query("2025-02-30T00:00:00Z"))
		o.ok("ann", query("2025-03-01T00:00:00+08:00")).wants("recordDeed.deed.doneAt", time.Date(2025, 2, 28, 16, 0, 0, 0, time.UTC).Format(time.RFC3339))
	})
}
