package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// ErrReceiptMistyped is the error of a text that cannot be a receipt code: wrong length, a character that no code has,
// or check characters that do not fit. A well-formed code that the database does not know is another matter.
var ErrReceiptMistyped = errors.New("receipt code mistyped")

// alphabet is Crockford's base 32: no I, L, O and U, so that what is read from paper is typed right.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	receiptData  = 26 // characters: 130 bits, the last two of them zero
	receiptCheck = 2
	receiptGroup = 4
	// maxReceiptInput leaves room for spaces and dashes of all kinds.
	maxReceiptInput = 256
)

// Receipt is the secret by which a resident finds an answer, case or deed again: 128 random bits. The database keeps
// its Hash only.
type Receipt struct {
	secret [secretBytes]byte
}

// NewReceipt draws a receipt.
func NewReceipt() Receipt {
	var r Receipt
	rand.Read(r.secret[:])
	return r
}

// Hash returns what is stored.
func (r Receipt) Hash() SecretHash { return sha256.Sum256(r.secret[:]) }

// String hides the code, so that a receipt that gets into a log or an error gives nothing away; Code shows it.
func (r Receipt) String() string { return "receipt" }

// GoString hides the code too.
func (r Receipt) GoString() string { return "auth.Receipt{}" }

// Code returns the receipt as people read and type it: seven groups of four characters, the last two of which are
// check characters. They are those of a Reed-Solomon code over GF(32), so that one or two wrong characters and any two
// exchanged ones are always found.
func (r Receipt) Code() string {
	var symbols [receiptData + receiptCheck]byte
	acc, bits, n := uint(0), 0, 0
	for _, b := range r.secret {
		acc, bits = acc<<8|uint(b), bits+8
		for bits >= 5 {
			bits -= 5
			symbols[n] = byte(acc>>bits) & 31
			n++
		}
	}
	symbols[n] = byte(acc<<(5-bits)) & 31
	a, b := checkSymbols(symbols[:receiptData])
	symbols[receiptData], symbols[receiptData+1] = a, b

	var code strings.Builder
	for i, s := range symbols {
		if i > 0 && i%receiptGroup == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(alphabet[s])
	}
	return code.String()
}

// ParseReceipt reads a code as typed: either case, O for 0, I and L for 1, spaces and dashes anywhere, full-width forms
// as Chinese keyboards give them. Every other text gives an error that matches ErrReceiptMistyped and does not repeat
// the text.
func ParseReceipt(text string) (Receipt, error) {
	if len(text) > maxReceiptInput {
		return Receipt{}, fmt.Errorf("%w: too long", ErrReceiptMistyped)
	}
	var symbols [receiptData + receiptCheck]byte
	n := 0
	for _, c := range text {
		symbol, skip := foldReceipt(c)
		if skip {
			continue
		}
		if symbol < 0 {
			return Receipt{}, fmt.Errorf("%w: character %d cannot be in a code", ErrReceiptMistyped, n+1)
		}
		if n < len(symbols) {
			symbols[n] = byte(symbol)
		}
		n++
	}
	if n != len(symbols) {
		return Receipt{}, fmt.Errorf("%w: %d characters instead of %d", ErrReceiptMistyped, n, len(symbols))
	}
	a, b := checkSymbols(symbols[:receiptData])
	if a != symbols[receiptData] || b != symbols[receiptData+1] || symbols[receiptData-1]&3 != 0 {
		return Receipt{}, fmt.Errorf("%w: check characters do not fit", ErrReceiptMistyped)
	}
	var r Receipt
	acc, bits, at := uint(0), 0, 0
	for _, s := range symbols[:receiptData] {
		acc, bits = acc<<5|uint(s), bits+5
		if bits >= 8 {
			bits -= 8
			r.secret[at] = byte(acc >> bits)
			at++
		}
	}
	return r, nil
}

// foldReceipt returns the value of a typed character, -1 if it has none, and whether it only separates.
func foldReceipt(c rune) (symbol int, skip bool) {
	if c >= '！' && c <= '～' { // full-width ASCII
		c -= '！' - '!'
	}
	switch c {
	case ' ', '\t', '\u00a0', '\u3000', '-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
		return 0, true
	}
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'O':
		c = '0'
	case 'I', 'L':
		c = '1'
	}
	if c > 'Z' {
		return -1, false
	}
	return strings.IndexByte(alphabet, byte(c)), false
}

// checkSymbols divides data by g(x) = (x - a)(x - a^2) = x^2 + (a + a^2)x + a^3 over GF(32) with a = 2 and returns the
// remainder, most significant first. The code has distance 3 up to length 31.
func checkSymbols(data []byte) (hi, lo byte) {
	const g1, g0 = 2 ^ 4, 8
	for _, d := range data {
		lead := hi ^ d
		hi, lo = lo^mul32(lead, g1), mul32(lead, g0)
	}
	return hi, lo
}

// mul32 multiplies in GF(32) modulo x^5 + x^2 + 1, which is primitive.
func mul32(a, b byte) byte {
	var product byte
	for b > 0 {
		if b&1 == 1 {
			product ^= a
		}
		b >>= 1
		a <<= 1
		if a&32 != 0 {
			a ^= 0b100101
		}
	}
	return product
}
