package models

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of an idempotency key, in characters.
const (
	MaxIdempotencyKey = 200
	// MinStrangersKey is for those without an account: their key alone tells their
	// repeat from somebody else's, so it must not be met by guessing "1". Whoever can
	// guess it reads the first answer, and with it a receipt.
	MinStrangersKey = 8
)

// ValidIdempotencyKey checks a client's key; anonymous says that the client has
// no account. No key at all is fine: then nothing is ever repeated.
func ValidIdempotencyKey(key *string, anonymous bool) error {
	const field = "idempotencyKey"
	if key == nil || *key == "" {
		return nil
	}
	if strings.ContainsFunc(*key, ControlCharacter) {
		return Invalid(field, KeyControlCharacter)
	}
	n := utf8.RuneCountInString(*key)
	switch {
	case n > MaxIdempotencyKey:
		return Invalid(field, KeyTooLong, fmt.Sprint(MaxIdempotencyKey), fmt.Sprint(n))
	case anonymous && n < MinStrangersKey:
		return Invalid(field, KeyTooShort, fmt.Sprint(MinStrangersKey), fmt.Sprint(n))
	}
	return nil
}
