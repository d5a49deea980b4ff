package scoring

import "math"

// pass is what one look at all officials gives at one set of parameters.
type pass struct {
	logLikelihood float64
	gradient      []float64
	information   []float64 // outer products of the scores, size × size
	means         []float64 // by group: gradient of means and rate
	meanInfo      []float64 // by group: their outer products
}

// stretchesOfSum is the number of partial sums into which officials are split,
// whatever the number of CPUs, so that sums do not depend on it.
const stretchesOfSum = 64

// evaluate looks at all officials. The information is the sum of outer products
// of the scores (Berndt, Hall, Hall & Hausman 1974).
func (m *jointModel) evaluate(d *jointData, l *layout) *pass {
	p, k, groups := l.size, len(m.loading)+1, len(m.mean)
	width := 1 + p + p*p + groups*(k+k*k)
	n := len(d.group)
	g := m.grid()
	partial := make([][]float64, stretchesOfSum)
	inParallel(stretchesOfSum, func(from, to int) {
		shared, means := make([]float64, p), make([]float64, k)
		var v view
		for s := from; s < to; s++ {
			sum := make([]float64, width)
			for i := n * s / stretchesOfSum; i < n*(s+1)/stretchesOfSum; i++ {
				m.look(d, g, i, nil, &v)
				m.score(d, l, i, &v, shared, means)
				sum[0] += v.logLikelihood
				addOuter(sum[1:1+p], sum[1+p:1+p+p*p], shared)
				at := 1 + p + p*p + int(d.group[i])*(k+k*k)
				addOuter(sum[at:at+k], sum[at+k:at+k+k*k], means)
			}
			partial[s] = sum
		}
	})
	total := partial[0]
	for _, sum := range partial[1:] {
		for i, x := range sum {
			total[i] += x
		}
	}
	out := &pass{logLikelihood: total[0], gradient: total[1 : 1+p], information: total[1+p : 1+p+p*p]}
	for s := range groups {
		at := 1 + p + p*p + s*(k+k*k)
		out.means = append(out.means, total[at:at+k]...)
		out.meanInfo = append(out.meanInfo, total[at+k:at+k+k*k]...)
	}
	return out
}

func addOuter(sum, outer, x []float64) {
	p := len(x)
	for a, xa := range x {
		sum[a] += xa
		row := outer[a*p : (a+1)*p]
		for b, xb := range x {
			row[b] += float64(xa * xb)
		}
	}
}

// fitted is a joint model at the maximum of its posterior.
type fitted struct {
	model  *jointModel
	layout layout
	at     []float64 // the shared parameters
	root   []float64 // lower Cholesky factor of their information
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

// moved is the ascent after a step of the shared parameters and one of the means.
func (a *ascent) moved(step []float64, means [][]float64, length float64) *ascent {
	next := *a
	model := *a.model
	model.mean, model.rate = make([][]float64, len(a.model.mean)), make([]float64, len(a.model.mean))
	for g, s := range means {
		k := len(s) - 1
		model.mean[g] = make([]float64, k)
		for j := range k {
			model.mean[g][j] = a.model.mean[g][j] + float64(length*s[j])
		}
		model.rate[g] = a.model.rate[g] + float64(length*s[k])
	}
	at := make([]float64, len(step))
	for i := range at {
		at[i] = a.at[i] + float64(length*step[i])
	}
	next.model = model.unpack(&a.layout, at)
	next.at = next.model.pack(&a.layout)
	next.look()
	return &next
}

func (a *ascent) look() {
	a.pass = a.model.evaluate(a.d, &a.layout)
	a.value = a.pass.logLikelihood + a.prior.log(a.at) + a.model.meanPrior()
}

// along is the slope of the log-posterior in the direction of a step.
func (a *ascent) along(step []float64, means [][]float64) float64 {
	gradient, _ := a.prior.slopes(a.pass, a.at)
	sum := 0.0
	for i := range step {
		sum += float64(step[i] * gradient[i])
	}
	for g, s := range means {
		for j := range s {
			sum += float64(s[j] * a.meanGradient(g, j))
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
		gradient, information := a.prior.slopes(a.pass, a.at)
		step := solveDamped(information, gradient, damping)
		if step == nil {
			return nil
		}
		means := a.meanSteps(damping)
		slope := a.along(step, means)
		if slope < rest && damping <= 1 {
			root := cholesky(information, l.size)
			if root == nil {
				return nil
			}
			return &fitted{model: a.model, layout: l, at: a.at, root: root}
		}
		next := a.moved(step, means, 1)
		if after := next.along(step, means); after < -0.2*slope {
			if cut := a.moved(step, means, slope/(slope-after)); cut.value > next.value {
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

// meanGradient is the log-posterior's derivative by group g's j-th mean, or by
// its rate.
func (a *ascent) meanGradient(g, j int) float64 {
	k := len(a.model.loading)
	at := a.model.rate[g]
	if j < k {
		at = a.model.mean[g][j]
	} else if !a.model.seen[g] {
		return 0
	}
	return a.pass.means[g*(k+1)+j] - at/(priorMeanSD*priorMeanSD)
}

// meanSteps are the damped steps of each group's means and rate.
func (a *ascent) meanSteps(damping float64) [][]float64 {
	k := len(a.model.loading) + 1
	steps := make([][]float64, len(a.model.mean))
	for g := range steps {
		gradient, information := make([]float64, k), make([]float64, k*k)
		copy(information, a.pass.meanInfo[g*k*k:(g+1)*k*k])
		for j := range k {
			gradient[j] = a.meanGradient(g, j)
			information[j*k+j] += 1.0 / (priorMeanSD * priorMeanSD)
		}
		steps[g] = solveDamped(information, gradient, damping)
		if steps[g] == nil {
			steps[g] = make([]float64, k)
		}
	}
	return steps
}

// solveDamped solves (A + damping·diag A)·x = b for a symmetric positive
// definite A; nil where it is not.
func solveDamped(a, b []float64, damping float64) []float64 {
	p := len(b)
	damped := append([]float64(nil), a...)
	for i := range p {
		damped[i*p+i] += float64(damping * damped[i*p+i])
	}
	l := cholesky(damped, p)
	if l == nil {
		return nil
	}
	return solveLowerT(l, p, solveLower(l, p, b))
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
