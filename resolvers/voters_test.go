package resolvers_test

import (
	"fmt"
	"slices"
	"testing"
)

const (
	turnoutOf  = `query($id: ID!) { reviewRound(id: $id) { turnout { voterClass issued voted } } }`
	commentsOf = `query($id: ID!, $after: String) { appraisalComments(roundId: $id, first: 7, after: $after) { nodes { id body } pageInfo { hasNextPage endCursor } } }`
)

// TestVotersCommentsAreShownFromTenBallotsOn, shuffled, and not before the round is over.
func TestVotersCommentsAreShownFromTenBallotsOn(t *testing.T) {
	each(t, func(o *office) {
		round := o.appraisal()
		cast := func(n, from int) {
			for i, code := range o.codes(round, "A", n) {
				o.ok("", vote, "code", code, "marks", []any{o.mark("ann", "COMPETENT")}, "comment", fmt.Sprintf("comment %02d", from+i))
			}
		}
		cast(9, 0)
		o.ok("hr-north", turnoutOf, "id", round).wants("reviewRound.turnout.0.voted", 5) // in steps
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", commentsOf, "id", round)
		close := func() {
			o.Helper()
			if _, err := o.app.Reviews.Release(o.Context()); err != nil {
				o.Fatal(err)
			}
		}
		o.later(40)
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", commentsOf, "id", round) // some wait for their release
		close()
		if n := len(o.ok("hr-north", commentsOf, "id", round).list("appraisalComments.nodes")); n != 0 {
			o.Errorf("%d comments of nine ballots are shown", n)
		}
		o.later(-40)
		cast(5, 9)
		few := o.codes(round, "B", 3)
		o.ok("", vote, "code", few[0], "marks", []any{})
		o.later(40)
		close()
		turnout := o.ok("hr-north", turnoutOf, "id", round)
		turnout.wants("reviewRound.turnout.0.issued", 14)
		turnout.wants("reviewRound.turnout.0.voted", 14)
		turnout.wants("reviewRound.turnout.1.issued", 3)
		turnout.wants("reviewRound.turnout.1.voted", nil) // three are too few to say
		var said []string
		var after any
		for {
			page := o.ok("auditor", commentsOf, "id", round, "after", after)
			for _, n := range page.list("appraisalComments.nodes") {
				said = append(said, n.(map[string]any)["body"].(string))
			}
			if page.get("appraisalComments.pageInfo.hasNextPage") != true {
				break
			}
			after = page.get("appraisalComments.pageInfo.endCursor")
		}
		if slices.IsSorted(said) { // of 14 there are 87 thousand million orders
			o.Errorf("the comments come as they were cast: %v", said)
		}
		slices.Sort(said)
		if len(said) != 14 || len(slices.Compact(said)) != 14 {
			o.Errorf("%d comments: %v", len(said), said)
		}
		o.refuses("hr-south", "NOT_FOUND", "roundId", commentsOf, "id", round)
		o.ok("hr-south", turnoutOf, "id", round).wants("reviewRound", nil)
	})
}

// TestAQuestionnaireSaysWhatClassesOfVotersWeigh.
func TestAQuestionnaireSaysWhatClassesOfVotersWeigh(t *testing.T) {
	each(t, func(o *office) {
		save := `mutation($w: ClassWeightsInput) { saveReviewTemplate(input: {unitId: {north}, name: "n", isDefault: true, weights: $w}) { template { id weights { a b c } } ` + userErrors + `} }`
		o.ok("hr-north", save, "w", nil).wants("saveReviewTemplate.template.weights.a", 40)
		for _, bad := range []map[string]any{{"a": 50, "b": 30, "c": 30}, {"a": 120, "b": -10, "c": -10}, {"a": 0, "b": 0, "c": 0}} {
			o.refuses("hr-north", "INVALID", "weights", save, "w", bad)
		}
		o.ok("hr-north", save, "w", map[string]any{"a": 90, "b": 10, "c": 0}).wants("saveReviewTemplate.template.weights.b", 10)
		// Its questionnaire is the unit's default.
		o.ids["cycle"] = o.cycle("hr-north", "north")
		round := o.ok("hr-north", `mutation { openReviewRound(input: {cycleId: {cycle}, name: "spring", opensOn: "2025-03-01", closesOn: "2025-03-31",
			assignments: [{officialId: {ann}, reviewerId: {bob}, relation: PEER}]}) { round { id } `+userErrors+`} }`).text("openReviewRound.round.id")
		for class, grade := range map[string]string{"A": "EXCELLENT", "B": "INCOMPETENT", "C": "INCOMPETENT"} {
			for _, code := range o.codes(round, class, 5) {
				o.ok("", vote, "code", code, "marks", []any{o.mark("ann", grade)})
			}
		}
		o.later(40)
		if _, err := o.app.Reviews.Release(o.Context()); err != nil {
			o.Fatal(err)
		}
		results := o.ok("hr-north", appraised, "round", round)
		if score := results.get("appraisalResults.0.weighted.score").(float64); score < 89.999 || score > 90.001 { // 0.9 · 100
			o.Errorf("the weighted score is %v", score)
		}
	})
}
