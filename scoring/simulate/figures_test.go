package simulate

import (
	"math"
	"testing"

	"steelyard/scoring"
)

func TestSpearmanWithTies(t *testing.T) {
	t.Parallel()
	// Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: Σxy = 4.5, Σx² = 4.5, Σy² = 5 about 2.5.
	got := spearman([]float64{1, 5, 5, 9}, []float64{0, 2, 1, 3})
	if want := 4.5 / math.Sqrt(4.5*5); math.Abs(got-want) > 1e-12 {
		t.Errorf("spearman %.12f, want %.12f", got, want)
	}
	if got := spearman([]float64{3, 2, 1}, []float64{1, 2, 3}); got != -1 {
		t.Errorf("reversed: %v, want -1", got)
	}
}

func TestSlopeFindsTheLean(t *testing.T) {
	t.Parallel()
	s := small(halo()).Generate(1)
	score := make([]float64, len(s.officials))
	for i, o := range s.officials {
		score[i] = 10*float64(o.group) + 3*(o.q+0.5*o.v) // groups differ, which is no lean
	}
	want := 3 * 0.5 / withinSD(s, score)
	// The score is an exact sum of q and v within each group.
	if got := s.slope(s.scored(score), score); math.Abs(got-want) > 1e-9 {
		t.Errorf("slope %.9f, want %.9f", got, want)
	}
}

func withinSD(s *Sample, score []float64) float64 {
	sum, n := map[int]float64{}, map[int]float64{}
	for i, x := range score {
		sum[s.Truth.Group[i]] += x
		n[s.Truth.Group[i]]++
	}
	ss := 0.0
	for i, x := range score {
		e := x - sum[s.Truth.Group[i]]/n[s.Truth.Group[i]]
		ss += e * e
	}
	return math.Sqrt(ss / float64(len(score)))
}

// perfect is a result that knows the truth, with intervals of the given
// half-width; every third official is off by more than that.
func perfect(s *Sample, policy scoring.Policy, half float64) *scoring.Result {
	r := &scoring.Result{}
	sums := s.Truth.Composite(policy)
	for i, x := range sums {
		rank := int32(1)
		for j, y := range sums {
			if s.Truth.Group[j] == s.Truth.Group[i] && y > x {
				rank++
			}
		}
		off, away := 0.0, int32(0)
		if i%3 == 0 {
			off, away = 3*half, 2
		}
		r.Assessments = append(r.Assessments, scoring.Assessment{
			Posting: int32(i), Status: scoring.Scored, Composite: x, Low: x + off - half, High: x + off + half,
			Rank: rank, RankLow: rank + away, RankHigh: rank + away + 1,
		})
	}
	return r
}

func TestEvaluateCountsIntervals(t *testing.T) {
	t.Parallel()
	s, policy := small(halo()).Generate(1), scoring.DefaultPolicy()
	f := s.Evaluate(perfect(s, policy, 0.01), policy, s.Oracle(policy))
	if f.Scored != 1 || f.Rank != 2.0/3 || math.Abs(f.Composite-2.0/3) > 1e-12 {
		t.Errorf("%+v: want all scored, two thirds held", f)
	}
	if f.Rho < 0.999 || f.Share <= 1 {
		t.Errorf("the truth correlates by %.4f, %.4f of the oracle", f.Rho, f.Share)
	}
	half := perfect(s, policy, 0.01)
	for i := range half.Assessments[:45] {
		half.Assessments[i].Composite, half.Assessments[i].Rank = math.NaN(), 0
	}
	if f := s.Evaluate(half, policy, s.Oracle(policy)); f.Scored != 0.5 {
		t.Errorf("scored %.3f, want 0.5", f.Scored)
	}
}

func TestMissedNamesEveryBar(t *testing.T) {
	t.Parallel()
	good := Figures{Share: 0.99, Sum: 0.99, Slope: -0.05, Rank: 0.95, Composite: 0.95, Scored: 1}
	row := func(f ...Figures) *Report { return &Report{Rows: []Row{{World: halo(), Steelyard: f}}} }
	if m := row(good, good).Missed(); m != nil {
		t.Fatalf("missed %q", m)
	}
	tests := map[string]func(*Figures){
		"share":            func(f *Figures) { f.Share = 0.9 },
		"slope downward":   func(f *Figures) { f.Slope = -0.2 },
		"narrow intervals": func(f *Figures) { f.Composite = 0.8 },
		"wide intervals":   func(f *Figures) { f.Rank = 1 },
		"no score":         func(f *Figures) { f.Scored = 0 },
		"not a number":     func(f *Figures) { f.Share = math.NaN() },
	}
	for name, spoil := range tests {
		bad := good
		spoil(&bad)
		if len(row(bad, bad).Missed()) == 0 {
			t.Errorf("%s is not missed", name)
		}
	}
	// One seed far below is missed although the mean is reached.
	best, low := good, good
	best.Share, low.Share = 1.02, 0.93
	if len(row(best, best, low).Missed()) != 1 {
		t.Error("the worst seed is not looked at")
	}
}
