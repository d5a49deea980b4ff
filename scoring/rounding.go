package scoring

import (
	"math"
	"slices"
)

var nan = math.NaN()

// hundredths is x in hundredths, half away from zero.
func hundredths(x float64) int64 { return int64(math.Round(100 * x)) }

// largestRemainder rounds points to hundredths that add up to total: each is
// rounded down, and the hundredths that lack go to the largest remainders, the
// first among equals first (Hamilton's method).
func largestRemainder(points []float64, total int64) []int64 {
	out := make([]int64, len(points))
	rest := make([]float64, len(points))
	order := make([]int, len(points))
	left := total
	for i, p := range points {
		down := math.Floor(100 * p)
		out[i], rest[i], order[i] = int64(down), 100*p-down, i
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case rest[a] > rest[b]:
			return -1
		case rest[a] < rest[b]:
			return 1
		}
		return 0
	})
	for at := 0; left > 0; at = (at + 1) % len(order) {
		out[order[at]]++
		left--
	}
	for at := len(order) - 1; left < 0; at = (at + len(order) - 1) % len(order) {
		out[order[at]]--
		left++
	}
	return out
}
