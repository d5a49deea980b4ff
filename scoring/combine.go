package scoring

import "math"

// Least numbers for the joint model: with fewer officials or indicators its
// parameters are guesses.
const (
	jointOfficials  = 30
	jointIndicators = 3
)

// combined is all indicators under one model, and each component's value by it.
type combined struct {
	list  []*indicator
	data  *jointData
	model *jointModel
	fit   *fitted // nil: the model is not identified and each component stands alone
	halo  bool    // the halo step is on
	lend  bool    // components lend strength to one another

	members [Components][]int

	latent []latentView        // by posting
	lean   [Components]float64 // of what is seen of visibility, how much is taken off at last

	// By component and posting, in the component's units about the model's means;
	// NaN without evidence.
	unshrunk, apart, joint, clean [Components][]float64
	sigma, sigmaHalo              [Components]float64
}

// combine puts the indicators under the joint model. apart are the components'
// posterior means from their own evidence with the halo left in, joint from all
// evidence (the same where borrowing is off), clean with the halo taken out.
func (r *run) combine(indicators []*indicator) *combined {
	c := &combined{}
	for _, in := range indicators {
		if in.fitted {
			c.members[in.component] = append(c.members[in.component], len(c.list))
			c.list = append(c.list, in)
		}
	}
	identified := c.identify(r)
	c.data = r.jointData(c.list, identified)
	c.model = c.start(r)
	if identified {
		c.fit = fitJoint(c.data, c.model)
		if c.fit == nil {
			c.data = r.jointData(c.list, false)
			c.model.visible = false
		} else {
			c.model = c.fit.model
		}
	}
	if c.fit == nil {
		c.model.alone()
	}
	c.halo = r.policy.HaloCorrection && c.model.visible
	c.lend = r.policy.Borrowing && c.fit != nil
	c.sigma, c.sigmaHalo = c.sigmas(c.model)
	c.values()
	if c.halo {
		c.findLean(r.groups)
		c.straighten()
	}
	if r.without == ChoiceShrinkage {
		c.joint, c.clean = c.unshrunk, c.unshrunk
	}
	return c
}

// identify says whether a joint model can be estimated: enough indicators and
// enough officials who have them.
func (c *combined) identify(r *run) bool {
	if len(c.list) < jointIndicators {
		return false
	}
	enough := 0
	for i := range r.ev.Postings {
		has := 0
		for _, in := range c.list {
			has += int(boolFloat(!math.IsNaN(in.estimate[i])))
		}
		if has >= jointIndicators {
			enough++
		}
	}
	return enough >= jointOfficials
}

// jointData scales estimates to units of the official standard deviation. With
// the joint model these are the unshrunk ones; where each component stands alone,
// they are the predictions of its own model with their shrinkage undone, so that
// shrinking again gives the predictions back.
func (r *run) jointData(list []*indicator, identified bool) *jointData {
	n := len(r.ev.Postings)
	d := &jointData{count: make([]float64, n), time: make([]float64, n), group: r.groups.of}
	for _, in := range list {
		y, variance := filled(n, math.NaN()), filled(n, math.NaN())
		square := float64(in.sigma * in.sigma)
		for i := range n {
			if identified {
				y[i], variance[i] = in.estimate[i]/in.sigma, in.variance[i]/square
				continue
			}
			reliability := 1 - in.pev[i]/square
			if reliability > 1e-3 {
				y[i] = in.blup[i] / reliability / in.sigma
				variance[i] = in.pev[i] / reliability / square
			}
		}
		d.y, d.variance = append(d.y, y), append(d.variance, variance)
	}
	for _, p := range r.ev.Achievements.Posting {
		d.count[p]++
	}
	for i := range d.time {
		d.time[i] = float64(r.ev.Postings[i].To-r.ev.Postings[i].From+1) / daysAYear
	}
	return d
}

// start is where the estimation begins.
func (c *combined) start(r *run) *jointModel {
	k, groups := len(c.list), r.groups.count()
	m := &jointModel{
		anchor: make([]bool, k), outcome: make([]bool, k),
		loading: filled(k, priorLoading), halo: make([]float64, k), own: filled(k, 0.5), shared: 0.2, spread: 0.6,
		mean: make([][]float64, groups), rate: make([]float64, groups), seen: make([]bool, groups),
	}
	anchors := 0
	for j, in := range c.list {
		m.anchor[j], m.outcome[j] = in.anchor, in.component == Outcomes
		anchors += int(boolFloat(in.anchor))
	}
	for g, members := range r.groups.members {
		m.mean[g] = make([]float64, k)
		for j := range k {
			if mean := r.groups.mean(g, c.data.y[j]); mean == mean {
				m.mean[g][j] = mean
			}
		}
		count, time := 0.0, 0.0
		for _, i := range members {
			count += c.data.count[i]
			time += c.data.time[i]
		}
		if m.seen[g] = count > 0; m.seen[g] {
			m.rate[g] = log(count/time) - 0.2
			m.visible = true
		}
	}
	// Without an anchor nothing tells visibility's part from quality's.
	m.visible = m.visible && anchors > 0 && len(c.list) > anchors
	if !m.visible {
		m.spread = 0
		for g := range m.seen {
			m.seen[g] = false
		}
	}
	return m
}

// alone makes every indicator stand for itself.
func (m *jointModel) alone() {
	k := len(m.loading)
	m.loading, m.halo, m.own = make([]float64, k), make([]float64, k), filled(k, 1)
	m.shared, m.correlation, m.spread = 0, 0, 0
	for g := range m.seen {
		m.seen[g] = false
	}
}

// worth is a_j: what one unit of indicator j adds to its component.
func (c *combined) worth(j int) float64 {
	in, total := c.list[j], 0.0
	for _, k := range c.members[in.component] {
		total += c.list[k].share
	}
	return float64(float64(in.share/total*in.toPoints) * in.sigma)
}

// sigmas are the standard deviations of each component's true effect without the
// halo, and with it.
func (c *combined) sigmas(m *jointModel) (clean, halo [Components]float64) {
	for k := range Components {
		load, lean, own := 0.0, 0.0, 0.0
		for _, j := range c.members[k] {
			a := c.worth(j)
			load += float64(a * m.loading[j])
			lean += float64(a * m.halo[j])
			own += float64(float64(a*m.own[j]) * float64(a*m.own[j]))
		}
		q := float64(load * load)
		if k == Outcomes {
			q = float64(q * (1 + float64(m.shared*m.shared)))
		}
		clean[k] = math.Sqrt(q + own)
		halo[k] = math.Sqrt(max(0, q+own+float64(lean*lean)+float64(2*float64(load*lean)*m.correlation)))
	}
	return clean, halo
}

// values fills each component's posterior means.
func (c *combined) values() {
	n := len(c.data.group)
	for k := range Components {
		for _, column := range []*[]float64{&c.unshrunk[k], &c.apart[k], &c.joint[k], &c.clean[k]} {
			*column = filled(n, math.NaN())
		}
	}
	c.latent = make([]latentView, n)
	use := make([][]bool, Components)
	for k := range Components {
		use[k] = make([]bool, len(c.list))
		for _, j := range c.members[k] {
			use[k][j] = true
		}
	}
	inParallel(n, func(from, to int) {
		var all, own view
		for i := from; i < to; i++ {
			c.model.look(c.data, i, nil, &all)
			c.latent[i] = all.latent()
			for k := range Components {
				if !c.has(k, i) {
					continue
				}
				c.model.look(c.data, i, use[k], &own)
				c.value(k, i, &own, &all)
			}
		}
	})
}

// latentView is what all the data say of one official's quality and visibility:
// posterior means and second moments.
type latentView struct{ q, v, qq, qv, vv float64 }

func (v *view) latent() latentView {
	return latentView{
		q: v.at[0] + float64(v.slope[0]*v.v1), v: v.v1, vv: v.v2,
		qv: float64(v.at[0]*v.v1) + float64(v.slope[0]*v.v2),
		qq: v.qq + float64(v.at[0]*v.at[0]) + float64(2*float64(float64(v.at[0]*v.slope[0])*v.v1)) + float64(float64(v.slope[0]*v.slope[0])*v.v2),
	}
}

// findLean finds what the removal of the halo leaves in each component. A
// posterior mean draws visibility toward the middle, and the halo that is taken out
// with it, so that on average the clean value still leans on visibility:
//
//	E[clean | q, v] = a + b·q + l·v
//
// with l from the covariances of clean with the posterior means of q and v and from
// their own second moments. The visibility seen leans on v by m in the same sense;
// so much of it, l/m, is taken off that nothing is left. The estimate is a little
// less exact for it, and even-handed.
func (c *combined) findLean(g *groups) {
	var qq, qv, vv float64
	for i := range c.latent {
		qq += c.latent[i].qq
		qv += c.latent[i].qv
		vv += c.latent[i].vv
	}
	det := float64(qq*vv) - float64(qv*qv)
	seen := filled(len(c.latent), nan)
	for i := range seen {
		seen[i] = c.latent[i].v
	}
	for k := range Components {
		// Over the members that have the component.
		own := filled(len(seen), nan)
		n := 0.0
		for i, x := range c.clean[k] {
			if x == x {
				own[i] = seen[i]
				n++
			}
		}
		lean := func(x []float64) float64 {
			byQ, byV := c.with(g, x)
			return (float64(qq*byV) - float64(qv*byQ)) / det
		}
		m := lean(own)
		if n == 0 || !(m > 0) {
			continue
		}
		c.lean[k] = lean(c.clean[k]) / m
	}
}

// straighten takes the lean off.
func (c *combined) straighten() {
	for k := range Components {
		for i := range c.clean[k] {
			c.clean[k][i] -= float64(c.lean[k] * c.latent[i].v)
		}
	}
}

// with are the sums of products of x, about its groups' means, with the posterior
// means of q and v.
func (c *combined) with(g *groups, x []float64) (byQ, byV float64) {
	for k, members := range g.members {
		mean := g.mean(k, x)
		for _, i := range members {
			if x[i] == x[i] {
				byQ += float64((x[i] - mean) * c.latent[i].q)
				byV += float64((x[i] - mean) * c.latent[i].v)
			}
		}
	}
	return byQ, byV
}

// has says whether posting i has any evidence in component k.
func (c *combined) has(k Component, i int) bool {
	for _, j := range c.members[k] {
		if y := c.data.y[j][i]; y == y {
			return true
		}
	}
	return false
}

func (c *combined) value(k Component, i int, own, all *view) {
	unshrunk, apart, joint, clean := 0.0, 0.0, 0.0, 0.0
	for _, j := range c.members[k] {
		a := c.worth(j)
		if y := c.data.y[j][i]; y == y {
			unshrunk += float64(a * (y - c.model.mean[c.data.group[i]][j]))
		}
		ownClean, ownHalo := c.model.work(c.data, j, i, own, true)
		allClean, allHalo := ownClean, ownHalo
		if c.lend {
			allClean, allHalo = c.model.work(c.data, j, i, all, true)
		}
		apart += float64(a * ownHalo)
		joint += float64(a * allHalo)
		if c.halo {
			clean += float64(a * allClean)
		} else {
			clean += float64(a * allHalo)
		}
	}
	c.unshrunk[k][i], c.apart[k][i], c.joint[k][i], c.clean[k][i] = unshrunk, apart, joint, clean
}
