package mixed

import (
	"context"
	"math"
	"slices"
)

// informationSide is, by lane, a_k = û_k/σ²_k at factor k's levels and 0 elsewhere.
func (l *layout) informationSide(m *moments, variances []float64) *side {
	s := &side{kept: make([]lanes, l.columns)}
	for k := range l.p.Random {
		a := l.of(m.x, k)
		if k == l.outer || k == l.inner {
			a = slices.Clone(a)
		}
		for j := range a {
			a[j] /= variances[k]
		}
		switch k {
		case l.outer:
			s.outer[k] = a
		case l.inner:
			s.inner[k] = a
		default:
			to := l.keptOf(s.kept, k)
			for j, v := range a {
				to[j][k] = v
			}
		}
	}
	return s
}

// averageInformation fills in squares and cross: x solves the equations for rhs,
// which is informationSide's.
func (a *absorbed) averageInformation(m *moments, rhs *side, x []lanes) {
	l := a.l
	n := len(l.p.Random)
	m.squares = make([]float64, n)
	m.cross = make([][]float64, n)
	for k := range n {
		m.cross[k] = make([]float64, n)
		for _, u := range l.of(m.x, k) {
			m.squares[k] += float64(u * u)
		}
		own := l.keptOf(rhs.kept, k)
		for j, x := range l.keptOf(x, k) {
			for q := range n {
				m.cross[k][q] += float64(own[j][k] * x[q])
			}
		}
	}
	parts := make([][maxRandom]lanes, len(l.chunks)-1) // by absorbed factor
	a.backSolve(x, rhs, func(chunk, factor int, level int32, u *lanes) {
		v := rhs.outer[factor]
		if factor == l.inner {
			v = rhs.inner[factor]
		}
		for q := range u {
			parts[chunk][factor][q] += float64(v[level] * u[q])
		}
	})
	for k := range n {
		for t := range parts {
			for q := range n {
				m.cross[k][q] += parts[t][k][q]
			}
		}
	}
}

// avoidZero adds the log of the target's standard deviation to the log-likelihood.
func (s *step) avoidZero() {
	v := s.variances[0]
	s.gradient[0] += 1 / (2 * v)
	s.info[0][0] += 1 / float64(2*float64(v*v))
	s.criterion -= math.Log(v)
}

// step is the state of the estimation at one point.
type step struct {
	variances []float64
	next      []float64   // where the step after the last leads; nil: nowhere else
	gradient  []float64   // of the log-likelihood
	info      [][]float64 // average information
	complete  []float64   // information if the random effects were known
	criterion float64     // −2 log-likelihood; NaN where not computed
	m         *moments
}

// derive turns moments into gradient, average information and criterion:
//
//	∂l/∂σ²_k = −½ [(q_k − λ_k T_k)/σ²_k − û'û/σ⁴_k]
//	∂l/∂σ²_e = −½ [(N − p − Σ(q_k − λ_k T_k))/σ²_e − ê'Wê/σ⁴_e]
//
// with T_k the trace of factor k's part of C⁻¹ and, for ML, without p. The
// information between k and j is ½ y'P V_k P V_j P y, which needs one solution of
// the equations for each factor: with a = û/σ²,
//
//	y'P V_i P V_j P y = δ_ij a_i'a_i/σ²_i − σ²_e a_i' C^{ij} a_j/(σ²_i σ²_j)
//
// and those with the residual follow from Σ σ²_k V_k + σ²_e W⁻¹ = V.
func derive(l *layout, m *moments, variances []float64, ml bool) *step {
	n := len(variances) - 1
	e := variances[n]
	s := &step{variances: variances, m: m, gradient: make([]float64, n+1), info: make([][]float64, n+1), complete: make([]float64, n+1)}
	for i := range s.info {
		s.info[i] = make([]float64, n+1)
	}
	freedom := float64(l.rows)
	if !ml {
		freedom -= float64(l.fixed.active)
	}
	left, ypy := freedom, m.residual/e
	s.criterion = float64(freedom*math.Log(2*math.Pi)) + float64(freedom*math.Log(e)) - l.logW + m.logDet
	for k := range n {
		v := variances[k]
		levels := float64(l.p.Random[k].Levels)
		// At a variance near zero it would grow without bound, and no step arrive there.
		known := math.Max(v, float64(1e-3*e))
		s.complete[k] = levels / 2 / known / known
		used := levels - float64(e/v*m.trace[k])
		s.gradient[k] = -(used/v - m.squares[k]/v/v) / 2
		left -= used
		ypy += m.squares[k] / v
		s.criterion -= float64(levels * math.Log(e/v))
		for j := range n {
			q := -e * m.cross[k][j] / v / variances[j]
			if j == k {
				q += m.squares[k] / v / v / v
			}
			s.info[k][j] = q / 2
		}
	}
	s.criterion += ypy
	s.complete[n] = freedom / 2 / e / e
	s.gradient[n] = -(left/e - m.residual/e/e) / 2
	toResidual := m.residual / e / e
	for k := range n {
		q := m.squares[k] / variances[k] / variances[k]
		for j := range n {
			q -= float64(2 * variances[j] * s.info[k][j])
		}
		s.info[k][n] = q / e / 2
		s.info[n][k] = s.info[k][n]
		toResidual -= float64(variances[k] * q / e)
	}
	s.info[n][n] = toResidual / e / 2
	return s
}

// newton maximises the quadratic model of gradient and information over steps d
// that keep each variance within a factor of furthest of what it is: a component
// whose step goes too far is held at its limit and the others are solved for given
// that. It returns nil where the damped information is not positive definite.
//
// Far from the maximum the average information can be nearly singular. The damping
// adds to it so many times the complete data's, under which a step is one of the EM
// algorithm (Levenberg 1944, Marquardt 1963).
//
// The residual variance stays at least where it is bound.
func (s *step) newton(damping, bound float64) []float64 {
	n := len(s.gradient)
	d := make([]float64, n)
	held := make([]bool, n)
	held[n-1] = s.variances[n-1] <= bound && s.gradient[n-1] <= 0
	for {
		var free []int
		for k := range n {
			if !held[k] {
				free = append(free, k)
			}
		}
		if !s.newtonOf(free, held, d, damping) {
			return nil
		}
		moved := false
		for _, k := range free {
			v := s.variances[k]
			least, most := v/furthest-v, float64(v*furthest)-v
			if k == n-1 {
				least = math.Max(least, bound-v)
			}
			if d[k] < least || d[k] > most {
				d[k] = math.Min(math.Max(d[k], least), most)
				held[k], moved = true, true
			}
		}
		if !moved {
			return d
		}
	}
}

// furthest is the factor by which one step may change a variance.
const furthest = 20

// newtonOf solves for the free components of d, given the held ones.
func (s *step) newtonOf(free []int, held []bool, d []float64, damping float64) bool {
	if len(free) == 0 {
		return true
	}
	info, side := make([][]float64, len(free)), make([]float64, len(free))
	for i, k := range free {
		info[i] = make([]float64, len(free))
		side[i] = s.gradient[k]
		for j, m := range free {
			info[i][j] = s.info[k][m]
		}
		info[i][i] += float64(damping * s.complete[k])
		for m, h := range held {
			if h {
				side[i] -= float64(s.info[k][m] * d[m])
			}
		}
	}
	f := symmetric(info)
	if f == nil {
		return false
	}
	scale := scales(info)
	for i := range side {
		side[i] = float64(side[i] * scale[i])
	}
	f.solve(side)
	for i, k := range free {
		d[k] = float64(side[i] * scale[i])
	}
	return true
}

// scales are the roots of the reciprocal diagonal.
func scales(m [][]float64) []float64 {
	s := make([]float64, len(m))
	for i := range s {
		s[i] = 1 / math.Sqrt(m[i][i])
	}
	return s
}

// symmetric is the Cholesky factor of a small matrix scaled to unit diagonal, or nil.
func symmetric(m [][]float64) *square {
	n := len(m)
	s := newSquare(n)
	scale := scales(m)
	for i := range n {
		if !(m[i][i] > 0) {
			return nil
		}
		for j := range i + 1 {
			s.a[i*n+j] = float64(float64(m[i][j]*scale[i]) * scale[j])
		}
	}
	if !s.cholesky() {
		return nil
	}
	for i := range n {
		if s.a[i*n+i] < 1e-6 {
			return nil
		}
	}
	return s
}

// search holds the estimation together.
type search struct {
	ev evaluator
	l  *layout
	o  *Options
	ml bool
	// nondegenerate: the target's variance is kept from zero.
	nondegenerate bool
	tolerance     float64 // of the relative change of the variances
	// last is the length below which a step is the last, and no evaluation follows it; 0:
	// as long as the tolerance tells.
	last    float64
	limit   int
	done    int
	change  float64
	damping float64
	least   float64 // of the residual variance
}

// floor is the smallest variance ratio to the residual that is told from zero.
const floor = 1e-7

// run goes from start to the maximum. dropped is the random factor that runs into
// the boundary, or -1.
func (r *search) run(ctx context.Context, start []float64) (at *step, dropped int, err error) {
	n := len(start) - 1
	at, err = r.at(ctx, start)
	if err != nil {
		return nil, -1, err
	}
	r.damping = 0
	for r.done < r.limit {
		for k := range n {
			if at.variances[k] <= 2*floor*at.variances[n] && at.gradient[k] <= 0 {
				return at, k, nil
			}
		}
		next := r.propose(at)
		if next == nil {
			return at, -1, &NotConvergedError{Iterations: r.done, Change: r.change, Reason: "the information is not finite"}
		}
		r.change = 0
		for k := range next {
			r.change = math.Max(r.change, math.Abs(next[k]-at.variances[k])/at.variances[k])
		}
		if r.change < r.tolerance && r.last == 0 {
			at.next = next
			return at, -1, nil
		}
		if r.change < r.last {
			at, err = r.settle(ctx, at, next)
			return at, -1, err
		}
		to, failed := r.at(ctx, next)
		if failed != nil {
			return at, -1, failed
		}
		// The criterion is NaN where it is not computed: then every step stands.
		if to.criterion > at.criterion+float64(1e-12*(1+math.Abs(at.criterion))) {
			r.damping = math.Max(4*r.damping, leastDamping)
			continue
		}
		at = to
		if r.damping /= 4; r.damping < leastDamping {
			r.damping = 0
		}
	}
	return at, -1, &NotConvergedError{Iterations: r.done, Change: r.change, Reason: "the limit of iterations is reached"}
}

// settle takes the last step: the effects are solved for where it ends, to more digits
// than an evaluation needs; gradient and information are those of where it began.
func (r *search) settle(ctx context.Context, at *step, variances []float64) (*step, error) {
	end := *at
	end.variances = variances
	if r.o.rough {
		return &end, nil // its variances are all that anybody asks for
	}
	solved, err := r.effectsAt(ctx, variances)
	if err != nil {
		return at, err
	}
	end.m = solved.m
	return &end, nil
}

const unreached = "the conjugate gradients did not reach their tolerance"

// leastDamping is where damping begins when a step fails.
const leastDamping = 1e-3

func (r *search) at(ctx context.Context, variances []float64) (*step, error) {
	m, err := r.ev.evaluate(ctx, variances)
	if err != nil {
		return nil, err
	}
	r.done++
	if r.o.Progress != nil {
		r.o.Progress(r.done, max(r.done+1, 12))
	}
	if !m.converged {
		return nil, &NotConvergedError{Iterations: r.done, Change: r.change, Reason: unreached}
	}
	s := derive(r.l, m, variances, r.ml)
	if r.nondegenerate {
		s.avoidZero()
	}
	return s, nil
}

// mostDamping is where even a step of the EM algorithm is too small to matter.
const mostDamping = 1e9

// propose is the next point; where the information does not serve, the damping grows
// until it does. nil: it never does.
func (r *search) propose(at *step) []float64 {
	n := len(at.variances) - 1
	d := at.newton(r.damping, r.least)
	for d == nil && r.damping < mostDamping {
		r.damping = math.Max(4*r.damping, leastDamping)
		d = at.newton(r.damping, r.least)
	}
	if d == nil {
		return nil
	}
	next := make([]float64, n+1)
	for k := range next {
		next[k] = at.variances[k] + d[k]
	}
	// Data that the random effects fit exactly have no residual to come to rest at.
	next[n] = math.Max(next[n], r.least)
	for k := range n {
		next[k] = math.Max(next[k], floor*next[n])
	}
	return next
}
