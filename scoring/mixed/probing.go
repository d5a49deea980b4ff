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
	l       *layout
	a       *absorbed
	m       *arrow
	ml      bool
	seed    uint64
	data    *side
	kept    []lanes // what absorption leaves of data
	batches []*batch
	probes  int
}

// batch is four systems that are solved at once: one pass over the rows costs the
// same for one as for four, so that probes go along with what else is to be solved.
type batch struct {
	probes int
	z      []lanes // the probes; 0 in lanes that are none
	x      []lanes // the last solutions, where the next begin
}

// The first batch solves for the data in its first lane, the second for the
// information in as many as there are random factors.
const (
	dataBatch = iota
	informationBatch
)

// probeBudget is about how many random signs make up all probes of a fit
// together: the noise of a trace falls with their number.
const probeBudget = 40000

func newProbing(l *layout, o *Options) *probing {
	p := &probing{l: l, a: newAbsorbed(l), ml: o.ML, seed: o.Seed, data: l.dataSide()}
	p.m = newArrow(p.a)
	wanted := min(100, max(leastProbes, probeBudget/max(1, l.random)))
	if p.ml {
		// probes leave the fixed effects at zero: they cannot go along
		p.addBatch(len(lanes{}))
		p.addBatch(len(lanes{}))
	} else {
		p.addBatch(1)
		p.addBatch(len(l.p.Random))
	}
	for p.probes < wanted {
		p.addBatch(0)
	}
	return p
}

// leastProbes is their least number.
const leastProbes = 5

// addBatch adds a batch whose first lanes are taken.
func (p *probing) addBatch(taken int) {
	b := &batch{probes: len(lanes{}) - taken, z: p.signs(uint64(len(p.batches))), x: make([]lanes, p.l.columns)}
	for i := range b.z {
		for q := range taken {
			b.z[i][q] = 0
		}
	}
	p.batches = append(p.batches, b)
	p.probes += b.probes
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

// Relative tolerances of the conjugate gradients: of the effects that are given out, of
// those that variances are estimated by, and of the probes, whose own noise is greater.
const (
	dataTolerance     = 1e-7
	evaluateTolerance = 1e-4
	probeTolerance    = 1e-3
)

var probeTolerances = lanes{probeTolerance, probeTolerance, probeTolerance, probeTolerance}

// solveData implements evaluator.
func (p *probing) solveData(ctx context.Context, variances []float64) (*moments, error) {
	if err := p.set(variances); err != nil {
		return nil, err
	}
	b := p.batches[dataBatch]
	for i := range b.x {
		b.x[i] = lanes{b.x[i][0]}
	}
	m := &moments{logDet: math.NaN(), converged: true}
	return m, p.solveDataBatch(ctx, m, p.kept, dataTolerance)
}

func (p *probing) set(variances []float64) error {
	changed := p.a.set(ratios(variances))
	if changed {
		p.kept = p.a.absorbSide(p.data)
	}
	if err := p.m.set(!changed); err != nil {
		return &NotConvergedError{Reason: err.Error()}
	}
	return nil
}

// solveDataBatch solves for the data in the first lane, and for what goes along with it.
func (p *probing) solveDataBatch(ctx context.Context, m *moments, rhs []lanes, tolerance float64) error {
	b, all := p.batches[dataBatch], probeTolerances
	all[0] = tolerance
	if err := p.solve(ctx, m, rhs, b.x, all, false); err != nil {
		return err
	}
	m.x = p.a.complete(b.x, p.data)
	return nil
}

// add puts the probes into the right-hand sides.
func (b *batch) add(rhs []lanes) {
	for i := range rhs {
		rhs[i].add(&b.z[i])
	}
}

// solve improves x until it solves the equations of the kept columns.
func (p *probing) solve(ctx context.Context, m *moments, rhs, x []lanes, tolerance lanes, randomOnly bool) error {
	_, ok, err := p.m.gradients(ctx, rhs, x, tolerance, randomOnly)
	m.converged = m.converged && ok
	return err
}

// evaluate implements evaluator.
func (p *probing) evaluate(ctx context.Context, variances []float64) (*moments, error) {
	if err := p.set(variances); err != nil {
		return nil, err
	}
	m := &moments{logDet: math.NaN(), converged: true}
	rhs := slices.Clone(p.kept)
	p.batches[dataBatch].add(rhs)
	if err := p.solveDataBatch(ctx, m, rhs, evaluateTolerance); err != nil {
		return nil, err
	}
	m.residual = p.l.residualSquares(p.a, m.x)
	b := p.batches[informationBatch]
	side := p.l.informationSide(m, variances)
	rhs = p.a.absorbSide(side)
	b.add(rhs)
	if err := p.solve(ctx, m, rhs, b.x, probeTolerances, false); err != nil {
		return nil, err
	}
	p.a.averageInformation(m, side, b.x)
	for _, b := range p.batches[informationBatch+1:] {
		if err := p.solve(ctx, m, b.z, b.x, probeTolerances, p.ml); err != nil {
			return nil, err
		}
	}
	p.traces(m)
	return m, nil
}

// traces estimates the traces of C⁻¹ (for ML of C_uu⁻¹).
func (p *probing) traces(m *moments) {
	l := p.l
	m.trace = make([]float64, len(l.p.Random))
	share := 1 / float64(p.probes)
	for _, b := range p.batches {
		if b.probes == 0 {
			continue
		}
		for _, k := range l.kept {
			x := l.keptOf(b.x, k)
			for c, z := range l.keptOf(b.z, k) {
				for q := range 4 {
					m.trace[k] += float64(share * float64(z[q]*x[c][q]))
				}
			}
		}
		outer, inner := p.a.products(b.z, b.x)
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
	ofZ := l.newField()
	tz, tx := &ofZ, a.spread(x)
	l.spread(z, tz)
	parts := make([][2]lanes, len(l.chunks)-1)
	parallel(len(parts), func(t int) {
		s := &parts[t]
		var mz, mx []lanes
		for b := l.chunks[t]; b < l.chunks[t+1]; b++ {
			if l.blockFree(b) {
				continue
			}
			mz, mx = l.runSums(b, tz, mz), l.runSums(b, tx, mx)
			oz, ox := a.solveOuter(b, nil, mz), a.solveOuter(b, nil, mx)
			for q := range 4 {
				s[0][q] += float64(oz[q] * ox[q])
			}
			if l.inner < 0 {
				continue
			}
			for i := range mz {
				r := l.blockStart[b] + int32(i)
				iz, ix := a.solveInner(r, nil, &mz[i], &oz), a.solveInner(r, nil, &mx[i], &ox)
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
