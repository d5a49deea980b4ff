package imports

import (
	"bytes"
	"slices"
	"strings"

	"steelyard/models"
)

// officialDay is a row of rating_totals.
type officialDay struct {
	official models.ID
	on       models.Date
}

type totals map[officialDay]*[5]int64

func (t totals) add(official models.ID, on models.Date, level int8, n int64) {
	key := officialDay{official, on}
	if t[key] == nil {
		t[key] = &[5]int64{}
	}
	t[key][level-1] += n
}

// addTotals adds to the totals of officials' days, always in the same order of
// rows, so that two writers do not wait for each other.
func (r *run) addTotals(t totals) error {
	if r.tx == nil {
		return nil
	}
	keys := make([]officialDay, 0, len(t))
	for key := range t {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b officialDay) int {
		if c := bytes.Compare(a.official[:], b.official[:]); c != 0 {
			return c
		}
		return int(a.on.EpochDay() - b.on.EpochDay())
	})
	columns := []string{"official_id", "rated_on"}
	var sums []string
	for level := '1'; level <= '5'; level++ {
		column := "level" + string(level)
		columns, sums = append(columns, column), append(sums, column+" = rating_totals."+column+" + excluded."+column)
	}
	row := make([]any, len(columns))
	return r.tx.Merge(r.ctx, "rating_totals", columns, "ON CONFLICT (official_id, rated_on) DO UPDATE SET "+strings.Join(sums, ", "), len(keys), func(i int) []any {
		row[0], row[1] = keys[i].official, keys[i].on
		for level, n := range t[keys[i]] {
			row[2+level] = n
		}
		return row
	})
}
