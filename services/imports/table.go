package imports

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// row is one row of a file. Its texts hold until the next row.
type row struct {
	run    *run
	at     place
	values []value // by the columns of the format
	bad    bool
}

// text returns a cell's text, to be kept.
func (w *row) text(column int) string { return string(w.values[column].text) }

// fault notes a fault of one of the row's cells; -1 is the row as a whole.
func (w *row) fault(column int, kind Kind) {
	w.bad = true
	var text []byte
	if column >= 0 {
		text = w.values[column].text
	}
	w.run.fault(w.at, column, text, kind)
}

// layout says where the columns of the format stand in a file.
type layout struct {
	width   int
	cellOf  []int // by the columns of the format; -1: not there
	fileOf  int   // of a rejected.csv: the cell that names the file; -1 otherwise
	extraOf int   // of a rejected.csv: the cell with what did not fit; -1 otherwise
}

// each reads the rows of one file of the format, in the file itself or in a
// rejected.csv. mine says by the raw cells whether a row is to be read now; rows
// that are torn belong to the first reading.
func (r *run) each(f uint8, pass int, mine func(l *layout, cells [][]byte) bool, fn func(*row) error) error {
	name := r.nameOf(f)
	open, there := r.src.open[name]
	if !there {
		if !format[f].absent && pass == 0 && name != RejectedName {
			r.fault(place{file: f}, -1, nil, MissingFile)
		}
		return nil
	}
	in, err := open()
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	meter := &meter{in: in, sum: sha256.New(), name: name, total: r.src.size[name], report: r.opts.Progress}
	err = r.rows(f, pass, meter, mine, fn)
	if err == nil {
		_, err = io.Copy(io.Discard, meter) // behind a row that could not be read
	}
	if err == nil {
		err = r.src.same(name, meter.sum.Sum(nil))
	}
	if err = errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	meter.tell()
	return nil
}

// nameOf is where the rows of a file stand.
func (r *run) nameOf(f uint8) string {
	if _, ok := r.src.open[RejectedName]; ok {
		return RejectedName
	}
	return format[f].name
}

func (r *run) rows(f uint8, pass int, from io.Reader, mine func(*layout, [][]byte) bool, fn func(*row) error) error {
	in, err := newCSVReader(from)
	if err != nil {
		return err
	}
	header, _, err := in.read()
	if err != nil && !errors.Is(err, io.EOF) && !torn(err) {
		return err
	}
	l := r.readHeader(f, pass, header) // without one, every column that is needed is missing
	w := &row{run: r, values: make([]value, len(format[f].columns))}
	for n := 0; ; n++ {
		if n%1024 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		cells, line, err := in.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !torn(err) {
			return err
		}
		w.at, w.bad = place{f, int32(line)}, false
		if err != nil || len(cells) != l.width {
			if pass == 0 && (l.fileOf < 0 || f == 0) {
				w.torn(cells, err)
			}
			if errors.Is(err, errRecordTooLong) {
				return nil // nobody knows where the next row begins
			}
			continue
		}
		if l.fileOf >= 0 && !w.belongs(l, pass, cells) || mine != nil && !mine(l, cells) {
			continue
		}
		r.files[f].Read++
		if w.read(l, cells); l.extraOf >= 0 && len(cells[l.extraOf]) > 0 {
			w.fault(-1, WrongFieldCount)
		}
		if err := fn(w); err != nil {
			return err
		}
	}
}

// torn says whether an error is one of how rows are written, not one of reading.
func torn(err error) bool {
	return errors.Is(err, errQuotes) || errors.Is(err, errOpenQuote) || errors.Is(err, errRecordTooLong)
}

// torn notes a row whose cells cannot be told apart. In a rejected.csv it counts
// for the first file, since nobody knows for which it was.
func (w *row) torn(cells [][]byte, err error) {
	w.run.files[w.at.file].Read++
	switch {
	case errors.Is(err, errRecordTooLong):
		w.run.fault(w.at, -1, nil, RowTooLong)
		return
	case errors.Is(err, errOpenQuote):
		w.run.fault(w.at, -1, nil, OpenQuote)
		return
	case err != nil:
		w.run.fault(w.at, -1, nil, BadCSV)
		return
	}
	w.run.fault(w.at, -1, strconv.AppendInt(nil, int64(len(cells)), 10), WrongFieldCount)
}

// belongs says whether a row of a rejected.csv is one of the file that is being
// read. One that is of none counts for the first.
func (w *row) belongs(l *layout, pass int, cells [][]byte) bool {
	name := cells[l.fileOf]
	if string(name) == format[w.at.file].name {
		return true
	}
	if w.at.file == 0 && pass == 0 && rank(string(name)) == len(format) {
		w.run.files[0].Read++
		w.run.fault(w.at, -1, name, UnknownWord)
	}
	return false
}

// read reads the cells as their columns' types.
func (w *row) read(l *layout, cells [][]byte) {
	for i := range w.values {
		c, v := &format[w.at.file].columns[i], &w.values[i]
		*v = value{}
		if l.cellOf[i] >= 0 {
			v.text = cells[l.cellOf[i]]
		}
		if len(bytes.TrimSpace(v.text)) == 0 {
			v.text = v.text[:0]
			if c.filled && (l.cellOf[i] >= 0 || l.fileOf >= 0) {
				w.fault(i, MissingValue)
			}
			w.bad = w.bad || c.filled // the header's fault is noted where the column is missing
			continue
		}
		if kind := c.read(v.text, v); kind != "" {
			w.fault(i, kind)
			continue
		}
		if v.filled = true; c.happened && v.micros > w.run.ahead {
			w.future(i)
		}
	}
}

// readHeader finds the columns.
func (r *run) readHeader(f uint8, pass int, header [][]byte) *layout {
	columns := format[f].columns
	l := &layout{width: len(header), cellOf: make([]int, len(columns)), fileOf: -1, extraOf: -1}
	for i := range l.cellOf {
		l.cellOf[i] = -1
	}
	rejected := r.nameOf(f) == RejectedName
	report := pass == 0 && (!rejected || f == 0)
	fault := func(name []byte, kind Kind) {
		if report {
			r.headerFault(f, name, kind)
		}
	}
	var unknown [][]byte
	for cell, name := range header {
		i := columnNamed(columns, string(name))
		switch {
		case rejected && string(name) == "file" && l.fileOf < 0:
			l.fileOf = cell
		case rejected && string(name) == extraColumn && l.extraOf < 0:
			l.extraOf = cell
		case !utf8.Valid(name) || bytes.IndexByte(name, 0) >= 0: // as in UTF-16
			fault(name, BadEncoding)
		case i < 0 && !(rejected && ofRejected(string(name))):
			fault(name, UnknownColumn)
			unknown = append(unknown, name)
		case i < 0:
		case l.cellOf[i] >= 0:
			fault(name, DuplicateColumn)
		default:
			l.cellOf[i] = cell
		}
	}
	for i, c := range columns {
		if l.cellOf[i] < 0 && !c.absent && !rejected {
			fault([]byte(c.name), MissingColumn)
		}
	}
	if rejected && l.fileOf < 0 {
		fault([]byte("file"), MissingColumn)
	}
	if report && r.tx != nil {
		for _, name := range unknown {
			r.leaveOut(f, name, l)
		}
	}
	return l
}

func columnNamed(columns []column, name string) int {
	for i := range columns {
		if columns[i].name == name {
			return i
		}
	}
	return -1
}

// headerFault notes a fault of line 1.
func (r *run) headerFault(f uint8, name []byte, kind Kind) {
	fault := Fault{File: r.nameOf(f), Line: 1, Column: shown(name), Kind: kind}
	if kind != MissingColumn {
		fault.Value = fault.Column
	}
	r.found(place{f, 1}, -1, fault)
}

// fault notes a fault of a row, or of a file that has no rows.
func (r *run) fault(at place, column int, value []byte, kind Kind) {
	fault := Fault{File: r.nameOf(at.file), Line: int(at.line), Value: shown(value), Kind: kind}
	if column >= 0 {
		fault.Column = format[at.file].columns[column].name
	}
	r.found(at, column, fault)
}

// found notes a fault. Where a folder is checked while it is loaded, nothing more is written.
func (r *run) found(at place, column int, fault Fault) {
	r.faults.add(at, column, fault)
	if r.atOnce {
		r.tx = nil
	}
}

// maxShown is how many bytes of a value a report shows.
const maxShown = 200

// shown is a value as a report shows it.
func shown(value []byte) string {
	if len(value) > maxShown {
		value = value[:maxShown]
		for len(value) > 0 && !utf8.RuneStart(value[len(value)-1]) {
			value = value[:len(value)-1]
		}
		value = append(value[:max(len(value)-1, 0):max(len(value)-1, 0)], "…"...)
	}
	return strings.ToValidUTF8(string(value), "\uFFFD")
}

// meter counts and hashes what is read.
type meter struct {
	in          io.Reader
	sum         hash.Hash
	name        string
	done, total int64
	told        int64
	report      func(file string, done, total int64)
}

// between is how many bytes are read between two words about the progress.
const between = 1 << 20

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.sum.Write(p[:n])
	if m.done += int64(n); m.done-m.told >= between {
		m.tell()
	}
	return n, err
}

func (m *meter) tell() {
	if m.told = m.done; m.report != nil {
		m.report(m.name, m.done, m.total)
	}
}
