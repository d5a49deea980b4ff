package extract

import (
	"maps"
	"math"
	"slices"

	"steelyard/privacy"
	"steelyard/scoring"
)

// Behind is how many persons stand behind each component of a posting.
type Behind [scoring.Components]int

// Public is what of a sheet may be given to everybody, of postings with the persons behind
// their components: the lines of which each component that counts has enough persons
// behind it, and of which none leads to one that has not.
//
// A line whose counting component is left out is left out as a whole: composite, weights
// and the other components would tell what is missing. In a peer group estimates have a
// known mean, and of a unit figures are published otherwise, so that left-out lines of a
// circle have enough persons behind them together or none ([privacy.HideWithin]). Values
// are rounded to hundredths, without their errors, and numbers of pieces down to fives or
// to what the policy asks for. Composites and ranks are those that follow from what is
// left: ranks are among the lines shown. Lines whose composite would not be the
// run's any more are left out as well.
func (s *Sheet) Public(policy scoring.Policy, persons []Behind, threshold int) *Sheet {
	shown := s.bearable(persons, threshold)
	for {
		s.hideCircles(persons, shown, threshold)
		out, at := s.rounded(policy, shown)
		lost := false
		for n, f := range followed(out, policy) {
			row, stated := &out.Lines[n], s.Lines[at[n]].Composite
			row.Status, row.Composite, row.Rank = string(f.Status), number(hundredths(f.Composite)), f.Rank
			for name, c := range row.Components {
				c.Weight = f.Weight[componentOf[name]]
				row.Components[name] = c
			}
			same := stated == nil && row.Composite == nil || stated != nil && row.Composite != nil && math.Abs(*stated-*row.Composite) <= 2*rounding
			if !same && !f.Bounded || row.Status != s.Lines[at[n]].Status || row.Grade != string(f.Grade) {
				shown[at[n]], lost = false, true
			}
			if f.Bounded {
				row.Composite, row.Rank = number(hundredths(valueOf(stated))), f.Rank
			}
		}
		if !lost {
			return out
		}
	}
}

// bearable says which lines have enough persons behind every component that counts.
func (s *Sheet) bearable(persons []Behind, threshold int) []bool {
	shown := make([]bool, len(s.Lines))
	for i := range s.Lines {
		shown[i] = true
		for name, c := range s.Lines[i].Components {
			if c.Counts && persons[i][componentOf[name]] < threshold {
				shown[i] = false
			}
		}
	}
	return shown
}

// hideCircles hides further lines until what is left out of no peer group and no unit can
// be told from the rest.
func (s *Sheet) hideCircles(persons []Behind, shown []bool, threshold int) {
	groups, units := map[string][]int{}, map[string][]int{}
	for i := range s.Lines {
		groups[s.Lines[i].PeerGroup] = append(groups[s.Lines[i].PeerGroup], i)
		units[s.Lines[i].Unit] = append(units[s.Lines[i].Unit], i)
	}
	var circles [][]int
	for _, by := range []map[string][]int{groups, units} {
		for _, name := range slices.Sorted(maps.Keys(by)) {
			circles = append(circles, by[name])
		}
	}
	counts := make([]int, len(s.Lines))
	for more := true; more; {
		more = false
		for k := range scoring.Components {
			column := make([]bool, len(shown))
			for i := range s.Lines {
				c, there := s.Lines[i].Components[k.String()]
				counts[i] = persons[i][k]
				column[i] = shown[i] && there && c.Counts
			}
			if privacy.HideWithin(column, counts, circles, threshold) {
				for i := range column {
					if c, there := s.Lines[i].Components[k.String()]; shown[i] && there && c.Counts && !column[i] {
						shown[i], more = false, true
					}
				}
			}
		}
	}
}

// rounded is a sheet of the lines shown, with the components that count, and where each
// line stood.
func (s *Sheet) rounded(policy scoring.Policy, shown []bool) (*Sheet, []int) {
	out, at := &Sheet{Format: s.Format, Quotas: []SheetQuota{}, Lines: []SheetRow{}}, []int{}
	for i := range s.Lines {
		if !shown[i] {
			continue
		}
		row := s.Lines[i]
		row.Components = map[string]SheetComponent{}
		for name, c := range s.Lines[i].Components {
			if c.Counts {
				least := policy.Rule(componentOf[name]).MinimumN
				row.Components[name] = SheetComponent{Value: hundredths(c.Value), N: max(least, 5*math.Floor(c.N/5)), Counts: true}
			}
		}
		out.Lines, at = append(out.Lines, row), append(at, i)
	}
	for _, q := range s.Quotas {
		if slices.ContainsFunc(out.Lines, func(row SheetRow) bool { return row.Unit == q.Unit && row.Position == q.Position }) {
			out.Quotas = append(out.Quotas, q)
		}
	}
	return out, at
}

func hundredths(x float64) float64 { return math.Round(100*x) / 100 }
