package mixed

// lanes carries four vectors side by side: one pass over the rows serves all.
type lanes [4]float64

// field is what a vector over the kept columns gives each row, in two parts that
// fit into the caches: that of the first kept factor's level and that of the cell.
// The last entry of lead belongs to rows without such a level; it is 0.
type field struct{ lead, cell []lanes }

// absorbed is a layout at one set of variance ratios λ = σ²_e/σ²_k: the inverse
// of the absorbed part of the equations.
//
// A run p with total weight W_p and a block r have
//
//	g_p = 1/(W_p + λ_inner),  H_r = Σ_p W_p (1 − g_p W_p),  inv_r = 1/(H_r + λ_outer),
//
// and 0 where the run or the block has no level.
type absorbed struct {
	l     *layout
	ratio []float64 // λ by random factor
	g     []float64 // by run
	inv   []float64 // by block

	// first: of what apply gives nobody needs more than the first lane.
	first bool

	given field   // scratch: what the rows are given
	taken []field // scratch: what they give, one for each chunk
}

func newAbsorbed(l *layout) *absorbed {
	return &absorbed{l: l, g: make([]float64, len(l.runLevel)), inv: make([]float64, len(l.blockLevel))}
}

// set brings everything up to date with the ratios. It says whether anything but the
// ratios of what is kept is new.
func (a *absorbed) set(ratio []float64) bool {
	l, was := a.l, a.ratio
	a.ratio = ratio
	same := func(k int) bool { return k < 0 || was[k] == ratio[k] }
	if was != nil && same(l.inner) && same(l.outer) {
		return false
	}
	parallel(len(l.chunks)-1, func(t int) {
		for b := l.chunks[t]; b < l.chunks[t+1]; b++ {
			var h float64
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				w := l.runW[r]
				a.g[r] = 0
				if l.runLevel[r] >= 0 {
					a.g[r] = 1 / (w + ratio[l.inner])
				}
				h += float64(w * (1 - float64(a.g[r]*w)))
			}
			a.inv[b] = 0
			if l.blockLevel[b] >= 0 {
				a.inv[b] = 1 / (h + ratio[l.outer])
			}
		}
	})
	return true
}

func (l *layout) newField() field {
	return field{lead: make([]lanes, l.leads+1), cell: make([]lanes, len(l.cells.start)-1)}
}

// spread is what v gives the rows. The field belongs to a and lasts until the next
// call.
func (a *absorbed) spread(v []lanes) *field {
	if a.given.lead == nil {
		a.given = a.l.newField()
	}
	a.l.spread(v, &a.given)
	return &a.given
}

func (l *layout) spread(v []lanes, to *field) {
	copy(to.lead, v[:l.leads])
	cut := borders(len(to.cell), 8, 1<<12)
	parallel(len(cut)-1, func(k int) {
		for c := cut[k]; c < cut[k+1]; c++ {
			cols, vals := l.cells.row(int32(c))
			var s lanes
			for i, col := range cols {
				x, f := &v[col], vals[i]
				s[0] += float64(f * x[0])
				s[1] += float64(f * x[1])
				s[2] += float64(f * x[2])
				s[3] += float64(f * x[3])
			}
			to.cell[c] = s
		}
	})
}

// collect adds up what the chunks' rows give and hands it to the columns.
func (a *absorbed) collect(parts []field, out []lanes) {
	l := a.l
	cut := borders(l.leads, 8, 1<<10)
	parallel(len(cut)-1, func(k int) {
		for i := cut[k]; i < cut[k+1]; i++ {
			for t := range parts {
				out[i].add(&parts[t].lead[i])
			}
		}
	})
	for c := range parts[0].cell {
		var s lanes
		for t := range parts {
			s.add(&parts[t].cell[c])
		}
		cols, vals := l.cells.row(int32(c))
		for i, col := range cols {
			x, f := &out[col], vals[i]
			x[0] += float64(f * s[0])
			x[1] += float64(f * s[1])
			x[2] += float64(f * s[2])
			x[3] += float64(f * s[3])
		}
	}
}

func (x *lanes) add(y *lanes) {
	x[0] += y[0]
	x[1] += y[1]
	x[2] += y[2]
	x[3] += y[3]
}

// scratch gives zeroed fields, one for each chunk.
func (a *absorbed) scratch() []field {
	if a.taken == nil {
		a.taken = make([]field, len(a.l.chunks)-1)
		for t := range a.taken {
			a.taken[t] = a.l.newField()
		}
		return a.taken
	}
	for t := range a.taken {
		clear(a.taken[t].lead)
		clear(a.taken[t].cell)
	}
	return a.taken
}

// apply is S v: the mixed-model equations after absorption, on the kept random
// levels and the fixed effects: what the combinations alone give, less what the
// absorbed levels explain of it.
func (a *absorbed) apply(v, out []lanes) {
	l := a.l
	t := a.spread(v)
	parts := a.scratch()
	cut := borders(len(l.comboWeight), len(parts), 1)
	parallel(len(parts), func(k int) {
		if k < len(cut)-1 {
			l.addCombos(cut[k], cut[k+1], t, &parts[k])
		}
		if l.inner < 0 && a.first {
			a.takeFirst(l.chunks[k], l.chunks[k+1], t, &parts[k])
			return
		}
		if l.inner < 0 {
			a.takeRuns(l.chunks[k], l.chunks[k+1], t, &parts[k])
			return
		}
		var sums []lanes
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			sums = a.takeBlock(b, t, &parts[k], sums)
		}
	})
	clear(out)
	a.collect(parts, out)
	for k, f := range l.kept {
		ratio := a.ratio[f]
		for c := l.keptStart[k]; c < l.keptStart[k]+l.p.Random[f].Levels; c++ {
			for q := range 4 {
				out[c][q] += float64(ratio * v[c][q])
			}
		}
	}
}

// addCombos adds w t to what the combinations from … to-1 give.
func (l *layout) addCombos(from, to int, t, sum *field) {
	for c := from; c < to; c++ {
		w := l.comboWeight[c]
		x, y := &t.lead[l.comboLead[c]], &t.cell[l.comboCell[c]]
		var s lanes
		for q := range 4 {
			s[q] = float64(w * (x[q] + y[q]))
		}
		sum.lead[l.comboLead[c]].add(&s)
		sum.cell[l.comboCell[c]].add(&s)
	}
}

// takeRuns takes off what the levels of the only absorbed factor explain: w times
// their effects, if the rows' sums of w t were their right-hand sides. Each of its
// blocks is a single run. Most of the time of a large fit is spent here, which is why
// runSum and takeRun are written out.
func (a *absorbed) takeRuns(first, last int, t, sum *field) {
	l := a.l
	tLead, tCell, sumLead, sumCell := t.lead, t.cell, sum.lead, sum.cell
	for b := first; b < last; b++ {
		inv := a.inv[b]
		if inv == 0 {
			continue
		}
		from, to := l.runStart[b], l.runStart[b+1]
		lead, cell, w := l.lead[from:to], l.cell[from:to], l.w[from:to]
		cell, w = cell[:len(lead)], w[:len(lead)]
		var s0, s1, s2, s3 float64
		for i, o := range lead {
			x, y, f := &tLead[o], &tCell[cell[i]], w[i]
			s0 += float64(f * (x[0] + y[0]))
			s1 += float64(f * (x[1] + y[1]))
			s2 += float64(f * (x[2] + y[2]))
			s3 += float64(f * (x[3] + y[3]))
		}
		s0, s1, s2, s3 = float64(inv*s0), float64(inv*s1), float64(inv*s2), float64(inv*s3)
		for i, o := range lead {
			x, y, f := &sumLead[o], &sumCell[cell[i]], w[i]
			d0, d1, d2, d3 := float64(f*s0), float64(f*s1), float64(f*s2), float64(f*s3)
			x[0] -= d0
			x[1] -= d1
			x[2] -= d2
			x[3] -= d3
			y[0] -= d0
			y[1] -= d1
			y[2] -= d2
			y[3] -= d3
		}
	}
}

// takeFirst is takeRuns for the first lane alone: the data are solved for to more digits
// than what goes along with them.
func (a *absorbed) takeFirst(first, last int, t, sum *field) {
	for b := first; b < last; b++ {
		if inv := a.inv[b]; inv != 0 {
			a.l.takeLane(int32(b), 0, float64(inv*a.l.firstSum(int32(b), t)), sum)
		}
	}
}

// takeBlock is takeRuns for a block of runs that have levels of the inner factor. sums
// is written over.
func (a *absorbed) takeBlock(b int, t, sum *field, sums []lanes) []lanes {
	l := a.l
	first := l.blockStart[b]
	sums = l.runSums(b, t, sums)
	var outer lanes
	for i := range sums {
		r := first + int32(i)
		f := float64(a.inv[b] * (1 - float64(a.g[r]*l.runW[r])))
		for q := range 4 {
			outer[q] += float64(f * sums[i][q])
		}
	}
	for i := range sums {
		r := first + int32(i)
		g, w := a.g[r], l.runW[r]
		var off lanes
		for q := range 4 {
			off[q] = outer[q] + float64(g*(sums[i][q]-float64(w*outer[q])))
		}
		l.takeRun(r, &off, sum)
	}
	return sums
}

// runSum is Σ w t over the rows of a run.
func (l *layout) runSum(r int32, t *field) lanes {
	from, to := l.runStart[r], l.runStart[r+1]
	lead, cell, w := l.lead[from:to], l.cell[from:to], l.w[from:to]
	cell, w = cell[:len(lead)], w[:len(lead)]
	var s0, s1, s2, s3 float64
	for i, o := range lead {
		x, y, f := &t.lead[o], &t.cell[cell[i]], w[i]
		s0 += float64(f * (x[0] + y[0]))
		s1 += float64(f * (x[1] + y[1]))
		s2 += float64(f * (x[2] + y[2]))
		s3 += float64(f * (x[3] + y[3]))
	}
	return lanes{s0, s1, s2, s3}
}

// firstSum is the first lane of runSum.
func (l *layout) firstSum(r int32, t *field) (s float64) {
	from, to := l.runStart[r], l.runStart[r+1]
	lead, cell, w := l.lead[from:to], l.cell[from:to], l.w[from:to]
	cell, w = cell[:len(lead)], w[:len(lead)]
	for i, o := range lead {
		s += float64(w[i] * (t.lead[o][0] + t.cell[cell[i]][0]))
	}
	return s
}

// takeRun takes w off from what the rows of a run give.
func (l *layout) takeRun(r int32, off *lanes, sum *field) {
	from, to := l.runStart[r], l.runStart[r+1]
	lead, cell, w := l.lead[from:to], l.cell[from:to], l.w[from:to]
	cell, w = cell[:len(lead)], w[:len(lead)]
	o0, o1, o2, o3 := off[0], off[1], off[2], off[3]
	for i, o := range lead {
		x, y, f := &sum.lead[o], &sum.cell[cell[i]], w[i]
		d0, d1, d2, d3 := float64(f*o0), float64(f*o1), float64(f*o2), float64(f*o3)
		x[0] -= d0
		x[1] -= d1
		x[2] -= d2
		x[3] -= d3
		y[0] -= d0
		y[1] -= d1
		y[2] -= d2
		y[3] -= d3
	}
}

// takeLane is takeRun for one lane.
func (l *layout) takeLane(r int32, q int, off float64, sum *field) {
	from, to := l.runStart[r], l.runStart[r+1]
	lead, cell, w := l.lead[from:to], l.cell[from:to], l.w[from:to]
	cell, w = cell[:len(lead)], w[:len(lead)]
	for i, o := range lead {
		d := float64(w[i] * off)
		sum.lead[o][q] -= d
		sum.cell[cell[i]][q] -= d
	}
}
