package report

import (
	"fmt"
	"io"
	"slices"
)

// Colours that people with any kind of colour vision tell apart; marks differ in
// shape as well.
const (
	chartBlue   = "#0072b2"
	chartOrange = "#d55e00"
	chartGrey   = "#999999"
)

// Words are what a chart says, in the reader's language.
type Words struct{ Title, X, Y, Quiet, Showy, Sum string }

// ShowcaseMark is the gap from which an official is marked as quiet or showy.
const ShowcaseMark = 50

// Showcase draws the quiet and the showy as SVG: each official's composite over the
// percentile of visibility. Strong and unseen officials stand in the upper left,
// marked by a blue circle, seen and weak ones in the lower right, by an orange
// square. Who lacks either figure is left out. It ends with the error that rows or
// w give.
func Showcase(w io.Writer, words Words, rows Rows) error {
	c, err := drawShowcase(words, rows)
	if err != nil {
		return err
	}
	return c.svg(w)
}

// ShowcasePicture is [Showcase] as PNG; own is a typeface for characters that the
// built-in one lacks, or nil.
func ShowcasePicture(w io.Writer, words Words, own []byte, rows Rows) error {
	c, err := drawShowcase(words, rows)
	if err != nil {
		return err
	}
	return c.picture(w, own)
}

func drawShowcase(words Words, rows Rows) (*chart, error) {
	const left, top, width, height = 60, 70, 560, 400
	c := newChart(left+width+20, top+height+60, words.Title)
	x := func(v float64) float64 { return left + width*v/100 }
	y := func(v float64) float64 { return top + height*(1-v/100) }
	for v := 0.0; v <= 100; v += 25 {
		c.line(x(v), top, x(v), top+height, "#ddd")
		c.line(left, y(v), left+width, y(v), "#ddd")
		c.text(x(v), top+height+18, "middle", fmt.Sprintf("%.0f", v))
		c.text(left-8, y(v)+4, "end", fmt.Sprintf("%.0f", v))
	}
	c.text(left+width/2, top+height+42, "middle", words.X)
	c.text(left, top-12, "start", words.Y)
	c.circle(left+width-270, top-16, chartBlue, "")
	c.text(left+width-260, top-12, "start", words.Quiet)
	c.square(left+width-110, top-16, chartOrange, "")
	c.text(left+width-100, top-12, "start", words.Showy)
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		mark := r.Mark()
		if mark == MarkNone {
			continue
		}
		tip := fmt.Sprintf("%s: %s, %s", r.Official, printed(r.Visibility), printed(r.Composite))
		switch at, up := x(r.Visibility), y(r.Composite); mark {
		case MarkQuiet:
			c.circle(at, up, chartBlue, tip)
		case MarkShowy:
			c.square(at, up, chartOrange, tip)
		default:
			c.circle(at, up, chartGrey, tip)
		}
	}
	return c, nil
}

// Step is one line of an explanation: hundredths of a point, so that sums are
// exact.
type Step struct {
	Label  string
	Points int64
}

// Waterfall draws an explanation as SVG: each step begins where the one before
// ended, the first at 0, and the last line is their sum, the composite as printed.
func Waterfall(w io.Writer, words Words, steps []Step) error {
	return drawWaterfall(words, steps).svg(w)
}

func drawWaterfall(words Words, steps []Step) *chart {
	const top, width, row = 56, 420, 20
	left := 300.0
	for _, s := range steps {
		left = max(left, 20+textWidth(s.Label))
	}
	low, high := int64(0), int64(100_00)
	sum := int64(0)
	for _, s := range steps {
		sum += s.Points
		low, high = min(low, sum), max(high, sum)
	}
	bottom := float64(top + row*(len(steps)+1))
	c := newChart(int(left)+width+80, int(bottom)+40, words.Title)
	x := func(points int64) float64 { return left + width*float64(points-low)/float64(high-low) }
	for v := low / 25_00 * 25_00; v <= high; v += 25_00 {
		c.line(x(v), top-4, x(v), bottom, "#ddd")
		c.text(x(v), bottom+18, "middle", fmt.Sprint(v/100))
	}
	sum = 0
	for i, s := range steps {
		from, up := sum, float64(top+row*i)
		sum += s.Points
		colour := chartBlue
		switch {
		case i == 0:
			colour = chartGrey
		case s.Points < 0:
			colour = chartOrange
		}
		c.bar(x(min(from, sum)), up, x(max(from, sum)), row-5, colour)
		c.line(x(sum), up+row-5, x(sum), up+row, "#555")
		c.text(left-10, up+12, "end", s.Label)
		c.text(left+width+74, up+12, "end", hundredths(s.Points, true))
	}
	up := float64(top + row*len(steps))
	c.bar(x(min(0, sum)), up, x(max(0, sum)), row-5, "#333333")
	c.text(left-10, up+12, "end", words.Sum)
	c.text(left+width+74, up+12, "end", hundredths(sum, false))
	return c
}

// Distribution draws as SVG how many composites lie in each tenth of the scale: ten
// counts, from the lowest tenth up.
func Distribution(w io.Writer, words Words, counts [bins]int) error {
	return drawDistribution(words, counts).svg(w)
}

// textWidth is about how wide a text stands in a chart's type, in pixels; rather too much.
func textWidth(text string) float64 {
	width := 0.0
	for _, r := range text {
		if r < 0x2e80 { // narrower than Chinese
			width += chartType * 0.53
		} else {
			width += chartType
		}
	}
	return width
}

// drawDistribution draws how many composites lie in each tenth of the scale.
func drawDistribution(words Words, counts [bins]int) *chart {
	const left, top, width, height = 60, 60, 560, 200
	c := newChart(left+width+20, top+height+40, words.Title)
	most := max(slices.Max(counts[:]), 1)
	c.text(left, top-10, "start", words.Y)
	for i, n := range counts {
		from, to := left+width*float64(i)/bins, left+width*float64(i+1)/bins
		up := top + height*(1-float64(n)/float64(most))
		c.bar(from+2, up, to-2, top+height-up, chartBlue)
		c.text((from+to)/2, up-4, "middle", fmt.Sprint(n))
		c.text(from, top+height+18, "middle", fmt.Sprint(100*i/bins))
	}
	c.text(left+width, top+height+18, "middle", "100")
	c.line(left, top+height, left+width, top+height, chartGrey)
	return c
}

// hundredths prints a number of hundredths exactly.
func hundredths(n int64, signed bool) string {
	sign := ""
	switch {
	case n < 0:
		sign, n = "−", -n
	case signed:
		sign = "+"
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
