package mixed

// arrow preconditions the equations: S without what the rows of a block have in
// common unless they share the target level. Random levels are then diagonal and
// bordered by the fixed effects:
//
//	[D  B]        D = Σ v + λ,  B = Σ v x',  F = Σ v x x',
//	[B' F]        v = w (1 − f w_same),  f = g + inv (1 − g W)²
//
// with w_same the weight of the run's rows of the same target level. It is
// positive definite because every piece comes from a principal part of a positive
// definite matrix, less something positive.
type arrow struct {
	a      *absorbed
	diag   []float64 // D, by random column
	border sparse    // B, by random column; columns counted from 0
	schur  *square   // Cholesky factor of F − B'D⁻¹B

	combosOf sparse  // by random column: the combinations that have it
	place    []int32 // for each entry of combosOf, each of its fixed columns: where in border
	parts    [][]float64
	scratch  [4][]lanes // of gradients
}

func newArrow(a *absorbed) *arrow {
	l := a.l
	p := &arrow{a: a, diag: make([]float64, l.random), schur: newSquare(l.fixed.active)}
	p.parts = make([][]float64, len(l.chunks)-1)
	for t := range p.parts {
		p.parts[t] = make([]float64, len(l.comboWeight))
	}
	p.findCombos()
	at := make([]int32, l.fixed.active)
	for j := range at {
		at[j] = -1
	}
	p.border.start = append(p.border.start, 0)
	for i := range l.random {
		first := int32(len(p.border.col))
		combos, _ := p.combosOf.row(int32(i))
		for _, c := range combos {
			cols, _ := l.fixedOf(c)
			for _, col := range cols {
				j := col - int32(l.random)
				if at[j] < first {
					at[j] = int32(len(p.border.col))
					p.border.add(j, 0)
				}
				p.place = append(p.place, at[j])
			}
		}
		p.border.endRow()
	}
	return p
}

// findCombos turns the design's random part round.
func (p *arrow) findCombos() {
	l := p.a.l
	m := &p.combosOf
	m.start = make([]int32, l.random+1)
	for c := range l.comboWeight {
		for _, i := range l.randomOf(int32(c)) {
			m.start[i+1]++
		}
	}
	for i := range l.random {
		m.start[i+1] += m.start[i]
	}
	next := make([]int32, l.random)
	m.col = make([]int32, m.start[l.random])
	m.val = make([]float64, len(m.col))
	for c := range l.comboWeight {
		for _, i := range l.randomOf(int32(c)) {
			m.col[m.start[i]+next[i]] = int32(c)
			next[i]++
		}
	}
}

// randomOf are a combination's random columns, fixedOf its fixed ones.
func (l *layout) randomOf(c int32) []int32 {
	cols, _ := l.design.row(c)
	return cols[:l.fixedFrom(cols)]
}

func (l *layout) fixedOf(c int32) ([]int32, []float64) {
	cols, vals := l.design.row(c)
	k := l.fixedFrom(cols)
	return cols[k:], vals[k:]
}

func (l *layout) fixedFrom(cols []int32) int {
	k := 0
	for k < len(cols) && int(cols[k]) < l.random {
		k++
	}
	return k
}

// targetOf is a combination's first random column, or -1.
func (l *layout) targetOf(c int32) int32 {
	if cols := l.randomOf(c); len(cols) > 0 {
		return cols[0]
	}
	return -1
}

// set brings the preconditioner up to date with the ratios; weighed says that no more
// than those of what is kept have changed.
func (p *arrow) set(weighed bool) error {
	l := p.a.l
	if !weighed {
		p.weigh()
	}
	v := p.parts[0]
	clear(p.border.val)
	f := p.schur
	clear(f.a)
	for c, w := range v {
		cols, vals := l.fixedOf(int32(c))
		for i, ci := range cols {
			for j, cj := range cols {
				if cj <= ci {
					f.a[(int(ci)-l.random)*f.n+int(cj)-l.random] += float64(float64(w*vals[i]) * vals[j])
				}
			}
		}
	}
	for k, factor := range l.kept {
		for i := l.keptStart[k]; i < l.keptStart[k]+l.p.Random[factor].Levels; i++ {
			p.diag[i] = p.a.ratio[factor]
		}
	}
	next := 0
	for i := range l.random {
		combos, _ := p.combosOf.row(int32(i))
		for _, c := range combos {
			p.diag[i] += v[c]
			_, vals := l.fixedOf(c)
			for _, x := range vals {
				p.border.val[p.place[next]] += float64(v[c] * x)
				next++
			}
		}
	}
	parallel(stripes, func(t int) {
		for i := range l.random {
			cols, vals := p.border.row(int32(i))
			for a, ca := range cols {
				if int(ca)%stripes != t {
					continue
				}
				row, x := f.row(int(ca)), vals[a]/p.diag[i]
				for b, cb := range cols {
					if cb <= ca {
						row[cb] -= float64(x * vals[b])
					}
				}
			}
		}
	})
	if !f.cholesky() {
		return errIndefinite
	}
	return nil
}

// weigh leaves Σ v by combination in the first of parts.
func (p *arrow) weigh() {
	l, a := p.a.l, p.a
	target := make([]int32, len(l.comboWeight))
	for c := range target {
		target[c] = l.targetOf(int32(c))
	}
	parallel(len(l.chunks)-1, func(t int) {
		acc := p.parts[t]
		clear(acc)
		for b := l.chunks[t]; b < l.chunks[t+1]; b++ {
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				left := 1 - float64(a.g[r]*l.runW[r])
				f := a.g[r] + float64(a.inv[b]*float64(left*left))
				end := l.runStart[r+1]
				for i := l.runStart[r]; i < end; {
					// rows of a run are sorted by combination, and these by target
					same, j := l.w[i], i+1
					for ; j < end && target[l.combo[j]] == target[l.combo[i]] && target[l.combo[i]] >= 0; j++ {
						same += l.w[j]
					}
					share := 1 - float64(f*same)
					for ; i < j; i++ {
						acc[l.combo[i]] += float64(l.w[i] * share)
					}
				}
			}
		}
	})
	v := p.parts[0]
	for _, part := range p.parts[1:] {
		for c, x := range part {
			v[c] += x
		}
	}
}

// solve is the preconditioner's inverse times r. With randomOnly the fixed
// effects are held at zero.
func (p *arrow) solve(r, x []lanes, randomOnly bool) {
	l := p.a.l
	if randomOnly {
		for i := range l.random {
			for q := range 4 {
				x[i][q] = r[i][q] / p.diag[i]
			}
		}
		clear(x[l.random:])
		return
	}
	fixed := x[l.random:]
	copy(fixed, r[l.random:])
	for i := range l.random {
		cols, vals := p.border.row(int32(i))
		var s lanes
		for q := range 4 {
			s[q] = r[i][q] / p.diag[i]
		}
		x[i] = s
		for k, c := range cols {
			for q := range 4 {
				fixed[c][q] -= float64(vals[k] * s[q])
			}
		}
	}
	p.schur.solveLanes(fixed)
	for i := range l.random {
		cols, vals := p.border.row(int32(i))
		var s lanes
		for k, c := range cols {
			for q := range 4 {
				s[q] += float64(vals[k] * fixed[c][q])
			}
		}
		for q := range 4 {
			x[i][q] -= s[q] / p.diag[i]
		}
	}
}

// solveLanes overwrites x with the solutions of L L' z = x, after cholesky.
func (s *square) solveLanes(x []lanes) {
	for i := range x {
		row := s.row(i)
		v := x[i]
		for j, f := range row[:i] {
			y := &x[j]
			for q := range 4 {
				v[q] -= float64(f * y[q])
			}
		}
		for q := range 4 {
			x[i][q] = v[q] / row[i]
		}
	}
	for i := len(x) - 1; i >= 0; i-- {
		row := s.row(i)
		for q := range 4 {
			x[i][q] /= row[i]
		}
		v := x[i]
		for j, f := range row[:i] {
			y := &x[j]
			for q := range 4 {
				y[q] -= float64(f * v[q])
			}
		}
	}
}
