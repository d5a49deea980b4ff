package mixed

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// probing evaluates by conjugate gradients; traces come from random signs z by
// E z'C⁻¹z = tr C⁻¹ (Hutchinson 1989), the absorbed part's own diagonal exactly.
//
// The same signs serve at all variances, so that the estimation has a fixed point.
type probing struct {
	l    *layout
	a    *absorbed
	m    *arrow
	ml   bool
	seed uint64
	data *vectors
	x    []lanes   // last solution for the data, the next start
	z    [][]lanes // probes, four a batch
	inv  [][]lanes // last C⁻¹ z
}

// probeBudget is about how many random signs make up all probes of a fit
// together: the noise of a trace falls with their number.
const probeBudget = 40000

func newProbing(l *layout, o *Options) *probing {
	p := &probing{l: l, a: newAbsorbed(l), ml: o.ML, seed: o.Seed, data: l.dataSide(), x: make([]lanes, l.columns)}
	p.m = newArrow(p.a)
	batches := 1 + min(24, probeBudget/4/max(1, l.random))
	for b := range batches {
		p.z = append(p.z, p.signs(uint64(b)))
		p.inv = append(p.inv, make([]lanes, l.columns))
	}
	return p
}

// signs are four probes over the random columns.
func (p *probing) signs(stream uint64) []lanes {
	r := rand.NewPCG(p.seed, stream+1)
	z := make([]lanes, p.l.columns)
	for i := range p.l.random {
		bits := r.Uint64()
		for q := range 4 {
			z[i][q] = 1 - 2*float64(bits>>q&1)
		}
	}
	return z
}

// Relative tolerances of the conjugate gradients.
const (
	dataTolerance  = 1e-8
	probeTolerance = 1e-4
)

func (p *probing) solveData(ctx context.Context, variances []float64) (*moments, error) {
	l := p.l
	p.a.set(ratios(variances))
	if err := p.m.set(); err != nil {
		return nil, &NotConvergedError{Reason: err.Error()}
	}
	m := &moments{logDet: math.NaN(), converged: true, x: l.newVectors()}
	copy(m.x.kept, p.data.kept)
	copy(m.x.outer, p.data.outer)
	copy(m.x.inner, p.data.inner)
	if err := p.solve(ctx, m, m.x, p.x, dataTolerance); err != nil {
		return nil, err
	}
	m.residual = l.residualSquares(p.a, m.x)
	return m, nil
}

// solve replaces right-hand sides by solutions of the whole system; x holds the
// start for the kept part.
func (p *probing) solve(ctx context.Context, m *moments, v *vectors, x []lanes, tolerance float64) error {
	side := *v
	side.kept = slices.Clone(v.kept)
	p.a.absorbSide(&side)
	_, ok, err := p.m.gradients(ctx, side.kept, x, lanes{tolerance, tolerance, tolerance, tolerance}, false)
	m.converged = m.converged && ok
	if err != nil {
		return err
	}
	full := p.l.newVectors()
	copy(full.kept, x)
	p.a.backSolve(full, v)
	*v = *full
	return nil
}

func (p *probing) evaluate(ctx context.Context, variances []float64) (*moments, error) {
	m, err := p.solveData(ctx, variances)
	if err != nil {
		return nil, err
	}
	var failed error
	p.l.averageInformation(m, variances, func(v *vectors) {
		failed = p.solve(ctx, m, v, make([]lanes, p.l.columns), probeTolerance)
	})
	if failed != nil {
		return nil, failed
	}
	if err := p.traces(ctx, m); err != nil {
		return nil, err
	}
	return m, nil
}

// traces estimates the traces of C⁻¹ (for ML of C_uu⁻¹).
func (p *probing) traces(ctx context.Context, m *moments) error {
	l := p.l
	m.trace = make([]float64, len(l.p.Random))
	share := 1 / float64(4*len(p.z))
	for b, z := range p.z {
		x := p.inv[b]
		_, ok, err := p.m.gradients(ctx, z, x, lanes{probeTolerance, probeTolerance, probeTolerance, probeTolerance}, p.ml)
		m.converged = m.converged && ok
		if err != nil {
			return err
		}
		for i, k := range l.kept {
			from, to := l.keptStart[i], l.keptStart[i]+l.p.Random[k].Levels
			for c := from; c < to; c++ {
				for q := range 4 {
					m.trace[k] += float64(share * float64(z[c][q]*x[c][q]))
				}
			}
		}
		outer, inner := p.a.products(z, x)
		for q := range 4 {
			if l.outer >= 0 {
				m.trace[l.outer] += float64(share * outer[q])
			}
			if l.inner >= 0 {
				m.trace[l.inner] += float64(share * inner[q])
			}
		}
	}
	outer, inner := p.a.local()
	for _, v := range outer {
		m.trace[l.outer] += v
	}
	for _, v := range inner {
		m.trace[l.inner] += v
	}
	return nil
}

// products are, by absorbed factor, the inner products of the absorbed effects
// that belong to the kept vectors z and x: with A the map from kept to absorbed,
// z'A'A x, whose expectation over signs z and x = S⁻¹z is what not knowing the
// kept unknowns adds to the trace.
func (a *absorbed) products(z, x []lanes) (outer, inner lanes) {
	l := a.l
	if l.outer < 0 && l.inner < 0 {
		return
	}
	tz, tx := a.spread(z), a.spread(x)
	parts := make([][2]lanes, len(l.chunks)-1)
	parallel(len(parts), func(t int) {
		s := &parts[t]
		for b := l.chunks[t]; b < l.chunks[t+1]; b++ {
			if l.blockFree(b) {
				continue
			}
			oz, ox := a.solveOuter(b, nil, tz), a.solveOuter(b, nil, tx)
			for q := range 4 {
				s[0][q] += float64(oz[q] * ox[q])
			}
			if l.inner < 0 {
				continue
			}
			for r := l.blockStart[b]; r < l.blockStart[b+1]; r++ {
				iz, ix := a.solveInner(r, nil, tz, &oz), a.solveInner(r, nil, tx, &ox)
				for q := range 4 {
					s[1][q] += float64(iz[q] * ix[q])
				}
			}
		}
	})
	for _, s := range parts {
		for q := range 4 {
			outer[q] += s[0][q]
			inner[q] += s[1][q]
		}
	}
	return outer, inner
}
