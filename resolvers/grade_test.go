package resolvers_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"steelyard/models"
)

// result is an assessment that a test wants in a run.
type result struct {
	official  string
	composite float64
	engine    models.GradeProposal
}

// appraise makes a finished run of the cycle with these assessments, each of the
// official's only post, as the engine would have left it, and notes the ids of the
// officials' assessments as a-REF.
func (o *office) appraise(results ...result) {
	o.Helper()
	cycle := o.id("cycle")
	run := models.AssessmentRun{
		ID: models.NewID(), CycleID: cycle, State: models.RunDone, RequestedBy: "hr-root", RequestedAt: o.store.Now(),
		EngineVersion: "test", EvidenceDigest: make([]byte, 32), PolicyDigest: make([]byte, 32),
	}
	o.ids["run"] = run.ID.String()
	rows := []any{&run}
	for i, r := range results {
		post := models.Posting{}
		if err := o.store.Read(o.Context()).Take(&post, "official_id = ?", o.id(r.official)).Error; err != nil {
			o.Fatal(err)
		}
		composite, rank := models.Score(r.composite), i+1
		a := &models.Assessment{
			ID: models.NewID(), RunID: run.ID, OfficialID: post.OfficialID, PostingID: post.ID, UnitID: post.UnitID, Position: "window clerk",
			PeerGroup: "window clerk", SortOrder: i + 1, Status: models.StatusScored, Composite: &composite, Rank: &rank, Grade: r.engine,
			Flags: []string{}, Components: []models.ComponentScore{},
		}
		o.ids["a-"+r.official] = a.ID.String()
		rows = append(rows, a)
	}
	o.write(rows...)
	o.change("UPDATE cycles SET run_id = ?, state = 'SCORING' WHERE id = ?", run.ID, cycle)
}

// crowd adds officials c0, c1 … to a unit, so that its class has places.
func (o *office) crowd(unit string, n int) (results []result) {
	o.Helper()
	for i := range n {
		ref := fmt.Sprint("c", i)
		official := &models.Official{ID: models.NewID(), Ref: ref, UnitID: o.id(unit), PositionID: o.positionOf("ann"), Name: "Official " + ref}
		o.ids[ref] = official.ID.String()
		o.write(official, &models.Posting{
			ID: models.NewID(), OfficialID: official.ID, UnitID: official.UnitID, PositionID: official.PositionID, FromOn: models.SinceEver,
		})
		results = append(results, result{ref, 80 - float64(i), ""})
	}
	return results
}

const (
	proposeGrade = `mutation($o: ID!, $grade: Grade!, $ground: String, $why: GradeLimitGround, $key: String) { proposeGrade(input: {cycleId: {cycle}, officialId: $o,
		grade: $grade, notGraded: $why, reason: "the year's work", ground: $ground, idempotencyKey: $key}) {
		grade { id version state grade engine official { ref } unit { ref } toldOn }` + userErrors + `} }`
	decideGrade = `mutation($id: ID!, $yes: Boolean!, $why: String) { decideGrade(input: {gradeId: $id, approve: $yes, decision: $why}) {
		grade { id state grade decidedBy }` + userErrors + `} }`
)

// grade has a grade proposed by one person and decided by another.
func (o *office) grade(first, second, official, grade string) {
	o.Helper()
	id := o.ok(first, proposeGrade, "o", o.ids[official], "grade", grade).text("proposeGrade.grade.id")
	o.ok(second, decideGrade, "id", id, "yes", true).wants("decideGrade.grade.state", "DECIDED")
}

func TestACycleIsPreparedThenCollectsThenIsScored(t *testing.T) {
	each(t, func(o *office) {
		o.ids["cycle"] = o.ok("hr-north", `mutation { openCycle(input: {unitId: {north}, kind: QUARTERLY, name: "first quarter", draft: true,
			fromOn: "2025-01-01", toOn: "2025-03-31"}) { cycle { id state } `+userErrors+`} }`).text("openCycle.cycle.id")
		const step = `mutation { %s(input: {cycleId: {cycle}, reason: "as planned", idempotencyKey: "k"}) { cycle { state } ` + userErrors + `} }`
		collect, score := fmt.Sprintf(step, "startCollecting"), fmt.Sprintf(step, "startScoring")
		o.refuses("hr-north", "ILLEGAL_STATE", "", score)
		o.refuses("hr-south", "NOT_FOUND", "cycleId", collect)
		o.refuses("hr-north", "ILLEGAL_STATE", "", `mutation { runAssessment(input: {cycleId: {cycle}}) { run { id } `+userErrors+`} }`)
		o.ok("hr-north", collect).wants("startCollecting.cycle.state", "COLLECTING")
		o.ok("hr-north", collect).wants("startCollecting.cycle.state", "COLLECTING")
		o.refuses("hr-root", "ILLEGAL_STATE", "", collect)
		o.ok("hr-root", score).wants("startScoring.cycle.state", "SCORING")
		o.refuses("hr-north", "INVALID", "reason", `mutation { savePolicy(input: {cycleId: {cycle}, policy: {name: "x"}}) { policy { id } `+userErrors+`} }`)
		o.refuses("ann", "FORBIDDEN", "", score)
		if n := o.count("audit_entries"); n < 3 {
			o.Errorf("%d audit entries", n)
		}
	})
}

func TestOfficialsSayWhatTheyDid(t *testing.T) {
	const submit = `mutation($text: String!, $key: String) { submitSelfSummary(input: {cycleId: {cycle}, text: $text, idempotencyKey: $key}) {
		summary { id text official { ref } } ` + userErrors + `} }`
	const list = `{ selfSummaries(cycleId: {cycle}) { nodes { text official { ref name } } } }`
	each(t, func(o *office) {
		o.ids["cycle"] = o.cycle("hr-north", "north")
		words := strings.Repeat("办了许多实事。", 5)
		o.refuses("ann", "INVALID", "text", submit, "text", "too short")
		o.refuses("ann", "INVALID", "text", submit, "text", strings.Repeat("长", 5001))
		o.refuses("cat", "NOT_FOUND", "cycleId", submit, "text", words) // assessed elsewhere
		o.ok("ann", submit, "text", words, "key", "first").wants("submitSelfSummary.summary.official.ref", "ann")
		o.ok("ann", submit, "text", words+"还有一件。")
		o.ok("ann", submit, "text", words, "key", "first").wants("submitSelfSummary.summary.text", words+"还有一件。")
		o.ok("bob", submit, "text", words)
		for subject, n := range map[string]int{"ann": 1, "bob": 1, "hr-north": 2, "hr-root": 2, "hr-south": 0, "cat": 0} {
			if got := len(o.ok(subject, list).list("selfSummaries.nodes")); got != n {
				o.Errorf("%s sees %d self-summaries, want %d", subject, got, n)
			}
		}
		o.change("UPDATE cycles SET state = 'PUBLISHED'")
		o.refuses("ann", "ILLEGAL_STATE", "cycleId", submit, "text", words)
	})
}

func TestAGradeNeedsTwoPersons(t *testing.T) {
	each(t, func(o *office) {
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.refuses("hr-north", "ILLEGAL_STATE", "cycleId", proposeGrade, "o", o.ids["ann"], "grade", "COMPETENT")
		o.appraise(append(o.crowd("north-desk", 9), result{"ann", 60, "EXCELLENT"}, result{"cat", 50, ""})...)
		o.refuses("hr-south", "NOT_FOUND", "officialId", proposeGrade, "o", o.ids["ann"], "grade", "COMPETENT")
		o.refuses("hr-north", "NOT_FOUND", "officialId", proposeGrade, "o", o.ids["bob"], "grade", "COMPETENT") // not in the run
		o.refuses("hr-north", "INVALID", "ground", proposeGrade, "o", o.ids["ann"], "grade", "INCOMPETENT")
		o.refuses("hr-north", "INVALID", "notGraded", proposeGrade, "o", o.ids["ann"], "grade", "NOT_GRADED")
		o.refuses("hr-north", "INVALID", "notGraded", proposeGrade, "o", o.ids["ann"], "grade", "NOT_GRADED", "why", "DISCIPLINE")
		o.refuses("hr-north", "INVALID", "notGraded", proposeGrade, "o", o.ids["ann"], "grade", "COMPETENT", "why", "PROBATION")

		made := o.ok("hr-north", proposeGrade, "o", o.ids["ann"], "grade", "BASICALLY_COMPETENT", "ground", "missed duties", "key", "k")
		made.wants("proposeGrade.grade.engine", "EXCELLENT")
		made.wants("proposeGrade.grade.unit.ref", "north-desk")
		id := made.text("proposeGrade.grade.id")
		o.ok("hr-north", proposeGrade, "o", o.ids["ann"], "grade", "BASICALLY_COMPETENT", "ground", "missed duties", "key", "k").wants("proposeGrade.grade.id", id)
		o.refuses("hr-root", "CONFLICT", "officialId", proposeGrade, "o", o.ids["ann"], "grade", "COMPETENT")
		o.refuses("hr-north", "FORBIDDEN", "", decideGrade, "id", id, "yes", true)
		o.refuses("hr-south", "NOT_FOUND", "gradeId", decideGrade, "id", id, "yes", true)
		o.refuses("hr-root", "INVALID", "decision", decideGrade, "id", id, "yes", false)
		o.ok("hr-root", decideGrade, "id", id, "yes", false, "why", "the duties were another's").wants("decideGrade.grade.state", "REFUSED")
		o.refuses("hr-root", "ILLEGAL_STATE", "", decideGrade, "id", id, "yes", true)
		o.grade("hr-root", "hr-north", "ann", "COMPETENT")

		list := `{ cycleGrades(cycleId: {cycle}) { nodes { version state official { ref } unit { ref } } } }`
		for subject, n := range map[string]int{"hr-north": 2, "hr-root": 2, "auditor-north": 2, "hr-south": 0, "ann": 0} {
			if got := len(o.ok(subject, list).list("cycleGrades.nodes")); got != n {
				o.Errorf("%s sees %d grades, want %d", subject, got, n)
			}
		}
		// Nobody acts on their own record.
		o.change("UPDATE accounts SET official_id = ? WHERE subject = 'hr-north'", o.id("ann"))
		o.refuses("hr-north", "FORBIDDEN", "officialId", proposeGrade, "o", o.ids["ann"], "grade", "EXCELLENT")
	})
}

func TestPlacesForExcellentAreCounted(t *testing.T) {
	const quotas = `{ gradeQuotas(cycleId: {cycle}) { unit { ref } position size places taken beyond } }`
	each(t, func(o *office) {
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.appraise(append(o.crowd("north-desk", 9), result{"ann", 60, "BOUNDARY"}, result{"cat", 50, ""})...)
		// A fifth of ten are two; of one in the south there is none.
		var ids []string
		for _, ref := range []string{"c0", "c1", "ann"} {
			ids = append(ids, o.ok("hr-north", proposeGrade, "o", o.ids[ref], "grade", "EXCELLENT").text("proposeGrade.grade.id"))
		}
		south := o.ok("hr-south", proposeGrade, "o", o.ids["cat"], "grade", "EXCELLENT").text("proposeGrade.grade.id")
		o.refuses("hr-root", "INVALID", "grade", decideGrade, "id", south, "yes", true)
		// All three at once: the third finds the places taken.
		var wg sync.WaitGroup
		answers := make([]*answer, len(ids))
		for i, id := range ids {
			wg.Go(func() { answers[i] = o.ask("hr-root", decideGrade, "id", id, "yes", true) })
		}
		wg.Wait()
		decided := 0
		for _, a := range answers {
			switch code, field := a.refused(); {
			case code == "":
				decided++
			case code != "INVALID" || field != "grade":
				o.Errorf("refused with %s (%s)", code, field)
			}
		}
		if decided != 2 {
			o.Errorf("%d of three are EXCELLENT, want 2", decided)
		}
		a := o.ok("hr-north", quotas)
		if n := len(a.list("gradeQuotas")); n != 1 {
			o.Fatalf("hr-north sees %d quotas", n)
		}
		a.wants("gradeQuotas.0.size", 10)
		a.wants("gradeQuotas.0.places", 2)
		a.wants("gradeQuotas.0.taken", 2)
		if n := len(o.ok("auditor", quotas).list("gradeQuotas")); n != 2 {
			o.Errorf("the auditor sees %d quotas, want 2", n)
		}
		// What the service says the table says as well.
		if o.tryChange("UPDATE grade_quotas SET taken = 3 WHERE size = 10") == nil {
			o.Error("the database takes a third of two places")
		}
		if o.tryChange("UPDATE cycle_grades SET decided_by = proposed_by WHERE state = 'DECIDED'") == nil {
			o.Error("the database takes one person for two")
		}
		// One place becomes free when a grade is lowered.
		first := "c0"
		if code, _ := answers[0].refused(); code != "" {
			first = "c1"
		}
		o.grade("hr-north", "hr-root", first, "COMPETENT")
		o.ok("hr-north", quotas).wants("gradeQuotas.0.taken", 1)
	})
}

func TestLimitsBarGrades(t *testing.T) {
	const limit = `mutation($o: ID!, $ground: GradeLimitGround!) { setGradeLimit(input: {cycleId: {cycle}, officialId: $o, ground: $ground, reason: "on file"}) {
		limit { confirmedBy official { ref } } ` + userErrors + `} }`
	each(t, func(o *office) {
		o.ids["cycle"] = o.cycle("hr-root", "root")
		results := append(o.crowd("north-desk", 9), result{"ann", 60, ""})
		o.refuses("hr-south", "NOT_FOUND", "officialId", limit, "o", o.ids["c0"], "ground", "DISCIPLINE")
		o.ok("hr-north", limit, "o", o.ids["c0"], "ground", "DISCIPLINE").wants("setGradeLimit.limit.confirmedBy", "")
		o.refuses("hr-north", "FORBIDDEN", "", limit, "o", o.ids["c0"], "ground", "DISCIPLINE")
		o.appraise(results...)
		o.ok("hr-root", limit, "o", o.ids["c0"], "ground", "DISCIPLINE").wants("setGradeLimit.limit.confirmedBy", "hr-root")
		o.refuses("hr-north", "CONFLICT", "", limit, "o", o.ids["c0"], "ground", "DISCIPLINE")
		o.refuses("hr-north", "INVALID", "grade", proposeGrade, "o", o.ids["c0"], "grade", "EXCELLENT")
		o.grade("hr-north", "hr-root", "c0", "COMPETENT")
		// Who is not graded counts in no denominator: a fifth of nine is one.
		o.ok("hr-north", limit, "o", o.ids["c1"], "ground", "PROBATION")
		o.ok("hr-root", limit, "o", o.ids["c1"], "ground", "PROBATION")
		o.refuses("hr-north", "INVALID", "grade", proposeGrade, "o", o.ids["c1"], "grade", "COMPETENT")
		quotas := o.ok("hr-north", `{ gradeQuotas(cycleId: {cycle}) { size places } }`)
		quotas.wants("gradeQuotas.0.size", 9)
		quotas.wants("gradeQuotas.0.places", 1)
		for subject, n := range map[string]int{"hr-north": 2, "hr-south": 0, "auditor": 2} {
			if got := len(o.ok(subject, `{ gradeLimits(cycleId: {cycle}) { nodes { ground official { ref } } } }`).list("gradeLimits.nodes")); got != n {
				o.Errorf("%s sees %d limits, want %d", subject, got, n)
			}
		}
	})
}
