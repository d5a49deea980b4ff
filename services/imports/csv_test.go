package imports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// theirs is what encoding/csv makes of a text: rows by line, up to the first error.
func theirs(text string) (rows [][]string, lines []int, err error) {
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, lines, nil
		}
		if err != nil {
			return rows, lines, err
		}
		line, _ := in.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
}

func ours(text string) (rows [][]string, lines []int, err error) {
	in, err := newCSVReader(strings.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	for {
		cells, line, err := in.read()
		if errors.Is(err, io.EOF) {
			return rows, lines, nil
		}
		if err != nil {
			return rows, lines, err
		}
		row := make([]string, len(cells))
		for i, cell := range cells {
			row[i] = string(cell)
		}
		rows, lines = append(rows, row), append(lines, line)
	}
}

func compareReaders(t *testing.T, text string) {
	t.Helper()
	wantRows, wantLines, wantErr := theirs(strings.TrimPrefix(text, "\uFEFF"))
	rows, lines, err := ours(text)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%q: error %v, encoding/csv says %v", text, err, wantErr)
	}
	if !slices.EqualFunc(rows, wantRows, slices.Equal) || !slices.Equal(lines, wantLines) {
		t.Fatalf("%q: %q on lines %v, encoding/csv reads %q on lines %v", text, rows, lines, wantRows, wantLines)
	}
}

var csvTexts = []string{
	"", "\n", "\r\n", "a", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "\uFEFFa,b\n1,2", "a\n\n\nb\n", "\"a\nb\",c\nd,e\n", "\"a\r\nb\",c\r\n",
	"\"a\"\"b\",\"\"\n", "a\"b\n", "\"a\"b\n", "\"a", "\"a\n\n", "a,\n,\n", ",", "\"\"", "a\r", "\"a\"\r", "a\rb\n", "\r", "\r\r\n",
	strings.Repeat("x", 70<<10) + ",y\nz,w\n", "\"" + strings.Repeat("x\n", 40<<10) + "\",y\n",
}

func TestCSVIsReadAsEncodingCSVDoes(t *testing.T) {
	t.Parallel()
	for _, text := range csvTexts {
		compareReaders(t, text)
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range csvTexts[:len(csvTexts)-2] {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { compareReaders(t, text) })
}

func TestReadingGoesOnBehindABadRow(t *testing.T) {
	t.Parallel()
	in, err := newCSVReader(strings.NewReader("a,b\nx\"y,1\n\"p\"q,2\nc,d\n"))
	if err != nil {
		t.Fatal(err)
	}
	var read []string
	for {
		cells, _, err := in.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			read = append(read, "bad")
			continue
		}
		read = append(read, string(bytes.Join(cells, []byte("|"))))
	}
	if want := []string{"a|b", "bad", "bad", "c|d"}; !slices.Equal(read, want) {
		t.Errorf("read %q, want %q", read, want)
	}
}

func TestAQuoteThatIsNeverClosedIsBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\"" + strings.Repeat("x\n", maxRecord), strings.Repeat("x", 2*maxRecord)} {
		in, err := newCSVReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := in.read(); !errors.Is(err, errRecordTooLong) {
			t.Errorf("%v", err)
		}
		if n := cap(in.cells) + cap(in.long); n > 4*maxRecord {
			t.Errorf("%d bytes held", n)
		}
	}
}
