package plot

import (
	"fmt"
	"io"
	"math"
	"strconv"
)

// Series is one figure over x. Where it is NaN the curve is broken.
type Series struct {
	Name string // empty where a panel has one alone
	Y    []float64
}

// Panel is one small plot, from 0 up.
type Panel struct {
	Title  string   // with the unit
	Note   string   // what is to be said of it, e.g. whether it is flat; may be empty
	Series []Series // three at most, each as long as X
}

// Multiples are small plots over the same X, which rises; the axis begins at 0, or with
// what lies below.
type Multiples struct {
	Title  string
	XTitle string // with the unit
	X      []float64
	Panels []Panel
}

const (
	columns            = 3
	wide, high         = 272.0, 130.0 // of a panel's plot
	left, top          = 52.0, 40.0   // of a panel, for its words
	right, bottom      = 18.0, 26.0
	headed             = 44.0
	cellWide, cellHigh = left + wide + right, top + high + bottom
)

var kindsOf = []Kind{First, Third, Fifth}

// Write draws them. What cannot be drawn is an error: fewer than two x, series of another
// length, more series than can be told apart.
func (m *Multiples) Write(w io.Writer) error {
	if from, to := m.span(); len(m.X) < 2 || m.X[0] >= to || from >= to {
		return fmt.Errorf("plot %s: %d points are none", m.Title, len(m.X))
	}
	rows := (len(m.Panels) + columns - 1) / columns
	p := New(int(columns*cellWide), int(headed+float64(rows)*cellHigh+18), m.Title)
	p.Head(16, 26, m.Title)
	for i, one := range m.Panels {
		if err := m.panel(p, one, float64(i%columns)*cellWide+left, headed+float64(i/columns)*cellHigh+top); err != nil {
			return fmt.Errorf("plot %s: %w", m.Title, err)
		}
	}
	p.Text(columns*cellWide-right, headed+float64(rows)*cellHigh+10, "end", Faint, m.XTitle)
	_, err := io.WriteString(w, p.String())
	return err
}

// panel draws one whose plot has its upper left corner at x, y.
func (m *Multiples) panel(p *Page, one Panel, x, y float64) error {
	if len(one.Series) > len(kindsOf) {
		return fmt.Errorf("%s has %d series, and %d can be told apart", one.Title, len(one.Series), len(kindsOf))
	}
	most := 0.0
	for _, s := range one.Series {
		if len(s.Y) != len(m.X) {
			return fmt.Errorf("%s %s has %d values of %d", one.Title, s.Name, len(s.Y), len(m.X))
		}
		for _, v := range s.Y {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	most = nice(most)
	p.Head(x, y-24, one.Title)
	p.Text(x+wide, y-24, "end", Faint, one.Note)
	from, to := m.span()
	for _, part := range []float64{0, .5, 1} {
		at := y + high*(1-part)
		p.Line(x, at, x+wide, at, Frame)
		p.Text(x-6, at+4, "end", Faint, short(most*part))
		p.Text(x+wide*part, y+high+15, "middle", Faint, strconv.FormatFloat(from+(to-from)*part, 'g', 3, 64))
	}
	named := x
	for i, s := range one.Series {
		if s.Name != "" {
			p.Line(named, y-12, named+14, y-12, kindsOf[i])
			p.Text(named+18, y-8, "start", Words, s.Name)
			named += 7*float64(len(s.Name)) + 34
		}
		for _, piece := range m.pieces(s.Y, x, y, most) {
			p.Curve(piece, kindsOf[i])
		}
	}
	return nil
}

// span is where the axis of X begins and ends.
func (m *Multiples) span() (from, to float64) {
	if len(m.X) == 0 {
		return 0, 0
	}
	return min(m.X[0], 0), m.X[len(m.X)-1]
}

// pieces are the points of the values, anew after each gap.
func (m *Multiples) pieces(values []float64, x, y, most float64) (all [][][2]float64) {
	from, to := m.span()
	gap := true
	for i, v := range values {
		if math.IsNaN(v) {
			gap = true
			continue
		}
		if gap {
			all = append(all, nil)
			gap = false
		}
		at := [2]float64{x + wide*(m.X[i]-from)/(to-from), y + high*(1-v/most)}
		all[len(all)-1] = append(all[len(all)-1], at)
	}
	return all
}

// nice is the smallest of 1, 2, 4, 6 and 8 times a power of ten that is not below v: an
// axis up to it can be halved. Of 0, and of what is below, it is 1.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 4, 6, 8} {
		if v <= n*power {
			return n * power
		}
	}
	return 10 * power
}

// short writes a number as an axis has it: k, M or G behind large ones.
func short(v float64) string {
	for _, unit := range []struct {
		from, of float64
		name     string
	}{{1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e4, 1e3, "k"}} {
		if v >= unit.from {
			return strconv.FormatFloat(v/unit.of, 'g', 3, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
