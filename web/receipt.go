package web

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
)

// foundPage is what a receipt belongs to: one of the two is there. What was written into
// a form that is shown again stands in it.
type foundPage struct {
	Receipt string
	Rating  *Given
	Case    *Followed
	Offer   Marks // what may be marked when the service is rated again
	Levels  []int
	Level   int
	Aspects map[string]int
	Tags    map[string]bool
	Comment string
	MaySay  bool   // whether the resident has the word on the case
	Key     string // makes a further rating that is sent twice harmless
}

func (s *site) askReceipt(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "receipt", view{Path: "/receipt"})
}

// find shows the rating or the case that a receipt belongs to. The receipt comes
// in the body: an address would be kept by browsers and proxies.
func (s *site) find(w http.ResponseWriter, r *http.Request) {
	if s.form(w, r) {
		s.showFound(w, r, foundPage{Receipt: r.PostFormValue("receipt")}, "")
	}
}

// found is what a page's receipt belongs to; false where it belongs to nothing, which has
// been said.
func (s *site) found(w http.ResponseWriter, r *http.Request, page foundPage) (foundPage, bool) {
	answer, err := Find(asking(r), s.api, page.Receipt)
	if err != nil {
		s.fail(w, r, asked("Find", err))
		return page, false
	}
	page.Rating, page.Case, page.Levels, page.Key = answer.RatingByReceipt, answer.CaseByReceipt, levels, rand.Text()
	switch {
	case page.Rating != nil:
		page.Offer = page.Rating.Form
	case page.Case != nil:
		page.MaySay = page.Case.State == CaseStateResolved || page.Case.State == CaseStateClosedUnconfirmed
	default:
		s.show(w, r, http.StatusNotFound, "receipt", view{
			Path: "/receipt", Faults: []fault{{"receipt", wordsIn(language(r)).NoReceipt}}, Page: page.Receipt,
		})
		return page, false
	}
	return page, true
}

// showFound says besides what was done or, with faults, what is to be mended.
func (s *site) showFound(w http.ResponseWriter, r *http.Request, page foundPage, said string, faults ...fault) {
	page, is := s.found(w, r, page)
	if !is {
		return
	}
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	s.show(w, r, status, "found", view{Done: said, Faults: faults, Page: page})
}

// foundControls are what can be wrong in the forms below a receipt.
var foundControls = append([]string{"satisfaction"}, rateControls...)

// word takes the resident's word on a resolution.
func (s *site) word(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	receipt, solved := r.PostFormValue("receipt"), r.PostFormValue("solved")
	if solved != "yes" && solved != "no" {
		s.showFound(w, r, foundPage{Receipt: receipt, Comment: r.PostFormValue("comment")}, "", fault{"solved", wordsIn(language(r)).ChooseSolved})
		return
	}
	var mark *int
	if level, err := strconv.Atoi(r.PostFormValue("satisfaction")); err == nil {
		mark = &level
	}
	answer, err := Confirm(asking(r), s.api, receipt, solved == "yes", r.PostFormValue("comment"), mark)
	if err != nil {
		s.fail(w, r, asked("Confirm", err))
		return
	}
	s.noted(w, r, receipt, answer.ConfirmResolution.UserErrors)
}

// mended takes the resident's mark for what was put right.
func (s *site) mended(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	receipt := r.PostFormValue("receipt")
	level, err := strconv.Atoi(r.PostFormValue("level"))
	if err != nil {
		s.showFound(w, r, foundPage{Receipt: receipt}, "", fault{"level", wordsIn(language(r)).ChooseLevel})
		return
	}
	answer, err := RateMended(asking(r), s.api, receipt, level)
	if err != nil {
		s.fail(w, r, asked("RateMended", err))
		return
	}
	s.noted(w, r, receipt, answer.RateMending.UserErrors)
}

// mediation takes the resident's word in a mediation.
func (s *site) mediation(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	receipt, agree := r.PostFormValue("receipt"), r.PostFormValue("agree")
	if agree != "yes" && agree != "no" {
		s.showFound(w, r, foundPage{Receipt: receipt}, "", fault{"agree", wordsIn(language(r)).ChooseAgree})
		return
	}
	answer, err := AnswerMediator(asking(r), s.api, receipt, agree == "yes")
	if err != nil {
		s.fail(w, r, asked("AnswerMediator", err))
		return
	}
	s.noted(w, r, receipt, answer.AnswerMediation.UserErrors)
}

// noted shows what has become of a resident's word.
func (s *site) noted(w http.ResponseWriter, r *http.Request, receipt string, problems []Problem) {
	page := foundPage{Receipt: receipt, Comment: r.PostFormValue("comment")}
	if len(problems) > 0 {
		s.showFound(w, r, page, "", faultsOf(language(r), problems, foundControls...)...)
		return
	}
	s.showFound(w, r, foundPage{Receipt: receipt}, wordsIn(language(r)).WordTaken)
}

// undo takes a rating back.
func (s *site) undo(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	receipt := r.PostFormValue("receipt")
	answer, err := Undo(asking(r), s.api, receipt)
	if err != nil {
		s.fail(w, r, asked("Undo", err))
		return
	}
	if problems := answer.UndoRating.UserErrors; len(problems) > 0 {
		s.showFound(w, r, foundPage{Receipt: receipt}, "", faultsOf(language(r), problems)...)
		return
	}
	s.show(w, r, http.StatusOK, "undone", view{})
}

// again takes the further rating after a mending, which has a receipt of its own.
func (s *site) again(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := foundPage{
		Receipt: r.PostFormValue("receipt"), Comment: r.PostFormValue("comment"), Aspects: map[string]int{}, Tags: map[string]bool{},
	}
	dimensions, tags := marks(r.PostForm)
	for _, d := range dimensions {
		page.Aspects[d.Dimension] = d.Level
	}
	for _, tag := range tags {
		page.Tags[tag] = true
	}
	var err error
	if page.Level, err = strconv.Atoi(r.PostFormValue("level")); err != nil {
		s.showFound(w, r, page, "", fault{"level", wordsIn(language(r)).ChooseLevel})
		return
	}
	answer, err := Again(asking(r), s.api, page.Receipt, page.Level, dimensions, tags, page.Comment, r.PostFormValue("key"))
	if err != nil {
		s.fail(w, r, asked("Again", err))
		return
	}
	payload := answer.RateAgain
	if payload.Receipt == nil {
		s.showFound(w, r, page, "", faultsOf(language(r), payload.UserErrors, foundControls...)...)
		return
	}
	s.show(w, r, http.StatusOK, "rated", view{Page: *payload.Receipt})
}

// CountedAmong says in which results a rating counts, among how many.
func (w *words) CountedAmong(cycle string, ratings int) string {
	return strings.NewReplacer("{cycle}", cycle, "{n}", strconv.Itoa(ratings)).Replace(w.Counted)
}
