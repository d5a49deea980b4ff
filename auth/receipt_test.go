package auth

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawReceipt(t *rapid.T) Receipt {
	var r Receipt
	copy(r.secret[:], rapid.SliceOfN(rapid.Byte(), secretBytes, secretBytes).Draw(t, "secret"))
	return r
}

func TestReceiptIsReadBackHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$`)
	rapid.Check(t, func(t *rapid.T) {
		r := drawReceipt(t)
		code := r.Code()
		if !form.MatchString(code) {
			t.Fatalf("code %q", code)
		}
		wide := strings.Map(func(c rune) rune { return c - '!' + '！' }, code)
		for _, text := range []string{
			code,
			strings.ToLower(code),
			strings.ReplaceAll(code, "-", ""),
			" " + strings.ReplaceAll(code, "-", " — ") + "\t",
			strings.NewReplacer("0", "o", "1", "l").Replace(code),
			strings.NewReplacer("0", "O", "1", "I").Replace(code),
			wide,
		} {
			got, err := ParseReceipt(text)
			if err != nil || got != r || !got.Hash().Equal(r.Hash()) {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

func TestReceiptSlipsAreFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := []byte(strings.ReplaceAll(drawReceipt(t).Code(), "-", ""))
		index := func(name string) int { return rapid.IntRange(0, len(code)-1).Draw(t, name) }
		other := func(name string, not byte) byte {
			return rapid.SampledFrom([]byte(strings.ReplaceAll(alphabet, string(not), ""))).Draw(t, name)
		}
		i, j := index("i"), index("j")
		slips := map[string][]byte{}
		one := append([]byte(nil), code...)
		one[i] = other("first", code[i])
		slips["one wrong"] = one
		if i != j {
			two := append([]byte(nil), one...)
			two[j] = other("second", code[j])
			slips["two wrong"] = two
		}
		if code[i] != code[j] {
			swapped := append([]byte(nil), code...)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			slips["exchanged"] = swapped
		}
		slips["one left out"] = append(append([]byte(nil), code[:i]...), code[i+1:]...)
		slips["one too many"] = append(append(append([]byte(nil), code[:i]...), code[i]), code[i:]...)
		for name, slip := range slips {
			if _, err := ParseReceipt(string(slip)); !errors.Is(err, ErrReceiptMistyped) {
				t.Fatalf("%s: %s for %s gave %v", name, slip, code, err)
			}
		}
	})
}

func TestReceiptRefusals(t *testing.T) {
	t.Parallel()
	code := NewReceipt().Code()
	for name, text := range map[string]string{
		"empty":             "",
		"letter U":          "U" + code[1:],
		"sign":              "*" + code[1:],
		"Chinese":           "收" + code[1:],
		"broken UTF-8":      "\xff" + code[1:],
		"too long":          code + strings.Repeat(" ", 300),
		"two codes at once": code + code,
	} {
		_, err := ParseReceipt(text)
		if !errors.Is(err, ErrReceiptMistyped) {
			t.Errorf("%s gave %v", name, err)
		} else if strings.Contains(err.Error(), code[5:14]) {
			t.Errorf("%s: the error repeats the code", name)
		}
	}
}

func TestReceiptDoesNotPrintItself(t *testing.T) {
	t.Parallel()
	r := NewReceipt()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, r); text != "receipt" && text != "auth.Receipt{}" {
			t.Errorf("%s prints %q", verb, text)
		}
	}
	if NewReceipt() == r {
		t.Error("two receipts are the same")
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add(NewReceipt().Code())
	f.Add("0000-0000-0000-0000-0000-0000-0000")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseReceipt(text)
		if err != nil {
			if !errors.Is(err, ErrReceiptMistyped) {
				t.Fatalf("%q gave %v", text, err)
			}
			return
		}
		if again, err := ParseReceipt(r.Code()); err != nil || again != r {
			t.Fatalf("%q was read as %s, which is read as another", text, r.Code())
		}
	})
}
