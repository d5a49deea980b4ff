package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// maxSheetName is the longest name of a sheet, in UTF-16 units.
const maxSheetName = 31

// sheetNames gives sheets names that a workbook takes: short enough, without the
// characters that it forbids, each once in whatever case.
type sheetNames map[string]bool

// take returns the name that is nearest to text and free, and keeps it.
func (taken sheetNames) take(text string) string {
	name := sheetName(text, maxSheetName)
	for n := 2; taken[fold(name)]; n++ {
		suffix := fmt.Sprintf(" (%d)", n)
		name = sheetName(text, maxSheetName-len(suffix)) + suffix
	}
	taken[fold(name)] = true
	return name
}

// fold is how a workbook compares names.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// sheetName is text as the name of a sheet, of at most so many UTF-16 units.
func sheetName(text string, most int) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`:\/?*[]`, r):
			return '-'
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, text)
	name = trimSheet(name)
	units := 0
	for i, r := range name {
		if units += max(utf16.RuneLen(r), 1); units > most {
			name = trimSheet(name[:i])
			break
		}
	}
	// "History" is the workbook's own.
	if name == "" || strings.EqualFold(name, "history") {
		return "-" + name
	}
	return name
}

// trimSheet cuts what a name may not begin or end with.
func trimSheet(name string) string {
	return strings.TrimFunc(name, func(r rune) bool { return r == '\'' || unicode.IsSpace(r) })
}
