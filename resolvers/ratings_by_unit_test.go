package resolvers_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/store"
)

const ratingsByUnit = `query($unit: ID!, $from: Date! = "2025-01-01", $to: Date! = "2025-12-31") {
	ratingsByUnit(unitId: $unit, fromOn: $from, toOn: $to) { fromOn toOn units { unit { ref } ratings mean levels } } }`

// unitFigures are the rows in their order: ref ratings mean levels.
func (a *answer) unitFigures() []string {
	a.o.Helper()
	rows := []string{}
	for _, n := range a.list("ratingsByUnit.units") {
		row := n.(map[string]any)
		rows = append(rows, fmt.Sprint(row["unit"].(map[string]any)["ref"], " ", row["ratings"], " ", row["mean"], " ", row["levels"]))
	}
	return rows
}

// TestRatingsAreCountedByUnit: what was released of months that have ended, exactly, within
// the scope of who asks.
func TestRatingsAreCountedByUnit(t *testing.T) {
	each(t, func(o *office) {
		o.rate("ann", 6)
		o.release(6)
		o.rate("bob", 4) // too few to be shown: of no figure
		o.rate("cat", 5)
		o.release(9)
		_, token := o.invite("ann", "passport", "")
		receipt := o.ok("", submit, "token", token, "level", 3).text("submitRating.receipt")
		o.rate("cat", 5)
		o.release(6) // added to days that are there
		o.wantMonthsKept(21)
		o.ok("", undo, "r", receipt).wants("undoRating.undone", true)
		o.wantMonthsKept(20)

		want := func(subject, unit string, want ...string) {
			o.Helper()
			if got := o.ok(subject, ratingsByUnit, "unit", o.ids[unit]).unitFigures(); !slices.Equal(got, want) {
				o.Errorf("%s sees of %s %q, want %q", subject, unit, got, want)
			}
		}
		want("hr-root", "root")
		o.at("2025-04-01T09:00:00+08:00")
		want("hr-root", "root") // the last of the month's answers may still wait
		o.at("2025-04-02T09:00:00+08:00")
		want("hr-root", "root", "root 16 2.875 [4 3 3 3 3]", "north 6 2.6666666666666665 [2 1 1 1 1]", "south 10 3 [2 2 2 2 2]")
		want("auditor", "north", "north 6 2.6666666666666665 [2 1 1 1 1]", "north-desk 6 2.6666666666666665 [2 1 1 1 1]")
		want("hr-south", "south", "south 10 3 [2 2 2 2 2]")
		for _, outside := range []string{"north", "root"} {
			o.refuses("hr-south", "NOT_FOUND", "", ratingsByUnit, "unit", o.ids[outside])
		}
		o.ok("hr-root", ratingsByUnit, "unit", o.ids["root"]).wants("ratingsByUnit.toOn", "2025-03-31")
		if part := o.ok("hr-root", ratingsByUnit, "unit", o.ids["root"], "from", "2025-03-02").unitFigures(); len(part) > 0 {
			o.Errorf("of a part of the month: %q", part)
		}
		o.refuses("hr-root", "INVALID", "toOn", ratingsByUnit, "unit", o.ids["root"], "from", "2025-01-02", "to", "2025-01-01")
		o.refuses("hr-root", "INVALID", "toOn", ratingsByUnit, "unit", o.ids["root"], "from", "2024-01-02", "to", "2025-12-31")
	})
}

// wantMonthsKept holds the months to the days, and both to what was released.
func (o *office) wantMonthsKept(want int) {
	o.Helper()
	sum := func(statement string) (rows []models.RatingMonth) {
		o.Helper()
		if err := o.store.Read(o.Context()).Raw(statement).Scan(&rows).Error; err != nil {
			o.Fatal(err)
		}
		return rows
	}
	kept := sum("SELECT * FROM rating_months ORDER BY official_id, month")
	days := sum(`SELECT official_id, MIN(rated_on) AS month, SUM(level1) AS level1, SUM(level2) AS level2, SUM(level3) AS level3, SUM(level4) AS level4, SUM(level5) AS level5
		FROM rating_totals GROUP BY official_id ORDER BY official_id`)
	n := 0
	for i := range days {
		days[i].Month = models.NewDate(2025, time.March, 1)
		n += int(days[i].Level1 + days[i].Level2 + days[i].Level3 + days[i].Level4 + days[i].Level5)
	}
	if !slices.Equal(kept, days) || n != want {
		o.Errorf("kept by months %v, by days %v, want %d", kept, days, want)
	}
}

// TestRatingsByUnitTellOfNoFewAnswers asks for periods around the ends of months, of all units,
// on days on which a month comes to count: what one figure has more than another never is few.
func TestRatingsByUnitTellOfNoFewAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	for month, n := range []int{6, 3, 11, 4, 5} {
		for i, official := range []string{"ann", "bob", "cat"} {
			for day := range 2 { // a month's answers are parted over two days
				o.write(&models.RatingTotal{
					OfficialID: o.id(official), RatedOn: models.NewDate(2025, time.Month(month+1), 28-day), Level4: int64((n + i + day) / 2),
				})
			}
		}
	}
	units := []string{"root", "north", "north-desk", "south"}
	days := []string{"2025-01-01", "2025-01-02", "2025-02-01", "2025-02-27", "2025-02-28", "2025-03-01", "2025-04-30", "2025-05-31"}
	told := 0
	few := func(what string, n int) {
		t.Helper()
		if n > 0 {
			told++
		}
		if n < 0 || n > 0 && n < 5 {
			t.Errorf("%s: %d answers follow", what, n)
		}
	}
	var before map[[3]string]int
	for _, at := range []string{"2025-03-01T09:00:00+08:00", "2025-03-02T09:00:00+08:00", "2025-07-01T09:00:00+08:00"} {
		o.at(at)
		shown := map[[3]string]int{}
		for _, unit := range units {
			for i, from := range days {
				for _, to := range days[i:] {
					for _, row := range o.ok("hr-root", ratingsByUnit, "from", from, "to", to, "unit", o.ids[unit]).list("ratingsByUnit.units") {
						shown[[3]string{row.(map[string]any)["unit"].(map[string]any)["ref"].(string), from, to}] = int(row.(map[string]any)["ratings"].(float64))
					}
				}
			}
		}
		for i, from := range days {
			for j := i; j < len(days); j++ {
				of := func(unit string) int { return shown[[3]string{unit, from, days[j]}] }
				period := at[:10] + " " + from + " to " + days[j]
				few(period+" above", of("root")-of("north")-of("south"))
				few(period+" of the desk's neighbour", of("north")-of("north-desk"))
				for _, unit := range units {
					few(period+" "+unit, of(unit))
					few(period+" "+unit+" since then", of(unit)-before[[3]string{unit, from, days[j]}])
					if j > i {
						few(period+" "+unit+" to a day earlier", of(unit)-shown[[3]string{unit, from, days[j-1]}])
						few(period+" "+unit+" from a day later", of(unit)-shown[[3]string{unit, days[i+1], days[j]}])
					}
				}
			}
		}
		before = shown
	}
	if told < 100 {
		t.Errorf("only %d figures told anything", told)
	}
}
