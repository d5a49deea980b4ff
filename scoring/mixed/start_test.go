package mixed

import (
	"math"
	"testing"
)

// TestASampleKeepsWholeRaters takes every fourth rater with all their rows, and of the
// rows without a rater every fourth.
func TestASampleKeepsWholeRaters(t *testing.T) {
	p := world(4000, 50, 401, 3, 5)
	p.Weight = make([]float64, len(p.Y))
	for i := range p.Weight {
		p.Weight[i] = 1 + float64(i%3)
		if i%10 == 0 {
			p.Random[1].Index[i] = None
		}
	}
	s := p.sample(4)
	if err := s.validate(); err != nil {
		t.Fatal(err)
	}
	if s.Random[1].Levels != 101 || s.Random[0].Levels != 50 {
		t.Errorf("%d raters, %d officials", s.Random[1].Levels, s.Random[0].Levels)
	}
	row := 0
	for i, rater := range p.Random[1].Index {
		if kept := rater >= 0 && rater%4 == 0 || rater < 0 && i%4 == 0; !kept {
			continue
		}
		want := None
		if rater >= 0 {
			want = rater / 4
		}
		if s.Random[1].Index[row] != want || s.Y[row] != p.Y[i] || s.Weight[row] != p.Weight[i] ||
			s.Random[0].Index[row] != p.Random[0].Index[i] || s.Fixed[1].Index[row] != p.Fixed[1].Index[i] {
			t.Fatalf("row %d of the sample is not row %d", row, i)
		}
		row++
	}
	if row != len(s.Y) {
		t.Errorf("%d rows, want %d", len(s.Y), row)
	}
	if q := p.sample(1); len(q.Y) != len(p.Y) {
		t.Error("a sample of everything is less")
	}
}

// TestALargeFitEndsWhereItWouldWithoutItsRoughStart: where it begins must not decide
// where it ends.
func TestALargeFitEndsWhereItWouldWithoutItsRoughStart(t *testing.T) {
	if testing.Short() {
		t.Skip("three hundred thousand rows twice are too much for a short run")
	}
	p := world(2*startRows, 700, 120_000, 3, 5)
	with := mustFit(t, p, Options{ExactLimit: -1, EffectsOnly: true})
	without := mustFit(t, p, Options{ExactLimit: -1, EffectsOnly: true, Start: []float64{0.5, 0.5, 0.5}, Tolerance: 1e-5})
	for k := range with.Variances {
		if math.Abs(with.Variances[k]/without.Variances[k]-1) > 2e-3 {
			t.Errorf("variance %d: %g from a rough start, %g without", k, with.Variances[k], without.Variances[k])
		}
	}
	if with.Iterations > 3 {
		t.Errorf("%d evaluations of all rows after a rough start", with.Iterations)
	}
}

// TestARoughStartIsNoSecondEstimation: all rows by probes are not estimated roughly by
// probes of all rows first.
func TestARoughStartIsNoSecondEstimation(t *testing.T) {
	p := world(12_000, 700, 900, 3, 5)
	for _, c := range []struct {
		limit int
		rough bool
	}{{0, true}, {-1, false}, {650, false}, {700, true}} {
		start, err := p.roughStart(t.Context(), &Options{ExactLimit: c.limit})
		if err != nil {
			t.Fatal(err)
		}
		if rough := start != nil; rough != c.rough {
			t.Errorf("exact up to %d levels: a rough start: %v, want %v", c.limit, rough, c.rough)
		}
	}
}

// TestInflatedEffectsAreThoseOfTheInflatedVariance: asked for along with a fit, or by a
// fit of their own.
func TestInflatedEffectsAreThoseOfTheInflatedVariance(t *testing.T) {
	p := world(3000, 60, 300, 3, 5)
	for _, limit := range []int{0, -1} {
		s := mustFit(t, p, Options{ExactLimit: limit, Inflate: 400, TargetOnly: true})
		if s.PEV[1] != nil || s.PEV[0] == nil {
			t.Error("the target's error variances alone were asked for")
		}
		variances := append(append([]float64(nil), s.Variances...), s.Residual)
		variances[0] *= 400
		own := mustFit(t, p, Options{ExactLimit: limit, FixedVariances: variances, EffectsOnly: true})
		for i, u := range own.Effects[0] {
			if math.Abs(u-s.Inflated.Effects[0][i]) > 1e-5 {
				t.Fatalf("limit %d, official %d: %g along, %g by itself", limit, i, s.Inflated.Effects[0][i], u)
			}
		}
	}
	if mustFit(t, p, Options{}).Inflated != nil {
		t.Error("inflated effects that nobody asked for")
	}
}
