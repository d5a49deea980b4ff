package simulate

import (
	"fmt"
	"math"

	"steelyard/scoring"
)

// kindsOfDeeds and kindsOfAchievements are those of the import format.
const (
	kindsOfDeeds        = 6
	kindsOfAchievements = 5
)

// drawDeeds adds practical work: counts that follow the work (and, by the
// world, visibility), some never confirmed, and campaigns that crowd into one
// week before an inspection.
func (s *Sample) drawDeeds(p *residents) {
	r := s.stream("deeds")
	st := &s.structure
	inspection := periodFrom + 60 + scoring.Day(r.IntN(250))
	for i := range s.officials {
		o := &s.officials[i]
		mean := math.Log(st.deeds * o.tenure)
		confirmed := 0
		for range r.poisson(math.Exp(mean + s.u(i, strandDeeds))) {
			is := scoring.Unknown
			if r.chance(st.deedsConfirmed) {
				is = scoring.Yes
				confirmed++
			} else if r.chance(0.2) {
				is = scoring.No
			}
			s.addDeed(r, p, i, s.day(r, o), is)
		}
		mean += math.Log(st.deedsConfirmed)
		s.learn(i, strandDeeds, func(u float64) float64 {
			return float64(confirmed)*(mean+u) - math.Exp(mean+u)
		})
		// Whoever likes to be seen also reports what nobody confirms.
		for range r.poisson(math.Exp(0.5 * o.v)) {
			s.addDeed(r, p, i, s.day(r, o), scoring.Unknown)
		}
		if r.chance(st.campaigners) && inspection > o.from+7 {
			for range 5 + r.IntN(10) {
				s.addDeed(r, p, i, inspection-scoring.Day(r.IntN(7)), scoring.Yes)
			}
		}
	}
}

func (s *Sample) addDeed(r stream, p *residents, i int, day scoring.Day, confirmed scoring.Ternary) {
	t := &s.Evidence.Deeds
	helped, _ := s.meet(r, p, &s.officials[i])
	t.ID = append(t.ID, fmt.Sprintf("D%06d", len(t.ID)+1))
	t.Posting = append(t.Posting, int32(i))
	t.Kind = append(t.Kind, uint8(r.IntN(kindsOfDeeds)))
	t.Day = append(t.Day, day)
	t.Confirmed = append(t.Confirmed, confirmed)
	t.Beneficiary = append(t.Beneficiary, helped)
}

// drawAchievements adds what makes visible.
func (s *Sample) drawAchievements() {
	r := s.stream("achievements")
	kinds := make([]float64, kindsOfAchievements)
	for k := range kinds {
		kinds[k] = r.between(Range{0.3, 1})
	}
	s.seen = make([]int, len(s.officials))
	t := &s.Evidence.Achievements
	for i := range s.officials {
		o := &s.officials[i]
		s.seen[i] = r.poisson(s.expectedAchievements(o, o.v))
		for range s.seen[i] {
			t.Posting = append(t.Posting, int32(i))
			t.Kind = append(t.Kind, scoring.AchievementKind(r.pick(kinds)))
			t.Day = append(t.Day, s.day(r, o))
		}
	}
}

// expectedAchievements is the mean count of an official of visibility v.
func (s *Sample) expectedAchievements(o *official, v float64) float64 {
	st := &s.structure
	return st.visibility * o.tenure * math.Exp(st.visible*v-st.visible*st.visible/2)
}
