package imports

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"steelyard/models"
)

// share is how much of a file is held at a time where its rows are put into
// another order: about 900,000 ratings without comments, in some 250 MB.
const share = 32 << 20

// anonymous is a row that must not lead to a person by its place in a table.
type anonymous interface {
	// order is the imprint of the row's key, and its line.
	order() (imprint, int32)
}

// shuffled reads a file of anonymous rows in shares, and hands out each as one
// slice in the order of the rows' imprints. Imprints are salted anew for each run, so
// the order in which rows reach the database tells nothing of the order in the
// file, and with it nothing of encounters or reviewers. Rows of one key have
// equal imprints and stand side by side, by line. The file is read once for every
// share; by are columns that decide to which a row belongs.
func shuffled[T anonymous](r *run, f uint8, by []int, read func(w *row) (T, error), flush func([]T) error) error {
	size := cmp.Or(r.s.share, share)
	shares := int(r.src.size[r.nameOf(f)]/size) + 1
	seed := maphash.MakeSeed()
	for pass := range shares {
		mine := func(l *layout, cells [][]byte) bool {
			if shares == 1 {
				return true
			}
			var sum uint64
			for _, column := range by {
				if l.cellOf[column] >= 0 {
					sum = sum*31 + maphash.Bytes(seed, cells[l.cellOf[column]])
				}
			}
			return int(sum%uint64(shares)) == pass
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

// randomIDs are ids for rows in the order of their imprints, which is as random as theirs:
// ascending, which is the quickest to index.
func randomIDs(n int) []models.ID {
	ids := make([]models.ID, n)
	for i := range ids {
		ids[i] = models.NewRandomID()
	}
	slices.SortFunc(ids, func(a, b models.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}
