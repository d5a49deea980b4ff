package district

import (
	"math"
	"math/rand/v2"
)

// dice draws what the generator needs. Products are rounded before they are
// added everywhere in this package, so that processors with fused
// multiply-and-add give the same bytes.
type dice struct{ *rand.Rand }

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// normal draws from the normal distribution with mean 0.
func (d dice) normal(sd float64) float64 { return float64(sd * d.NormFloat64()) }

// between draws a whole number from low to high, both inclusive.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// poisson draws a count with the given small mean, by Knuth's multiplication of
// uniform numbers.
func (d dice) poisson(mean float64) int {
	limit := math.Exp(-mean)
	n := 0
	for p := d.Float64(); p > limit; p = float64(p * d.Float64()) {
		n++
	}
	return n
}

// weighted draws an index in proportion to the weights.
func (d dice) weighted(weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u := float64(d.Float64() * total)
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// pick draws one of the items.
func pick[T any](d dice, items []T) T { return items[d.IntN(len(items))] }

// logistic is the probability that belongs to the log-odds x.
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// lean sums products of pairs: lean(a, x, b, y) is a·x + b·y.
func lean(pairs ...float64) float64 {
	sum := 0.0
	for i := 0; i+1 < len(pairs); i += 2 {
		sum += float64(pairs[i] * pairs[i+1])
	}
	return sum
}
