package report

import (
	"fmt"
	"strconv"

	"github.com/xuri/excelize/v2"

	"steelyard/models"
)

// openPoints makes the sheet behind the chart of the quiet and the showy: a
// column of the visibility, then one of the composite for each kind.
func (b *workbook) openPoints(s *Summary) error {
	b.thin = max(1, (s.Middling+maxPoints-1)/maxPoints)
	sheet := b.names.take(b.say("points"))
	if _, err := b.file.NewSheet(sheet); err != nil {
		return fmt.Errorf("make sheet: %w", err)
	}
	var err error
	if b.points, err = b.file.NewStreamWriter(sheet); err != nil {
		return fmt.Errorf("make sheet: %w", err)
	}
	head := make([]any, 4)
	for i, word := range []string{"visibility", "quiet", "showy", "other"} {
		head[i] = excelize.Cell{StyleID: b.styles.head, Value: b.say(word)}
	}
	b.placed.rows = 1
	if err := b.points.SetRow("A1", head); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	return nil
}

// point adds a row's place on the chart.
func (b *workbook) point(row *Row) error {
	line := make([]any, 4)
	switch row.Mark() {
	case MarkNone:
		return nil
	case MarkQuiet:
		line[1] = b.figure(row.Composite)
	case MarkShowy:
		line[2] = b.figure(row.Composite)
	case MarkMiddling:
		if b.placed.middling++; (b.placed.middling-1)%b.thin != 0 {
			return nil
		}
		line[3] = b.figure(row.Composite)
	}
	line[0] = b.figure(row.Visibility)
	b.placed.rows++
	if err := b.points.SetRow("A"+strconv.Itoa(b.placed.rows), line); err != nil {
		return fmt.Errorf("write point: %w", err)
	}
	return nil
}

// summarise writes the first sheet: what the report is of, how many, and charts.
func (b *workbook) summarise(sheet string, s *Summary) error {
	at := &pen{workbook: b, sheet: sheet}
	at.row(cell{b.say("report"), b.styles.title})
	for _, f := range b.facts(b.about) {
		at.row(cell{f.name, b.styles.name}, cell{guarded(f.value), b.styles.text})
	}
	at.line++
	at.tallies(b.say("by_unit"), s.Units, true)
	at.tallies(b.say("by_group"), s.Groups, false)
	at.row(cell{b.say("distribution"), b.styles.name})
	at.row(cell{b.say("composite"), b.styles.head}, cell{b.say("officials"), b.styles.head})
	first := at.line + 1
	for i, n := range s.Distribution {
		at.row(cell{b.say("from_to", strconv.Itoa(100*i/bins), strconv.Itoa(100*(i+1)/bins)), b.styles.text}, cell{n, b.styles.whole})
	}
	at.do(func() error { return b.file.SetColWidth(sheet, "A", "B", 24) })
	at.do(func() error { return b.file.SetColWidth(sheet, "C", "N", 13) })
	at.do(func() error { return b.pageSetup(sheet) })
	at.do(func() error { return b.distributionChart(sheet, first, at.line) })
	at.do(func() error { return b.showcaseChart(sheet) })
	at.do(func() error {
		return b.file.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	})
	return at.err
}

// cell is a value and its look.
type cell struct {
	value any
	style int
}

// pen writes a sheet line by line; after the first error it writes nothing.
type pen struct {
	*workbook
	sheet string
	line  int
	err   error
}

func (p *pen) do(step func() error) {
	if p.err == nil {
		if err := step(); err != nil {
			p.err = fmt.Errorf("write summary: %w", err)
		}
	}
}

func (p *pen) row(cells ...cell) {
	p.line++
	for i, c := range cells {
		if c.value == nil {
			continue
		}
		p.do(func() error {
			name, err := excelize.CoordinatesToCellName(i+1, p.line)
			if err != nil {
				return err
			}
			if err := p.file.SetCellValue(p.sheet, name, c.value); err != nil {
				return err
			}
			return p.file.SetCellStyle(p.sheet, name, name, c.style)
		})
	}
}

// tallies writes a table of counts and means.
func (p *pen) tallies(title string, list []Tally, units bool) {
	p.row(cell{title, p.styles.name})
	words := []string{"peer_group", "officials", "SCORED", "PROVISIONAL", "INSUFFICIENT_EVIDENCE", "EXCELLENT", "BOUNDARY", "mean"}
	if units {
		words = append([]string{"unit_id", "unit_name"}, words[1:]...)
	}
	var head []cell
	for _, w := range words {
		head = append(head, cell{p.say(w), p.styles.head})
	}
	for _, c := range models.ScoreComponents {
		head = append(head, cell{p.say(string(c)), p.styles.head})
	}
	p.row(head...)
	for i := range list {
		t := &list[i]
		row := []cell{{guarded(t.Ref), p.styles.text}}
		if units {
			row = append(row, cell{guarded(t.Name), p.styles.text})
		}
		for _, n := range []int{t.Officials, t.Scored, t.Provisional, t.Insufficient, t.Excellent, t.Boundary} {
			row = append(row, cell{n, p.styles.whole})
		}
		row = append(row, p.mean(t.Mean()))
		for c := range models.ScoreComponents {
			row = append(row, p.mean(t.Component(c)))
		}
		p.row(row...)
	}
	if p.Minimum > 1 {
		p.row(cell{p.say("withheld", strconv.Itoa(p.Minimum)), p.styles.text})
	}
	p.line++
}

func (p *pen) mean(x float64) cell {
	if c, ok := p.figure(x).(excelize.Cell); ok {
		return cell{c.Value, c.StyleID}
	}
	return cell{}
}

// ref names cells of a sheet in a formula of a chart.
func ref(sheet, from, to string) string { return fmt.Sprintf("'%s'!%s:%s", quoted(sheet), from, to) }

// quoted doubles the quotes within a sheet's name.
func quoted(sheet string) string {
	out := make([]rune, 0, len(sheet))
	for _, r := range sheet {
		if r == '\'' {
			out = append(out, r)
		}
		out = append(out, r)
	}
	return string(out)
}

func title(text string) excelize.ChartTitle {
	return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text}}}
}

func (b *workbook) distributionChart(sheet string, first, last int) error {
	gap := uint(20)
	return b.file.AddChart(sheet, "P2", &excelize.Chart{
		Type: excelize.Col, GapWidth: &gap, Title: title(b.say("distribution")), Legend: excelize.ChartLegend{Position: "none"},
		Series: []excelize.ChartSeries{{
			Name:       ref(sheet, "$B$"+strconv.Itoa(first-1), "$B$"+strconv.Itoa(first-1)),
			Categories: ref(sheet, "$A$"+strconv.Itoa(first), "$A$"+strconv.Itoa(last)),
			Values:     ref(sheet, "$B$"+strconv.Itoa(first), "$B$"+strconv.Itoa(last)),
			Fill:       excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{chartBlue}},
		}},
		Dimension: excelize.ChartDimension{Width: 640, Height: 320},
		Format:    excelize.GraphicOptions{AltText: b.say("distribution")},
	})
}

func (b *workbook) showcaseChart(sheet string) error {
	if b.placed.rows < 2 {
		return nil // nobody is on it
	}
	points, low, high := b.points.Sheet, 0.0, 100.0
	var series []excelize.ChartSeries
	for _, s := range []struct{ column, colour, symbol string }{
		{"D", chartGrey, "diamond"}, {"B", chartBlue, "circle"}, {"C", chartOrange, "square"},
	} {
		series = append(series, excelize.ChartSeries{
			Name:       ref(points, "$"+s.column+"$1", "$"+s.column+"$1"),
			Categories: ref(points, "$A$2", "$A$"+strconv.Itoa(b.placed.rows)),
			Values:     ref(points, "$"+s.column+"$2", "$"+s.column+"$"+strconv.Itoa(b.placed.rows)),
			Line:       excelize.LineOptions{Type: excelize.LineNone},
			Marker:     excelize.ChartMarker{Symbol: s.symbol, Size: 5, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.colour}}},
		})
	}
	text := b.say("showcase")
	if b.thin > 1 {
		text += " (" + b.say("thinned", strconv.Itoa(b.thin)) + ")"
	}
	return b.file.AddChart(sheet, "P20", &excelize.Chart{
		Type: excelize.Scatter, Series: series, Title: title(text), Legend: excelize.ChartLegend{Position: "bottom"},
		XAxis:        excelize.ChartAxis{Minimum: &low, Maximum: &high, MajorGridLines: true, Title: title(b.say("showcase_x"))},
		YAxis:        excelize.ChartAxis{Minimum: &low, Maximum: &high, MajorGridLines: true, Title: title(b.say("composite"))},
		Dimension:    excelize.ChartDimension{Width: 640, Height: 480},
		Format:       excelize.GraphicOptions{AltText: text},
		ShowBlanksAs: "gap",
	})
}
