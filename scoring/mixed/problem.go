package mixed

import (
	"errors"
	"fmt"
	"math"
)

// None in a random factor's index column says that the row carries no effect of
// that factor: a rater met only once, for example, has no severity to estimate.
// It is not allowed in fixed factors.
const None int32 = -1

// Factor is a column of levels. Index has one entry a row, in 0 … Levels-1, or
// [None] in a random factor. A level without rows is allowed: a fixed one is
// reported as aliased, a random one gets the effect 0 with the prior variance.
type Factor struct {
	Name   string
	Levels int
	Index  []int32
}

// Problem is the data and the model. All columns have the length of Y; none is
// changed by [Fit].
//
// At least one fixed factor is needed; one with a single level is an intercept.
// Every level of the first fixed factor has a parameter. The other fixed factors
// are measured against their own first level that has rows. Parameters that the
// data cannot tell apart from earlier ones are left out and reported as aliased.
//
// Random[0] is the target: the factor whose effects are wanted. Its prediction
// error variances are always computed. At most four random factors are possible.
//
// A row may stand for several responses that the model cannot tell apart, with their
// weighted mean as Y and their total weight: Count says how many they are, Within
// how far they lie apart. The fit is that of the responses themselves (the criterion
// too where those of a row weigh the same).
type Problem struct {
	Y          []float64
	Weight     []float64 // nil: 1 everywhere. A row of weight w has residual variance σ²e/w; rows of weight 0 are left out
	Count      []int32   // responses of each row; nil: 1 everywhere
	Within     []float64 // Σ w (y − mean)² over the responses of each row; nil: 0 everywhere
	Fixed      []Factor
	Covariates [][]float64 // numeric columns, one slope each
	Random     []Factor
}

// Options steer a fit. The zero value estimates by REML.
type Options struct {
	// ML estimates by maximum likelihood instead of REML.
	ML bool

	// Start holds first guesses of the variances, random factors in order, then
	// the residual. Nil: guesses from the data.
	Start []float64

	// FixedVariances, in the same order as Start, are taken as given and nothing
	// is estimated. A zero takes its random factor out. The residual must be
	// positive.
	FixedVariances []float64

	// EffectsOnly leaves out error variances and the standard errors of the fixed
	// effects: PEV and ConditionalPEV hold nil for each factor, EffectiveN, FixedSE
	// and CovariateSE are nil. With FixedVariances the criterion is left out too: NaN.
	EffectsOnly bool

	// TargetOnly leaves out the error variances of all random factors but the target.
	TargetOnly bool

	// Inflate, where it is positive, asks for the effects once more with the target's
	// variance multiplied by it: at a large factor they do not shrink, nor leak into
	// the fixed effects that go with them. See Solution.Inflated.
	Inflate float64

	// Nondegenerate adds log σ of the target to the log-likelihood (Chung, Rabe-Hesketh,
	// Dorie, Gelman & Liu 2013, Psychometrika 78): where little evidence would by chance
	// give no variance at all, the estimate lies about a standard error from zero
	// instead; with more of it the difference vanishes (an n-th of the variance for n
	// levels). The criterion includes the term.
	Nondegenerate bool

	// ExactLimit is the largest number of random levels that may remain in the
	// dense system after absorption; a problem that leaves more is solved by
	// conjugate gradients with seeded probes. 0: 3000. Negative: never dense.
	ExactLimit int

	// Tolerance is the relative change of the variances below which the estimation is
	// at rest. 0: 1e-8 for exact fits (1e-6 of many levels), 1e-3 for others.
	Tolerance float64

	// Seed of the probes; it has no influence on exact fits.
	Seed uint64

	// MaxIterations of the variance estimation. 0: 200.
	MaxIterations int

	// rough estimates end early: they are where others start.
	rough bool

	// Progress, if set, is told after each iteration; total is an estimate.
	Progress func(done, total int)
}

// ErrProblem wraps every error about a problem or options that contradict themselves.
var ErrProblem = errors.New("mixed: invalid problem")

// maxRandom is how many random factors a problem may have: one lane each.
const maxRandom = len(lanes{})

// NotConvergedError says that the estimation did not come to rest. The solution
// that [Fit] returns beside it is the last iterate, with Converged false.
type NotConvergedError struct {
	Iterations int
	Change     float64 // largest relative change of a variance in the last iteration
	Reason     string
}

// Error implements error.
func (e *NotConvergedError) Error() string {
	return fmt.Sprintf("mixed: not converged after %d iterations (last relative change %.3g): %s", e.Iterations, e.Change, e.Reason)
}

func (p *Problem) validate() error {
	n := len(p.Y)
	if n == 0 {
		return fmt.Errorf("%w: no rows", ErrProblem)
	}
	if p.Weight != nil && len(p.Weight) != n {
		return fmt.Errorf("%w: %d weights for %d rows", ErrProblem, len(p.Weight), n)
	}
	for i, y := range p.Y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return fmt.Errorf("%w: row %d: y is not a number", ErrProblem, i)
		}
	}
	for i, w := range p.Weight {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("%w: row %d: weight %v", ErrProblem, i, w)
		}
	}
	if err := p.validateResponses(n); err != nil {
		return err
	}
	if len(p.Fixed) == 0 {
		return fmt.Errorf("%w: no fixed factor (one with a single level is an intercept)", ErrProblem)
	}
	if len(p.Random) == 0 {
		return fmt.Errorf("%w: no random factor", ErrProblem)
	}
	if len(p.Random) > maxRandom {
		return fmt.Errorf("%w: %d random factors, at most %d are possible", ErrProblem, len(p.Random), maxRandom)
	}
	for _, f := range p.Fixed {
		if err := f.validate(n, 0); err != nil {
			return err
		}
	}
	for _, f := range p.Random {
		if err := f.validate(n, None); err != nil {
			return err
		}
	}
	for j, x := range p.Covariates {
		if len(x) != n {
			return fmt.Errorf("%w: covariate %d has %d values for %d rows", ErrProblem, j, len(x), n)
		}
		for i, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%w: covariate %d, row %d is not a number", ErrProblem, j, i)
			}
		}
	}
	return nil
}

func (p *Problem) validateResponses(n int) error {
	if p.Count != nil && len(p.Count) != n || p.Within != nil && len(p.Within) != n {
		return fmt.Errorf("%w: %d counts and %d sums of squares for %d rows", ErrProblem, len(p.Count), len(p.Within), n)
	}
	for i, c := range p.Count {
		if c < 1 {
			return fmt.Errorf("%w: row %d stands for %d responses", ErrProblem, i, c)
		}
	}
	for i, s := range p.Within {
		if !(s >= 0) || math.IsInf(s, 0) {
			return fmt.Errorf("%w: row %d: sum of squares %v", ErrProblem, i, s)
		}
	}
	return nil
}

func (f *Factor) validate(n int, least int32) error {
	if f.Levels < 1 || int64(f.Levels) > math.MaxInt32 {
		return fmt.Errorf("%w: factor %q has %d levels", ErrProblem, f.Name, f.Levels)
	}
	if len(f.Index) != n {
		return fmt.Errorf("%w: factor %q has %d entries for %d rows", ErrProblem, f.Name, len(f.Index), n)
	}
	top := int32(f.Levels)
	for i, l := range f.Index {
		if l < least || l >= top {
			return fmt.Errorf("%w: factor %q, row %d: level %d of %d", ErrProblem, f.Name, i, l, f.Levels)
		}
	}
	return nil
}

func (o *Options) validate(p *Problem) error {
	k := len(p.Random) + 1
	if err := validVariances("start", o.Start, k); err != nil {
		return err
	}
	if err := validVariances("fixed variances", o.FixedVariances, k); err != nil {
		return err
	}
	if !(o.Tolerance >= 0) || o.Tolerance >= 1 {
		return fmt.Errorf("%w: tolerance %v", ErrProblem, o.Tolerance)
	}
	if !(o.Inflate >= 0) || math.IsInf(o.Inflate, 0) {
		return fmt.Errorf("%w: inflate by %v", ErrProblem, o.Inflate)
	}
	return nil
}

func validVariances(name string, v []float64, k int) error {
	if v == nil {
		return nil
	}
	if len(v) != k {
		return fmt.Errorf("%w: %s: %d values, want %d (random factors, then residual)", ErrProblem, name, len(v), k)
	}
	for i, x := range v {
		if !(x >= 0) || math.IsInf(x, 0) {
			return fmt.Errorf("%w: %s: variance %d is %v", ErrProblem, name, i, x)
		}
	}
	if v[k-1] == 0 {
		return fmt.Errorf("%w: %s: the residual variance is 0", ErrProblem, name)
	}
	return nil
}
