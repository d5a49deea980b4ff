package imports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// extraColumn holds, as one line of CSV, the cells of a row that has not as many
// as its header, so that nobody knows which cell is which.
const extraColumn = "extra"

// rejectedColumns stand before the rows' own cells.
var rejectedColumns = []string{"file", "line", "column", "value", "reason"}

// ofRejected says whether a rejected.csv may have a column of that name.
func ofRejected(name string) bool {
	return name == extraColumn || slices.Contains(rejectedColumns, name) || slices.Contains(allColumns(), name)
}

// allColumns are the columns of all files, each name once.
func allColumns() []string {
	var names []string
	for i := range format {
		for _, c := range format[i].columns {
			if !slices.Contains(names, c.name) {
				names = append(names, c.name)
			}
		}
	}
	return names
}

// writeRejected writes the rejected rows beside path and returns what puts the
// file into its place, or takes it away.
func (r *run) writeRejected(path string) (done func(keep bool) error, err error) {
	out, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	done = func(keep bool) error {
		if keep {
			return os.Rename(out.Name(), path)
		}
		return os.Remove(out.Name())
	}
	w := csv.NewWriter(out)
	err = w.Write(slices.Concat(rejectedColumns, allColumns(), []string{extraColumn}))
	for f := range format {
		if err == nil {
			err = r.writeRejectedOf(uint8(f), w)
		}
	}
	w.Flush()
	if err = errors.Join(err, w.Error(), out.Sync(), out.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), done(false))
	}
	return done, nil
}

// writeRejectedOf reads a file once more and copies its rejected rows.
func (r *run) writeRejectedOf(f uint8, out *csv.Writer) (err error) {
	name := r.nameOf(f)
	open, there := r.src.open[name]
	if !there || r.faults.perFile()[f] == 0 {
		return nil
	}
	file, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in, err := newCSVReader(file)
	if err != nil {
		return err
	}
	header, _, err := in.read()
	if err != nil {
		return err
	}
	l := r.readHeader(f, 1, header)
	for {
		cells, line, err := in.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, errQuotes) {
			return err
		}
		at := place{f, int32(line)}
		reasons, rejected := r.faults.rejected[at]
		if !rejected {
			continue
		}
		if err != nil {
			// Its cells cannot be told apart: the original has to be looked at.
			cells = [][]byte{fmt.Appendf(nil, "line %d of %s", line, name)}
		}
		if err := out.Write(rejectedRow(f, line, l, cells, reasons)); err != nil {
			return err
		}
	}
}

func rejectedRow(f uint8, line int, l *layout, cells [][]byte, reasons []reason) []string {
	names := allColumns()
	out := make([]string, len(rejectedColumns)+len(names)+1)
	own := out[len(rejectedColumns) : len(rejectedColumns)+len(names)]
	torn := len(cells) != l.width
	for i, c := range format[f].columns {
		if at := l.cellOf[i]; at >= 0 && !torn {
			own[slices.Index(names, c.name)] = text8(cells[at])
		}
	}
	switch {
	case torn:
		out[len(out)-1] = asLine(cells)
	case l.extraOf >= 0:
		out[len(out)-1] = text8(cells[l.extraOf])
	}
	out[0], out[1] = format[f].name, strconv.Itoa(line)
	var columns, values, kinds []string
	for _, why := range reasons {
		kinds = append(kinds, string(why.kind))
		if why.column >= 0 {
			c := format[f].columns[why.column]
			columns = append(columns, c.name)
			values = append(values, own[slices.Index(names, c.name)])
		}
	}
	out[2], out[3], out[4] = strings.Join(columns, ";"), strings.Join(values, ";"), strings.Join(kinds, ";")
	return out
}

// asLine writes cells as a line of CSV.
func asLine(cells [][]byte) string {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = text8(cell)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(texts); err != nil {
		return strings.Join(texts, ",") // a builder does not fail
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

func text8(cell []byte) string { return strings.ToValidUTF8(string(cell), "\uFFFD") }
