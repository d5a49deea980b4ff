package ratings

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"steelyard/models"
)

// MaxLines bounds what is recorded in one go: a day at a busy counter.
const MaxLines = 1000

// Line is an encounter as a list has it: texts, and external ids of what it names.
type Line struct {
	Line       int    // in the file, the header being line 1; of a list its place from 1
	Official   string // external id; empty: the actor
	Service    string // external id
	Channel    string
	OccurredAt string // RFC 3339; empty: now
	Resident   string // hashed and not kept; empty: unknown
	Ref        string // the encounter's external id; empty: made
	Adverse    string // YES: the official had to decide against the resident; NO or empty: not
}

// columns are the columns of a CSV file; the first two are needed. They are named as
// in an import where that has them.
var columns = map[string]func(l *Line) *string{
	"service_id":   func(l *Line) *string { return &l.Service },
	"channel":      func(l *Line) *string { return &l.Channel },
	"official_id":  func(l *Line) *string { return &l.Official },
	"occurred_at":  func(l *Line) *string { return &l.OccurredAt },
	"resident_ref": func(l *Line) *string { return &l.Resident },
	"id":           func(l *Line) *string { return &l.Ref },
	"adverse":      func(l *Line) *string { return &l.Adverse },
}

// ParseLines reads a CSV file with a header, in UTF-8 with or without a byte order
// mark, or in GB18030 as spreadsheets on Chinese systems save it. Empty lines are
// passed over. The field named is what an error is about.
func ParseLines(field string, raw []byte) ([]Line, error) {
	text, err := decode(raw)
	if err != nil {
		return nil, models.Invalid(field, models.KeyNotText)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = 0, true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, models.Invalid(field, models.KeyRequired)
	}
	if err != nil {
		return nil, badCSV(field, r, err)
	}
	header = slices.Clone(header)
	if wrong := wrongColumns(header); len(wrong) > 0 {
		return nil, models.Invalid(field, models.KeyColumnMissing, strings.Join(wrong, ", "))
	}
	var lines []Line
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) && lines == nil {
			return nil, models.Invalid(field, models.KeyRequired)
		}
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, badCSV(field, r, err)
		}
		if len(lines) == MaxLines {
			return nil, models.Invalid(field, models.KeyTooLong, strconv.Itoa(MaxLines), strconv.Itoa(MaxLines+1)+"+")
		}
		l := Line{}
		l.Line, _ = r.FieldPos(0)
		for i, cell := range row {
			*columns[header[i]](&l) = strings.TrimSpace(strings.Clone(cell))
		}
		lines = append(lines, l)
	}
}

// wrongColumns are the columns that are missing, unknown or there twice. Names are
// trimmed in place.
func wrongColumns(header []string) []string {
	var wrong []string
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		if columns[header[i]] == nil || slices.Contains(header[:i], header[i]) {
			wrong = append(wrong, header[i])
		}
	}
	for _, needed := range []string{"service_id", "channel"} {
		if !slices.Contains(header, needed) {
			wrong = append(wrong, needed)
		}
	}
	return wrong
}

func badCSV(field string, r *csv.Reader, err error) error {
	line := 1
	if e := (&csv.ParseError{}); errors.As(err, &e) {
		line = e.Line
	} else {
		line, _ = r.FieldPos(0)
	}
	return models.Invalid(field, models.KeyNotCSV, strconv.Itoa(line))
}

// decode returns a file's text. What is neither UTF-8 nor GB18030 is an error.
func decode(raw []byte) (string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", errors.New("neither UTF-8 nor GB18030")
	}
	return string(text), nil
}
