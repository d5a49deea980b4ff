package scoring

import (
	"math"
	"slices"
)

const (
	daysAMonth = 365.25 / 12
	daysAYear  = 365.25
	// campaignDeviance is the Poisson deviance from which a stretch of deeds is a
	// campaign; fewer windows are tried than for ratings.
	campaignDeviance = 25
	campaignExcess   = 4
)

// practicalWork is log(1 + confirmed deeds a month in post). What one week adds
// is capped, deeds for one person in one week count once, and of a burst only
// the number counts that the rest of the official's period lets expect.
//
// The error variance is that of a Poisson count c by the delta method,
// (c+½)/(months + c)², with c drawn toward the group's rate so that weights do
// not follow the luck of the draw.
func (r *run) practicalWork() *indicator {
	d := &r.ev.Deeds
	n := len(r.ev.Postings)
	in := newIndicator("practical work", PracticalWork, n)
	if !slices.Contains(d.Confirmed, Yes) {
		return in
	}
	days := r.confirmedDeeds()
	count, plain, months := make([]float64, n), make([]float64, n), make([]float64, n)
	r.spurts = make([]Finding, n)
	for p := range n {
		months[p] = float64(r.ev.Postings[p].To-r.ev.Postings[p].From+1) / daysAMonth
		plain[p] = float64(len(days[p]))
		capped := capWeeks(days[p], r.policy.DeedsPerWeek)
		count[p] = float64(len(capped))
		if r.without != ChoiceAttack {
			count[p] = r.spread(p, capped)
		}
	}
	in.part = make([]int32, n)
	for _, members := range r.groups.members {
		total, time := 0.0, 0.0
		for _, p := range members {
			total += count[p]
			time += months[p]
		}
		if total == 0 {
			for _, p := range members {
				in.part[p] = -1
			}
			continue
		}
		rate := total / time
		for _, p := range members {
			in.raw[p] = log(1 + plain[p]/months[p])
			in.figure[p] = plain[p] / months[p]
			in.estimate[p] = log(1 + count[p]/months[p])
			in.attack[p] = in.estimate[p] - in.raw[p]
			in.caseMix[p], in.rater[p] = 0, 0
			shrunk := (count[p] + float64(2*rate)) / (months[p] + 2)
			in.variance[p] = shrunk / months[p] / float64((1+shrunk)*(1+shrunk))
			in.n[p] = count[p]
		}
	}
	r.momentFit(in)
	r.deedPieces(in, days, months)
	return in
}

// deedPieces shows the months with most confirmed deeds; what a month adds is its
// share of the log.
func (r *run) deedPieces(in *indicator, days [][]Day, months []float64) {
	calendar := r.calendar()
	top := make([]topPieces, len(days))
	for p := range days {
		total := float64(len(days[p]))
		for from := 0; from < len(days[p]); {
			to := from
			for to < len(days[p]) && calendar.month(days[p][to]) == calendar.month(days[p][from]) {
				to++
			}
			n := float64(to - from)
			top[p].add(Piece{
				Source: PieceDeed, Month: calendar.month(days[p][from]), Kind: None, N: int32(to - from), Value: n, Weight: 1,
				Effect: float64(log(1+total/months[p]) * (n / total)),
			})
			from = to
		}
	}
	in.pieces = map[string][]topPieces{PartRaw: top, PartAttack: make([]topPieces, len(days)), PartCaseMix: make([]topPieces, len(days))}
}

// confirmedDeeds are the days of each posting's confirmed deeds, sorted; several
// deeds for one person in one week count once.
func (r *run) confirmedDeeds() [][]Day {
	d := &r.ev.Deeds
	days := make([][]Day, len(r.ev.Postings))
	type favour struct {
		posting, person int32
		week            Day
	}
	seen := make(map[favour]bool)
	for i, p := range d.Posting {
		if d.Confirmed[i] != Yes {
			continue
		}
		if who := d.Beneficiary[i]; who != None {
			key := favour{p, who, (d.Day[i] - r.ev.From) / 7}
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		days[p] = append(days[p], d.Day[i])
	}
	for p := range days {
		slices.Sort(days[p])
	}
	return days
}

// capWeeks keeps at most limit days out of any seven in a row.
func capWeeks(days []Day, limit int) []Day {
	var kept []Day
	for _, d := range days {
		if k := len(kept); k < limit || d-kept[k-limit] >= 7 {
			kept = append(kept, d)
		}
	}
	return kept
}

// spread is the number of deeds that count: of a burst, where the days are too
// crowded for chance given the rest of the time in post, the expected number. A
// burst that a person has cleared counts in full.
func (r *run) spread(p int, days []Day) float64 {
	post := &r.ev.Postings[p]
	length := float64(post.To - post.From + 1)
	total := float64(len(days))
	best, counts := 0.0, total
	for _, window := range [...]Day{7, 14, 21, 28, 42} {
		share := float64(window) / length
		if share > 0.5 {
			break
		}
		end := 0
		for start := range days {
			for end < len(days) && days[end] < days[start]+window {
				end++
			}
			k := float64(end - start)
			expected := (total - k + 0.5) * share / (1 - share)
			if k-expected < campaignExcess {
				continue
			}
			if deviance := 2 * (float64(k*log(k/expected)) - (k - expected)); deviance > max(best, campaignDeviance) {
				best, counts = deviance, total-k+expected
				r.spurts[p] = Finding{Flag: FlagCampaignBurst, From: days[start], To: days[end-1], Count: int32(k)}
			}
		}
	}
	if best > 0 {
		r.flags[p].add(FlagCampaignBurst)
		if post.cleared(r.spurts[p]) {
			return total
		}
	}
	return counts
}

// momentFit sets the indicator's variance between officials by the method of
// DerSimonian & Laird 1986 (Controlled Clinical Trials 7) within groups, and the
// shrunk estimates that follow from it.
func (r *run) momentFit(in *indicator) {
	q, free, sumW, ratio := 0.0, 0.0, 0.0, 0.0
	mean := make([]float64, r.groups.count())
	for g, members := range r.groups.members {
		w, wy, ww, n := 0.0, 0.0, 0.0, 0.0
		for _, p := range members {
			if math.IsNaN(in.estimate[p]) {
				continue
			}
			v := 1 / in.variance[p]
			w += v
			wy += float64(v * in.estimate[p])
			ww += float64(v * v)
			n++
		}
		if n < 2 {
			continue
		}
		mean[g] = wy / w
		for _, p := range members {
			if !math.IsNaN(in.estimate[p]) {
				e := in.estimate[p] - mean[g]
				q += float64(e*e) / in.variance[p]
			}
		}
		free += n - 1
		sumW += w
		ratio += ww / w
	}
	between := 0.0
	if free > 0 {
		between = max(0, (q-free)/(sumW-ratio))
	}
	in.fit = Fit{
		Component: in.component, Rows: int(free) + r.groups.count(), Converged: true,
		Effects: []Effect{{Name: "official", Levels: len(in.estimate), Variance: between, Boundary: between == 0, SE: math.NaN()}},
	}
	if between == 0 {
		return
	}
	in.fitted, in.sigma = true, math.Sqrt(between)
	for p := range in.estimate {
		if !math.IsNaN(in.estimate[p]) {
			reliability := between / (between + in.variance[p])
			in.blup[p] = float64(reliability * (in.estimate[p] - mean[r.groups.of[p]]))
			in.pev[p] = float64(between * (1 - reliability))
		}
	}
}
