package privacy

import (
	"cmp"
	"fmt"
	"slices"
)

// Sum says that the answers of the cell Total are those of the cells Parts, each in exactly one of them. Cells are
// numbered from 0. A cell may be in many sums, as total or as part: trees and cross tables are sets of sums.
type Sum struct {
	Total int
	Parts []int
}

// Batch is what changed in each cell between two releases.
type Batch struct {
	// Added and Removed count answers that came in and that went (excluded, erased, moved to another cell). One that
	// came and went within the batch counts as neither.
	Added, Removed []int
	// Shown says which cells got a new figure in the release that closed the batch; unused for the next release.
	Shown []bool
}

// Decision says what becomes of a cell.
type Decision string

// The decisions.
const (
	// Show: the figure over all answers up to now may be shown.
	Show Decision = "SHOW"
	// Keep: the last figure that was shown stays, with its date; the new one would give too few answers away.
	Keep Decision = "KEEP"
	// Withhold: no figure has been shown yet and none may be.
	Withhold Decision = "WITHHOLD"
)

// Suppress decides which cells of a table that is published once may be shown; counts holds the answers of each cell.
// Cells below the threshold are withheld, and others with them as far as needed (complementary suppression): one after
// the other the smallest that helps, parts before totals. That is not always the least that would do, which is a hard
// problem, and never too little.
func Suppress(counts []int, sums []Sum, threshold int) ([]Decision, error) {
	none := make([]int, len(counts))
	return Release(nil, Batch{Added: counts, Removed: none}, sums, threshold)
}

// Release decides which cells get a new figure, given every earlier batch of the same cells in order. A single cell is
// a table without sums. Batches at whose end nothing was shown may be merged into the next one by the caller.
//
// After it, no group of answers below the threshold can be computed that could not be computed before.
func Release(past []Batch, next Batch, sums []Sum, threshold int) ([]Decision, error) {
	counts, err := check(past, next, sums, threshold)
	if err != nil {
		return nil, err
	}
	cells := len(counts)
	show := make([]bool, cells)
	for i, n := range counts {
		show[i] = n >= threshold
	}
	total := make([]bool, cells)
	for _, sum := range sums {
		total[sum.Total] = true
	}
	for {
		breaches := findBreaches(system(past, next, sums, show), threshold)
		if len(breaches) == 0 {
			break
		}
		for _, figures := range breaches {
			// One that has just been hidden for another breach may have mended this one as well: look again first.
			if !slices.ContainsFunc(figures, func(cell int) bool { return !show[cell] }) {
				show[cheapest(figures, counts, total)] = false
			}
		}
	}
	decisions := make([]Decision, cells)
	for i := range decisions {
		switch {
		case show[i]:
			decisions[i] = Show
		case slices.ContainsFunc(past, func(b Batch) bool { return b.Shown[i] }):
			decisions[i] = Keep
		default:
			decisions[i] = Withhold
		}
	}
	return decisions, nil
}

// cheapest returns the cell whose figure is missed least: a part before a total, fewer answers before more, and the
// first of equals.
func cheapest(cells, counts []int, total []bool) int {
	return slices.MinFunc(cells, func(a, b int) int {
		if total[a] != total[b] {
			if total[b] {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(counts[a], counts[b]), cmp.Compare(a, b))
	})
}

// check validates the arguments and returns the present count of each cell.
func check(past []Batch, next Batch, sums []Sum, threshold int) ([]int, error) {
	if threshold < Floor {
		return nil, fmt.Errorf("privacy: a threshold of %d is below %d", threshold, Floor)
	}
	cells := len(next.Added)
	for _, s := range sums {
		seen := map[int]bool{}
		for _, cell := range append([]int{s.Total}, s.Parts...) {
			if cell < 0 || cell >= cells || seen[cell] {
				return nil, fmt.Errorf("privacy: sum %v names cell %d twice, or there is none", s, cell)
			}
			seen[cell] = true
		}
	}
	counts := make([]int, cells)
	for k, b := range append(slices.Clone(past), next) {
		last := k == len(past)
		if len(b.Added) != cells || len(b.Removed) != cells || !last && len(b.Shown) != cells {
			return nil, fmt.Errorf("privacy: batch %d is not of %d cells", k, cells)
		}
		for i := range cells {
			if b.Added[i] < 0 || b.Removed[i] < 0 || b.Removed[i] > counts[i] {
				return nil, fmt.Errorf("privacy: batch %d adds %d to the %d answers of cell %d and removes %d", k, b.Added[i], counts[i], i, b.Removed[i])
			}
			counts[i] += b.Added[i] - b.Removed[i]
		}
		for _, s := range sums {
			if !addsUp(b.Added, s) || !addsUp(b.Removed, s) {
				return nil, fmt.Errorf("privacy: batch %d: the parts of cell %d do not add up to it", k, s.Total)
			}
		}
	}
	return counts, nil
}

func addsUp(counts []int, s Sum) bool {
	total := 0
	for _, part := range s.Parts {
		total += counts[part]
	}
	return total == counts[s.Total]
}
