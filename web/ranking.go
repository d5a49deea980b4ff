package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
)

// rankingPage is a page of the ranked report.
type rankingPage struct {
	Cycle  *CycleHead
	Rows   []Leader
	Total  int
	More   url.Values // the query of the next page; nil: there is none
	First  url.Values // the query of the first page
	Later  bool       // whether it is another
	Order  AssessmentOrder
	Tabs   []rankingTab
	Files  url.Values // what the files are narrowed by
	Unit   string
	Group  string
	Search string
	Units  []UnitRef
	Groups []string
	Before string // the name of the cycle before, where something is compared with it
}

// rankingTab is an order of the report, as a question.
type rankingTab struct {
	Title  string
	Query  url.Values
	Chosen bool
}

// rankingOrders are the orders of the report in the order of their tabs.
var rankingOrders = []AssessmentOrder{
	AssessmentOrderRank, AssessmentOrderCompositeDesc, AssessmentOrderImprovementDesc, AssessmentOrderShowcaseGapAsc, AssessmentOrderShowcaseGapDesc,
}

// OrderName is what an order answers.
func (w *words) OrderName(o AssessmentOrder) string {
	switch o {
	case AssessmentOrderCompositeDesc:
		return w.ByComposite
	case AssessmentOrderImprovementDesc:
		return w.ByImproved
	case AssessmentOrderShowcaseGapAsc:
		return w.ByUnsung
	case AssessmentOrderShowcaseGapDesc:
		return w.ByShowy
	}
	return w.ByRank
}

// OrderText says how an order is to be read.
func (w *words) OrderText(o AssessmentOrder) string {
	switch o {
	case AssessmentOrderImprovementDesc:
		return w.ChangeText
	case AssessmentOrderShowcaseGapAsc:
		return w.UnsungText
	case AssessmentOrderShowcaseGapDesc:
		return w.ShowyText
	case AssessmentOrderRank:
		return w.RankText
	}
	return ""
}

// Whisker draws the composite with its interval.
func (a *Row) Whisker() template.HTML { return whisker(a.Composite, a.CompositeLow, a.CompositeHigh) }

// Proposed says whether this grade is proposed.
func (a *Row) Proposed(grade GradeProposal) bool { return a.Grade != nil && *a.Grade == grade }

// Quiet says whether the official is strong and unseen.
func (a *Row) Quiet() bool { return a.ShowcaseGap != nil && *a.ShowcaseGap <= -showcaseMark }

// Showy says whether the official is seen and weak.
func (a *Row) Showy() bool { return a.ShowcaseGap != nil && *a.ShowcaseGap >= showcaseMark }

// Clear says whether an improvement is beyond chance.
func (c *SinceBefore) Clear() bool { return c.Low > 0 }

// ranking shows a page of the ranked report.
func (s *site) ranking(w http.ResponseWriter, r *http.Request) {
	scope, ok := s.scope(w, r)
	if !ok {
		return
	}
	id, order := r.PathValue("cycle"), AssessmentOrder(r.FormValue("order"))
	if !slices.Contains(rankingOrders, order) {
		order = AssessmentOrderRank
	}
	page := rankingPage{Order: order, Unit: r.FormValue("unit"), Group: r.FormValue("group"), Search: r.FormValue("search"), Later: r.FormValue("after") != ""}
	answer, err := Ranking(asking(r), s.api, id, optional(page.Unit), optional(page.Group), optional(page.Search), order, optional(r.FormValue("after")), scope)
	if err != nil {
		s.refused(w, r, asked("Ranking", err))
		return
	}
	if answer.Cycle == nil {
		s.absent(w, r)
		return
	}
	if page.Units, err = s.units(asking(r)); err != nil {
		s.refused(w, r, err)
		return
	}
	page.Cycle, page.Rows, page.Total = answer.Cycle, answer.AssessmentReport.Nodes, answer.AssessmentReport.TotalCount
	for _, g := range answer.UnitReport.Groups {
		page.Groups = append(page.Groups, g.PeerGroup)
	}
	for i := range page.Rows {
		if c := page.Rows[i].Change; c != nil {
			page.Before = c.Before.Cycle.Name
		}
	}
	page.Files, page.First = keep(r, "unit", "group"), keep(r, "unit", "group", "search", "order")
	narrowed := keep(r, "unit", "group", "search")
	for _, o := range rankingOrders {
		page.Tabs = append(page.Tabs, rankingTab{wordsIn(language(r)).OrderName(o), with(narrowed, "order", string(o)), o == order})
	}
	if info := answer.AssessmentReport.PageInfo; info.HasNextPage {
		page.More = with(page.First, "after", info.EndCursor)
	}
	s.show(w, r, http.StatusOK, "ranking", view{
		Path: cyclesPath + "/" + id + "/officials", Query: keep(r, "unit", "group", "search", "order", "after"), Wide: true, Page: page,
	})
}

// keep is what an address says of some names, and of no others.
func keep(r *http.Request, names ...string) url.Values {
	kept := url.Values{}
	for _, name := range names {
		if value := r.FormValue(name); value != "" {
			kept.Set(name, value)
		}
	}
	return kept
}

// with is a query with one more value.
func with(query url.Values, name, value string) url.Values {
	out := url.Values{name: {value}}
	for n, values := range query {
		out[n] = values
	}
	return out
}
