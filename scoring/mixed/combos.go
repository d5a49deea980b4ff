package mixed

import (
	"math"
	"slices"
)

// combos numbers the distinct combinations of several columns among the rows of
// positive weight. Rows with the same number have the same entry in each column;
// the numbers follow the order of the columns' entries, not that of the rows.
type combos struct {
	of    []int32 // by row; -1 where the weight is 0
	count int
}

func newCombos(p *Problem) *combos {
	c := &combos{of: make([]int32, len(p.Y)), count: 1}
	for i, w := range p.Weight {
		if w == 0 {
			c.of[i] = -1
		}
	}
	return c
}

// refine splits the combinations by another column with entries -1 … levels-1.
func (c *combos) refine(index []int32, levels int) {
	width := levels + 1
	if size := int64(c.count) * int64(width); size <= max(1<<22, 4*int64(len(c.of))) {
		c.refineByTable(index, width)
		return
	}
	keys := make([]uint64, 0, len(c.of))
	key := func(i int) uint64 { return uint64(c.of[i])*uint64(width) + uint64(index[i]+1) }
	for i, o := range c.of {
		if o >= 0 {
			keys = append(keys, key(i))
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i, o := range c.of {
		if o >= 0 {
			at, _ := slices.BinarySearch(keys, key(i))
			c.of[i] = int32(at)
		}
	}
	c.count = len(keys)
}

func (c *combos) refineByTable(index []int32, width int) {
	table := make([]int32, c.count*width)
	b := borders(len(c.of), 64, 1<<14)
	for i, o := range c.of {
		if o >= 0 {
			table[int(o)*width+int(index[i])+1] = 1
		}
	}
	next := int32(0)
	for k, seen := range table {
		if seen == 1 {
			table[k] = next
			next++
		}
	}
	parallel(len(b)-1, func(t int) {
		for i := b[t]; i < b[t+1]; i++ {
			if o := c.of[i]; o >= 0 {
				c.of[i] = table[int(o)*width+int(index[i])+1]
			}
		}
	})
	c.count = int(next)
}

// refineByValue splits the combinations by a numeric column.
func (c *combos) refineByValue(x []float64) {
	values := slices.Clone(x)
	for i, v := range values {
		values[i] = v + 0 // −0 and 0 are one value
	}
	slices.Sort(values)
	values = slices.Compact(values)
	index := make([]int32, len(x))
	for i, v := range x {
		at, _ := slices.BinarySearch(values, v)
		index[i] = int32(at)
	}
	c.refine(index, len(values))
}

// sparse is a matrix by rows.
type sparse struct {
	start []int32
	col   []int32
	val   []float64
}

// newSparse is a matrix without rows yet, with room for so many and for their entries.
func newSparse(rows, entries int) sparse {
	return sparse{start: make([]int32, 1, rows+1), col: make([]int32, 0, entries), val: make([]float64, 0, entries)}
}

func (m *sparse) row(i int32) ([]int32, []float64) {
	a, b := m.start[i], m.start[i+1]
	return m.col[a:b], m.val[a:b]
}

func (m *sparse) add(col int32, val float64) {
	m.col = append(m.col, col)
	m.val = append(m.val, val)
}

func (m *sparse) endRow() { m.start = append(m.start, int32(len(m.col))) }

// fixedPart is the coding of the fixed effects: which parameter has which column.
type fixedPart struct {
	column   [][]int32 // by fixed factor and level: active column, reference or aliased
	slope    []int32   // by covariate: active column or aliased
	centre   []float64 // by covariate: its weighted mean
	scale    []float64 // by covariate: its weighted standard deviation
	active   int       // number of active columns
	ofColumn []int32   // by raw column: active column or aliased
}

// Entries of fixedPart's columns that are not columns.
const (
	reference int32 = -1
	aliased   int32 = -2
)

// maxFixed is how many fixed parameters with rows a problem may have: their
// cross-product matrix is dense.
const maxFixed = 6000

// codeFixed finds the estimable parameters. rows has one line a combination in
// raw columns, weight its total weight. Columns are taken in order; one that
// depends on those before it is aliased.
func codeFixed(raw *sparse, weight []float64, columns int) []int32 {
	xx := newSquare(columns)
	for c, w := range weight {
		cols, vals := raw.row(int32(c))
		for a, i := range cols {
			for b, j := range cols[:a+1] {
				xx.a[int(max(i, j))*columns+int(min(i, j))] += float64(float64(w*vals[a]) * vals[b])
			}
		}
	}
	scale := make([]float64, columns)
	for i := range scale {
		if d := xx.a[i*columns+i]; d > 0 {
			scale[i] = 1 / math.Sqrt(d)
		}
	}
	active := make([]int32, columns)
	next := int32(0)
	for i := range columns {
		ri := xx.row(i)
		for j := range i {
			if active[j] < 0 {
				ri[j] = 0
				continue
			}
			rj := xx.row(j)
			ri[j] = (float64(float64(ri[j]*scale[i])*scale[j]) - dot(ri[:j], rj[:j])) / rj[j]
		}
		if d := 1 - dot(ri[:i], ri[:i]); scale[i] == 0 || d < 1e-9 {
			active[i] = aliased
			continue
		} else {
			ri[i] = math.Sqrt(d)
		}
		active[i] = next
		next++
	}
	return active
}
