package scoring

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What comes from partitions is what stands at the place in sorted order, whatever the
// order before, and however often a value repeats.
func TestNthIsWhatSortingPutsThere(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, distinct := range []int{1, 2, 5, 1000} {
		for n := 1; n <= 60; n++ {
			values := make([]float64, n)
			for i := range values {
				values[i] = float64(r.IntN(distinct))
			}
			sorted := slices.Sorted(slices.Values(values))
			k := r.IntN(n)
			if got := nth(values, k); got != sorted[k] {
				t.Fatalf("%d values of %d, place %d: %v, want %v", n, distinct, k, got, sorted[k])
			}
			for i, x := range values {
				if i < k && x > sorted[k] || i > k && x < sorted[k] {
					t.Fatalf("%d values of %d: %v lies on the wrong side of place %d", n, distinct, x, k)
				}
			}
			slices.Sort(values)
			if !slices.Equal(values, sorted) {
				t.Fatalf("%d values of %d: some are lost", n, distinct)
			}
		}
	}
}

// A person's ratings of one official weigh one over their number together with others
// whose numbers fall on the same place of the table.
func TestVoicesCountEachPersonByThemselves(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, persons := range []int32{1, 3, 40, 5000} {
		rater, count := make([]int32, 700), map[int32]int{}
		for i := range rater {
			if rater[i] = r.Int32N(persons) << r.IntN(2); r.IntN(10) == 0 {
				rater[i] = None
			}
			count[rater[i]]++
		}
		weight := filled(len(rater), 1)
		most, want := voices(rater, weight), 0
		for who, n := range count {
			if who != None {
				want = max(want, n)
			}
		}
		if most != want {
			t.Errorf("%d persons: the most by one are %d, want %d", persons, most, want)
		}
		for i, who := range rater {
			if w := weight[i]; who == None && w != 1 || who != None && w != 1/float64(count[who]) {
				t.Fatalf("%d persons: a rating by %d weighs %v of %d", persons, who, w, count[who])
			}
		}
	}
}
