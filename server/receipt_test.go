package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steelyard/auth"
	"steelyard/tally"
)

// TestAReceiptIsVerifiedWithoutTheServer: against the root that was published, by whoever
// has the program.
func TestAReceiptIsVerifiedWithoutTheServer(t *testing.T) {
	const content = `"li.wei" "passport" 2 2025-03-04`
	mine, other := auth.NewReceipt(), auth.NewReceipt()
	salt, another := mine.Hash(), other.Hash()
	leaves := []tally.Hash{tally.Leaf(another[:], content), tally.Leaf(salt[:], content), tally.Leaf([]byte{1}, content)}
	page := fmt.Sprintf("content %s\nsalt %x\n", content, salt)
	for _, s := range tally.Path(leaves, 1) {
		page += fmt.Sprintf("%s %x\n", map[bool]string{true: "left", false: "right"}[s.Left], s.Hash)
	}
	file := filepath.Join(t.TempDir(), "proof.txt")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	root := fmt.Sprintf("%x", tally.Root(leaves))
	said := must(t, "", "receipt", "verify", file, "--root", strings.ToUpper(root), "--receipt", mine.Code())
	wantHas(t, said, "counted     "+content, root, "2 steps")
	for _, c := range []struct{ root, receipt, want string }{
		{fmt.Sprintf("%x", leaves[0]), mine.Code(), "does not lead to this root"},
		{root, other.Code(), "another receipt's"},
		{root, "nonsense", "not a receipt"},
		{root[2:], mine.Code(), "is no root"},
	} {
		_, _, err := command(t, "", "receipt", "verify", file, "--root", c.root, "--receipt", c.receipt)
		wantRefusal(t, err, c.want)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(page, " 2 2025", " 5 2025", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := command(t, "", "receipt", "verify", file, "--root", root)
	wantRefusal(t, err, "does not lead to this root")
}
