package mixed

import (
	"math"
	"testing"
)

// Oracle: Efron & Morris 1975 and 1977; the digits recomputed from hits out of 45.
func TestEfronMorrisEighteenPlayers(t *testing.T) {
	hits := []float64{18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7}
	rest := []float64{.346, .298, .276, .222, .273, .270, .263, .210, .269, .230, .264, .256, .303, .264, .226, .285, .316, .200}
	want := []float64{
		.293914, .289210, .284507, .279804, .275100, .275100, .270397, .265693, .260990, .260990,
		.256287, .256287, .256287, .256287, .256287, .251583, .246880, .242176,
	}
	arcsine := []float64{
		.2901, .2858, .2815, .2771, .2726, .2726, .2681, .2636, .2589, .2589,
		.2541, .2541, .2541, .2541, .2541, .2492, .2440, .2387,
	}
	y, x := make([]float64, len(hits)), make([]float64, len(hits))
	mean, meanX := 0.0, 0.0
	for i, h := range hits {
		y[i] = h / 45
		x[i] = math.Sqrt(45) * math.Asin(2*y[i]-1)
		mean += y[i] / 18
		meanX += x[i] / 18
	}
	variance := mean * (1 - mean) / 45
	near(t, "mean", mean, .2654321, 5e-8)
	near(t, "variance", variance, .004332842, 5e-10)
	shrunk, c := EfronMorris(y, variance)
	near(t, "c", c, .2116534, 5e-8)
	raw, js := 0.0, 0.0
	for i := range y {
		near(t, "shrunk", shrunk[i], want[i], 6e-7)
		raw += (y[i] - rest[i]) * (y[i] - rest[i])
		js += (shrunk[i] - rest[i]) * (shrunk[i] - rest[i])
	}
	near(t, "squared error of the raw means", raw, .07531695, 5e-9)
	near(t, "squared error of the shrunk ones", js, .02130691, 5e-9)

	// On the arcsine scale the variance is 1.
	near(t, "mean arcsine", meanX, -3.316563, 5e-7)
	back, c := EfronMorris(x, 1)
	near(t, "c, arcsine", c, .2089742, 5e-8)
	rawX, jsX := 0.0, 0.0
	for i := range back {
		near(t, "back from the arcsine", (math.Sin(back[i]/math.Sqrt(45))+1)/2, arcsine[i], 6e-5)
		target := math.Sqrt(45) * math.Asin(2*rest[i]-1)
		rawX += (x[i] - target) * (x[i] - target)
		jsX += (back[i] - target) * (back[i] - target)
	}
	near(t, "error of the raw means, arcsine", rawX, 17.57068, 5e-6)
	near(t, "error of the shrunk ones, arcsine", jsX, 4.998899, 5e-7)
}

// Oracle: the file's README, from averages of three digits.
func TestEfronMorrisFromThreeDigits(t *testing.T) {
	r := realData(t, "published-answers/efron-morris.csv")
	y, p := r.numbers("y"), r.numbers("p")
	mean := 0.0
	for _, v := range y {
		mean += v / 18
	}
	near(t, "mean", mean, .2653889, 5e-8)
	shrunk, c := EfronMorris(y, mean*(1-mean)/45)
	near(t, "c", c, .2123905, 5e-8)
	near(t, "first player", shrunk[0], .293979, 5e-7)
	near(t, "last player", shrunk[17], .242156, 5e-7)
	raw, js := 0.0, 0.0
	for i := range y {
		raw += (y[i] - p[i]) * (y[i] - p[i])
		js += (shrunk[i] - p[i]) * (shrunk[i] - p[i])
	}
	near(t, "squared error of the raw means", raw, .075374, 5e-7)
	near(t, "squared error of the shrunk ones", js, .021310, 5e-7)
}

func TestEfronMorrisHasNothingToShrinkBy(t *testing.T) {
	if s, c := EfronMorris([]float64{1, 3}, 1); c != 0 || s[0] != 2 || s[1] != 2 {
		t.Errorf("two means: %v, c %v", s, c)
	}
	if s, c := EfronMorris([]float64{2, 2, 2, 2, 2}, 1); c != 0 || s[4] != 2 {
		t.Errorf("equal means: %v, c %v", s, c)
	}
}

// Oracle: Shrout & Fleiss 1979, Table 2, published .17 .29 .71 .44 .62 .91; more
// digits by the R package psych. The design is balanced, so that REML gives the
// analysis of variance: mean squares 11.241667, 32.486111, 1.019444.
func TestShroutFleiss(t *testing.T) {
	two := table("9 2 5 8/6 1 3 2/8 4 6 8/7 1 2 6/10 5 6 9/6 2 4 7")
	s := mustFit(t, two, Options{})
	target, judge, rest := s.Variances[0], s.Variances[1], s.Residual
	near(t, "target", target, (11.241667-1.019444)/4, 5e-7)
	near(t, "judge", judge, (32.486111-1.019444)/6, 5e-7)
	near(t, "residual", rest, 1.019444, 5e-7)
	// lme4 stops a little beside the maximum: 2.5555628, 5.2444508, 1.0194434.
	near(t, "target, lme4", target, 2.5555628, 1e-5)
	near(t, "judge, lme4", judge, 5.2444508, 1e-5)
	near(t, "ICC(2,1)", target/(target+judge+rest), .2897638, 1e-7)
	near(t, "ICC(3,1)", target/(target+rest), .7148407, 1e-7)
	near(t, "ICC(2,4)", target/(target+(judge+rest)/4), .6200505, 1e-7)
	near(t, "ICC(3,4)", target/(target+rest/4), .9093155, 1e-7)

	one := two
	one.Random = two.Random[:1]
	s = mustFit(t, one, Options{})
	target, rest = s.Variances[0], s.Residual
	near(t, "mean square within", rest, 6.263889, 5e-7)
	near(t, "ICC(1,1)", target/(target+rest), .1657418, 1e-7)
	near(t, "ICC(1,4)", target/(target+rest/4), .4427971, 1e-7)
}

// Oracle: the mixed-model equations and generalised least squares, solved apart;
// σ²e 1, ratee ½, rater ¼.
func TestSmallIncompletePeerTable(t *testing.T) {
	rows := [][3]float64{
		{1, 1, 5}, {1, 2, 4}, {1, 3, 4}, {2, 1, 4}, {2, 2, 3}, {2, 4, 2}, {3, 2, 4}, {3, 3, 5}, {4, 3, 3}, {4, 4, 2}, {5, 1, 4}, {5, 4, 3},
	}
	p := Problem{Random: []Factor{{Name: "ratee", Levels: 5}, {Name: "rater", Levels: 4}}}
	for _, r := range rows {
		p.Random[0].Index = append(p.Random[0].Index, int32(r[0])-1)
		p.Random[1].Index = append(p.Random[1].Index, int32(r[1])-1)
		p.Y = append(p.Y, r[2])
	}
	p.Fixed = []Factor{intercept(len(p.Y))}
	s := mustFit(t, p, Options{FixedVariances: []float64{.5, .25, 1}})
	near(t, "mean", s.FixedEffects[0][0], 3.579387, 5e-7)
	for i, want := range []float64{.368524, -.321170, .435108, -.467967, -.014495} {
		near(t, "ratee", s.Effects[0][i], want, 6e-7)
	}
	for i, want := range []float64{.318426, -.031518, .132310, -.419218} {
		near(t, "rater", s.Effects[1][i], want, 6e-7)
	}
	for i, want := range []float64{.271581, .271581, .306077, .305014, .306077} {
		near(t, "error variance", s.PEV[0][i], want, 6e-7)
	}
	for i, want := range []float64{.456837, .456837, .387846, .389972, .387846} {
		r := s.Reliability(0)[i]
		near(t, "reliability", r, want, 1.1e-6)
		if r >= .5 {
			t.Errorf("ratee %d: reliability %.3f, want less than a half: no grade may follow", i+1, r)
		}
	}
}

// Oracle: lme4's help page of Dyestuff. Balanced, so REML is the analysis of variance.
func TestDyestuff(t *testing.T) {
	r := realData(t, "published-answers/dyestuff.csv")
	p := Problem{Y: r.numbers("Yield"), Random: []Factor{r.levels("Batch")}, Fixed: []Factor{intercept(len(r.rows))}}
	s := mustFit(t, p, Options{})
	near(t, "batch", s.Variances[0], 1764.05, 1e-5)
	near(t, "residual", s.Residual, 2451.25, 1e-5)
	near(t, "mean", s.FixedEffects[0][0], 1527.5, 1e-9)
}

// The file's rows must be those of the table in the code, whose answers are tested.
func TestPenicillinFile(t *testing.T) {
	r := realData(t, "published-answers/penicillin.csv")
	p := Problem{Y: r.numbers("diameter"), Random: []Factor{r.levels("plate"), r.levels("sample")}, Fixed: []Factor{intercept(len(r.rows))}}
	got, want := mustFit(t, p, Options{}), mustFit(t, table(penicillin), Options{})
	near(t, "criterion", got.Criterion, want.Criterion, 1e-9)
	near(t, "sample F", got.Effects[1][5], want.Effects[1][5], 1e-9)
}

// Oracle: the file's README. Every judge has every mark, so that the dimensions'
// effects are their means.
func TestUSJudges(t *testing.T) {
	r := realData(t, "published-answers/us-judge-ratings.csv")
	columns := []string{"INTG", "DILG", "RTEN", "ORAL", "DMNR", "PHYS", "CONT"}
	p := Problem{Fixed: []Factor{{Name: "dimension", Levels: len(columns)}}, Random: []Factor{{Name: "judge", Levels: len(r.rows)}}}
	marks := make([][]float64, len(columns))
	for d, column := range columns {
		marks[d] = r.numbers(column)
		for judge, mark := range marks[d] {
			p.Y = append(p.Y, mark)
			p.Fixed[0].Index = append(p.Fixed[0].Index, int32(d))
			p.Random[0].Index = append(p.Random[0].Index, int32(judge))
		}
	}
	s := mustFit(t, p, Options{})
	for d, want := range []float64{8.0209, 7.6930, 7.6023} {
		near(t, "mean of "+columns[d], s.FixedEffects[0][d], want, 5e-5)
	}
	// Halo: even the body's ability goes with being worthy of retention.
	for d, want := range map[int]float64{0: .9373, 1: .9300, 3: .9821, 4: .9437, 5: .9065, 6: -.0336} {
		near(t, columns[d]+" with RTEN", pearson(marks[d], marks[2]), want, 5e-5)
	}
}

func pearson(a, b []float64) float64 {
	var ma, mb, aa, ab, bb float64
	for i := range a {
		ma += a[i] / float64(len(a))
		mb += b[i] / float64(len(b))
	}
	for i := range a {
		aa += (a[i] - ma) * (a[i] - ma)
		ab += (a[i] - ma) * (b[i] - mb)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}

// Oracle: lme4, REML, the ends of the league; reliabilities by the same fit.
func TestInstEvalEnds(t *testing.T) {
	r, p := instEval(t)
	s := mustFit(t, p, Options{})
	_, number := r.factor("d")
	for d, want := range map[string]float64{"1258": 1.19375, "1866": 1.10234, "844": 1.07606, "454": -1.43736, "2013": -1.40401} {
		near(t, "lecturer "+d, s.Effects[0][number[d]], want, 6e-6)
	}
	n, sum, enough := make([]float64, p.Random[0].Levels), make([]float64, p.Random[0].Levels), 0.0
	for i, d := range p.Random[0].Index {
		n[d]++
		sum[d] += p.Y[i]
	}
	for d := range sum {
		sum[d] /= n[d]
		if 1-s.ConditionalPEV[0][d]/s.Variances[0] >= .70 {
			enough++
		}
	}
	near(t, "correlation of raw mean and prediction", pearson(sum, s.Effects[0]), .9861, 5e-5)
	near(t, "share with reliability .70", enough/float64(len(sum)), .888, 5e-4)
}

// Oracle: MixedModels.jl, test/pls.jl: 237721.76877.
func TestInstEvalThreeFactorsML(t *testing.T) {
	r, p := instEval(t)
	p.Fixed = []Factor{r.levels("service")}
	p.Random = append(p.Random, r.levels("dept"))
	near(t, "criterion", mustFit(t, p, Options{ML: true}).Criterion, 237721.76877, 1e-3)
}
