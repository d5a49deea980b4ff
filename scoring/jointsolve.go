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

// fitJoint maximises the posterior by Fisher scoring with a damping that adapts
// (Levenberg 1944, Marquardt 1963). It returns nil where it comes to no rest or
// the information is singular: then the model is not identified.
func fitJoint(d *jointData, m *jointModel) *fitted {
	l := m.layout()
	prior := m.priors(&l)
	x := m.pack(&l)
	now := m.evaluate(d, &l)
	value := now.logLikelihood + prior.log(x) + m.meanPrior()
	damping := 0.01
	rest := float64(jointRest * float64(len(d.group)))
	for range jointRounds {
		gradient, information := prior.slopes(now, x)
		step := solveDamped(information, gradient, damping)
		if step == nil {
			return nil
		}
		predicted := 0.0
		for a := range step {
			predicted += float64(step[a] * gradient[a])
		}
		next := m.moveMeans(now, damping, &predicted)
		if predicted < rest && damping <= 1 {
			root := cholesky(information, len(x))
			if root == nil {
				return nil
			}
			return &fitted{model: m, layout: l, at: m.pack(&l), root: root}
		}
		y := make([]float64, len(x))
		for a := range y {
			y[a] = x[a] + step[a]
		}
		next = next.unpack(&l, y)
		y = next.pack(&l)
		trial := next.evaluate(d, &l)
		trialValue := trial.logLikelihood + prior.log(y) + next.meanPrior()
		if trialValue >= value-1e-9 && !math.IsNaN(trialValue) {
			m, x, now, value = next, y, trial, trialValue
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

// moveMeans takes the damped step of each group's means and rate.
func (m *jointModel) moveMeans(now *pass, damping float64, predicted *float64) *jointModel {
	next := *m
	k := len(m.loading) + 1
	next.mean, next.rate = make([][]float64, len(m.mean)), make([]float64, len(m.mean))
	for g := range m.mean {
		gradient, information := make([]float64, k), make([]float64, k*k)
		copy(information, now.meanInfo[g*k*k:(g+1)*k*k])
		const precision = 1 / (priorMeanSD * priorMeanSD)
		for j := range k {
			at := m.rate[g]
			if j < k-1 {
				at = m.mean[g][j]
			}
			gradient[j] = now.means[g*k+j] - float64(precision*at)
			information[j*k+j] += precision
		}
		next.mean[g], next.rate[g] = append([]float64(nil), m.mean[g]...), m.rate[g]
		step := solveDamped(information, gradient, damping)
		if step == nil {
			continue
		}
		for j := range k {
			*predicted += float64(step[j] * gradient[j])
			if j < k-1 {
				next.mean[g][j] += step[j]
			} else if m.seen[g] {
				next.rate[g] += step[j]
			}
		}
	}
	return &next
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
