package web

import (
	"cmp"
	"context"
	"html/template"
	"math"
	"net/http"
	"slices"

	"steelyard/report"
)

// showcaseMark is the gap from which an official counts as quiet or showy.
const showcaseMark = report.ShowcaseMark

// mostMovers is how many pieces of evidence a sheet lists.
const mostMovers = 12

// sheetPage is an official's sheet.
type sheetPage struct {
	Cycle     *CycleHead
	Official  *SheetOfficial
	Of        *SheetOf
	Grades    []GradeVersion
	Waterfall template.HTML
	Trend     template.HTML
	Movers    []Piece
	Quota     *Quota // of the class of staff, where it bears on the grade; nil: it does not, or is not the caller's to see
	Own       bool   // whether it is the caller's
}

// Sum is what the points of an explanation add up to, in hundredths exactly.
func (e *SheetOfExplanation) Sum() float64 {
	sum := 0.0
	for _, p := range e.Parts {
		sum += math.Round(100 * p.Points)
	}
	return sum / 100
}

// Whisker draws the composite of a cycle with its interval.
func (t *TrendPoint) Whisker() template.HTML {
	return whisker(t.Composite, t.CompositeLow, t.CompositeHigh)
}

// sheet shows an official's sheet.
func (s *site) sheet(w http.ResponseWriter, r *http.Request) {
	id, official := r.PathValue("cycle"), r.PathValue("official")
	answer, err := Sheet(asking(r), s.api, id, official)
	if err != nil {
		s.refused(w, r, asked("Sheet", err))
		return
	}
	if answer.Official == nil || answer.Cycle == nil {
		s.absent(w, r)
		return
	}
	who := caller(r)
	page := sheetPage{
		Cycle: answer.Cycle, Official: answer.Official, Of: answer.Official.Assessment, Grades: answer.CycleGrades.Nodes,
		Own: who.Official != nil && who.Official.Id == official,
	}
	v := view{Path: cyclesPath + "/" + id + "/officials/" + official, Wide: true}
	words := wordsIn(language(r))
	if page.Of != nil && page.Of.Grade != nil && who.ReadsReports() {
		if page.Quota, err = s.quota(asking(r), id, page.Of); err != nil {
			s.refused(w, r, err)
			return
		}
	}
	if page.Of != nil {
		page.Movers = movers(page.Of.Explanation.Parts)
		if page.Of.Composite != nil {
			page.Waterfall, err = words.waterfall(page.Of.Explanation.Parts)
		}
		if err == nil && len(answer.Official.Assessments) > 0 {
			page.Trend, err = words.trend(answer.Official.Assessments)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
	}
	v.Page = page
	s.show(w, r, http.StatusOK, "sheet", v)
}

// movers are the pieces of evidence that moved a composite most.
func movers(parts []Part) []Piece {
	var pieces []Piece
	for _, p := range parts {
		pieces = append(pieces, p.Evidence...)
	}
	slices.SortStableFunc(pieces, func(a, b Piece) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
	return pieces[:min(len(pieces), mostMovers)]
}

// quota is how many of an official's class of staff may be EXCELLENT; nil where none is
// set.
func (s *site) quota(ctx context.Context, cycle string, of *SheetOf) (*Quota, error) {
	answer, err := Quotas(ctx, s.api, cycle)
	if err != nil {
		return nil, asked("Quotas", err)
	}
	for i := range answer.GradeQuotas {
		if q := &answer.GradeQuotas[i]; q.Unit.Id == of.Unit.Id && q.Position == of.Position {
			return q, nil
		}
	}
	return nil, nil
}
