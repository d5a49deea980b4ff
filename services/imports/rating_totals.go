package imports

import (
	"slices"
	"strings"

	"steelyard/models"
)

// totals are ratings that are to be counted in rating_totals, eight bytes each: the official's
// rank, the day and the level, so that they sort by the table's key.
type totals []uint64

// Days are counted from before the first that there is a key for.
const (
	dayZero   = 1 << 20
	levelBits = 3
	dayBits   = 32
)

func (t *totals) add(rank int32, on models.Date, level int8) {
	*t = append(*t, uint64(rank)<<dayBits|uint64(on.EpochDay()+dayZero)<<levelBits|uint64(level))
}

// addTotals adds to the totals of officials' days, always in the same order of
// rows, so that two writers do not wait for each other.
func (r *run) addTotals() error {
	t := r.totals
	if r.totals = nil; r.tx == nil || len(t) == 0 {
		return nil
	}
	slices.Sort(t)
	var begins []int // of each official's days
	for i := range t {
		if i == 0 || t[i]>>levelBits != t[i-1]>>levelBits {
			begins = append(begins, i)
		}
	}
	row := make([]any, 7)
	count := func(i int) []any {
		end := len(t)
		if i+1 < len(begins) {
			end = begins[i+1]
		}
		var levels [5]int64
		for _, one := range t[begins[i]:end] {
			levels[one&(1<<levelBits-1)-1]++
		}
		first := t[begins[i]]
		row[0] = r.officials[r.byID[first>>dayBits]].ID
		row[1] = models.DateFromEpochDay(int32(uint32(first)>>levelBits) - dayZero)
		for level, n := range levels {
			row[2+level] = n
		}
		return row
	}
	columns := []string{"official_id", "rated_on", "level1", "level2", "level3", "level4", "level5"}
	if r.filling != nil {
		return r.load("rating_totals", strings.Join(columns, " "), len(begins), count)
	}
	sums := make([]string, 0, 5)
	for _, column := range columns[2:] {
		sums = append(sums, column+" = rating_totals."+column+" + excluded."+column)
	}
	return r.tx.Merge(r.ctx, "rating_totals", columns, "ON CONFLICT (official_id, rated_on) DO UPDATE SET "+strings.Join(sums, ", "), len(begins), count)
}
