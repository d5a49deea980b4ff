package assessments

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"steelyard/scoring"
)

// key makes keys that differ in their first or in their last half only, as ids made
// in one moment and hashes do.
func key(r *rand.Rand, n int) (k [16]byte) {
	binary.LittleEndian.PutUint64(k[8*r.IntN(2):], uint64(r.IntN(n)))
	return k
}

func TestNumbersAreThoseOfAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var n numbers
	if got := n.find([16]byte{}); got != scoring.None {
		t.Errorf("an empty table knows %d", got)
	}
	known := map[[16]byte]int32{}
	for range 5000 {
		k := key(r, 2000)
		want, there := known[k]
		if !there {
			if got := n.find(k); got != scoring.None {
				t.Fatalf("%x is known as %d before it came", k, got)
			}
			want = int32(len(known))
			known[k] = want
		}
		if got := n.number(k); got != want {
			t.Fatalf("%x is %d, want %d", k, got, want)
		}
	}
	for k, want := range known {
		if got := n.find(k); got != want {
			t.Fatalf("%x is found as %d, want %d", k, got, want)
		}
	}
	if n.count() != len(known) {
		t.Errorf("%d numbers for %d keys", n.count(), len(known))
	}
}

// A roll numbers persons as a table that looks up one by one does, but for their order: also
// one that is divided, and whose rows fill several blocks.
func TestRollTellsPersonsApart(t *testing.T) {
	for _, rows := range []int{0, 1, 3000, shortRoll + 1, 3*blockRows + 7} {
		r := rand.New(rand.NewPCG(3, uint64(rows)))
		var one numbers
		var all roll
		var want []int32
		for range rows {
			if r.IntN(5) == 0 {
				all.rows.add(called{})
				want = append(want, scoring.None)
				continue
			}
			k := key(r, 70_000)
			all.rows.add(called{k, true})
			want = append(want, one.number(k))
		}
		got := make([]int32, rows)
		if n := all.call(got); n != one.count() {
			t.Errorf("%d rows: %d persons, want %d", rows, n, one.count())
		}
		there := map[int32]int32{scoring.None: scoring.None} // their numbers by those wanted
		used := map[int32]bool{}
		for i := range want {
			number, met := there[want[i]]
			if !met {
				number = got[i]
				there[want[i]] = number
				if used[number] || number < 0 || number >= int32(one.count()) {
					t.Fatalf("row %d of %d: %d for somebody new", i, rows, number)
				}
				used[number] = true
			}
			if got[i] != number {
				t.Fatalf("row %d of %d is %d, where it was %d before", i, rows, got[i], number)
			}
		}
	}
}
