package mixed

import (
	"context"
	"errors"
	"math"
	"slices"
)

// defaultExactLimit is the number of random levels up to which a fit is exact.
const defaultExactLimit = 3000

// exact says whether a problem that leaves so many random levels is solved exactly.
func (o *Options) exact(left int) bool {
	limit := o.ExactLimit
	if limit == 0 {
		limit = defaultExactLimit
	}
	return left <= limit || left == 0
}

// with is the problem with some of its random factors only.
func (p *Problem) with(random []int) *Problem {
	q := *p
	q.Random = nil
	for _, k := range random {
		q.Random = append(q.Random, p.Random[k])
	}
	return &q
}

func pick(v []float64, random []int) []float64 {
	out := make([]float64, 0, len(random)+1)
	for _, k := range random {
		out = append(out, v[k])
	}
	return append(out, v[len(v)-1])
}

// fit takes random factors out as they run into the boundary, and looks at the
// end whether one of them wants to come back.
func fit(ctx context.Context, p *Problem, o *Options) (*Solution, error) {
	n := len(p.Random)
	given := o.FixedVariances
	guess := p.guess()
	variances := slices.Clone(guess)
	switch {
	case given != nil:
		copy(variances, given)
	case o.Start != nil:
		copy(variances, o.Start)
	default:
		rough, err := p.roughStart(ctx, o)
		if err != nil {
			return nil, err
		}
		copy(variances, rough)
	}
	var in []int
	for k := range n {
		if given == nil {
			variances[k] = math.Max(variances[k], 10*floor*variances[n])
		}
		if variances[k] > 0 {
			in = append(in, k)
		}
	}
	r := &search{o: o, ml: o.ML, nondegenerate: o.Nondegenerate, limit: o.MaxIterations, least: float64(leastResidual * guess[n])}
	if r.limit == 0 {
		r.limit = 200
	}
	returned := false
	for {
		sub := p.with(in)
		at, dropped, err := r.fitActive(ctx, sub, pick(variances, in), given != nil)
		var unsettled *NotConvergedError
		if err != nil && (at == nil || !errors.As(err, &unsettled)) {
			return nil, err
		}
		for i, k := range in {
			variances[k] = at.variances[i]
		}
		variances[n] = at.variances[len(in)]
		if dropped >= 0 {
			variances[in[dropped]] = 0
			in = slices.Delete(in, dropped, dropped+1)
			continue
		}
		if err == nil && given == nil && len(in) < n && !returned {
			back, errBack := r.wantsBack(ctx, p, variances)
			if errBack != nil {
				return nil, errBack
			}
			if back >= 0 {
				returned = true
				variances[back] = 0.01 * variances[n]
				in = append(in, back)
				slices.Sort(in)
				continue
			}
		}
		s, errDone := r.solution(ctx, p, in, at, given == nil)
		if errDone != nil {
			return nil, errDone
		}
		s.Converged = err == nil
		return s, err
	}
}

// leastResidual is the least residual variance, as a share of the guess at it.
const leastResidual = 1e-5

// guess gives each factor a share of the variance of y, and the residual the rest.
func (p *Problem) guess() []float64 {
	var w, wy, wd, n float64
	for i, y := range p.Y {
		w += p.weight(i)
		wy += float64(p.weight(i) * y)
		n += p.count(i)
	}
	for _, s := range p.Within {
		wd += s
	}
	mean := wy / w
	for i, y := range p.Y {
		d := y - mean
		wd += float64(float64(p.weight(i)*d) * d)
	}
	total := wd / n
	if !(total > 0) {
		total = 1
	}
	random := len(p.Random)
	variances := make([]float64, random+1)
	for k := range random {
		variances[k] = 0.4 * total / float64(random)
	}
	variances[random] = 0.6 * total
	return variances
}

// fitActive estimates (or evaluates) a problem whose variances are all positive.
func (r *search) fitActive(ctx context.Context, p *Problem, start []float64, given bool) (at *step, dropped int, err error) {
	if err := r.prepare(p); err != nil {
		return nil, -1, err
	}
	if given && (r.o.EffectsOnly || r.last > 0) {
		at, err = r.effectsAt(ctx, start) // a fit by probes has no criterion to evaluate
		return at, -1, err
	}
	if given {
		at, err = r.at(ctx, start)
		return at, -1, err
	}
	return r.run(ctx, start)
}

// effectsAt solves for the effects at given variances, and nothing more.
func (r *search) effectsAt(ctx context.Context, variances []float64) (*step, error) {
	m, err := r.ev.solveData(ctx, variances)
	if err != nil {
		return nil, err
	}
	r.done++
	if !m.converged {
		return nil, &NotConvergedError{Iterations: r.done, Reason: unreached}
	}
	return &step{variances: variances, m: m, criterion: math.NaN()}, nil
}

// prepare chooses between the exact and the stochastic way.
func (r *search) prepare(p *Problem) error {
	c, left := choose(p, false)
	exact := r.o.exact(left)
	if !exact {
		c, _ = choose(p, true)
	}
	l, err := newLayout(p, c)
	if err != nil {
		return err
	}
	r.l = l
	switch {
	case !exact:
		r.ev, r.tolerance = newProbing(l, r.o), probingTolerance
	case left > roughFrom:
		r.ev, r.tolerance = newDense(l, r.o), dearTolerance
	default:
		r.ev, r.tolerance = newDense(l, r.o), exactTolerance
	}
	if r.o.Tolerance > 0 {
		r.tolerance = r.o.Tolerance
	}
	if !exact {
		r.last = float64(shorter * r.tolerance)
	}
	return nil
}

// Relative changes of the variances below which an estimation is at rest.
const (
	exactTolerance   = 1e-8
	dearTolerance    = 1e-6 // of many levels
	probingTolerance = 1e-3
)

// shorter is how many times shorter than a step near the end the one after it is, at
// least where evidence is not too thin to tell.
const shorter = 20

// wantsBack finds a factor at the boundary whose variance would grow if it were
// let in just above zero, or -1.
func (r *search) wantsBack(ctx context.Context, p *Problem, variances []float64) (int, error) {
	n := len(p.Random)
	try := slices.Clone(variances)
	for k := range n {
		try[k] = math.Max(try[k], floor*variances[n])
	}
	sub := search{o: r.o, ml: r.ml}
	if err := sub.prepare(p); err != nil {
		return -1, err
	}
	at, err := sub.at(ctx, try)
	if err != nil {
		return -1, err
	}
	for k := range n {
		if variances[k] == 0 && at.gradient[k] > 0 {
			return k, nil
		}
	}
	return -1, nil
}

// solution writes down what was found; in are the random factors not at the boundary.
func (r *search) solution(ctx context.Context, p *Problem, in []int, at *step, estimated bool) (*Solution, error) {
	s := r.effects(p, in, at)
	if !r.o.EffectsOnly {
		inner := &Solution{PEV: make([][]float64, len(in)), ConditionalPEV: make([][]float64, len(in))}
		if err := r.ev.finish(ctx, at.variances, inner); err != nil {
			return nil, err
		}
		for k, f := range p.Random {
			if i := slices.Index(in, k); i >= 0 {
				s.PEV[k], s.ConditionalPEV[k] = inner.PEV[i], inner.ConditionalPEV[i]
			} else {
				s.PEV[k], s.ConditionalPEV[k] = make([]float64, f.Levels), make([]float64, f.Levels)
			}
		}
		s.FixedSE, s.CovariateSE, s.Exact, s.PEVError = inner.FixedSE, inner.CovariateSE, inner.Exact, inner.PEVError
		s.EffectiveN = p.effectiveN(s)
	}
	if estimated {
		s.varianceErrors(at, in)
	}
	if r.o.Inflate > 0 && !s.Boundary[0] {
		variances := slices.Clone(at.variances)
		variances[0] *= r.o.Inflate
		inflated, err := r.effectsAt(ctx, variances)
		if err != nil {
			return nil, err
		}
		s.Inflated = r.effects(p, in, inflated)
		s.Inflated.Converged = true
	}
	return s, nil
}

// effects writes down the variances, the effects and the fixed effects.
func (r *search) effects(p *Problem, in []int, at *step) *Solution {
	n := len(p.Random)
	s := &Solution{
		Variances: make([]float64, n), Residual: at.variances[len(in)], Boundary: make([]bool, n),
		Effects: make([][]float64, n), PEV: make([][]float64, n), ConditionalPEV: make([][]float64, n),
		Criterion: at.criterion, N: r.l.rows, Rank: r.l.fixed.active, Iterations: r.done,
	}
	next := at.next
	if next == nil {
		next = at.variances
	}
	s.Next = make([]float64, n+1)
	for i, k := range in {
		s.Next[k] = next[i]
	}
	s.Next[n] = next[len(in)]
	r.l.fixedEffects(s, at.m.x)
	for k, f := range p.Random {
		i := slices.Index(in, k)
		if i < 0 {
			s.Boundary[k] = true
			s.Effects[k] = make([]float64, f.Levels)
			continue
		}
		s.Variances[k] = at.variances[i]
		s.Effects[k] = r.l.of(at.m.x, i)
	}
	return s
}

// varianceErrors inverts the average information.
func (s *Solution) varianceErrors(at *step, in []int) {
	n := len(s.Variances)
	s.VarianceCov = make([][]float64, n+1)
	s.VarianceSE = make([]float64, n+1)
	for k := range s.VarianceCov {
		s.VarianceCov[k] = make([]float64, n+1)
	}
	f := symmetric(at.info)
	if f == nil {
		for k := range s.VarianceCov {
			for j := range s.VarianceCov {
				s.VarianceCov[k][j] = math.NaN()
			}
			s.VarianceSE[k] = math.NaN()
		}
		return
	}
	f.invert(f.n)
	scale := scales(at.info)
	place := append(slices.Clone(in), n)
	for i, k := range place {
		for j, m := range place {
			s.VarianceCov[k][m] = float64(float64(f.at(i, j)*scale[i]) * scale[j])
		}
		s.VarianceSE[k] = math.Sqrt(s.VarianceCov[k][k])
	}
}

// effectiveN is explained at Solution.EffectiveN.
func (p *Problem) effectiveN(s *Solution) []float64 {
	out := make([]float64, p.Random[0].Levels)
	if v := s.Variances[0]; v > 0 {
		for i, e := range s.PEV[0] {
			out[i] = math.Max(0, float64(s.Residual*(1/e-1/v)))
		}
	}
	seen := make([]bool, len(out))
	for i, t := range p.Random[0].Index {
		if w := p.weight(i); t >= 0 && w > 0 {
			seen[t] = true
			if s.Variances[0] == 0 {
				out[t] += w
			}
		}
	}
	for i := range out {
		if !seen[i] {
			out[i] = 0
		}
	}
	return out
}

// fixedEffects translates the columns' values to levels and slopes: the shift of
// y and the centring of the covariates go back to the first factor.
func (l *layout) fixedEffects(s *Solution, x *effects) {
	b := x.kept[l.random:]
	s.Covariates = make([]float64, len(l.p.Covariates))
	s.CovariateAliased = make([]bool, len(l.p.Covariates))
	base := l.shift
	for j, c := range l.fixed.slope {
		if c < 0 {
			s.CovariateAliased[j] = true
			continue
		}
		s.Covariates[j] = b[c][0] / l.fixed.scale[j]
		base -= float64(s.Covariates[j] * l.fixed.centre[j])
	}
	s.FixedEffects = make([][]float64, len(l.p.Fixed))
	s.Aliased = make([][]bool, len(l.p.Fixed))
	for f, cols := range l.fixed.column {
		s.FixedEffects[f] = make([]float64, len(cols))
		s.Aliased[f] = make([]bool, len(cols))
		for v, c := range cols {
			s.Aliased[f][v] = c == aliased
			if c >= 0 {
				s.FixedEffects[f][v] = b[c][0]
				if f == 0 {
					s.FixedEffects[f][v] += base
				}
			}
		}
	}
}

// fixedErrors are the standard errors of what fixedEffects wrote; cov is the
// fixed effects' part of C⁻¹ and e the residual variance.
func (l *layout) fixedErrors(s *Solution, cov *square, e float64) {
	s.CovariateSE = make([]float64, len(l.p.Covariates))
	var slopes []int
	var m []float64 // what a slope contributes to the first factor's means
	for j, c := range l.fixed.slope {
		s.CovariateSE[j] = math.NaN()
		if c >= 0 {
			s.CovariateSE[j] = math.Sqrt(float64(e*cov.at(int(c), int(c)))) / l.fixed.scale[j]
			slopes = append(slopes, int(c))
			m = append(m, l.fixed.centre[j]/l.fixed.scale[j])
		}
	}
	s.FixedSE = make([][]float64, len(l.p.Fixed))
	for f, cols := range l.fixed.column {
		s.FixedSE[f] = make([]float64, len(cols))
		for v, c := range cols {
			if c < 0 {
				if c == aliased {
					s.FixedSE[f][v] = math.NaN()
				}
				continue
			}
			q := cov.at(int(c), int(c))
			if f == 0 {
				for i, ci := range slopes {
					q -= float64(2 * m[i] * cov.at(int(c), ci))
					for j, cj := range slopes {
						q += float64(float64(m[i]*m[j]) * cov.at(ci, cj))
					}
				}
			}
			s.FixedSE[f][v] = math.Sqrt(float64(e * q))
		}
	}
}
