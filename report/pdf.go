package report

import (
	"fmt"
	"io"
	"strconv"

	"codeberg.org/go-pdf/fpdf"
)

// The page: A4 in millimetres.
const (
	pageWidth, pageHeight = 210.0, 297.0
	margin                = 16.0
	footRoom              = 22.0
	bodyType              = 9.5 // points
	headType              = 17.0
	partType              = 12.0
	footType              = 7.0
	leading               = 1.45 // a line's height as a multiple of its type
	pointSize             = 25.4 / 72
)

// paper is a document while it is set. Its bytes hang on its content alone: dates
// are the figures', and everything that the library numbers is sorted.
type paper struct {
	Look
	*typeface
	pdf   *fpdf.Fpdf
	about About
	y     float64 // where the next line goes
}

// newPaper begins a document.
func newPaper(look Look, about About, title string) (*paper, error) {
	face, err := newTypeface(look.Font)
	if err != nil {
		return nil, err
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(about.date())
	pdf.SetModificationDate(about.date())
	pdf.SetProducer("Steelyard", false)
	pdf.SetTitle(title, true)
	pdf.SetLang(string(look.Lang))
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(margin, margin, margin)
	for i, raw := range face.raw {
		pdf.AddUTF8FontFromBytes(faceName(i), "", raw)
	}
	p := &paper{Look: look, typeface: face, pdf: pdf, about: about}
	p.newPage()
	return p, nil
}

func faceName(i int) string { return "face" + strconv.Itoa(i) }

func (p *paper) newPage() {
	p.pdf.AddPage()
	p.y = margin
}

// need begins a new page where less than a height is left, and says so.
func (p *paper) need(height float64) bool {
	if p.y+height <= pageHeight-footRoom {
		return false
	}
	p.newPage()
	return true
}

// put writes a text with its baseline at y; anchor as in charts.
func (p *paper) put(x, y, size float64, anchor, colour, text string) {
	switch wide := p.width(text) * size * pointSize; anchor {
	case "middle":
		x -= wide / 2
	case "end":
		x -= wide
	}
	p.pdf.SetTextColor(rgb(colour))
	for _, r := range p.runs(text) {
		p.pdf.SetFont(faceName(r.face), "", size)
		p.pdf.Text(x, y, r.text)
		x += p.width(r.text) * size * pointSize
	}
}

// lines breaks a text for a width in millimetres.
func (p *paper) lines(text string, width, size float64) []string {
	return breakLines(text, width, func(r rune) float64 { return p.glyph(r).advance * size * pointSize })
}

// lineHeight is how much room a line of a size takes.
func lineHeight(size float64) float64 { return size * pointSize * leading }

// paragraph sets a text across the page.
func (p *paper) paragraph(text string, size float64, colour string) {
	height := lineHeight(size)
	for _, line := range p.lines(text, pageWidth-2*margin, size) {
		p.need(height)
		p.put(margin, p.y+size*pointSize, size, "start", colour, line)
		p.y += height
	}
}

// heading begins a part; it does not stand at the foot of a page alone.
func (p *paper) heading(text string) {
	p.y += 3
	p.need(4 * lineHeight(partType))
	p.paragraph(text, partType, chartBlue)
	p.y++
}

// facts sets names and values in two columns.
func (p *paper) factList(list []fact) {
	rows := make([][]string, len(list))
	for i, f := range list {
		rows[i] = []string{f.name, f.value}
	}
	p.table([]field{{width: 1}, {width: 3.4}}, nil, rows)
}

// field is a column of a table: its share of the page, and whether it holds
// figures.
type field struct {
	width  float64
	figure bool
}

// table sets rows; the head is said again on each page.
func (p *paper) table(fields []field, head []string, rows [][]string) {
	const pad = 1.0
	total := 0.0
	for _, f := range fields {
		total += f.width
	}
	setRow := func(cells []string, colour string, filled bool) float64 {
		split, most := make([][]string, len(cells)), 1
		for i, text := range cells {
			split[i] = p.lines(text, (pageWidth-2*margin)*fields[i].width/total-2*pad, bodyType-1)
			most = max(most, len(split[i]))
		}
		height := float64(most)*lineHeight(bodyType-1) + pad
		if p.y+height > pageHeight-footRoom {
			return -1
		}
		if filled {
			p.pdf.SetFillColor(rgb("#e8f1f8"))
			p.pdf.Rect(margin, p.y, pageWidth-2*margin, height, "F")
		}
		x := margin
		for i, lines := range split {
			wide := (pageWidth - 2*margin) * fields[i].width / total
			for k, line := range lines {
				at, anchor := x+pad, "start"
				if fields[i].figure {
					at, anchor = x+wide-pad, "end"
				}
				p.put(at, p.y+float64(k)*lineHeight(bodyType-1)+bodyType*pointSize, bodyType-1, anchor, colour, line)
			}
			x += wide
		}
		p.y += height
		p.pdf.SetDrawColor(rgb("#cccccc"))
		p.pdf.SetLineWidth(0.1)
		p.pdf.Line(margin, p.y, pageWidth-margin, p.y)
		return height
	}
	setHead := func() {
		if head != nil {
			setRow(head, chartInk, true)
		}
	}
	p.need(3 * lineHeight(bodyType))
	setHead()
	for _, row := range rows {
		if setRow(row, chartInk, false) < 0 {
			p.newPage()
			setHead()
			setRow(row, chartInk, false)
		}
	}
	p.y += 2
}

// chart draws a chart across the page, at most its own size.
func (p *paper) chart(c *chart) {
	scale := min((pageWidth-2*margin)/c.width, 25.4/96)
	scale = min(scale, (pageHeight-footRoom-margin)/c.height)
	p.need(c.height * scale)
	top := p.y
	p.put(margin+16*scale, top+26*scale, titleType*scale/pointSize, "start", chartInk, c.title)
	for i := range c.marks {
		p.mark(&c.marks[i], margin, top, scale)
	}
	p.y = top + c.height*scale + 2
}

func (p *paper) mark(m *mark, left, top, scale float64) {
	x, y := left+m.x*scale, top+m.y*scale
	switch m.shape {
	case shapeText:
		p.put(x, y, m.size*scale/pointSize, m.anchor, m.colour, m.text)
	case shapeLine:
		p.pdf.SetDrawColor(rgb(m.colour))
		p.pdf.SetLineWidth(scale)
		p.pdf.Line(x, y, x+m.w*scale, y+m.h*scale)
	case shapeCircle:
		p.pdf.SetFillColor(rgb(m.colour))
		p.pdf.Circle(x, y, m.w*scale, "F")
	case shapeBar, shapeSquare:
		p.pdf.SetFillColor(rgb(m.colour))
		p.pdf.Rect(x, y, m.w*scale, m.h*scale, "F")
	}
}

// end writes the feet, now that the number of pages is known, and the document.
func (p *paper) end(w io.Writer) error {
	pages := p.pdf.PageCount()
	for n := 1; n <= pages; n++ {
		p.pdf.SetPage(n)
		// The library leaves out a font that it believes is set; on an earlier page
		// another one may be.
		for i := range p.faces {
			p.pdf.SetFont(faceName(i), "", 1)
		}
		y := pageHeight - footRoom + 6
		p.pdf.SetDrawColor(rgb(chartGrey))
		p.pdf.SetLineWidth(0.2)
		p.pdf.Line(margin, y, pageWidth-margin, y)
		p.put(margin, y+4, footType, "start", "#555", p.fit(p.say("policy")+" "+p.policy(p.about), 130, footType))
		p.put(pageWidth-margin, y+4, footType, "end", "#555", p.say("page_of", strconv.Itoa(n), strconv.Itoa(pages)))
		p.put(margin, y+8, footType-1, "start", "#555", p.say("evidence_digest")+" "+digest(p.about.EvidenceDigest))
		p.put(margin, y+11.5, footType-1, "start", "#555", p.say("policy_digest")+" "+digest(p.about.PolicyDigest))
	}
	if err := p.pdf.Output(w); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// fit cuts a text that is wider than a width in millimetres.
func (p *paper) fit(text string, width, size float64) string {
	if lines := p.lines(text, width, size); len(lines) > 1 {
		return lines[0] + "…"
	}
	return text
}
