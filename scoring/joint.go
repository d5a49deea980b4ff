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

// Nodes of the quadrature over v: a grid fine enough for the sharpest posterior
// that a year's achievements give.
const (
	nodes    = 61
	nodeStep = 0.15
)

func node(n int) float64 { return float64(float64(n-nodes/2) * nodeStep) }

// grid is what one set of parameters gives all officials.
type grid struct {
	growth [nodes]float64 // exp(τ·v)
	prior  [nodes]float64 // −v²/2
}

func (m *jointModel) grid() *grid {
	g := &grid{}
	for n := range nodes {
		v := node(n)
		g.growth[n] = exp(float64(m.spread * v))
		g.prior[n] = -float64(v*v) / 2
	}
	return g
}

// view is what the model says of one official: the distribution of v on the
// nodes, and of (q, w) given v, normal with mean at + slope·v and covariance cov.
type view struct {
	weight        [nodes]float64 // sums to 1
	v1, v2        float64        // E v, E v²
	growth        float64        // E exp(τv)
	growthV       float64        // E v·exp(τv)
	at, slope     [2]float64
	qq, qw, ww    float64 // covariance of (q, w) given v
	logLikelihood float64
}

// look computes the view of official i from the indicators in use (nil: all).
func (m *jointModel) look(d *jointData, g *grid, i int, use []bool, out *view) {
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
	m.weigh(d, g, i, constant, lin, quad, out)
}

func (v *view) times(b [2]float64) [2]float64 {
	return [2]float64{float64(v.qq*b[0]) + float64(v.qw*b[1]), float64(v.qw*b[0]) + float64(v.ww*b[1])}
}

func dot2(a, b [2]float64) float64 { return float64(a[0]*b[0]) + float64(a[1]*b[1]) }

// weigh fills the distribution of v on the nodes and its moments.
func (m *jointModel) weigh(d *jointData, g *grid, i int, constant, lin, quad float64, out *view) {
	count, expected := 0.0, 0.0
	if group := d.group[i]; m.seen[group] {
		count, expected = d.count[i], float64(d.time[i]*exp(m.rate[group]))
		constant += float64(count * m.rate[group])
	}
	slope := lin + float64(count*m.spread)
	top := math.Inf(-1)
	for n := range nodes {
		v := node(n)
		l := g.prior[n] + float64(v*(slope-float64(quad*v)/2)) - float64(expected*g.growth[n])
		out.weight[n] = l
		top = max(top, l)
	}
	sum := 0.0
	for n := range nodes {
		if out.weight[n] < top-40 {
			out.weight[n] = 0
			continue
		}
		out.weight[n] = exp(out.weight[n] - top)
		sum += out.weight[n]
	}
	out.v1, out.v2, out.growth, out.growthV = 0, 0, 0, 0
	for n := range nodes {
		w := out.weight[n] / sum
		v := node(n)
		out.weight[n] = w
		wv := float64(w * v)
		out.v1 += wv
		out.v2 += float64(wv * v)
		out.growth += float64(w * g.growth[n])
		out.growthV += float64(wv * g.growth[n])
	}
	out.logLikelihood = constant + top + log(sum)
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
