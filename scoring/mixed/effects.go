package mixed

import (
	"math"
	"slices"
)

// effects is one solution of the equations: the kept columns' (random levels, then
// fixed effects) in the first lane, and the absorbed levels', if there are any.
type effects struct {
	kept         []lanes
	outer, inner []float64
}

// side is four right-hand sides. Those of the absorbed levels are given by lane;
// nil: zero.
type side struct {
	kept         []lanes
	outer, inner [len(lanes{})][]float64
}

// lane is the only one in which an outer absorbed level has a right-hand side; -1: there
// are several.
func (v *side) lane() int {
	only := -1
	for q, outer := range v.outer {
		switch {
		case outer == nil:
		case only < 0:
			only = q
		default:
			return -1
		}
	}
	return only
}

// at are the lanes of an absorbed level's right-hand sides.
func at(absorbed *[len(lanes{})][]float64, level int32) (s lanes) {
	for q, v := range absorbed {
		if v != nil {
			s[q] = v[level]
		}
	}
	return s
}

// of are the effects of random factor k by level.
func (l *layout) of(x *effects, k int) []float64 {
	switch k {
	case l.outer:
		return x.outer
	case l.inner:
		return x.inner
	}
	kept := l.keptOf(x.kept, k)
	u := make([]float64, len(kept))
	for j := range kept {
		u[j] = kept[j][0]
	}
	return u
}

// keptOf is the part of the kept columns that belongs to random factor k; nil
// where that is absorbed.
func (l *layout) keptOf(v []lanes, k int) []lanes {
	for i, f := range l.kept {
		if f == k {
			return v[l.keptStart[i]:][:l.p.Random[k].Levels]
		}
	}
	return nil
}

// dataSide is the right-hand side [X'Wy; Z'Wy] in the first lane.
func (l *layout) dataSide() *side {
	v := &side{kept: make([]lanes, l.columns)}
	if l.outer >= 0 {
		v.outer[0] = make([]float64, l.p.Random[l.outer].Levels)
	}
	if l.inner >= 0 {
		v.inner[0] = make([]float64, l.p.Random[l.inner].Levels)
	}
	sums := make([]float64, len(l.comboWeight))
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
				v.outer[0][level] += s
			}
			if in := l.runLevel[r]; in >= 0 {
				v.inner[0][in] += s
			}
		}
	}
	return v
}

// absorbSide is the kept columns' right-hand side after absorption:
// rhs_kept − T'W Z C_aa⁻¹ rhs_absorbed.
func (a *absorbed) absorbSide(rhs *side) []lanes {
	l := a.l
	kept := slices.Clone(rhs.kept)
	if l.outer < 0 && l.inner < 0 {
		return kept
	}
	parts, lane := a.scratch(), rhs.lane()
	parallel(len(parts), func(k int) {
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			if l.blockFree(b) {
				continue
			}
			outer := a.solveOuter(b, rhs, nil)
			if l.inner < 0 && lane >= 0 {
				l.takeLane(int32(b), lane, outer[lane], &parts[k])
				continue
			}
			if l.inner < 0 {
				l.takeRun(int32(b), &outer, &parts[k])
				continue
			}
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				off := a.solveInner(r, rhs, nil, &outer)
				off.add(&outer)
				l.takeRun(r, &off, &parts[k])
			}
		}
	})
	a.collect(parts, kept)
	return kept
}

// runSums are Σ w t over the rows of each run of a block, written over what to holds.
func (l *layout) runSums(b int, t *field, to []lanes) []lanes {
	to = to[:0]
	for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
		to = append(to, l.runSum(r, t))
	}
	return to
}

// solveOuter is the effect of a block's outer level, given its right-hand sides
// (nil: zero) less the runs' sums of w t (nil: zero).
func (a *absorbed) solveOuter(b int, rhs *side, sums []lanes) lanes {
	l := a.l
	var s lanes
	if l.blockLevel[b] < 0 {
		return s
	}
	if rhs != nil {
		s = at(&rhs.outer, l.blockLevel[b])
	}
	first := l.blockStart[b]
	for r := first; r < l.blockStart[b+1]; r++ {
		share := float64(a.g[r] * l.runW[r])
		if in := l.runLevel[r]; rhs != nil && in >= 0 {
			own := at(&rhs.inner, in)
			for q := range 4 {
				s[q] -= float64(share * own[q])
			}
		}
		if sums != nil {
			m, left := &sums[r-first], 1-share
			s[0] -= float64(left * m[0])
			s[1] -= float64(left * m[1])
			s[2] -= float64(left * m[2])
			s[3] -= float64(left * m[3])
		}
	}
	inv := a.inv[b]
	return lanes{float64(inv * s[0]), float64(inv * s[1]), float64(inv * s[2]), float64(inv * s[3])}
}

// solveInner is the effect of a run's inner level, given the block's outer one and the
// run's sum of w t (nil: zero).
func (a *absorbed) solveInner(r int32, rhs *side, sum, outer *lanes) lanes {
	l := a.l
	var s lanes
	if l.runLevel[r] < 0 {
		return s
	}
	if rhs != nil {
		s = at(&rhs.inner, l.runLevel[r])
	}
	if sum != nil {
		for q := range 4 {
			s[q] -= sum[q]
		}
	}
	for q := range 4 {
		s[q] = float64(a.g[r] * (s[q] - float64(l.runW[r]*outer[q])))
	}
	return s
}

// backSolve finds the absorbed levels' effects that go with the kept columns x, for
// the right-hand sides rhs, and shows each level that has rows to take: the random
// factor, the level, and its four effects. The others' are their right-hand sides
// over λ, which are zero here. Chunks are taken by several goroutines at once.
func (a *absorbed) backSolve(x []lanes, rhs *side, take func(chunk, factor int, level int32, u *lanes)) {
	l := a.l
	if l.outer < 0 && l.inner < 0 {
		return
	}
	t := a.spread(x)
	parallel(len(l.chunks)-1, func(k int) {
		var sums []lanes
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			if l.blockFree(b) {
				continue
			}
			sums = l.runSums(b, t, sums)
			outer := a.solveOuter(b, rhs, sums)
			if level := l.blockLevel[b]; level >= 0 {
				take(k, l.outer, level, &outer)
			}
			if l.inner < 0 {
				continue
			}
			for i := range sums {
				r := l.blockStart[b] + int32(i)
				if in := l.runLevel[r]; in >= 0 {
					u := a.solveInner(r, rhs, &sums[i], &outer)
					take(k, l.inner, in, &u)
				}
			}
		}
	})
}

// complete is the whole solution for the data that goes with the kept columns x.
func (a *absorbed) complete(x []lanes, rhs *side) *effects {
	l := a.l
	e := &effects{kept: slices.Clone(x), outer: make([]float64, len(rhs.outer[0])), inner: make([]float64, len(rhs.inner[0]))}
	if l.outer >= 0 && l.inner < 0 {
		a.completeOuter(e, rhs.outer[0])
		return e
	}
	a.backSolve(x, rhs, func(_, factor int, level int32, u *lanes) {
		if factor == l.outer {
			e.outer[level] = u[0]
		} else {
			e.inner[level] = u[0]
		}
	})
	return e
}

// completeOuter is complete where a single factor is absorbed, so that each of its blocks
// is a single run: the first lane alone, of all ratings.
func (a *absorbed) completeOuter(e *effects, rhs []float64) {
	l := a.l
	t := a.spread(e.kept)
	parallel(len(l.chunks)-1, func(k int) {
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			if level := l.blockLevel[b]; level >= 0 {
				e.outer[level] = float64(a.inv[b] * (rhs[level] - l.firstSum(int32(b), t)))
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
func (l *layout) residualSquares(a *absorbed, x *effects) float64 {
	t := a.spread(x.kept)
	parts := make([]float64, len(l.chunks)-1)
	parallel(len(parts), func(k int) {
		var s float64
		for b := l.chunks[k]; b < l.chunks[k+1]; b++ {
			var outer float64
			if level := l.blockLevel[b]; level >= 0 {
				outer = x.outer[level]
			}
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				off := outer
				if in := l.runLevel[r]; in >= 0 {
					off += x.inner[in]
				}
				for i := l.runStart[r]; i < l.runStart[r+1]; i++ {
					e := l.wy[i]/l.w[i] - t.lead[l.lead[i]][0] - t.cell[l.cell[i]][0] - off
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
