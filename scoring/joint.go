package scoring

import "math"

// jointModel ties the indicators together. With q the latent quality and v the
// latent visibility of an official, both of mean 0 and variance 1 within the
// peer group and of correlation ρ, and w what outcomes have to themselves,
//
//	y_j = μ_gj + λ_j·(q + κ_j·w) + h_j·v + o_j + e_j
//	c   ~ Poisson(T·exp(α_g + τ·v))
//
// where y_j is an indicator's unshrunk estimate in units of its official standard
// deviation, e_j its error of known variance, o_j ~ N(0, ω_j²) what the official
// does better in this strand alone, c the number of achievements in T years. The
// halo h_j of anchors is zero; κ_j is κ for indicators of outcomes and 0 for
// others. What a strand owes to the work is λ_j(q + κ_j w) + o_j.
type jointModel struct {
	anchor, outcome []bool // by indicator
	visible         bool   // visibility is in the model; if not, h, ρ and τ are zero

	loading, halo, own []float64 // λ, h, ω by indicator
	shared             float64   // κ
	correlation        float64   // ρ
	spread             float64   // τ
	mean               [][]float64
	rate               []float64 // α by group
	seen               []bool    // by group: it has achievements at all
}

// jointData is what the model is fitted to, by indicator and posting.
type jointData struct {
	y, variance [][]float64 // NaN: absent
	count, time []float64   // achievements, years
	group       []int32
}

// The quadrature over v: so many nodes, half a standard deviation of the official's
// own posterior apart, about its mode. The trapezoid rule is exact to many digits
// there, however sharp a hundred achievements make it.
const (
	nodes    = 25
	nodeStep = 0.5
)

// view is what the model says of one official: the distribution of v on the
// nodes, and of (q, w) given v, normal with mean at + slope·v and covariance cov.
type view struct {
	first, step   float64        // nodes are first + n·step
	weight        [nodes]float64 // sums to 1
	v1, v2        float64        // E v, E v²
	growth        float64        // E exp(τv)
	growthV       float64        // E v·exp(τv)
	at, slope     [2]float64
	qq, qw, ww    float64 // covariance of (q, w) given v
	logLikelihood float64
}

// look computes the view of official i from the indicators in use (nil: all).
func (m *jointModel) look(d *jointData, i int, use []bool, out *view) {
	group := d.group[i]
	free := 1 - float64(m.correlation*m.correlation)
	pqq, pqw, pww := 1/free, 0.0, 1.0
	var b0, b1 [2]float64
	b1[0] = m.correlation / free
	c0, c1 := 0.0, 0.0
	c2 := float64(m.correlation*m.correlation) / free
	logs := 0.0
	for j := range m.loading {
		y := d.y[j][i]
		if y != y || use != nil && !use[j] {
			continue
		}
		noise := float64(m.own[j]*m.own[j]) + d.variance[j][i]
		r, h, aq := y-m.mean[group][j], m.halo[j], m.loading[j]
		aw := 0.0
		if m.outcome[j] {
			aw = float64(aq * m.shared)
		}
		p := 1 / noise
		pqq += float64(float64(aq*aq) * p)
		pqw += float64(float64(aq*aw) * p)
		pww += float64(float64(aw*aw) * p)
		b0[0] += float64(float64(aq*r) * p)
		b0[1] += float64(float64(aw*r) * p)
		b1[0] -= float64(float64(aq*h) * p)
		b1[1] -= float64(float64(aw*h) * p)
		c0 += float64(float64(r*r) * p)
		c1 += float64(float64(r*h) * p)
		c2 += float64(float64(h*h) * p)
		logs += log(noise)
	}
	det := float64(pqq*pww) - float64(pqw*pqw)
	out.qq, out.qw, out.ww = pww/det, -pqw/det, pqq/det
	out.at = out.times(b0)
	out.slope = out.times(b1)
	// log p(y | v) = constant + lin·v − quad·v²/2
	constant := -(logs + log(det) + log(free) + c0 - dot2(b0, out.at)) / 2
	lin := c1 + dot2(b0, out.slope)
	quad := c2 - dot2(b1, out.slope)
	m.weigh(d, i, constant, lin, quad, out)
}

func (v *view) times(b [2]float64) [2]float64 {
	return [2]float64{float64(v.qq*b[0]) + float64(v.qw*b[1]), float64(v.qw*b[0]) + float64(v.ww*b[1])}
}

func dot2(a, b [2]float64) float64 { return float64(a[0]*b[0]) + float64(a[1]*b[1]) }

// node is the n-th value of v.
func (v *view) node(n int) float64 { return v.first + float64(float64(n)*v.step) }

// weigh fills the distribution of v on the nodes and its moments.
func (m *jointModel) weigh(d *jointData, i int, constant, lin, quad float64, out *view) {
	count, expected := 0.0, 0.0
	if group := d.group[i]; m.seen[group] {
		count, expected = d.count[i], float64(d.time[i]*exp(m.rate[group]))
		constant += float64(count * m.rate[group])
	}
	curve := posteriorOfV{slope: lin + float64(count*m.spread), quad: 1 + quad, expected: expected, spread: m.spread}
	mode, sd := curve.mode()
	out.step = float64(nodeStep * sd)
	out.first = mode - float64((nodes/2)*out.step)
	growth := exp(float64(m.spread * out.first))
	ratio := exp(float64(m.spread * out.step))
	var grown [nodes]float64 // exp(τ·v)
	top := math.Inf(-1)
	for n := range nodes {
		grown[n] = growth
		out.weight[n] = curve.log(out.node(n), growth)
		top = max(top, out.weight[n])
		growth = float64(growth * ratio)
	}
	sum := 0.0
	for n := range nodes {
		out.weight[n] = exp(out.weight[n] - top)
		sum += out.weight[n]
	}
	out.v1, out.v2, out.growth, out.growthV = 0, 0, 0, 0
	for n := range nodes {
		w := out.weight[n] / sum
		v := out.node(n)
		out.weight[n] = w
		wv := float64(w * v)
		out.v1 += wv
		out.v2 += float64(wv * v)
		out.growth += float64(w * grown[n])
		out.growthV += float64(wv * grown[n])
	}
	out.logLikelihood = constant + top + log(float64(sum*out.step))
}

// posteriorOfV is the log-density of v but for a constant:
//
//	slope·v − quad·v²/2 − expected·exp(spread·v)
type posteriorOfV struct{ slope, quad, expected, spread float64 }

func (p *posteriorOfV) log(v, growth float64) float64 {
	return float64(v*(p.slope-float64(p.quad*v)/2)) - float64(p.expected*growth)
}

// mode finds the top of the density, which is log-concave, by Newton's method, and
// the standard deviation that its curvature there gives.
func (p *posteriorOfV) mode() (mode, sd float64) {
	const reach = 2.0 // no step is longer
	for range 60 {
		pull := float64(float64(p.expected*p.spread) * exp(float64(p.spread*mode)))
		bend := p.quad + float64(p.spread*pull)
		sd = 1 / math.Sqrt(bend)
		step := (p.slope - float64(p.quad*mode) - pull) / bend
		mode += min(max(step, -reach), reach)
		if math.Abs(step) < 0.01*sd {
			break
		}
	}
	return mode, sd
}

// work is the posterior mean of what strand j owes to the work, and what adds to
// it when the halo is left in.
func (m *jointModel) work(d *jointData, j, i int, v *view, used bool) (work, withHalo float64) {
	q, w := v.at[0]+float64(v.slope[0]*v.v1), v.at[1]+float64(v.slope[1]*v.v1)
	s := q
	if m.outcome[j] {
		s += float64(m.shared * w)
	}
	common := float64(m.loading[j] * s)
	halo := float64(m.halo[j] * v.v1)
	work = common
	if y := d.y[j][i]; y == y && used {
		own := float64(m.own[j] * m.own[j])
		work += float64(own / (own + d.variance[j][i]) * (y - m.mean[d.group[i]][j] - common - halo))
	}
	return work, work + halo
}
