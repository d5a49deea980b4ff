package report

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// chart is a drawing: its marks in the order in which they are drawn. It is drawn
// once, and written as SVG, as a picture or onto a page. Lengths are pixels of 96
// to the inch.
type chart struct {
	title         string
	width, height float64
	marks         []mark
}

// mark is one of a drawing.
type mark struct {
	shape  shape
	x, y   float64 // where it begins; a circle's middle
	w, h   float64 // its size; a line's reach; a circle's radius is w
	colour string  // #rgb or #rrggbb
	text   string  // a label, or what a pointer shows
	anchor string  // start, middle, end
	size   float64 // of the type
}

type shape int

const (
	shapeLine shape = iota
	shapeBar
	shapeCircle
	shapeSquare // a bar that stands for a point
	shapeText
)

// chartType is the size of a chart's type, titleType that of its title.
const (
	chartType = 12
	titleType = 15
	chartInk  = "#000"
)

func newChart(width, height int, title string) *chart {
	return &chart{title: title, width: float64(width), height: float64(height)}
}

func (c *chart) line(x1, y1, x2, y2 float64, colour string) {
	c.marks = append(c.marks, mark{shape: shapeLine, x: x1, y: y1, w: x2 - x1, h: y2 - y1, colour: colour})
}

func (c *chart) text(x, y float64, anchor, text string) {
	c.marks = append(c.marks, mark{shape: shapeText, x: x, y: y, anchor: anchor, text: text, size: chartType, colour: chartInk})
}

func (c *chart) bar(x1, y, x2, height float64, colour string) {
	c.marks = append(c.marks, mark{shape: shapeBar, x: x1, y: y, w: x2 - x1, h: height, colour: colour})
}

func (c *chart) circle(x, y float64, colour, tip string) {
	c.marks = append(c.marks, mark{shape: shapeCircle, x: x, y: y, w: 4, colour: colour, text: tip})
}

func (c *chart) square(x, y float64, colour, tip string) {
	c.marks = append(c.marks, mark{shape: shapeSquare, x: x - 4, y: y - 4, w: 8, h: 8, colour: colour, text: tip})
}

// svg writes the chart as SVG.
func (c *chart) svg(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" font-family="sans-serif" font-size="12">`+"\n",
		c.width, c.height, c.width, c.height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(c.title))
	fmt.Fprintf(&b, `<text x="16" y="26" font-size="15" font-weight="bold">%s</text>`+"\n", html.EscapeString(c.title))
	for i := range c.marks {
		c.marks[i].svg(&b)
	}
	b.WriteString("</svg>\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	return nil
}

func (m *mark) svg(b *strings.Builder) {
	switch m.shape {
	case shapeLine:
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", m.x, m.y, m.x+m.w, m.y+m.h, m.colour)
	case shapeText:
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", m.x, m.y, m.anchor, html.EscapeString(m.text))
	case shapeBar:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", m.x, m.y, m.w, m.h, m.colour)
	case shapeCircle:
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s" fill-opacity="0.8">%s</circle>`+"\n", m.x, m.y, m.colour, tooltip(m.text))
	case shapeSquare:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="8" height="8" fill="%s" fill-opacity="0.8">%s</rect>`+"\n", m.x, m.y, m.colour, tooltip(m.text))
	}
}

// tooltip is what a pointer shows and a screen reader reads.
func tooltip(text string) string {
	if text == "" {
		return ""
	}
	return "<title>" + html.EscapeString(text) + "</title>"
}

// rgb reads a colour.
func rgb(colour string) (r, g, b int) {
	digits := strings.TrimPrefix(colour, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	var n int
	if _, err := fmt.Sscanf(digits, "%x", &n); err != nil {
		return 0, 0, 0
	}
	return n >> 16, n >> 8 & 0xff, n & 0xff
}
