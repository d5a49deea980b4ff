package scoring

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// drawn is the composite of every posting in every draw: first draw by posting,
// then the next. Postings without a composite hold NaN.
type drawn struct {
	draws  int
	values [][]float64 // by draw, by posting; before winsorising
	best   [][]float64 // by draw, by group: from where on one is among the group's best
}

// drawsEach is how many draws share one set of parameters when there are many
// officials: their parameters are known so well that more sets add nothing.
func drawsEach(officials int) int {
	return min(max(officials/1500, 1), 8)
}

// draw samples parameters from their posterior (normal, by the information at
// its maximum), then each official's true effects given parameters and data.
// Every draw has a generator of its own.
func (r *run) draw(ctx context.Context, c *combined, out *composed, progress func(done, total int)) (*drawn, error) {
	n, draws := len(r.ev.Postings), r.policy.Draws
	d := &drawn{draws: draws, values: make([][]float64, draws)}
	each := drawsEach(n)
	const batch = 32
	for first := 0; first < draws; first += batch * each {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("draw: %w", err)
		}
		last := min(first+batch*each, draws)
		sets := (last - first + each - 1) / each
		inStretches(sets, func(s int) {
			from := first + s*each
			r.drawSet(c, out, d, from, min(from+each, last))
		})
		progress(last, draws)
	}
	return d, nil
}

// drawSet makes the draws [from, to) with one set of parameters.
func (r *run) drawSet(c *combined, out *composed, d *drawn, from, to int) {
	source := newNormals(r.policy.Seed, uint64(from))
	m := c.drawModel(source)
	sigma, sigmaHalo := c.sigmas(m)
	if !c.halo {
		sigma = sigmaHalo
	}
	n := len(r.ev.Postings)
	effects := make([][Components][]float64, to-from)
	for t := range effects {
		d.values[from+t] = filled(n, math.NaN())
		for k := range Components {
			effects[t][k] = filled(n, math.NaN())
		}
	}
	sampler := newSampler(c, m)
	for i := range n {
		if out.standing[i].status == InsufficientEvidence {
			continue
		}
		sampler.look(i)
		for t := range effects {
			sampler.sample(i, source, &effects[t])
		}
	}
	for t := range effects {
		r.composeDraw(out, &effects[t], sigma, d.values[from+t])
	}
}

// composeDraw weighs one draw's effects as the composite does, about the group's
// means and on the standard deviation of that draw.
func (r *run) composeDraw(out *composed, effects *[Components][]float64, sigma [Components]float64, values []float64) {
	for g, members := range r.groups.members {
		var slope, mean [Components]float64
		for k := range Components {
			mean[k] = r.groups.mean(g, effects[k])
			slope[k] = out.scale[g][k].slope
			if r.policy.Normalisation == Standardised && sigma[k] > 0 {
				slope[k] = 50 / float64(3*sigma[k])
			}
		}
		for _, i := range members {
			s := &out.standing[i]
			if s.status == InsufficientEvidence {
				continue
			}
			sum := 0.0
			for k := range Components {
				if s.counts[k] {
					sum += float64(s.weight[k] * (out.scale[g][k].base + float64(slope[k]*(effects[k][i]-mean[k]))))
				}
			}
			values[i] = sum
		}
	}
}

// drawModel draws the parameters. Where components stand alone it draws their
// standard deviations from the standard errors of the variances.
func (c *combined) drawModel(source *normals) *jointModel {
	if c.fit != nil {
		return c.fit.draw(source)
	}
	m := *c.model
	m.own = slices.Clone(c.model.own)
	for j, in := range c.list {
		e := in.fit.Effects[0]
		if relative := e.SE / e.Variance; relative == relative && relative > 0 {
			// Log-normal, so that a variance stays one.
			m.own[j] = exp(float64(min(relative, 1)*source.next()) / 2)
		}
	}
	return &m
}

// tails are the degrees of freedom of the t distribution that stands for the
// posterior of the joint model's parameters. A normal one would be too short: the
// posteriors of variances, slopes and loadings lean and have long tails (the same
// choice as for importance sampling in Geweke 1989, Econometrica 57).
const tails = 5

// draw draws parameters about the maximum: the shared ones by their information
// after the groups' own are eliminated, then each group's own given the shared.
func (f *fitted) draw(source *normals) *jointModel {
	c := f.curve
	chi := 0.0
	for range tails {
		e := source.next()
		chi += float64(e * e)
	}
	heavy := math.Sqrt(tails / chi)
	normal := func(n int) []float64 {
		z := make([]float64, n)
		for i := range z {
			z[i] = float64(heavy * source.next())
		}
		return z
	}
	by := solveLowerT(c.root, c.p, normal(c.p))
	at := make([]float64, c.p)
	for i := range at {
		at[i] = f.at[i] + by[i]
	}
	for j := range f.model.own {
		at[f.layout.own+j] = math.Abs(at[f.layout.own+j])
	}
	if i := f.layout.shared; i >= 0 {
		at[i] = math.Abs(at[i])
	}
	groups := make([][]float64, len(c.group))
	for g := range groups {
		groups[g] = c.followed(g, by, normal(c.k))
	}
	return f.model.withGroups(groups, 1).unpack(&f.layout, at)
}

// sampler draws one official's true effects.
type sampler struct {
	c    *combined
	m    *jointModel
	all  view
	own  [Components]view
	root [Components][3]float64 // Cholesky factor of the covariance of (q, w)
	use  [Components][]bool
	// worth is combined.worth by indicator, which every draw asks for.
	worth []float64
	// alone is what each indicator has to itself, of the official that was looked at.
	alone []alone
}

// alone is the distribution of what an indicator has to itself: the share of how far off
// the group's mean its estimate lies, less what is common and the halo, and noise.
type alone struct{ share, off, noise float64 }

func newSampler(c *combined, m *jointModel) *sampler {
	s := &sampler{c: c, m: m, worth: make([]float64, len(c.list)), alone: make([]alone, len(c.list))}
	for j := range s.worth {
		s.worth[j] = c.worth(j)
	}
	for k := range Components {
		s.use[k] = make([]bool, len(c.list))
		for _, j := range c.members[k] {
			s.use[k][j] = true
		}
	}
	return s
}

func (s *sampler) look(i int) {
	for j := range s.alone {
		s.alone[j] = s.m.apart(s.c.data, j, i)
	}
	if s.c.lend {
		s.m.look(s.c.data, i, nil, &s.all)
		s.root[0] = s.all.root()
		return
	}
	for k := range Components {
		if s.c.has(k, i) {
			s.m.look(s.c.data, i, s.use[k], &s.own[k])
			s.root[k] = s.own[k].root()
		}
	}
}

func (v *view) root() [3]float64 {
	a := math.Sqrt(v.qq)
	b := v.qw / a
	return [3]float64{a, b, math.Sqrt(max(0, v.ww-float64(b*b)))}
}

// sample fills the effect of each component that has evidence.
func (s *sampler) sample(i int, source *normals, effects *[Components][]float64) {
	var v, q, w float64
	if s.c.lend {
		v, q, w = latent(&s.all, s.root[0], source)
	}
	for k := range Components {
		if !s.c.has(k, i) {
			continue
		}
		if !s.c.lend {
			v, q, w = latent(&s.own[k], s.root[k], source)
		}
		sum := 0.0
		for _, j := range s.c.members[k] {
			sum += float64(s.worth[j] * s.effect(j, v, q, w, source))
		}
		effects[k][i] = sum
	}
}

// latent draws v on its nodes (evenly within a node's cell), then q and w.
func latent(view *view, root [3]float64, source *normals) (v, q, w float64) {
	u := source.uniform()
	n := 0
	for n < nodes-1 && u > view.weight[n] {
		u -= view.weight[n]
		n++
	}
	v = view.node(n) + float64(view.step*(source.uniform()-0.5))
	z0, z1 := source.next(), source.next()
	q = view.at[0] + float64(view.slope[0]*v) + float64(root[0]*z0)
	w = view.at[1] + float64(view.slope[1]*v) + float64(root[1]*z0) + float64(root[2]*z1)
	return v, q, w
}

// apart is what indicator j of official i has to itself; where there is no estimate, noise.
func (m *jointModel) apart(d *jointData, j, i int) alone {
	y, variance := d.y[j][i], d.variance[j][i]
	if y != y {
		return alone{noise: m.own[j]}
	}
	own := float64(m.own[j] * m.own[j])
	share := own / (own + variance)
	return alone{share: share, off: y - m.mean[d.group[i]][j], noise: math.Sqrt(share * variance)}
}

// effect draws what indicator j owes to the work.
func (s *sampler) effect(j int, v, q, w float64, source *normals) float64 {
	m, a := s.m, &s.alone[j]
	common := q
	if m.outcome[j] {
		common += float64(m.shared * w)
	}
	common = float64(m.loading[j] * common)
	halo := float64(m.halo[j] * v)
	sum := common + (float64(a.share*(a.off-common-halo)) + float64(a.noise*source.next()))
	if !s.c.halo {
		sum += halo
	}
	return sum
}

// interval is the 2.5 % and 97.5 % quantile of values, which it reorders: the k-th of n
// stands for k/(n+1), so that another draw falls between them 95 times in a hundred
// (Hyndman & Fan 1996, type 6).
func interval(values []float64) (low, high float64) {
	n := float64(len(values) + 1)
	return quantile(values, 0.025*n-1), quantile(values, 0.975*n-1)
}

// quantile lies between the values of which int(at), and one more, are less. It reorders
// the values.
func quantile(values []float64, at float64) float64 {
	k := int(at)
	if k+1 >= len(values) {
		return slices.Max(values)
	}
	f := at - float64(k)
	return float64((1-f)*nth(values, k)) + float64(f*slices.Min(values[k+1:]))
}

// nth is the value that has k others before it in order; it reorders the values so that
// none of those before its place is greater, and none behind it less (Hoare 1961, Find).
// Of a few hundred draws it wants less than half of the time of sorting them.
func nth[T int64 | float64](values []T, k int) T {
	low, high := 0, len(values)-1
	for low < high {
		pivot := median3(values[low], values[(low+high)/2], values[high])
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for pivot < values[j] {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	return values[k]
}

// median3 is the middle one of three.
func median3[T int64 | float64](a, b, c T) T {
	return max(min(a, b), min(max(a, b), c))
}

// valued is a posting with what it is ranked by.
type valued struct {
	value   float64
	posting int32
}

// rankInto ranks the given postings by value, the highest first; equal values
// share the better rank. order is as long as there are postings.
func rankInto(postings []int32, values []float64, order []valued, ranks []int32) {
	for at, i := range postings {
		order[at] = valued{values[i], i}
	}
	slices.SortFunc(order, func(a, b valued) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return 0
	})
	for at, o := range order {
		ranks[o.posting] = int32(at + 1)
		if at > 0 && order[at-1].value == o.value {
			ranks[o.posting] = ranks[order[at-1].posting]
		}
	}
}

// variance is the posterior variance of component k's true effect at the model's
// parameters, after look.
func (s *sampler) variance(k Component, i int) float64 {
	v := &s.own[k]
	if s.c.lend {
		v = &s.all
	}
	m, d := s.m, s.c.data
	// The effect is a sum of bq·q + bw·w + bv·v and own parts.
	var bq, bw, bv, own float64
	for _, j := range s.c.members[k] {
		a := s.worth[j]
		left, rest := 1.0, float64(m.own[j]*m.own[j])
		halo := 0.0
		if y := d.y[j][i]; y == y {
			left = d.variance[j][i] / (rest + d.variance[j][i])
			halo = -float64((1 - left) * m.halo[j])
			rest = float64(rest * left)
		}
		if !s.c.halo {
			halo += m.halo[j]
		}
		bq += float64(a * float64(left*m.loading[j]))
		if m.outcome[j] {
			bw += float64(a * float64(left*float64(m.loading[j]*m.shared)))
		}
		bv += float64(a * halo)
		own += float64(float64(a*a) * rest)
	}
	bv += float64(bq*v.slope[0]) + float64(bw*v.slope[1])
	return float64(float64(bq*bq)*v.qq) + float64(2*float64(float64(bq*bw)*v.qw)) + float64(float64(bw*bw)*v.ww) +
		float64(float64(bv*bv)*max(0, v.v2-float64(v.v1*v.v1))) + own
}
