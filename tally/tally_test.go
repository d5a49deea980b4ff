package tally_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"steelyard/tally"
)

// TestTheTreeIsThatOfCertificateTransparency: the roots are those of the reference
// implementation's test vectors (github.com/google/certificate-transparency, merkletree),
// whose entries are the bytes below.
func TestTheTreeIsThatOfCertificateTransparency(t *testing.T) {
	entries := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var leaves []tally.Hash
	for i, root := range roots {
		if got := tally.Root(leaves); hex.EncodeToString(got[:]) != root {
			t.Errorf("the root of %d entries is %x, want %s", i, got, root)
		}
		if i < len(entries) {
			raw, err := hex.DecodeString(entries[i])
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, sha256.Sum256(append([]byte{0}, raw...)))
		}
	}
}

// TestEveryLeafLeadsToTheRoot, over the leaves and over blocks of them alike, and no other does.
func TestEveryLeafLeadsToTheRoot(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 1023, 1024, 1025, 3000} {
		leaves := make([]tally.Hash, n)
		for i := range leaves {
			leaves[i] = tally.Leaf(fmt.Append(nil, i), "content")
		}
		tally.Sort(leaves)
		packed, err := tally.Unpack(tally.Pack(leaves))
		if err != nil || packed[n-1] != leaves[n-1] {
			t.Fatal("what was packed is not unpacked", err)
		}
		root := tally.Root(leaves)
		var blocks []tally.Hash
		for from := 0; from < n; from += tally.BlockLeaves {
			blocks = append(blocks, tally.Root(leaves[from:min(from+tally.BlockLeaves, n)]))
		}
		if tally.Root(blocks) != root {
			t.Errorf("%d leaves: the root over blocks is another", n)
		}
		for i := 0; i < n; i += 1 + n/40 {
			at, found := tally.Find(leaves, leaves[i])
			block := i / tally.BlockLeaves
			from := block * tally.BlockLeaves
			path := append(tally.Path(leaves[from:min(from+tally.BlockLeaves, n)], i-from), tally.Path(blocks, block)...)
			if !found || at != i || tally.Climb(leaves[i], tally.Path(leaves, i)) != root || tally.Climb(leaves[i], path) != root {
				t.Errorf("leaf %d of %d does not lead to the root", i, n)
			}
			if tally.Climb(tally.Leaf([]byte("another"), "content"), path) == root {
				t.Errorf("another leaf leads to the root by the path of leaf %d of %d", i, n)
			}
		}
		if _, found := tally.Find(leaves, tally.Leaf([]byte("another"), "content")); found {
			t.Error("a leaf is found that is not there")
		}
	}
	if _, err := tally.Unpack(make([]byte, 33)); err == nil {
		t.Error("half a leaf is read")
	}
}

// BenchmarkRoot makes the leaves of a million ratings, puts them in order and hashes the tree.
func BenchmarkRoot(b *testing.B) {
	for b.Loop() {
		leaves := make([]tally.Hash, 1_000_000)
		salt := make([]byte, 32)
		for i := range leaves {
			salt[0], salt[1], salt[2] = byte(i), byte(i>>8), byte(i>>16)
			leaves[i] = tally.Leaf(salt, `"O-01234" "S-012" 4 2025-03-04`)
		}
		tally.Sort(leaves)
		tally.Root(leaves)
	}
}
