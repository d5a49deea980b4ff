package assessments

import (
	"encoding/binary"

	"steelyard/scoring"
	"steelyard/store"
)

// numbers gives keys of 16 bytes (persons behind keyed hashes, records by their
// ids) numbers in the order they come: 0, 1, 2 …. The zero value is ready.
//
// It is a table with open addressing, since a city's million residents are looked up
// five million times: a slot holds a number plus one, 0 is free, and at most half of
// the slots are taken.
type numbers struct {
	slots []int32 // a power of two of them
	keys  [][16]byte
}

func (n *numbers) count() int { return len(n.keys) }

// number returns the number of a key, a new one where it has none.
func (n *numbers) number(key [16]byte) int32 {
	if 2*len(n.keys) >= len(n.slots) {
		n.grow()
	}
	at := n.slot(key)
	if n.slots[at] == 0 {
		n.keys = append(n.keys, key)
		n.slots[at] = int32(len(n.keys))
	}
	return n.slots[at] - 1
}

// find returns the number of a key, or None.
func (n *numbers) find(key [16]byte) int32 {
	if len(n.slots) == 0 {
		return scoring.None
	}
	return n.slots[n.slot(key)] - 1
}

// slot is where a key stands, or the free one where it would.
func (n *numbers) slot(key [16]byte) uint64 {
	at, last := n.home(key), uint64(len(n.slots)-1)
	for n.slots[at] != 0 && n.keys[n.slots[at]-1] != key {
		at = (at + 1) & last
	}
	return at
}

// home is the slot where the search for a key begins. Hashes are random all over, ids
// in their latter half.
func (n *numbers) home(key [16]byte) uint64 {
	h := (binary.LittleEndian.Uint64(key[:8]) ^ binary.LittleEndian.Uint64(key[8:])) * 0x9e3779b97f4a7c15
	return (h >> 32) & uint64(len(n.slots)-1)
}

func (n *numbers) grow() {
	n.slots = make([]int32, max(2*len(n.slots), 1<<8))
	for i, key := range n.keys {
		n.slots[n.slot(key)] = int32(i) + 1
	}
}

// roll is a column of persons by number. It looks hashes up some hundreds at a time:
// one by one, a table of a million would have the reader wait for memory at every row.
type roll struct {
	numbers numbers
	column  column[int32]
	waiting [][16]byte
	rows    []int32 // where the waiting ones stand in the column
	slots   []uint64
	found   []int32
}

// rollCall is how many hashes are looked up together.
const rollCall = 512

// add appends the person behind the hash in a column of a row, None where there is none.
func (r *roll) add(row *store.Row, i int) {
	hash, ok := row.Hash16(i)
	r.append(hash, ok)
}

func (r *roll) append(hash [16]byte, known bool) {
	if known {
		r.waiting = append(r.waiting, hash)
		r.rows = append(r.rows, int32(r.column.len()))
	}
	r.column.add(scoring.None)
	if len(r.waiting) == rollCall {
		r.call()
	}
}

// call numbers those who wait. Its first two loops ask for memory that does not hang
// on what they have found, so that the processor fetches for many at once.
func (r *roll) call() {
	n := &r.numbers
	for 2*(len(n.keys)+len(r.waiting)) >= len(n.slots) {
		n.grow()
	}
	r.slots, r.found = r.slots[:0], r.found[:0]
	for _, key := range r.waiting {
		r.slots = append(r.slots, n.home(key))
	}
	for _, at := range r.slots {
		r.found = append(r.found, n.slots[at]-1)
	}
	for i, number := range r.found {
		if number == scoring.None || n.keys[number] != r.waiting[i] {
			r.found[i] = scoring.None
		}
	}
	for i, number := range r.found {
		if number == scoring.None {
			number = n.number(r.waiting[i])
		}
		*r.column.at(int(r.rows[i])) = number
	}
	r.waiting, r.rows = r.waiting[:0], r.rows[:0]
}

// all is the whole column, in the order of the rows.
func (r *roll) all() []int32 {
	r.call()
	return r.column.list()
}
