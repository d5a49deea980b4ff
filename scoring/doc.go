// Package scoring is the assessment engine: evidence in, assessments out.
//
// It knows no database, no clock, no network and nothing of the rest of
// Steelyard. [Assess] takes an [Evidence] (compact columns, already cut to one
// period and already seen "as it stood at the end" of it), a [Policy] (weights
// and rules as data) and returns a [Result]. The same three give the same bytes,
// whatever the order of the evidence's rows, the number of CPUs or the processor.
//
// # Each strand's own model
//
// Evidence comes in strands: ratings; of cases whether they are solved, in time,
// and handled without a needless move; reviews; deeds. For strand j, official i in
// peer group g, rater r:
//
//	y = μ_g + Σ fixed + u_i + s_r (+ p_ir) + ε / √w     ratings, reviews
//	logit P(y = 1) = μ_g + Σ fixed + u_i                 cases
//	y = log(1 + confirmed deeds a month in post)         deeds
//
// with fixed effects of service, channel and decisions against the resident (ratings), category and channel
// (cases), dimension and relation (reviews), and random effects u ~ N(0, σ²_j) of
// the official, s of the rater's severity, p of the pair in reviews. Case mix is
// fixed because hard work is given to good officials: a random effect would hand
// part of the official's credit to the work. Who rated one person only carries no
// severity. Cells that are thin merge into their parent. Package mixed solves the
// equations; variances are by REML, for cases in rounds of reweighting (penalised
// quasi-likelihood), for deeds by moments.
//
// The weight w of a rating is 1/m where one person rated one official m times, less
// where ratings come in a bought burst; reviews lose weight by the probability that
// they are favours returned or within a circle; of a campaign of deeds the number
// counts that the rest of the time in post lets expect.
//
// Each strand hands on y_ij, its unshrunk estimate of u_i in units of σ_j, and its
// error variance, free of the error of the group's mean.
//
// # The joint model
//
// With q the latent quality and v the latent visibility of an official, of mean 0
// and variance 1 within the group and of correlation ρ, and w what outcomes share
// beyond quality,
//
//	y_ij = μ_gj + λ_j (q + κ_j w) + h_j v + o_j + e_ij
//	c_i  ~ Poisson(T_i · exp(α_g + τ v))
//
// where λ_j are loadings, h_j the halo (held at zero for the anchors: solved, in
// time, handling), o_j ~ N(0, ω_j²) what the official does better in this strand
// alone, taken to be uncorrelated with visibility, c_i the achievements in T_i
// years. The posterior under weak priors is maximised by Fisher scoring; given the
// parameters (q, w) are normal for each v, and v is integrated out numerically.
//
// A strand owes to the work λ_j (q + κ_j w) + o_j. A component's clean value is the
// posterior mean of that, its strands added by their shares; what shrinkage of v
// leaves of the halo is taken off at last, so that on average nothing leans on
// visibility given the work. Where the model is not identified, or a policy wants
// it so, components stand alone, the halo step is off, and the result says so.
//
// # The composite
//
//	z_k = (clean_k − mean of the group) / σ_k
//	composite = 50 + 50 Σ_k w_k z_k / 3
//
// cut once to 0–100, with σ_k the estimated standard deviation of the true effect
// and w_k the policy's weights, shared out where a component lacks evidence.
// Intervals of composites and ranks come from seeded draws of the parameters and of
// every official's true effects.
//
// # Names in the code
//
//	σ_j indicator.sigma      λ jointModel.loading    h halo    ω own
//	κ   shared               ρ correlation           τ spread  α rate    μ mean
//	y_ij, its variance, c, T: jointData.y, variance, count, time
//
// # Sources
//
// Henderson 1975 (Biometrics 31), Patterson & Thompson 1971 (Biometrika 58),
// Searle, Casella & McCulloch 1992: the mixed models. Breslow & Clayton 1993 (JASA
// 88): quasi-likelihood. DerSimonian & Laird 1986 (Controlled Clinical Trials 7):
// the variance of deeds. Efron & Morris 1975 (JASA 70): shrinkage. Goldstein &
// Spiegelhalter 1996 (JRSS A 159): intervals of ranks. Louis 1982 (JRSS B 44),
// Berndt, Hall, Hall & Hausman 1974: scores and information of the joint model.
package scoring
