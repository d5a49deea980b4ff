package mixed

import (
	"context"
	"slices"
)

// moments is what one evaluation of the equations at given variances yields.
type moments struct {
	x         *effects    // of the data, y shifted
	squares   []float64   // by random factor: û'û
	trace     []float64   // by random factor: trace of its part of C⁻¹ (for ML: of C_uu⁻¹)
	cross     [][]float64 // by pair of random factors: a_i' C^{ij} a_j with a = û/σ²
	residual  float64     // ê'Wê
	logDet    float64     // log |C| (for ML: of C_uu), NaN where not computed
	converged bool        // the solver reached its tolerance
}

// evaluator solves the equations at given variances; the last variance is the residual's.
type evaluator interface {
	// solveData finds the effects alone, to all digits that are given out: the moments have
	// x and converged.
	solveData(ctx context.Context, variances []float64) (*moments, error)
	evaluate(ctx context.Context, variances []float64) (*moments, error)
	// finish computes the error variances at the variances last evaluated and
	// stores what only it knows into the solution.
	finish(ctx context.Context, variances []float64, s *Solution) error
}

// dense evaluates exactly: S is formed, factored and inverted.
type dense struct {
	l  *layout
	a  *absorbed
	ml bool
	// targetOnly leaves out the other factors' error variances.
	targetOnly bool

	s *square
	// inverted is the order of the leading part of S whose inverse s holds.
	inverted int
}

func newDense(l *layout, o *Options) *dense {
	return &dense{l: l, a: newAbsorbed(l), ml: o.ML, targetOnly: o.TargetOnly, s: newSquare(l.columns)}
}

func ratios(variances []float64) []float64 {
	k := len(variances) - 1
	r := make([]float64, k)
	for i := range r {
		r[i] = variances[k] / variances[i]
	}
	return r
}

func (d *dense) solveData(ctx context.Context, variances []float64) (*moments, error) {
	if err := d.factor(ctx, variances); err != nil {
		return nil, err
	}
	rhs := d.l.dataSide()
	return &moments{converged: true, x: d.a.complete(d.solve(rhs), rhs)}, nil
}

func (d *dense) evaluate(ctx context.Context, variances []float64) (*moments, error) {
	l := d.l
	m, err := d.solveData(ctx, variances)
	if err != nil {
		return nil, err
	}
	m.residual = l.residualSquares(d.a, m.x)
	part := l.columns
	if d.ml {
		part = l.random
	}
	m.logDet = d.a.logDet() + d.s.logDet(part)
	rhs := l.informationSide(m, variances)
	d.a.averageInformation(m, rhs, d.solve(rhs))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.invert(part)
	m.trace = make([]float64, len(l.p.Random))
	for k := range l.p.Random {
		for _, v := range d.inverseDiagonal(k, part) {
			m.trace[k] += v
		}
	}
	return m, nil
}

func (d *dense) invert(part int) {
	d.s.invert(part)
	d.inverted = part
}

// finish implements evaluator. Conditional variances take the part that the
// fixed effects explain off: c_ii − c_if (C^ff)⁻¹ c_fi.
func (d *dense) finish(ctx context.Context, variances []float64, s *Solution) error {
	l := d.l
	if d.inverted != l.columns {
		if err := d.factor(ctx, variances); err != nil {
			return err
		}
		d.invert(l.columns)
	}
	p, e := l.fixed.active, variances[len(variances)-1]
	cov := newSquare(p)
	for i := range p {
		copy(cov.row(i)[:i+1], d.s.row(l.random + i)[l.random:])
	}
	known := newSquare(p)
	copy(known.a, cov.a)
	if !known.cholesky() {
		return &NotConvergedError{Reason: "the covariance matrix of the fixed effects is not positive definite"}
	}
	for k := range l.p.Random {
		if d.targetOnly && k > 0 {
			break
		}
		pev := d.inverseDiagonal(k, l.columns)
		s.PEV[k] = scaled(pev, e)
		if k > 0 && float64(len(pev))*float64(p)*float64(p) > dearConditional {
			continue
		}
		d.conditional(k, pev, known)
		s.ConditionalPEV[k] = scaled(pev, e)
	}
	l.fixedErrors(s, cov, e)
	s.Exact = true
	return nil
}

// dearConditional is how many operations the conditional variances of a factor
// that is not the target may cost.
const dearConditional = 2e9

func scaled(v []float64, f float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x * f)
	}
	return out
}

// conditional takes from the diagonal of C⁻¹ at factor k's levels what is owed to
// not knowing the fixed effects; known is the Cholesky factor of their part of C⁻¹.
func (d *dense) conditional(k int, diagonal []float64, known *square) {
	l := d.l
	p := l.fixed.active
	reduce := func(level int, c []float64) {
		for i := range c {
			r := known.row(i)
			c[i] = (c[i] - dot(r[:i], c[:i])) / r[i]
		}
		diagonal[level] -= dot(c, c)
	}
	for i, f := range l.kept {
		if f == k {
			cut := borders(len(diagonal), 16, 64)
			parallel(len(cut)-1, func(t int) {
				c := make([]float64, p)
				for j := cut[t]; j < cut[t+1]; j++ {
					for q := range c {
						c[q] = d.s.at(l.random+q, l.keptStart[i]+j)
					}
					reduce(j, c)
				}
			})
			return
		}
	}
	d.eachAbsorbed(k, func(level int32, e *line) {
		c := make([]float64, p)
		for q := range c {
			for i, col := range e.col {
				c[q] -= float64(e.val[i] * d.s.at(l.random+q, int(col)))
			}
		}
		reduce(int(level), c)
	})
}

// factor forms S at the variances and replaces it by its Cholesky factor.
func (d *dense) factor(ctx context.Context, variances []float64) error {
	d.inverted = 0
	if err := ctx.Err(); err != nil {
		return err
	}
	d.a.set(ratios(variances))
	d.assemble()
	if err := ctx.Err(); err != nil {
		return err
	}
	if !d.s.cholesky() {
		return &NotConvergedError{Reason: "the mixed-model equations are not positive definite to working precision"}
	}
	return nil
}

// solve gives the kept columns of the solutions, while the Cholesky factor is in place.
func (d *dense) solve(rhs *side) []lanes {
	x := d.a.absorbSide(rhs)
	col := make([]float64, d.l.columns)
	for q := range 4 {
		for i := range col {
			col[i] = x[i][q]
		}
		d.s.solve(col)
		for i, c := range col {
			x[i][q] = c
		}
	}
	return x
}

// line is a short sparse row with ascending columns.
type line struct {
	col []int32
	val []float64
}

// gatherer adds up combinations into sparse rows of the kept columns.
type gatherer struct {
	l    *layout
	sum  []float64
	seen []bool
	col  []int32
}

func newGatherer(l *layout) *gatherer {
	return &gatherer{l: l, sum: make([]float64, l.columns), seen: make([]bool, l.columns)}
}

func (g *gatherer) add(col int32, v float64) {
	if !g.seen[col] {
		g.seen[col] = true
		g.col = append(g.col, col)
	}
	g.sum[col] += v
}

// take returns the row gathered so far in dst's memory and starts a new one.
func (g *gatherer) take(dst *line) {
	slices.Sort(g.col)
	dst.col, dst.val = dst.col[:0], dst.val[:0]
	for _, c := range g.col {
		dst.col = append(dst.col, c)
		dst.val = append(dst.val, g.sum[c])
		g.sum[c], g.seen[c] = 0, false
	}
	g.col = g.col[:0]
}

// run gathers Σ w over the columns of a run's rows.
func (g *gatherer) run(r int32, dst *line) {
	for i := g.l.runStart[r]; i < g.l.runStart[r+1]; i++ {
		cols, vals := g.l.design.row(g.l.combo[i])
		for j, c := range cols {
			g.add(c, float64(g.l.w[i]*vals[j]))
		}
	}
	g.take(dst)
}

// blockLines gathers the rows of a block: by run, and their sum with the weights
// 1 − g W that the absorption of the inner level leaves. Without an inner factor a
// block is a single run, and the sum alone is gathered.
func (a *absorbed) blockLines(g *gatherer, b int, runs []line, whole *line) []line {
	l := a.l
	runs = runs[:0]
	if l.inner < 0 {
		g.run(l.blockStart[b], whole)
		return runs
	}
	for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
		if len(runs) < cap(runs) {
			runs = runs[:len(runs)+1]
		} else {
			runs = append(runs, line{})
		}
		g.run(r, &runs[len(runs)-1])
	}
	for i := range runs {
		r := l.blockStart[b] + int32(i)
		f := 1 - float64(a.g[r]*l.runW[r])
		for j, c := range runs[i].col {
			g.add(c, float64(f*runs[i].val[j]))
		}
	}
	g.take(whole)
	return runs
}

// stripes is how many tasks share the forming of a large S: task t owns the rows i
// with i mod stripes = t, so each element is added up in the order of the blocks.
const stripes = 4

// ownCopy is up to how many columns each task forms an S of its own from its part of
// the blocks, rather than its rows of one S from all of them.
const ownCopy = 256

// assemble forms the lower triangle of S.
func (d *dense) assemble() {
	l, s := d.l, d.s
	clear(s.a)
	if l.columns <= ownCopy {
		parts := make([]*square, len(l.chunks)-1)
		parallel(len(parts), func(t int) {
			parts[t] = newSquare(l.columns)
			n := len(l.comboWeight)
			d.addCombos(parts[t], n*t/len(parts), n*(t+1)/len(parts), 0, 1)
			d.subtractBlocks(parts[t], l.chunks[t], l.chunks[t+1], 0, 1)
		})
		for _, part := range parts {
			for i, x := range part.a {
				s.a[i] += x
			}
		}
	} else {
		parallel(stripes, func(t int) {
			d.addCombos(s, 0, len(l.comboWeight), t, stripes)
			d.subtractBlocks(s, 0, len(l.blockLevel), t, stripes)
		})
	}
	for k, f := range l.kept {
		for c := l.keptStart[k]; c < l.keptStart[k]+l.p.Random[f].Levels; c++ {
			s.a[c*s.n+c] += d.a.ratio[f]
		}
	}
}

// addCombos adds what the combinations from … to-1 give to the rows i of s with
// i mod of = stripe.
func (d *dense) addCombos(s *square, from, to, stripe, of int) {
	l := d.l
	for c := from; c < to; c++ {
		w := l.comboWeight[c]
		cols, vals := l.design.row(int32(c))
		for i, ci := range cols {
			if int(ci)%of != stripe {
				continue
			}
			for j, cj := range cols {
				if cj <= ci {
					s.a[int(ci)*s.n+int(cj)] += float64(float64(w*vals[i]) * vals[j])
				}
			}
		}
	}
}

// subtractBlocks takes what the absorbed levels of the blocks from … to-1 explain off
// the rows i of s with i mod of = stripe.
func (d *dense) subtractBlocks(s *square, from, to, stripe, of int) {
	l := d.l
	g := newGatherer(l)
	var runs []line
	var whole line
	for b := from; b < to; b++ {
		if l.blockFree(b) {
			continue
		}
		runs = d.a.blockLines(g, b, runs, &whole)
		for i := range runs {
			s.subtractOuter(&runs[i], d.a.g[l.blockStart[b]+int32(i)], stripe, of)
		}
		s.subtractOuter(&whole, d.a.inv[b], stripe, of)
	}
}

// blockFree says that nothing is absorbed in a block.
func (l *layout) blockFree(b int) bool {
	r := l.blockStart[b]
	return l.blockLevel[b] < 0 && l.runLevel[r] < 0 && l.blockStart[b+1] == r+1
}

// subtractOuter takes f v v' off the stripe's rows.
func (s *square) subtractOuter(v *line, f float64, stripe, of int) {
	if f == 0 {
		return
	}
	for i, ci := range v.col {
		if int(ci)%of != stripe {
			continue
		}
		row := s.row(int(ci))
		fi := float64(f * v.val[i])
		for j, cj := range v.col[:i+1] {
			row[cj] -= float64(fi * v.val[j])
		}
	}
}

// quadratic is v' S⁻¹ v, where the lower triangle holds the inverse of the
// leading part; columns beyond it do not count.
func (s *square) quadratic(v *line, part int) float64 {
	var q float64
	for i, ci := range v.col {
		if int(ci) >= part {
			break
		}
		row := s.row(int(ci))
		var t float64
		for j, cj := range v.col[:i] {
			t += float64(row[cj] * v.val[j])
		}
		q += float64(v.val[i] * (2*t + float64(row[ci]*v.val[i])))
	}
	return q
}

// inverseDiagonal is the diagonal of C⁻¹ (of the leading part of S and all that
// is absorbed) at the levels of random factor k.
func (d *dense) inverseDiagonal(k, part int) []float64 {
	l := d.l
	for i, f := range l.kept {
		if f == k {
			v := make([]float64, l.p.Random[k].Levels)
			for j := range v {
				c := l.keptStart[i] + j
				v[j] = d.s.at(c, c)
			}
			return v
		}
	}
	outer, inner := d.a.local()
	v := outer
	if k == l.inner {
		v = inner
	}
	d.eachAbsorbed(k, func(level int32, e *line) { v[level] += d.s.quadratic(e, part) })
	return v
}

// eachAbsorbed calls f for each level of an absorbed factor that has rows, with
// the line e for which the level's part of C⁻¹ is: own diagonal + e'S⁻¹e,
// with kept unknowns −e'S⁻¹. It runs in parallel: f may write to its level only.
func (d *dense) eachAbsorbed(k int, f func(level int32, e *line)) {
	l := d.l
	parallel(len(l.chunks)-1, func(t int) {
		g := newGatherer(l)
		var runs []line
		var whole, e line
		for b := l.chunks[t]; b < l.chunks[t+1]; b++ {
			if l.blockFree(b) {
				continue
			}
			runs = d.a.blockLines(g, b, runs, &whole)
			for j := range whole.val {
				whole.val[j] = float64(whole.val[j] * d.a.inv[b])
			}
			if k == l.outer {
				if level := l.blockLevel[b]; level >= 0 {
					f(level, &whole)
				}
				continue
			}
			for i := range runs {
				r := l.blockStart[b] + int32(i)
				level := l.runLevel[r]
				if level < 0 {
					continue
				}
				for j, c := range runs[i].col {
					g.add(c, float64(d.a.g[r]*runs[i].val[j]))
				}
				share := float64(d.a.g[r] * l.runW[r])
				for j, c := range whole.col {
					g.add(c, -float64(share*whole.val[j]))
				}
				g.take(&e)
				f(level, &e)
			}
		}
	})
}
