package resolvers_test

import (
	"fmt"
	"testing"
)

// TestWhoHasHandedInIsNotFoundByAmending plays the HR officer who takes an assignment away
// that makes the fifth answer, and gives it again after the year's end.
func TestWhoHasHandedInIsNotFoundByAmending(t *testing.T) {
	each(t, func(o *office) {
		o.at("2025-12-20T10:00:00+08:00")
		refs := o.crew("north", 6)
		cycle := o.ok("hr-north", `mutation { openCycle(input: {unitId: {north}, kind: SPECIAL, name: "winter", fromOn: "2025-07-01", toOn: "2026-06-30"}) { cycle { id } `+userErrors+`} }`).
			text("openCycle.cycle.id")
		round := o.ok("hr-north", `mutation($c: ID!) { openReviewRound(input: {cycleId: $c, name: "winter", opensOn: "2025-12-21", closesOn: "2026-01-20"}) {
			round { id } `+userErrors+`} }`, "c", cycle).text("openReviewRound.round.id")
		give := func(ref string) string {
			return o.ok("hr-north", amend, "round", round, "why", "they share a desk", "add", map[string]any{"officialId": o.ids["ann"], "reviewerId": o.ids[ref], "relation": "PEER"}).
				text("amendReviewAssignment.added.id")
		}
		take := func(id string) { o.ok("hr-north", amend, "round", round, "why", "they have fallen out", "remove", id) }
		take(give(refs[0])) // before the round begins it tells nothing
		ids := map[string]string{}
		for _, ref := range refs {
			o.grantOfficial(ref)
			ids[ref] = give(ref)
		}
		o.at("2025-12-30T10:00:00+08:00")
		hand := func(ref string) []any {
			return []any{"id", ids[ref], "contact", nil, "answers", []any{}, "scores", []map[string]any{{"dimension": "ABILITY", "score": 4}}}
		}
		for _, ref := range refs[:5] {
			o.ok(ref, submitReview, hand(ref)...)
		}
		answered := func() string {
			return fmt.Sprint(o.ok("hr-north", `query($id: ID!) { reviewRound(id: $id) { progress { answered } } }`, "id", round).get("reviewRound.progress.0.answered"))
		}
		if got := answered(); got != "5" {
			o.Errorf("%s have handed in", got)
		}
		take(ids[refs[0]])
		if got := answered(); got != "<nil>" {
			o.Errorf("once the fifth is taken away, %s have handed in", got)
		}
		o.at("2026-01-05T10:00:00+08:00")
		ids[refs[0]] = give(refs[0])
		o.refuses(refs[0], "CONFLICT", "assignmentId", submitReview, hand(refs[0])...)
		o.ok(refs[5], submitReview, hand(refs[5])...)
		if n := o.count("peer_reviews"); n != 6 {
			o.Errorf("%d reviews by six persons", n)
		}
		o.later(20)
		if got := answered(); got != "<nil>" {
			o.Errorf("after the round %s have handed in", got)
		}
	})
}
