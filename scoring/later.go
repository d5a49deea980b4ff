package scoring

import (
	"context"
	"fmt"

	"steelyard/scoring/mixed"
)

// Kept is a finished run that can take ratings which arrive after it. It holds the
// run's evidence and fits in memory and may be used by several goroutines: what
// comes later is never added to it.
type Kept struct {
	a       *assessed
	model   *ratingModel // nil: ratings do not tell officials apart
	usual   *usualRatings
	starts  []int32 // first rating of each posting
	posting []int32 // canonical posting by the index given
	kind    []int32 // canonical kind by the index given
	raters  []int32 // canonical rater by the number given

	kindEffect    []float64 // by canonical kind, the last: none of them; NaN: not met
	channelEffect [channels]float64
	met           []int32 // ratings, sorted by rater
	metStarts     []int32
}

// ratingModel is the fitted model of satisfaction.
type ratingModel struct {
	problem mixed.Problem
	fit     *mixed.Solution
	mix     caseMix
	against *decisions // nil: nothing can be told of them
}

// LaterRating is a rating that came after the run. Posting, Kind and Rater are
// indices and numbers of the evidence that was assessed; a rater whom it does not
// know, or None, is a person of their own.
type LaterRating struct {
	Posting, Rater, Kind int32
	Channel              Channel
	Level                uint8
	Day                  Day
	Source               Source
	Adverse              bool
}

// Estimate is what the official's scores become.
type Estimate struct {
	Status       Status
	Composite    float64 // 0 to 100, NaN without a composite
	Satisfaction ComponentScore
}

// AssessKept is [Assess], and keeps what [Kept.Rate] needs.
func AssessKept(ctx context.Context, ev *Evidence, policy Policy, progress func(stage string, done, total int)) (*Result, *Kept, error) {
	a, c, err := assess(ctx, ev, policy, progress, true)
	if err != nil {
		return nil, nil, err
	}
	k := &Kept{a: a, model: a.run.kept, posting: inverse(c.postings), kind: inverse(c.kinds), raters: c.raters}
	t := &a.run.ev.Ratings
	k.usual = a.run.usualRatings()
	_, k.starts = bucket(len(c.postings), t.Posting)
	if k.model != nil {
		k.readEffects(t)
		k.readRaters(t)
	}
	return a.result, k, nil
}

// readEffects notes the fixed effect of each kind and channel. What was not met
// would be thin: it takes the effect of the largest cell, which it would join.
func (k *Kept) readEffects(t *Ratings) {
	fit, mix := k.model.fit, &k.model.mix
	k.kindEffect = filled(len(k.kind)+1, nan)
	k.kindEffect[len(k.kind)] = fit.FixedEffects[1][mix.kind.largest()]
	for c := range k.channelEffect {
		k.channelEffect[c] = fit.FixedEffects[2][mix.channel.largest()]
	}
	for i, kind := range t.Kind {
		k.kindEffect[k.kindAt(kind)] = fit.FixedEffects[1][mix.kind.index[i]]
		k.channelEffect[t.Channel[i]] = fit.FixedEffects[2][mix.channel.index[i]]
	}
}

func (k *Kept) kindAt(kind int32) int {
	if kind == None {
		return len(k.kind)
	}
	return int(kind)
}

// effectOf is the fixed effect of a kind, or of the nearest kind above it that was
// met.
func (k *Kept) effectOf(kind int32) float64 {
	for {
		if e := k.kindEffect[k.kindAt(kind)]; e == e {
			return e
		}
		kind = k.a.run.ev.Kinds[kind].Parent
	}
}

// fixedOf is what the fixed effects, but the group's, say of a rating of the run.
func (k *Kept) fixedOf(i int32) float64 {
	t := &k.a.run.ev.Ratings
	sum := k.effectOf(t.Kind[i]) + k.channelEffect[t.Channel[i]]
	for c, column := range k.model.problem.Covariates {
		sum += float64(k.model.fit.Covariates[c] * column[i])
	}
	return sum
}

// readRaters sorts the ratings by rater.
func (k *Kept) readRaters(t *Ratings) {
	most := int32(-1)
	for _, who := range t.Rater {
		most = max(most, who)
	}
	index := make([]int32, len(t.Rater))
	for i, who := range t.Rater {
		if index[i] = who; who == None {
			index[i] = most + 1
		}
	}
	k.met, k.metStarts = bucket(int(most)+2, index)
}

// localRating is a rating of one official, whatever is fixed taken off.
type localRating struct {
	rater int32 // canonical, or None
	level uint8
	day   Day
	rest  float64 // level less group, kind and channel
	trust float64 // what it counts for where it came from
}

// Rate returns what the official's scores would be with one more rating: the new
// estimate and error variance by the official's own ratings and what is known of
// their raters, with variances, fixed effects and everybody else's effects as in
// the run; then the components and the composite under the run's joint model.
//
// The cost grows with the official's own ratings and those of their raters. Errors:
// an *[EvidenceError] for a rating that no evidence could hold.
func (k *Kept) Rate(rating LaterRating) (Estimate, error) {
	if err := k.check(rating); err != nil {
		return Estimate{}, err
	}
	p := int(k.posting[rating.Posting])
	y, variance, n := k.satisfaction(p, rating)
	return k.estimate(p, y, variance, n), nil
}

func (k *Kept) check(rating LaterRating) error {
	ev := k.a.run.ev
	fault := func(column, rule string) error {
		return &EvidenceError{Column: "LaterRating." + column, Row: -1, Rule: rule}
	}
	switch {
	case rating.Posting < 0 || int(rating.Posting) >= len(k.posting):
		return fault("Posting", fmt.Sprintf("%d points nowhere", rating.Posting))
	case rating.Kind < None || int(rating.Kind) >= len(k.kind):
		return fault("Kind", fmt.Sprintf("%d points nowhere", rating.Kind))
	case rating.Channel >= channels:
		return fault("Channel", "not in its list")
	case rating.Level < 1 || rating.Level > 5:
		return fault("Level", fmt.Sprintf("%d is not from 1 to 5", rating.Level))
	case rating.Source >= sources:
		return fault("Source", "not in its list")
	case rating.Day < ev.From || rating.Day > ev.To:
		return fault("Day", "outside the period")
	}
	return nil
}

// satisfaction is the posting's unshrunk estimate and its error variance, in units
// of the official standard deviation, and the effective number of ratings. NaN
// where the model has nothing to say.
func (k *Kept) satisfaction(p int, rating LaterRating) (y, variance, n float64) {
	in := k.a.indicators[0]
	if !in.fitted {
		return nan, nan, in.n[p]
	}
	t, r := &k.a.run.ev.Ratings, k.a.run
	from, to := k.starts[p], k.starts[p+1]
	rows := make([]localRating, 0, to-from+1)
	group := k.model.fit.FixedEffects[0][r.groups.of[p]]
	for i := from; i < to; i++ {
		rest := float64(t.Level[i]) - group - k.fixedOf(i)
		rows = append(rows, localRating{rater: t.Rater[i], level: t.Level[i], day: t.Day[i], rest: rest, trust: r.policy.sourceWeight(t.Source[i])})
	}
	before, known, _ := k.local(p, rows)
	later := localRating{rater: None, level: rating.Level, day: rating.Day, trust: r.policy.sourceWeight(rating.Source)}
	later.rest = float64(rating.Level) - group - k.effectOf(renumber(k.kind, rating.Kind)) - k.channelEffect[rating.Channel]
	if rating.Adverse && k.model.problem.Covariates != nil {
		later.rest -= float64(k.model.fit.Covariates[0] * k.model.against.part[p])
	}
	if rating.Rater >= 0 && int(rating.Rater) < len(k.raters) {
		later.rater = k.raters[rating.Rater]
	}
	after, knows, n := k.local(p, append(rows, later))
	square := float64(in.sigma * in.sigma)
	y, variance = in.estimate[p], in.variance[p]
	if y != y {
		return after / in.sigma, k.model.fit.Residual / knows / square, n
	}
	y += after - before
	variance += float64(k.model.fit.Residual * (1/knows - 1/known))
	return y / in.sigma, variance / square, n
}

// local estimates posting p's effect from its own ratings, each rater's severity
// known as far as their other ratings tell. info is the information in ratings.
func (k *Kept) local(p int, rows []localRating) (effect, info, n float64) {
	rater, weight := make([]int32, len(rows)), filled(len(rows), 1)
	day, level := make([]Day, len(rows)), make([]uint8, len(rows))
	for i, row := range rows {
		rater[i], day[i], level[i] = row.rater, row.day, row.level
	}
	voices(rater, weight)
	k.usual.weigh(&k.a.run.ev.Postings[p], day, level, weight)
	type voice struct{ weight, sum float64 }
	by := make(map[int32]*voice)
	var order []int32 // sums in a fixed order
	sum := 0.0
	for i, row := range rows {
		w := float64(weight[i] * row.trust)
		n += w
		if row.rater == None {
			sum += float64(w * row.rest)
			info += w
			continue
		}
		v := by[row.rater]
		if v == nil {
			v = &voice{}
			by[row.rater] = v
			order = append(order, row.rater)
		}
		v.weight += w
		v.sum += float64(w * row.rest)
	}
	for _, who := range order {
		v := by[who]
		mean, precision := k.severity(who, p)
		known := v.weight
		if precision > 0 {
			known = v.weight * precision / (v.weight + precision)
		}
		sum += float64(known * (v.sum/v.weight - mean))
		info += known
	}
	return sum / info, info, n
}

// severity is what the rater's ratings of others tell: the mean and its precision
// in ratings; precision 0: the rater met nobody else and carries no severity.
func (k *Kept) severity(who int32, p int) (mean, precision float64) {
	fit := k.model.fit
	if len(fit.Variances) < 2 || fit.Variances[1] == 0 {
		return 0, 0
	}
	t, r := &k.a.run.ev.Ratings, k.a.run
	sum := 0.0
	for _, i := range k.met[k.metStarts[who]:k.metStarts[who+1]] {
		other := t.Posting[i]
		if r.ev.Postings[other].Person == r.ev.Postings[p].Person {
			continue
		}
		w := k.model.problem.Weight[i]
		rest := float64(t.Level[i]) - fit.FixedEffects[0][r.groups.of[other]] - k.fixedOf(i)
		sum += float64(w * (rest - fit.Effects[0][other]))
		precision += w
	}
	if precision == 0 {
		return 0, 0
	}
	precision += fit.Residual / fit.Variances[1]
	return sum / precision, precision
}

// estimate puts posting p with other satisfaction under the joint model.
func (k *Kept) estimate(p int, y, variance, n float64) Estimate {
	a := k.a
	r, g := a.run, int(a.run.groups.of[p])
	one := *a.combined
	one.data = a.combined.data.only(p)
	for j, in := range one.list {
		if in.component == Satisfaction && y == y {
			one.data.y[j][0], one.data.variance[j][0] = y, variance
		}
	}
	one.values()
	one.straighten()
	s := a.composed.standing[p]
	s.n[Satisfaction] = n
	rule := r.policy.Satisfaction
	if one.has(Satisfaction, 0) && rule.Weight > 0 && n >= rule.MinimumN && a.composed.nominal[g][Satisfaction] > 0 {
		s.counts[Satisfaction] = true
		s.shareOut(&a.composed.nominal[g])
	}
	e := Estimate{Status: s.status, Composite: nan, Satisfaction: ComponentScore{Value: nan, SE: nan, N: n, Counts: s.counts[Satisfaction], Weight: s.weight[Satisfaction]}}
	sum := 0.0
	for c := range Components {
		if !one.has(c, 0) {
			continue
		}
		value := one.clean[c][0]
		centre := a.composed.centre[g][c].clean
		if was := a.combined.clean[c][p]; was == was {
			centre += (value - was) / r.groups.having(g, a.combined.clean[c])
		}
		points := a.composed.scale[g][c].points(value - centre)
		if c == Satisfaction {
			e.Satisfaction.Value = winsorise(points)
			e.Satisfaction.SE = one.se(c, a.composed.scale[g][c])
		}
		if s.counts[c] {
			sum += float64(s.weight[c] * points)
		}
	}
	if s.status != InsufficientEvidence {
		e.Composite = winsorise(sum)
	}
	return e
}

// se is the standard error of the only official's component, in points.
func (c *combined) se(k Component, s scale) float64 {
	sampler := newSampler(c, c.model)
	sampler.look(0)
	return s.se(sampler.variance(k, 0))
}

// only is the data of one official.
func (d *jointData) only(i int) *jointData {
	one := &jointData{count: d.count[i : i+1], time: d.time[i : i+1], group: d.group[i : i+1]}
	for j := range d.y {
		one.y = append(one.y, []float64{d.y[j][i]})
		one.variance = append(one.variance, []float64{d.variance[j][i]})
	}
	return one
}
