package scoring

import (
	"cmp"
	"math"
	"slices"
)

// Tally is how many of an official's pieces of one sort are of the kind in question,
// such as encounters to which an invitation was handed out.
type Tally struct {
	Sort int32 // whose pieces are compared: a service, a step of a case
	Hits int32
	Of   int32
}

// Contrast is how an official's pieces of one source differ from the rest of that
// official's: the share of 4 and 5 in each.
type Contrast struct {
	Sort   int32 // the source
	In, Of int32 // of the source: how many are 4 and 5, and how many there are
	Others Tally // all other pieces of the official; Sort says nothing
}

// The least evidence that a test rests on.
const (
	leastPieces     = 10 // of an official, on either side of a contrast
	leastColleagues = 5  // with as much, beside the official
)

// UnusualShares returns, for each tally, the probability of a share as high (low: as
// low) as this among colleagues, or NaN where too little is known.
//
// Without anything unusual, hits are binomial with the colleagues' common share.
// What that share is, is seen in the others' K hits of N alone:
//
//	hits ~ BetaBinomial(of, K + ½, N − K + ½)   (Jeffreys' prior)
//
// and officials differ more than by chance. By how much is seen in their standard
// scores z. Centre and spread of these are the mean and the standard deviation of
// those within 2.5 robust deviations of the median (Rousseeuw & Leroy 1987, Robust
// Regression and Outlier Detection, ch. 4), so that a few offenders hide neither
// themselves nor one another. The probability is the larger of the exact tail and of
// the tail of Student's t at (z − centre)/spread, with half as many degrees of freedom
// as there are scores within: what is cut off makes the spread less sure.
func UnusualShares(tallies []Tally, low bool) []float64 {
	p := filled(len(tallies), math.NaN())
	bySort(len(tallies), func(i int) int32 { return tallies[i].Sort }, func(rows []int) {
		unusualOfSort(tallies, rows, low, p)
	})
	return p
}

func unusualOfSort(tallies []Tally, rows []int, low bool, p []float64) {
	var hits, of float64
	var tested []int
	for _, i := range rows {
		hits += float64(tallies[i].Hits)
		of += float64(tallies[i].Of)
		if tallies[i].Of >= leastPieces {
			tested = append(tested, i)
		}
	}
	if len(tested) <= leastColleagues {
		return
	}
	z := make([]float64, len(tested))
	for k, i := range tested {
		t := &tallies[i]
		z[k] = t.score(hits-float64(t.Hits), of-float64(t.Of))
	}
	tail := newTail(z)
	for k, i := range tested {
		t := tallies[i]
		others := of - float64(t.Of)
		a, b := hits-float64(t.Hits)+0.5, others-(hits-float64(t.Hits))+0.5
		if low {
			p[i] = max(betaBinomialTail(t.Of-t.Hits, t.Of, b, a), tail.below(z[k]))
		} else {
			p[i] = max(betaBinomialTail(t.Hits, t.Of, a, b), tail.above(z[k]))
		}
	}
}

// score is a tally's standard score against others' hits of their number.
func (t *Tally) score(hits, of float64) float64 {
	share := (hits + 0.5) / (of + 1)
	n := float64(t.Of)
	return (float64(t.Hits) - float64(n*share)) / math.Sqrt(float64(n*share*(1-share))*(1+n/of))
}

// UnusualContrasts returns, for each contrast, the probability of one as far from
// what is usual of that source, on either side, or NaN where too little is known.
//
// The contrast is the log odds ratio of the two shares with half a piece added to
// each cell, with the variance of Woolf 1955 (Annals of Human Genetics 19). What is
// usual of a source, whose users may well be harder to please, is the median of all
// officials' contrasts; scores are judged as those of [UnusualShares] are.
func UnusualContrasts(contrasts []Contrast) []float64 {
	p := filled(len(contrasts), math.NaN())
	bySort(len(contrasts), func(i int) int32 { return contrasts[i].Sort }, func(rows []int) {
		var tested []int
		var ratios, errors []float64
		for _, i := range rows {
			if c := &contrasts[i]; c.Of >= leastPieces && c.Others.Of >= leastPieces {
				ratio, se := c.logOddsRatio()
				tested, ratios, errors = append(tested, i), append(ratios, ratio), append(errors, se)
			}
		}
		if len(tested) <= leastColleagues {
			return
		}
		usual := median(slices.Clone(ratios))
		for k := range ratios {
			ratios[k] = (ratios[k] - usual) / errors[k]
		}
		tail := newTail(ratios)
		for k, i := range tested {
			p[i] = min(1, 2*min(tail.above(ratios[k]), tail.below(ratios[k])))
		}
	})
	return p
}

// logOddsRatio is that of the source against the rest, with its standard error.
func (c *Contrast) logOddsRatio() (ratio, se float64) {
	variance := 0.0
	for _, cell := range [...]struct {
		n    int32
		sign float64
	}{{c.In, 1}, {c.Of - c.In, -1}, {c.Others.Hits, -1}, {c.Others.Of - c.Others.Hits, 1}} {
		n := float64(cell.n) + 0.5
		ratio += float64(cell.sign * log(n))
		variance += 1 / n
	}
	return ratio, math.Sqrt(variance)
}

// Discoveries says which of many probabilities are small beyond chance: of those
// that it names no more than the share q is expected to be false, however many were
// tried. NaN is never named. Benjamini & Hochberg 1995 (JRSS B 57).
func Discoveries(p []float64, q float64) []bool {
	var order []int
	for i := range p {
		if !math.IsNaN(p[i]) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(p[a], p[b]), cmp.Compare(a, b)) })
	named, last := make([]bool, len(p)), -1
	for k, i := range order {
		if p[i] <= float64(q*float64(k+1))/float64(len(order)) {
			last = k
		}
	}
	for _, i := range order[:last+1] {
		named[i] = true
	}
	return named
}

// bySort hands out the rows of each sort.
func bySort(n int, sort func(i int) int32, each func(rows []int)) {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(sort(a), sort(b)) })
	for from := 0; from < n; {
		to := from
		for to < n && sort(rows[to]) == sort(rows[from]) {
			to++
		}
		each(rows[from:to])
		from = to
	}
}

// tail is what standard scores are judged by where they vary more than by chance.
type tail struct{ centre, spread, degrees float64 }

const (
	// madScale makes the median absolute deviation of a normal sample its standard
	// deviation; within is how many of these are looked at; withinVariance is the
	// variance of a standard normal variable cut there.
	madScale       = 1.482602218505602
	within         = 2.5
	withinVariance = 0.911260
)

func newTail(z []float64) tail {
	middle := median(slices.Clone(z))
	deviations := make([]float64, len(z))
	for i, x := range z {
		deviations[i] = math.Abs(x - middle)
	}
	most := float64(within * max(float64(madScale*median(deviations)), 1e-6))
	sum, squares, n := 0.0, 0.0, 0.0
	for _, x := range z {
		if e := x - middle; math.Abs(e) <= most {
			sum += e
			squares += float64(e * e)
			n++
		}
	}
	mean := sum / n
	variance := (squares - float64(n*float64(mean*mean))) / max(n-1, 1) / withinVariance
	return tail{centre: middle + mean, spread: math.Sqrt(max(variance, 1)), degrees: max((n-1)/2, 1)}
}

// above is the probability of a score above z, or below it.
func (t tail) above(z float64) float64 { return studentTail((z-t.centre)/t.spread, t.degrees) }
func (t tail) below(z float64) float64 { return studentTail((t.centre-z)/t.spread, t.degrees) }

// median sorts its argument.
func median(x []float64) float64 {
	slices.Sort(x)
	if n := len(x); n%2 == 0 {
		return (x[n/2-1] + x[n/2]) / 2
	}
	return x[len(x)/2]
}

// studentTail is the probability of Student's t above x: half of the incomplete beta
// function at ν/(ν + x²), by its continued fraction (Abramowitz & Stegun 26.5.8).
func studentTail(x, degrees float64) float64 {
	if x < 0 {
		return 1 - studentTail(-x, degrees)
	}
	half := incompleteBeta(degrees/(degrees+float64(x*x)), degrees/2, 0.5) / 2
	return min(half, 0.5)
}

func incompleteBeta(x, a, b float64) float64 {
	if x <= 0 || x >= 1 {
		return min(max(x, 0), 1)
	}
	if x > (a+1)/(a+b+2) {
		return 1 - incompleteBeta(1-x, b, a)
	}
	const tiny = 1e-300
	c, d, f := 1.0, 0.0, 1.0
	for m := range 400 {
		k := float64(m / 2)
		step := 1.0
		switch {
		case m > 0 && m%2 == 0:
			step = float64(float64(k*(b-k))*x) / float64((a+2*k-1)*(a+2*k))
		case m > 0:
			step = -float64(float64((a+k)*(a+b+k))*x) / float64((a+2*k)*(a+2*k+1))
		}
		d = 1 + float64(step*d)
		if math.Abs(d) < tiny {
			d = tiny
		}
		c = 1 + step/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		f *= float64(c * d)
		if math.Abs(1-float64(c*d)) < 1e-13 {
			break
		}
	}
	return exp(float64(a*log(x))+float64(b*log(1-x))-logBeta(a, b)) * (f - 1) / a
}

// betaBinomialTail is the probability of at least k of n where their common
// probability is beta distributed.
func betaBinomialTail(k, n int32, a, b float64) float64 {
	sum := 0.0
	for ; k <= n; k++ {
		x, m := float64(k), float64(n)
		term := exp(logGamma(m+1) - logGamma(x+1) - logGamma(m-x+1) + logBeta(x+a, m-x+b) - logBeta(a, b))
		sum += term
		if term < 1e-12*sum && float64(k)*(a+b) > float64(m*a) {
			break // past the middle: the rest adds nothing
		}
	}
	return min(sum, 1)
}

func logBeta(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }

func logGamma(x float64) float64 {
	l, _ := math.Lgamma(x)
	return l
}

// UnusualCount is the probability of at least hits of a number, where others have
// theirs of theirs, in the beta-binomial model of [UnusualShares]; it is for what is
// so rare that nothing can be said of how much officials differ.
func UnusualCount(hits, of, others, othersOf int32) float64 {
	return betaBinomialTail(hits, of, float64(others)+0.5, float64(othersOf-others)+0.5)
}
