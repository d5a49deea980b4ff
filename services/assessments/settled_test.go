package assessments

import (
	"fmt"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestARatingGivesWayToTheNextOnlyWhereThatCounts: of a period that goes on, the rating
// that was given again after a mending counts until the newer one does. Were it left out
// as soon as the newer one is released, two runs would differ by that rating alone.
func TestARatingGivesWayToTheNextOnlyWhereThatCounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
		unit := o.id("north")
		given := map[int]models.ID{} // by day of March
		rate := func(days ...int) {
			for _, d := range days {
				given[d] = models.NewRandomID()
				o.add(&models.Rating{
					ID: given[d], OfficialID: o.id("A"), ServiceID: o.id("easy"), Channel: models.ChannelWindow, Level: 1 + d%5,
					RatedOn: models.NewDate(2025, 3, d), KeyYear: 2025, Source: models.RatingSourceEncounter, Invited: models.AnswerYes,
					Dimensions: []models.DimensionLevel{}, Tags: []string{}, Released: true,
				})
			}
		}
		counted := func(before int) []string {
			t.Helper()
			first := models.NewDate(2025, 3, before)
			got, err := o.read(t.Context(), scope{unit: &unit, period: march, before: &first}, func(string, int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			return dates(got.ev.Ratings.Day)
		}
		listed := func(days ...int) (out []string) {
			for _, d := range days {
				out = append(out, fmt.Sprintf("2025-03-%02d", d))
			}
			return out
		}

		rate(1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
		two := listed(1, 2, 3, 4, 5, 8, 9, 10, 11, 12)
		want(t, "before the newer one", counted(20), two)
		rate(20)
		newer := given[20]
		o.add(&models.ReplyDuty{
			RatingID: given[8], UnitID: unit, ReleasedOn: day("2025-03-09"), ReplyDueOn: day("2025-03-12"), MendDueOn: day("2025-03-19"), AgainID: &newer,
		})
		want(t, "while the newer one is held back", counted(21), two)
		rate(21, 22, 23, 24, 25, 26, 27, 28, 29)
		want(t, "once the newer one counts", counted(30), listed(1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24))

		// Whoever imports has the file: what was imported counts at once, and stands in at once.
		err := s.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Exec("UPDATE ratings SET import_key = ? WHERE id = ?", models.Hash("a line of a file"), newer).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "an imported newer one", counted(21), listed(1, 2, 3, 4, 5, 9, 10, 11, 12, 20))
	})
}
