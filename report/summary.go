package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"steelyard/models"
	"steelyard/scoring"
)

// bins is how many equal parts of the scale a distribution has.
const bins = 10

// Summary counts a report: as a whole, by unit and by peer group.
type Summary struct {
	All    Tally
	Units  []Tally // by the external ids, as bytes
	Groups []Tally // by name, as bytes

	// Distribution counts composites by tenths of the scale; 100 belongs to the last.
	Distribution [bins]int
	// Quiet, Showy and Middling count those whom the chart of the quiet and the showy
	// shows.
	Quiet, Showy, Middling int
}

// Tally counts the rows of a unit or a peer group.
type Tally struct {
	Ref, Name                         string // a unit's id and name; a peer group has one for both
	Officials                         int
	Scored, Provisional, Insufficient int
	Excellent, Boundary               int
	composite                         mean
	components                        [scoring.Components]mean
	minimum                           int
}

// mean is a sum over so many.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(x float64) {
	if !math.IsNaN(x) {
		m.sum += x
		m.n++
	}
}

// of is NaN of fewer than minimum, and of nothing.
func (m mean) of(minimum int) float64 {
	if m.n < max(minimum, 1) {
		return math.NaN()
	}
	return m.sum / float64(m.n)
}

// Mean is the mean composite; NaN where fewer have one than a mean may stand for.
func (t *Tally) Mean() float64 { return t.composite.of(t.minimum) }

// Component is the mean of a component; NaN where fewer have it than a mean may
// stand for.
func (t *Tally) Component(c int) float64 { return t.components[c].of(t.minimum) }

func (t *Tally) add(r *Row) {
	t.Officials++
	switch r.Status {
	case models.StatusScored:
		t.Scored++
	case models.StatusProvisional:
		t.Provisional++
	case models.StatusInsufficientEvidence:
		t.Insufficient++
	}
	switch r.Grade {
	case models.ProposalExcellent:
		t.Excellent++
	case models.ProposalBoundary:
		t.Boundary++
	}
	t.composite.add(r.Composite)
	for c := range r.Components {
		t.components[c].add(r.Components[c].Value)
	}
}

// Summarise counts rows; a mean stands for at least minimum officials. It ends
// with the error that rows give.
func Summarise(rows Rows, minimum int) (*Summary, error) {
	s := &Summary{All: Tally{minimum: minimum}}
	units, groups := map[string]*Tally{}, map[string]*Tally{}
	of := func(m map[string]*Tally, ref, name string) *Tally {
		t := m[ref]
		if t == nil {
			t = &Tally{Ref: ref, Name: name, minimum: minimum}
			m[ref] = t
		}
		return t
	}
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		s.All.add(r)
		of(units, r.Unit, cmp.Or(r.UnitName, r.Unit)).add(r)
		of(groups, r.PeerGroup, r.PeerGroup).add(r)
		if !math.IsNaN(r.Composite) {
			s.Distribution[min(max(int(r.Composite*bins/100), 0), bins-1)]++
		}
		switch r.Mark() {
		case MarkQuiet:
			s.Quiet++
		case MarkShowy:
			s.Showy++
		case MarkMiddling:
			s.Middling++
		}
	}
	s.Units, s.Groups = sortedTallies(units), sortedTallies(groups)
	return s, nil
}

func sortedTallies(m map[string]*Tally) []Tally {
	list := make([]Tally, 0, len(m))
	for _, t := range m {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b Tally) int { return strings.Compare(a.Ref, b.Ref) })
	return list
}

// Mark is how an official stands out between what is seen and what is done.
type Mark int

// The marks.
const (
	MarkNone     Mark = iota // a figure is lacking
	MarkMiddling             // neither
	MarkQuiet                // strong and unseen
	MarkShowy                // seen and weak
)

// Mark says where the row belongs on the chart of the quiet and the showy.
func (r *Row) Mark() Mark {
	switch {
	case math.IsNaN(r.Visibility) || math.IsNaN(r.Composite):
		return MarkNone
	case r.ShowcaseGap <= -ShowcaseMark:
		return MarkQuiet
	case r.ShowcaseGap >= ShowcaseMark:
		return MarkShowy
	}
	return MarkMiddling
}
