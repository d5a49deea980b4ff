package scoring

import "math"

// Windows that the search for bursts tries, in days.
var burstWindows = [...]Day{1, 2, 3, 5, 7, 10, 14, 21, 28}

const (
	// burstDeviance is the Poisson deviance from which a window is a burst. With
	// some hundred windows for each of ten thousand officials it keeps the chance
	// of a single false alarm in a run near one in ten.
	burstDeviance = 34
	// burstExcess is the least number of ratings more than expected.
	burstExcess = 4
	// burstSided is the least share of one side (4 and 5, or 1 and 2).
	burstSided = 0.85
	// burstsEach bounds the search for one official.
	burstsEach = 4
)

// profile is the share of all ratings by day, cumulative: before[d] is the share
// before day from+d.
type profile struct {
	from   Day
	before []float64
}

func newProfile(from, to Day, days []Day) profile {
	p := profile{from: from, before: make([]float64, to-from+2)}
	for _, d := range days {
		p.before[d-from+1]++
	}
	sum := 0.0
	for i := range p.before {
		sum += p.before[i]
		p.before[i] = sum / float64(max(len(days), 1))
	}
	return p
}

// share is the share of the days from…to, both inclusive.
func (p *profile) share(from, to Day) float64 {
	to = min(to, p.from+Day(len(p.before))-2)
	return p.before[to-p.from+1] - p.before[from-p.from]
}

// usualRatings is what is usual of all ratings: their days and their sides.
type usualRatings struct {
	profile profile
	prior   [2]float64 // share of each side
}

func (r *run) usualRatings() *usualRatings {
	t := &r.ev.Ratings
	u := &usualRatings{profile: newProfile(r.ev.From, r.ev.To, t.Day)}
	for _, l := range t.Level {
		if s := side(l); s < 2 {
			u.prior[s]++
		}
	}
	for s := range u.prior {
		u.prior[s] /= float64(max(len(t.Level), 1))
	}
	return u
}

// weigh weighs down those of one official's ratings that come too many, too fast
// and too one-sided, and returns them. What is usual is the
// official's own number of ratings outside the window, spread over the days as
// everybody's ratings are (so that a day that the whole data share is no burst),
// times the official's own share of that side. A burst's ratings on that side
// together keep the weight of the number that was to be expected; ratings on the
// other side are left alone, and so is a burst that a person has cleared.
func (u *usualRatings) weigh(posting *Posting, day []Day, level []uint8, weight []float64) []Finding {
	s := burstSearch{profile: &u.profile, posting: posting, prior: u.prior}
	if len(day) < burstExcess+1 {
		return nil
	}
	next := make([]int32, len(u.profile.before)) // by day, where its next row goes
	for _, d := range day {
		next[d-u.profile.from+1]++
	}
	for d := range next[1:] {
		next[d+1] += next[d]
	}
	s.rows = make([]burstRow, len(day))
	for i, d := range day {
		at := &next[d-u.profile.from]
		s.rows[*at] = burstRow{day: d, side: side(level[i]), row: int32(i)}
		*at++
	}
	return s.run(weight)
}

func boolFloat(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// side is 1 for 4 and 5, 0 for 1 and 2, and 2 for neither.
func side(level uint8) int {
	switch {
	case level >= 4:
		return 1
	case level <= 2:
		return 0
	}
	return 2
}

type burstRow struct {
	day  Day
	side int
	row  int32
	done bool // belongs to a burst found before
}

// burstSearch looks for the bursts of one official.
type burstSearch struct {
	profile *profile
	posting *Posting
	prior   [2]float64 // everybody's share of each side
	rows    []burstRow // by day
}

// burst is a window that was found.
type burst struct {
	from, to int // rows
	side     int
	deviance float64
	expected float64
}

func (s *burstSearch) run(weight []float64) (found []Finding) {
	for range burstsEach {
		best := s.best()
		if best.deviance < burstDeviance {
			break
		}
		found = append(found, s.weigh(best, weight))
	}
	return found
}

// burstDay is a day with ratings: where its rows begin, and how many of each side come
// before it that belong to no burst yet.
type burstDay struct {
	day    Day
	first  int
	before [3]int32
}

// count sums the rows by day. Behind the last day stands one that never comes.
func (s *burstSearch) count() []burstDay {
	days := make([]burstDay, 0, min(len(s.rows), len(s.profile.before))+1)
	var before [3]int32
	for i := range s.rows {
		r := &s.rows[i]
		if i == 0 || r.day != s.rows[i-1].day {
			days = append(days, burstDay{day: r.day, first: i, before: before})
		}
		if !r.done {
			before[r.side]++
		}
	}
	return append(days, burstDay{day: math.MaxInt32, first: len(s.rows), before: before})
}

// best finds the window with the largest deviance among those that qualify.
func (s *burstSearch) best() burst {
	var best burst
	whole := s.profile.share(s.posting.From, s.posting.To)
	days := s.count()
	last := len(days) - 1
	all := days[last].since(&days[0])
	total := all[0] + all[1] + all[2]
	for _, length := range burstWindows {
		end := 0
		for start := range days[:last] {
			first := &days[start]
			for days[end].day < first.day+length {
				end++
			}
			low, high := days[end].before[0]-first.before[0], days[end].before[1]-first.before[1]
			if max(low, high) < burstExcess+1 {
				continue // nearly always: the rest of the work is for few
			}
			in := days[end].since(first)
			n := in[0] + in[1] + in[2]
			for sd := range 2 {
				if in[sd] < burstExcess+1 || in[sd] < burstSided*n {
					continue
				}
				share := s.profile.share(first.day, min(first.day+length-1, s.posting.To)) / whole
				if b := s.judge(sd, in, all, total, share); b.deviance > best.deviance {
					b.from, b.to = first.first, days[end].first
					best = b
				}
			}
		}
	}
	return best
}

// since are the rows of each side from another day until this one.
func (d *burstDay) since(other *burstDay) (in [3]float64) {
	for sd := range in {
		in[sd] = float64(d.before[sd] - other.before[sd])
	}
	return in
}

// judge compares the window's ratings on one side, where they are enough and sided
// enough, with what is usual.
func (s *burstSearch) judge(sd int, in, all [3]float64, total, share float64) burst {
	k, n := in[sd], in[0]+in[1]+in[2]
	if !(share < 0.999) {
		return burst{}
	}
	outside := total - n
	ownShare := (all[sd] - k + 2*s.prior[sd]) / (outside + 2)
	expected := (outside + 0.5) * share / (1 - share) * ownShare
	if k-expected < burstExcess || ownShare > k/n {
		return burst{}
	}
	return burst{side: sd, deviance: 2 * (float64(k*log(k/expected)) - (k - expected)), expected: expected}
}

// weigh lets the burst's ratings keep the weight of the expected number, unless a
// person has cleared it.
func (s *burstSearch) weigh(b burst, weight []float64) Finding {
	k := 0.0
	for _, r := range s.rows[b.from:b.to] {
		k += boolFloat(!r.done && r.side == b.side)
	}
	found := Finding{Flag: FlagBurst, From: s.rows[b.from].day, To: s.rows[b.to-1].day, High: b.side == 1, Count: int32(k)}
	keeps := b.expected / k
	if s.posting.cleared(found) {
		keeps = 1
	}
	for i := b.from; i < b.to; i++ {
		r := &s.rows[i]
		if !r.done && r.side == b.side {
			weight[r.row] = float64(weight[r.row] * keeps)
			r.done = true
		}
	}
	return found
}
