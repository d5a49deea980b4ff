package models

import (
	"errors"
	"strings"
	"testing"
)

func TestAStrangersKeyIsNotToBeGuessed(t *testing.T) {
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		key       *string
		anonymous bool
		want      Key
	}{
		"none":                           {nil, true, ""},
		"empty":                          {text(""), true, ""},
		"a stranger's of one character":  {text("1"), true, KeyTooShort},
		"a stranger's of seven":          {text("1234567"), true, KeyTooShort},
		"a stranger's of eight":          {text("12345678"), true, ""},
		"a stranger's of seven, Chinese": {text("一二三四五六七"), true, KeyTooShort},
		"an account's of one character":  {text("1"), false, ""},
		"of 200":                         {text(strings.Repeat("长", 200)), false, ""},
		"of 201":                         {text(strings.Repeat("长", 201)), false, KeyTooLong},
		"a stranger's of 201":            {text(strings.Repeat("x", 201)), true, KeyTooLong},
	} {
		err := ValidIdempotencyKey(c.key, c.anonymous)
		var e *Error
		switch {
		case c.want == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &e) || e.Code != CodeInvalid || e.Field != "idempotencyKey" || e.Key != c.want:
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
