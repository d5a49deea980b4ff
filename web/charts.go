package web

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"steelyard/report"
)

// drawn is a chart of package report as part of a page. What it says is escaped there.
func drawn(draw func(io.Writer) error) (template.HTML, error) {
	var b strings.Builder
	if err := draw(&b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

// number is a figure as charts take it: NaN where there is none.
func number(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// whisker draws a composite with its interval on the scale of 0 to 100, in a row of a
// table: the figures stand beside it.
func whisker(composite, low, high *float64) template.HTML {
	if composite == nil {
		return ""
	}
	at := func(x float64) float64 { return 4 + 1.92*min(max(x, 0), 100) }
	var b strings.Builder
	b.WriteString(`<svg class="whisker" viewBox="0 0 200 20" width="200" height="20" aria-hidden="true" focusable="false">`)
	fmt.Fprintf(&b, `<line class="scale" x1="4" y1="10" x2="196" y2="10"/><line class="mean" x1="%.1f" y1="2" x2="%.1[1]f" y2="18"/>`, at(50))
	if low != nil && high != nil {
		fmt.Fprintf(&b, `<path d="M%.1f 5v10M%.1[1]f 10H%.1fM%.1[2]f 5v10"/>`, at(*low), at(*high))
	}
	fmt.Fprintf(&b, `<circle cx="%.1f" cy="10" r="4.5"/></svg>`, at(*composite))
	return template.HTML(b.String())
}

// showcase draws the quiet and the showy.
func (w *words) showcase(points []ShowcasePoint) (template.HTML, error) {
	rows := make([]report.Row, len(points))
	for i, p := range points {
		rows[i] = report.Row{
			Official: p.Official.Name, Composite: number(p.Composite), Visibility: number(p.Visibility), ShowcaseGap: number(p.ShowcaseGap),
		}
	}
	return drawn(func(out io.Writer) error {
		return report.Showcase(out, report.Words{
			Title: w.Report("showcase"), X: w.Report("showcase_x"), Y: w.Report("composite"), Quiet: w.Report("quiet"), Showy: w.Report("showy"),
		}, report.All(rows))
	})
}

// distribution draws the counts of the tenths of the scale; nothing where they are
// withheld.
func (w *words) distribution(counts []int) (template.HTML, error) {
	var tenths [10]int
	if copy(tenths[:], counts) < len(tenths) {
		return "", nil
	}
	return drawn(func(out io.Writer) error {
		return report.Distribution(out, report.Words{Title: w.Report("distribution"), Y: w.Report("officials")}, tenths)
	})
}

// waterfall draws the parts of an explanation.
func (w *words) waterfall(parts []Part) (template.HTML, error) {
	steps := make([]report.Step, len(parts))
	for i := range parts {
		steps[i] = report.Step{Label: w.PartName(parts[i]), Points: int64(math.Round(100 * parts[i].Points))}
	}
	return drawn(func(out io.Writer) error {
		return report.Waterfall(out, report.Words{Title: w.Report("explanation"), Sum: w.Report("composite")}, steps)
	})
}

// PartName says a part of an explanation, with the component that it belongs to.
func (w *words) PartName(p Part) string {
	if p.Component == "" {
		return p.Label
	}
	return w.Report(string(p.Component)) + ": " + p.Label
}

// trend draws an official's composites over the cycles.
func (w *words) trend(points []TrendPoint) (template.HTML, error) {
	of := make([]report.TrendPoint, len(points))
	for i, p := range points {
		of[i] = report.TrendPoint{Cycle: p.Cycle.Name, Composite: number(p.Composite), Low: number(p.CompositeLow), High: number(p.CompositeHigh)}
	}
	return drawn(func(out io.Writer) error {
		return report.Trend(out, report.Words{Title: w.Trend, Y: w.Report("composite")}, of)
	})
}
