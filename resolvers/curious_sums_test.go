package resolvers_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"steelyard/models"
	"steelyard/store"
)

// sums are figures that somebody has seen, each the sum of some unknown numbers, brought
// into a form in which it is easy to see what follows from them (Gaussian elimination).
type sums struct{ rows [][]float64 }

// learn adds a figure, and says whether it tells anything new.
func (s *sums) learn(coefficients []float64) {
	if rest, lead := s.reduced(coefficients); lead >= 0 {
		for i := range rest {
			if i != lead {
				rest[i] /= rest[lead]
			}
		}
		rest[lead] = 1
		s.rows = append(s.rows, rest)
	}
}

// follows says whether a sum can be computed from those that were seen.
func (s *sums) follows(coefficients []float64) bool {
	_, lead := s.reduced(coefficients)
	return lead < 0
}

// reduced is what is left of a sum, and its first unknown; -1: nothing is left.
func (s *sums) reduced(coefficients []float64) ([]float64, int) {
	const small = 1e-9 // the coefficients are whole, and few
	rest := append([]float64(nil), coefficients...)
	for _, row := range s.rows {
		lead := leadOf(row, small)
		if factor := rest[lead]; factor != 0 {
			for i := range rest {
				rest[i] -= float64(factor * row[i])
			}
		}
	}
	return rest, leadOf(rest, small)
}

func leadOf(row []float64, small float64) int {
	for i, v := range row {
		if v > small || v < -small {
			return i
		}
	}
	return -1
}

// TestSumsAreSolved: what the solver says of a small table that can be done by hand.
func TestSumsAreSolved(t *testing.T) {
	var s sums
	for _, seen := range [][]float64{{1, 1, 1, 0}, {0, 1, 1, 1}, {1, 0, 0, 1}} {
		s.learn(seen)
	}
	for _, c := range []struct {
		sum     []float64
		follows bool
	}{{[]float64{1, 0, 0, 0}, true}, {[]float64{0, 0, 0, 1}, true}, {[]float64{0, 1, 1, 0}, true}, {[]float64{0, 1, 0, 0}, false}} {
		if got := s.follows(c.sum); got != c.follows {
			t.Errorf("%v follows: %v", c.sum, got)
		}
	}
}

// worldQuarters are the quarters of a small world of owed replies, worldUnits its units, each
// with the units whose own replies it counts.
const worldQuarters = 9

var (
	worldUnits = map[string][]string{
		"root": {"root", "north", "north-desk", "south"}, "north": {"north", "north-desk"}, "north-desk": {"north-desk"}, "south": {"south"},
	}
	worldOwn = []string{"root", "north", "north-desk", "south"}
)

// atom is the place of a unit's own number of a quarter among the unknown ones.
func atom(unit string, quarter int) int {
	for i, u := range worldOwn {
		if u == unit {
			return i*worldQuarters + quarter
		}
	}
	return -1
}

// span is the sum of the replies of some units' own over quarters, the last excluded.
func span(units []string, from, to int) []float64 {
	sum := make([]float64, len(worldOwn)*worldQuarters)
	for _, u := range units {
		for q := from; q < to; q++ {
			sum[atom(u, q)] = 1
		}
	}
	return sum
}

// TestOwedRepliesOfAllUnitsAndReleasesTellOfNoFew asks in every quarter how every unit
// replies, solves what was shown for what was not, and looks whether any of it, of any
// units and any quarters, is of fewer than five persons.
func TestOwedRepliesOfAllUnitsAndReleasesTellOfNoFew(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	random := rand.New(rand.NewPCG(7, 8))
	for world, usual := range [][]int{
		// What a unit owes in each quarter: of root, north, north-desk and south themselves. Of the first, north is
		// hidden for the sake of what root owes itself, and north-desk must be with it.
		{1, 0, 7, 9}, {1, 6, 7, 9}, {0, 1, 7, 9}, {6, 0, 5, 1}, {0, 0, 5, 5}, {1, 1, 5, 6},
	} {
		o.change("DELETE FROM reply_duties")
		owed := make([]int, len(worldOwn)*worldQuarters)
		for i := range owed {
			owed[i] = usual[i/worldQuarters]
		}
		if world > 2 { // and once another number
			owed[random.IntN(len(owed))] = 0
		}
		for i, n := range owed {
			o.owes(worldOwn[i/worldQuarters], i%worldQuarters, n)
		}
		var seen sums
		shown := 0
		for release := 4; release <= worldQuarters; release++ {
			o.at(models.NewDate(2022, 1, 1).Start(zone).AddDate(0, 3*release, 1).Format("2006-01-02T15:04:05Z07:00"))
			for unit, counts := range worldUnits {
				if o.ok("", `query($u: ID!) { unitTransparency(unitId: $u) { repliesOwed } }`, "u", o.ids[unit]).get("unitTransparency.repliesOwed") != nil {
					seen.learn(span(counts, release-4, release))
					shown++
				}
			}
		}
		o.wantNoneOfFew(fmt.Sprint("world ", world), &seen, owed)
		if shown == 0 {
			t.Errorf("world %d: nothing is shown at all", world)
		}
	}
}

// owes writes ratings of a quarter that a unit owes a reply on.
func (o *office) owes(unit string, quarter, n int) {
	o.Helper()
	due := models.DateOf(models.NewDate(2022, 1, 15).Start(zone).AddDate(0, 3*quarter, 0), zone)
	var rows []any
	for range n {
		r := &models.Rating{
			ID: models.NewRandomID(), OfficialID: o.id("ann"), ServiceID: o.id("passport"), Channel: models.ChannelWindow, Level: 1, RatedOn: due, KeyYear: due.Year(),
			Source: models.RatingSourceEncounter, Invited: models.AnswerYes, Released: true, Dimensions: []models.DimensionLevel{}, Tags: []string{},
		}
		rows = append(rows, r, &models.ReplyDuty{RatingID: r.ID, UnitID: o.id(unit), ReleasedOn: due, ReplyDueOn: due, MendDueOn: due})
	}
	o.write(rows...)
}

// wantNoneOfFew tries every set of units over every run of quarters.
func (o *office) wantNoneOfFew(world string, seen *sums, owed []int) {
	o.Helper()
	for set := 1; set < 1<<len(worldOwn); set++ {
		var units []string
		for i, u := range worldOwn {
			if set&(1<<i) != 0 {
				units = append(units, u)
			}
		}
		for from := range worldQuarters {
			for to := from + 1; to <= worldQuarters; to++ {
				sum, persons := span(units, from, to), 0
				for i, c := range sum {
					persons += int(c) * owed[i]
				}
				if persons > 0 && persons < 5 && seen.follows(sum) {
					o.Errorf("%s: that %v owed %d replies in quarters %d to %d follows from what is shown", world, units, persons, from, to-1)
				}
			}
		}
	}
}
