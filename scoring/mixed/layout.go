package mixed

import (
	"fmt"
	"math"
)

// layout is a problem made ready to be solved: rows sorted by what is absorbed
// and summed where nothing tells them apart.
//
// A run is a stretch of rows with one level of the inner absorbed factor (or
// without), a block is a stretch of runs with one level of the outer one (or
// without). Either factor may be missing.
type layout struct {
	p     *Problem
	rows  int     // of positive weight, before summing
	logW  float64 // Σ log w over them
	shift float64 // taken off y; given back to the first fixed factor
	// within is Σ w (y − mean)² inside the rows that were summed.
	within float64

	combo []int32 // by row: line of design, the combination of lead and cell
	lead  []int32 // by row: level of the first kept random factor, or their number: none
	cell  []int32 // by row: line of cells, the combination of everything else that is kept
	w, wy []float64

	runStart   []int32 // first row of each run, then the number of rows
	runLevel   []int32 // level of inner, or None
	runW       []float64
	blockStart []int32 // first run of each block, then the number of runs
	blockLevel []int32 // level of outer, or None
	chunks     []int   // borders of blocks that make up one task

	inner, outer int   // absorbed random factors, or -1
	kept         []int // the other random factors
	keptStart    []int // their first columns
	random       int   // columns of random levels
	columns      int   // columns in all: random levels, then active fixed effects

	leads       int       // levels of the first kept random factor
	cells       sparse    // by cell: its columns
	design      sparse    // by combination: its columns
	comboWeight []float64 // by combination: Σ w
	comboLead   []int32   // by combination: as lead
	comboCell   []int32   // by combination: as cell
	fixed       fixedPart
}

// choice is which random factors are absorbed, -1: none.
type choice struct{ inner, outer int }

// choose finds the absorption that leaves the fewest random levels. With
// keepTarget the first factor is not absorbed.
func choose(p *Problem, keepTarget bool) (choice, int) {
	total := 0
	for _, f := range p.Random {
		total += f.Levels
	}
	best, left := choice{-1, -1}, total
	take := func(c choice) {
		l := total
		for _, k := range []int{c.inner, c.outer} {
			if k >= 0 {
				l -= p.Random[k].Levels
			}
		}
		if l < left {
			best, left = c, l
		}
	}
	first := 0
	if keepTarget {
		first = 1
	}
	for k := first; k < len(p.Random); k++ {
		take(choice{-1, k})
		for j := first; j < len(p.Random); j++ {
			if j != k && nested(p, j, k) {
				take(choice{j, k})
			}
		}
	}
	return best, left
}

// nested says whether each level of random factor j meets a single level of k.
func nested(p *Problem, j, k int) bool {
	child, parent := p.Random[j], p.Random[k]
	const unseen = int32(-2)
	of := make([]int32, child.Levels)
	for i := range of {
		of[i] = unseen
	}
	for i, c := range child.Index {
		if c < 0 || (p.Weight != nil && p.Weight[i] == 0) {
			continue
		}
		if of[c] == unseen {
			of[c] = parent.Index[i]
		} else if of[c] != parent.Index[i] {
			return false
		}
	}
	return true
}

func newLayout(p *Problem, c choice) (*layout, error) {
	l := &layout{p: p, inner: c.inner, outer: c.outer}
	for k, f := range p.Random {
		if k != c.inner && k != c.outer {
			l.kept = append(l.kept, k)
			l.keptStart = append(l.keptStart, l.random)
			l.random += f.Levels
		}
	}
	sumW, sumWY := 0.0, 0.0
	for i, y := range p.Y {
		w := p.weight(i)
		if w > 0 {
			l.rows++
			sumW += w
			sumWY += float64(w * y)
			if w != 1 {
				l.logW += math.Log(w)
			}
		}
	}
	if l.rows == 0 {
		return nil, fmt.Errorf("%w: no row has a positive weight", ErrProblem)
	}
	l.shift = sumWY / sumW

	cells, cs := newCombos(p), newCombos(p)
	for i, k := range l.kept {
		if i > 0 {
			cells.refine(p.Random[k].Index, p.Random[k].Levels)
			continue
		}
		l.leads = p.Random[k].Levels
		cs.refine(p.Random[k].Index, p.Random[k].Levels)
	}
	for _, f := range p.Fixed {
		cells.refine(f.Index, f.Levels)
	}
	for _, x := range p.Covariates {
		cells.refineByValue(x)
	}
	cs.refine(cells.of, cells.count)
	l.sumRows(cs, l.sorted(cs))
	if err := l.makeDesign(cs, cells); err != nil {
		return nil, err
	}
	l.splitChunks()
	return l, nil
}

func (p *Problem) weight(i int) float64 {
	if p.Weight == nil {
		return 1
	}
	return p.Weight[i]
}

func (l *layout) levelOf(factor, row int) int32 {
	if factor < 0 {
		return None
	}
	return l.p.Random[factor].Index[row]
}

// sorted gives the rows of positive weight by outer, inner, combination; None
// comes first.
func (l *layout) sorted(cs *combos) []int32 {
	order := make([]int32, 0, l.rows)
	for i, c := range cs.of {
		if c >= 0 {
			order = append(order, int32(i))
		}
	}
	order = countingSort(order, cs.of, cs.count)
	for _, k := range []int{l.inner, l.outer} {
		if k >= 0 {
			order = countingSort(order, l.p.Random[k].Index, l.p.Random[k].Levels)
		}
	}
	return order
}

// countingSort sorts row numbers by key[row] in -1 … levels-1 and keeps the order of equals.
func countingSort(order, key []int32, levels int) []int32 {
	at := make([]int32, levels+2)
	for _, r := range order {
		at[key[r]+2]++
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	out := make([]int32, len(order))
	for _, r := range order {
		k := key[r] + 1
		out[at[k]] = r
		at[k]++
	}
	return out
}

// freeBlock is how many rows without any absorbed level make one block: they do
// not belong together, and blocks are what tasks are cut from.
const freeBlock = 4096

// sumRows sums equal neighbours and marks runs and blocks.
func (l *layout) sumRows(cs *combos, order []int32) {
	l.combo = make([]int32, 0, len(order))
	l.w = make([]float64, 0, len(order))
	l.wy = make([]float64, 0, len(order))
	l.comboWeight = make([]float64, cs.count)
	lastOuter, lastInner := int32(-2), int32(-2)
	inBlock := 0
	for a := 0; a < len(order); {
		r := int(order[a])
		outer, inner, combo := l.levelOf(l.outer, r), l.levelOf(l.inner, r), cs.of[r]
		b := a + 1
		for b < len(order) {
			q := int(order[b])
			if cs.of[q] != combo || l.levelOf(l.inner, q) != inner || l.levelOf(l.outer, q) != outer {
				break
			}
			b++
		}
		newRun := outer != lastOuter || inner != lastInner
		if outer == None && inner == None && inBlock >= freeBlock {
			newRun = true
		}
		if newRun {
			// a run without outer level is a block of its own
			if outer != lastOuter || outer == None {
				l.blockStart = append(l.blockStart, int32(len(l.runStart)))
				l.blockLevel = append(l.blockLevel, outer)
				inBlock = 0
			}
			l.runStart = append(l.runStart, int32(len(l.w)))
			l.runLevel = append(l.runLevel, inner)
			l.runW = append(l.runW, 0)
		}
		w, wy := l.sum(order[a:b])
		l.combo = append(l.combo, combo)
		l.w = append(l.w, w)
		l.wy = append(l.wy, wy)
		l.comboWeight[combo] += w
		l.runW[len(l.runW)-1] += w
		inBlock++
		lastOuter, lastInner = outer, inner
		a = b
	}
	l.blockStart = append(l.blockStart, int32(len(l.runStart)))
	l.runStart = append(l.runStart, int32(len(l.w)))
}

// sum is Σ w and Σ w (y − shift) of rows that nothing tells apart; what they
// differ among themselves is added to within.
func (l *layout) sum(rows []int32) (w, wy float64) {
	for _, r := range rows {
		v := l.p.weight(int(r))
		w += v
		wy += float64(v * (l.p.Y[r] - l.shift))
	}
	if len(rows) > 1 {
		mean := wy / w
		for _, r := range rows {
			d := l.p.Y[r] - l.shift - mean
			l.within += float64(float64(l.p.weight(int(r))*d) * d)
		}
	}
	return w, wy
}

// chunkCount is into how many tasks the rows are cut. Each has its own sums by
// combination, so more of them cost memory and time where there are few CPUs.
const chunkCount = 4

// splitChunks cuts the blocks into tasks of about as many rows.
func (l *layout) splitChunks() {
	blocks := len(l.blockLevel)
	b := borders(len(l.w), chunkCount, 1<<13)
	l.chunks = []int{0}
	next := 1
	for i := range blocks {
		end := int(l.runStart[l.blockStart[i+1]])
		if next < len(b)-1 && end >= b[next] {
			l.chunks = append(l.chunks, i+1)
			for next < len(b)-1 && end >= b[next] {
				next++
			}
		}
	}
	if l.chunks[len(l.chunks)-1] != blocks {
		l.chunks = append(l.chunks, blocks)
	}
}

// makeDesign finds the estimable fixed effects and writes the columns of each
// combination and each cell.
func (l *layout) makeDesign(cs, cells *combos) error {
	p := l.p
	example := make([]int32, cs.count)
	for i, c := range cs.of {
		if c >= 0 {
			example[c] = int32(i)
		}
	}
	raw, rawColumn, rawCount, err := l.rawDesign(example)
	if err != nil {
		return err
	}
	active := codeFixed(raw, l.comboWeight, rawCount)
	l.fixed.column = make([][]int32, len(p.Fixed))
	l.fixed.ofColumn = active
	for f, levels := range rawColumn {
		l.fixed.column[f] = make([]int32, len(levels))
		for v, c := range levels {
			if c >= 0 {
				c = active[c]
			}
			l.fixed.column[f][v] = c
		}
	}
	l.fixed.slope = make([]int32, len(p.Covariates))
	for j := range p.Covariates {
		l.fixed.slope[j] = active[rawCount-len(p.Covariates)+j]
	}
	for _, c := range active {
		if c >= 0 {
			l.fixed.active++
		}
	}
	l.columns = l.random + l.fixed.active
	l.comboLead, l.comboCell = make([]int32, cs.count), make([]int32, cs.count)
	inCell := make([]int32, cells.count) // a combination that has the cell
	l.design.start = make([]int32, 1, cs.count+1)
	for c, r := range example {
		l.comboLead[c], l.comboCell[c] = int32(l.leads), cells.of[r]
		inCell[cells.of[r]] = int32(c)
		if len(l.kept) > 0 {
			if v := p.Random[l.kept[0]].Index[r]; v >= 0 {
				l.comboLead[c] = v
				l.design.add(v, 1)
			}
		}
		l.addCell(&l.design, raw, int32(c), r, active)
	}
	l.cells.start = make([]int32, 1, cells.count+1)
	for _, c := range inCell {
		l.addCell(&l.cells, raw, c, example[c], active)
	}
	l.lead, l.cell = make([]int32, len(l.combo)), make([]int32, len(l.combo))
	for i, c := range l.combo {
		l.lead[i], l.cell[i] = l.comboLead[c], l.comboCell[c]
	}
	return nil
}

// addCell ends a row of d with the columns of a cell: those of the combination c,
// which row r is an example of, without the first kept factor's.
func (l *layout) addCell(d, raw *sparse, c, r int32, active []int32) {
	for k, factor := range l.kept {
		if v := l.p.Random[factor].Index[r]; k > 0 && v >= 0 {
			d.add(int32(l.keptStart[k])+v, 1)
		}
	}
	cols, vals := raw.row(c)
	for i, col := range cols {
		if a := active[col]; a >= 0 {
			d.add(int32(l.random)+a, vals[i])
		}
	}
	d.endRow()
}

// rawDesign codes the fixed effects before the search for dependent columns:
// levels that have rows, the first one of each factor but the first left out,
// then the covariates, centred and scaled.
func (l *layout) rawDesign(example []int32) (raw *sparse, column [][]int32, count int, err error) {
	p := l.p
	column = make([][]int32, len(p.Fixed))
	for f, factor := range p.Fixed {
		column[f] = make([]int32, factor.Levels)
		for v := range column[f] {
			column[f][v] = aliased
		}
		for _, r := range example {
			column[f][factor.Index[r]] = 0
		}
		first := f > 0
		for v, c := range column[f] {
			if c == aliased {
				continue
			}
			if first {
				column[f][v] = reference
				first = false
				continue
			}
			column[f][v] = int32(count)
			count++
		}
	}
	slope := count
	count += len(p.Covariates)
	if count > maxFixed {
		return nil, nil, 0, fmt.Errorf("%w: %d fixed parameters, at most %d are possible", ErrProblem, count, maxFixed)
	}
	l.standardise(example)
	raw = &sparse{start: make([]int32, 1, len(example)+1)}
	for _, r := range example {
		for f, factor := range p.Fixed {
			if c := column[f][factor.Index[r]]; c >= 0 {
				raw.add(c, 1)
			}
		}
		for j, x := range p.Covariates {
			if l.fixed.scale[j] > 0 {
				raw.add(int32(slope+j), (x[r]-l.fixed.centre[j])/l.fixed.scale[j])
			}
		}
		raw.endRow()
	}
	return raw, column, count, nil
}

// standardise finds the covariates' weighted means and standard deviations.
func (l *layout) standardise(example []int32) {
	for _, x := range l.p.Covariates {
		var w, wx, wd float64
		for c, r := range example {
			w += l.comboWeight[c]
			wx += float64(l.comboWeight[c] * x[r])
		}
		mean := wx / w
		for c, r := range example {
			d := x[r] - mean
			wd += float64(float64(l.comboWeight[c]*d) * d)
		}
		l.fixed.centre = append(l.fixed.centre, mean)
		l.fixed.scale = append(l.fixed.scale, math.Sqrt(wd/w))
	}
}
