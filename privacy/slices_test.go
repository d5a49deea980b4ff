package privacy_test

import (
	"math/rand/v2"
	"testing"

	"steelyard/models"
	"steelyard/privacy"
)

// TestNoTwoShowingsDifferByFew plays whoever has everything that was ever shown of an
// official: a running assessment of each day of the year, and those of the quarters and of
// the year once they are over. No two of them differ by fewer answers than the threshold,
// unless one of them is over fewer itself.
func TestNoTwoShowingsDifferByFew(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	first := models.NewDate(2025, 1, 1)
	for range 60 {
		var days []privacy.DayCount
		often := random.IntN(40) + 1
		for d := first; d.Year() == 2025; d = d.AddDays(1) {
			if n := random.IntN(often + 3); n < 4 && n > 0 {
				days = append(days, privacy.DayCount{Day: d, N: n})
			}
		}
		upTo := func(last models.Date) (n int) {
			for _, d := range days {
				if !d.Day.After(last) {
					n += d.N
				}
			}
			return n
		}
		shown := map[int]bool{0: true, upTo(models.NewDate(2025, 12, 31)): true}
		quarters := []models.Date{models.NewDate(2025, 3, 31), models.NewDate(2025, 6, 30), models.NewDate(2025, 9, 30)}
		whole := true
		for i, q := range quarters {
			before := 0
			if i > 0 {
				before = upTo(quarters[i-1])
			}
			// Of quarters with fewer answers than make a figure nothing is shown by themselves.
			rest := upTo(models.NewDate(2025, 12, 31)) - upTo(q)
			if whole = whole && upTo(q)-before >= 5; whole && (rest == 0 || rest >= 5) {
				shown[upTo(q)] = true
			}
		}
		wantShownByMany(t, days, upTo)
		var last models.Date
		for before := first; before.Year() == 2025; before = before.AddDays(1) {
			ends, err := privacy.Slices(days, before, 5)
			if err != nil {
				t.Fatal(err)
			}
			settled := privacy.Settled(ends)
			if settled.Before(last) {
				t.Fatalf("what was counted up to %s is counted up to %s only, on %s", last, settled, before)
			}
			last = settled
			if !settled.IsZero() && !settled.Before(before) {
				t.Fatalf("on %s answers are counted up to %s", before, settled)
			}
			if !settled.IsZero() {
				shown[upTo(settled)] = true
			}
		}
		for a := range shown {
			for b := range shown {
				if d := a - b; d > 0 && d < 5 && a >= 5 {
					t.Errorf("%d answers and %d of them are shown: %v", a, b, days)
				}
			}
		}
	}
}

// wantShownByMany looks at a list of single answers on every day of a year and after it: each
// look shows as many more as make a figure, or none.
func wantShownByMany(t *testing.T, days []privacy.DayCount, upTo func(models.Date) int) {
	t.Helper()
	seen := 0
	for before := models.NewDate(2025, 1, 1); before.Before(models.NewDate(2026, 1, 9)); before = before.AddDays(1) {
		last, err := privacy.ShownUpTo(days, before, 5)
		if err != nil {
			t.Fatal(err)
		}
		now := 0
		if !last.IsZero() {
			now = upTo(last)
		}
		if more := now - seen; more < 0 || more > 0 && more < 5 || !last.IsZero() && !last.Before(before) {
			t.Fatalf("on %s %d answers are shown, %d before: %v", before, now, seen, days)
		}
		seen = now
	}
	if all := upTo(models.NewDate(2025, 12, 31)); all-seen >= 5 {
		t.Errorf("%d answers of %d are never shown: %v", all-seen, all, days)
	}
}

func TestSlicesRefuseWhatIsNoSeries(t *testing.T) {
	day := models.NewDate(2025, 1, 1)
	for name, days := range map[string][]privacy.DayCount{
		"backwards": {{day, 1}, {day.AddDays(-1), 1}}, "twice": {{day, 1}, {day, 1}}, "less than none": {{day, -1}},
	} {
		if _, err := privacy.Slices(days, day.AddDays(9), 5); err == nil {
			t.Errorf("%s is taken", name)
		}
		if _, err := privacy.ShownUpTo(days, day.AddDays(9), 5); err == nil {
			t.Errorf("%s is shown", name)
		}
	}
	if _, err := privacy.ShownUpTo(nil, day, 2); err == nil {
		t.Error("a list with a threshold below the floor is shown")
	}
	if _, err := privacy.Slices(nil, day, 2); err == nil {
		t.Error("a threshold below the floor is taken")
	}
	ends, err := privacy.Slices([]privacy.DayCount{{day, 5}, {day.AddDays(1), 5}, {day.AddDays(2), 4}}, day.AddDays(3), 5)
	if err != nil || len(ends) != 2 || privacy.Settled(ends) != day || ends[1] != day.AddDays(1) {
		t.Errorf("%v %v", ends, err)
	}
}
