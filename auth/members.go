package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// exactMembers are the members of a token that are read here. JSON's decoder would take
// them in any case.
var exactMembers = []string{"alg", "kid", "typ", "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "role", "unit", "epoch"}

// checkMembers refuses a token whose header or claims hold a member twice, or in another
// case: one reader would take the first, another the last (RFC 8725, 2.4). What cannot be
// read at all is left to the parser.
//
// A provider's tokens may hold what they like beside what is read of them: they are not
// exact.
func checkMembers(token string, exact bool) error {
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 {
		return nil
	}
	for _, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return nil
		}
		if err := checkObject(json.NewDecoder(bytes.NewReader(raw)), exact); err != nil {
			return err
		}
	}
	return nil
}

// checkObject looks at the members of one object, not inside them.
func checkObject(d *json.Decoder, exact bool) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		text, _ := name.(string)
		folded := strings.ToLower(text)
		if seen[folded] {
			return fmt.Errorf("member %q stands twice", folded)
		}
		seen[folded] = true
		if exact && slices.Contains(exactMembers, folded) && text != folded {
			return fmt.Errorf("member %q is written %q", folded, text)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil
		}
	}
	return nil
}
