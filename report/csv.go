package report

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fileBuffer is how much of a file is gathered before it is written on.
const fileBuffer = 1 << 16

// CSV writes the assessment report as the contract has it: a header, then the rows as
// they come, which is to say in the order of [Compare]. Lines end in LF; numbers have
// two decimals, ranks none, absent cells are empty. It holds one row at a time, writes
// the first on at once, and ends with the error that rows or w give; where the first
// row fails, nothing has been written.
//
// A text that a spreadsheet would take for a formula gets an apostrophe before it.
func CSV(w io.Writer, rows iter.Seq2[*Row, error]) error { return Table(w, nil, rows) }

// Table writes chosen columns as [CSV] writes all of the contract.
func Table(w io.Writer, columns []string, rows iter.Seq2[*Row, error]) error {
	out, chosen := bufio.NewWriterSize(w, fileBuffer), textColumns(columns)
	var line []byte
	write := func(one func(to []byte, c column) []byte) error {
		line = line[:0]
		for i, c := range chosen {
			if i > 0 {
				line = append(line, ',')
			}
			line = one(line, c)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	}
	header := func() error { return write(func(to []byte, c column) []byte { return append(to, c.name...) }) }
	begun := false
	for row, err := range rows {
		if err != nil {
			return err
		}
		if !begun {
			if err := header(); err != nil {
				return err
			}
		}
		if err := write(func(to []byte, c column) []byte { return c.text(to, row) }); err != nil {
			return err
		}
		if !begun { // whoever waits for it sees that it comes
			begun = true
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write report: %w", err)
			}
		}
	}
	if !begun {
		if err := header(); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// All hands out rows that are in memory already.
func All(rows []Row) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// Texts writes a line of texts as RFC 4180 has it, each guarded against being taken for a
// formula.
func Texts(w io.Writer, cells ...string) error {
	var line []byte
	for i, cell := range cells {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendText(line, cell)
	}
	_, err := w.Write(append(line, '\n'))
	return err
}

// appendText writes a cell as RFC 4180 has it, guarded against being taken for a
// formula.
func appendText(to []byte, text string) []byte {
	text = guarded(text)
	if !strings.ContainsAny(text, "\",\r\n") && !strings.HasPrefix(text, " ") && utf8.ValidString(text) {
		return append(to, text...)
	}
	to = append(to, '"')
	to = append(to, strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), `"`, `""`)...)
	return append(to, '"')
}

// guarded puts an apostrophe before a text that a spreadsheet would take for a formula:
// also where the sign is of full width, which Chinese and Japanese ones read as the other,
// or stands behind blanks and characters that nobody sees.
func guarded(text string) string {
	if text == "" {
		return text
	}
	sign, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unseen))
	if strings.ContainsRune("=+-@＝＋－＠", sign) || strings.ContainsRune("\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

// unseen says whether a character leaves no mark where a cell begins.
func unseen(c rune) bool {
	return unicode.IsSpace(c) || unicode.IsControl(c) || unicode.Is(unicode.Cf, c)
}
