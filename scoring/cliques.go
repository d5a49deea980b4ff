package scoring

import (
	"math"

	"steelyard/scoring/mixed"
)

// Classes of pairs by what is known of a return of the favour.
const (
	pairUnknown = iota // the reviewer is not known to be assessed
	pairOneWay         // the reviewed did not review the reviewer
	pairCircle         // one way, but both stand in one circle of mutual favours
	pairMutual         // each reviewed the other
	pairClasses
)

const (
	favourSteps = 60
	// favourEvidence is the gain in log-likelihood from which favours are taken to
	// exist at all; twice that is the usual likelihood ratio, for two parameters.
	favourEvidence = 8.0
	// favourLeast is the least size of a favour in standard deviations of a pair's
	// score: smaller ones cannot be told from what pairs think of one another.
	favourLeast = 1.0
	// favourFlag is the probability from which a favour is reported.
	favourFlag = 0.7
)

// favours is a mixture for the pairs' scores: an official's level m, plus with
// probability π (by class) a favour δ common to all, plus noise. For a mutual
// pair the two directions share one fate.
type favours struct {
	rows    *reviewRows
	score   []float64
	noise   []float64
	class   []uint8
	partner []int32   // the pair that returns it, or None
	favour  []float64 // probability, by pair
	share   [pairClasses]float64
	delta   float64
	prior   float64 // variance of the officials' levels
	level   []float64
}

// findFavours estimates which pairs are favours and sets genuine to the
// probability that they are not. It reports whether there are any.
func (r *run) findFavours(rows *reviewRows, p mixed.Problem, s *mixed.Solution, genuine []float64) bool {
	f := r.newFavours(rows, p, s)
	if f == nil {
		return false
	}
	gain := f.fit()
	f.closeCircles()
	gain = max(gain, f.fit())
	typical := math.Sqrt(f.noise[0])
	if gain < favourEvidence || f.delta < favourLeast*typical {
		return false
	}
	r.flagFavours(f)
	for k := range genuine {
		trust := 1 - f.favour[k]
		if r.clearedFavours(rows.pairs[k].posting) {
			trust = 1
		}
		genuine[k] = float64(trust * rows.pairs[k].known)
	}
	return true
}

func (r *run) newFavours(rows *reviewRows, p mixed.Problem, s *mixed.Solution) *favours {
	n := len(rows.pairs)
	if s.Boundary[0] || n < 20 {
		return nil
	}
	f := &favours{
		rows: rows, score: pairScores(rows, p, s), noise: make([]float64, n), class: make([]uint8, n),
		partner: filledIndex(n, None), favour: make([]float64, n), prior: s.Variances[0], level: make([]float64, len(r.ev.Postings)),
	}
	byPersons := make(map[[2]int32]int32)
	for k := range rows.pairs {
		pair := &rows.pairs[k]
		f.noise[k] = pairNoise(p, s, pair.rows)
		if pair.person != None {
			byPersons[[2]int32{r.ev.Postings[pair.posting].Person, pair.person}] = int32(k)
		}
	}
	for k := range rows.pairs {
		pair := &rows.pairs[k]
		if pair.person == None {
			continue
		}
		f.class[k] = pairOneWay
		if back, ok := byPersons[[2]int32{pair.person, r.ev.Postings[pair.posting].Person}]; ok {
			f.class[k], f.partner[k] = pairMutual, back
		}
	}
	f.share = [pairClasses]float64{pairUnknown: 0.01, pairOneWay: 0.01, pairCircle: 0.3, pairMutual: 0.15}
	f.delta = 2.5 * math.Sqrt(f.noise[0])
	return f
}

// fit runs the EM algorithm and returns the gain in log-likelihood over a world
// without favours.
func (f *favours) fit() float64 {
	for range favourSteps {
		f.levels()
		f.expect()
		f.maximise()
	}
	return f.gain()
}

// levels sets each official's level to its posterior mean given the favours.
func (f *favours) levels() {
	sum, weight := make([]float64, len(f.level)), make([]float64, len(f.level))
	for k := range f.rows.pairs {
		w := 1 / f.noise[k]
		sum[f.rows.pairs[k].posting] += float64(w * (f.score[k] - float64(f.favour[k]*f.delta)))
		weight[f.rows.pairs[k].posting] += w
	}
	for i := range f.level {
		f.level[i] = sum[i] / (weight[i] + 1/f.prior)
	}
}

// evidence is the log of the likelihood ratio of a favour in pair k.
func (f *favours) evidence(k int32) float64 {
	e := f.score[k] - f.level[f.rows.pairs[k].posting]
	return float64(f.delta*(e-f.delta/2)) / f.noise[k]
}

func (f *favours) expect() {
	for k := range f.favour {
		l := f.evidence(int32(k))
		if back := f.partner[k]; back != None {
			l += f.evidence(back)
		}
		f.favour[k] = logistic(l + logit(f.share[f.class[k]]))
	}
}

// maximise updates the shares, held near their starting values by five pairs,
// and the size of the favour.
func (f *favours) maximise() {
	var sum, n [pairClasses]float64
	up, down := 0.0, 0.0
	for k, q := range f.favour {
		sum[f.class[k]] += q
		n[f.class[k]]++
		e := f.score[k] - f.level[f.rows.pairs[k].posting]
		up += float64(q*e) / f.noise[k]
		down += q / f.noise[k]
	}
	start := [pairClasses]float64{pairUnknown: 0.01, pairOneWay: 0.01, pairCircle: 0.3, pairMutual: 0.15}
	for c := range f.share {
		share := (sum[c] + float64(5*start[c])) / (n[c] + 5)
		f.share[c] = min(max(share, 0.001), 0.9)
	}
	if down > 1e-9 {
		f.delta = max(up/down, 0.1*math.Sqrt(f.noise[0]))
	}
}

// gain compares the mixture with the same levels' best fit without favours.
func (f *favours) gain() float64 {
	with := 0.0
	for k := range f.favour {
		back := f.partner[k]
		if back != None && back < int32(k) {
			continue // counted with its partner
		}
		l := f.evidence(int32(k))
		if back != None {
			l += f.evidence(back)
		}
		share := f.share[f.class[k]]
		if l < 30 {
			with += log(1 - share + float64(share*exp(l)))
		} else {
			with += l + log(share)
		}
	}
	return with + f.fitOfLevels(f.level) - f.fitOfLevels(f.plainLevels())
}

func (f *favours) plainLevels() []float64 {
	plain := favours{rows: f.rows, score: f.score, noise: f.noise, favour: make([]float64, len(f.favour)), prior: f.prior, level: make([]float64, len(f.level))}
	plain.levels()
	return plain.level
}

// fitOfLevels is the log-likelihood without favours at given levels.
func (f *favours) fitOfLevels(level []float64) float64 {
	l := 0.0
	for k := range f.score {
		e := f.score[k] - level[f.rows.pairs[k].posting]
		l -= float64(e*e) / (2 * f.noise[k])
	}
	for _, u := range level {
		l -= float64(u*u) / (2 * f.prior)
	}
	return l
}

// closeCircles marks one-way pairs between people whom mutual favours connect.
func (f *favours) closeCircles() {
	most := int32(-1)
	for k := range f.rows.pairs {
		most = max(most, f.rows.pairs[k].person)
		if back := f.partner[k]; back != None {
			most = max(most, f.rows.pairs[back].person)
		}
	}
	sets := newUnion(int(most) + 1)
	person := func(k int32) (reviewer, reviewed int32) { // of a mutual pair
		return f.rows.pairs[k].person, f.rows.pairs[f.partner[k]].person
	}
	reviewed := make(map[int32]int32) // posting → person, where known
	for k := range f.rows.pairs {
		if f.partner[k] == None {
			continue
		}
		a, b := person(int32(k))
		reviewed[f.rows.pairs[k].posting] = b
		if f.favour[k] > 0.5 {
			sets.join(a, b)
		}
	}
	for k := range f.rows.pairs {
		if f.class[k] != pairOneWay {
			continue
		}
		if b, ok := reviewed[f.rows.pairs[k].posting]; ok && sets.find(f.rows.pairs[k].person) == sets.find(b) {
			f.class[k] = pairCircle
		}
	}
}

// flagFavours reports who gains: RECIPROCITY where a favour is returned, CLIQUE
// where the official stands in a circle of three or more.
func (r *run) flagFavours(f *favours) {
	r.favour = make([]favour, len(r.ev.Postings))
	for k := range f.rows.pairs {
		if f.favour[k] < favourFlag {
			continue
		}
		p := f.rows.pairs[k].posting
		r.favour[p].from++
		if f.partner[k] != None {
			r.favour[p].returned++
			r.flags[p].add(FlagReciprocity)
		}
	}
	for p := range r.favour {
		if r.favour[p].from >= circle {
			r.flags[p].add(FlagClique)
		}
	}
}

// circle is the number of colleagues in whose favour an official stands from which
// they are a circle: three persons.
const circle = 2

// favour is how many colleagues favour an official, and whom of them the official
// favours in return.
type favour struct{ from, returned int32 }

// clearedFavours says whether a person has cleared all that was found of an official's
// favours.
func (r *run) clearedFavours(p int32) bool {
	found := r.favourFindings(p)
	for _, f := range found {
		if !r.ev.Postings[p].cleared(f) {
			return false
		}
	}
	return len(found) > 0
}

func (r *run) favourFindings(p int32) (found []Finding) {
	if r.favour == nil {
		return nil
	}
	if n := r.favour[p].from; n >= circle {
		found = append(found, Finding{Flag: FlagClique, Count: n})
	}
	if n := r.favour[p].returned; n > 0 {
		found = append(found, Finding{Flag: FlagReciprocity, Count: n})
	}
	return found
}
