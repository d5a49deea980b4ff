package mixed

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawProblem draws officials, raters and cells with weights; every official and
// every rater may be missing.
func drawProblem(t *rapid.T) (Problem, Options) {
	rows := rapid.IntRange(6, 60).Draw(t, "rows")
	column := func(name string, most int, least int32) Factor {
		f := Factor{Name: name, Levels: rapid.IntRange(1, most).Draw(t, name), Index: make([]int32, rows)}
		for i := range f.Index {
			f.Index[i] = rapid.Int32Range(least, int32(f.Levels)-1).Draw(t, name)
		}
		return f
	}
	p := Problem{
		Fixed:  []Factor{column("group", 2, 0), column("cell", 3, 0)},
		Random: []Factor{column("official", 8, 0), column("rater", 6, None)},
	}
	for range rows {
		p.Y = append(p.Y, float64(rapid.IntRange(1, 5).Draw(t, "level")))
		p.Weight = append(p.Weight, rapid.Float64Range(0.1, 1).Draw(t, "weight"))
	}
	variance := rapid.Float64Range(0.05, 2)
	return p, Options{FixedVariances: []float64{variance.Draw(t, "σ²"), variance.Draw(t, "σ²r"), variance.Draw(t, "σ²e")}}
}

func fitOf(t *rapid.T, p Problem, o Options) *Solution {
	s, err := Fit(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// close fails where two columns differ by more than rounding of sums in another order.
func closeTo(t *rapid.T, what string, got, want []float64) {
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-8*(1+math.Abs(want[i]))) && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
			t.Fatalf("%s %d: %.12g, want %.12g", what, i, got[i], want[i])
		}
	}
}

func TestShiftAndScale(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, o := drawProblem(t)
		shift, scale := rapid.Float64Range(-5, 5).Draw(t, "shift"), rapid.Float64Range(0.2, 5).Draw(t, "scale")
		was := fitOf(t, p, o)
		q := p
		q.Y = make([]float64, len(p.Y))
		for i, y := range p.Y {
			q.Y[i] = shift + scale*y
		}
		var variances []float64
		for _, v := range o.FixedVariances {
			variances = append(variances, v*scale*scale)
		}
		now := fitOf(t, q, Options{FixedVariances: variances})
		for k := range was.Effects {
			for i := range was.Effects[k] {
				was.Effects[k][i] *= scale
				was.PEV[k][i] *= scale * scale
			}
			closeTo(t, "effect", now.Effects[k], was.Effects[k])
			closeTo(t, "error variance", now.PEV[k], was.PEV[k])
		}
		for l, b := range was.FixedEffects[0] {
			if !was.Aliased[0][l] {
				closeTo(t, "mean", now.FixedEffects[0][l:l+1], []float64{shift + scale*b})
			}
		}
	})
}

func TestRowsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, o := drawProblem(t)
		rows := make([]int, len(p.Y))
		for i := range rows {
			rows[i] = i
		}
		rows = rapid.Permutation(rows).Draw(t, "order")
		q := Problem{Y: picked(p.Y, rows), Weight: picked(p.Weight, rows)}
		for _, f := range p.Fixed {
			q.Fixed = append(q.Fixed, Factor{Name: f.Name, Levels: f.Levels, Index: picked(f.Index, rows)})
		}
		for _, f := range p.Random {
			q.Random = append(q.Random, Factor{Name: f.Name, Levels: f.Levels, Index: picked(f.Index, rows)})
		}
		was, now := fitOf(t, p, o), fitOf(t, q, o)
		for k := range was.Effects {
			closeTo(t, "effect", now.Effects[k], was.Effects[k])
			closeTo(t, "error variance", now.PEV[k], was.PEV[k])
		}
		closeTo(t, "criterion", []float64{now.Criterion}, []float64{was.Criterion})
	})
}

func picked[T any](column []T, rows []int) []T {
	var out []T
	for _, row := range rows {
		out = append(out, column[row])
	}
	return out
}

// A row given twice is a row of twice the weight.
func TestARowTwiceIsTwiceTheWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, o := drawProblem(t)
		row := rapid.IntRange(0, len(p.Y)-1).Draw(t, "row")
		rows := []int{row}
		for i := range p.Y {
			rows = append(rows, i)
		}
		q := Problem{Y: picked(p.Y, rows), Weight: picked(p.Weight, rows)}
		for _, f := range p.Fixed {
			q.Fixed = append(q.Fixed, Factor{Name: f.Name, Levels: f.Levels, Index: picked(f.Index, rows)})
		}
		for _, f := range p.Random {
			q.Random = append(q.Random, Factor{Name: f.Name, Levels: f.Levels, Index: picked(f.Index, rows)})
		}
		heavy := p
		heavy.Weight = append([]float64(nil), p.Weight...)
		heavy.Weight[row] *= 2
		twice, once := fitOf(t, q, o), fitOf(t, heavy, o)
		for k := range once.Effects {
			closeTo(t, "effect", twice.Effects[k], once.Effects[k])
			closeTo(t, "error variance", twice.PEV[k], once.PEV[k])
		}
	})
}

// With fixed effects and variances known, one more point for an official never
// lowers what is thought of that official.
// pooled puts the rows that the model cannot tell apart together; they weigh the same.
func pooled(p Problem) Problem {
	type key [4]int32
	at := map[key]int{}
	q := p
	q.Y, q.Weight, q.Fixed, q.Random = nil, nil, nil, nil
	var rows []int
	of := make([]int, len(p.Y))
	for i := range p.Y {
		k := key{p.Fixed[0].Index[i], p.Fixed[1].Index[i], p.Random[0].Index[i], p.Random[1].Index[i]}
		place, there := at[k]
		if !there {
			place = len(rows)
			at[k] = place
			rows = append(rows, i)
			q.Y, q.Weight, q.Count, q.Within = append(q.Y, 0), append(q.Weight, 0), append(q.Count, 0), append(q.Within, 0)
		}
		of[i] = place
		q.Y[place] += p.Y[i]
		q.Weight[place] += p.Weight[rows[place]]
		q.Count[place]++
	}
	for place, n := range q.Count {
		q.Y[place] /= float64(n)
	}
	for i, y := range p.Y {
		p.Weight[i] = p.Weight[rows[of[i]]]
		d := y - q.Y[of[i]]
		q.Within[of[i]] += p.Weight[i] * d * d
	}
	for _, f := range p.Fixed {
		q.Fixed = append(q.Fixed, Factor{Name: f.Name, Levels: f.Levels, Index: picked(f.Index, rows)})
	}
	for _, f := range p.Random {
		q.Random = append(q.Random, Factor{Name: f.Name, Levels: f.Levels, Index: picked(f.Index, rows)})
	}
	return q
}

func TestPooledResponsesFitAsSingleOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, o := drawProblem(t)
		q := pooled(p)
		if rapid.Bool().Draw(t, "by probes") {
			o.ExactLimit = -1
		}
		single, together := fitOf(t, p, o), fitOf(t, q, o)
		for k := range single.Effects {
			closeTo(t, "effect", together.Effects[k], single.Effects[k])
			if o.ExactLimit == 0 {
				closeTo(t, "error variance", together.PEV[k], single.PEV[k])
			}
		}
		if single.N != together.N {
			t.Fatalf("%d responses, want %d", together.N, single.N)
		}
		if o.ExactLimit == 0 {
			closeTo(t, "criterion", []float64{together.Criterion}, []float64{single.Criterion})
		}
		closeTo(t, "guess", q.guess(), p.guess())
	})
}

func TestAHigherLevelNeverLowersTheOfficial(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, o := drawProblem(t)
		row := rapid.IntRange(0, len(p.Y)-1).Draw(t, "row")
		// Known fixed effects: a great weight of rows of nobody holds the mean where it is.
		p.Fixed = []Factor{{Name: "mean", Levels: 1, Index: make([]int32, len(p.Y)+1)}}
		for k := range p.Random {
			p.Random[k].Index = append(p.Random[k].Index, None)
		}
		p.Y, p.Weight = append(p.Y, 3), append(p.Weight, 1e6)
		was := fitOf(t, p, o)
		p.Y = append([]float64(nil), p.Y...)
		p.Y[row]++
		now := fitOf(t, p, o)
		if i := p.Random[0].Index[row]; now.Effects[0][i] < was.Effects[0][i]-1e-9 {
			t.Fatalf("official %d falls from %.9f to %.9f", i, was.Effects[0][i], now.Effects[0][i])
		}
	})
}

// The less is known of an official, the nearer to the group and the larger the
// error variance, up to that of the official effect itself.
func TestShrinkageGrowsAsEvidenceFalls(t *testing.T) {
	t.Parallel()
	base := table(penicillin)
	last, uncertain := math.Inf(1), 0.0
	for _, weight := range []float64{1, 0.5, 0.1, 0.01, 0.0001} {
		p := base
		p.Weight = make([]float64, len(p.Y))
		for i := range p.Weight {
			p.Weight[i] = 1
			if p.Random[0].Index[i] == 12 { // plate m, the best
				p.Weight[i] = weight
			}
		}
		s := mustFit(t, p, Options{FixedVariances: []float64{.7, 3.7, .3}})
		if u := s.Effects[0][12]; u <= 0 || u >= last {
			t.Errorf("weight %g: effect %.5f after %.5f", weight, u, last)
		}
		if s.PEV[0][12] <= uncertain || s.PEV[0][12] > .7+1e-9 {
			t.Errorf("weight %g: error variance %.5f after %.5f", weight, s.PEV[0][12], uncertain)
		}
		last, uncertain = s.Effects[0][12], s.PEV[0][12]
	}
}

// Estimation comes to rest from wherever it starts, also where a variance ends at
// zero, or says loudly that it does not.
func TestEstimationRestsOrFailsLoudly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawProblem(t)
		s, err := Fit(t.Context(), p, Options{})
		if constantIn(p.Y) {
			return // nothing varies: there is no variance to estimate
		}
		if (err == nil) != (s != nil && s.Converged) {
			t.Fatalf("error %v, converged %v", err, s)
		}
		if err != nil {
			return
		}
		for k, v := range s.Variances {
			if v < 0 || s.Boundary[k] != (v == 0) {
				t.Fatalf("variance %v, boundary %v", v, s.Boundary[k])
			}
		}
	})
	p := table(penicillin)
	s, err := Fit(t.Context(), p, Options{MaxIterations: 2})
	if err == nil || s == nil || s.Converged {
		t.Errorf("two iterations: %v, %v", err, s)
	} else if text := fmt.Sprint(err); text == "" {
		t.Error("an error without words")
	}
}

func constantIn(y []float64) bool {
	for _, x := range y {
		if x != y[0] {
			return false
		}
	}
	return true
}
