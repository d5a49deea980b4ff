package web

import (
	"net/http"
	"strconv"
)

// foundPage is what a receipt belongs to: one of the two is there.
type foundPage struct {
	Receipt string
	Rating  *Given
	Case    *Followed
	Levels  []int
	MaySay  bool // whether the resident has the word on the case
}

func (s *site) askReceipt(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "receipt", view{Path: "/receipt"})
}

// find shows the rating or the case that a receipt belongs to. The receipt comes
// in the body: an address would be kept by browsers and proxies.
func (s *site) find(w http.ResponseWriter, r *http.Request) {
	if s.form(w, r) {
		s.showFound(w, r, http.StatusOK, r.PostFormValue("receipt"), "")
	}
}

func (s *site) showFound(w http.ResponseWriter, r *http.Request, status int, receipt, notice string) {
	answer, err := Find(asking(r), s.api, receipt)
	if err != nil {
		s.fail(w, r, asked("Find", err))
		return
	}
	page := foundPage{Receipt: receipt, Rating: answer.RatingByReceipt, Case: answer.CaseByReceipt, Levels: levels}
	if page.Rating == nil && page.Case == nil {
		s.show(w, r, http.StatusNotFound, "receipt", view{Path: "/receipt", Notice: wordsIn(language(r)).NoReceipt, Page: receipt})
		return
	}
	if page.Case != nil {
		page.MaySay = page.Case.State == CaseStateResolved || page.Case.State == CaseStateClosedUnconfirmed
	}
	s.show(w, r, status, "found", view{Notice: notice, Page: page})
}

// word takes the resident's word on a resolution.
func (s *site) word(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	receipt, solved := r.PostFormValue("receipt"), r.PostFormValue("solved")
	if solved != "yes" && solved != "no" {
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, wordsIn(language(r)).ChooseSolved)
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
	if problem := mendable(answer.ConfirmResolution.UserErrors); problem != "" {
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, problem)
		return
	}
	s.showFound(w, r, http.StatusOK, receipt, wordsIn(language(r)).WordTaken)
}
