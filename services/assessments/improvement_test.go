package assessments

import (
	"math"
	"testing"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// improving is [staffed] with a cycle before: s1 fell by 10, s2 rose by 20, n1a by 1.1 and
// n1b cannot be compared, for want of a composite; mover had a post in the north alone.
func improving(t *testing.T, s *store.Store) (*office, *models.Cycle) {
	o, c := staffed(t, s)
	before := func(name, unit string, days int, rows ...scored) {
		earlier := o.cycle(name, unit)
		earlier.FromOn, earlier.ToOn = march.From.AddDays(-days), march.From.AddDays(-days+20)
		if err := o.Store.InTx(t.Context(), func(tx *store.Tx) error { return tx.Select("from_on", "to_on").UpdateColumns(earlier).Error }); err != nil {
			t.Fatal(err)
		}
		o.finished(earlier, rows)
	}
	before("long ago", "town", 90, scored{"s1", "south", "warden", 1, 0}, scored{"n1a", "north-1", "clerk", 1, 0})
	before("before", "town", 30,
		scored{"s1", "south", "warden", 80.00000000000001, 0}, scored{"s2", "south", "warden", 50, 0}, scored{"s3", "south", "clerk", 10, 0},
		scored{"n1a", "north-1", "clerk", 60, 0}, scored{"n1b", "north-1", "clerk", -1, 0}, scored{"mover", "north-1", "clerk", 40, 0})
	before("of the south", "south", 25, scored{"s2", "south", "warden", 1, 0})
	return o, c
}

func TestWhoImprovedMostComesFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := improving(t, s)
		for _, test := range []struct {
			name  string
			actor auth.Actor
			want  []string
		}{
			{"all", o.hr("town"), []string{
				"s2 south", "mover south", "n1a north-1", "s1 south", "n1b north-1", "mover north-1", "s3 south", "s4 south",
			}},
			// What mover did in the north is not the south's to see.
			{"the south", o.hr("south"), []string{"s2 south", "s1 south", "mover south", "s3 south", "s4 south"}},
		} {
			for first := 1; first <= len(test.want); first++ {
				var got []string
				q := Query{CycleID: c.ID, Order: models.OrderImprovementDesc, First: first}
				for more := true; more; {
					rows, next, err := o.Report(t.Context(), test.actor, q)
					if err != nil {
						t.Fatal(err)
					}
					got, more = append(got, o.names(rows)...), next
					q.After = Place(q.Order, rows[len(rows)-1])
				}
				want(t, test.name, got, test.want)
			}
		}
	})
}

func TestAChangeIsSeenByWhoSeesBothSides(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, _ := improving(t, s)
		id := func(row string) models.ID { return o.id("assessment c " + row) }
		all := []models.ID{id("s1 south"), id("s2 south"), id("s3 south"), id("mover south"), id("n1b north-1")}
		official := auth.Actor{Subject: "s2", Role: models.RoleOfficial, UnitID: o.maybe("south"), OfficialID: o.maybe("s2")}
		changes := func(actor auth.Actor) map[string]models.Score {
			found, err := o.ChangesByAssessments(t.Context(), actor, all)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]models.Score{}
			for row, change := range found {
				for name, at := range o.ids {
					if at == row {
						out[name] = change.Composite
					}
				}
			}
			return out
		}
		want(t, "all", changes(o.hr("town")), map[string]models.Score{"assessment c s1 south": -10, "assessment c s2 south": 20, "assessment c mover south": 15})
		want(t, "the south", changes(o.hr("south")), map[string]models.Score{"assessment c s1 south": -10, "assessment c s2 south": 20})
		want(t, "the north", changes(o.hr("north")), map[string]models.Score{})
		want(t, "before it is published", changes(official), map[string]models.Score{})
		if err := o.Store.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Model(&models.Cycle{}).Where("unit_id = ?", o.id("town")).UpdateColumn("state", models.CyclePublished).Error
		}); err != nil {
			t.Fatal(err)
		}
		want(t, "an official", changes(official), map[string]models.Score{"assessment c s2 south": 20})
	})
}

// TestARemedyCountsInTheCycleBefore: an objection that succeeded there changes what the
// next cycle is held against, in the figure and in the order.
func TestARemedyCountsInTheCycleBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := improving(t, s)
		var was models.Assessment
		if err := s.Read(t.Context()).Take(&was, "id = ?", o.id("assessment before s1 south")).Error; err != nil {
			t.Fatal(err)
		}
		var of models.AssessmentRun
		if err := s.Read(t.Context()).Take(&of, "id = ?", was.RunID).Error; err != nil {
			t.Fatal(err)
		}
		remedy := models.AssessmentRun{ID: models.NewID(), CycleID: of.CycleID, State: models.RunDone, RequestedBy: "hr", RequestedAt: s.Now()}
		better, composite := was, models.Score(52)
		better.ID, better.RunID, better.Composite = models.NewID(), remedy.ID, &composite
		result := models.CycleResult{
			CycleID: of.CycleID, PostingID: was.PostingID, Version: 1, OfficialID: was.OfficialID, AssessmentID: better.ID, SettledAt: s.Now(),
		}
		o.add(&remedy, &better, &result)
		now := o.id("assessment c s1 south")
		found, err := o.ChangesByAssessments(t.Context(), o.hr("town"), []models.ID{now})
		if err != nil || found[now] == nil || math.Abs(float64(found[now].Composite)-18) > 1e-9 {
			t.Errorf("the change is %+v, %v, want 18", found[now], err)
		}
		rows, _, err := o.Report(t.Context(), o.hr("town"), Query{CycleID: c.ID, Order: models.OrderImprovementDesc, First: 2})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "who improved most", o.names(rows), []string{"s2 south", "s1 south"})
	})
}

func TestAReportIsSearched(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := improving(t, s)
		for text, found := range map[string][]string{
			"N1":  {"n1a north-1", "n1b north-1"},
			"ver": {"mover south", "mover north-1"},
			"%":   {}, "_": {}, "!": {}, `s1' OR '1'='1`: {},
		} {
			for _, order := range []Order{models.OrderRank, models.OrderImprovementDesc} {
				q := Query{CycleID: c.ID, Order: order, First: 20, Search: text}
				rows, _, err := o.Report(t.Context(), o.hr("town"), q)
				if err != nil {
					t.Fatal(err)
				}
				n, err := o.Count(t.Context(), o.hr("town"), q)
				if err != nil || n != len(found) || len(rows) != n {
					t.Errorf("%q by %s: %v and %d, %v", text, order, o.names(rows), n, err)
				}
			}
		}
	})
}
