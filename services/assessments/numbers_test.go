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

// A roll gives the numbers of a table that looks up one by one, whether a hash comes
// twice in one call, in two, or where there is none.
func TestRollNumbersInTheOrderOfItsRows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var one numbers
	var all roll
	var want []int32
	for range 3*rollCall + 7 {
		if r.IntN(5) == 0 {
			all.append([16]byte{}, false)
			want = append(want, scoring.None)
			continue
		}
		k := key(r, 700)
		all.append(k, true)
		want = append(want, one.number(k))
	}
	got := all.all()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("row %d is %d, want %d", i, got[i], want[i])
		}
	}
}
