package scoring

import (
	"context"
	"math/bits"

	"steelyard/scoring/mixed"
)

// run is what the parts of one assessment share.
type run struct {
	ev     *Evidence // canonical
	policy Policy
	groups *groups
	flags  []flagSet // by posting

	voices []int32     // by posting: the most ratings by one person
	bursts [][]Finding // by posting: of its ratings
	favour []favour    // by posting: of its reviews
	spurts []Finding   // by posting: of its deeds; without a flag there is none

	without Choice       // the step left out; empty: none
	keep    bool         // ratings may come later
	kept    *ratingModel // what they need, where keep is set
}

func newRun(ev *Evidence, policy Policy) *run {
	return &run{ev: ev, policy: policy, groups: newGroups(ev.Postings), flags: make([]flagSet, len(ev.Postings))}
}

// ratingWeights returns the weight of each rating: one over the number by which
// the same person rated the same official, less what bursts lose, and for a walk-in
// the policy's part of that.
func (r *run) ratingWeights() []float64 {
	t := &r.ev.Ratings
	weight := filled(len(t.Posting), 1)
	usual := r.usualRatings()
	n := len(r.ev.Postings)
	first := starts(n, t.Posting) // they stand by posting
	r.voices, r.bursts = make([]int32, n), make([][]Finding, n)
	inParallel(n, func(from, to int) {
		for p := from; p < to; p++ {
			a, b := first[p], first[p+1]
			if r.without != ChoiceVoice {
				r.voices[p] = int32(voices(t.Rater[a:b], weight[a:b]))
			}
			if r.without != ChoiceAttack {
				r.bursts[p] = usual.weigh(&r.ev.Postings[p], t.Day[a:b], t.Level[a:b], weight[a:b])
			}
			for i := a; i < b; i++ {
				weight[i] = float64(weight[i] * r.policy.sourceWeight(t.Source[i]))
			}
		}
	})
	return weight
}

// sourceWeight is what a rating counts for where it came from.
func (p *Policy) sourceWeight(s Source) float64 {
	if s == SourceWalkIn {
		return p.WalkInWeight
	}
	return 1
}

// flagRatings writes down what ratingWeights found.
func (r *run) flagRatings() {
	for p := range r.voices {
		if r.voices[p] >= repeatedRater {
			r.flags[p].add(FlagRepeatedRater)
		}
		if len(r.bursts[p]) > 0 {
			r.flags[p].add(FlagBurst)
		}
	}
}

// voices gives each of one official's ratings the weight that its person's voice
// has, 1/m for m ratings, and returns the largest m.
//
// It counts in a table with open addressing of which at most half is used: to sort some
// hundred raters for each of thousands of officials takes several times as long.
func voices(rater []int32, weight []float64) (most int) {
	type voice struct{ person, ratings int32 } // of nobody there are none
	width := bits.Len(uint(2*len(rater) + 1))
	table := make([]voice, 1<<width)
	of := func(person int32) *voice {
		for at := uint32(person) * 0x9e3779b1 >> (32 - width); ; at = (at + 1) & uint32(len(table)-1) {
			if v := &table[at]; v.ratings == 0 || v.person == person {
				return v
			}
		}
	}
	for _, who := range rater {
		if who != None {
			v := of(who)
			v.person = who
			v.ratings++
			most = max(most, int(v.ratings))
		}
	}
	for i, who := range rater {
		if who != None {
			weight[i] = 1 / float64(of(who).ratings)
		}
	}
	return most
}

// repeatedRater is the number of ratings by one person from which an official is
// flagged. The weights need no threshold.
const repeatedRater = 5

// severityIndex numbers the raters who met more than one person; the others
// carry no severity, since nothing tells theirs from the official's work.
func severityIndex(rater, posting []int32, person func(posting int32) int32) (index []int32, levels int) {
	most := int32(-1)
	for _, who := range rater {
		most = max(most, who)
	}
	const several = -2
	met := filledIndex(int(most)+1, None)
	for i, who := range rater {
		if who == None {
			continue
		}
		p := person(posting[i])
		if met[who] == None {
			met[who] = p
		} else if met[who] != p {
			met[who] = several
		}
	}
	number := filledIndex(int(most)+1, None)
	for who := range met {
		if met[who] == several {
			number[who] = int32(levels)
			levels++
		}
	}
	return renumberAll(number, rater), levels
}

func filledIndex(n int, x int32) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// satisfaction fits level = group + service + channel + decision + official + rater.
func (r *run) satisfaction(ctx context.Context) (*indicator, error) {
	t := &r.ev.Ratings
	in := newIndicator("satisfaction", Satisfaction, len(r.ev.Postings))
	if len(t.Posting) == 0 {
		return in, nil
	}
	weight := r.ratingWeights()
	mix := r.caseMix(t.Posting, t.Kind, t.Channel)
	severity, raters := severityIndex(t.Rater, t.Posting, func(p int32) int32 { return r.ev.Postings[p].Person })
	y := make([]float64, len(t.Level))
	group := make([]int32, len(y))
	for i, level := range t.Level {
		y[i] = float64(level)
		group[i] = r.groups.of[t.Posting[i]]
	}
	problem := mixed.Problem{
		Y: y, Weight: weight,
		Fixed: []mixed.Factor{
			{Name: "peer group", Levels: r.groups.count(), Index: group},
			{Name: "service", Levels: mix.kind.levels, Index: mix.kind.index},
			{Name: "channel", Levels: mix.channel.levels, Index: mix.channel.index},
		},
		Random: []mixed.Factor{{Name: "official", Levels: len(r.ev.Postings), Index: t.Posting}},
	}
	if raters > 0 && r.without != ChoiceRater {
		problem.Random = append(problem.Random, mixed.Factor{Name: "rater", Levels: raters, Index: severity})
	}
	against := r.decisions(mix.kind)
	if against != nil && r.without != ChoiceCaseMix {
		problem.Covariates = [][]float64{against.column}
	}
	in.part = connected(len(r.ev.Postings), t.Posting, mix.kind, severity, raters)
	fit, err := r.fitLinear(ctx, in, problem, nil, mixed.Options{Seed: r.policy.Seed})
	if err != nil || fit == nil {
		return in, err
	}
	if r.keep {
		r.kept = &ratingModel{problem: problem, fit: fit, mix: mix, against: against}
	}
	months := r.calendar()
	r.keepPieces(in, pieceRows{
		posting: t.Posting, y: y, weight: weight, kind: t.Kind, cell: mix.kind.index, effect: fit.FixedEffects[1], source: PieceRating,
		month: func(row int32) string { return months.month(t.Day[row]) },
		value: func(row int32) float64 { return y[row] },
	})
	if problem.Covariates != nil {
		r.explainDecisions(in, against, weight, fit.Covariates[0])
	}
	return in, nil
}

// fitLinear fits a model whose response is on the working scale already and
// fills the indicator. plain are the weights before anything was weighed down
// for an attack; nil: 1 each. It returns the fit that the estimates come from, or
// nil where officials do not differ.
func (r *run) fitLinear(ctx context.Context, in *indicator, p mixed.Problem, plain []float64, o mixed.Options) (*mixed.Solution, error) {
	if !estimable(p) {
		in.fit = nothingToTell(in.component, p)
		r.steps(in, p, plain)
		return nil, nil
	}
	o.Inflate = inflation
	shrunk, err := fit(ctx, p, o)
	if err != nil {
		return nil, err
	}
	in.fit = describeFit(in.component, p, shrunk)
	posting := p.Random[0].Index
	has := r.steps(in, p, plain)
	if shrunk.Boundary[0] {
		return nil, nil
	}
	in.take(shrunk, has, r.groups)
	r.adjustments(in, p, shrunk.Inflated, posting)
	return shrunk.Inflated, nil
}

// steps fills the raw figure, the step to the weighted one and the effective
// number of rows: Σw, since weights say how many pieces a row is worth.
func (r *run) steps(in *indicator, p mixed.Problem, plain []float64) (has []bool) {
	n := len(r.ev.Postings)
	sumY, sumPlain, sumWY, sumW := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	byPosting(p.Random[0].Index, func(from, to int) {
		for i, posting := range p.Random[0].Index[from:to] {
			v, w := weightOf(plain, from+i), weightOf(p.Weight, from+i)
			sumY[posting] += float64(v * p.Y[from+i])
			sumPlain[posting] += v
			sumWY[posting] += float64(w * p.Y[from+i])
			sumW[posting] += w
		}
	})
	has = make([]bool, n)
	for i := range n {
		if sumW[i] <= 0 {
			continue
		}
		has[i] = true
		in.raw[i] = sumY[i] / sumPlain[i]
		in.figure[i] = in.raw[i]
		in.attack[i] = sumWY[i]/sumW[i] - in.raw[i]
		in.n[i] = sumW[i]
	}
	return has
}

// adjustments fills the case-mix and rater steps: minus the weighted mean of the
// fixed effects (but the peer group's) and slopes and of the raters' effects that the
// official met.
func (r *run) adjustments(in *indicator, p mixed.Problem, s *mixed.Solution, posting []int32) {
	n := len(r.ev.Postings)
	fixed, rater, sum := make([]float64, n), make([]float64, n), make([]float64, n)
	byPosting(posting, func(from, to int) {
		for i := from; i < to; i++ {
			f, u := 0.0, 0.0
			for k := 1; k < len(p.Fixed); k++ {
				f += s.FixedEffects[k][p.Fixed[k].Index[i]]
			}
			for k, column := range p.Covariates {
				f += float64(s.Covariates[k] * column[i])
			}
			for k := 1; k < len(p.Random); k++ {
				if l := p.Random[k].Index[i]; l != mixed.None {
					u += s.Effects[k][l]
				}
			}
			o, w := posting[i], weightOf(p.Weight, i)
			fixed[o] += float64(w * f)
			rater[o] += float64(w * u)
			sum[o] += w
		}
	})
	for i := range n {
		if sum[i] > 0 {
			in.caseMix[i], in.rater[i] = -fixed[i]/sum[i], -rater[i]/sum[i]
		}
	}
}

// connected numbers the parts that shared kinds of work and raters hold together,
// by posting; −1 where there are no rows. A channel holds nothing together: who
// alone does a kind of work cannot be told from it by sharing a counter.
func connected(postings int, posting []int32, mix cells, rater []int32, raters int) []int32 {
	sets := newUnion(postings + mix.levels + raters)
	seen := make([]bool, postings)
	for i, p := range posting {
		seen[p] = true
		sets.join(p, int32(postings)+mix.index[i])
		if rater != nil && rater[i] != None {
			sets.join(p, int32(postings+mix.levels)+rater[i])
		}
	}
	part := filledIndex(postings, -1)
	for p := range part {
		if seen[p] {
			part[p] = sets.find(int32(p))
		}
	}
	return part
}

// union is a disjoint-set forest.
type union []int32

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = int32(i)
	}
	return u
}

func (u union) find(x int32) int32 {
	for u[x] != x {
		u[x] = u[u[x]]
		x = u[x]
	}
	return x
}

// join lets the smaller number stand for both.
func (u union) join(a, b int32) {
	a, b = u.find(a), u.find(b)
	u[max(a, b)] = min(a, b)
}
