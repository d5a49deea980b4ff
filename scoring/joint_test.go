package scoring

import (
	"math"
	"testing"
)

// jointExample draws data for forty officials, some of them with hundreds of
// achievements, and a model with every parameter away from its bounds.
func jointExample() (*jointData, *jointModel) {
	const n = 40
	d := &jointData{group: make([]int32, n), count: make([]float64, n), time: make([]float64, n)}
	source := newNormals(3, 4)
	for range 4 {
		y, variance := make([]float64, n), make([]float64, n)
		for i := range n {
			y[i], variance[i] = source.next(), 0.3+source.uniform()
		}
		d.y, d.variance = append(d.y, y), append(d.variance, variance)
	}
	d.y[1][7] = math.NaN()
	for i := range n {
		d.group[i] = int32(i % 2)
		d.time[i] = 0.5 + source.uniform()/2
		d.count[i] = math.Floor(6 * source.uniform())
		if i%10 == 0 {
			d.count[i] = 300
		}
	}
	return d, &jointModel{
		anchor: []bool{true, true, false, false}, outcome: []bool{true, true, false, false}, visible: true,
		loading: []float64{.7, .6, .8, .5}, halo: []float64{0, 0, .3, -.2}, own: []float64{.4, .3, .5, .6},
		shared: .4, correlation: .3, spread: .8,
		mean: [][]float64{{.1, -.1, .05, 0}, {0, .2, 0, -.1}}, rate: []float64{1, 1.5}, seen: []bool{true, true},
	}
}

// The oracle is the difference quotient of the log-likelihood.
func TestJointScoreIsTheGradient(t *testing.T) {
	t.Parallel()
	d, m := jointExample()
	l := m.layout()
	at, pass := m.pack(&l), m.evaluate(d, &l)
	const h = 1e-5
	check := func(name string, got float64, value func(by float64) float64) {
		t.Helper()
		want := (value(h) - value(-h)) / (2 * h)
		if math.Abs(got-want) > 1e-4*(1+math.Abs(want)) { // the quotient's own error
			t.Errorf("%s: slope %.7g, quotient %.7g", name, got, want)
		}
	}
	for a := range at {
		check("shared", pass.gradient[a], func(by float64) float64 {
			x := append([]float64(nil), at...)
			x[a] += by
			return m.unpack(&l, x).evaluate(d, &l).logLikelihood
		})
	}
	for g := range m.mean {
		for j := range 5 {
			check("own", pass.group[g].gradient[j], func(by float64) float64 {
				move := [][]float64{make([]float64, 5), make([]float64, 5)}
				move[g][j] = by
				return m.withGroups(move, 1).evaluate(d, &l).logLikelihood
			})
		}
	}
}

// The oracle is a quadrature on a grid a hundred times as fine.
func TestQuadratureFollowsSharpPosteriors(t *testing.T) {
	t.Parallel()
	for _, p := range []posteriorOfV{
		{slope: 0, quad: 1, expected: 3, spread: .8},
		{slope: .8 * 300, quad: 1.5, expected: 4, spread: .8},
		{slope: 2.5 * 40, quad: 1.2, expected: .5, spread: 2.5},
	} {
		mode, sd := p.mode()
		fine, rough := 0.0, 0.0
		for n := -1200; n <= 1200; n++ {
			v := mode + float64(n)*sd/200
			w := math.Exp(p.log(v, math.Exp(p.spread*v)) - p.log(mode, math.Exp(p.spread*mode)))
			fine += w / 200
			if n%100 == 0 {
				rough += w / 2
			}
		}
		if math.Abs(rough/fine-1) > 1e-6 {
			t.Errorf("%+v: %.9f, fine %.9f", p, rough, fine)
		}
	}
}

// One step of the curvature must be the Newton step of the whole system: the
// information times the step gives the slopes back.
func TestCurvatureSolvesTheWholeSystem(t *testing.T) {
	t.Parallel()
	d, m := jointExample()
	l := m.layout()
	a := &ascent{d: d, layout: l, prior: m.priors(&l), model: m, at: m.pack(&l)}
	a.look()
	slopes := a.slopes()
	by := a.curvature(0).solve(slopes)
	_, information := a.prior.slopes(a.pass, a.at)
	for i := range by.shared {
		got := 0.0
		for j, x := range by.shared {
			got += information[i*l.size+j] * x
		}
		for g, own := range by.group {
			for j, x := range own {
				got += a.pass.group[g].cross[j*l.size+i] * x
			}
		}
		if math.Abs(got-slopes.shared[i]) > 1e-8*(1+math.Abs(got)) {
			t.Errorf("row %d: %.10g, want %.10g", i, got, slopes.shared[i])
		}
	}
}

func TestPortableExpAndLog(t *testing.T) {
	t.Parallel()
	for x := -40.0; x < 40; x += 0.0137 {
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 4e-16 {
			t.Fatalf("exp(%g) = %.17g, want %.17g", x, got, want)
		}
		y := math.Exp(x)
		if got, want := log(y), math.Log(y); math.Abs(got-want) > 4e-16*(1+math.Abs(want)) {
			t.Fatalf("log(%g) = %.17g, want %.17g", y, got, want)
		}
	}
	for _, y := range []float64{0.7, 1, 1.4142} {
		for k := -1100; k <= 1100; k += 7 {
			x := math.Ldexp(y, k)
			if got := scaled(y, k); got != x {
				t.Fatalf("scaled(%g, %d) = %g, want %g", y, k, got, x)
			}
			if x > 0 && x < math.Inf(1) {
				wantF, wantE := math.Frexp(x)
				if f, e := split(x); f != wantF || e != wantE {
					t.Fatalf("split(%g) = %g, %d, want %g, %d", x, f, e, wantF, wantE)
				}
			}
		}
	}
	if !math.IsNaN(log(-1)) || !math.IsInf(log(0), -1) || exp(-800) != 0 || !math.IsInf(exp(800), 1) {
		t.Error("the ends of exp and log")
	}
}
