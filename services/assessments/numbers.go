package assessments

import (
	"encoding/binary"

	"steelyard/scoring"
)

// numbers gives keys of 16 bytes (persons behind keyed hashes, records by their
// ids) numbers in the order they come: 0, 1, 2 …. The zero value is ready.
//
// It is a table with open addressing, since millions of rows are looked up: a slot holds
// a number plus one, 0 is free, and at most half of the slots are taken.
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
	return (mix(key) >> 32) & uint64(len(n.slots)-1)
}

// mix spreads the bits of a key over the upper half of a number.
func mix(key [16]byte) uint64 {
	return (binary.LittleEndian.Uint64(key[:8]) ^ binary.LittleEndian.Uint64(key[8:])) * 0x9e3779b97f4a7c15
}

func (n *numbers) grow() {
	n.slots = make([]int32, max(2*len(n.slots), 1<<8))
	for i, key := range n.keys {
		n.slots[n.slot(key)] = int32(i) + 1
	}
}
