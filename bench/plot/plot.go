// Package plot draws what the scripts of bench have measured, as SVG that can be read on light
// and on dark ground: the picture brings its own ground, and follows what the reader has
// asked for. Figures are rounded, so that the same measurements give the same bytes.
package plot

import (
	"fmt"
	"html"
	"strings"
)

// Kind is what a mark means; the style gives each its colour on both grounds.
type Kind string

// The kinds: words, the frame of a panel, and series in an order that stays told apart by
// those who see few colours.
const (
	Words  Kind = "words"
	Faint  Kind = "faint"
	Frame  Kind = "frame"
	First  Kind = "first"
	Second Kind = "second"
	Third  Kind = "third"
	Fourth Kind = "fourth"
	Fifth  Kind = "fifth"
)

const style = `<style>
svg { font: 12px system-ui, "Helvetica Neue", Arial, sans-serif; }
.ground { fill: #ffffff; } text { fill: #1f2328; } text.faint { fill: #59636e; } text.head { font-weight: 600; font-size: 13px; }
.frame { stroke: #d1d9e0; fill: none; } .first { --c: #0550ae; } .second { --c: #818b98; } .third { --c: #9a6700; } .fourth { --c: #cf222e; } .fifth { --c: #1a7f37; }
line, polyline { fill: none; } line.first, line.second, line.third, line.fourth, line.fifth, polyline { stroke: var(--c); stroke-width: 2; } circle { fill: var(--c); }
circle.open { fill: none; stroke: var(--c); stroke-width: 2; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; } text { fill: #f0f6fc; } text.faint { fill: #9198a1; } .frame { stroke: #3d444d; }
.first { --c: #79c0ff; } .second { --c: #9198a1; } .third { --c: #e3b341; } .fourth { --c: #ff7b72; } .fifth { --c: #56d364; }
}
</style>
`

// Page is a picture that is being drawn. Lengths are in pixels from the upper left corner.
type Page struct {
	width, height int
	marks         strings.Builder
}

// New begins a picture; the title is what those hear who do not see it.
func New(width, height int, title string) *Page {
	p := &Page{width: width, height: height}
	fmt.Fprintf(&p.marks, "<title>%s</title>\n%s<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n", html.EscapeString(title), style, width, height)
	return p
}

// Text writes words whose baseline ends or begins at a point: anchor is start, middle or end.
func (p *Page) Text(x, y float64, anchor string, kind Kind, words string) {
	fmt.Fprintf(&p.marks, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", x, y, anchor, kind, html.EscapeString(words))
}

// Head writes a heading.
func (p *Page) Head(x, y float64, words string) { p.Text(x, y, "start", "head", words) }

// Line draws a straight line.
func (p *Page) Line(x1, y1, x2, y2 float64, kind Kind) {
	fmt.Fprintf(&p.marks, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2, kind)
}

// Dot marks a point.
func (p *Page) Dot(x, y float64, kind Kind) {
	fmt.Fprintf(&p.marks, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" class=\"%s\"/>\n", x, y, kind)
}

// Ring marks a point by an open circle.
func (p *Page) Ring(x, y float64, kind Kind) {
	fmt.Fprintf(&p.marks, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" class=\"open %s\"/>\n", x, y, kind)
}

// Curve joins points, as pairs of x and y.
func (p *Page) Curve(points [][2]float64, kind Kind) {
	list := make([]string, len(points))
	for i, at := range points {
		list[i] = fmt.Sprintf("%.1f,%.1f", at[0], at[1])
	}
	fmt.Fprintf(&p.marks, "<polyline points=\"%s\" class=\"%s\"/>\n", strings.Join(list, " "), kind)
}

// String is the picture as a file.
func (p *Page) String() string {
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n%s</svg>\n",
		p.width, p.height, p.width, p.height, p.marks.String())
}
