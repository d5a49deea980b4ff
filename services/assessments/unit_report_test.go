package assessments

import (
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestUnitReportCountsTheScopeAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o, c := staffed(t, s)
		o.Thresholds.Figures = 3
		r, err := o.UnitReport(t.Context(), o.hr("town"), c.ID, o.id("south"))
		if err != nil {
			t.Fatal(err)
		}
		if r.All.Officials != 5 || len(r.Groups) != 2 || len(r.Distribution) != 10 {
			t.Fatalf("%+v", r)
		}
		clerks, wardens := r.Groups[0], r.Groups[1]
		if clerks.Here.Officials != 1 || clerks.Here.Mean != nil {
			t.Errorf("one clerk alone has a mean: %+v", clerks.Here)
		}
		// (61.1 + 55 + 55) / 3; the fourth clerk has no composite.
		if clerks.Scope.Officials != 4 || clerks.Scope.Mean == nil || string(clerks.Scope.Mean.Append(nil)) != "57.03" {
			t.Errorf("all clerks: %+v", clerks.Scope)
		}
		// (70 + 70 + 30) / 3.
		if wardens.Here.Mean == nil || string(wardens.Here.Mean.Append(nil)) != "56.67" {
			t.Errorf("wardens: %+v", wardens.Here)
		}
		own, err := o.UnitReport(t.Context(), o.hr("north"), c.ID, o.id("north"))
		if err != nil || own.All.Officials != 3 || own.Groups[0].Scope.Officials != 3 {
			t.Errorf("the north sees %+v, %v", own, err)
		}
		if _, err := o.UnitReport(t.Context(), o.hr("north"), c.ID, o.id("south")); models.CodeOf(err) != models.CodeNotFound {
			t.Errorf("a neighbour is answered %v", err)
		}
	})
}

func TestNarrowerReportsHaveWhomTheyAreAbout(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		c := o.cycle("c", "town")
		for _, ref := range []string{"a", "b", "d", "e"} {
			o.official(ref, "clerk", [3]string{"south", "2020-01-01", ""})
		}
		o.finished(c, []scored{{"a", "south", "clerk", 90, -50}, {"b", "south", "clerk", 60, -49.9}, {"d", "south", "clerk", 20, 50}, {"e", "south", "clerk", 10, 80}})
		err := storetest.Owner(t, s).InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Exec("UPDATE assessments SET grade = 'BOUNDARY' WHERE official_id = ?", o.id("b")).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		for only, of := range map[Only]struct {
			order Order
			names []string
		}{
			OnlyUnsung: {models.OrderShowcaseGapAsc, []string{"a south"}}, OnlyShowy: {models.OrderShowcaseGapDesc, []string{"e south", "d south"}},
			OnlyBoundary: {models.OrderRank, []string{"b south"}},
		} {
			q := Query{CycleID: c.ID, Order: of.order, First: 10, Only: only}
			rows, more, err := o.Report(t.Context(), o.hr("south"), q)
			if err != nil || more {
				t.Fatal(more, err)
			}
			want(t, string(only), o.names(rows), of.names)
			if n, err := o.Count(t.Context(), o.hr("south"), q); err != nil || n != len(of.names) {
				t.Errorf("%s counts %d, %v", only, n, err)
			}
			if rows, _, err := o.Report(t.Context(), o.hr("north"), q); err != nil || len(rows) != 0 {
				t.Errorf("%s: a neighbour sees %d rows, %v", only, len(rows), err)
			}
		}
	})
}
