package imports

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxRecord bounds a row, so that a quote that is never closed does not draw the
// rest of the file into memory.
const maxRecord = 1 << 20

// What can be wrong with a row before its cells are looked at. Reading goes on
// behind all but errRecordTooLong; behind errOpenQuote rows have been passed over.
var (
	errQuotes        = errors.New("a quote that opens or closes nothing")
	errOpenQuote     = errors.New("a quote that is not closed as it should be on its line or on those that follow")
	errRecordTooLong = errors.New("a row of more than 1 MiB")
)

// csvReader reads RFC 4180 as encoding/csv does: line ends of either kind, empty
// lines passed over, a byte order mark too. It differs in that it bounds a row,
// allocates nothing for it, and goes on behind a bad one.
type csvReader struct {
	in    *bufio.Reader
	line  int // of the last line read
	long  []byte
	cells []byte // all cells of the row, one behind the other
	ends  []int
	row   [][]byte
}

func newCSVReader(in io.Reader) (*csvReader, error) {
	r := &csvReader{in: bufio.NewReaderSize(in, 64<<10)}
	mark, err := r.in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		_, err = r.in.Discard(3)
		return r, err
	}
	return r, nil
}

// read returns the next row's cells, which hold until the next call, and the line
// on which it begins. At the end it returns io.EOF.
func (r *csvReader) read() (row [][]byte, line int, err error) {
	for {
		text, err := r.readLine()
		if errors.Is(err, errRecordTooLong) {
			return nil, r.line + 1, err
		}
		if err != nil {
			return nil, r.line, err
		}
		if len(text) == 1 && text[0] == '\n' || len(text) == 0 {
			continue
		}
		line = r.line
		r.cells, r.ends = r.cells[:0], r.ends[:0]
		if err := r.split(text); err != nil {
			if errors.Is(err, errQuotes) && r.line > line {
				err = errOpenQuote
			}
			return nil, line, err
		}
		r.row = r.row[:0]
		start := 0
		for _, end := range r.ends {
			r.row = append(r.row, r.cells[start:end:end])
			start = end
		}
		return r.row, line, nil
	}
}

// readLine returns a line with its end, which is always \n but may be missing on
// the last.
func (r *csvReader) readLine() ([]byte, error) {
	text, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = append(r.long[:0], text...)
		for errors.Is(err, bufio.ErrBufferFull) {
			text, err = r.in.ReadSlice('\n')
			r.long = append(r.long, text...)
			if len(r.long) > maxRecord {
				return nil, errRecordTooLong
			}
		}
		text = r.long
	}
	if len(text) > 0 && errors.Is(err, io.EOF) {
		err = nil
		if text[len(text)-1] == '\r' {
			text = text[:len(text)-1]
		}
	}
	if err != nil {
		return nil, err
	}
	r.line++
	if n := len(text); n >= 2 && text[n-2] == '\r' && text[n-1] == '\n' {
		text[n-2] = '\n'
		text = text[:n-1]
	}
	return text, nil
}

// split cuts a line into cells and reads further lines where a quoted cell goes on.
func (r *csvReader) split(text []byte) error {
	for {
		if len(text) == 0 || text[0] != '"' {
			cell, rest, more := bytes.Cut(text, []byte{','})
			if !more {
				cell = bytes.TrimSuffix(cell, []byte{'\n'})
			}
			if bytes.IndexByte(cell, '"') >= 0 {
				return errQuotes
			}
			r.end(cell)
			if !more {
				return nil
			}
			text = rest
			continue
		}
		rest, more, err := r.quoted(text[1:])
		if err != nil || !more {
			return err
		}
		text = rest
	}
}

// quoted reads a cell behind its opening quote, and says whether another follows.
func (r *csvReader) quoted(text []byte) (rest []byte, more bool, err error) {
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			r.cells = append(r.cells, text...)
			if len(r.cells) > maxRecord {
				return nil, false, errRecordTooLong
			}
			if text, err = r.readLine(); errors.Is(err, io.EOF) {
				return nil, false, errQuotes
			} else if err != nil {
				return nil, false, err
			}
			continue
		}
		r.cells = append(r.cells, text[:i]...)
		text = text[i+1:]
		switch {
		case len(text) > 0 && text[0] == '"':
			r.cells = append(r.cells, '"')
			text = text[1:]
		case len(text) > 0 && text[0] == ',':
			r.end(nil)
			return text[1:], true, nil
		case len(text) == 0 || text[0] == '\n':
			r.end(nil)
			return nil, false, nil
		default:
			return nil, false, errQuotes
		}
	}
}

// end closes a cell.
func (r *csvReader) end(cell []byte) {
	r.cells = append(r.cells, cell...)
	r.ends = append(r.ends, len(r.cells))
}
