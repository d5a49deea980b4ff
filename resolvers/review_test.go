package resolvers_test

import (
	"sync"
	"testing"

	"steelyard/models"
	"steelyard/store"
)

const openRound = `mutation($cycle: ID!, $opens: Date!, $closes: Date!) { openReviewRound(input: {cycleId: $cycle, name: "spring", opensOn: $opens, closesOn: $closes, assignments: [
	{officialId: {ann}, reviewerId: {bob}, relation: PEER}, {officialId: {bob}, reviewerId: {bob}, relation: SELF}, {officialId: {bob}, reviewerId: {ann}, relation: SUBORDINATE}
]}) { round { id name opensOn } ` + userErrors + `} }`

// cycle opens a cycle for a unit and returns its id.
func (o *office) cycle(subject, unit string) string {
	o.Helper()
	return o.ok(subject, `mutation { openCycle(input: {unitId: {`+unit+`}, kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31"}) {
		cycle { id state unit { ref } policy { id } run { id } }`+userErrors+`} }`).text("openCycle.cycle.id")
}

func TestAReviewIsHandedInOnce(t *testing.T) {
	each(t, func(o *office) {
		cycle := o.cycle("hr-north", "north")
		o.ok("hr-north", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2025-03-31")
		mine := o.ok("bob", `{ myReviewAssignments { id relation submitted official { ref name position unit { ref } } } }`)
		if n := len(mine.list("myReviewAssignments")); n != 2 {
			o.Fatalf("%d duties, want 2", n)
		}
		mine.wants("myReviewAssignments.0.official.ref", "ann")
		mine.wants("myReviewAssignments.0.submitted", false)
		id := mine.text("myReviewAssignments.0.id")
		submit := `mutation($id: ID!, $scores: [DimensionScoreInput!]!) { submitPeerReview(input: {assignmentId: $id, scores: $scores}) { submitted ` + userErrors + `} }`
		scores := []map[string]any{{"dimension": "MORALITY", "score": 4}, {"dimension": "ABILITY", "score": 5}}

		o.refuses("ann", "NOT_FOUND", "assignmentId", submit, "id", id, "scores", scores)
		o.refuses("bob", "INVALID", "scores.0.score", submit, "id", id, "scores", []map[string]any{{"dimension": "ABILITY", "score": 6}})
		o.refuses("bob", "INVALID", "scores.1.dimension", submit, "id", id, "scores",
			[]map[string]any{{"dimension": "ABILITY", "score": 4}, {"dimension": "ABILITY", "score": 5}})
		o.refuses("bob", "INVALID", "scores", submit, "id", id, "scores", []map[string]any{})

		var wg sync.WaitGroup
		taken := make([]any, 20)
		for i := range taken {
			wg.Go(func() { taken[i] = o.ask("bob", submit, "id", id, "scores", scores).get("submitPeerReview.submitted") })
		}
		wg.Wait()
		n := 0
		for _, yes := range taken {
			if yes == true {
				n++
			}
		}
		if n != 1 || o.count("peer_reviews") != 2 || o.count("review_claims") != 1 {
			o.Errorf("%d of 20 were taken, %d marks stored", n, o.count("peer_reviews"))
		}
		o.refuses("bob", "CONFLICT", "assignmentId", submit, "id", id, "scores", scores)
		o.ok("bob", `{ myReviewAssignments { id submitted } }`).wants("myReviewAssignments.0.submitted", true)

		o.later(60)
		o.refuses("ann", "ILLEGAL_STATE", "assignmentId", submit, "id", o.assignmentOf("ann"), "scores", scores)
		if n := len(o.ok("bob", `{ myReviewAssignments { id } }`).list("myReviewAssignments")); n != 0 {
			o.Errorf("%d duties after the round", n)
		}
	})
}

func (o *office) assignmentOf(reviewer string) string {
	o.Helper()
	var ids []models.ID
	err := o.store.Read(o.Context()).Raw("SELECT id FROM review_assignments WHERE reviewer_id = ?", o.id(reviewer)).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		o.Fatal("no assignment: ", err)
	}
	return ids[0].String()
}

func TestARoundKeepsToItsScope(t *testing.T) {
	each(t, func(o *office) {
		cycle := o.cycle("hr-north", "north")
		o.refuses("hr-south", "NOT_FOUND", "cycleId", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2025-03-31")
		o.refuses("hr-north", "INVALID", "closesOn", openRound, "cycle", cycle, "opens", "2025-03-31", "closes", "2025-03-01")
		stranger := `mutation($cycle: ID!) { openReviewRound(input: {cycleId: $cycle, name: "n", opensOn: "2025-03-01", closesOn: "2025-03-31", assignments: [
			{officialId: {ann}, reviewerId: {cat}, relation: EXTERNAL}]}) { round { id } ` + userErrors + `} }`
		o.refuses("hr-north", "NOT_FOUND", "assignments.0.reviewerId", stranger, "cycle", cycle)
		self := `mutation($cycle: ID!) { openReviewRound(input: {cycleId: $cycle, name: "n", opensOn: "2025-03-01", closesOn: "2025-03-31", assignments: [
			{officialId: {ann}, reviewerId: {ann}, relation: PEER}]}) { round { id } ` + userErrors + `} }`
		o.refuses("hr-north", "INVALID", "assignments.0.relation", self, "cycle", cycle)
		// A review outside the period would never count.
		o.refuses("hr-north", "INVALID", "opensOn", openRound, "cycle", cycle, "opens", "2024-12-31", "closes", "2025-03-01")
		o.refuses("hr-north", "INVALID", "closesOn", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2026-01-01")
		o.final("hr-root", "root", "2025-02-01", "2025-02-28")
		o.refuses("hr-north", "INVALID", "opensOn", openRound, "cycle", cycle, "opens", "2025-02-28", "closes", "2025-03-31")
		o.refuses("hr-north", "INVALID", "closesOn", openRound, "cycle", cycle, "opens", "2025-01-01", "closes", "2025-02-01")
		if o.count("review_rounds") != 0 {
			o.Error("a refused round is kept")
		}
		o.ok("hr-north", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2025-03-31")
		rounds := `query($cycle: ID!) { reviewRounds(cycleId: $cycle) { nodes { id loads(first: 1) { reviewer { name } asked } } } }`
		got := o.ok("hr-north", rounds, "cycle", cycle)
		got.wants("reviewRounds.nodes.0.loads.0.reviewer.name", o.ok("hr-north", `{ official(id: {bob}) { name } }`).text("official.name"))
		got.wants("reviewRounds.nodes.0.loads.0.asked", float64(2))
		o.refuses("hr-south", "NOT_FOUND", "", rounds, "cycle", cycle)
		o.refuses("ann", "FORBIDDEN", "", rounds, "cycle", cycle)
	})
}

// TestNoReviewIsHandedInAfterTheRun: what is computed from them must not change.
func TestNoReviewIsHandedInAfterTheRun(t *testing.T) {
	each(t, func(o *office) {
		hand := `mutation($id: ID!) { submitPeerReview(input: {assignmentId: $id, scores: [{dimension: ABILITY, score: 4}]}) { submitted ` + userErrors + `} }`
		cycle := o.cycle("hr-north", "north")
		o.ok("hr-north", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2025-03-31")
		ann, bob := o.assignmentOf("ann"), o.assignmentOf("bob")
		o.final("hr-root", "root", "2025-03-05", "2025-03-05")
		o.later(1)
		o.refuses("ann", "ILLEGAL_STATE", "assignmentId", hand, "id", ann)
		o.later(1)
		o.ok("ann", hand, "id", ann)
		o.change("UPDATE cycles SET state = 'SCORING' WHERE id = ?", o.parse(cycle))
		o.refuses("bob", "ILLEGAL_STATE", "assignmentId", hand, "id", bob)
		o.refuses("hr-north", "ILLEGAL_STATE", "cycleId", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2025-03-31")
	})
}

// TestARoundDoesNotOpenBesideARun: whichever is second sees the first.
func TestARoundDoesNotOpenBesideARun(t *testing.T) {
	o := newOffice(t, store.Postgres)
	cycle := o.cycle("hr-north", "north")
	opened := make(chan *answer, 1)
	err := o.store.InTx(o.Context(), func(tx *store.Tx) error {
		row, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", o.parse(cycle)), "Cycle")
		if err != nil {
			return err
		}
		go func() {
			opened <- o.ask("hr-north", openRound, "cycle", cycle, "opens", "2025-03-01", "closes", "2025-03-31")
		}()
		// It has come to the lock, or has passed it.
		for waiting := false; !waiting && len(opened) == 0; {
			err := o.store.Read(o.Context()).Raw(`SELECT EXISTS (SELECT 1 FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting).Error
			if err != nil {
				return err
			}
		}
		return tx.Model(row).Update("state", models.CycleScoring).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if code, field := (<-opened).refused(); code != "ILLEGAL_STATE" || field != "cycleId" {
		t.Errorf("refused with %q (%q)", code, field)
	}
}

func TestADeedCountsByTheWordOfThePersonHelped(t *testing.T) {
	each(t, func(o *office) {
		record := `mutation($key: String) { recordDeed(input: {kind: HOME_VISIT, doneAt: "2025-03-03T09:00:00+08:00", hours: 1.5, title: "米和油", idempotencyKey: $key}) {
			receipt deed { id kind confirmed hours } ` + userErrors + `} }`
		done := `mutation($r: String!, $done: Boolean!) { confirmDeed(input: {receipt: $r, done: $done}) { deed { confirmed } ` + userErrors + `} }`
		first := o.ok("ann", record, "key", "k")
		first.wants("recordDeed.deed.confirmed", nil)
		receipt := first.text("recordDeed.receipt")
		o.ok("ann", record, "key", "k").wants("recordDeed.receipt", receipt)
		if n := o.count("deeds"); n != 1 {
			o.Errorf("%d deeds", n)
		}
		o.refuses("ann", "FORBIDDEN", "", done, "r", receipt, "done", true)
		o.refuses("", "NOT_FOUND", "receipt", done, "r", "ABC", "done", true)
		o.ok("", done, "r", receipt, "done", true).wants("confirmDeed.deed.confirmed", "YES")
		o.ok("", done, "r", receipt, "done", true)
		o.refuses("", "CONFLICT", "done", done, "r", receipt, "done", false)
		o.refuses("ann", "INVALID", "doneAt", `mutation { recordDeed(input: {kind: OTHER, doneAt: "2026-01-01T00:00:00Z", title: "t"}) { deed { id } `+userErrors+`} }`)
		o.final("hr-root", "root", "2025-02-01", "2025-02-28")
		sealed := `mutation($at: DateTime!) { recordDeed(input: {kind: OTHER, doneAt: $at, title: "t"}) { deed { id } ` + userErrors + `} }`
		o.refuses("ann", "INVALID", "doneAt", sealed, "at", "2025-01-31T16:00:00Z")
		o.refuses("ann", "INVALID", "doneAt", sealed, "at", "2025-02-28T15:59:00Z")
		o.ok("ann", sealed, "at", "2025-01-31T15:59:00Z")
		o.ok("ann", sealed, "at", "2025-02-28T16:00:00Z")
		o.refuses("ann", "INVALID", "title", `mutation { recordDeed(input: {kind: OTHER, doneAt: "2025-01-01T00:00:00Z", title: ""}) { deed { id } `+userErrors+`} }`)
		o.refuses("ann", "INVALID", "hours", `mutation { recordDeed(input: {kind: OTHER, doneAt: "2025-01-01T00:00:00Z", title: "t", hours: -1}) { deed { id } `+userErrors+`} }`)
	})
}
