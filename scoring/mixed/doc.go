// Package mixed fits linear models with crossed random effects: who was rated,
// who rated, and the pair of both, over fixed case mix.
//
//	y = X b + Σ_k Z_k u_k + e,   u_k ~ N(0, σ²_k I),   e ~ N(0, σ²_e W⁻¹)
//
// Estimates b and predictions u solve Henderson's mixed-model equations; with
// λ_k = σ²_e/σ²_k,
//
//	C [b; u] = [X'Wy; Z'Wy],   C = [X'WX, X'WZ; Z'WX, Z'WZ + diag(λ)]
//
// and Var(û − u) = σ²_e C⁻¹. The variances maximise the restricted likelihood
// (REML) or the likelihood, by steps of average information.
//
// # How it is solved
//
// Rows are summed into combinations of everything that is not absorbed. The
// random factor that saves most (raters, as a rule), and a factor nested in it
// (pairs), are block diagonal and are absorbed, which leaves the Schur complement
// S for the remaining random levels and the fixed effects. Up to
// Options.ExactLimit levels, S is factored and inverted, so that traces, error
// variances and the criterion are exact. Above, S is only ever multiplied with:
// conjugate gradients, preconditioned by S without the covariances between random
// levels, solve for the effects and for random probes that estimate the traces.
// Estimations of many levels or many rows begin where a rougher one of the same
// model ends: by probes instead of exactly, of some of the rows instead of all.
//
// # Same bytes everywhere
//
// Work is split at borders that depend on the data alone and added in a fixed
// order, so the number of CPUs does not matter. Products are rounded before they
// are added (float64(x*y)+z), which forbids fused operations. The dense kernels
// are written out in Go for the same reason: gonum's add in another order with
// assembler than without. The result is a function of the rows and their order;
// rows in another order give the same to rounding.
//
// # Sources
//
// Henderson 1975 (Biometrics 31, 423–447): the equations and error variances.
// Patterson & Thompson 1971 (Biometrika 58, 545–554): REML. Searle, Casella &
// McCulloch 1992 (Variance Components, ch. 6–7). Gilmour, Thompson & Cullis 1995
// (Biometrics 51, 1440–1450): average information. Hutchinson 1989 (Comm. Stat.
// Simul. 18, 1059–1076): stochastic traces.
package mixed
