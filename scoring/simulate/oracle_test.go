package simulate

import (
	"math"
	"testing"

	"steelyard/scoring"
)

// A normal disturbance of a normal likelihood has a closed form:
// N(m, a²) smoothed by b is N(m, a² + b²).
func TestSmoothedNormalIsNormal(t *testing.T) {
	t.Parallel()
	const m, a, b = 0.7, 0.6, 0.9
	var c curve
	c.add(func(x float64) float64 { return -(x - m) * (x - m) / (2 * a * a) })
	c = c.smoothed(b)
	shift := c.at(m)
	for x := -2.0; x <= 3; x += 0.37 {
		want := -(x - m) * (x - m) / (2 * (a*a + b*b))
		// 1e-2: the grid's step and its linear interpolation.
		if got := c.at(x) - shift; math.Abs(got-want) > 1e-2 {
			t.Errorf("at %.2f: %.4f, want %.4f", x, got, want)
		}
	}
}

func TestMarksFollowTheirShares(t *testing.T) {
	t.Parallel()
	for _, logistic := range []bool{false, true} {
		r := response{thresholds: [4]float64{-1.5, -0.8, 0.1, 1.2}, noise: 0.7, logistic: logistic}
		s := newStream(1, "test", "marks")
		const n = 40000
		var counts [6]float64
		for range n {
			counts[r.mark(s, 0.2)]++
		}
		sum, mean := 0.0, 0.0
		for level := uint8(1); level <= 5; level++ {
			p := r.share(level, 0.2)
			sum += p
			mean += p * float64(level)
			if se := math.Sqrt(p * (1 - p) / n); math.Abs(counts[level]/n-p) > 4*se {
				t.Errorf("logistic %v: level %d drawn %.4f, share %.4f", logistic, level, counts[level]/n, p)
			}
		}
		if math.Abs(sum-1) > 1e-9 || math.Abs(mean-r.mean(0.2)) > 1e-9 {
			t.Errorf("logistic %v: shares sum to %.9f, mean %.9f, want 1, %.9f", logistic, sum, mean, r.mean(0.2))
		}
	}
}

// TestOracleIsCalibrated: a posterior mean is its own best linear predictor, so
// that the fit of q on it has slope 1 and the mean error is 0, whatever the world.
// This fails as soon as the likelihood is not the one that drew the evidence.
func TestOracleIsCalibrated(t *testing.T) {
	t.Parallel()
	policy := scoring.DefaultPolicy()
	for _, w := range []World{standard(), fifth(), specific(), claims(), mixed()} {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			var xx, xy, rr, bias, n float64
			for seed := uint64(1); seed <= 3; seed++ {
				s := w.Generate(seed)
				for i, x := range s.Oracle(policy).Quality {
					q := s.Truth.Quality[i]
					xx += x * x
					xy += x * q
					rr += (q - x) * (q - x)
					bias += q - x
					n++
				}
			}
			slope := xy / xx
			// Four standard errors, and the grid's coarseness.
			if limit := 4*math.Sqrt(rr/n/xx) + 0.01; math.Abs(slope-1) > limit {
				t.Errorf("slope of q on its posterior mean %.4f, want 1 ± %.4f", slope, limit)
			}
			if limit := 4 * math.Sqrt(rr) / n; math.Abs(bias/n) > limit {
				t.Errorf("mean error %.4f, want 0 ± %.4f", bias/n, limit)
			}
		})
	}
}

func TestNoMethodBeatsTheOracle(t *testing.T) {
	t.Parallel()
	policy := scoring.DefaultPolicy()
	for _, w := range []World{confounded(), halo()} {
		s := w.Generate(11)
		oracle, told := s.Oracle(policy), s.OracleKnowingVisibility(policy)
		best := s.EvaluateScores(told.Quality, policy, oracle).Rho
		o := s.EvaluateScores(oracle.Quality, policy, oracle)
		if o.Share != 1 || best < o.Rho-0.005 {
			t.Errorf("%s: oracle %.3f (share %.3f), told visibility %.3f", w.Name, o.Rho, o.Share, best)
		}
		for _, score := range [][]float64{WeightedMeans(s.Evidence, policy), BayesianAverage(s.Evidence, policy)} {
			if f := s.EvaluateScores(score, policy, oracle); f.Share >= 0.95 {
				t.Errorf("%s: a mean reaches %.3f of the oracle", w.Name, f.Share)
			}
		}
	}
}
