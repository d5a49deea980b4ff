package store

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNormal is how long a normalised statement is at most, in bytes.
const maxNormal = 2000

// Normalised is a statement without anything that could be a value: literals, numbers and
// placeholders are question marks, lists of them are one, comments are gone. What differs
// in values alone has the same text, and nothing in it was told by anybody.
func Normalised(text string) string {
	var out []byte
	for text != "" && len(out) < maxNormal {
		var word string
		word, text = nextToken(text)
		switch {
		case isBlank(word):
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		case isValue(word):
			out = append(withoutComma(out, "?"), '?')
		case word == ")":
			out = withoutRow(append(out, ')'))
		default:
			out = append(out, word...)
		}
	}
	for len(out) > maxNormal {
		_, size := utf8.DecodeLastRune(out)
		out = out[:len(out)-size]
	}
	return strings.TrimRight(string(out), " ")
}

// withoutComma takes what stands at the end away, and a comma behind it: of a list one is
// enough.
func withoutComma(out []byte, what string) []byte {
	list, found := bytes.CutSuffix(bytes.TrimRight(out, " "), []byte(","))
	if !found {
		return out
	}
	if list, found = bytes.CutSuffix(bytes.TrimRight(list, " "), []byte(what)); !found {
		return out
	}
	return list
}

// withoutRow is withoutComma for a row of values that has just ended.
func withoutRow(out []byte) []byte {
	const row = "(?)"
	before, found := bytes.CutSuffix(out, []byte(row))
	if !found {
		return out
	}
	return append(withoutComma(before, row), row...)
}

// KindOf says what a statement does, by its verb; one WITH a table before it does what
// stands behind that table.
func KindOf(text string) StatementKind {
	for depth := 0; text != ""; {
		var word string
		word, text = nextToken(text)
		switch {
		case word == "(":
			depth++
		case word == ")":
			depth--
		case isBlank(word), strings.EqualFold(word, "WITH"):
		case depth == 0:
			if kind, is := verbs[strings.ToUpper(word)]; is {
				return kind
			}
		}
	}
	return StatementOther
}

var verbs = map[string]StatementKind{
	"SELECT": StatementSelect, "INSERT": StatementInsert, "UPDATE": StatementUpdate, "DELETE": StatementDelete, "COPY": StatementCopy,
	"BEGIN": StatementTransaction, "COMMIT": StatementTransaction, "ROLLBACK": StatementTransaction, "SAVEPOINT": StatementTransaction,
	"RELEASE": StatementTransaction,
	"SET":     StatementOther, "PRAGMA": StatementOther, "CREATE": StatementOther, "ALTER": StatementOther, "DROP": StatementOther, "LOCK": StatementOther,
}

// nextToken cuts the next word, literal, comment, run of blanks or single sign off a
// statement.
func nextToken(text string) (token, rest string) {
	at := func(n int) (string, string) { return text[:n], text[n:] }
	switch c := text[0]; {
	case c == '\'':
		return at(quotedEnd(text, '\'', false))
	case c == '"':
		return at(quotedEnd(text, '"', false))
	case (c == 'e' || c == 'E') && strings.HasPrefix(text[1:], "'"):
		return at(1 + quotedEnd(text[1:], '\'', true))
	case strings.HasPrefix(text, "--"):
		return at(endOf(text, "\n"))
	case strings.HasPrefix(text, "/*"):
		return at(endOf(text, "*/"))
	case c == '$' && dollarTag(text) != "":
		tag := dollarTag(text)
		return at(len(tag) + endOf(text[len(tag):], tag))
	case c == '$' || c == '?' || c == '@':
		return at(1 + runOf(text[1:], isWordRune))
	}
	if n := runOf(text, unicode.IsSpace); n > 0 {
		return at(n)
	}
	if n := runOf(text, isWordRune); n > 0 {
		return at(n)
	}
	_, size := utf8.DecodeRuneInString(text)
	return at(size)
}

// isValue says whether a token is a literal, a number or a placeholder.
func isValue(token string) bool {
	c := token[0]
	return c == '\'' || c == '?' || c == '$' || c == '@' || c >= '0' && c <= '9' || len(token) > 1 && (c == 'e' || c == 'E') && token[1] == '\''
}

// isBlank says whether a token is nothing but a gap.
func isBlank(token string) bool {
	r, _ := utf8.DecodeRuneInString(token)
	return unicode.IsSpace(r) || strings.HasPrefix(token, "--") || strings.HasPrefix(token, "/*")
}

func isWordRune(r rune) bool {
	return r == '_' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// runOf is how many bytes at the beginning of a text are of a kind.
func runOf(text string, is func(rune) bool) int {
	for i, r := range text {
		if !is(r) {
			return i
		}
	}
	return len(text)
}

// endOf is where a text ends that an end mark closes.
func endOf(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i + len(mark)
	}
	return len(text)
}

// quotedEnd is where a quoted text ends: a doubled quote stands for itself, and in some an
// escaped one. What is never closed goes on to the end.
func quotedEnd(text string, quote byte, escapes bool) int {
	for i := 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(text)
}

// dollarTag is what opens a text in dollars, such as $body$; empty where none is opened.
func dollarTag(text string) string {
	n := 1 + runOf(text[1:], func(r rune) bool { return r == '_' || unicode.IsLetter(r) })
	if strings.HasPrefix(text[n:], "$") {
		return text[:n+1]
	}
	return ""
}
