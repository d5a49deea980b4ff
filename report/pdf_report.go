package report

import (
	"io"
	"strconv"
	"strings"

	"steelyard/messages"
	"steelyard/models"
)

// maxPaperRows is the longest report that is set as pages: some two hundred. A
// document is held in memory until it ends, and nobody reads a longer one.
const maxPaperRows = 10_000

// PDF writes a report as pages: what it is of, counts and charts, then a line an
// official. INVALID for one longer than anybody reads: a workbook or CSV holds it.
func PDF(w io.Writer, look Look, r Report) error {
	s, err := Summarise(r.Rows, look.Minimum)
	if err != nil {
		return err
	}
	if err := CheckLength(models.FormatPDF, s.All.Officials); err != nil {
		return err
	}
	p, err := newPaper(look, r.About, look.say("report"))
	if err != nil {
		return err
	}
	p.paragraph(look.say("report"), headType, chartInk)
	p.factList(look.facts(r.About))
	p.paragraph(look.say("scale_note"), bodyType, "#555")
	p.heading(look.say("summary"))
	p.tallies("unit_name", s.Units)
	p.tallies("peer_group", s.Groups)
	if look.Minimum > 1 {
		p.paragraph(look.say("withheld", strconv.Itoa(look.Minimum)), bodyType-1, "#555")
	}
	p.chart(drawDistribution(Words{Title: look.say("distribution"), Y: look.say("officials")}, s.Distribution))
	showcase, err := drawShowcase(look.showcaseWords(), r.Rows)
	if err != nil {
		return err
	}
	p.chart(showcase)
	p.heading(look.say("officials"))
	if err := p.officials(r.Rows); err != nil {
		return err
	}
	return p.end(w)
}

func (p *paper) tallies(name string, list []Tally) {
	head := []string{p.say(name), p.say("officials"), p.say("SCORED"), p.say("PROVISIONAL"), p.say("INSUFFICIENT_EVIDENCE"), p.say("EXCELLENT"), p.say("mean")}
	rows := make([][]string, len(list))
	for i := range list {
		t := &list[i]
		rows[i] = []string{t.Name}
		for _, n := range []int{t.Officials, t.Scored, t.Provisional, t.Insufficient, t.Excellent} {
			rows[i] = append(rows[i], strconv.Itoa(n))
		}
		rows[i] = append(rows[i], printed(t.Mean()))
	}
	p.table([]field{{2.4, false}, {1, true}, {1, true}, {1.1, true}, {1.4, true}, {1, true}, {1.3, true}}, head, rows)
}

// officials sets a line for each.
func (p *paper) officials(rows Rows) error {
	head := []string{
		p.say("official_name"), p.say("unit_name"), p.say("peer_group"), p.say("composite"), p.say("interval"), p.say("rank"), p.say("grade"), p.say("flags"),
	}
	var lines [][]string
	for r, err := range rows {
		if err != nil {
			return err
		}
		lines = append(lines, []string{
			strings.TrimSpace(r.OfficialName + " " + r.Official), firstOf(r.UnitName, r.Unit), r.PeerGroup,
			firstOf(printed(r.Composite), p.say(string(r.Status))), p.interval(r), p.rank(r), p.say(string(r.Grade)), p.flags(r.Flags),
		})
	}
	p.table([]field{{1.6, false}, {1.7, false}, {1.2, false}, {1, true}, {1.3, true}, {1.4, true}, {1.1, false}, {1.4, false}}, head, lines)
	return nil
}

func firstOf(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// interval prints the composite's interval; nothing without one.
func (p *paper) interval(r *Row) string {
	low, high := printed(r.Low), printed(r.High)
	if low == "" || high == "" {
		return ""
	}
	return low + " – " + high
}

// rank prints the rank with its interval; nothing without one.
func (p *paper) rank(r *Row) string {
	if r.Rank == 0 {
		return ""
	}
	return p.say("of_rank", strconv.Itoa(r.Rank), strconv.Itoa(r.RankLow), strconv.Itoa(r.RankHigh))
}

// Sheet is all that an official's assessment is made of.
type Sheet struct {
	About
	Row
	Assessment *models.Assessment
	Parts      []*models.ScorePart // in their order
	Trend      []TrendPoint        // the earlier cycles, the oldest first
}

// TrendPoint is an official's figures in one cycle.
type TrendPoint struct {
	Cycle                string
	Period               models.Period
	Composite, Low, High float64 // NaN where there is none
}

// WriteSheet writes an official's sheet as pages: composite, interval, rank and
// components, why they are what they are, and the pieces of evidence that the
// rules of privacy have left.
func WriteSheet(w io.Writer, look Look, s Sheet) error {
	p, err := newPaper(look, s.About, look.say("sheet"))
	if err != nil {
		return err
	}
	p.paragraph(look.say("sheet")+" "+strings.TrimSpace(s.OfficialName+" "+s.Official), headType, chartInk)
	p.factList(p.standing(&s))
	p.paragraph(look.say("scale_note"), bodyType, "#555")
	p.heading(look.say("components"))
	p.components(s.Assessment)
	if len(s.Parts) > 0 {
		p.heading(look.say("explanation"))
		p.chart(drawWaterfall(Words{Title: look.say("composite"), Sum: look.say("composite")}, look.steps(s.Parts)))
		p.evidence(s.Parts)
	}
	if len(s.Trend) > 0 {
		p.heading(look.say("trend"))
		rows := make([][]string, len(s.Trend))
		for i, t := range s.Trend {
			row := Row{Low: t.Low, High: t.High}
			rows[i] = []string{t.Cycle, look.say("period_of", t.Period.From.String(), t.Period.To.String()), printed(t.Composite), p.interval(&row)}
		}
		p.table([]field{{2, false}, {2, false}, {1, true}, {1.4, true}},
			[]string{look.say("cycle"), look.say("period"), look.say("composite"), look.say("interval")}, rows)
	}
	return p.end(w)
}

// standing are the lines at the head of a sheet.
func (p *paper) standing(s *Sheet) []fact {
	list := []fact{
		{p.say("unit_name"), firstOf(s.UnitName, s.Row.Unit)},
		{p.say("position"), s.Position},
		{p.say("peer_group"), s.Row.PeerGroup},
		{p.say("cycle"), s.Cycle + " " + p.say("period_of", s.Period.From.String(), s.Period.To.String())},
		{p.say("status"), p.say(string(s.Status))},
		{p.say("composite"), firstOf(printed(s.Composite), p.say("none"))},
		{p.say("interval"), firstOf(p.interval(&s.Row), p.say("none"))},
		{p.say("rank"), firstOf(p.rank(&s.Row), p.say("none"))},
		{p.say("grade"), firstOf(p.say(string(s.Grade)), p.say("none"))},
	}
	for _, f := range []struct {
		name  string
		value *models.Score
	}{
		{"reliability", s.Assessment.Reliability},
		{"without_halo", s.Assessment.WithoutHalo},
		{"geometric", s.Assessment.Geometric},
		{"visibility", s.Assessment.Visibility},
		{"showcase_gap", s.Assessment.ShowcaseGap},
	} {
		if f.value != nil {
			list = append(list, fact{p.say(f.name), printed(float64(*f.value))})
		}
	}
	if len(s.Flags) > 0 {
		list = append(list, fact{p.say("flags"), p.flags(s.Flags)})
	}
	if !s.MadeAt.IsZero() {
		list = append(list, fact{p.say("made"), p.moment(s.MadeAt)})
	}
	return list
}

func (p *paper) components(a *models.Assessment) {
	var rows [][]string
	for _, name := range models.ScoreComponents {
		c := a.Component(name)
		counts := p.say("no")
		if c.Counts {
			counts = p.say("yes")
		}
		rows = append(rows, []string{
			p.say(string(name)), printed(number(c.Value)), printed(number(c.SE)), printed(float64(c.N)), counts, printed(float64(c.Weight)),
		})
	}
	p.table([]field{{2, false}, {1, true}, {1, true}, {1, true}, {1, true}, {1, true}},
		[]string{p.say("component"), p.say("value"), p.say("se"), p.say("n"), p.say("counts"), p.say("weight")}, rows)
}

// label names a line of an explanation.
func (l Look) label(part *models.ScorePart) string {
	text := messages.Part(l.Lang, part.Code)
	if part.Component == "" {
		return text
	}
	return l.say(string(part.Component)) + ": " + text
}

func (l Look) steps(parts []*models.ScorePart) []Step {
	steps := make([]Step, len(parts))
	for i, part := range parts {
		steps[i] = Step{Label: l.label(part), Points: part.Points}
	}
	return steps
}

// evidence lists the pieces that an explanation was stored with: what is below
// the thresholds was left out there.
func (p *paper) evidence(parts []*models.ScorePart) {
	var rows [][]string
	for _, part := range parts {
		for _, e := range part.Pieces {
			rows = append(rows, []string{
				p.label(part), p.say(e.Source), e.Month, e.Kind, printed(float64(e.Value)), printed(float64(e.Weight)), signed(float64(e.Effect)),
			})
		}
	}
	p.heading(p.say("evidence"))
	p.paragraph(p.say("evidence_rule"), bodyType, "#555")
	if len(rows) == 0 {
		p.paragraph(p.say("none"), bodyType, chartInk)
		return
	}
	p.table([]field{{2.6, false}, {1, false}, {1, false}, {1.8, false}, {1, true}, {1, true}, {1, true}},
		[]string{p.say("part"), p.say("source"), p.say("month"), p.say("kind"), p.say("value"), p.say("weight"), p.say("effect")}, rows)
}
