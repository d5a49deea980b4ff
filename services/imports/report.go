package imports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MaxFaults is how many faults a report lists; the rest are counted.
const MaxFaults = 1000

// Kind is what is wrong with a cell, a row or a file.
type Kind string

// The kinds of fault. Their sentences are in the message catalogue.
const (
	MissingFile       Kind = "MISSING_FILE"
	MissingColumn     Kind = "MISSING_COLUMN"
	UnknownColumn     Kind = "UNKNOWN_COLUMN"
	DuplicateColumn   Kind = "DUPLICATE_COLUMN"
	WrongFieldCount   Kind = "WRONG_FIELD_COUNT" // the value is how many cells there are
	BadCSV            Kind = "BAD_CSV"
	OpenQuote         Kind = "OPEN_QUOTE"   // it has drawn the rows behind it into its cell
	RowTooLong        Kind = "ROW_TOO_LONG" // nothing behind it has been read
	BadEncoding       Kind = "BAD_ENCODING" // not UTF-8, or the trace of a text that was not
	ControlCharacter  Kind = "CONTROL_CHARACTER"
	MissingValue      Kind = "MISSING_VALUE"
	TooLong           Kind = "TOO_LONG"
	UnknownWord       Kind = "UNKNOWN_WORD"
	BadNumber         Kind = "BAD_NUMBER"
	OutOfRange        Kind = "OUT_OF_RANGE"
	BadTime           Kind = "BAD_TIME"
	ImpossibleTime    Kind = "IMPOSSIBLE_TIME"
	DuplicateID       Kind = "DUPLICATE_ID"
	DanglingReference Kind = "DANGLING_REFERENCE"
	Cycle             Kind = "CYCLE"
	Changed           Kind = "CHANGED"             // a rating, review or deed is there with other values
	YearSealed        Kind = "YEAR_SEALED"         // its day is sealed, or its year's key is destroyed
	DependsOnRejected Kind = "DEPENDS_ON_REJECTED" // only where bad rows are skipped
)

// fatal says that the fault is not one of a row, or hides the rows behind it: nothing can be skipped.
func (k Kind) fatal() bool {
	switch k {
	case MissingFile, MissingColumn, DuplicateColumn, OpenQuote, RowTooLong:
		return true
	}
	return false
}

// Fault is one thing wrong with a folder.
type Fault struct {
	File   string
	Line   int // where the row begins, the header being line 1; 0: the whole file
	Column string
	Value  string // shortened, and made UTF-8
	Kind   Kind
}

// Error says it in English; the message catalogue knows the kinds in all languages.
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	b.WriteString(": ")
	if f.Column != "" {
		b.WriteString(f.Column + ": ")
	}
	b.WriteString(strings.ToLower(strings.ReplaceAll(string(f.Kind), "_", " ")))
	if f.Value != "" {
		fmt.Fprintf(&b, " %q", f.Value)
	}
	return b.String()
}

// FileReport counts a file's rows. Postings that officials.csv implies and
// positions count nowhere.
type FileReport struct {
	Name      string
	Read      int64 // rows without the header
	Inserted  int64
	Updated   int64
	Unchanged int64
	Rejected  int64 // rows with a fault
	Kept      int64 // of the unchanged: left out, since their case has lived on here
}

// Report is what an import found and did.
type Report struct {
	Files      []FileReport // in the order of the format, those that were there
	Faults     []Fault      // in the order of the format, of lines and of columns; at most [MaxFaults]
	FaultCount int
	Notices    []Notice
	Imported   bool   // whether anything was allowed to be written
	Digest     string // SHA-256 of the files' names and contents, in hexadecimal
	Rejected   string // where the rejected rows were written; empty: nowhere
}

// place is a row: its file's number in the format, and its line. Rows that come
// from a rejected.csv carry the line there.
type place struct {
	file uint8
	line int32
}

// reason is one fault of a row that is to be rejected.
type reason struct {
	column int8 // number in the format; -1: the row as a whole
	kind   Kind
}

// faults gathers what is wrong. It grows with the rows that are rejected: about
// 100 bytes for each.
type faults struct {
	list     []listed
	count    int
	fatal    bool
	rejected map[place][]reason
}

// listed is a fault with its column's number, by which it is sorted.
type listed struct {
	Fault
	column int
}

func newFaults() *faults { return &faults{rejected: map[place][]reason{}} }

// add notes a fault. at says which row is to be rejected for it; a header's or a
// whole file's fault rejects none.
func (f *faults) add(at place, column int, fault Fault) {
	f.count++
	f.fatal = f.fatal || fault.Kind.fatal()
	if at.line > 1 {
		f.rejected[at] = append(f.rejected[at], reason{int8(column), fault.Kind})
	}
	f.list = append(f.list, listed{fault, column})
	if len(f.list) >= 4*MaxFaults {
		f.cut()
	}
}

// cut keeps the faults that come first.
func (f *faults) cut() {
	slices.SortStableFunc(f.list, func(a, b listed) int {
		return cmp.Or(cmp.Compare(rank(a.File), rank(b.File)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.column, b.column))
	})
	f.list = f.list[:min(len(f.list), MaxFaults)]
}

// first returns the faults that come first, at most MaxFaults.
func (f *faults) first() []Fault {
	f.cut()
	out := make([]Fault, len(f.list))
	for i, l := range f.list {
		out[i] = l.Fault
	}
	return out
}

// perFile counts the rejected rows of each file.
func (f *faults) perFile() [len(format)]int64 {
	var n [len(format)]int64
	for at := range f.rejected {
		n[at.file]++
	}
	return n
}
