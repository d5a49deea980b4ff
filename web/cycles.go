package web

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

// cyclesPath is below [workPath], as everything is that is asked for with a token.
const cyclesPath = workPath + "/cycles"

// cyclesPage lists the cycles.
type cyclesPage struct {
	Cycles []CycleLine
	More   string // the cursor of the next page; empty: there is none
}

// cycles lists the cycles that the caller sees.
func (s *site) cycles(w http.ResponseWriter, r *http.Request) {
	answer, err := CycleList(asking(r), s.api, optional(r.FormValue("after")))
	if err != nil {
		s.refused(w, r, asked("CycleList", err))
		return
	}
	page := cyclesPage{Cycles: answer.Cycles.Nodes}
	if answer.Cycles.PageInfo.HasNextPage {
		page.More = answer.Cycles.PageInfo.EndCursor
	}
	s.show(w, r, http.StatusOK, "cycles", view{Path: cyclesPath, Wide: true, Page: page})
}

// optional is a text that may be left out.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ReadsReports says whether the caller sees the assessments of others.
func (c *Caller) ReadsReports() bool { return c.Role == RoleHr || c.Role == RoleAuditor }

// SeesCycles says whether there is something of assessments for the caller to see.
func (c *Caller) SeesCycles() bool { return c.ReadsReports() || c.Role == RoleOfficial }

// ComparesPolicies says whether the caller may try other weights.
func (c *Caller) ComparesPolicies() bool { return c.Role == RoleHr }

// cycleStates are the states that a cycle goes through.
var cycleStates = []CycleState{
	CycleStateDraft, CycleStateCollecting, CycleStateScoring, CycleStatePublished, CycleStateDecided, CycleStateFinal,
}

// States are the states that a cycle goes through, for the line of its steps.
func (*CycleHead) States() []CycleState { return cycleStates }

// Passed says whether a cycle has left a state behind.
func (c *CycleHead) Passed(state CycleState) bool {
	return slices.Index(cycleStates, state) < slices.Index(cycleStates, c.State)
}

// Published says whether officials see their own results.
func (c *CycleHead) Published() bool { return !slices.Contains(cycleStates[:3], c.State) }

// Noticed says whether a public notice stands.
func (c *CycleHead) Noticed() bool { return c.Published() }

// mostPoints is how many officials the chart of the quiet and the showy can show so that
// they can be told apart.
const mostPoints = 1000

// overviewPage is a cycle as a whole.
type overviewPage struct {
	*OverviewResponse
	Unit         string
	Units        []UnitRef
	Distribution template.HTML
	Showcase     template.HTML // empty: too many points
	Groups       []GroupLine
}

// overview shows a cycle as a whole.
func (s *site) overview(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("cycle")
	unit, ok := s.scope(w, r)
	if !ok {
		return
	}
	answer, err := Overview(asking(r), s.api, id, unit)
	if err != nil {
		s.refused(w, r, asked("Overview", err))
		return
	}
	if answer.Cycle == nil {
		s.absent(w, r)
		return
	}
	page := overviewPage{OverviewResponse: answer, Unit: r.FormValue("unit"), Groups: answer.UnitReport.Groups}
	words := wordsIn(language(r))
	points, fits, err := s.points(asking(r), id, unit)
	if err == nil && fits {
		page.Showcase, err = words.showcase(points)
	}
	if err == nil {
		page.Distribution, err = words.distribution(answer.UnitReport.Distribution)
	}
	if err == nil {
		page.Units, err = s.units(asking(r))
	}
	if err != nil {
		s.refused(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "overview", view{Path: cyclesPath + "/" + id, Query: keep(r, "unit"), Wide: true, Page: page})
}

// scope is the unit that a page is asked for: the caller's whole scope where none is
// named. Without a scope nothing of others can be seen, which has been said.
func (s *site) scope(w http.ResponseWriter, r *http.Request) (string, bool) {
	who := caller(r)
	if !who.ReadsReports() {
		s.show(w, r, http.StatusForbidden, "blocked", view{Notice: wordsIn(language(r)).NotYourRole})
		return "", false
	}
	if unit := r.FormValue("unit"); unit != "" {
		return unit, true
	}
	if who.Unit == nil {
		s.absent(w, r)
		return "", false
	}
	return who.Unit.Id, true
}

// absent says that there is nothing, or nothing to be seen.
func (s *site) absent(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusNotFound, "blocked", view{Notice: wordsIn(language(r)).NothingThere})
}

// points are all of a unit's; false where they are too many for a chart.
func (s *site) points(ctx context.Context, cycle, unit string) ([]ShowcasePoint, bool, error) {
	var points []ShowcasePoint
	var after *string
	for {
		answer, err := ShowcasePoints(ctx, s.api, cycle, unit, after)
		if err != nil {
			return nil, false, asked("ShowcasePoints", err)
		}
		report := answer.AssessmentReport
		if report.TotalCount > mostPoints {
			return nil, false, nil
		}
		points = append(points, report.Nodes...)
		if after = &report.PageInfo.EndCursor; !report.PageInfo.HasNextPage {
			return points, true, nil
		}
	}
}

// mostUnits is how many units are offered to choose from.
const mostUnits = 500

// units are those of the caller's scope.
func (s *site) units(ctx context.Context) ([]UnitRef, error) {
	var units []UnitRef
	var after *string
	for {
		answer, err := UnitList(ctx, s.api, after)
		if err != nil {
			return nil, asked("UnitList", err)
		}
		units = append(units, answer.OrgUnits.Nodes...)
		if after = &answer.OrgUnits.PageInfo.EndCursor; !answer.OrgUnits.PageInfo.HasNextPage || len(units) >= mostUnits {
			return units, nil
		}
	}
}

// fileFormats are the files of a report by the last word of their address.
var fileFormats = map[string]ReportFormat{"csv": ReportFormatCsv, "xlsx": ReportFormatXlsx, "pdf": ReportFormatPdf}

// reportFile sends the report as a file.
func (s *site) reportFile(w http.ResponseWriter, r *http.Request) {
	format, is := fileFormats[r.PathValue("format")]
	if !is {
		s.absent(w, r)
		return
	}
	answer, err := ReportFile(asking(r), s.api, format, r.PathValue("cycle"), optional(r.FormValue("unit")), optional(r.FormValue("group")))
	if err != nil {
		s.refused(w, r, asked("ReportFile", err))
		return
	}
	s.send(w, r, answer.ExportReport)
}

// sheetFile sends an official's sheet as a file.
func (s *site) sheetFile(w http.ResponseWriter, r *http.Request) {
	answer, err := SheetFile(asking(r), s.api, r.PathValue("cycle"), r.PathValue("official"))
	if err != nil {
		s.refused(w, r, asked("SheetFile", err))
		return
	}
	s.send(w, r, answer.ExportOfficialSheet)
}

// send writes a file to be kept. Nothing of it is kept by anybody between.
func (s *site) send(w http.ResponseWriter, r *http.Request, file File) {
	content := []byte(file.Content)
	if file.Encoding == ContentEncodingBase64 {
		var err error
		if content, err = base64.StdEncoding.DecodeString(file.Content); err != nil {
			s.fail(w, r, errors.Join(errors.New("read a file of the API"), err))
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", file.MediaType)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", strings.ReplaceAll(file.Filename, `"`, "")))
	h.Set("Cache-Control", "no-store")
	if _, err := w.Write(content); err != nil {
		return // the reader has gone: there is nobody to tell
	}
}
