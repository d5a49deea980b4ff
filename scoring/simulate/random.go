package simulate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// stream is a source of random numbers of its own for one matter of one world,
// so that more ratings do not change the cases.
type stream struct{ *rand.Rand }

func newStream(seed uint64, world, matter string) stream {
	h := fnv.New64a()
	h.Write([]byte(world + "\x00" + matter)) // a hash's Write never fails
	return stream{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

func (s stream) between(r Range) float64 { return r.Low + s.Float64()*(r.High-r.Low) }

func (s stream) chance(p float64) bool { return s.Float64() < p }

// normal draws from N(0, sd²).
func (s stream) normal(sd float64) float64 { return sd * s.NormFloat64() }

// amount draws how much falls to somebody: dealt out, or as it comes.
func (s stream) amount(mean float64, dealt bool) int {
	if dealt {
		return int(math.Round(mean * (1 + s.normal(0.2))))
	}
	return s.poisson(mean)
}

// poisson draws a count by multiplying uniforms (Knuth), in pieces so that the
// exponential does not underflow.
func (s stream) poisson(mean float64) int {
	n := 0
	for mean > 0 {
		piece := math.Min(mean, 30)
		mean -= piece
		for p, limit := s.Float64(), math.Exp(-piece); p > limit; p *= s.Float64() {
			n++
		}
	}
	return n
}

// pick draws an index in proportion to the weights.
func (s stream) pick(weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	at := s.Float64() * total
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// standardise gives x mean zero and variance one, in place.
func standardise(x []float64) {
	mean, ss := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		ss += (v - mean) * (v - mean) / float64(len(x))
	}
	for i := range x {
		x[i] = (x[i] - mean) / math.Sqrt(ss)
	}
}
