package simulate

import (
	"fmt"
	"math"
	"time"

	"steelyard/scoring"
)

// Sample is one world as one seed drew it: what the engine may see, and what
// only the simulation knows.
type Sample struct {
	World    World
	Seed     uint64
	Evidence *scoring.Evidence
	Truth    Truth

	structure structure
	officials []official
	units     []unit
	curves    [][strands]curve // by official: log-likelihood of t in each strand
	seen      []int            // achievements by official
}

// official is one official's truth and circumstances.
type official struct {
	group, unit int
	q, v        float64
	t           [strands]float64
	amount      float64 // of ratings and cases, relative to the mean
	tenure      float64 // share of the period in post
	from        scoring.Day
	services    []float64 // weights of the services
	categories  []float64 // weights of the categories
}

type unit struct {
	id          string
	falseClaims float64 // share of unsolved cases that are claimed
	residents   []int32
}

// The period of every world is the calendar year 2025 in China.
var (
	zone       = time.FixedZone("UTC+8", 8*3600)
	periodFrom = dayOf(time.Date(2025, 1, 1, 0, 0, 0, 0, zone))
	periodTo   = dayOf(time.Date(2025, 12, 31, 0, 0, 0, 0, zone))
	periodEnd  = time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Unix()
)

const (
	secondsADay  = 86400
	daysOfPeriod = 365
)

// dayOf numbers the calendar day of an instant in its own zone.
func dayOf(t time.Time) scoring.Day {
	y, m, d := t.Date()
	return scoring.Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsADay)
}

// dayAt numbers the calendar day of Unix seconds in the zone of the worlds.
func dayAt(seconds int64) scoring.Day { return dayOf(time.Unix(seconds, 0).In(zone)) }

// startOf returns the Unix seconds at which a day begins in that zone.
func startOf(d scoring.Day) int64 {
	t := time.Unix(int64(d)*secondsADay, 0).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone).Unix()
}

// Generate draws the world that belongs to a seed. The same world and seed give
// the same sample.
func (w World) Generate(seed uint64) *Sample {
	s := &Sample{World: w, Seed: seed, structure: w.draw(newStream(seed, w.Name, "structure"))}
	s.Evidence = &scoring.Evidence{From: periodFrom, To: periodTo}
	s.drawUnits()
	s.drawOfficials()
	s.drawMixes()
	s.addPostings()
	s.curves = make([][strands]curve, len(s.officials))
	residents := s.newResidents()
	s.drawRatings(residents)
	s.drawBursts(residents)
	s.drawCases(residents)
	s.drawReviews()
	s.drawDeeds(residents)
	s.drawAchievements()
	s.separateMarks(residents)
	s.Truth = s.truth()
	return s
}

// separateMarks gives residents another number where they mark a case: what a
// person leaves as a rater and what as a petitioner is kept under two keys and
// cannot be joined.
func (s *Sample) separateMarks(p *residents) {
	t := &s.Evidence.Ratings
	for row, source := range t.Source {
		if source == scoring.SourceCaseMark && t.Rater[row] != scoring.None {
			t.Rater[row] += int32(len(p.severity))
		}
	}
}

func (s *Sample) stream(matter string) stream { return newStream(s.Seed, s.World.Name, matter) }

func (s *Sample) drawUnits() {
	r := s.stream("units")
	s.units = make([]unit, max(4, s.World.Officials/25))
	for u := range s.units {
		s.units[u].id = fmt.Sprintf("U%02d", u+1)
		// A few unsolved cases are claimed everywhere, in good faith.
		s.units[u].falseClaims = r.between(Range{0.03, 0.1})
		if r.chance(s.structure.dishonestUnits) {
			s.units[u].falseClaims = s.structure.falseClaims
		}
	}
}

func (s *Sample) drawOfficials() {
	r := s.stream("officials")
	st := &s.structure
	common := make([]float64, len(s.units))
	for u := range common {
		common[u] = r.NormFloat64()
	}
	standardise(common)
	for g, size := range st.groupSizes {
		for range size {
			o := official{group: g, unit: r.IntN(len(s.units)), from: periodFrom, tenure: 1}
			o.q = math.Sqrt(st.unitShare)*common[o.unit] + r.normal(math.Sqrt(1-st.unitShare))
			c := s.World.Correlation
			o.v = c*o.q + r.normal(math.Sqrt(1-c*c))
			for k := range o.t {
				l := st.loading[k]
				o.t[k] = l*o.q + r.normal(math.Sqrt(1-l*l))
			}
			o.amount = math.Exp(r.normal(s.World.Unequal) - s.World.Unequal*s.World.Unequal/2)
			if r.chance(s.World.PartYear) {
				late := r.IntN(200)
				o.from += scoring.Day(late)
				o.tenure = float64(daysOfPeriod-late) / daysOfPeriod
			}
			s.officials = append(s.officials, o)
		}
	}
	// Ids say nothing of the peer group.
	r.Shuffle(len(s.officials), func(i, j int) {
		s.officials[i], s.officials[j] = s.officials[j], s.officials[i]
	})
}

// drawMixes decides which services and categories fall to whom.
func (s *Sample) drawMixes() {
	r := s.stream("mixes")
	st := &s.structure
	unitMean := make([]float64, len(s.units))
	for _, o := range s.officials {
		unitMean[o.unit] += o.q
	}
	standardise(unitMean)
	hardServices := make([]float64, len(st.services))
	for k, effect := range st.services {
		hardServices[k] = -effect
	}
	standardise(hardServices)
	for i := range s.officials {
		o := &s.officials[i]
		lean := st.confounding * st.leaning(o.q, unitMean[o.unit])
		o.services = mix(hardServices, lean+r.normal(st.taste))
		hard := make([]float64, len(st.categories))
		for k, c := range st.categories {
			hard[k] = c.hard
		}
		o.categories = mix(hard, lean+r.normal(st.taste))
	}
}

// leaning shapes quality into the pull toward hard work; each shape has a
// standard deviation of about one.
func (st *structure) leaning(q, unitMean float64) float64 {
	switch st.shape {
	case shapeStep:
		return math.Copysign(1, q)
	case shapeTail:
		return 1.7 * math.Max(q, 0)
	case shapeUnit:
		return unitMean
	default:
		return q
	}
}

// mix weighs kinds by how hard they are. No weight is so small that a kind
// never meets an official: what nobody shares cannot be compared.
func mix(hard []float64, lean float64) []float64 {
	w := make([]float64, len(hard))
	for k, h := range hard {
		w[k] = math.Exp(math.Max(-4, math.Min(4, lean*h)))
	}
	return w
}

func (s *Sample) addPostings() {
	ev := s.Evidence
	for i, o := range s.officials {
		position := fmt.Sprintf("Position %d", o.group+1)
		ev.Postings = append(ev.Postings, scoring.Posting{
			Official:  fmt.Sprintf("O%04d", i+1),
			Person:    int32(i),
			Unit:      s.units[o.unit].id,
			Position:  position,
			PeerGroup: position,
			From:      o.from,
			To:        periodTo,
		})
	}
	for k := range s.structure.services {
		id := fmt.Sprintf("S%02d", k+1)
		ev.Kinds = append(ev.Kinds, scoring.Kind{ID: "service:" + id, Name: "Service " + id, Parent: scoring.None})
	}
	for k := range s.structure.categories {
		id := fmt.Sprintf("C%02d", k+1)
		ev.Kinds = append(ev.Kinds, scoring.Kind{ID: "category:" + id, Name: id, Parent: scoring.None})
	}
}

func (s *Sample) serviceKind(k int) int32 { return int32(k) }

func (s *Sample) categoryKind(k int) int32 { return int32(len(s.structure.services) + k) }

// u returns what a strand shows of an official, halo included.
func (s *Sample) u(i int, k strandKind) float64 {
	st, o := &s.structure, &s.officials[i]
	return st.groupEffect[k][o.group] + st.effect[k]*o.t[k] + st.halo[k]*o.v
}

// learn adds one piece of evidence to what the oracle knows of an official's
// strand; f takes u.
func (s *Sample) learn(i int, k strandKind, f func(u float64) float64) {
	group, a := s.structure.groupEffect[k][s.officials[i].group], s.structure.effect[k]
	s.curves[i][k].add(func(t float64) float64 { return f(group + a*t) })
}

// day draws a day of an official's time in post; most are working days.
func (s *Sample) day(r stream, o *official) scoring.Day {
	for {
		d := o.from + scoring.Day(r.IntN(int(periodTo-o.from)+1))
		weekday := time.Unix(int64(d)*secondsADay, 0).UTC().Weekday()
		if (weekday != time.Saturday && weekday != time.Sunday) || r.chance(0.1) {
			return d
		}
	}
}
