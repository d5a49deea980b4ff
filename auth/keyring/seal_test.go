package keyring

import (
	"bytes"
	"path/filepath"
	"testing"
)

func TestSealedTextsOpenWithTheirYearAndRecordAlone(t *testing.T) {
	r, err := OpenOrCreate(filepath.Join(t.TempDir(), "test.keys"))
	if err != nil {
		t.Fatal(err)
	}
	this, err := r.Ensure(2025)
	if err != nil {
		t.Fatal(err)
	}
	other, err := r.Ensure(2026)
	if err != nil {
		t.Fatal(err)
	}
	text, about := []byte("138 0000 0000"), []byte("a rating")
	sealed, err := this.Seal(text, about)
	if err != nil {
		t.Fatal(err)
	}
	again, err := this.Seal(text, about)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, text) || bytes.Equal(sealed, again) {
		t.Error("a sealed text shows what it is, or that it was sealed before")
	}
	if got, err := this.Open(sealed, about); err != nil || !bytes.Equal(got, text) {
		t.Errorf("opened %q: %v", got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)/2] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another year's key": func() ([]byte, error) { return other.Open(sealed, about) },
		"another record":     func() ([]byte, error) { return this.Open(sealed, []byte("another")) },
		"a changed byte":     func() ([]byte, error) { return this.Open(changed, about) },
		"too little":         func() ([]byte, error) { return this.Open(sealed[:5], about) },
		"nothing":            func() ([]byte, error) { return this.Open(nil, about) },
	} {
		if got, err := try(); err == nil {
			t.Errorf("%s opens it: %q", name, got)
		}
	}
}
