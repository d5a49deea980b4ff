package scoring

import (
	"context"
	"fmt"
	"slices"
)

// Fitted is evidence after each strand's own model: what takes long, and does not
// hang on a policy's weights. From here scores under one policy and another are a
// matter of moments. It holds a few figures a posting, not the evidence, and may be
// used by several goroutines.
type Fitted struct {
	a       *assessed
	without Choice
	digest  [32]byte // of the evidence
}

// Fit is the first part of [Ordered.Assess], with one step of the method left out;
// with an empty choice as it is. Errors are those of Assess, and one for a choice
// that there is not.
func (o *Ordered) Fit(ctx context.Context, policy Policy, without Choice, progress Progress) (*Fitted, error) {
	if without != "" && !slices.Contains(Choices(), without) {
		return nil, fmt.Errorf("fit without %q: no such step", without)
	}
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	digest := make(chan [32]byte, 1)
	go func() { digest <- o.c.ev.digest() }() // beside the fits, which leave a CPU idle now and then
	r := newRun(o.c.ev, policy)
	r.without = without
	a := &assessed{run: r, result: &Result{Version: Version}}
	if len(r.ev.Postings) > 0 {
		if err := a.fit(ctx, progress); err != nil {
			return nil, err
		}
	}
	r.ev = withoutRows(r.ev)
	return &Fitted{a: a, without: without, digest: <-digest}, nil
}

// withoutRows is what scoring needs of the evidence once the strands are fitted.
func withoutRows(ev *Evidence) *Evidence {
	return &Evidence{
		From: ev.From, To: ev.To, Postings: ev.Postings, Kinds: ev.Kinds,
		Achievements: ev.Achievements, Response: ev.Response,
	}
}

// Serves says whether the policy asks nothing of the fits but what they were made
// with: the seed, the weight of walk-ins, the cap on deeds, the cells of the case mix and, for the
// dimensions of peer review, the normalisation.
func (f *Fitted) Serves(policy Policy) bool {
	made := f.a.run.policy
	return policy.Seed == made.Seed && policy.WalkInWeight == made.WalkInWeight && policy.DeedsPerWeek == made.DeedsPerWeek && policy.Normalisation == made.Normalisation &&
		policy.MinimumCellItems == made.MinimumCellItems && policy.MinimumCellOfficials == made.MinimumCellOfficials
}

// Assess is the rest of [Ordered.Assess], under a policy that the fits serve: the
// same evidence and policy give the same result as there. Errors: a *[PolicyError],
// one for a policy that is not served, and the context's.
func (f *Fitted) Assess(ctx context.Context, policy Policy, progress Progress) (*Result, error) {
	a, err := f.under(policy)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	if err := a.score(ctx, progress); err != nil {
		return nil, err
	}
	a.result.EvidenceDigest = f.digest
	a.result.PolicyDigest, err = policy.Digest()
	return a.result, err
}

// WeightRanges says what becomes of each posting under weights drawn evenly from
// all that are possible. Errors are those of Assess.
func (f *Fitted) WeightRanges(policy Policy) ([]WeightRange, error) {
	a, err := f.under(policy)
	if err != nil {
		return nil, err
	}
	a.points()
	return a.weightRanges(), nil
}

// under is the fitted state for another policy; nothing in it is shared that
// scoring changes.
func (f *Fitted) under(policy Policy) (*assessed, error) {
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	if !f.Serves(policy) {
		return nil, fmt.Errorf("policy %q needs fits of its own", policy.Name)
	}
	policy.Borrowing = policy.Borrowing && f.without != ChoiceBorrowing
	policy.HaloCorrection = policy.HaloCorrection && f.without != ChoiceHalo
	r := *f.a.run
	r.policy = policy
	r.flags = make([]flagSet, len(f.a.run.flags))
	for i, flags := range f.a.run.flags {
		r.flags[i] = slices.Clone(flags)
	}
	a := *f.a
	a.run = &r
	a.result = &Result{Version: Version, Fits: f.a.result.Fits}
	a.indicators = make([]*indicator, len(f.a.indicators))
	for i, in := range f.a.indicators {
		one := *in
		one.share = r.shareOf(in)
		a.indicators[i] = &one
	}
	return &a, nil
}
