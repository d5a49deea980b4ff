package simulate

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// The plots are rows of worlds: a dot at the mean over the seeds, a line from
// the least to the most, a tick at the bar. Marks differ in shape as well as in
// colour.
const (
	plotLeft   = 300 // room for the worlds' titles
	plotWidth  = 520
	plotRow    = 34
	plotTop    = 64
	plotBottom = 44
)

// method is one method's figures in every row.
type method struct {
	name, colour, shape string
	figures             func(Row) []Figures
}

var (
	bySteelyard = method{"Steelyard", "#0072b2", "circle", func(r Row) []Figures { return r.Steelyard }}
	byMeans     = method{"weighted means", "#d55e00", "square", func(r Row) []Figures { return r.Means }}
	byBayes     = method{"Bayesian average", "#b8860b", "diamond", func(r Row) []Figures { return r.Bayes }}
	byOracle    = method{"oracle", "#555555", "square", func(r Row) []Figures { return r.Oracle }}
)

// PlotShares draws, world by world, each method's rank correlation with q as a
// share of the oracle's, as SVG.
func (r *Report) PlotShares(w io.Writer) error {
	p := plot{title: "Rank correlation with the true quality, as a share of the oracle's", low: 0, high: 1, step: 0.2}
	p.series(r, shareOf, byMeans, byBayes, bySteelyard)
	p.bars(r, func(w World) float64 { return w.Bars.Share })
	return p.write(w, r)
}

// PlotSlopes draws how far each method leans on visibility, given quality, in
// standard deviations of the score.
func (r *Report) PlotSlopes(w io.Writer) error {
	p := plot{title: "Lean of the score on visibility, given the true quality", low: -0.2, high: 1, step: 0.2}
	p.series(r, slopeOf, byMeans, byOracle, bySteelyard)
	p.bars(r, func(w World) float64 { return w.Bars.Slope })
	return p.write(w, r)
}

// PlotIntervals draws the share of 95 % intervals that hold the truth.
func (r *Report) PlotIntervals(w io.Writer) error {
	p := plot{title: "Share of 95 % intervals that hold the truth", low: 0.8, high: 1, step: 0.05}
	rank, composite := bySteelyard, bySteelyard
	rank.name = "rank"
	composite.name, composite.colour, composite.shape = "composite", byMeans.colour, byMeans.shape
	p.series(r, rankOf, rank)
	p.series(r, compositeOf, composite)
	p.bars(r, func(World) float64 { return coverageLow })
	p.bars(r, func(World) float64 { return coverageHigh })
	return p.write(w, r)
}

// plot gathers marks; drawing errors cannot happen before write.
type plot struct {
	title           string
	low, high, step float64
	body            strings.Builder
	legend          []method
}

func (p *plot) x(value float64) float64 {
	value = math.Max(p.low, math.Min(p.high, value))
	return plotLeft + plotWidth*(value-p.low)/(p.high-p.low)
}

func rowY(row int) float64 { return plotTop + plotRow*(float64(row)+0.5) }

// series adds methods, each a little below the one before.
func (p *plot) series(r *Report, of func(Figures) float64, methods ...method) {
	for _, m := range methods {
		offset := 8 * (float64(len(p.legend)) - 1)
		p.legend = append(p.legend, m)
		for i, row := range r.Rows {
			figures, y := m.figures(row), rowY(i)+offset
			middle := mean(figures, of)
			if math.IsNaN(middle) {
				continue
			}
			low, high := math.Inf(1), math.Inf(-1)
			for _, f := range figures {
				low, high = math.Min(low, of(f)), math.Max(high, of(f))
			}
			fmt.Fprintf(&p.body, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="1.5"/>`+"\n",
				p.x(low), y, p.x(high), y, m.colour)
			p.mark(m, p.x(middle), y, fmt.Sprintf("%s, %s: %.3f (%.3f to %.3f)", row.World.Title, m.name, middle, low, high))
		}
	}
}

// mark draws a method's mark with a title that a pointer or a reader shows.
func (p *plot) mark(m method, x, y float64, title string) {
	tip := ""
	if title != "" {
		tip = "<title>" + html.EscapeString(title) + "</title>"
	}
	switch m.shape {
	case "circle":
		fmt.Fprintf(&p.body, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s">%s</circle>`+"\n", x, y, m.colour, tip)
	case "diamond":
		fmt.Fprintf(&p.body, `<path d="M%.1f %.1fl4 4l-4 4l-4 -4z" fill="%s">%s</path>`+"\n", x, y-4, m.colour, tip)
	default:
		fmt.Fprintf(&p.body, `<rect x="%.1f" y="%.1f" width="7" height="7" fill="%s">%s</rect>`+"\n", x-3.5, y-3.5, m.colour, tip)
	}
}

func (p *plot) bars(r *Report, of func(World) float64) {
	for i, row := range r.Rows {
		if at := of(row.World); at > 0 {
			fmt.Fprintf(&p.body, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#000" stroke-width="1.5" stroke-dasharray="3 2"/>`+"\n",
				p.x(at), rowY(i)-plotRow/2+2, p.x(at), rowY(i)+plotRow/2-2)
		}
	}
}

func (p *plot) write(w io.Writer, r *Report) error {
	width, height := plotLeft+plotWidth+30, plotTop+plotRow*len(r.Rows)+plotBottom
	seeds := 0
	if len(r.Rows) > 0 {
		seeds = len(r.Rows[0].Seeds)
	}
	x := float64(plotLeft)
	for _, m := range p.legend {
		p.mark(m, x, 44, "")
		fmt.Fprintf(&p.body, `<text x="%.1f" y="48">%s</text>`+"\n", x+10, html.EscapeString(m.name))
		x += 30 + 7*float64(len(m.name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="sans-serif" font-size="12">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(p.title))
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="bold">%s</text>`+"\n", html.EscapeString(p.title))
	bottom := plotTop + plotRow*len(r.Rows)
	for n := 0; p.low+float64(n)*p.step <= p.high+p.step/2; n++ {
		value := p.low + float64(n)*p.step
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%.2f</text>`+"\n",
			p.x(value), plotTop, p.x(value), bottom, p.x(value), bottom+16, value)
	}
	for i, row := range r.Rows {
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft-14, rowY(i)+4, html.EscapeString(row.World.Title))
	}
	b.WriteString(p.body.String())
	fmt.Fprintf(&b, `<text x="16" y="%d" fill="#555">%d seeds a world; dot: mean, line: least to most, dashes: what must be reached</text>`+"\n</svg>\n", height-8, seeds)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write plot: %w", err)
	}
	return nil
}
