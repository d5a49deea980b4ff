package web

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// flagsPage lists the doubts about the evidence of a cycle.
type flagsPage struct {
	Cycle *CycleHead
	List  []FlagLine
	Tabs  []rankingTab
	State string // which are shown, by flagTabs
	Kind  IntegrityFlagKind
	Kinds []IntegrityFlagKind
	Unit  string
	Units []UnitRef
	More  url.Values // the query of the next page; nil: there is none
}

// flagTabs are the ways in which flags are parted, as they stand in an address.
var flagTabs = []string{"", "raised", "appealed", "confirmed", "dismissed"}

// flagStates are the states by the tab that shows them.
var flagStates = map[string]IntegrityFlagState{
	"raised": IntegrityFlagStateRaised, "confirmed": IntegrityFlagStateConfirmed, "dismissed": IntegrityFlagStateDismissed,
}

func flagsPath(r *http.Request) string { return cyclesPath + "/" + r.PathValue("cycle") + "/flags" }

// flags lists the doubts about the evidence of a cycle: to officials the own ones.
func (s *site) flags(w http.ResponseWriter, r *http.Request) {
	page := flagsPage{State: r.FormValue("state"), Kind: IntegrityFlagKind(r.FormValue("kind")), Unit: r.FormValue("unit"), Kinds: AllIntegrityFlagKind}
	if !slices.Contains(flagTabs, page.State) || page.Kind != "" && !slices.Contains(page.Kinds, page.Kind) {
		s.absent(w, r)
		return
	}
	var kind *IntegrityFlagKind
	if page.Kind != "" {
		kind = &page.Kind
	}
	var state *IntegrityFlagState
	if chosen, is := flagStates[page.State]; is {
		state = &chosen
	}
	var appealed *bool
	if yes := true; page.State == "appealed" {
		appealed = &yes
	}
	answer, err := FlagList(asking(r), s.api, r.PathValue("cycle"), kind, state, appealed, optional(page.Unit), optional(r.FormValue("after")))
	if err != nil {
		s.refused(w, r, asked("FlagList", err))
		return
	}
	if answer.Cycle == nil {
		s.absent(w, r)
		return
	}
	page.Cycle, page.List = answer.Cycle, answer.IntegrityFlags.Nodes
	if answer.IntegrityFlags.PageInfo.HasNextPage {
		page.More = with(keep(r, "state", "kind", "unit"), "after", answer.IntegrityFlags.PageInfo.EndCursor)
	}
	for _, name := range flagTabs {
		page.Tabs = append(page.Tabs, rankingTab{wordsIn(language(r)).FlagTabs[name], with(keep(r, "kind", "unit"), "state", name), name == page.State})
	}
	if caller(r).ReadsReports() {
		if page.Units, err = s.units(asking(r)); err != nil {
			s.refused(w, r, err)
			return
		}
	}
	s.show(w, r, http.StatusOK, "flags", view{Path: flagsPath(r), Query: keep(r, "state", "kind", "unit", "after"), Wide: true, Page: page})
}

// flagPage is one doubt, with what the caller may do about it.
type flagPage struct {
	Cycle *CycleHead
	One   *FlagLine
	Form  url.Values // what was written into a form that is shown again
	// Key makes a double click, or a page sent again, harmless.
	Key string

	MayDecide       bool // whether the caller's word is asked for
	MayAppeal       bool // whether the caller may appeal against it
	MayDecideAppeal bool
	OfSecond        bool // whether the appeal waits for another person than the caller
	Replaced        bool // whether another run has replaced the one that raised it
}

// flag shows one doubt.
func (s *site) flag(w http.ResponseWriter, r *http.Request) {
	s.showFlag(w, r, http.StatusOK, nil, "")
}

func (s *site) showFlag(w http.ResponseWriter, r *http.Request, status int, form url.Values, notice string) {
	answer, err := FlagAlone(asking(r), s.api, r.PathValue("cycle"), r.PathValue("flag"))
	if err != nil {
		s.refused(w, r, asked("FlagAlone", err))
		return
	}
	var one *FlagAloneNodeIntegrityFlag
	if answer.Node != nil {
		one, _ = (*answer.Node).(*FlagAloneNodeIntegrityFlag)
	}
	if answer.Cycle == nil || one == nil || one.Cycle.Id != answer.Cycle.Id {
		s.absent(w, r)
		return
	}
	page := flagPage{Cycle: answer.Cycle, One: &one.FlagLine, Form: form, Key: rand.Text()}
	page.allow(caller(r), s.Now().In(s.Zone).Format(time.DateOnly))
	s.show(w, r, status, "flag", view{Path: flagsPath(r) + "/" + one.Id, Wide: true, Notice: notice, Done: done(r), Page: page})
}

// allow says what a caller may do today, so that no form is offered in vain. What is
// legal stays a rule of the API.
func (p *flagPage) allow(who *Caller, today string) {
	own := who.Official != nil && who.Official.Id == p.One.Official.Id
	p.Replaced = p.Cycle.Run != nil && p.Cycle.Run.Id != p.One.RunId // officials see no runs
	open := p.Cycle.State == CycleStateScoring || p.Cycle.State == CycleStatePublished
	waits := p.One.Appeal != nil && p.One.Appeal.State == ObjectionStateFiled
	p.MayDecide = who.Decides() && !own && p.One.State == IntegrityFlagStateRaised && open && !p.Replaced
	p.MayAppeal = who.Role == RoleOfficial && own && p.One.State == IntegrityFlagStateConfirmed && p.One.Appeal == nil &&
		p.One.AppealUntil != nil && today <= *p.One.AppealUntil
	p.OfSecond = who.Decides() && waits && who.Subject == p.One.DecidedBy
	p.MayDecideAppeal = who.Decides() && !own && waits && !p.OfSecond
}

// onFlag takes a person's word on a doubt, an official's appeal, or the word on that.
func (s *site) onFlag(w http.ResponseWriter, r *http.Request) {
	id, reason, key := r.PathValue("flag"), r.PostFormValue("reason"), r.PostFormValue("key")
	yes := r.PostFormValue("is") == "yes"
	var problems []Problem
	var said string
	switch r.PostFormValue("do") {
	case "appeal":
		answer, err := AppealFlagged(asking(r), s.api, id, reason, key)
		if err != nil {
			s.refused(w, r, asked("AppealFlagged", err))
			return
		}
		said, problems = "appealed", answer.AppealFlag.UserErrors
	case "decide-appeal":
		answer, err := DecideOnAppeal(asking(r), s.api, id, yes, reason, key)
		if err != nil {
			s.refused(w, r, asked("DecideOnAppeal", err))
			return
		}
		said, problems = "decided", answer.DecideFlagAppeal.UserErrors
	default:
		answer, err := DecideOnFlag(asking(r), s.api, id, yes, reason, key)
		if err != nil {
			s.refused(w, r, asked("DecideOnFlag", err))
			return
		}
		said, problems = "decided", answer.DecideFlag.UserErrors
	}
	if problem := mendable(language(r), problems); problem != "" {
		s.showFlag(w, r, http.StatusUnprocessableEntity, r.PostForm, problem)
		return
	}
	s.turn(w, r, flagsPath(r)+"/"+id, said)
}

// Months are those of a line of evidence; empty: the whole period.
func (f *FlagFact) Months() string {
	if f.FromMonth == f.ToMonth {
		return f.FromMonth
	}
	return f.FromMonth + " – " + f.ToMonth
}

// Shares draws the official's share over that of the others, 0 to 1 from left to right.
func (f *FlagFact) Shares() template.HTML {
	draw := func(class, y string, share float64) string {
		return `<rect class="` + class + `" x="0" y="` + y + `" height="7" width="` + strconv.FormatFloat(100*share, 'f', 1, 64) + `"/>`
	}
	return template.HTML(`<svg class="shares" viewBox="0 0 100 18" preserveAspectRatio="none" aria-hidden="true">` +
		`<rect class="all" x="0" y="1" height="7" width="100"/>` + draw("own", "1", *f.Share) +
		`<rect class="all" x="0" y="10" height="7" width="100"/>` + draw("usual", "10", *f.Usual) + `</svg>`)
}

// Compared says whether a line of evidence sets a share beside another.
func (f *FlagLine) Compared() bool {
	return slices.ContainsFunc(f.Evidence, func(line FlagFact) bool { return line.Share != nil })
}

// weighedKinds are the doubts by which a run weighs evidence down until a person
// dismisses them.
var weighedKinds = []IntegrityFlagKind{
	IntegrityFlagKindBurst, IntegrityFlagKindCampaignBurst, IntegrityFlagKindClique, IntegrityFlagKindReciprocity,
}

// Weighed says whether what is decided of the doubt changes the next run.
func (f *FlagLine) Weighed() bool { return slices.Contains(weighedKinds, f.Kind) }

// Cost is what the doubt takes from the composite, or gives to it, in points; nil where
// nothing is weighed down or nothing can be told.
func (e *FlagDoes) Cost() *float64 {
	if e.Composite == nil || e.Without == nil {
		return nil
	}
	cost := *e.Composite - *e.Without
	return &cost
}
