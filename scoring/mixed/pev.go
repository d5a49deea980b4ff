package mixed

import (
	"context"
	"math"
	"slices"
)

// How far the target's error variances are driven: probes are doubled until those
// of checkedLevels levels, computed to the end, agree to pevGoal.
const (
	checkedLevels = 8
	pevGoal       = 0.02
	maxPEVBatches = 32
)

// finish implements evaluator for the target:
//
//	C^uu = A⁻¹ + Y K⁻¹ Y',   A: S at the random levels, Y = A⁻¹B, K = F − B'Y
//
// The first term is as if the fixed effects were known. With A = D − R, D its
// diagonal,
//
//	diag A⁻¹ = 1/d + diag(R A⁻¹ R)/d²,
//
// of which only the last, small part is estimated: by (Rz)∘(Rx) for random signs
// z and x = A⁻¹z. The second term has low rank and is solved for.
func (p *probing) finish(ctx context.Context, variances []float64, s *Solution) error {
	l := p.l
	e := variances[len(variances)-1]
	if len(l.p.Random) == 0 || l.kept[0] != 0 {
		return p.finishFixed(ctx, e, s, nil)
	}
	levels := l.p.Random[0].Levels
	extra := make([]float64, levels)
	if err := p.finishFixed(ctx, e, s, extra); err != nil {
		return err
	}
	checked, exact, err := p.check(ctx)
	if err != nil {
		return err
	}
	diag := p.exactDiagonal()
	sum := make([]float64, levels)
	pev := make([]float64, levels)
	for batches, until := 0, 2; ; until *= 2 {
		for ; batches < until; batches++ {
			if err := p.probeDiagonal(ctx, uint64(1000+batches), diag, sum); err != nil {
				return err
			}
		}
		for i := range pev {
			d := diag[i]
			pev[i] = 1/d + math.Max(0, sum[i]/float64(4*batches))/d/d
		}
		s.PEVError = 0
		for k, i := range checked {
			s.PEVError = math.Max(s.PEVError, math.Abs(pev[i]+extra[i]-exact[k])/exact[k])
		}
		if s.PEVError < pevGoal || until >= maxPEVBatches {
			break
		}
	}
	s.ConditionalPEV[0] = scaled(pev, e)
	for i := range pev {
		pev[i] += extra[i]
	}
	s.PEV[0] = scaled(pev, e)
	return nil
}

// probeDiagonal adds (Rz)∘(Rx) of four probes to sum.
func (p *probing) probeDiagonal(ctx context.Context, stream uint64, diag, sum []float64) error {
	n := p.l.columns
	z := p.signs(stream)
	x, az := make([]lanes, n), make([]lanes, n)
	if err := p.solveRandom(ctx, z, x, noiseTolerance); err != nil {
		return err
	}
	p.m.times(z, az, true)
	for i, d := range diag {
		for q := range 4 {
			rz := float64(d*z[i][q]) - az[i][q]
			rx := float64(d*x[i][q]) - z[i][q]
			sum[i] += float64(rz * rx)
		}
	}
	return nil
}

// Relative tolerances of the solutions for error variances: of the part that not
// knowing the fixed effects adds, which is small itself; of the probes, whose own
// noise is greater; and of the levels that all is checked by.
const (
	fixedTolerance = 0.2
	noiseTolerance = 0.01
	checkTolerance = 2e-3

	// smallResidual is the share of K that the residuals of its columns make up to
	// which they are solved for by one division.
	smallResidual = 0.02
	// pivotMargin is how many times larger than what is in doubt of it a pivot of K is.
	pivotMargin = 10
)

func (p *probing) solveRandom(ctx context.Context, b, x []lanes, tolerance float64) error {
	return p.solveFor(ctx, b, x, tolerance, true)
}

func (p *probing) solveFor(ctx context.Context, b, x []lanes, tolerance float64, randomOnly bool) error {
	_, ok, err := p.m.gradients(ctx, b, x, lanes{tolerance, tolerance, tolerance, tolerance}, randomOnly)
	if err == nil && !ok {
		err = &NotConvergedError{Reason: "the conjugate gradients for the error variances did not reach their tolerance"}
	}
	return err
}

// check computes the diagonal of C⁻¹ for a few levels of the target to the end.
func (p *probing) check(ctx context.Context) (levels []int, exact []float64, err error) {
	l := p.l
	var with []int
	for i := range l.p.Random[0].Levels {
		if combos, _ := p.m.combosOf.row(int32(i)); len(combos) > 0 {
			with = append(with, i)
		}
	}
	for k := range min(checkedLevels, len(with)) {
		levels = append(levels, with[(2*k+1)*len(with)/(2*min(checkedLevels, len(with)))])
	}
	for from := 0; from < len(levels); from += 4 {
		b, x := make([]lanes, l.columns), make([]lanes, l.columns)
		batch := levels[from:min(from+4, len(levels))]
		for q, i := range batch {
			b[i][q] = 1
		}
		if err := p.solveFor(ctx, b, x, checkTolerance, false); err != nil {
			return nil, nil, err
		}
		for q, i := range batch {
			exact = append(exact, x[i][q])
		}
	}
	return levels, exact, nil
}

// exactDiagonal is the target's part of the diagonal of A.
func (p *probing) exactDiagonal() []float64 {
	l := p.l
	levels := l.p.Random[0].Levels
	if l.inner < 0 && len(l.kept) == 1 {
		return slices.Clone(p.m.diag[:levels])
	}
	d := make([]float64, levels)
	for i := range d {
		d[i] = p.a.ratio[0]
		combos, _ := p.m.combosOf.row(int32(i))
		for _, c := range combos {
			d[i] += l.comboWeight[c]
		}
	}
	g := newGatherer(l)
	var runs []line
	var whole line
	for b := range l.blockLevel {
		if l.blockFree(b) {
			continue
		}
		runs = p.a.blockLines(g, b, runs, &whole)
		take := func(v *line, f float64) {
			for j, c := range v.col {
				if int(c) >= levels {
					break
				}
				d[c] -= float64(f * float64(v.val[j]*v.val[j]))
			}
		}
		for i := range runs {
			take(&runs[i], p.a.g[l.blockStart[b]+int32(i)])
		}
		take(&whole, p.a.inv[b])
	}
	return d
}

// finishFixed finds the fixed effects' standard errors and, in extra, the diagonal of
// Y K⁻¹ Y' at the target's levels.
//
// Where a fixed effect hangs on little evidence, as of a service that one official alone
// renders, what is left for K is small against what is taken from it, of which a coarse
// solution knows too little. Then it is solved for to the end.
func (p *probing) finishFixed(ctx context.Context, e float64, s *Solution, extra []float64) error {
	n := p.l.fixed.active
	k, y, unsure, err := p.schurOfFixed(ctx, len(extra), fixedTolerance)
	if err != nil {
		return err
	}
	if !k.cholesky() || k.pivotsBelow(unsure) {
		if k, y, _, err = p.schurOfFixed(ctx, len(extra), dataTolerance); err != nil {
			return err
		}
		if !k.cholesky() {
			return &NotConvergedError{Reason: errIndefinite.Error()}
		}
	}
	cut := borders(len(extra), 16, 64)
	parallel(len(cut)-1, func(t int) {
		for i := cut[t]; i < cut[t+1]; i++ {
			c := y[i*n : (i+1)*n]
			for j := range c {
				r := k.row(j)
				c[j] = (c[j] - dot(r[:j], c[:j])) / r[j]
			}
			extra[i] = dot(c, c)
		}
	})
	k.invert(n)
	p.l.fixedErrors(s, k, e)
	return nil
}

// schurOfFixed finds Y, by target level, and the lower half of K, by solutions to a relative
// tolerance, and how much of K's diagonal is in doubt by these: of what is taken from it the
// tolerance's square, all of it where one division had to do.
//
// Y = E + A⁻¹R with E the columns' means within target levels and R = B − AE, which
// is small; so K = [−E; I]'S[−E; I] − R'A⁻¹R does not suffer from cancellation.
func (p *probing) schurOfFixed(ctx context.Context, levels int, tolerance float64) (k *square, y, unsure []float64, err error) {
	l := p.l
	n := l.fixed.active
	k, y, unsure = newSquare(n), make([]float64, levels*n), make([]float64, n)
	residuals, solved := make([][]lanes, 0, n/4+1), make([][]lanes, 0, n/4+1)
	for from := 0; from < n; from += 4 {
		v, sv, x := make([]lanes, l.columns), make([]lanes, l.columns), make([]lanes, l.columns)
		p.means(v, from)
		p.a.apply(v, sv)
		for q := range min(4, n-from) {
			for i := range n {
				k.a[i*n+from+q] = sv[l.random+i][q]
			}
		}
		small := tolerance >= smallResidual && p.smallResiduals(v, sv)
		clear(sv[l.random:])
		if small {
			p.m.solve(sv, x, true)
		} else if err := p.solveRandom(ctx, sv, x, tolerance); err != nil {
			return nil, nil, nil, err
		}
		share := float64(tolerance * tolerance)
		if small {
			share = 1
		}
		taken := dots(sv, x, l.random)
		for q := range min(4, n-from) {
			unsure[from+q] = float64(share * taken[q])
		}
		for i := range levels {
			for q := range min(4, n-from) {
				y[i*n+from+q] = x[i][q] - v[i][q]
			}
		}
		residuals, solved = append(residuals, sv[:l.random]), append(solved, x[:l.random])
	}
	p.completeSchur(k, residuals, solved)
	return k, y, unsure, nil
}

// pivotsBelow says whether any pivot of a factored matrix is less than pivotMargin times what
// is in doubt of it.
func (s *square) pivotsBelow(unsure []float64) bool {
	for i, u := range unsure {
		if x := s.row(i)[i]; float64(x*x) < float64(pivotMargin*u) {
			return true
		}
	}
	return false
}

// smallResiduals says of four fixed columns v, with sv = Sv, whether the residuals R
// make so little of K that D⁻¹R, with D the diagonal, is enough for A⁻¹R.
func (p *probing) smallResiduals(v, sv []lanes) bool {
	l := p.l
	var ofResiduals lanes
	for i := range l.random {
		for q := range 4 {
			ofResiduals[q] += float64(float64(sv[i][q]*sv[i][q]) / p.m.diag[i])
		}
	}
	whole := dots(v, sv, l.columns)
	for q := range 4 {
		if ofResiduals[q] > float64(smallResidual*whole[q]) {
			return false
		}
	}
	return true
}

// means writes [−E; I] for four fixed columns.
func (p *probing) means(v []lanes, from int) {
	l := p.l
	for q := range min(4, l.fixed.active-from) {
		v[l.random+from+q][q] = 1
	}
	first := l.kept
	if len(first) == 0 {
		return
	}
	for i := range l.p.Random[first[0]].Levels {
		cols, vals := p.m.border.row(int32(i))
		weight := p.m.diag[i] - p.a.ratio[first[0]]
		for j, c := range cols {
			if q := int(c) - from; q >= 0 && q < 4 {
				v[i][q] = -vals[j] / weight
			}
		}
	}
}

// completeSchur turns the lower half of S[−E; I]'s fixed rows into K. Element
// (i, j) is row i of F − B'E, from which E'R and R'A⁻¹R are still to be taken.
func (p *probing) completeSchur(k *square, residuals, solved [][]lanes) {
	l := p.l
	n := l.fixed.active
	parallel(len(residuals), func(bi int) {
		e := make([]lanes, l.columns)
		p.means(e, bi*4)
		for bj := range bi + 1 {
			for qi := range min(4, n-4*bi) {
				for qj := range min(4, n-4*bj) {
					i, j := 4*bi+qi, 4*bj+qj
					if j > i {
						continue
					}
					var t float64
					for c := range l.random {
						t += float64(residuals[bj][c][qj] * (e[c][qi] - solved[bi][c][qi]))
					}
					k.a[i*n+j] += t
				}
			}
		}
	})
}
