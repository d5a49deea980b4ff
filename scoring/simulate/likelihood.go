package simulate

import "math"

// The grid of t on which likelihoods stand: the quality of a strand in standard
// deviations of q, with room for halo on top.
const (
	gridLow  = -9.0
	gridStep = 0.1
	gridSize = 181
)

// curve is a log-likelihood over the grid.
type curve [gridSize]float64

func gridAt(i int) float64 { return gridLow + gridStep*float64(i) }

// at interpolates linearly; beyond the ends it stays at the end's value.
func (c *curve) at(x float64) float64 {
	p := (x - gridLow) / gridStep
	if p <= 0 {
		return c[0]
	}
	i := int(p)
	if i >= gridSize-1 {
		return c[gridSize-1]
	}
	f := p - float64(i)
	return c[i]*(1-f) + c[i+1]*f
}

// add puts the log-likelihood of one piece of evidence on top.
func (c *curve) add(f func(t float64) float64) {
	for i := range c {
		c[i] += f(gridAt(i))
	}
}

// smoothed integrates a normal disturbance of the standard deviation sd (in
// units of t) out of the likelihood:
//
//	log ∫ exp c(t + e) φ(e/sd)/sd de
func (c *curve) smoothed(sd float64) curve {
	if sd <= 0 {
		return *c
	}
	const reach = 4.0
	n := int(math.Ceil(reach * sd / gridStep))
	kernel := make([]float64, 2*n+1)
	total := 0.0
	for j := range kernel {
		e := float64(j-n) * gridStep / sd
		kernel[j] = math.Exp(-e * e / 2)
		total += kernel[j]
	}
	top := math.Inf(-1)
	for _, v := range c {
		top = math.Max(top, v)
	}
	var like, out curve
	for i, v := range c {
		like[i] = math.Exp(v - top)
	}
	for i := range out {
		sum := 0.0
		for j, k := range kernel {
			at := min(max(i+j-n, 0), gridSize-1)
			sum += k * like[at]
		}
		out[i] = math.Log(math.Max(sum/total, math.SmallestNonzeroFloat64)) + top
	}
	return out
}

// share returns the probability of a mark given u.
func (r *response) share(level uint8, u float64) float64 {
	high, low := 1.0, 0.0
	if level < 5 {
		high = r.below(r.thresholds[level-1] - u)
	}
	if level > 1 {
		low = r.below(r.thresholds[level-2] - u)
	}
	return math.Max(high-low, 1e-12)
}

func (r *response) below(x float64) float64 {
	if r.logistic {
		return logistic(x / r.noise)
	}
	return math.Erfc(-x/(r.noise*math.Sqrt2)) / 2
}

// mean returns the expected mark given u.
func (r *response) mean(u float64) float64 {
	m := 5.0
	for _, c := range r.thresholds {
		m -= r.below(c - u)
	}
	return m
}

// mark draws a mark given u.
func (r *response) mark(s stream, u float64) uint8 {
	if r.logistic {
		u += r.noise * logit(1-s.Float64())
	} else {
		u += s.normal(r.noise)
	}
	level := uint8(1)
	for _, c := range r.thresholds {
		if u > c {
			level++
		}
	}
	return level
}
