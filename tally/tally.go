// Package tally is the hash tree over what was counted: whoever gave an answer can check
// that it is among those that count, and nobody else learns whose any of them is. It is
// pure.
//
// The tree is that of Certificate Transparency (RFC 6962, section 2.1): a leaf is the
// SHA-256 of a zero byte and its entry, a node that of a one byte and the two nodes
// below it, and a list of n leaves is split at the largest power of two below n. The
// prefixes keep a node from passing for a leaf.
//
// An entry is the SHA-256 of the answer's salt and its content. The salt is the hash of
// the receipt, 128 random bits, so that who has a leaf can neither guess what was
// answered nor whose it is. Leaves stand in the order of their bytes, which says nothing
// of when they came.
package tally

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/bits"
	"sort"
)

// Hash is a node of the tree.
type Hash = [sha256.Size]byte

// BlockLeaves is how many leaves are kept together. It is a power of two, so that every
// block but the last is a whole subtree.
const BlockLeaves = 1024

// label stands before what an entry is made of: no other hash of ours is one.
const label = "steelyard counted rating v1\n"

// Leaf is the leaf of an answer: its salt, which whoever holds the receipt knows, and
// its content as it was counted.
//
//	entry = SHA-256("steelyard counted rating v1\n" salt-in-hex "\n" content)
//	leaf  = SHA-256(0x00 entry)
func Leaf(salt []byte, content string) Hash {
	text := make([]byte, 0, len(label)+2*len(salt)+1+len(content))
	text = append(hex.AppendEncode(append(text, label...), salt), '\n')
	entry := sha256.Sum256(append(text, content...))
	return sha256.Sum256(append([]byte{0}, entry[:]...))
}

func node(left, right Hash) Hash {
	text := [1 + 2*sha256.Size]byte{1}
	copy(text[1:], left[:])
	copy(text[1+sha256.Size:], right[:])
	return sha256.Sum256(text[:])
}

// Sort puts leaves into the order of a tree.
func Sort(leaves []Hash) {
	sort.Slice(leaves, func(i, j int) bool { return bytes.Compare(leaves[i][:], leaves[j][:]) < 0 })
}

// split is the largest power of two below n, which is at least 2.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// Root is the root over nodes of one height; of none it is the hash of nothing.
func Root(nodes []Hash) Hash {
	switch len(nodes) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return nodes[0]
	}
	k := split(len(nodes))
	return node(Root(nodes[:k]), Root(nodes[k:]))
}

// Step is a neighbour on the way from a leaf to the root.
type Step struct {
	Hash Hash
	Left bool // it stands on the left
}

// Path is the way from node i of a list to its root.
func Path(nodes []Hash, i int) []Step {
	if len(nodes) <= 1 {
		return nil
	}
	k := split(len(nodes))
	if i < k {
		return append(Path(nodes[:k], i), Step{Hash: Root(nodes[k:])})
	}
	return append(Path(nodes[k:], i-k), Step{Hash: Root(nodes[:k]), Left: true})
}

// Climb is the root that a path leads to from a leaf.
func Climb(leaf Hash, path []Step) Hash {
	for _, s := range path {
		if s.Left {
			leaf = node(s.Hash, leaf)
		} else {
			leaf = node(leaf, s.Hash)
		}
	}
	return leaf
}

// Pack writes leaves one after the other.
func Pack(leaves []Hash) []byte {
	out := make([]byte, 0, len(leaves)*sha256.Size)
	for i := range leaves {
		out = append(out, leaves[i][:]...)
	}
	return out
}

// Unpack reads what Pack wrote.
func Unpack(packed []byte) ([]Hash, error) {
	if len(packed)%sha256.Size != 0 {
		return nil, errors.New("tally: leaves are cut off")
	}
	out := make([]Hash, len(packed)/sha256.Size)
	for i := range out {
		copy(out[i][:], packed[i*sha256.Size:])
	}
	return out, nil
}

// Find is the place of a leaf among sorted ones, or false.
func Find(leaves []Hash, leaf Hash) (int, bool) {
	i := sort.Search(len(leaves), func(i int) bool { return bytes.Compare(leaves[i][:], leaf[:]) >= 0 })
	return i, i < len(leaves) && leaves[i] == leaf
}
