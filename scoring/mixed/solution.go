package mixed

import "context"

// Solution is a fitted model. Slices over random factors are in the order of
// Problem.Random, slices over their levels in the order of the levels.
type Solution struct {
	// Variances of the random factors and of the residual, in squared units of Y.
	Variances []float64
	Residual  float64

	// VarianceCov is the covariance matrix of the estimated variances (random
	// factors in order, then the residual): the inverse of the average
	// information. VarianceSE are the roots of its diagonal. Rows and columns of
	// components at the boundary are 0. Both are nil with fixed variances.
	VarianceCov [][]float64
	VarianceSE  []float64

	// Boundary says which random factors were taken out because their variance is
	// estimated (or given) as 0: variance, effects and error variances are 0.
	Boundary []bool

	// FixedEffects by fixed factor and level, best linear unbiased estimates.
	// The first factor's are means (at reference levels of the others and at
	// covariates 0), the others' are differences from their reference. An aliased
	// level has effect 0 and standard error NaN; a reference level 0 and 0.
	FixedEffects [][]float64
	FixedSE      [][]float64
	Aliased      [][]bool

	// Covariates are the slopes, with the same conventions.
	Covariates       []float64
	CovariateSE      []float64
	CovariateAliased []bool

	// Effects are the best linear unbiased predictions.
	Effects [][]float64

	// PEV are the prediction error variances Var(û − u), the estimation of the
	// fixed effects included. Exact fits have them for every factor unless
	// Options.TargetOnly is set; others for the target only (nil for the rest).
	PEV [][]float64

	// ConditionalPEV are the same as if the fixed effects were known (what lme4
	// calls conditional variances). Differences between levels that share their
	// fixed effects depend on these.
	ConditionalPEV [][]float64

	// EffectiveN, by level of the target: how many rows of weight 1, all else
	// known, would tell as much as the data do: σ²e·(1/PEV − 1/σ²). 0 for a level
	// without rows. At the boundary it is the sum of the weights.
	EffectiveN []float64

	// Criterion is −2 times the (restricted) log-likelihood with all its
	// constants, as lme4 reports it; NaN where the fit is not exact.
	Criterion float64

	// Exact says that traces and error variances were computed, not estimated by
	// probes. PEVError is then 0; otherwise it is the largest relative deviation
	// found when the target's error variances were computed to the end for a few levels.
	Exact    bool
	PEVError float64

	// Inflated is the solution with the target's variance multiplied by
	// Options.Inflate, effects and fixed effects only; nil where that was not asked
	// for or the target is at the boundary.
	Inflated *Solution

	// Next are the variances, the residual's last, to which one more step of the
	// estimation would lead: where a fit of nearly the same rows begins best. With fixed
	// variances they are those.
	Next []float64

	N          int // rows of positive weight
	Rank       int // estimable fixed parameters
	Iterations int
	Converged  bool
}

// Reliability is 1 − PEV/σ² for each level of random factor k: the squared
// correlation between prediction and true effect. It is 0 for a factor at the
// boundary and nil where there are no error variances.
func (s *Solution) Reliability(k int) []float64 {
	if s.PEV[k] == nil {
		return nil
	}
	r := make([]float64, len(s.PEV[k]))
	if s.Variances[k] == 0 {
		return r
	}
	for i, v := range s.PEV[k] {
		r[i] = 1 - v/s.Variances[k]
	}
	return r
}

// Fit estimates the variances (or takes the given ones), the fixed effects and
// the predictions. Besides ctx's error and errors wrapping [ErrProblem] it
// returns a [*NotConvergedError] together with the last iterate.
func Fit(ctx context.Context, p Problem, o Options) (*Solution, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	if err := o.validate(&p); err != nil {
		return nil, err
	}
	return fit(ctx, &p, &o)
}
