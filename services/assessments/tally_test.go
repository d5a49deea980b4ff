package assessments

import (
	"fmt"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// published makes a run of a unit's cycle over march; between hears of it before it is published.
func (o *office) published(name, unit string, between func()) *models.Cycle {
	o.t.Helper()
	c := o.cycle(name, unit)
	o.request(o.hr("town"), c.ID)
	o.runNext(true)
	between()
	err := o.Store.InTx(o.t.Context(), func(tx *store.Tx) error {
		return tx.Model(&models.Cycle{}).Where("id = ?", c.ID).UpdateColumn("state", models.CyclePublished).Error
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.Store.Read(o.t.Context()).Take(c, "id = ?", c.ID).Error; err != nil {
		o.t.Fatal(err)
	}
	return c
}

// tallies expects to count so many runs.
func (o *office) tallies(want int) {
	o.t.Helper()
	if n, err := o.Tally(o.t.Context()); err != nil || n != want {
		o.t.Fatalf("%d runs are counted, want %d: %v", n, want, err)
	}
}

// ratingOf is a rating of an official's.
func (o *office) ratingOf(official string) *models.Rating {
	o.t.Helper()
	var r models.Rating
	if err := o.Store.Read(o.t.Context()).Order("rated_on").Take(&r, "official_id = ?", o.id(official)).Error; err != nil {
		o.t.Fatal(err)
	}
	return &r
}

// countedIn is in how many published results a rating is proved to count.
func (o *office) countedIn(r *models.Rating) int {
	o.t.Helper()
	list, err := o.CountedIn(o.t.Context(), r)
	if err != nil {
		o.t.Fatal(err)
	}
	return len(list)
}

// rated are two officials with a rating a day each.
func (o *office) rated() {
	o.t.Helper()
	for ref, unit := range map[string]string{"A": "north", "B": "south"} {
		o.official(ref, "clerk", [3]string{unit, "2020-01-01", ""})
		for _, on := range []string{"2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07", "2025-03-10"} {
			o.rating(ref, "easy", on, 4, "")
		}
	}
}

// TestOnlyWhatTheRunCountedIsTallied: a rating of the period that was imported after the
// run is none that the published results rest on, and there is no tree that holds it.
func TestOnlyWhatTheRunCountedIsTallied(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.rated()
		changed := o.published("north", "north", func() { o.rating("A", "easy", "2025-03-31", 1, "") })
		same := o.published("south", "south", func() {})
		o.tallies(1)
		if got, err := o.TallyOf(t.Context(), changed.ID); err != nil || got != nil {
			t.Errorf("a run over other evidence than there is has the tally %+v, %v", got, err)
		}
		if got, err := o.TallyOf(t.Context(), same.ID); err != nil || got == nil || got.Ratings != 6 || len(got.Root) != 32 {
			t.Errorf("the tally is %+v, %v", got, err)
		}
		want(t, "results in which A's rating is proved to count", o.countedIn(o.ratingOf("A")), 0)
		want(t, "results in which B's rating is proved to count", o.countedIn(o.ratingOf("B")), 1)
		o.tallies(0) // it is noted once, not found out again and again
		for action, run := range map[string]*models.ID{"leaveUncounted": changed.RunID, "tally": same.RunID} {
			want(t, action, o.count(&models.AuditEntry{}, "action = ?", action), 1)
			want(t, action+" of its run", o.count(&models.AuditEntry{}, "action = ? AND noun_id = ?", action, *run), 1)
		}
	})
}

// TestAProofAsksForAllResultsAtOnce: anybody with a receipt may ask, however many results
// hold the day of its rating; those without the official's are not looked at.
func TestAProofAsksForAllResultsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.rated()
		nothing := func() {}
		o.published("north", "north", nothing)
		o.tallies(1)
		var sent, rows atomic.Int64
		err := s.Read(t.Context()).Callback().Query().After("gorm:query").Register("count", func(db *gorm.DB) {
			sent.Add(1)
			rows.Add(db.RowsAffected)
		})
		if err != nil {
			t.Fatal(err)
		}
		a, b := o.ratingOf("A"), o.ratingOf("B")
		proves := func(r *models.Rating, in int) [2]int64 {
			t.Helper()
			sent.Store(0)
			rows.Store(0)
			want(t, "results that it counts in", o.countedIn(r), in)
			return [2]int64{sent.Load(), rows.Load()}
		}
		alone := proves(a, 1)
		none := proves(b, 0)
		for i := range 3 {
			o.published(fmt.Sprint("town ", i), "town", nothing)
		}
		o.tallies(3)
		if four := proves(a, 4); four[0] != alone[0] {
			t.Errorf("%d statements for four results, %d for one", four[0], alone[0])
		}
		o.published("north once more", "north", nothing)
		o.tallies(1)
		three := proves(b, 3)
		want(t, "rows read for three of five results", three[1], none[1]+3*(alone[1]-none[1]))
		if three[0] != alone[0] {
			t.Errorf("%d statements for three results, %d for one", three[0], alone[0])
		}
	})
}
