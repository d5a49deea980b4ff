package mixed

import (
	"context"
	"errors"
)

// errIndefinite says that a matrix which must be positive definite is not, to
// working precision.
var errIndefinite = errors.New("mixed: the equations are not positive definite to working precision")

// maxGradientSteps bounds one solution by conjugate gradients.
const maxGradientSteps = 500

// gradients solves S x = b for four right-hand sides at once by preconditioned
// conjugate gradients (Hestenes & Stiefel 1952); x holds the start. A lane rests
// when its residual, in the norm of the preconditioner, is below tolerance times
// its right-hand side's. With randomOnly the fixed effects are held at zero. It
// returns the number of steps, and false if a lane did not get there.
func (p *arrow) gradients(ctx context.Context, b, x []lanes, tolerance lanes, randomOnly bool) (int, bool, error) {
	n := len(b)
	if len(p.scratch[0]) < n {
		for i := range p.scratch {
			p.scratch[i] = make([]lanes, n)
		}
	}
	r, z, d, ad := p.scratch[0][:n], p.scratch[1][:n], p.scratch[2][:n], p.scratch[3][:n]
	p.solve(b, z, randomOnly)
	size := dots(b, z, p.used(randomOnly))
	copy(r, b)
	if !allZero(x) {
		p.times(x, ad, randomOnly)
		for i := range r {
			for q := range 4 {
				r[i][q] -= ad[i][q]
			}
		}
	}
	if randomOnly {
		clear(r[p.a.l.random:])
	}
	p.solve(r, z, randomOnly)
	copy(d, z)
	rz := dots(r, z, p.used(randomOnly))
	for steps := 0; ; steps++ {
		open := false
		var resting [4]bool
		for q := range 4 {
			resting[q] = !(rz[q] > float64(float64(tolerance[q]*tolerance[q])*size[q]))
			open = open || !resting[q]
		}
		if !open {
			return steps, true, nil
		}
		if steps == maxGradientSteps {
			return steps, false, nil
		}
		if err := ctx.Err(); err != nil {
			return steps, false, err
		}
		p.a.first = resting == [4]bool{false, true, true, true}
		p.times(d, ad, randomOnly)
		p.a.first = false
		dad := dots(d, ad, p.used(randomOnly))
		var alpha, beta lanes
		for q := range 4 {
			if resting[q] {
				continue
			}
			if !(dad[q] > 0) {
				return steps, false, errIndefinite
			}
			alpha[q] = rz[q] / dad[q]
		}
		for i := range x {
			for q := range 4 {
				x[i][q] += float64(alpha[q] * d[i][q])
				r[i][q] -= float64(alpha[q] * ad[i][q])
			}
		}
		p.solve(r, z, randomOnly)
		next := dots(r, z, p.used(randomOnly))
		for q := range 4 {
			if !resting[q] {
				beta[q] = next[q] / rz[q]
				rz[q] = next[q]
			}
		}
		for i := range d {
			for q := range 4 {
				d[i][q] = z[i][q] + float64(beta[q]*d[i][q])
			}
		}
	}
}

func allZero(x []lanes) bool {
	for i := range x {
		if x[i] != (lanes{}) {
			return false
		}
	}
	return true
}

// times is S v, or its random part with the fixed effects at zero.
func (p *arrow) times(v, out []lanes, randomOnly bool) {
	p.a.apply(v, out)
	if randomOnly {
		clear(out[p.a.l.random:])
	}
}

func (p *arrow) used(randomOnly bool) int {
	if randomOnly {
		return p.a.l.random
	}
	return p.a.l.columns
}

// dots are the lanes' inner products of the first n entries.
func dots(a, b []lanes, n int) lanes {
	var s lanes
	for i := range n {
		for q := range 4 {
			s[q] += float64(a[i][q] * b[i][q])
		}
	}
	return s
}
