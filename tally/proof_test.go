package tally

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// written is a proof as the API and as a page write it.
func written(t testing.TB, p Proof) (answer, lines []byte) {
	t.Helper()
	path := []map[string]any{}
	text := fmt.Sprintf("Your rating\ncontent %s\nsalt %x\nleaf %x\n", p.Content, p.Salt, Leaf(p.Salt, p.Content))
	for _, s := range p.Path {
		side := map[bool]string{true: "left", false: "right"}[s.Left]
		path = append(path, map[string]any{"hash": hex.EncodeToString(s.Hash[:]), "left": s.Left})
		text += fmt.Sprintf("%s %x\n", side, s.Hash)
	}
	answer, err := json.Marshal(map[string]any{"data": map[string]any{"ratingByReceipt": map[string]any{
		"counted": []any{map[string]any{"salt": hex.EncodeToString(p.Salt), "content": p.Content, "path": path}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return answer, []byte(text + fmt.Sprintf("root %x\n", p.Root()))
}

// proofOf is that of a leaf among five.
func proofOf(content string) Proof {
	leaves := make([]Hash, 5)
	for i := range leaves {
		leaves[i] = Leaf([]byte{byte(i)}, content)
	}
	return Proof{Content: content, Salt: []byte{3}, Path: Path(leaves, 3)}
}

// TestAProofIsReadAsItIsShown: from an answer or from a page, and whatever is changed in
// it leads elsewhere.
func TestAProofIsReadAsItIsShown(t *testing.T) {
	made := proofOf(`"li wei" "passport" 4 2025-03-04`)
	answer, lines := written(t, made)
	for name, text := range map[string][]byte{"answer": answer, "page": lines, "page of Windows": bytes.ReplaceAll(lines, []byte("\n"), []byte("\r\n"))} {
		got, err := ParseProofs(text)
		if err != nil || len(got) != 1 || got[0].Root() != made.Root() {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		for _, change := range [][2]string{{" 4 2025", " 5 2025"}, {"right", "left"}, {`"left":true`, `"left":false`}} {
			changed, err := ParseProofs(bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1))
			if bytes.Contains(text, []byte(change[0])) && err == nil && changed[0].Root() == made.Root() {
				t.Errorf("%s: %v leads to the same root", name, change)
			}
		}
	}
	for _, text := range []string{
		"", "{}", "nothing", "content a", "content a\nsalt 0", "content a\nsalt 00\nleft 00", `{"salt":1,"content":"a","path":[]}`,
		`{"salt":"00","content":"a","path":[{"hash":"00","left":true}]}`, `{"salt":"00","content":"a","path":[{}]}`,
		"content a\nsalt 00\n" + strings.Repeat("left "+strings.Repeat("00", 32)+"\n", maxPath+1),
	} {
		if got, err := ParseProofs([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// FuzzProofs: what is read is written and read again as the same proof.
func FuzzProofs(f *testing.F) {
	answer, lines := written(f, proofOf("a b"))
	f.Add(answer)
	f.Add(lines)
	f.Add([]byte("content a\nsalt 00\nleft x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ParseProofs(text)
		if err != nil {
			return
		}
		for _, p := range got {
			answer, _ := written(t, p)
			again, err := ParseProofs(answer)
			if err != nil || len(again) != 1 || len(again[0].Path) != len(p.Path) {
				t.Errorf("%q: %v, %v", answer, again, err)
			}
		}
	})
}
