package scoring

import "math"

// pass is what one look at all officials gives at one set of parameters. The
// parameters are the shared ones, p of them, and for each group k of its own: its
// means and its rate. Information between groups there is none.
type pass struct {
	logLikelihood float64
	gradient      []float64 // of the shared parameters
	information   []float64 // p × p
	group         []groupPass
}

// groupPass is the part of one group's own parameters.
type groupPass struct {
	gradient    []float64
	information []float64 // k × k
	cross       []float64 // k × p, with the shared parameters
}

// stretchesOfSum is the number of partial sums into which officials are split,
// whatever the number of CPUs, so that sums do not depend on it.
const stretchesOfSum = 64

// evaluate looks at all officials. The information is the sum of outer products
// of the scores (Berndt, Hall, Hall & Hausman 1974).
func (m *jointModel) evaluate(d *jointData, l *layout) *pass {
	p, k, groups := l.size, len(m.loading)+1, len(m.mean)
	block := k + k*k + k*p // of one group
	width := 1 + p + p*p + groups*block
	n := len(d.group)
	partial := make([][]float64, stretchesOfSum)
	inStretches(stretchesOfSum, func(s int) {
		sum, shared, means := make([]float64, width), make([]float64, p), make([]float64, k)
		var v view
		for i := n * s / stretchesOfSum; i < n*(s+1)/stretchesOfSum; i++ {
			m.look(d, i, nil, &v)
			m.score(d, l, i, &v, shared, means)
			sum[0] += v.logLikelihood
			add(sum[1:1+p], shared)
			addOuter(sum[1+p:1+p+p*p], shared, shared)
			own := sum[1+p+p*p+int(d.group[i])*block:][:block]
			add(own[:k], means)
			addOuter(own[k:k+k*k], means, means)
			addOuter(own[k+k*k:], means, shared)
		}
		partial[s] = sum
	})
	total := partial[0]
	for _, sum := range partial[1:] {
		add(total, sum)
	}
	out := &pass{logLikelihood: total[0], gradient: total[1 : 1+p], information: total[1+p : 1+p+p*p]}
	for s := range groups {
		own := total[1+p+p*p+s*block:][:block]
		out.group = append(out.group, groupPass{gradient: own[:k], information: own[k : k+k*k], cross: own[k+k*k:]})
	}
	return out
}

func add(sum, x []float64) {
	for i, v := range x {
		sum[i] += v
	}
}

// addOuter adds a b' to a matrix by rows.
func addOuter(sum, a, b []float64) {
	for i, x := range a {
		row := sum[i*len(b) : (i+1)*len(b)]
		for j, y := range b {
			row[j] += float64(x * y)
		}
	}
}

// fitted is a joint model at the maximum of its posterior.
type fitted struct {
	model  *jointModel
	layout layout
	at     []float64 // the shared parameters
	curve  *curvature
}

// ascent is where the maximisation stands.
type ascent struct {
	d      *jointData
	layout layout
	prior  *priors

	model *jointModel
	at    []float64
	pass  *pass
	value float64 // log-posterior
}

// step is a move of the shared parameters and of each group's own.
type step struct {
	shared []float64
	group  [][]float64
}

// moved is the ascent after so much of a step.
func (a *ascent) moved(s *step, length float64) *ascent {
	next := *a
	next.model = a.model.withGroups(s.group, length)
	at := make([]float64, len(s.shared))
	for i := range at {
		at[i] = a.at[i] + float64(length*s.shared[i])
	}
	next.model = next.model.unpack(&a.layout, at)
	next.at = next.model.pack(&a.layout)
	next.look()
	return &next
}

// withGroups is the model with each group's means and rate moved.
func (m *jointModel) withGroups(by [][]float64, length float64) *jointModel {
	out := *m
	out.mean, out.rate = make([][]float64, len(m.mean)), make([]float64, len(m.mean))
	for g, s := range by {
		k := len(s) - 1
		out.mean[g] = make([]float64, k)
		for j := range k {
			out.mean[g][j] = m.mean[g][j] + float64(length*s[j])
		}
		out.rate[g] = m.rate[g] + float64(length*s[k])
	}
	return &out
}

func (a *ascent) look() {
	a.pass = a.model.evaluate(a.d, &a.layout)
	a.value = a.pass.logLikelihood + a.prior.log(a.at) + a.model.meanPrior()
}

// slopes are the gradients of the log-posterior where the ascent stands.
func (a *ascent) slopes() *step {
	shared, _ := a.prior.slopes(a.pass, a.at)
	s := &step{shared: shared, group: make([][]float64, len(a.model.mean))}
	for g := range s.group {
		k := len(a.model.loading)
		s.group[g] = make([]float64, k+1)
		for j := range k {
			s.group[g][j] = a.pass.group[g].gradient[j] - a.model.mean[g][j]/(priorMeanSD*priorMeanSD)
		}
		if a.model.seen[g] {
			s.group[g][k] = a.pass.group[g].gradient[k] - a.model.rate[g]/(priorMeanSD*priorMeanSD)
		}
	}
	return s
}

func (s *step) dot(other *step) float64 {
	sum := 0.0
	for i, x := range s.shared {
		sum += float64(x * other.shared[i])
	}
	for g := range s.group {
		for j, x := range s.group[g] {
			sum += float64(x * other.group[g][j])
		}
	}
	return sum
}

// fitJoint maximises the posterior by Fisher scoring with a damping that adapts
// (Levenberg 1944, Marquardt 1963); a step that goes too far is cut where the
// slope along it vanishes. It returns nil where the ascent comes to no rest or
// the information is singular: then the model is not identified.
func fitJoint(d *jointData, m *jointModel) *fitted {
	l := m.layout()
	a := &ascent{d: d, layout: l, prior: m.priors(&l), model: m, at: m.pack(&l)}
	a.look()
	damping := 0.01
	rest := float64(jointRest * float64(len(d.group)))
	for range jointRounds {
		slopes := a.slopes()
		curve := a.curvature(damping)
		if curve == nil {
			return nil
		}
		by := curve.solve(slopes)
		slope := by.dot(slopes)
		if slope < rest && damping <= 1 {
			if curve = a.curvature(0); curve == nil {
				return nil
			}
			return &fitted{model: a.model, layout: l, at: a.at, curve: curve}
		}
		next := a.moved(by, 1)
		if after := by.dot(next.slopes()); after < -0.2*slope {
			if cut := a.moved(by, slope/(slope-after)); cut.value > next.value {
				next = cut
			}
		}
		if next.value >= a.value-1e-9 {
			a = next
			damping = max(damping/4, 1e-6)
		} else {
			damping *= 6
			if damping > 1e9 {
				return nil
			}
		}
	}
	return nil
}

// meanPrior is the log-prior of the groups' means and rates.
func (m *jointModel) meanPrior() float64 {
	sum := 0.0
	for g := range m.mean {
		for _, x := range m.mean[g] {
			sum -= float64(x*x) / (2 * priorMeanSD * priorMeanSD)
		}
		sum -= float64(m.rate[g]*m.rate[g]) / (2 * priorMeanSD * priorMeanSD)
	}
	return sum
}

// curvature is the posterior's information, factored. The groups' own parameters
// are eliminated first, which leaves the Schur complement of the shared ones:
//
//	S = I − Σ_g Y_g'Y_g,  Y_g = L_g⁻¹ C_g,  M_g = L_g L_g'
//
// with M_g a group's own information and C_g that which it has with the shared.
type curvature struct {
	p, k  int
	root  []float64   // Cholesky factor of S
	group [][]float64 // L_g
	cross [][]float64 // Y_g, k × p
}

// curvature factors the information, its diagonal enlarged by the damping; nil
// where it is not positive definite.
func (a *ascent) curvature(damping float64) *curvature {
	c := &curvature{p: a.layout.size, k: len(a.model.loading) + 1}
	_, information := a.prior.slopes(a.pass, a.at)
	for i := range c.p {
		information[i*c.p+i] += float64(damping * information[i*c.p+i])
	}
	held := a.prior.held(a.pass, a.at)
	for g := range a.pass.group {
		own := append([]float64(nil), a.pass.group[g].information...)
		for j := range c.k {
			own[j*c.k+j] = float64((own[j*c.k+j] + 1.0/(priorMeanSD*priorMeanSD)) * (1 + damping))
		}
		root := cholesky(own, c.k)
		if root == nil {
			return nil
		}
		y := make([]float64, c.k*c.p)
		for b := range c.p {
			if held[b] {
				continue
			}
			column := make([]float64, c.k)
			for j := range column {
				column[j] = a.pass.group[g].cross[j*c.p+b]
			}
			for j, x := range solveLower(root, c.k, column) {
				y[j*c.p+b] = x
			}
		}
		for j := range c.k {
			row := y[j*c.p : (j+1)*c.p]
			for i, x := range row {
				for b, z := range row {
					information[i*c.p+b] -= float64(x * z)
				}
			}
		}
		c.group, c.cross = append(c.group, root), append(c.cross, y)
	}
	if c.root = cholesky(information, c.p); c.root == nil {
		return nil
	}
	return c
}

// solve returns the step that the information answers the slopes with.
func (c *curvature) solve(slopes *step) *step {
	side := append([]float64(nil), slopes.shared...)
	own := make([][]float64, len(c.group))
	for g, root := range c.group {
		own[g] = solveLower(root, c.k, slopes.group[g])
		for j, z := range own[g] {
			for b, y := range c.cross[g][j*c.p : (j+1)*c.p] {
				side[b] -= float64(y * z)
			}
		}
	}
	s := &step{shared: solveLowerT(c.root, c.p, solveLower(c.root, c.p, side)), group: make([][]float64, len(c.group))}
	for g := range own {
		s.group[g] = c.followed(g, s.shared, own[g])
	}
	return s
}

// followed are a group's own parameters when the shared ones move and z is what is
// their own: L_g⁻ᵀ (z − Y_g·shared).
func (c *curvature) followed(g int, shared, z []float64) []float64 {
	out := append([]float64(nil), z...)
	for j := range out {
		for b, y := range c.cross[g][j*c.p : (j+1)*c.p] {
			out[j] -= float64(y * shared[b])
		}
	}
	return solveLowerT(c.group[g], c.k, out)
}

// cholesky returns the lower factor, or nil where a is not positive definite.
func cholesky(a []float64, p int) []float64 {
	l := make([]float64, p*p)
	for i := range p {
		for j := range i + 1 {
			sum := a[i*p+j]
			for k := range j {
				sum -= float64(l[i*p+k] * l[j*p+k])
			}
			if i != j {
				l[i*p+j] = sum / l[j*p+j]
				continue
			}
			if !(sum > 1e-12*math.Abs(a[i*p+i])) {
				return nil
			}
			l[i*p+i] = math.Sqrt(sum)
		}
	}
	return l
}

func solveLower(l []float64, p int, b []float64) []float64 {
	x := append([]float64(nil), b...)
	for i := range p {
		for k := range i {
			x[i] -= float64(l[i*p+k] * x[k])
		}
		x[i] /= l[i*p+i]
	}
	return x
}

func solveLowerT(l []float64, p int, b []float64) []float64 {
	x := append([]float64(nil), b...)
	for i := p - 1; i >= 0; i-- {
		for k := i + 1; k < p; k++ {
			x[i] -= float64(l[k*p+i] * x[k])
		}
		x[i] /= l[i*p+i]
	}
	return x
}
