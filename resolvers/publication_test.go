package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

const (
	publish   = `mutation($until: Date, $key: String) { publishCycle(input: {cycleId: {cycle}, noticeUntil: $until, idempotencyKey: $key}) { cycle { state } proposal { proposedBy confirmedBy } ` + userErrors + `} }`
	settle    = `mutation($all: Boolean) { decideCycle(input: {cycleId: {cycle}, othersCompetent: $all}) { cycle { state } ` + userErrors + `} }`
	sealCycle = `mutation { sealCycle(input: {cycleId: {cycle}}) { cycle { state } ` + userErrors + `} }`
	notice    = `{ publicNotice(cycleId: {cycle}) { name noticeUntil open entries { officialId name unit position } } }`
	// An official sees the objection itself, anybody else its receipt.
	fileObjection = objecting + `objection { id instance dueOn state official { ref } } } }`
	objectTo      = objecting + `} }`
	objecting     = `mutation($o: ID, $key: String, $previous: ID, $instance: ObjectionInstance) { fileObjection(input: {cycleId: {cycle}, officialId: $o, previousId: $previous, instance: $instance,
		grounds: "the figures are of another", evidence: "see the file", idempotencyKey: $key}) { receipt status { state dueOn } ` + userErrors
	answerObjection = `mutation($id: ID!, $yes: Boolean!) { decideObjection(input: {objectionId: $id, upheld: $yes, decision: "a new run", reason: "it is so"}) { objection { state } ` + userErrors + `} }`
	tell            = `mutation($o: ID, $objection: ID, $on: Date!) { tellDecision(input: {cycleId: {cycle}, officialId: $o, objectionId: $objection, toldOn: $on}) { told ` + userErrors + `} }`
	remedyRun       = `mutation($o: ID) { runAssessment(input: {cycleId: {cycle}, objectionId: $o}) { run { id state } ` + userErrors + `} }`
)

// signed has a step signed by two persons.
func (o *office) signed(query, name, state string, variables ...any) {
	o.Helper()
	o.ok("hr-root", query, variables...)
	o.ok("hr-second", query, variables...).wants(name+".cycle.state", state)
}

// signedAtOnce has a step signed by two persons who click again and again: it is proposed
// once and taken once.
func (o *office) signedAtOnce(query, name, state string, variables ...any) {
	o.Helper()
	entries := func() (n int64) {
		if err := o.store.Read(o.Context()).Model(&models.AuditEntry{}).Where("action = ?", name).Count(&n).Error; err != nil {
			o.Error(err)
		}
		return n
	}
	before := entries()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { o.ask([]string{"hr-root", "hr-second"}[i%2], query, variables...) })
	}
	wg.Wait()
	o.ok("hr-root", `{ cycle(id: {cycle}) { state } }`).wants("cycle.state", state)
	if n := entries() - before; n != 2 {
		o.Errorf("%s is %d times in the trail, want once proposed and once taken", name, n)
	}
}

// secondPersons are further HR officers of the whole organisation.
func (o *office) secondPersons() {
	o.Helper()
	for _, subject := range []string{"hr-second", "hr-third"} {
		o.grant(accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: "root"})
	}
}

func TestANoticeNeedsTwoPersonsAndFiveWorkingDays(t *testing.T) {
	each(t, func(o *office) {
		o.secondPersons()
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.refuses("hr-root", "ILLEGAL_STATE", "cycleId", publish)
		o.appraise(append(o.crowd("north-desk", 9), result{"ann", 60, "EXCELLENT"}, result{"cat", 50, ""})...)
		o.grade("hr-north", "hr-root", "c0", "EXCELLENT")
		if o.ok("", notice).get("publicNotice") != nil {
			o.Error("a notice stands before it is published")
		}
		// 2025-03-04 is a Tuesday: the fifth working day after it is the next Tuesday.
		o.refuses("hr-root", "INVALID", "noticeUntil", publish, "until", "2025-03-10")
		o.refuses("hr-root", "INVALID", "noticeUntil", publish, "until", "2029-03-10")
		o.refuses("hr-north", "NOT_FOUND", "cycleId", publish)
		first := o.ok("hr-root", publish, "key", "k")
		first.wants("publishCycle.cycle.state", "SCORING")
		first.wants("publishCycle.proposal.confirmedBy", "")
		o.ok("hr-root", publish, "key", "k").wants("publishCycle.cycle.state", "SCORING")
		o.refuses("hr-root", "FORBIDDEN", "", publish)
		if o.ok("", notice).get("publicNotice") != nil {
			o.Error("one person has published")
		}
		// Nobody signs under a notice that names them.
		o.change("UPDATE accounts SET official_id = ? WHERE subject = 'hr-third'", o.id("ann"))
		o.refuses("hr-third", "FORBIDDEN", "", publish)
		o.ok("hr-second", publish).wants("publishCycle.cycle.state", "PUBLISHED")
		seen := o.ok("", notice)
		seen.wants("publicNotice.noticeUntil", "2025-03-11")
		seen.wants("publicNotice.open", true)
		if n := len(seen.list("publicNotice.entries")); n != 2 {
			o.Errorf("the notice names %d, want the two that are EXCELLENT", n)
		}
		if text := fmt.Sprint(seen.data); strings.Contains(text, "COMPETENT") || !strings.Contains(text, "Official ann") {
			o.Errorf("the notice tells %s", text)
		}
		for _, statement := range []string{"UPDATE publications SET notice_until = '2025-03-05'", "DELETE FROM publication_entries", "DELETE FROM cycle_results"} {
			if o.tryChange(statement) == nil {
				o.Errorf("%s is possible", statement)
			}
		}
	})
}

func TestWhoMayObjectAndWhoDecides(t *testing.T) {
	each(t, func(o *office) {
		o.secondPersons()
		o.ids["cycle"] = o.cycle("hr-root", "root")
		o.appraise(append(o.crowd("north-desk", 9), result{"ann", 60, "EXCELLENT"}, result{"cat", 50, ""})...)
		o.refuses("", "NOT_FOUND", "cycleId", objectTo, "o", o.ids["ann"])
		o.signed(publish, "publishCycle", "PUBLISHED")

		o.refuses("", "INVALID", "officialId", objectTo)
		o.refuses("", "INVALID", "officialId", objectTo, "o", o.ids["cat"]) // not named
		o.refuses("cat", "INVALID", "officialId", fileObjection, "o", o.ids["bob"])
		o.refuses("", "INVALID", "idempotencyKey", objectTo, "o", o.ids["ann"], "key", "short")
		public := o.ok("", objectTo, "o", o.ids["ann"], "key", "a key of one phone")
		receipt := public.text("fileObjection.receipt")
		o.ok("", objectTo, "o", o.ids["ann"], "key", "a key of one phone").wants("fileObjection.receipt", receipt)
		o.refuses("", "UNAUTHENTICATED", "", fileObjection, "o", o.ids["ann"])
		if o.count("objections") != 1 {
			o.Error("a stranger made two")
		}
		status := `query($r: String!) { objectionByReceipt(receipt: $r) { state dueOn decision } }`
		o.ok("", status, "r", receipt).wants("objectionByReceipt.state", "FILED")
		if o.ok("", status, "r", "nonsense").get("objectionByReceipt") != nil {
			o.Error("a wrong receipt shows something")
		}
		own := o.ok("cat", fileObjection)
		own.wants("fileObjection.objection.official.ref", "cat")
		own.wants("fileObjection.receipt", nil)
		id := own.text("fileObjection.objection.id")
		o.refuses("cat", "CONFLICT", "cycleId", fileObjection) // one at a time

		list := `{ objections(cycleId: {cycle}) { nodes { id fromPublic state official { ref } } } }`
		for subject, n := range map[string]int{"hr-root": 2, "auditor": 2, "hr-south": 1, "hr-north": 1, "cat": 1, "ann": 0, "dan": 0} {
			seen := o.ok(subject, list).list("objections.nodes")
			if len(seen) != n {
				o.Errorf("%s sees %d objections, want %d", subject, len(seen), n)
			}
			mine := slices.ContainsFunc(seen, func(one any) bool { return one.(map[string]any)["id"] == id })
			alone := o.ok(subject, `query($id: ID!) { node(id: $id) { ... on Objection { cycleId state } } }`, "id", id)
			if (alone.get("node") != nil) != mine {
				o.Errorf("%s has it in the list: %t; by its id: %v", subject, mine, alone.get("node"))
			}
		}
		o.refuses("hr-north", "NOT_FOUND", "objectionId", answerObjection, "id", id, "yes", true)
		o.change("UPDATE accounts SET official_id = ? WHERE subject = 'hr-south'", o.id("cat"))
		o.refuses("hr-south", "FORBIDDEN", "officialId", answerObjection, "id", id, "yes", true)
		o.ok("hr-third", answerObjection, "id", id, "yes", false).wants("decideObjection.objection.state", "DISMISSED")
		o.refuses("hr-third", "ILLEGAL_STATE", "", answerObjection, "id", id, "yes", true)
		o.refuses("hr-root", "ILLEGAL_STATE", "cycleId", settle, "all", true) // the notice stands
		o.at("2025-03-12T10:00:00+08:00")
		o.refuses("", "GONE", "cycleId", objectTo, "o", o.ids["ann"])
		o.refuses("ann", "GONE", "cycleId", fileObjection)
		o.refuses("hr-root", "INVALID", "cycleId", settle, "all", true) // the stranger's is not decided
		if o.ok("", notice).get("publicNotice.open") != false {
			o.Error("a notice that is over takes objections")
		}
	})
}

// evidence gives ratings of passports to officials: each has as many as they have
// levels, of different residents on different days.
func (o *office) evidence(levels map[string][]int) {
	o.Helper()
	day := models.NewDate(2025, time.January, 6)
	for ref, list := range levels {
		for i, level := range list {
			o.write(&models.Rating{
				ID: models.NewRandomID(), OfficialID: o.id(ref), ServiceID: o.id("passport"), Channel: models.ChannelWindow, Level: level,
				RatedOn: day.AddDays(i), KeyYear: 2025, Source: models.RatingSourceEncounter, Invited: models.AnswerYes, Released: true,
				Dimensions: []models.DimensionLevel{}, Tags: []string{},
			})
		}
	}
}

func repeat(level, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = level - i%2
	}
	return out
}

// runNow asks for a run and makes it.
func (o *office) runNow(objection any) string {
	o.Helper()
	id := o.ok("hr-root", remedyRun, "o", objection).text("runAssessment.run.id")
	if worked, err := o.app.Assessments.RunNext(o.Context()); err != nil || !worked {
		o.Fatal("no run was made: ", err)
	}
	o.ids["made"] = id
	o.ok("hr-root", `{ assessmentRun(id: {made}) { state failure } }`).wants("assessmentRun.state", "DONE")
	return id
}

func (o *office) compositeOf(subject, official string) float64 {
	o.Helper()
	o.ids["who"] = o.ids[official]
	c, _ := o.ok(subject, `{ official(id: {who}) { assessment(cycleId: {cycle}) { composite } } }`).get("official.assessment.composite").(float64)
	return c
}

// TestAWholeCycle goes the whole way as its roles do: from the draft to the seal,
// with an objection that changes a result, and one more after the seal.
func TestAWholeCycle(t *testing.T) {
	each(t, func(o *office) {
		o.secondPersons()
		o.crowd("north", 12)
		o.ids["cycle"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: QUARTERLY, name: "first quarter", draft: true,
			fromOn: "2025-01-01", toOn: "2025-03-31"}) { cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
		o.ok("hr-root", `mutation { startCollecting(input: {cycleId: {cycle}}) { cycle { state } `+userErrors+`} }`)
		levels := map[string][]int{"ann": append(repeat(5, 20), 1, 1, 1, 1, 1, 1), "bob": repeat(4, 20)}
		for i := range 12 {
			levels[fmt.Sprint("c", i)] = repeat(3+i%3, 20)
		}
		o.evidence(levels)
		o.ok("ann", `mutation { submitSelfSummary(input: {cycleId: {cycle}, text: "I stood at the counter every day."}) { summary { id } `+userErrors+`} }`)
		o.at("2025-04-01T10:00:00+08:00")
		o.ok("hr-root", `mutation { startScoring(input: {cycleId: {cycle}}) { cycle { state } `+userErrors+`} }`)
		first := o.runNow(nil)
		o.grade("hr-north", "hr-root", "bob", "COMPETENT")
		if o.compositeOf("ann", "ann") != 0 {
			o.Error("an official sees running results")
		}
		o.signedAtOnce(publish, "publishCycle", "PUBLISHED")
		before, others := o.compositeOf("ann", "ann"), o.compositeOf("bob", "bob")

		// Six ratings of one were of another official: they are left out.
		objection := o.ok("ann", fileObjection).text("fileObjection.objection.id")
		o.ok("hr-third", answerObjection, "id", objection, "yes", true)
		exclude := `mutation($from: Date!, $to: Date!, $o: ID) { excludeEvidence(input: {cycleId: {cycle}, officialId: {ann}, fromOn: $from, toOn: $to, objectionId: $o, reason: "of another"}) {
			exclusion { id confirmedBy } ` + userErrors + `} }`
		confirm := `mutation($id: ID!) { confirmExclusion(input: {exclusionId: $id}) { exclusion { confirmedBy } ` + userErrors + `} }`
		o.refuses("hr-root", "INVALID", "fromOn", exclude, "from", "2025-01-26", "to", "2025-01-27")
		o.refuses("hr-root", "INVALID", "fromOn", exclude, "from", "2024-01-26", "to", "2025-01-31")
		o.refuses("hr-south", "NOT_FOUND", "cycleId", exclude, "from", "2025-01-26", "to", "2025-01-31")
		id := o.ok("hr-root", exclude, "from", "2025-01-26", "to", "2025-01-31", "o", objection).text("excludeEvidence.exclusion.id")
		o.refuses("hr-root", "CONFLICT", "fromOn", exclude, "from", "2025-01-20", "to", "2025-01-26")
		o.refuses("hr-root", "FORBIDDEN", "", confirm, "id", id)
		o.ok("hr-second", confirm, "id", id).wants("confirmExclusion.exclusion.confirmedBy", "hr-second")
		second := o.runNow(nil)
		if o.ok("", notice).get("publicNotice") != nil {
			o.Error("the notice stands while a new run is looked at")
		}
		o.signed(publish, "publishCycle", "PUBLISHED")
		better := o.compositeOf("ann", "ann")
		if better <= before || o.compositeOf("bob", "bob") != others {
			o.Errorf("ann had %v and has %v; bob had %v and has %v", before, better, others, o.compositeOf("bob", "bob"))
		}
		o.compare(first, second, better)

		o.at("2025-04-20T10:00:00+08:00")
		o.refuses("hr-root", "INVALID", "othersCompetent", settle)
		o.signedAtOnce(settle, "decideCycle", "DECIDED", "all", true)
		o.refuses("hr-root", "INVALID", "cycleId", sealCycle)
		o.refuses("ann", "INVALID", "cycleId", fileObjection) // not told yet
		o.refuses("hr-north", "INVALID", "toldOn", tell, "on", "2025-04-19")
		o.refuses("hr-north", "INVALID", "toldOn", tell, "on", "2025-04-21")
		o.ok("hr-root", tell, "on", "2025-04-20").wants("tellDecision.told", 16)
		o.ok("hr-root", tell, "on", "2025-04-20").wants("tellDecision.told", 0)
		o.ok("ann", `{ cycleGrades(cycleId: {cycle}) { nodes { grade toldOn } } }`).wants("cycleGrades.nodes.0.toldOn", "2025-04-20")
		o.signedAtOnce(sealCycle, "sealCycle", "FINAL")
		o.checkSealed(second)
		o.appealAfterTheSeal()
	})
}

// compare holds two runs side by side.
func (o *office) compare(first, second string, better float64) {
	o.Helper()
	runs := `query($a: ID!, $b: ID!) { compareRuns(a: $a, b: $b, first: 100) { nodes { change before { official { ref } composite } after { composite } counts { composite } } } }`
	nodes := o.ok("hr-root", runs, "a", first, "b", second).list("compareRuns.nodes")
	found := false
	for _, n := range nodes {
		row := n.(map[string]any)
		if row["before"].(map[string]any)["official"].(map[string]any)["ref"] == "ann" {
			found = row["counts"].(map[string]any)["composite"] == better && row["change"].(float64) > 0
		}
	}
	if !found || len(nodes) != 16 {
		o.Errorf("ann is not better off side by side: %v", nodes)
	}
	if n := len(o.ok("hr-south", runs, "a", first, "b", second).list("compareRuns.nodes")); n != 2 {
		o.Errorf("the officer of the south sees %d rows, want those of cat and dan", n)
	}
	o.refuses("hr-root", "NOT_FOUND", "b", runs, "a", first, "b", o.ids["ann"])
}

// addsNothingTo tries to add results to a sealed run.
func (o *office) addsNothingTo(run string) {
	o.Helper()
	posting := models.Posting{ID: models.NewID(), OfficialID: o.id("ann"), UnitID: o.id("north"), FromOn: models.NewDate(1999, time.January, 1)}
	var other models.Posting
	if err := o.store.Read(o.Context()).Take(&other, "official_id = ?", o.id("ann")).Error; err != nil {
		o.Fatal(err)
	}
	posting.PositionID, posting.ToOn = other.PositionID, models.NewDate(1999, time.January, 2)
	o.write(&posting)
	err := o.tryChange(`INSERT INTO assessments (id, run_id, official_id, posting_id, unit_id, position, peer_group, sort_order, status, grade, flags, components)
		SELECT ?, run_id, official_id, ?, unit_id, position, peer_group, sort_order + 1000, status, grade, flags, components
		FROM assessments WHERE run_id = ? ORDER BY sort_order LIMIT 1`, models.NewID(), posting.ID, o.parse(run))
	if err == nil || !strings.Contains(err.Error(), "sealed") {
		o.Errorf("a result is added: %v", err)
	}
	err = o.tryChange(`INSERT INTO explanations (assessment_id, parts) SELECT id, '[]' FROM assessments
		WHERE run_id = ? AND id NOT IN (SELECT assessment_id FROM explanations)`, o.parse(run))
	if err == nil || !strings.Contains(err.Error(), "sealed") {
		o.Errorf("an explanation is added: %v", err)
	}
}

// checkSealed tries to change what is sealed.
func (o *office) checkSealed(run string) {
	o.Helper()
	seal := `{ cycleSeal(cycleId: {cycle}) { digest now holds sealedBy secondedBy } }`
	o.ok("auditor", seal).wants("cycleSeal.holds", true)
	for _, statement := range []string{
		"UPDATE assessments SET composite = 99", "DELETE FROM explanations", "UPDATE explanations SET parts = '[]'", "UPDATE assessment_runs SET failure = 'x'",
		"UPDATE cycle_grades SET grade = 'INCOMPETENT', ground = 'x'", "DELETE FROM cycle_grades", "UPDATE cycles SET state = 'SCORING'",
		"DELETE FROM cycle_results", "UPDATE seals SET sealed_by = 'x'", "DELETE FROM cycles",
	} {
		if err := o.tryChange(statement); err == nil {
			o.Errorf("%s is possible", statement)
		}
	}
	o.addsNothingTo(run)
	o.refuses("hr-root", "ILLEGAL_STATE", "", remedyRun)
	o.refuses("hr-root", "ILLEGAL_STATE", "cycleId", proposeGrade, "o", o.ids["ann"], "grade", "EXCELLENT")
	o.refuses("hr-root", "ILLEGAL_STATE", "cycleId", `mutation { savePolicy(input: {cycleId: {cycle}, reason: "late", policy: {name: "x"}}) { policy { id } `+userErrors+`} }`)
	v, err := o.app.Assessments.Verify(o.Context(), o.parse(run), nil)
	if err != nil || !v.OK() {
		o.Errorf("a sealed run cannot be verified: %v %+v", err, v)
	}
}

// appealAfterTheSeal goes through both instances: the second one is upheld, and is
// a new version beside the sealed one.
func (o *office) appealAfterTheSeal() {
	o.Helper()
	review := o.ok("bob", fileObjection)
	review.wants("fileObjection.objection.instance", "REVIEW")
	review.wants("fileObjection.objection.dueOn", "2025-05-20")
	id := review.text("fileObjection.objection.id")
	o.refuses("hr-root", "FORBIDDEN", "", answerObjection, "id", id, "yes", true) // decided the grade
	o.ok("hr-second", answerObjection, "id", id, "yes", false)
	o.refuses("bob", "INVALID", "previousId", fileObjection, "previous", id) // not told
	o.at("2025-04-25T10:00:00+08:00")
	o.ok("hr-second", tell, "objection", id, "on", "2025-04-25")
	o.at("2025-05-11T10:00:00+08:00")
	o.refuses("bob", "GONE", "previousId", fileObjection, "previous", id)
	o.at("2025-05-10T10:00:00+08:00")
	appeal := o.ok("bob", fileObjection, "previous", id)
	appeal.wants("fileObjection.objection.instance", "APPEAL")
	appeal.wants("fileObjection.objection.dueOn", "2025-07-09")
	second := appeal.text("fileObjection.objection.id")
	o.refuses("hr-second", "FORBIDDEN", "", answerObjection, "id", second, "yes", true) // decided the review
	extend := `mutation($id: ID!) { extendObjection(input: {objectionId: $id, reason: "witnesses"}) { objection { dueOn } ` + userErrors + `} }`
	o.ok("hr-second", extend, "id", second).wants("extendObjection.objection.dueOn", "2025-08-08")
	o.refuses("hr-second", "CONFLICT", "objectionId", extend, "id", second)
	propose := `mutation($g: Grade!, $o: ID!) { proposeGrade(input: {cycleId: {cycle}, officialId: {bob}, grade: $g, ground: "x", reason: "the appeal", objectionId: $o}) { grade { id version } ` + userErrors + `} }`
	o.refuses("hr-north", "INVALID", "objectionId", propose, "g", "EXCELLENT", "o", second)
	o.ok("hr-third", answerObjection, "id", second, "yes", true)
	old := o.compositeOf("bob", "bob")
	o.refuses("hr-root", "NOT_FOUND", "objectionId", remedyRun, "o", o.ids["ann"])
	o.runNow(second)
	if now := o.compositeOf("bob", "bob"); now < old {
		o.Errorf("bob had %v and has %v", old, now)
	}
	o.refuses("hr-north", "INVALID", "grade", propose, "g", "INCOMPETENT", "o", second)
	grade := o.ok("hr-north", propose, "g", "EXCELLENT", "o", second)
	grade.wants("proposeGrade.grade.version", 2)
	o.ok("hr-second", decideGrade, "id", grade.text("proposeGrade.grade.id"), "yes", true).wants("decideGrade.grade.state", "DECIDED")
	o.ok("auditor", `{ cycleSeal(cycleId: {cycle}) { holds } }`).wants("cycleSeal.holds", true)

	// The keys live as long as remedies do, and go when the year is over for good.
	_, epoch, err := o.keys.Epoch(2025, o.store.Now())
	if err != nil {
		o.Fatal(err)
	}
	o.write(&epoch)
	o.retires(0)
	o.at("2026-02-01T10:00:00+08:00")
	o.retires(0) // the new grade has not been told
	o.ok("hr-north", tell, "o", o.ids["bob"], "on", "2026-02-01")
	o.ok("hr-third", tell, "objection", second, "on", "2026-02-01")
	o.retires(0)
	o.at("2026-03-05T10:00:00+08:00")
	o.retires(0) // three quarters of the year have not been assessed
	o.change("INSERT INTO cycles (id, unit_id, kind, name, from_on, to_on, state, opened_by, opened_at, updated_at) "+
		"SELECT ?, unit_id, kind, 'the rest', '2025-04-01', '2025-12-31', 'FINAL', opened_by, opened_at, updated_at FROM cycles WHERE name = 'first quarter'", models.NewID())
	if _, err := o.keys.Get(2025); err != nil {
		o.Errorf("the key is gone too early: %v", err)
	}
	o.retires(1)
	if _, err := o.keys.Get(2025); err == nil {
		o.Error("the key is still there")
	}
	o.retires(0)
	check, err := o.app.Publications.CheckRun(o.Context(), &models.AssessmentRun{CycleID: o.id("cycle")})
	if err != nil || check.Seal == nil || !check.Seal.Holds() || len(check.Destroyed) != 1 {
		o.Errorf("without keys a sealed run is %+v: %v", check, err)
	}
}

func (o *office) retires(want int) {
	o.Helper()
	if n, err := o.app.Publications.RetireKeys(o.Context()); err != nil || n != want {
		o.Errorf("%d keys were destroyed, want %d: %v", n, want, err)
	}
}

// TestMovedOfficialsAreAssessedForTheirTime: who moved within the period has an
// assessment for each post, and is graded by the unit of the last one.
func TestMovedOfficialsAreAssessedForTheirTime(t *testing.T) {
	o := newOffice(t, store.SQLite)
	o.secondPersons()
	o.crowd("north", 6)
	o.change("UPDATE postings SET to_on = '2025-02-14' WHERE official_id = ?", o.id("ann"))
	o.write(&models.Posting{
		ID: models.NewID(), OfficialID: o.id("ann"), UnitID: o.id("south"), PositionID: o.positionOf("ann"), FromOn: models.NewDate(2025, time.February, 15),
	})
	o.change("UPDATE officials SET unit_id = ? WHERE id = ?", o.id("south"), o.id("ann"))
	o.ids["cycle"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: QUARTERLY, name: "first quarter", fromOn: "2025-01-01", toOn: "2025-03-31"}) {
		cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
	levels := map[string][]int{"ann": repeat(5, 60), "cat": repeat(4, 20), "dan": repeat(4, 20)}
	for i := range 6 {
		levels[fmt.Sprint("c", i)] = repeat(4, 20)
	}
	o.evidence(levels)
	o.at("2025-04-01T10:00:00+08:00")
	o.runNow(nil)
	units := map[any]bool{}
	for _, n := range o.ok("hr-root", `{ assessmentReport(cycleId: {cycle}, first: 100) { nodes { official { ref } unit { ref } } } }`).list("assessmentReport.nodes") {
		row := n.(map[string]any)
		if row["official"].(map[string]any)["ref"] == "ann" {
			units[row["unit"].(map[string]any)["ref"]] = true
		}
	}
	if !units["north-desk"] || !units["south"] {
		o.Errorf("ann is assessed in %v", units)
	}
	o.refuses("hr-north", "NOT_FOUND", "officialId", proposeGrade, "o", o.ids["ann"], "grade", "COMPETENT")
	o.ok("hr-south", proposeGrade, "o", o.ids["ann"], "grade", "COMPETENT").wants("proposeGrade.grade.unit.ref", "south")
}
