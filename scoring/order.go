package scoring

import (
	"cmp"
	"math/bits"
	"runtime"
	"slices"
	"sync"
)

// personOrder is the canonical order of rows that persons gave.
type personOrder struct {
	rows    []int32 // the old row at each place
	persons []int32 // the person's new number at each place
	number  []int32 // the new number by the old one, or None
}

// orderedRow is a row while it is being sorted.
type orderedRow struct {
	key    uint64
	hi, lo uint64 // the person's signature
	row    int32
}

// orderByPerson sorts rows by posting, then key, then the signature of the
// person who gave them, and numbers the persons by first appearance. key holds
// all of a row's content except posting and person.
//
// Rows equal in all three belong to persons all of whose rows are alike, so
// that it does not matter which is called first; from their second row on, the
// number already given decides, which keeps the outcome unique.
func orderByPerson(postings int, posting, person []int32, key func(row int32) uint64) personOrder {
	hi, lo := signatures(posting, person, key)
	rows, starts := bucket(postings, posting)
	inParallel(postings, func(from, to int) {
		var chunk []orderedRow
		for p := from; p < to; p++ {
			part := rows[starts[p]:starts[p+1]]
			chunk = chunk[:0]
			for _, row := range part {
				r := orderedRow{key: key(row), row: row}
				if who := person[row]; who != None {
					r.hi, r.lo = hi[who], lo[who]
				}
				chunk = append(chunk, r)
			}
			slices.SortFunc(chunk, compareRows)
			for i := range chunk {
				part[i] = chunk[i].row
			}
		}
	})
	order := personOrder{rows: rows}
	order.persons, order.number = numberPersons(rows, posting, person, key, hi, lo)
	return order
}

func compareRows(a, b orderedRow) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}

// numberPersons numbers persons by first appearance in rows, and lets numbers
// already given decide among rows that are alike.
func numberPersons(rows, posting, person []int32, key func(row int32) uint64, hi, lo []uint64) (persons, number []int32) {
	number = make([]int32, len(hi))
	for i := range number {
		number[i] = None
	}
	alike := func(a, b int32) bool {
		if posting[a] != posting[b] || person[a] == None || person[b] == None {
			return false
		}
		pa, pb := person[a], person[b]
		return hi[pa] == hi[pb] && lo[pa] == lo[pb] && key(a) == key(b)
	}
	out := make([]int32, len(rows))
	next := int32(0)
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && alike(rows[start], rows[end]) {
			end++
		}
		group := rows[start:end]
		if len(group) > 1 {
			slices.SortStableFunc(group, func(a, b int32) int {
				return cmp.Compare(uint32(number[person[a]]), uint32(number[person[b]])) // None comes last
			})
		}
		for i, row := range group {
			who := person[row]
			if who == None {
				out[start+i] = None
				continue
			}
			if number[who] == None {
				number[who] = next
				next++
			}
			out[start+i] = number[who]
		}
		if len(group) > 1 {
			slices.Sort(out[start:end])
		}
		start = end
	}
	return out, number
}

// signatures returns, for each person, 128 bits that depend on the set of the
// person's rows and on nothing else: the sum of a hash of each row.
func signatures(posting, person []int32, key func(row int32) uint64) (hi, lo []uint64) {
	most := int32(-1)
	for _, who := range person {
		most = max(most, who)
	}
	hi, lo = make([]uint64, most+1), make([]uint64, most+1)
	for i, who := range person {
		if who == None {
			continue
		}
		a, b := uint64(posting[i]), key(int32(i))
		hi[who] += mixBits(mixBits(a^0x9e3779b97f4a7c15) ^ b)
		lo[who] += mixBits(mixBits(b^0xd1b54a32d192ed03) + bits.RotateLeft64(a, 32))
	}
	return hi, lo
}

// mixBits is the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
func mixBits(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bucket sorts row numbers by level, rows of one level in the order given.
// starts has one entry more than there are levels. No level is None.
func bucket(levels int, level []int32) (rows, starts []int32) {
	starts = make([]int32, levels+1)
	for _, l := range level {
		starts[l+1]++
	}
	for l := range levels {
		starts[l+1] += starts[l]
	}
	next := slices.Clone(starts[:levels])
	rows = make([]int32, len(level))
	for i, l := range level {
		rows[next[l]] = int32(i)
		next[l]++
	}
	return rows, starts
}

// inParallel calls work on stretches of 0…n−1 whose borders do not depend on
// the number of CPUs. Each stretch must write only what is its own.
func inParallel(n int, work func(from, to int)) {
	const stretches = 64
	if n < 2*stretches || runtime.GOMAXPROCS(0) == 1 {
		work(0, n)
		return
	}
	inStretches(stretches, func(s int) { work(n*s/stretches, n*(s+1)/stretches) })
}

// inStretches calls work for 0…n−1, several at a time. Each call must write only
// what is its own.
func inStretches(n int, work func(i int)) {
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			work(i)
			<-slots
		})
	}
	wait.Wait()
}
