package privacy

import (
	"math/rand/v2"
	"testing"
)

// TestNothingHiddenFollowsFromASum draws tables of two ways, and wants what is hidden of
// every circle to have no answers or enough.
func TestNothingHiddenFollowsFromASum(t *testing.T) {
	const threshold = 5
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows := 1 + r.IntN(30)
		counts, shown := make([]int, rows), make([]bool, rows)
		circles := make([][]int, 8)
		for i := range rows {
			counts[i] = r.IntN(12)
			shown[i] = counts[i] >= threshold
			group := r.IntN(4)
			circles[group] = append(circles[group], i)
			at := 4 + r.IntN(4)
			circles[at] = append(circles[at], i)
		}
		for HideWithin(shown, counts, circles, threshold) {
		}
		for _, circle := range circles {
			hidden, more := 0, false
			for _, i := range circle {
				if !shown[i] {
					hidden += counts[i]
				} else if counts[i] < threshold {
					t.Fatalf("seed %d: a row of %d answers is shown", seed, counts[i])
				} else {
					more = true
				}
			}
			if hidden > 0 && hidden < threshold && more {
				t.Fatalf("seed %d: %d answers are hidden in a circle whose sum is known: %v, %v", seed, hidden, counts, shown)
			}
		}
	}
}

// TestASingleHiddenRowTakesItsSmallestNeighbour, and no other.
func TestASingleHiddenRowTakesItsSmallestNeighbour(t *testing.T) {
	shown := []bool{false, true, true, true}
	if !HideWithin(shown, []int{2, 9, 6, 6}, [][]int{{0, 1, 2, 3}}, 5) || shown[0] || !shown[1] || shown[2] || !shown[3] {
		t.Errorf("shown: %v", shown)
	}
	shown = []bool{false, true, true, true}
	if HideWithin(shown, []int{2, 9, 6, 6}, [][]int{{1, 2, 3}}, 5) || HideWithin(shown, []int{0, 9, 6, 6}, [][]int{{0, 1, 2, 3}}, 5) {
		t.Errorf("nothing was to be hidden: %v", shown)
	}
}
