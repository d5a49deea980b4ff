package mixed

// lanes carries four vectors side by side: one pass over the rows serves all.
type lanes [4]float64

// absorbed is a layout at one set of variance ratios λ = σ²_e/σ²_k: the inverse
// of the absorbed part of the equations.
//
// A run p with total weight W_p and a block r have
//
//	g_p = 1/(W_p + λ_inner),  H_r = Σ_p W_p (1 − g_p W_p),  inv_r = 1/(H_r + λ_outer),
//
// and 0 where the run or the block has no level.
type absorbed struct {
	l        *layout
	ratio    []float64 // λ by random factor
	g        []float64 // by run
	inv      []float64 // by block
	combined [][]lanes // scratch: sums by combination, one for each chunk
}

func newAbsorbed(l *layout) *absorbed {
	return &absorbed{l: l, g: make([]float64, len(l.runLevel)), inv: make([]float64, len(l.blockLevel))}
}

// set brings everything up to date with the ratios.
func (a *absorbed) set(ratio []float64) {
	l := a.l
	a.ratio = ratio
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
}

// spread gives each combination the sum of its columns' values.
func (a *absorbed) spread(v []lanes) []lanes {
	d := &a.l.design
	t := make([]lanes, len(d.start)-1)
	cut := borders(len(t), 8, 1<<12)
	parallel(len(cut)-1, func(k int) {
		for c := cut[k]; c < cut[k+1]; c++ {
			cols, vals := d.row(int32(c))
			s := &t[c]
			for i, col := range cols {
				x, f := &v[col], vals[i]
				s[0] += float64(f * x[0])
				s[1] += float64(f * x[1])
				s[2] += float64(f * x[2])
				s[3] += float64(f * x[3])
			}
		}
	})
	return t
}

// collect adds up the tasks' sums by combination and gives each column its share.
func (a *absorbed) collect(parts [][]lanes, out []lanes) {
	d := &a.l.design
	total := parts[0]
	cut := borders(len(total), 8, 1<<12)
	parallel(len(cut)-1, func(k int) {
		for _, p := range parts[1:] {
			for c := cut[k]; c < cut[k+1]; c++ {
				for q := range 4 {
					total[c][q] += p[c][q]
				}
			}
		}
	})
	for c := range total {
		s := &total[c]
		cols, vals := d.row(int32(c))
		for i, col := range cols {
			x, f := &out[col], vals[i]
			x[0] += float64(f * s[0])
			x[1] += float64(f * s[1])
			x[2] += float64(f * s[2])
			x[3] += float64(f * s[3])
		}
	}
}

// scratch gives zeroed sums by combination, one slice for each chunk.
func (a *absorbed) scratch() [][]lanes {
	n := len(a.l.design.start) - 1
	if a.combined == nil {
		a.combined = make([][]lanes, len(a.l.chunks)-1)
		for t := range a.combined {
			a.combined[t] = make([]lanes, n)
		}
		return a.combined
	}
	for _, c := range a.combined {
		clear(c)
	}
	return a.combined
}

// apply is S v: the mixed-model equations after absorption, on the kept random
// levels and the fixed effects.
func (a *absorbed) apply(v, out []lanes) {
	l := a.l
	t := a.spread(v)
	parts := a.scratch()
	parallel(len(l.chunks)-1, func(k int) {
		acc := parts[k]
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			a.applyBlock(b, t, acc)
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

func (a *absorbed) applyBlock(b int, t, acc []lanes) {
	l := a.l
	first, last := l.blockStart[b], l.blockStart[b+1]
	if last == first+1 {
		g, w := a.g[first], l.runW[first]
		outer := float64(a.inv[b] * (1 - float64(g*w)))
		a.applyRun(first, outer+float64(g*(1-float64(w*outer))), t, acc)
		return
	}
	var outer lanes
	for r := first; r < last; r++ {
		s := l.runSum(r, t)
		f := float64(a.inv[b] * (1 - float64(a.g[r]*l.runW[r])))
		for q := range 4 {
			outer[q] += float64(f * s[q])
		}
	}
	for r := first; r < last; r++ {
		s := l.runSum(r, t)
		g, w := a.g[r], l.runW[r]
		var off lanes
		for q := range 4 {
			off[q] = outer[q] + float64(g*(s[q]-float64(w*outer[q])))
		}
		l.addRun(r, &off, t, acc)
	}
}

// applyRun adds w (t − share·Σ w t) to the combinations of a run's rows. The two
// loops are runSum and addRun, written out because most of the time of a large
// fit is spent here.
func (a *absorbed) applyRun(r int32, share float64, t, acc []lanes) {
	l := a.l
	from, to := l.runStart[r], l.runStart[r+1]
	combo, w := l.combo[from:to], l.w[from:to]
	w = w[:len(combo)]
	var s0, s1, s2, s3 float64
	for i, c := range combo {
		x, f := &t[c], w[i]
		s0 += float64(f * x[0])
		s1 += float64(f * x[1])
		s2 += float64(f * x[2])
		s3 += float64(f * x[3])
	}
	s0, s1, s2, s3 = float64(share*s0), float64(share*s1), float64(share*s2), float64(share*s3)
	for i, c := range combo {
		x, y, f := &t[c], &acc[c], w[i]
		y[0] += float64(f * (x[0] - s0))
		y[1] += float64(f * (x[1] - s1))
		y[2] += float64(f * (x[2] - s2))
		y[3] += float64(f * (x[3] - s3))
	}
}

// runSum is Σ w t over the rows of a run.
func (l *layout) runSum(r int32, t []lanes) lanes {
	var s0, s1, s2, s3 float64
	from, to := l.runStart[r], l.runStart[r+1]
	w := l.w[from:to]
	for i, c := range l.combo[from:to] {
		x, f := &t[c], w[i]
		s0 += float64(f * x[0])
		s1 += float64(f * x[1])
		s2 += float64(f * x[2])
		s3 += float64(f * x[3])
	}
	return lanes{s0, s1, s2, s3}
}

// addRun adds w (t − off) to the combinations of a run's rows.
func (l *layout) addRun(r int32, off *lanes, t, acc []lanes) {
	o0, o1, o2, o3 := off[0], off[1], off[2], off[3]
	from, to := l.runStart[r], l.runStart[r+1]
	w := l.w[from:to]
	for i, c := range l.combo[from:to] {
		x, y, f := &t[c], &acc[c], w[i]
		y[0] += float64(f * (x[0] - o0))
		y[1] += float64(f * (x[1] - o1))
		y[2] += float64(f * (x[2] - o2))
		y[3] += float64(f * (x[3] - o3))
	}
}
