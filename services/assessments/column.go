package assessments

// blockRows is how many rows of a column lie together.
const blockRows = 1 << 16

// column is a list that grows by blocks, so that what it holds is never moved: rows
// come by the million, and nobody knows beforehand how many. The zero value is empty.
type column[T any] struct {
	full [][]T
	last []T
}

func (c *column[T]) add(x T) {
	if len(c.last) == cap(c.last) {
		if len(c.last) > 0 {
			c.full = append(c.full, c.last)
		}
		c.last = make([]T, 0, blockRows)
	}
	c.last = append(c.last, x)
}

func (c *column[T]) len() int { return len(c.full)*blockRows + len(c.last) }

// blocks are the blocks in their order; all but the last hold blockRows.
func (c *column[T]) blocks() [][]T { return append(c.full[:len(c.full):len(c.full)], c.last) }
