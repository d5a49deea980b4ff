package scoring_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/scoring"
)

// FuzzParsePolicy: whatever a policy file holds, it is refused or it is a policy that
// holds by itself and comes back as it was when it is written and read again.
func FuzzParsePolicy(f *testing.F) {
	files, err := filepath.Glob("testdata/*policy*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	whole, err := json.Marshal(scoring.DefaultPolicy())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"weights":{"satisfaction":1e999}}`))
	f.Add([]byte(`{"minimumGroup":-1}{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := scoring.ParsePolicy(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("read, and not a policy: %v", err)
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := scoring.ParsePolicy(bytes.NewReader(again))
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if diff := cmp.Diff(p, q); diff != "" {
			t.Fatal(diff)
		}
	})
}
