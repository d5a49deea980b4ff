package mixed

import "math"

// vectors holds four vectors over all unknowns: the kept columns (random levels,
// then fixed effects) and the levels of the absorbed factors, if there are any.
type vectors struct {
	kept, outer, inner []lanes
}

func (l *layout) newVectors() *vectors {
	v := &vectors{kept: make([]lanes, l.columns)}
	if l.outer >= 0 {
		v.outer = make([]lanes, l.p.Random[l.outer].Levels)
	}
	if l.inner >= 0 {
		v.inner = make([]lanes, l.p.Random[l.inner].Levels)
	}
	return v
}

// of is the part that belongs to random factor k.
func (l *layout) of(v *vectors, k int) []lanes {
	switch k {
	case l.outer:
		return v.outer
	case l.inner:
		return v.inner
	}
	for i, f := range l.kept {
		if f == k {
			return v.kept[l.keptStart[i]:][:l.p.Random[k].Levels]
		}
	}
	return nil
}

// dataSide is the right-hand side [X'Wy; Z'Wy] in the first lane.
func (l *layout) dataSide() *vectors {
	v := l.newVectors()
	sums := make([]float64, len(l.design.start)-1)
	for i, c := range l.combo {
		sums[c] += l.wy[i]
	}
	for c, s := range sums {
		cols, vals := l.design.row(int32(c))
		for i, col := range cols {
			v.kept[col][0] += float64(vals[i] * s)
		}
	}
	for b, level := range l.blockLevel {
		for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
			var s float64
			for _, y := range l.wy[l.runStart[r]:l.runStart[r+1]] {
				s += y
			}
			if level >= 0 {
				v.outer[level][0] += s
			}
			if in := l.runLevel[r]; in >= 0 {
				v.inner[in][0] += s
			}
		}
	}
	return v
}

// absorbSide takes the absorbed levels' right-hand sides off the kept ones:
// rhs_kept −= T'W Z C_aa⁻¹ rhs_absorbed.
func (a *absorbed) absorbSide(rhs *vectors) {
	l := a.l
	if l.outer < 0 && l.inner < 0 {
		return
	}
	parts := a.scratch()
	parallel(len(l.chunks)-1, func(k int) {
		acc := parts[k]
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			outer := a.solveOuter(b, rhs, nil)
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				in := a.solveInner(r, rhs, nil, &outer)
				for i := l.runStart[r]; i < l.runStart[r+1]; i++ {
					y := &acc[l.combo[i]]
					for q := range 4 {
						y[q] -= float64(l.w[i] * (outer[q] + in[q]))
					}
				}
			}
		}
	})
	a.collect(parts, rhs.kept)
}

// solveOuter is the effect of a block's outer level, given its right-hand sides
// (nil: zero) less the runs' sums of w t (nil: zero).
func (a *absorbed) solveOuter(b int, rhs *vectors, t []lanes) lanes {
	l := a.l
	var s lanes
	if l.blockLevel[b] < 0 {
		return s
	}
	if rhs != nil {
		s = rhs.outer[l.blockLevel[b]]
	}
	for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
		share := float64(a.g[r] * l.runW[r])
		if in := l.runLevel[r]; rhs != nil && in >= 0 {
			for q := range 4 {
				s[q] -= float64(share * rhs.inner[in][q])
			}
		}
		if t != nil {
			m := l.runSum(r, t)
			for q := range 4 {
				s[q] -= float64((1 - share) * m[q])
			}
		}
	}
	for q := range 4 {
		s[q] = float64(a.inv[b] * s[q])
	}
	return s
}

// solveInner is the effect of a run's inner level, given the block's outer one.
func (a *absorbed) solveInner(r int32, rhs *vectors, t []lanes, outer *lanes) lanes {
	l := a.l
	var s lanes
	if l.runLevel[r] < 0 {
		return s
	}
	if rhs != nil {
		s = rhs.inner[l.runLevel[r]]
	}
	if t != nil {
		m := l.runSum(r, t)
		for q := range 4 {
			s[q] -= m[q]
		}
	}
	for q := range 4 {
		s[q] = float64(a.g[r] * (s[q] - float64(l.runW[r]*outer[q])))
	}
	return s
}

// backSolve fills in the absorbed levels of x, whose kept part is solved, for the
// right-hand sides rhs (nil: zero). Levels without rows get rhs/λ.
func (a *absorbed) backSolve(x, rhs *vectors) {
	l := a.l
	if l.outer < 0 && l.inner < 0 {
		return
	}
	for _, k := range []int{l.outer, l.inner} {
		if k < 0 {
			continue
		}
		to := l.of(x, k)
		if rhs == nil {
			clear(to)
			continue
		}
		for i, v := range l.of(rhs, k) {
			for q := range 4 {
				to[i][q] = v[q] / a.ratio[k]
			}
		}
	}
	t := a.spread(x.kept)
	parallel(len(l.chunks)-1, func(k int) {
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			outer := a.solveOuter(b, rhs, t)
			if level := l.blockLevel[b]; level >= 0 {
				x.outer[level] = outer
			}
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				if in := l.runLevel[r]; in >= 0 {
					x.inner[in] = a.solveInner(r, rhs, t, &outer)
				}
			}
		}
	})
}

// local gives, by level, the diagonal of the inverse of the absorbed part: the
// error variances (over σ²_e) if the kept unknowns were known.
func (a *absorbed) local() (outer, inner []float64) {
	l := a.l
	fill := func(k int) []float64 {
		if k < 0 {
			return nil
		}
		d := make([]float64, l.p.Random[k].Levels)
		for i := range d {
			d[i] = 1 / a.ratio[k]
		}
		return d
	}
	outer, inner = fill(l.outer), fill(l.inner)
	for b, level := range l.blockLevel {
		if level >= 0 {
			outer[level] = a.inv[b]
		}
		for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
			if in := l.runLevel[r]; in >= 0 {
				share := float64(a.g[r] * l.runW[r])
				inner[in] = a.g[r] + float64(float64(share*share)*a.inv[b])
			}
		}
	}
	return outer, inner
}

// logDet is the logarithm of the determinant of the absorbed part.
func (a *absorbed) logDet() float64 {
	l := a.l
	var d float64
	without := [2]int{}
	for i, k := range []int{l.outer, l.inner} {
		if k >= 0 {
			without[i] = l.p.Random[k].Levels
		}
	}
	for b, level := range l.blockLevel {
		if level >= 0 {
			d -= math.Log(a.inv[b])
			without[0]--
		}
		for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
			if l.runLevel[r] >= 0 {
				d -= math.Log(a.g[r])
				without[1]--
			}
		}
	}
	for i, k := range []int{l.outer, l.inner} {
		if k >= 0 {
			d += float64(float64(without[i]) * math.Log(a.ratio[k]))
		}
	}
	return d
}

// residualSquares is Σ w (y − fitted)² over all rows, summed ones included, for
// the first lane of x.
func (l *layout) residualSquares(a *absorbed, x *vectors) float64 {
	t := a.spread(x.kept)
	parts := make([]float64, len(l.chunks)-1)
	parallel(len(parts), func(k int) {
		var s float64
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			var outer float64
			if level := l.blockLevel[b]; level >= 0 {
				outer = x.outer[level][0]
			}
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				off := outer
				if in := l.runLevel[r]; in >= 0 {
					off += x.inner[in][0]
				}
				for i := l.runStart[r]; i < l.runStart[r+1]; i++ {
					e := l.wy[i]/l.w[i] - t[l.combo[i]][0] - off
					s += float64(float64(l.w[i]*e) * e)
				}
			}
		}
		parts[k] = s
	})
	s := l.within
	for _, p := range parts {
		s += p
	}
	return s
}
