package imports

import (
	"bytes"
	"cmp"
	"slices"
)

// share is how much of a file is held at a time where its rows are put into
// another order: about 700,000 ratings without comments, in some 200 MB.
const share = 32 << 20

// anonymous is a row that must not lead to a person by its place in a table.
type anonymous interface {
	// order is the print of the row's key, and its line.
	order() (print, int32)
}

// shuffled reads a file of anonymous rows in shares, and hands out each as one
// slice in the order of the rows' prints. Prints are salted anew for each run, so
// the order in which rows reach the database tells nothing of the order in the
// file, and with it nothing of encounters or reviewers. Rows of one key have
// equal prints and stand side by side, by line. The file is read once for every
// share; by are columns that decide to which a row belongs.
func shuffled[T anonymous](r *run, f uint8, by []int, read func(w *row) (T, error), flush func([]T) error) error {
	shares := int(r.src.size[r.nameOf(f)]/share) + 1
	raw := make([][]byte, len(by))
	for pass := range shares {
		mine := func(l *layout, cells [][]byte) bool {
			if shares == 1 {
				return true
			}
			for i, column := range by {
				if raw[i] = nil; l.cellOf[column] >= 0 {
					raw[i] = cells[l.cellOf[column]]
				}
			}
			p := r.print(raw...)
			return int(uint16(p[14])<<8|uint16(p[15]))%shares == pass
		}
		var held []T
		err := r.each(f, pass, mine, func(w *row) error {
			row, err := read(w)
			held = append(held, row)
			return err
		})
		if err != nil {
			return err
		}
		slices.SortFunc(held, func(a, b T) int {
			pa, la := a.order()
			pb, lb := b.order()
			return cmp.Or(bytes.Compare(pa[:], pb[:]), cmp.Compare(la, lb))
		})
		if err := flush(held); err != nil {
			return err
		}
	}
	return nil
}
