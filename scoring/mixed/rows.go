package mixed

import "slices"

// row is what tells one row from another, and what it says.
type row struct {
	outer, inner, combo int32
	w, y                float64 // y less shift
}

func (r *row) sameRun(o *row) bool { return r.outer == o.outer && r.inner == o.inner }

// free says that nothing that the row has is absorbed.
func (r *row) free() bool { return r.outer == None && r.inner == None }

// summed is a stretch of the rows, sorted by what is absorbed and summed where
// nothing tells them apart. See layout for the fields.
type summed struct {
	combo                  []int32
	w, wy                  []float64
	runStart, runLevel     []int32
	runW                   []float64
	blockStart, blockLevel []int32
	comboWeight            []float64
	within                 float64

	keys   []uint64 // scratch of sortRun
	sorted []row    // the same
}

const (
	// chunkCount is into how many tasks the rows are cut. Each has its own sums, so
	// that more of them cost memory and time where there are few CPUs.
	chunkCount = 4
	// chunkRows is the least number of rows of a task.
	chunkRows = 1 << 13
	// readAhead is how many rows are fetched at a time: they lie far apart.
	readAhead = 1 << 11
)

// sumRows sorts the rows by what is absorbed, sums those that nothing tells apart,
// and marks runs, blocks and chunks.
func (l *layout) sumRows(cs *combos) {
	order := l.sorted(cs)
	cut := l.cut(order)
	l.combo, l.w, l.wy = make([]int32, len(order)), make([]float64, len(order)), make([]float64, len(order))
	parts := make([]summed, len(cut)-1)
	parallel(len(parts), func(t int) {
		from, to := cut[t], cut[t+1]
		parts[t] = summed{combo: l.combo[from:from:to], w: l.w[from:from:to], wy: l.wy[from:from:to], comboWeight: make([]float64, cs.count)}
		l.sumPart(cs, order[from:to], &parts[t])
	})
	l.join(parts)
}

// sorted gives the rows of positive weight by outer and inner level, None first, and
// among the rows with neither by combination.
func (l *layout) sorted(cs *combos) []int32 {
	order := make([]int32, 0, len(cs.of))
	for i, c := range cs.of {
		if c >= 0 {
			order = append(order, int32(i))
		}
	}
	for _, k := range []int{l.inner, l.outer} {
		if k >= 0 {
			order = countingSort(order, l.p.Random[k].Index, l.p.Random[k].Levels)
		}
	}
	free := 0
	for free < len(order) && l.levelOf(l.outer, order[free]) == None && l.levelOf(l.inner, order[free]) == None {
		free++
	}
	copy(order, countingSort(order[:free], cs.of, cs.count))
	return order
}

func (l *layout) levelOf(factor int, row int32) int32 {
	if factor < 0 {
		return None
	}
	return l.p.Random[factor].Index[row]
}

// countingSort sorts row numbers by key[row] in -1 … levels-1 and keeps the order of equals.
func countingSort(order, key []int32, levels int) []int32 {
	if len(order) == 0 {
		return nil
	}
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

// cut finds the borders of the chunks: about as many rows each, and no level of the
// outer factor in two.
func (l *layout) cut(order []int32) []int {
	cut := []int{0}
	b := borders(len(order), chunkCount, chunkRows)
	for _, at := range b[1 : len(b)-1] {
		for at < len(order) && !l.apart(order[at-1], order[at]) {
			at++
		}
		if at > cut[len(cut)-1] && at < len(order) {
			cut = append(cut, at)
		}
	}
	return append(cut, len(order))
}

// apart says whether two rows that follow one another may lie in different blocks.
func (l *layout) apart(a, b int32) bool {
	outer := l.levelOf(l.outer, b)
	return outer != l.levelOf(l.outer, a) || outer == None && (l.levelOf(l.inner, b) == None || l.levelOf(l.inner, a) != l.levelOf(l.inner, b))
}

// sumPart sums one chunk's rows.
func (l *layout) sumPart(cs *combos, order []int32, part *summed) {
	var rows []row
	for len(order) > 0 {
		n := min(readAhead, len(order))
		for _, r := range order[:n] {
			w := l.p.weight(int(r))
			rows = append(rows, row{outer: l.levelOf(l.outer, r), inner: l.levelOf(l.inner, r), combo: cs.of[r], w: w, y: l.p.Y[r] - l.shift})
		}
		order = order[n:]
		done := len(rows)
		if len(order) > 0 {
			done = wholeRuns(rows)
		}
		part.addRuns(rows[:done])
		rows = append(rows[:0], rows[done:]...)
	}
	// By themselves: these places lie far apart, and many are fetched at a time.
	for i, c := range part.combo {
		part.comboWeight[c] += part.w[i]
	}
}

// wholeRuns is how many of the rows belong to runs that end among them. Free rows
// may be parted anywhere.
func wholeRuns(rows []row) int {
	last := len(rows) - 1
	if rows[last].free() {
		return len(rows)
	}
	for last > 0 && rows[last-1].sameRun(&rows[last]) {
		last--
	}
	return last
}

func (s *summed) addRuns(rows []row) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].sameRun(&rows[0]) {
			n++
		}
		s.addRun(rows[:n])
		rows = rows[n:]
	}
}

// addRun sums the rows of a run by combination. A run without outer level is a block
// of its own.
func (s *summed) addRun(rows []row) {
	if len(rows) > 1 && !rows[0].free() {
		rows = s.sortRun(rows)
	}
	outer := rows[0].outer
	if n := len(s.blockLevel); n == 0 || outer == None || s.blockLevel[n-1] != outer {
		s.blockStart = append(s.blockStart, int32(len(s.runStart)))
		s.blockLevel = append(s.blockLevel, outer)
	}
	s.runStart = append(s.runStart, int32(len(s.w)))
	s.runLevel = append(s.runLevel, rows[0].inner)
	total := 0.0
	for len(rows) > 0 {
		n, w, wy := 1, rows[0].w, float64(rows[0].w*rows[0].y)
		for ; n < len(rows) && rows[n].combo == rows[0].combo; n++ {
			w += rows[n].w
			wy += float64(rows[n].w * rows[n].y)
		}
		if n > 1 {
			s.within += spread(rows[:n], wy/w)
		}
		s.combo = append(s.combo, rows[0].combo)
		s.w = append(s.w, w)
		s.wy = append(s.wy, wy)
		total += w
		rows = rows[n:]
	}
	s.runW = append(s.runW, total)
}

// sortRun sorts rows by combination, in place or not, and keeps the order of equals. What
// it returns lasts until the next call.
func (s *summed) sortRun(rows []row) []row {
	if len(rows) < 16 { // nearly all
		for i := 1; i < len(rows); i++ {
			for j := i; j > 0 && rows[j].combo < rows[j-1].combo; j-- {
				rows[j], rows[j-1] = rows[j-1], rows[j]
			}
		}
		return rows
	}
	s.keys = s.keys[:0]
	for i := range rows {
		s.keys = append(s.keys, uint64(rows[i].combo)<<32|uint64(i))
	}
	slices.Sort(s.keys)
	s.sorted = s.sorted[:0]
	for _, k := range s.keys {
		s.sorted = append(s.sorted, rows[uint32(k)])
	}
	return s.sorted
}

// spread is Σ w (y − mean)².
func spread(rows []row, mean float64) float64 {
	s := 0.0
	for i := range rows {
		d := rows[i].y - mean
		s += float64(float64(rows[i].w*d) * d)
	}
	return s
}

// join puts the chunks behind one another. Their rows lie in the layout's columns
// already, with gaps where rows were summed.
func (l *layout) join(parts []summed) {
	rows, runs, blocks := 0, 0, 0
	for i := range parts {
		runs += len(parts[i].runW)
		blocks += len(parts[i].blockLevel)
	}
	l.runStart, l.runLevel, l.runW = make([]int32, 0, runs+1), make([]int32, 0, runs), make([]float64, 0, runs)
	l.blockStart, l.blockLevel = make([]int32, 0, blocks+1), make([]int32, 0, blocks)
	l.comboWeight = parts[0].comboWeight
	l.chunks = []int{0}
	for t := range parts {
		p := &parts[t]
		for i := range p.runStart {
			p.runStart[i] += int32(rows)
		}
		for i := range p.blockStart {
			p.blockStart[i] += int32(len(l.runW))
		}
		if t > 0 {
			for c, w := range p.comboWeight {
				l.comboWeight[c] += w
			}
		}
		copy(l.combo[rows:], p.combo)
		copy(l.w[rows:], p.w)
		copy(l.wy[rows:], p.wy)
		rows += len(p.w)
		l.runStart, l.runLevel, l.runW = append(l.runStart, p.runStart...), append(l.runLevel, p.runLevel...), append(l.runW, p.runW...)
		l.blockStart, l.blockLevel = append(l.blockStart, p.blockStart...), append(l.blockLevel, p.blockLevel...)
		l.within += p.within
		l.chunks = append(l.chunks, len(l.blockLevel))
		*p = summed{}
	}
	l.runStart = append(l.runStart, int32(rows))
	l.combo, l.w, l.wy = l.combo[:rows], l.w[:rows], l.wy[:rows]
	if rows < cap(l.w)/2 {
		l.combo, l.w, l.wy = slices.Clone(l.combo), slices.Clone(l.w), slices.Clone(l.wy)
	}
	l.blockStart = append(l.blockStart, int32(len(l.runW)))
}
