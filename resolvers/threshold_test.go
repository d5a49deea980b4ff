package resolvers_test

import (
	"fmt"
	"testing"

	"steelyard/privacy"
	"steelyard/store"
)

// TestAPolicyRaisesTheThresholds of its cycles' figures and comments, and lowers none.
func TestAPolicyRaisesTheThresholds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	round := o.appraisal()
	save := `mutation($figures: Int, $comments: Int) { savePolicy(input: {cycleId: {cycle}, policy: {name: "careful", figuresFrom: $figures, commentsFrom: $comments}}) { policy { document } ` + userErrors + `} }`
	for field, wrong := range map[string][2]any{"policy.figuresFrom": {2, nil}, "policy.commentsFrom": {nil, 2}} {
		o.refuses("hr-north", "INVALID", field, save, "figures", wrong[0], "comments", wrong[1])
	}
	for i, code := range o.codes(round, "A", 11) {
		o.ok("", vote, "code", code, "marks", []any{o.mark("ann", "COMPETENT")}, "comment", fmt.Sprint("words ", i))
	}
	o.ok("hr-north", turnoutOf, "id", round).wants("reviewRound.turnout.0.voted", 10) // in steps of five
	o.later(40)
	if _, err := o.app.Reviews.Release(o.Context()); err != nil {
		t.Fatal(err)
	}
	seen := func(figures, comments any, classes, words int) {
		o.Helper()
		o.ok("hr-north", save, "figures", figures, "comments", comments)
		if n := len(o.ok("hr-north", appraised, "round", round).list("appraisalResults.0.classes")); n != classes {
			o.Errorf("from %v on %d classes are shown, want %d", figures, n, classes)
		}
		if n := len(o.ok("hr-north", commentsOf, "id", round).list("appraisalComments.nodes")); n != words {
			o.Errorf("from %v on %d comments are shown, want %d", comments, n, words)
		}
	}
	seen(nil, nil, 1, 7)
	seen(3, 3, 1, 7) // lower than the server's is as the server has it
	seen(11, nil, 1, 7)
	seen(11, 12, 1, 0)
	seen(12, nil, 0, 0)

	// A unit's means are over officials.
	o.crowd("north", 5)
	o.appraise(result{"ann", 60, ""}, result{"bob", 50, ""}, result{"c0", 40, ""}, result{"c1", 45, ""}, result{"c2", 55, ""})
	mean := func() any {
		return o.ok("hr-north", `{ unitReport(cycleId: {cycle}, unitId: {north}) { all { mean } } }`).get("unitReport.all.mean")
	}
	if mean() != nil {
		t.Error("five officials have a mean where the policy wants twelve")
	}
	o.change("UPDATE cycles SET policy_id = NULL")
	if mean() != 50.0 {
		t.Errorf("five officials have a mean of %v", mean())
	}
	for document, want := range map[string]privacy.Thresholds{
		"": {Figures: 5, Comments: 10}, `{"figuresFrom": 3, "commentsFrom": 4}`: {Figures: 5, Comments: 10},
		`{"figuresFrom": 12}`: {Figures: 12, Comments: 12}, `{"commentsFrom": 20}`: {Figures: 5, Comments: 20},
	} {
		if got, err := privacy.Default().RaisedBy(document); got != want || err != nil {
			t.Errorf("%s raises the thresholds to %v: %v", document, got, err)
		}
	}
}
