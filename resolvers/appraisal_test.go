package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

const (
	issueCodes = `mutation($round: ID!, $class: VoterClass!, $n: Int!, $key: String) {
		issueAppraisalCodes(input: {roundId: $round, voterClass: $class, count: $n, idempotencyKey: $key}) { codes ` + userErrors + `} }`
	vote = `mutation($code: String!, $marks: [AppraisalMarkInput!]!, $comment: String, $key: String) {
		submitAppraisal(input: {code: $code, marks: $marks, comment: $comment, idempotencyKey: $key}) { submitted ` + userErrors + `} }`
	appraised = `query($round: ID!) { appraisalResults(roundId: $round) { official { ref } classes { voterClass excellent competent basicallyCompetent incompetent score }
		weighted { voterClass excellent score } } }`
	ballotForm = `query($code: String!) { appraisalForm(code: $code) { name closesOn officials { id name unitName position } } }`
)

// appraisal opens a round of the north on ann and bob.
func (o *office) appraisal() string {
	o.Helper()
	o.reviewRound()
	return o.ok("bob", `{ myReviewAssignments { round { id } } }`).text("myReviewAssignments.0.round.id")
}

// codes issues codes of a class.
func (o *office) codes(round, class string, n int) []string {
	o.Helper()
	var out []string
	for _, c := range o.ok("hr-north", issueCodes, "round", round, "class", class, "n", n).list("issueAppraisalCodes.codes") {
		out = append(out, c.(string))
	}
	return out
}

func (o *office) mark(official, grade string) map[string]any {
	return map[string]any{"officialId": o.ids[official], "grade": grade}
}

func TestACodeVotesOnceAlsoWhenAHundredUseIt(t *testing.T) {
	each(t, func(o *office) {
		round := o.appraisal()
		codes := o.codes(round, "A", 2)
		marks := []map[string]any{o.mark("ann", "EXCELLENT")}
		before := o.ok("", ballotForm, "code", codes[0])
		if n := len(before.list("appraisalForm.officials")); n != 2 {
			o.Errorf("%d officials on the form", n)
		}
		var wg sync.WaitGroup
		taken := make([]any, 100)
		for i := range taken {
			wg.Go(func() { taken[i] = o.ask("", vote, "code", codes[0], "marks", marks).get("submitAppraisal.submitted") })
		}
		wg.Wait()
		n := 0
		for _, yes := range taken {
			if yes == true {
				n++
			}
		}
		if n != 1 || o.count("appraisal_ballots") != 1 || o.count("appraisal_claims") != 1 {
			o.Errorf("%d of 100 were taken, %d ballots, %d claims", n, o.count("appraisal_ballots"), o.count("appraisal_claims"))
		}
		// Looking tells nothing of it.
		after := o.ok("", ballotForm, "code", strings.ToLower(codes[0]))
		if fmt.Sprint(before.data) != fmt.Sprint(after.data) {
			o.Errorf("a used code shows itself: %v, %v", before.data, after.data)
		}
		// Only the same client is told again that it was taken.
		o.ok("", vote, "code", codes[1], "marks", marks, "key", "key of one phone").wants("submitAppraisal.submitted", true)
		o.ok("", vote, "code", codes[1], "marks", marks, "key", "key of one phone").wants("submitAppraisal.submitted", true)
		o.refuses("", "GONE", "code", vote, "code", codes[1], "marks", marks, "key", "key of another")
		o.refuses("", "GONE", "code", vote, "code", codes[1], "marks", marks)
		if n := o.count("appraisal_ballots"); n != 2 {
			o.Errorf("%d ballots", n)
		}
		var kept []models.AppraisalCode
		if err := o.store.Read(o.Context()).Find(&kept).Error; err != nil {
			o.Fatal(err)
		}
		for _, k := range kept {
			if len(k.CodeHash) != 32 || slices.Contains(codes, string(k.CodeHash)) {
				o.Error("a code is kept as it is")
			}
		}
	})
}

func TestWhatAnAppraisalRefuses(t *testing.T) {
	each(t, func(o *office) {
		round := o.appraisal()
		code := o.codes(round, "B", 1)[0]
		again := o.ok("hr-north", issueCodes, "round", round, "class", "C", "n", 3, "key", "a key of mine")
		if same := o.ok("hr-north", issueCodes, "round", round, "class", "C", "n", 3, "key", "a key of mine"); fmt.Sprint(again.data) != fmt.Sprint(same.data) || o.count("appraisal_codes") != 4 {
			o.Errorf("a repeat gives %v, not %v", same.data, again.data)
		}
		o.refuses("hr-north", "CONFLICT", "idempotencyKey", issueCodes, "round", round, "class", "C", "n", 4, "key", "a key of mine")
		for _, c := range []struct {
			name, subject, code, field string
			n                          int
		}{
			{"none", "hr-north", "INVALID", "count", 0},
			{"too many at once", "hr-north", "INVALID", "count", 501},
			{"a neighbour's round", "hr-south", "NOT_FOUND", "roundId", 1},
		} {
			o.Log(c.name)
			o.refuses(c.subject, c.code, c.field, issueCodes, "round", round, "class", "A", "n", c.n)
		}
		o.refuses("hr-north", "CONFLICT", "roundId", issueCodes, "round", o.emptyRound("hr-north", "north-desk", "2025-03-01"), "class", "A", "n", 1)
		ann := o.mark("ann", "COMPETENT")
		for _, c := range []struct {
			name, code, field string
			vote              []any
		}{
			{"no code at all", "GONE", "code", []any{"code", "ABCD", "marks", []any{ann}}},
			{"a code of nobody's", "GONE", "code", []any{"code", "0000-0000-0000-0000-0000-0000-0000", "marks", []any{ann}}},
			{"somebody who is not on the form", "NOT_FOUND", "marks.1.officialId", []any{"code", code, "marks", []any{ann, o.mark("cat", "COMPETENT")}}},
			{"somebody twice", "CONFLICT", "marks.1.officialId", []any{"code", code, "marks", []any{ann, ann}}},
			{"a comment too long", "INVALID", "comment", []any{"code", code, "marks", []any{ann}, "comment", strings.Repeat("长", 2001)}},
			{"a key that is easily met", "INVALID", "idempotencyKey", []any{"code", code, "marks", []any{ann}, "key", "1"}},
		} {
			o.Log(c.name)
			o.refuses("", c.code, c.field, vote, c.vote...)
		}
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", appraised, "round", round)
		o.later(40)
		o.ok("", ballotForm, "code", code).wants("appraisalForm", nil)
		o.refuses("", "GONE", "code", vote, "code", code, "marks", []any{ann})
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", issueCodes, "round", round, "class", "A", "n", 1)
		o.refuses("hr-south", "NOT_FOUND", "roundId", appraised, "round", round)
	})
}

func TestBallotsAreCountedByClassAndSealedBefore(t *testing.T) {
	each(t, func(o *office) {
		round := o.appraisal()
		hand := func(class string, grades ...string) {
			for i, code := range o.codes(round, class, len(grades)) {
				o.ok("", vote, "code", code, "marks", []any{o.mark("ann", grades[i]), o.mark("bob", "ABSTAIN")}, "comment", "c")
			}
		}
		hand("A", "EXCELLENT", "EXCELLENT", "COMPETENT", "COMPETENT", "INCOMPETENT", "ABSTAIN")
		hand("B", "EXCELLENT", "EXCELLENT", "EXCELLENT", "EXCELLENT") // too few
		hand("C", "COMPETENT", "COMPETENT", "COMPETENT", "COMPETENT", "BASICALLY_COMPETENT")
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", appraised, "round", round)
		o.ok("hr-north", `mutation($r: ID!) { closeReviewRound(input: {roundId: $r}) { round { state } `+userErrors+`} }`, "r", round).
			wants("closeReviewRound.round.state", "CLOSED")
		// As long as ballots wait, counting would tell the last ones.
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", appraised, "round", round)
		if o.store.Dialect() == store.Postgres && o.linked("appraisal_ballots", "appraisal_claims") != 15 {
			o.Fatal("the test does not see the connection that there is before the release")
		}
		if n, err := o.app.Reviews.Release(o.Context()); err != nil || n != 30 {
			o.Fatalf("%d ballots and comments were released: %v", n, err)
		}
		o.wantRandomIDs("appraisal_ballots", "appraisal_comments")
		if o.store.Dialect() == store.Postgres {
			if n := o.linked("appraisal_ballots", "appraisal_claims", "audit_entries", "appraisal_comments"); n != 0 {
				o.Errorf("%d ballots share a transaction with the ledger or the comments", n)
			}
		}
		results := o.ok("hr-north", appraised, "round", round)
		results.wants("appraisalResults.0.official.ref", "ann")
		if n := len(results.list("appraisalResults.0.classes")); n != 2 {
			o.Errorf("%d classes are shown, want A and C", n)
		}
		results.wants("appraisalResults.0.classes.0.voterClass", "A")
		results.wants("appraisalResults.0.classes.0.excellent", 0.4)
		results.wants("appraisalResults.0.classes.0.score", 72) // (2·100 + 2·80 + 0)/5
		results.wants("appraisalResults.0.classes.1.score", 76) // (4·80 + 60)/5
		// B is missing and no zero: (0.4·72 + 0.3·76)/0.7.
		if score := results.get("appraisalResults.0.weighted.score").(float64); score < 73.71 || score > 73.72 {
			o.Errorf("weighted score %v", score)
		}
		results.wants("appraisalResults.1.weighted", nil)
		o.ok("auditor", appraised, "round", round)
		o.refuses("hr-south", "NOT_FOUND", "roundId", appraised, "round", round)
		o.refuses("", "GONE", "code", vote, "code", "0000-0000-0000-0000-0000-0000-0000", "marks", []any{})
	})
}

func TestAReviewRoundSaysWhatEnoughReviewersSay(t *testing.T) {
	each(t, func(o *office) {
		refs := o.crew("north", 11)
		o.ids["cycle"] = o.cycle("hr-north", "north")
		var pairs []string
		for i, ref := range refs {
			relation := "PEER"
			if i >= 6 {
				relation = "SUBORDINATE"
			}
			if i >= 9 {
				relation = "SUPERIOR"
			}
			pairs = append(pairs, "{officialId: {ann}, reviewerId: {"+ref+"}, relation: "+relation+"}")
		}
		round := o.ok("hr-north", `mutation { openReviewRound(input: {cycleId: {cycle}, name: "n", opensOn: "2025-03-01", closesOn: "2025-03-31", assignments: [`+
			strings.Join(pairs, ", ")+`]}) { round { id } `+userErrors+`} }`).text("openReviewRound.round.id")
		for i, ref := range refs {
			o.grantOfficial(ref)
			o.ok(ref, submitReview, "id", o.assignmentOf(ref), "contact", nil, "answers", []any{},
				"scores", []map[string]any{{"dimension": "ABILITY", "score": i%2 + 4}, {"dimension": "MORALITY", "score": 3}}[:1+i%2])
		}
		const progress = `query($id: ID!) { reviewRound(id: $id) { progress { relation asked answered } } }`
		const results = `query($id: ID!, $o: ID!) { reviewResults(roundId: $id, officialId: $o) { relation dimension reviewers mean } }`
		running := o.ok("hr-north", progress, "id", round)
		running.wants("reviewRound.progress.0.relation", "PEER")
		running.wants("reviewRound.progress.0.asked", 6)
		running.wants("reviewRound.progress.0.answered", 5) // in steps
		running.wants("reviewRound.progress.1.answered", nil)
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", results, "id", round, "o", o.ids["ann"])
		o.later(40)
		if n, err := o.app.Reviews.CloseDue(o.Context()); err != nil || n != 1 {
			o.Errorf("%d rounds were closed: %v", n, err)
		}
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", results, "id", round, "o", o.ids["ann"])
		if _, err := o.app.Reviews.Release(o.Context()); err != nil {
			o.Fatal(err)
		}
		o.ok("hr-north", progress, "id", round).wants("reviewRound.progress.0.answered", 6)
		// ABILITY: 6 peers, 3 below and 2 above, 11 in all. The five that are left are enough to be
		// told by the difference. MORALITY has 5 in all, of whom 3 are peers.
		for _, subject := range []string{"hr-north", "ann", "auditor"} {
			seen := o.ok(subject, results, "id", round, "o", o.ids["ann"])
			if got := fmt.Sprint(seen.get("reviewResults")); got != "[map[dimension:MORALITY mean:3 relation:<nil> reviewers:5] map[dimension:ABILITY mean:4.5 relation:PEER reviewers:6] map[dimension:ABILITY mean:4.454545454545454 relation:<nil> reviewers:11]]" {
				o.Errorf("%s sees %s", subject, got)
			}
		}
		for _, subject := range []string{"hr-south", "bob", "cat"} {
			o.refuses(subject, "NOT_FOUND", "roundId", results, "id", round, "o", o.ids["ann"])
		}
	})
}

// grantOfficial gives an official an account of their own.
func (o *office) grantOfficial(ref string) {
	o.Helper()
	o.grant(accounts.Grant{Subject: ref, Role: models.RoleOfficial, UnitRef: "north", OfficialRef: ref})
}
