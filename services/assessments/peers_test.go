package assessments

import (
	"fmt"
	"math"
	"testing"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestAnOfficialStandsBesideThePeerGroup: the others' mean and spread where they are
// enough, and those among them whom the reader does not see, for those who see the
// assessment.
func TestAnOfficialStandsBesideThePeerGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		c := o.cycle("c", "town")
		var rows []scored
		for i, composite := range []models.Score{80, 70, 60, 50, 40, 30} {
			ref := fmt.Sprint("clerk", i)
			o.official(ref, "clerk", [3]string{[]string{"north", "south"}[i%2], "2020-01-01", ""})
			rows = append(rows, scored{ref, []string{"north", "south"}[i%2], "clerk", composite, 0})
		}
		for i := range 5 { // with five there are four others
			ref := fmt.Sprint("warden", i)
			o.official(ref, "warden", [3]string{"south", "2020-01-01", ""})
			rows = append(rows, scored{ref, "south", "warden", 50, 0})
		}
		for i := range 7 { // of whom the north sees two, and five are hidden from it
			ref, unit := fmt.Sprint("guard", i), "south"
			if i < 2 {
				unit = "north"
			}
			o.official(ref, "guard", [3]string{unit, "2020-01-01", ""})
			rows = append(rows, scored{ref, unit, "guard", models.Score(10 * (i + 1)), 0})
		}
		o.official("new", "clerk", [3]string{"north", "2020-01-01", ""})
		rows = append(rows, scored{"new", "north", "clerk", -1, 300})
		o.finished(c, rows)
		id := func(ref, unit string) models.ID { return o.ids["assessment c "+ref+" "+unit] }
		ids := []models.ID{id("clerk0", "north"), id("clerk1", "south"), id("warden0", "south"), id("new", "north"), id("guard0", "north")}
		// Three of the clerks are hidden from the north: with the two that it sees beside
		// the best, their mean would tell the three's.
		north, err := o.PeersByAssessments(t.Context(), o.hr("north"), ids)
		if err != nil || len(north) != 3 || north[ids[0]] != nil || north[ids[3]] != nil {
			t.Errorf("who has the north sees %+v, %v", north, err)
		}
		if f := north[ids[4]]; f == nil || f.Figures[0].Others != 6 || math.Abs(float64(f.Figures[0].Mean)-45) > 1e-9 {
			t.Errorf("beside the guard stand %+v", f)
		}
		found, err := o.PeersByAssessments(t.Context(), o.hr("town"), ids)
		if err != nil || len(found) != 5 || found[ids[2]] != nil {
			t.Errorf("who has the town sees %+v, %v", found, err)
		}
		best := found[ids[0]]
		if best == nil || best.Officials != 6 || len(best.Figures) != 1 {
			t.Fatalf("the best stands beside %+v", best)
		}
		// 70, 60, 50, 40, 30: the mean is 50, the variance (400+100+0+100+400)/5.
		if f := best.Figures[0]; f.Component != nil || f.Others != 5 || *f.Value != 80 || math.Abs(float64(f.Mean)-50) > 1e-9 || math.Abs(float64(f.Spread)-math.Sqrt(200)) > 1e-9 {
			t.Errorf("beside the best stand %+v", f)
		}
		// Who has no composite is set beside all six: their mean is 55.
		if f := found[ids[3]].Figures[0]; f.Value != nil || f.Others != 6 || math.Abs(float64(f.Mean)-55) > 1e-9 {
			t.Errorf("beside the new one stand %+v", f)
		}
		official := o.id("clerk0")
		self := auth.Actor{Subject: "clerk0", Role: models.RoleOfficial, OfficialID: &official}
		if sealed, err := o.PeersByAssessments(t.Context(), self, ids); err != nil || len(sealed) != 0 {
			t.Errorf("before the publication an official sees %v, %v", sealed, err)
		}
		c.State = models.CyclePublished
		o.setCycle(c)
		if own, err := o.PeersByAssessments(t.Context(), self, ids); err != nil || len(own) != 1 || own[ids[0]] == nil {
			t.Errorf("then an official sees %v, %v", own, err)
		}
	})
}
