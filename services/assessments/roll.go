package assessments

import (
	"slices"
	"sync"

	"steelyard/scoring"
	"steelyard/store"
)

// roll is a column of persons, who get numbers once all are there: looked up one by one,
// in a table of a million, each of five million would wait for memory.
type roll struct{ rows column[called] }

// called is whom a row names by a hash, if anybody.
type called struct {
	hash  [16]byte
	known bool
}

// add appends the person behind the hash in a column of a row.
func (r *roll) add(row *store.Row, i int) {
	hash, known := row.Hash16(i)
	r.rows.add(called{hash, known})
}

const (
	// rollParts is into how many parts persons are divided, by their hashes: the table of
	// one part stays in a processor's cache.
	rollParts = 64
	// shortRoll is up to how many rows are not divided.
	shortRoll = 1 << 16
)

// call writes each row's person into a column as long as the roll, None where there is
// none, and returns how many persons there are.
func (r *roll) call(persons []int32) (count int) {
	parts := rollParts
	if len(persons) <= shortRoll {
		parts = 1
	}
	part := func(c *called) int { return int(mix(c.hash) >> 32 * uint64(parts) >> 32) }

	blocks := r.rows.blocks()
	first := make([][rollParts]int, len(blocks)) // by block and part: where its first hash goes
	eachBeside(len(blocks), func(k int) {
		for i := range blocks[k] {
			if c := &blocks[k][i]; c.known {
				first[k][part(c)]++
			}
		}
	})
	var starts [rollParts + 1]int
	for p := range rollParts {
		at := starts[p]
		for k := range first {
			first[k][p], at = at, at+first[k][p]
		}
		starts[p+1] = at
	}
	hashes := make([][16]byte, starts[rollParts]) // by part, then in the order of the rows
	next := slices.Clone(first)
	eachBeside(len(blocks), func(k int) {
		for i := range blocks[k] {
			if c := &blocks[k][i]; c.known {
				at := &next[k][part(c)]
				hashes[*at] = c.hash
				*at++
			}
		}
	})
	found, before := make([]int32, len(hashes)), [rollParts + 1]int32{}
	eachBeside(parts, func(p int) {
		var n numbers
		for i := starts[p]; i < starts[p+1]; i++ {
			found[i] = n.number(hashes[i])
		}
		before[p+1] = int32(n.count())
	})
	for p := range rollParts {
		before[p+1] += before[p]
	}
	eachBeside(len(blocks), func(k int) {
		to := persons[k*blockRows:]
		for i := range blocks[k] {
			to[i] = scoring.None
			if c := &blocks[k][i]; c.known {
				p := part(c)
				to[i] = before[p] + found[first[k][p]]
				first[k][p]++
			}
		}
	})
	return int(before[rollParts])
}

// all is the whole column, in the order of the rows.
func (r *roll) all() []int32 {
	persons := make([]int32, r.rows.len())
	r.call(persons)
	return persons
}

// eachBeside calls work for 0 … n-1, all at once. Each must write only what is its own.
func eachBeside(n int, work func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { work(i) })
	}
	all.Wait()
}
