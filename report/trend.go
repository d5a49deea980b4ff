package report

import (
	"fmt"
	"io"
	"math"
)

// Trend draws an official's composites over the cycles as SVG, the oldest to the left:
// a dot each with its 95 % interval, joined by a line. The line across is the peer
// group's mean. A cycle without a composite has its place and no dot.
func Trend(w io.Writer, words Words, points []TrendPoint) error {
	return drawTrend(words, points).svg(w)
}

func drawTrend(words Words, points []TrendPoint) *chart {
	const left, top, width, height = 60, 60, 560, 220
	c := newChart(left+width+20, top+height+44, words.Title)
	y := func(v float64) float64 { return top + height*(1-min(max(v, 0), 100)/100) }
	for v := 0.0; v <= 100; v += 25 {
		colour := "#ddd"
		if v == 50 {
			colour = chartGrey
		}
		c.line(left, y(v), left+width, y(v), colour)
		c.text(left-8, y(v)+4, "end", fmt.Sprintf("%.0f", v))
	}
	c.text(left, top-12, "start", words.Y)
	step := float64(width) / float64(max(len(points), 1))
	lastX, lastY := math.NaN(), math.NaN()
	for i, p := range points {
		x := left + step*(float64(i)+0.5)
		c.text(x, top+height+20, "middle", p.Cycle)
		if math.IsNaN(p.Composite) {
			lastX = math.NaN()
			continue
		}
		if !math.IsNaN(lastX) {
			c.line(lastX, lastY, x, y(p.Composite), chartGrey)
		}
		lastX, lastY = x, y(p.Composite)
		if !math.IsNaN(p.Low) && !math.IsNaN(p.High) {
			c.line(x, y(p.Low), x, y(p.High), chartBlue)
			c.line(x-6, y(p.Low), x+6, y(p.Low), chartBlue)
			c.line(x-6, y(p.High), x+6, y(p.High), chartBlue)
		}
		c.circle(x, lastY, chartBlue, fmt.Sprintf("%s: %s", p.Cycle, printed(p.Composite)))
		under := lastY
		if !math.IsNaN(p.Low) {
			under = max(under, y(p.Low))
		}
		c.text(x, under+16, "middle", printed(p.Composite))
	}
	return c
}
