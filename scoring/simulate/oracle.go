package simulate

import "math"

// The posterior of quality and visibility is summed over a square grid.
const (
	latentHigh  = 4.0
	latentStep  = 0.1
	latentCells = 81
)

// Oracle returns the posterior mean of every official's q given all evidence,
// with all effects, halos, severities, circles, bought ratings, shares of false
// claims and variances known; v is known only through the achievements.
func (s *Sample) Oracle() []float64 { return s.posterior(false) }

// OracleKnowingVisibility is the oracle told v as well: no method can do better.
func (s *Sample) OracleKnowingVisibility() []float64 { return s.posterior(true) }

func (s *Sample) posterior(toldV bool) []float64 {
	means := make([]float64, len(s.officials))
	for i := range means {
		means[i] = s.posteriorMean(i, toldV)
	}
	return means
}

// posteriorMean integrates over q and v on the grid, the strands' own parts
// having been integrated out of their curves:
//
//	E[q | evidence] = Σ q p(q, v) L_v(v) Π_k M_k(λ_k q + (h_k/a_k) v) / Σ …
func (s *Sample) posteriorMean(i int, toldV bool) float64 {
	st, o := &s.structure, &s.officials[i]
	var curves [strands]curve
	for k := range curves {
		l := st.loading[k]
		curves[k] = s.curves[i][k].smoothed(math.Sqrt(1 - l*l))
	}
	c := s.World.Correlation
	logs := make([]float64, 0, latentCells*latentCells)
	top := math.Inf(-1)
	vs := latentCells
	if toldV {
		vs = 1
	}
	for x := range vs {
		v := -latentHigh + latentStep*float64(x)
		if toldV {
			v = o.v
		}
		seen := s.expectedAchievements(o, v)
		visible := float64(s.seen[i])*math.Log(seen) - seen
		for y := range latentCells {
			q := -latentHigh + latentStep*float64(y)
			l := visible - (q*q-2*c*q*v+v*v)/(2*(1-c*c))
			for k := range curves {
				l += curves[k].at(st.loading[k]*q + st.halo[k]/st.effect[k]*v)
			}
			logs = append(logs, l)
			top = math.Max(top, l)
		}
	}
	sum, weight := 0.0, 0.0
	for n, l := range logs {
		p := math.Exp(l - top)
		weight += p
		sum += p * (-latentHigh + latentStep*float64(n%latentCells))
	}
	return sum / weight
}
