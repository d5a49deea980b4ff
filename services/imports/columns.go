package imports

import (
	"bytes"
	"math"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"steelyard/models"
)

// value is what a cell holds, read as its column's type. An empty cell is the
// zero value: not filled.
type value struct {
	filled bool
	text   []byte  // every type; holds until the next row
	n      int64   // a whole number, or a word's place in its list
	real   float64 // a decimal
	micros int64   // an instant, in microseconds since 1970
}

// columnType reads a filled cell, or says what is wrong with it.
type columnType func(cell []byte, v *value) Kind

// maxRef bounds ids and references.
const maxRef = 200

var (
	ref         = text(maxRef)
	name        = text(models.MaxTitleLength)
	description = text(models.MaxDescriptionLength)
	comment     = text(models.MaxCommentLength)
	answer      = word(models.Answers)
	channel     = word(models.Channels)
)

// text is at most so many characters of valid UTF-8, some of which can be seen, without
// control characters other than line breaks and tabs. U+FFFD stands where a text was damaged before
// it came here, and is not taken for one.
func text(limit int) columnType {
	return func(cell []byte, _ *value) Kind {
		if plain(cell) {
			if len(cell) > limit {
				return TooLong
			}
			return ""
		}
		switch {
		case !utf8.Valid(cell), bytes.ContainsRune(cell, unicode.ReplacementChar):
			return BadEncoding
		case bytes.ContainsFunc(cell, models.ControlCharacter):
			return ControlCharacter
		case models.Blank(string(cell)): // nothing of it could be seen in any list
			return ControlCharacter
		case utf8.RuneCount(cell) > limit:
			return TooLong
		}
		return ""
	}
}

// plain says whether a cell is printable ASCII alone, as nearly all ids are.
func plain(cell []byte) bool {
	for _, b := range cell {
		if b < ' ' || b >= 0x7F {
			return false
		}
	}
	return true
}

// word is one of a closed list.
func word[W ~string](words []W) columnType {
	return func(cell []byte, v *value) Kind {
		for i, w := range words {
			if string(w) == string(cell) {
				v.n = int64(i)
				return ""
			}
		}
		if !utf8.Valid(cell) {
			return BadEncoding
		}
		return UnknownWord
	}
}

// whole is a whole number within bounds.
func whole(low, high int64) columnType {
	return func(cell []byte, v *value) Kind {
		digits := bytes.TrimPrefix(cell, []byte{'-'})
		if len(digits) == 0 || !allDigits(digits) {
			return BadNumber
		}
		n, err := strconv.ParseInt(string(cell), 10, 64)
		if err != nil || n < low || n > high {
			return OutOfRange
		}
		v.n = n
		return ""
	}
}

var (
	level = whole(1, 5)
	count = whole(0, math.MaxInt32) // what the engine counts with
)

// hours is a number of 0 or more, in digits with an optional point.
func hours(cell []byte, v *value) Kind {
	before, after, point := bytes.Cut(bytes.TrimPrefix(cell, []byte{'-'}), []byte{'.'})
	if len(before) == 0 || !allDigits(before) || point && (len(after) == 0 || !allDigits(after)) {
		return BadNumber
	}
	x, err := strconv.ParseFloat(string(cell), 64)
	if err != nil || x < 0 {
		return OutOfRange
	}
	v.real = x + 0 // no negative zero
	return ""
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// The years that have keys, in whatever zone: a time outside is a slip.
var (
	earliest = time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC)
)

// moment is a time as RFC 3339 has it, cut to whole microseconds.
func moment(cell []byte, v *value) Kind {
	// Parse lets an hour of one digit and a comma pass, which RFC 3339 does not.
	if len(cell) < len("2006-01-02T15:04:05Z") || cell[13] != ':' || cell[19] == ',' {
		return BadTime
	}
	t, err := time.Parse(time.RFC3339, string(cell))
	if err != nil {
		return BadTime
	}
	if t.Before(earliest) || t.After(latest) {
		return OutOfRange
	}
	v.micros = t.Truncate(time.Microsecond).UnixMicro()
	return ""
}

// tags are words between semicolons; blank ones are passed over.
func tags(cell []byte, v *value) Kind {
	if kind := text(models.MaxTags*(models.MaxTagLength+2))(cell, v); kind != "" {
		return kind
	}
	list := splitTags(cell)
	if len(list) > models.MaxTags {
		return TooLong
	}
	for _, tag := range list {
		if utf8.RuneCountInString(tag) > models.MaxTagLength {
			return TooLong
		}
	}
	return ""
}

func splitTags(cell []byte) []string {
	list := []string{}
	for part := range bytes.SplitSeq(cell, []byte{';'}) {
		if tag := bytes.TrimSpace(part); len(tag) > 0 {
			list = append(list, string(tag))
		}
	}
	return list
}
