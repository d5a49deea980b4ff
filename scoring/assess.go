package scoring

import (
	"context"
	"fmt"
	"math"
)

// The stages that progress hears of, in order.
const (
	stageOrder     = "order"
	stageRatings   = "ratings"
	stageCases     = "cases"
	stageReviews   = "reviews"
	stageCombine   = "combine"
	stageIntervals = "intervals"
	stageExplain   = "explain"
)

// Progress hears of each stage of an assessment as it moves. It is called from the
// goroutine that asked for the assessment; nil hears nothing.
type Progress = func(stage string, done, total int)

// Assess scores every posting of the evidence under the policy.
//
// The evidence may come in any order; it is not changed. The same evidence,
// policy and [Version] give the same result.
//
// Errors: a *[PolicyError], an *[EvidenceError], the context's error, or that of
// a fit that did not converge.
func Assess(ctx context.Context, ev *Evidence, policy Policy, progress Progress) (*Result, error) {
	a, _, err := assess(ctx, ev, policy, progress, false)
	if err != nil {
		return nil, err
	}
	return a.result, nil
}

// Ordered is valid evidence in canonical order.
type Ordered struct{ c *canonical }

// Order is the first stage of an assessment by itself. Who goes on with the ordered
// evidence can let go of what it was made from: of millions of rows that is half the
// memory. The error is an *[EvidenceError].
func Order(ev *Evidence, progress Progress) (*Ordered, error) {
	if progress != nil {
		progress(stageOrder, 0, 1)
	}
	if err := ev.Validate(); err != nil {
		return nil, err
	}
	return &Ordered{ev.canonical()}, nil
}

// Evidence is what was ordered. It must not be changed.
func (o *Ordered) Evidence() *Evidence { return o.c.ev }

// Postings are, for each posting of Evidence, its index in what it was made from.
func (o *Ordered) Postings() []int32 { return o.c.postings }

// Assess is the function of that name without its first stage: the result's indices
// are those of the ordered evidence.
func (o *Ordered) Assess(ctx context.Context, policy Policy, progress Progress) (*Result, error) {
	a, err := o.assess(ctx, policy, progress, false)
	if err != nil {
		return nil, err
	}
	return a.result, nil
}

// assess is Assess with its inner state; keep says that ratings may come later.
func assess(ctx context.Context, ev *Evidence, policy Policy, progress Progress, keep bool) (*assessed, *canonical, error) {
	if err := policy.Validate(); err != nil {
		return nil, nil, err
	}
	o, err := Order(ev, progress)
	if err != nil {
		return nil, nil, err
	}
	a, err := o.assess(ctx, policy, progress, keep)
	if err != nil {
		return nil, nil, err
	}
	a.result.restoreOrder(o.c.postings, o.c.kinds)
	return a, o.c, nil
}

func (o *Ordered) assess(ctx context.Context, policy Policy, progress Progress, keep bool) (*assessed, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	policyDigest, err := policy.Digest()
	if err != nil {
		return nil, err
	}
	digest := make(chan [32]byte, 1)
	go func() { digest <- o.c.ev.digest() }() // beside the fits, which leave a CPU idle now and then
	a := &assessed{run: newRun(o.c.ev, policy), result: &Result{Version: Version}}
	a.run.keep = keep
	if len(a.run.ev.Postings) > 0 {
		if err := a.fit(ctx, progress); err != nil {
			return nil, err
		}
	}
	if err := a.score(ctx, progress); err != nil {
		return nil, err
	}
	a.result.EvidenceDigest, a.result.PolicyDigest = <-digest, policyDigest
	return a, nil
}

// assessed is a finished run with its inner state.
type assessed struct {
	run        *run
	indicators []*indicator
	dimensions [][Dimensions]ComponentScore // by posting
	outcomes   []OutcomeFigures             // by posting
	combined   *combined
	composed   *composed
	drawn      *drawn
	result     *Result
}

// score goes from the fitted strands to the result.
func (a *assessed) score(ctx context.Context, progress Progress) error {
	r := a.run
	if len(r.ev.Postings) == 0 {
		return nil
	}
	progress(stageCombine, 0, 1)
	a.points()
	var err error
	a.drawn, err = r.draw(ctx, a.combined, a.composed, func(done, total int) { progress(stageIntervals, done, total) })
	if err != nil {
		return err
	}
	progress(stageExplain, 0, 1)
	a.report()
	return nil
}

// points goes as far as the composites.
func (a *assessed) points() {
	a.combined = a.run.combine(a.indicators)
	a.composed = a.run.compose(a.combined, a.indicators)
}

// fit runs each strand's own model. Ratings take about as long as all the rest, which
// goes on beside them.
func (a *assessed) fit(ctx context.Context, progress func(stage string, done, total int)) error {
	r := a.run
	progress(stageRatings, 0, 1)
	var outcomes []*indicator
	var reviews *indicator
	var outcomesFailed, reviewsFailed error
	casesDone, reviewsDone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(reviewsDone)
		outcomes, outcomesFailed = a.fitOutcomes(ctx)
		close(casesDone)
		reviews, a.dimensions, reviewsFailed = r.peerReview(ctx)
	}()
	satisfaction, failed := r.satisfaction(ctx)
	progress(stageCases, 0, 1)
	<-casesDone
	progress(stageReviews, 0, 1)
	<-reviewsDone
	switch {
	case failed != nil:
		return fmt.Errorf("satisfaction: %w", failed)
	case outcomesFailed != nil:
		return fmt.Errorf("outcomes: %w", outcomesFailed)
	case reviewsFailed != nil:
		return fmt.Errorf("peer review: %w", reviewsFailed)
	}
	r.flagRatings()
	a.indicators = append(append([]*indicator{satisfaction}, outcomes...), reviews, r.practicalWork())
	for _, in := range a.indicators {
		if len(in.fit.Effects) > 0 {
			a.result.Fits = append(a.result.Fits, in.fit)
		}
	}
	return nil
}

func (a *assessed) fitOutcomes(ctx context.Context) ([]*indicator, error) {
	rows := a.run.readOutcomes()
	outcomes, err := a.run.outcomes(ctx, rows)
	if err != nil {
		return nil, err
	}
	a.run.flagOutcomes(rows)
	a.outcomes = a.run.outcomeFigures(rows)
	return outcomes, nil
}

func (r *run) flagOutcomes(rows *outcomeRows) {
	has := make([]bool, len(r.ev.Postings))
	for _, p := range r.ev.Cases.Posting {
		if p != None {
			has[p] = true
		}
	}
	for p := range has {
		if has[p] && rows.unconfirmed[r.groups.of[p]] {
			r.flags[p].add(FlagUnconfirmed)
		}
		if rows.noEvents[p] {
			r.flags[p].add(FlagNoEvents)
		}
	}
}

// report turns the run's state into the result.
func (a *assessed) report() {
	r, out := a.run, a.composed
	list := make([]Assessment, len(r.ev.Postings))
	for i := range list {
		s := &out.standing[i]
		list[i] = Assessment{
			Posting: int32(i), Status: s.status, Composite: out.value[i], Low: math.NaN(), High: math.NaN(),
			Reliability: math.NaN(), Chance: math.NaN(), WithoutHalo: out.withoutHalo[i], Geometric: math.NaN(),
			Dimensions: a.dimensions[i], Outcomes: a.outcomes[i],
			MonthsInPost: float64(r.ev.Postings[i].To-r.ev.Postings[i].From+1) / daysAMonth,
		}
		if r.ev.Response != nil {
			list[i].Response = r.ev.Response[i]
		}
	}
	a.components(list)
	r.ranksOf(out, a.drawn, list)
	r.showcase(a.combined, out, list)
	a.result.Quotas = r.grade(out, a.drawn, list)
	a.noVariance()
	a.explain(list)
	for i := range list {
		list[i].Flags, list[i].Findings = r.flags[i].sorted(), r.findings(int32(i))
	}
	a.result.Assessments = list
	a.result.Groups = a.groups(list)
}

// noVariance flags who has evidence of a strand that tells nobody apart.
func (a *assessed) noVariance() {
	byComponent := [Components]bool{}
	for _, in := range a.indicators {
		byComponent[in.component] = byComponent[in.component] || in.fitted
	}
	for _, in := range a.indicators {
		if byComponent[in.component] || len(in.fit.Effects) == 0 {
			continue
		}
		for i, n := range in.n {
			if n > 0 {
				a.run.flags[i].add(FlagNoVariance)
			}
		}
	}
	if a.run.policy.HaloCorrection && !a.combined.halo {
		for i := range a.run.flags {
			a.run.flags[i].add(FlagHaloOff)
		}
	}
}

// components fills each component on the composite's scale, and the geometric
// composite.
func (a *assessed) components(list []Assessment) {
	c, out := a.combined, a.composed
	sampler := newSampler(c, c.model)
	for i := range list {
		g := a.run.groups.of[i]
		s := &out.standing[i]
		sampler.look(i)
		logs, sum := 0.0, 0.0
		for k := range Components {
			cs := ComponentScore{Value: math.NaN(), SE: math.NaN(), N: s.n[k], Counts: s.counts[k], Weight: s.weight[k]}
			if c.has(k, i) {
				scale := out.scale[g][k]
				cs.Value = winsorise(scale.points(c.clean[k][i] - out.centre[g][k].clean))
				cs.SE = scale.se(sampler.variance(k, i))
			}
			if s.status != InsufficientEvidence && s.counts[k] {
				logs += float64(s.weight[k] * log(max(cs.Value, 1)))
				sum += s.weight[k]
			}
			list[i].Components[k] = cs
		}
		if sum > 0 {
			list[i].Geometric = exp(logs)
		}
	}
}

// groups describes what is common to each peer group.
func (a *assessed) groups(list []Assessment) []Group {
	r, c, out := a.run, a.combined, a.composed
	groups := make([]Group, 0, r.groups.count())
	for g, name := range r.groups.names {
		members := r.groups.members[g]
		group := Group{Name: name, Size: len(members), NominalWeights: out.nominal[g], EffectiveWeights: a.effectiveWeights(g)}
		reliability := make([]float64, len(list))
		flags := flagSet{}
		for i := range list {
			reliability[i] = list[i].Reliability
		}
		group.Reliability = r.groups.mean(g, reliability)
		for k := range Components {
			group.Sigma[k], group.HaloSlopes[k] = c.sigma[k], math.NaN()
			if !c.halo {
				group.Sigma[k] = c.sigmaHalo[k]
			}
			if c.halo && len(c.members[k]) > 0 {
				group.HaloSlopes[k] = c.haloSlope(k)
			}
		}
		for _, f := range []Flag{FlagOneComponent, FlagSmallGroup, FlagUnconfirmed, FlagHaloOff, FlagNoVariance} {
			for _, i := range members {
				for _, has := range r.flags[i] {
					if has == f {
						flags.add(f)
					}
				}
			}
		}
		group.Flags = flags.sorted()
		groups = append(groups, group)
	}
	return groups
}

// haloSlope is what one standard deviation of visibility adds to a component, in
// standard deviations of its true effect.
func (c *combined) haloSlope(k Component) float64 {
	sum := 0.0
	for _, j := range c.members[k] {
		sum += float64(c.worth(j) * c.model.halo[j])
	}
	if c.sigma[k] == 0 {
		return math.NaN()
	}
	return sum / c.sigma[k]
}

// effectiveWeights are the shares of the composite's variance that its terms
// make, by covariance; NaN where nobody has a composite.
func (a *assessed) effectiveWeights(g int) [Components]float64 {
	r, c, out := a.run, a.combined, a.composed
	mean := r.groups.mean(g, out.raw)
	var share [Components]float64
	total := 0.0
	for _, i := range r.groups.members[g] {
		s := &out.standing[i]
		if s.status == InsufficientEvidence {
			continue
		}
		e := out.raw[i] - mean
		total += float64(e * e)
		for k := range Components {
			if s.counts[k] {
				term := float64(s.weight[k] * (out.scale[g][k].slope * (c.clean[k][i] - out.centre[g][k].clean)))
				share[k] += float64(term * e)
			}
		}
	}
	for k := range share {
		share[k] /= total
	}
	return share
}

// restoreOrder puts assessments and kinds into the order of the evidence given.
func (r *Result) restoreOrder(postings, kinds []int32) {
	list := make([]Assessment, len(r.Assessments))
	for i := range r.Assessments {
		a := &r.Assessments[i]
		a.Posting = postings[i]
		for p := range a.Parts {
			for q := range a.Parts[p].Pieces {
				if k := a.Parts[p].Pieces[q].Kind; k != None {
					a.Parts[p].Pieces[q].Kind = kinds[k]
				}
			}
		}
		list[postings[i]] = *a
	}
	r.Assessments = list
}
