package scoring_test

import (
	"math"
	"slices"
	"testing"

	"steelyard/scoring"
)

// TestCompositeRankAndGradeFollowFromTheComponents of a whole world, under policies that
// leave components out or count them otherwise; and a changed estimate is seen.
func TestCompositeRankAndGradeFollowFromTheComponents(t *testing.T) {
	ev := world(t, "plain", 60, 3).Evidence
	other := scoring.DefaultPolicy()
	other.Draws, other.MinimumGroup = 100, 5
	other.Satisfaction, other.PeerReview = scoring.ComponentRule{Weight: 0.55, MinimumN: 30}, scoring.ComponentRule{MinimumN: 3}
	usual := scoring.DefaultPolicy()
	usual.Draws = 100
	for _, policy := range []scoring.Policy{usual, other} {
		result := assess(t, ev, policy)
		estimates := make([]scoring.SheetLine, len(result.Assessments))
		for i := range result.Assessments {
			a := &result.Assessments[i]
			p := &ev.Postings[a.Posting]
			estimates[i] = scoring.SheetLine{
				Unit: p.Unit, Position: p.Position, PeerGroup: p.PeerGroup, Components: a.Components, Chance: a.Chance,
				Disconnected: slices.Contains(a.Flags, scoring.FlagDisconnected), Unsure: slices.Contains(a.Flags, scoring.FlagLowReliability),
			}
		}
		composites, grades := 0, map[scoring.Grade]int{}
		for i, f := range scoring.Recompute(estimates, result.Quotas, policy) {
			a := &result.Assessments[i]
			// The same products in the same order: no rounding differs.
			grades[f.Grade]++
			if f.Status != a.Status || f.Grade != a.Grade || f.Rank != a.Rank || !f.Bounded && f.Composite != a.Composite && !(math.IsNaN(f.Composite) && math.IsNaN(a.Composite)) {
				t.Errorf("posting %d: %+v, want %s %v rank %d", i, f, a.Status, a.Composite, a.Rank)
			}
			for k := range f.Weight {
				if f.Weight[k] != a.Components[k].Weight {
					t.Errorf("posting %d: weights %v", i, f.Weight)
				}
			}
			if f.Composite == f.Composite {
				composites++
			}
		}
		if composites < 50 || len(grades) < 2 {
			t.Errorf("only %d composites, grades %v", composites, grades)
		}
		estimates[0].Components[scoring.Outcomes].Value++
		if f := scoring.Recompute(estimates, result.Quotas, policy)[0]; f.Composite == result.Assessments[0].Composite {
			t.Error("another estimate gives the same composite")
		}
	}
}
