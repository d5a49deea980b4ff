package district_test

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// This file reads an import folder by the letter of the format and knows nothing
// of the generator, so that the two can disagree.

// fault is one thing wrong with a folder. Line counts from 1, the header.
type fault struct {
	file   string
	line   int
	column string
	value  string
	kind   string
}

// column is what the format says of one column.
type column struct {
	required bool
	words    []string // closed list
	number   string   // "level", "count" or "decimal"
	time     bool
	refers   string // file whose ids it names
}

func words(list string) column { return column{words: strings.Fields(list)} }

func (c column) must() column { c.required = true; return c }

var (
	text    = column{}
	moment  = column{time: true}
	count   = column{number: "count"}
	rating  = column{number: "level"}
	yesNo   = words("YES NO")
	channel = words("WINDOW ONLINE PHONE HOTLINE HOME_VISIT KIOSK MAIL OTHER").must()
	to      = func(file string) column { return column{refers: file} }
)

// layout is one file: its columns, the columns that make a row unique, and pairs
// of columns of which the second may not be earlier than the first.
type layout struct {
	file    string
	key     []string
	columns map[string]column
	order   [][2]string
}

var format = []layout{
	{"units.csv", []string{"unit_id"}, map[string]column{
		"unit_id": text.must(), "parent_id": to("units.csv"), "name": text.must(),
	}, nil},
	{"officials.csv", []string{"official_id"}, map[string]column{
		"official_id": text.must(), "unit_id": to("units.csv").must(), "name": text.must(), "position": text.must(),
		"active_from": moment, "active_to": moment,
	}, [][2]string{{"active_from", "active_to"}}},
	{"services.csv", []string{"service_id"}, map[string]column{
		"service_id": text.must(), "name": text.must(), "category": text,
	}, nil},
	{"postings.csv", []string{"official_id", "from"}, map[string]column{
		"official_id": to("officials.csv").must(), "unit_id": to("units.csv").must(), "position": text.must(),
		"from": moment.must(), "to": moment,
	}, [][2]string{{"from", "to"}}},
	{"encounters.csv", []string{"encounter_id"}, map[string]column{
		"encounter_id": text.must(), "official_id": to("officials.csv").must(), "service_id": to("services.csv").must(),
		"resident_ref": text, "channel": channel, "occurred_at": moment.must(), "invited": yesNo,
	}, nil},
	{"ratings.csv", []string{"encounter_id"}, map[string]column{
		"encounter_id": to("encounters.csv").must(), "level": rating.must(), "rated_at": moment.must(), "comment": text, "tags": text,
	}, nil},
	{"cases.csv", []string{"case_id"}, map[string]column{
		"case_id": text.must(), "category": text.must(), "official_id": to("officials.csv"), "unit_id": to("units.csv").must(),
		"resident_ref": text, "channel": channel, "opened_at": moment.must(), "due_at": moment, "closed_at": moment,
		"outcome": words("RESOLVED PARTLY_RESOLVED UNRESOLVED REJECTED WITHDRAWN"), "asked": yesNo, "confirmed": yesNo,
		"satisfaction": rating, "transfers": count, "reopened": count, "title": text, "description": text,
	}, [][2]string{{"opened_at", "due_at"}, {"opened_at", "closed_at"}}},
	{"case_events.csv", nil, map[string]column{
		"case_id": to("cases.csv").must(), "at": moment.must(), "kind": words(`SUBMITTED ACCEPTED ASSIGNED TRANSFERRED
			TRANSFER_ACCEPTED TRANSFER_REFUSED PAUSED RESUMED RESOLVED CONFIRMED REOPENED REJECTED WITHDRAWN MEDIATION CLOSED`).must(),
		"from_official_id": to("officials.csv"), "to_official_id": to("officials.csv"), "to_unit_id": to("units.csv"), "note": text,
	}, nil},
	{"reviews.csv", []string{"official_id", "reviewer_ref", "relation", "dimension", "submitted_at"}, map[string]column{
		"official_id": to("officials.csv").must(), "reviewer_ref": text.must(),
		"relation":  words("SUPERIOR PEER SUBORDINATE SELF EXTERNAL").must(),
		"dimension": words("MORALITY ABILITY DILIGENCE ACHIEVEMENT INTEGRITY").must(),
		"score":     rating.must(), "submitted_at": moment.must(),
	}, nil},
	{"deeds.csv", []string{"deed_id"}, map[string]column{
		"deed_id": text.must(), "official_id": to("officials.csv").must(),
		"kind":    words("HOME_VISIT MEDIATION HARDSHIP_SUPPORT MAINTENANCE SAFETY OTHER").must(),
		"done_at": moment.must(), "hours": {number: "decimal"}, "beneficiary_ref": text, "confirmed": yesNo, "title": text,
	}, nil},
	{"achievements.csv", nil, map[string]column{
		"official_id": to("officials.csv").must(), "kind": words("AWARD MEDIA DEMONSTRATION_PROJECT INSPECTION CAMPAIGN").must(),
		"at": moment.must(), "title": text.must(),
	}, nil},
}

// row is a row by column name, with the line on which it stands.
type row struct {
	line  int
	cells map[string]string
}

func (r row) time(column string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, r.cells[column])
	return t, err == nil
}

// folder is an import folder in memory, with its faults in the order of the
// format's files and of their lines.
type folder struct {
	rows   map[string][]row
	ids    map[string]map[string]row // file, id: the first row with it
	faults []fault
}

func (f *folder) report(file string, line int, column, value, kind string) {
	f.faults = append(f.faults, fault{file, line, column, strings.ToValidUTF8(value, "\uFFFD"), kind})
}

func readFolder(t *testing.T, dir string) *folder {
	t.Helper()
	f := &folder{rows: make(map[string][]row), ids: make(map[string]map[string]row)}
	for _, l := range format {
		f.read(t, dir, l)
	}
	for _, l := range format {
		f.checkReferences(l)
		f.checkOrder(l)
	}
	f.checkCycles()
	rank := make(map[string]int)
	for i, l := range format {
		rank[l.file] = i
	}
	slices.SortFunc(f.faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(rank[a.file], rank[b.file]), cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return f
}

func (f *folder) read(t *testing.T, dir string, l layout) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, l.file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	in := csv.NewReader(file)
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		t.Fatalf("%s: %v", l.file, err)
	}
	for _, name := range header {
		if _, known := l.columns[name]; !known {
			f.report(l.file, 1, name, name, "UNKNOWN_COLUMN")
		}
	}
	for name, c := range l.columns {
		if c.required && !slices.Contains(header, name) {
			f.report(l.file, 1, name, "", "MISSING_COLUMN")
		}
	}
	f.ids[l.file] = make(map[string]row)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", l.file, err)
		}
		line, _ := in.FieldPos(0)
		if len(record) != len(header) {
			f.report(l.file, line, "", strconv.Itoa(len(record)), "WRONG_FIELD_COUNT")
			continue
		}
		r := row{line, make(map[string]string, len(header))}
		for i, name := range header {
			r.cells[name] = record[i]
			f.checkCell(l, line, name, record[i])
		}
		f.index(l, r)
	}
}

// index keeps the row and looks for an earlier one with the same key.
func (f *folder) index(l layout, r row) {
	f.rows[l.file] = append(f.rows[l.file], r)
	if l.key == nil {
		return
	}
	parts := make([]string, len(l.key))
	for i, name := range l.key {
		parts[i] = r.cells[name]
	}
	key := strings.Join(parts, "\x00")
	if _, twice := f.ids[l.file][key]; twice {
		f.report(l.file, r.line, l.key[0], parts[0], "DUPLICATE_ID")
		return
	}
	f.ids[l.file][key] = r
}

func (f *folder) checkCell(l layout, line int, name, value string) {
	c := l.columns[name]
	kind := ""
	switch {
	case !utf8.ValidString(value):
		kind = "BAD_ENCODING"
	case value == "" && c.required:
		kind = "MISSING_VALUE"
	case value == "":
	case c.words != nil && !slices.Contains(c.words, value):
		kind = "UNKNOWN_WORD"
	case c.time:
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			kind = "BAD_TIME"
		}
	case c.number != "":
		kind = numberFault(c.number, value)
	}
	if kind != "" {
		f.report(l.file, line, name, value, kind)
	}
}

func numberFault(number, value string) string {
	x, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil, number != "decimal" && x != float64(int(x)):
		return "BAD_NUMBER"
	case x < 0, number == "level" && (x < 1 || x > 5):
		return "OUT_OF_RANGE"
	}
	return ""
}

func (f *folder) checkReferences(l layout) {
	for name, c := range l.columns {
		if c.refers == "" {
			continue
		}
		for _, r := range f.rows[l.file] {
			value := r.cells[name]
			if _, known := f.ids[c.refers][value]; value != "" && !known {
				f.report(l.file, r.line, name, value, "DANGLING_REFERENCE")
			}
		}
	}
}

// checkOrder finds what ended before it began.
func (f *folder) checkOrder(l layout) {
	for _, r := range f.rows[l.file] {
		for _, pair := range l.order {
			f.checkPair(l.file, r, r, pair[0], pair[1])
		}
		switch l.file {
		case "ratings.csv":
			f.checkPair(l.file, f.ids["encounters.csv"][r.cells["encounter_id"]], r, "occurred_at", "rated_at")
		case "case_events.csv":
			f.checkPair(l.file, f.ids["cases.csv"][r.cells["case_id"]], r, "opened_at", "at")
		}
	}
}

func (f *folder) checkPair(file string, first, second row, begin, end string) {
	from, begun := first.time(begin)
	until, ended := second.time(end)
	if begun && ended && until.Before(from) {
		f.report(file, second.line, end, second.cells[end], "IMPOSSIBLE_TIME")
	}
}

// checkCycles climbs from each unit; whoever comes back to it lies on a cycle.
func (f *folder) checkCycles() {
	all := f.ids["units.csv"]
	for _, r := range f.rows["units.csv"] {
		at := r.cells["parent_id"]
		for range len(all) {
			if at == "" || at == r.cells["unit_id"] {
				break
			}
			at = all[at].cells["parent_id"]
		}
		if at != "" && at == r.cells["unit_id"] {
			f.report("units.csv", r.line, "parent_id", r.cells["parent_id"], "CYCLE")
		}
	}
}
