package scoring

import (
	"math"
	"slices"
	"testing"
)

// TestNormalsAreNormal compares a million draws with the normal distribution: the
// greatest distance of the distribution functions (Kolmogorov 1933), the moments, and
// how many lie in the ziggurat's tail.
func TestNormalsAreNormal(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	source := newNormals(7, 1)
	x := make([]float64, n)
	var mean, square, fourth, tail float64
	for i := range x {
		x[i] = source.next()
		mean += x[i] / n
		square += x[i] * x[i] / n
		fourth += x[i] * x[i] * x[i] * x[i] / n
		if math.Abs(x[i]) > tailFrom {
			tail++
		}
	}
	slices.Sort(x)
	farthest := 0.0
	for i, v := range x {
		p := math.Erfc(-v/math.Sqrt2) / 2
		farthest = max(farthest, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	if farthest > 1.95/math.Sqrt(n) { // exceeded once in a thousand
		t.Errorf("the distribution is %.5f off", farthest)
	}
	expected := n * math.Erfc(tailFrom/math.Sqrt2)
	for name, c := range map[string][3]float64{
		"mean": {mean, 0, 4 / math.Sqrt(n)}, "square": {square, 1, 4 * math.Sqrt(2./n)}, "fourth power": {fourth, 3, 4 * math.Sqrt(96./n)},
		"draws in the tail": {tail, expected, 4 * math.Sqrt(expected)},
	} {
		if math.Abs(c[0]-c[1]) > c[2] {
			t.Errorf("%s: %v, want %v within %v", name, c[0], c[1], c[2])
		}
	}
}

func BenchmarkNormals(b *testing.B) {
	source, sum := newNormals(7, 1), 0.0
	for b.Loop() {
		sum += source.next()
	}
	if math.IsNaN(sum) {
		b.Fatal(sum)
	}
}
