package report

import (
	"strings"
	"unicode"
)

// What Chinese typesetting keeps from the beginning of a line, and from its end.
const (
	notFirst = "，。、；：？！）》」』】〕〉］｝”’…—·％‰℃～,.;:?!)]}%"
	notLast  = "（《「『【〔〈［｛“‘([{"
)

// breakLines sets a text in lines of at most a width; measure gives the width of
// a character. Chinese is broken between any two characters, Latin between words
// and within a word alone that is longer than a line. A line that is not a
// paragraph's first begins with none of notFirst, and one that is not its last
// ends with none of notLast, unless nothing else stands on it. Spaces at breaks go.
func breakLines(text string, width float64, measure func(rune) float64) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, breakParagraph([]rune(strings.TrimRightFunc(paragraph, unicode.IsSpace)), width, measure)...)
	}
	return lines
}

func breakParagraph(text []rune, width float64, measure func(rune) float64) []string {
	if len(text) == 0 {
		return []string{""}
	}
	var lines []string
	for len(text) > 0 {
		n := lineEnd(text, width, measure)
		lines = append(lines, strings.TrimRightFunc(string(text[:n]), unicode.IsSpace))
		for n < len(text) && unicode.IsSpace(text[n]) {
			n++
		}
		text = text[n:]
	}
	return lines
}

// lineEnd is how many characters of a text stand on its first line: as many as
// fit, back to where the line may end.
func lineEnd(text []rune, width float64, measure func(rune) float64) int {
	fits, used := 0, 0.0
	for fits < len(text) {
		used += measure(text[fits])
		if used > width && !unicode.IsSpace(text[fits]) {
			break
		}
		fits++
	}
	if fits == len(text) {
		return fits
	}
	fits = max(fits, 1)
	for n := fits; n > 0; n-- {
		if mayBreak(text[n-1], text[n]) {
			return n
		}
	}
	// A word longer than the line is cut, but not before a comma.
	for n := fits; n > 0; n-- {
		if !forbidden(text[n-1], text[n]) && !unicode.IsSpace(text[n]) {
			return n
		}
	}
	return fits
}

// mayBreak says whether a line may end between two characters.
func mayBreak(a, b rune) bool {
	switch {
	case unicode.IsSpace(b):
		return false // it goes with the line before
	case forbidden(a, b):
		return false
	case unicode.IsSpace(a), a == '-', a == '/':
		return true
	}
	return wide(a) || wide(b)
}

func forbidden(a, b rune) bool {
	return strings.ContainsRune(notFirst, b) || strings.ContainsRune(notLast, a)
}

// wide says whether a character is Chinese, or stands among Chinese.
func wide(r rune) bool {
	return r >= 0x2e80 && r <= 0xd7ff || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe4f ||
		r >= 0xff00 && r <= 0xffef || r >= 0x20000
}
