package report

import (
	"errors"
	"io"
	"strings"
	"testing"

	"steelyard/models"
)

// noting notes how many rows had been given when something was written.
type noting struct {
	given *int
	at    []int
	bytes int
}

func (n *noting) Write(p []byte) (int, error) {
	n.at, n.bytes = append(n.at, *n.given), n.bytes+len(p)
	return len(p), nil
}

// endless gives so many rows and counts them.
func endless(n int, given *int) Rows {
	row := rows()[0]
	return func(yield func(*Row, error) bool) {
		for range n {
			*given++
			if !yield(&row, nil) {
				return
			}
		}
	}
}

// TestATableIsWrittenAsItsRowsCome: the first line goes out before the second row is asked
// for, and what waits to be written is bounded.
func TestATableIsWrittenAsItsRowsCome(t *testing.T) {
	for _, columns := range [][]string{nil, {"rank"}} {
		given := 0
		w := &noting{given: &given}
		if err := Table(w, columns, endless(100_000, &given)); err != nil {
			t.Fatal(err)
		}
		if w.at[0] != 1 {
			t.Errorf("%v: the first bytes come after %d rows", columns, w.at[0])
		}
		for i := 1; i < len(w.at); i++ {
			if waiting := (w.at[i] - w.at[i-1]) * w.bytes / given; waiting > 2*fileBuffer {
				t.Errorf("%v: %d bytes wait for piece %d", columns, waiting, i)
			}
		}
	}
}

// TestATableThatCannotBeReadBeginsNot: whoever waits for it is told instead.
func TestATableThatCannotBeReadBeginsNot(t *testing.T) {
	broken := errors.New("the database is gone")
	given := 0
	w := &noting{given: &given}
	err := Table(w, nil, func(yield func(*Row, error) bool) { yield(nil, broken) })
	if !errors.Is(err, broken) || w.bytes > 0 {
		t.Errorf("%d bytes, %v", w.bytes, err)
	}
	row := rows()[0]
	err = Table(w, nil, func(yield func(*Row, error) bool) { _ = yield(&row, nil) && yield(nil, broken) })
	if !errors.Is(err, broken) || w.bytes == 0 {
		t.Errorf("later: %d bytes, %v", w.bytes, err)
	}
}

func TestChosenColumnsStandInTheirOrder(t *testing.T) {
	chosen := []string{"rank", "official_name", "composite", "flags"}
	var b strings.Builder
	if err := Table(&b, chosen, All(rows()[:2])); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(b.String(), "\n")
	if first != strings.Join(chosen, ",") || strings.Count(b.String(), "\n") != 3 {
		t.Errorf("the table is %q", b.String())
	}
	var whole, same strings.Builder
	if err := errors.Join(CSV(&whole, All(rows())), Table(&same, strings.Split(contract, ","), All(rows()))); err != nil || whole.String() != same.String() {
		t.Errorf("the contract by its names differs: %v", err)
	}
	r := sample()
	r.Columns = chosen
	f, _ := open(t, english(), r)
	for _, sheet := range f.GetSheetList() {
		grid, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if len(grid) > 0 && len(grid[0]) == len(chosen) {
			if got := strings.Join(grid[0], "|"); got != "rank|name|composite|flags" {
				t.Errorf("%s begins %s", sheet, got)
			}
			return
		}
	}
	t.Error("no sheet has the chosen columns")
}

func TestColumnsAreChecked(t *testing.T) {
	for _, c := range []struct {
		columns []string
		field   string
		key     models.Key
	}{
		{nil, "", ""},
		{ColumnNames(), "", ""},
		{[]string{"rank", "salary"}, "columns.1", models.KeyNotInList},
		{[]string{"rank", "grade", "rank"}, "columns.2", models.KeyAlreadyNamed},
	} {
		err := CheckColumns(c.columns)
		var own *models.Error
		if (c.key != "") != errors.As(err, &own) || own != nil && (own.Field != c.field || own.Key != c.key) {
			t.Errorf("%v: %v", c.columns, err)
		}
	}
}

// TestAWorkbookIsWrittenOnInPieces, each as large as it is good for a connection.
func TestAWorkbookIsWrittenOnInPieces(t *testing.T) {
	given := 0
	w := &noting{given: &given}
	if err := XLSX(w, english(), Report{Rows: endless(3_000, &given)}); err != nil {
		t.Fatal(err)
	}
	if n := w.bytes/fileBuffer + 2; len(w.at) > n {
		t.Errorf("%d bytes go out in %d pieces", w.bytes, len(w.at))
	}
	if err := XLSX(&broken{left: 10}, english(), Report{Rows: endless(100, &given)}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a full disk is told as %v", err)
	}
}
