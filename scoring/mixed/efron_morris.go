package mixed

// EfronMorris shrinks means of equal, known error variance toward their common
// mean, the empirical Bayes estimate of Efron & Morris 1975 (JASA 70, 311–319), a
// positive-part James–Stein rule about the grand mean:
//
//	ȳ + c (y_i − ȳ),  c = max(0, 1 − (k−3) variance / Σ (y_i − ȳ)²)
//
// with k means. It is what [Fit] does with a variance by REML, but for k−3 in
// place of k−1, which makes c unbiased. With fewer than four means, or where all
// are equal, everything shrinks to the mean. y is not changed.
func EfronMorris(y []float64, variance float64) (shrunk []float64, c float64) {
	mean, square := 0.0, 0.0
	for _, x := range y {
		mean += x / float64(len(y))
	}
	for _, x := range y {
		square += float64((x - mean) * (x - mean))
	}
	if k := float64(len(y)); k > 3 && square > 0 {
		c = max(0, 1-float64((k-3)*variance)/square)
	}
	shrunk = make([]float64, len(y))
	for i, x := range y {
		shrunk[i] = mean + float64(c*(x-mean))
	}
	return shrunk, c
}
