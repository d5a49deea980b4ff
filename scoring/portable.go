package scoring

import "math"

// The math package uses assembler for Exp and Log on some processors, whose
// last bit may differ. These are the algorithms of FreeBSD's msun (e_exp.c,
// e_log.c) with every product rounded before it is added, so that all
// processors give the same bits. math.Sqrt, Floor, Frexp and Ldexp are exact.

const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)

// exp returns e^x.
func exp(x float64) float64 {
	switch {
	case math.IsNaN(x) || x > 709.78:
		if x > 0 {
			return math.Inf(1)
		}
		return x
	case x < -745.13:
		return 0
	}
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	high := x - float64(k*ln2High)
	low := float64(k * ln2Low)
	r := high - low
	t := float64(r * r)
	c := float64(4.13813679705723846039e-08*t) - 1.65339022054652515390e-06
	c = float64(c*t) + 6.61375632143793436117e-05
	c = float64(c*t) - 2.77777777770155933842e-03
	c = float64(c*t) + 1.66666666666666019037e-01
	c = r - float64(t*c)
	y := 1 - ((low - float64(r*c)/(2-c)) - high)
	return scaled(y, int(k))
}

// scaled is y·2^k, which is exact: for y near 1 and a result that is no subnormal
// number, k is added to the exponent.
func scaled(y float64, k int) float64 {
	if k < -1000 || k > 1000 {
		return math.Ldexp(y, k)
	}
	return math.Float64frombits(math.Float64bits(y) + uint64(int64(k))<<52)
}

// split is math.Frexp for numbers above zero: x = f·2^e with f from ½ to 1.
func split(x float64) (f float64, e int) {
	const smallestNormal = 0x1p-1022
	if x < smallestNormal {
		return math.Frexp(x)
	}
	b := math.Float64bits(x)
	return math.Float64frombits(b&^(0x7ff<<52) | 1022<<52), int(b>>52) - 1022
}

// log returns the natural logarithm of x.
func log(x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	f, e := split(x)
	if f < math.Sqrt2/2 {
		f *= 2
		e--
	}
	f--
	k := float64(e)
	s := f / (2 + f)
	z := float64(s * s)
	r := float64(1.479819860511658591e-01*z) + 1.531383769920937332e-01
	r = float64(r*z) + 1.818357216161805012e-01
	r = float64(r*z) + 2.222219843214978396e-01
	r = float64(r*z) + 2.857142874366239149e-01
	r = float64(r*z) + 3.999999999940941908e-01
	r = float64(r*z) + 6.666666666666735130e-01
	r = float64(r * z)
	half := float64(float64(0.5*f) * f)
	return float64(k*ln2High) - ((half - (float64(s*(half+r)) + float64(k*ln2Low))) - f)
}

// logistic returns 1/(1 + e^−x).
func logistic(x float64) float64 { return 1 / (1 + exp(-x)) }

// logit returns log(p/(1−p)).
func logit(p float64) float64 { return log(p / (1 - p)) }
