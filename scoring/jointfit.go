package scoring

import "math"

// Priors of the joint model: normal, in units of the official standard
// deviation. They are weak beside some hundred officials and decide only where
// the evidence is silent; that of the halo shrinks slopes that few data support.
const (
	priorLoading, priorLoadingSD = 0.8, 0.7
	priorHaloSD                  = 1.0
	priorOwnSD                   = 0.7
	priorSharedSD                = 0.5
	priorCorrelationSD           = 0.6 // of atanh ρ
	priorSpreadSD                = 1.0
	priorMeanSD                  = 10.0
)

const (
	jointRounds = 200
	jointRest   = 1e-7 // predicted gain in log-posterior for each official
)

// layout says where each parameter stands in the vector of the shared ones.
type layout struct {
	loading, own int
	halo         []int // by indicator; −1: held at zero
	shared       int   // −1: held at zero
	correlation  int   // −1 without visibility
	spread       int   // the same
	size         int
}

func (m *jointModel) layout() layout {
	k := len(m.loading)
	l := layout{own: k, halo: make([]int, k), shared: -1}
	l.size = 2 * k
	outcomes, others := 0, 0
	for j := range k {
		l.halo[j] = -1
		if m.visible && !m.anchor[j] {
			l.halo[j] = l.size
			l.size++
		}
		if m.outcome[j] {
			outcomes++
		} else {
			others++
		}
	}
	if outcomes >= 2 && others >= 2 {
		l.shared = l.size
		l.size++
	}
	l.correlation, l.spread = -1, -1
	if m.visible {
		l.correlation, l.spread = l.size, l.size+1
		l.size += 2
	}
	return l
}

// pack and unpack move the shared parameters. ρ travels as atanh ρ, ω and κ as
// their squares: variances, whose likelihood has a slope at zero, so that the
// information there is what the data say and not nothing.
func (m *jointModel) pack(l *layout) []float64 {
	x := make([]float64, l.size)
	for j := range m.loading {
		x[l.loading+j], x[l.own+j] = m.loading[j], float64(m.own[j]*m.own[j])
		if l.halo[j] >= 0 {
			x[l.halo[j]] = m.halo[j]
		}
	}
	if l.shared >= 0 {
		x[l.shared] = float64(m.shared * m.shared)
	}
	if m.visible {
		x[l.correlation] = log((1+m.correlation)/(1-m.correlation)) / 2
		x[l.spread] = m.spread
	}
	return x
}

func (m *jointModel) unpack(l *layout, x []float64) *jointModel {
	out := *m
	k := len(m.loading)
	out.loading, out.own, out.halo = make([]float64, k), make([]float64, k), make([]float64, k)
	for j := range k {
		out.loading[j], out.own[j] = x[l.loading+j], math.Sqrt(max(x[l.own+j], 0))
		if l.halo[j] >= 0 {
			out.halo[j] = x[l.halo[j]]
		}
	}
	out.shared = 0
	if l.shared >= 0 {
		out.shared = math.Sqrt(max(x[l.shared], leastShared))
	}
	if m.visible {
		e := exp(2 * min(max(x[l.correlation], -2.5), 2.5))
		out.correlation = (e - 1) / (e + 1)
		out.spread = min(math.Abs(x[l.spread]), 3)
	}
	return &out
}

// leastShared keeps κ² off zero, where its score is a quotient of zeros.
const leastShared = 1e-4

// priors are the logs of the shared parameters' priors: a normal for each, or,
// for variances, the exponential that a half-normal standard deviation gives but
// for a factor.
type priors struct {
	mean, precision []float64
	slope           []float64 // of the log density of a variance
	least           []float64 // lower bound, −∞: none
}

func (m *jointModel) priors(l *layout) *priors {
	p := &priors{
		mean: make([]float64, l.size), precision: make([]float64, l.size),
		slope: make([]float64, l.size), least: filled(l.size, math.Inf(-1)),
	}
	variance := func(at int, sd, least float64) {
		if at >= 0 {
			p.slope[at], p.least[at] = -1/float64(2*float64(sd*sd)), least
		}
	}
	set := func(at int, mu, sd float64) {
		if at >= 0 {
			p.mean[at], p.precision[at] = mu, 1/float64(sd*sd)
		}
	}
	for j := range m.loading {
		set(l.loading+j, priorLoading, priorLoadingSD)
		variance(l.own+j, priorOwnSD, 0)
		set(l.halo[j], 0, priorHaloSD)
	}
	variance(l.shared, priorSharedSD, leastShared)
	set(l.correlation, 0, priorCorrelationSD)
	set(l.spread, 0, priorSpreadSD)
	return p
}

func (p *priors) log(x []float64) float64 {
	sum := 0.0
	for a := range x {
		e := x[a] - p.mean[a]
		sum += float64(p.slope[a]*x[a]) - float64(float64(e*e)*p.precision[a])/2
	}
	return sum
}

// gradient is the posterior's by the shared parameters.
func (p *priors) gradient(now *pass, x []float64) []float64 {
	gradient := make([]float64, len(x))
	for a := range gradient {
		gradient[a] = now.gradient[a] + p.slope[a] - float64(p.precision[a]*(x[a]-p.mean[a]))
	}
	return gradient
}

// held says which variances are at their bound and would fall further.
func (p *priors) held(now *pass, x []float64) []bool {
	gradient, held := p.gradient(now, x), make([]bool, len(x))
	for a := range held {
		held[a] = x[a] <= p.least[a]+1e-12 && gradient[a] <= 0
	}
	return held
}

// slopes returns gradient and information of the posterior at x. What is held has
// no gradient and no information but its own.
func (p *priors) slopes(now *pass, x []float64) (gradient, information []float64) {
	n := len(x)
	gradient, information = p.gradient(now, x), make([]float64, n*n)
	copy(information, now.information)
	for a, held := range p.held(now, x) {
		information[a*n+a] += p.precision[a]
		if held {
			gradient[a] = 0
			for b := range n {
				if a != b {
					information[a*n+b], information[b*n+a] = 0, 0
				}
			}
		}
	}
	return gradient, information
}

// score fills the derivatives of official i's log-likelihood by the shared
// parameters and by the group's means and rate: the expectation of the complete
// data's derivatives given the official's data (Fisher's identity; Louis 1982,
// JRSS B 44).
func (m *jointModel) score(d *jointData, l *layout, i int, v *view, shared, means []float64) {
	q := v.at[0] + float64(v.slope[0]*v.v1)
	w := v.at[1] + float64(v.slope[1]*v.v1)
	qv := float64(v.at[0]*v.v1) + float64(v.slope[0]*v.v2)
	wv := float64(v.at[1]*v.v1) + float64(v.slope[1]*v.v2)
	cross := func(a, b int) float64 {
		return float64(v.at[a]*v.at[b]) + float64((float64(v.at[a]*v.slope[b])+float64(v.at[b]*v.slope[a]))*v.v1) +
			float64(float64(v.slope[a]*v.slope[b])*v.v2)
	}
	qq, qw, ww := v.qq+cross(0, 0), v.qw+cross(0, 1), v.ww+cross(1, 1)
	group := d.group[i]
	for j := range m.loading {
		shared[l.loading+j], shared[l.own+j], means[j] = 0, 0, 0
		if l.halo[j] >= 0 {
			shared[l.halo[j]] = 0
		}
	}
	if l.shared >= 0 {
		shared[l.shared] = (ww - 1) / (2 * float64(m.shared*m.shared))
	}
	for j := range m.loading {
		y := d.y[j][i]
		if y != y {
			continue
		}
		k := 0.0
		if m.outcome[j] {
			k = m.shared
		}
		s, sv := q+float64(k*w), qv+float64(k*wv)
		ss := qq + float64(2*float64(k*qw)) + float64(float64(k*k)*ww)
		a, h, r := m.loading[j], m.halo[j], y-m.mean[group][j]
		p := 1 / (float64(m.own[j]*m.own[j]) + d.variance[j][i])
		rest := r - float64(h*v.v1) - float64(a*s)
		restS := float64(r*s) - float64(h*sv) - float64(a*ss)
		restV := float64(r*v.v1) - float64(h*v.v2) - float64(a*sv)
		square := float64(r*rest) - float64(h*restV) - float64(a*restS)
		means[j] = float64(rest * p)
		shared[l.loading+j] = float64(restS * p)
		shared[l.own+j] = (float64(float64(square*p)*p) - p) / 2
		if l.halo[j] >= 0 {
			shared[l.halo[j]] = float64(restV * p)
		}
	}
	rate := len(m.loading)
	means[rate] = 0
	if !m.visible {
		return
	}
	rho := m.correlation
	free := 1 - float64(rho*rho)
	square := qq - float64(2*float64(rho*qv)) + float64(float64(rho*rho)*v.v2)
	byRho := rho/free + (qv-float64(rho*v.v2))/free - float64(rho*square)/float64(free*free)
	shared[l.correlation] = float64(byRho * free) // by atanh ρ
	shared[l.spread] = 0
	if m.seen[group] {
		expected := float64(d.time[i] * exp(m.rate[group]))
		shared[l.spread] = float64(d.count[i]*v.v1) - float64(expected*v.growthV)
		means[rate] = d.count[i] - float64(expected*v.growth)
	}
}
