// Package simulate makes worlds whose truth is known and judges the engine by
// them.
//
// A [World] says what holds in it: how much evidence there is, how strongly
// hard work falls to good officials, how far ratings and reviews lean on
// visibility, who buys ratings, who favours whom. [World.Generate] draws the
// structure (sizes of effects, shapes, scales) from the world's ranges and then
// the evidence, all from one seed, so that two seeds of a world differ by more
// than noise.
//
// The model. Every official i has a practical quality q_i and a visibility v_i,
// both standard normal, with a correlation of the world's. Each strand k of
// evidence (ratings, solved, in time, handling, reviews, deeds) shows
//
//	t_ik = λ_k q_i + √(1−λ_k²) s_ik,   s_ik ~ N(0, 1)
//
// through
//
//	u_ik = a_k t_ik + h_k v_i
//
// with the effect a_k and the halo h_k; the halo of solved, in time and handling
// is zero. Ratings and review scores are ordered categories of u plus case mix,
// channel, rater and, in reviews, pair and dimension; solved, in time and
// handling are Bernoulli with logit u plus the category's; deeds and achievements
// are Poisson counts.
//
// The oracle ([Sample.Oracle]) is the posterior mean of q under exactly this
// model with every nuisance known: the best that any method could do. The mix of
// work itself is not read as evidence of q, neither by the oracle nor, one hopes,
// by the engine.
package simulate
