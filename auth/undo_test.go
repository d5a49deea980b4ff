package auth_test

import (
	"bytes"
	"testing"

	"steelyard/auth"
)

func TestAReceiptAloneOpensWhatItSealed(t *testing.T) {
	mine, other := auth.NewReceipt(), auth.NewReceipt()
	sealed, err := mine.Seal([]byte("when and where"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := mine.Open(sealed); err != nil || string(got) != "when and where" {
		t.Errorf("opened %q: %v", got, err)
	}
	sealed[len(sealed)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another receipt": func() ([]byte, error) { return other.Open(sealed) },
		"a changed byte":  func() ([]byte, error) { return mine.Open(sealed) },
		"nothing":         func() ([]byte, error) { return mine.Open(nil) },
	} {
		if got, err := try(); err == nil {
			t.Errorf("%s opens it: %q", name, got)
		}
	}
	if h, u := mine.Hash(), mine.UndoHash(); bytes.Equal(h[:], u[:]) || mine.UndoHash() == other.UndoHash() {
		t.Error("the names under which a receipt's rows lie are the same")
	}
}
