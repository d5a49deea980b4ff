package simulate

import (
	"math"

	"steelyard/scoring"
)

// residents are the people served; the same number is the same person in
// ratings, cases and deeds.
type residents struct {
	severity []float64 // negative: severe
}

// newResidents settles people around the units, about one to three ratings.
func (s *Sample) newResidents() *residents {
	r := s.stream("residents")
	p := &residents{}
	total := 0.0
	for _, o := range s.officials {
		total += o.amount * o.tenure * s.World.Ratings
	}
	for range int(total/3) + len(s.units) {
		u := r.IntN(len(s.units))
		s.units[u].residents = append(s.units[u].residents, s.settle(r, p))
	}
	for u := range s.units {
		if len(s.units[u].residents) == 0 {
			s.units[u].residents = append(s.units[u].residents, s.settle(r, p))
		}
	}
	return p
}

// settle adds a person and returns the number.
func (s *Sample) settle(r stream, p *residents) int32 {
	p.severity = append(p.severity, r.normal(s.structure.severity))
	return int32(len(p.severity) - 1)
}

// meet draws who meets an official: a neighbour, anyone, somebody new, or
// nobody known (the severity is then a stranger's).
func (s *Sample) meet(r stream, p *residents, o *official) (rater int32, severity float64) {
	switch x := r.Float64(); {
	case x < 0.08:
		return scoring.None, r.normal(s.structure.severity)
	case x < 0.2:
		rater = s.settle(r, p)
	default:
		unit := o.unit
		if x > 0.85 {
			unit = r.IntN(len(s.units))
		}
		near := s.units[unit].residents
		// Squaring makes some people frequent: a few meet many officials.
		rater = near[int(float64(len(near))*math.Pow(r.Float64(), 1.5))]
	}
	return rater, p.severity[rater]
}

func (s *Sample) drawRatings(p *residents) {
	r := s.stream("ratings")
	st := &s.structure
	for i := range s.officials {
		o := &s.officials[i]
		regulars := []int32{s.settle(r, p), s.settle(r, p)}
		likes := []float64{r.normal(st.regular), r.normal(st.regular)}
		for range max(1, r.amount(s.World.Ratings*o.amount*o.tenure, s.World.Dealt)) {
			rater, known := s.meet(r, p, o)
			if r.chance(s.World.Repeats) {
				k := r.IntN(len(regulars))
				rater, known = regulars[k], p.severity[regulars[k]]+likes[k]
			}
			service, channel := r.pick(o.services), r.IntN(len(st.channels))
			known += st.services[service] + st.channels[channel]
			level := st.rating.mark(r, s.u(i, strandRatings)+known)
			s.learn(i, strandRatings, func(u float64) float64 {
				return math.Log(st.rating.share(level, u+known))
			})
			s.addRating(rating{
				official: i, rater: rater, kind: s.serviceKind(service), channel: scoring.Channel(channel),
				level: level, day: s.day(r, o), source: scoring.SourceRating, invited: invited(r, 0.7),
			})
		}
	}
}

// rating is one row of [scoring.Ratings].
type rating struct {
	official int
	rater    int32
	kind     int32
	channel  scoring.Channel
	level    uint8
	day      scoring.Day
	source   scoring.Source
	invited  scoring.Ternary
}

func (s *Sample) addRating(row rating) {
	t := &s.Evidence.Ratings
	t.Posting = append(t.Posting, int32(row.official))
	t.Rater = append(t.Rater, row.rater)
	t.Kind = append(t.Kind, row.kind)
	t.Channel = append(t.Channel, row.channel)
	t.Level = append(t.Level, row.level)
	t.Day = append(t.Day, row.day)
	t.Source = append(t.Source, row.source)
	t.Invited = append(t.Invited, row.invited)
}

func invited(r stream, share float64) scoring.Ternary {
	switch {
	case r.chance(0.1):
		return scoring.Unknown
	case r.chance(share):
		return scoring.Yes
	default:
		return scoring.No
	}
}

// Who buys and how it is done, by the seed.
const (
	buyAnyone = iota
	buyWeak
	buyShowy
	buyModes
)

// drawBursts adds bought ratings. The oracle, which knows them, does not read
// them.
func (s *Sample) drawBursts(p *residents) {
	if s.structure.buyers == 0 {
		return
	}
	r := s.stream("bursts")
	mode := r.IntN(buyModes)
	shop := make([]int32, 30+r.IntN(60)) // people who rate for money, for several buyers
	for i := range shop {
		shop[i] = s.settle(r, p)
	}
	shopShare := r.between(Range{0, 0.8}) // of bought ratings that come from the shop
	for i := range s.officials {
		o := &s.officials[i]
		want := s.structure.buyers
		switch mode {
		case buyWeak:
			want *= 2 * logistic(-1.5*o.q)
		case buyShowy:
			want *= 2 * logistic(1.5*o.v)
		}
		if r.chance(want) {
			s.buy(r, p, i, shop, shopShare)
		}
	}
}

// buy adds one official's bought ratings: most within some days, or a drip over
// some weeks.
func (s *Sample) buy(r stream, p *residents, i int, shop []int32, shopShare float64) {
	o := &s.officials[i]
	n := max(4, int(s.World.Ratings*r.between(Range{0.3, 0.7})))
	days, top := 1+r.IntN(5), r.between(Range{0.95, 1})
	if r.chance(0.25) {
		days, top = 14+r.IntN(14), r.between(Range{0.9, 1})
	}
	first := s.day(r, o)
	first = min(first, periodTo-scoring.Day(days))
	service := r.pick(o.services)
	for range n {
		rater := shop[r.IntN(len(shop))]
		if !r.chance(shopShare) {
			rater = s.settle(r, p)
		}
		if r.chance(0.3) {
			service = r.pick(o.services)
		}
		level := uint8(5)
		if !r.chance(top) {
			level = 4
		}
		s.addRating(rating{
			official: i, rater: rater, kind: s.serviceKind(service), channel: scoring.ChannelOnline,
			level: level, day: first + scoring.Day(r.IntN(days)), source: scoring.SourceRating, invited: invited(r, 0.5),
		})
	}
}
