package web

import (
	"crypto/rand"
	"net/http"
	"strconv"
)

// foundPage is what a receipt belongs to: one of the two is there.
type foundPage struct {
	Receipt string
	Rating  *Given
	Case    *Followed
	Levels  []int
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
		s.showFound(w, r, http.StatusOK, r.PostFormValue("receipt"), "")
	}
}

// showFound says besides what is to be mended or, where all is well, what was done.
func (s *site) showFound(w http.ResponseWriter, r *http.Request, status int, receipt, said string) {
	answer, err := Find(asking(r), s.api, receipt)
	if err != nil {
		s.fail(w, r, asked("Find", err))
		return
	}
	page := foundPage{Receipt: receipt, Rating: answer.RatingByReceipt, Case: answer.CaseByReceipt, Levels: levels, Key: rand.Text()}
	if page.Rating == nil && page.Case == nil {
		s.show(w, r, http.StatusNotFound, "receipt", view{Path: "/receipt", Notice: wordsIn(language(r)).NoReceipt, Page: receipt})
		return
	}
	if page.Case != nil {
		page.MaySay = page.Case.State == CaseStateResolved || page.Case.State == CaseStateClosedUnconfirmed
	}
	v := view{Page: page}
	if status == http.StatusOK {
		v.Done = said
	} else {
		v.Notice = said
	}
	s.show(w, r, status, "found", v)
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
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, wordsIn(language(r)).ChooseLevel)
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
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, wordsIn(language(r)).ChooseAgree)
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
	if problem := mendable(problems); problem != "" {
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, problem)
		return
	}
	s.showFound(w, r, http.StatusOK, receipt, wordsIn(language(r)).WordTaken)
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
	if problem := mendable(answer.UndoRating.UserErrors); problem != "" {
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, problem)
		return
	}
	s.show(w, r, http.StatusOK, "undone", view{})
}

// again takes the further rating after a mending, which has a receipt of its own.
func (s *site) again(w http.ResponseWriter, r *http.Request) {
	receipt, level, ok := s.mark(w, r)
	if !ok {
		return
	}
	answer, err := Again(asking(r), s.api, receipt, level, r.PostFormValue("comment"), r.PostFormValue("key"))
	if err != nil {
		s.fail(w, r, asked("Again", err))
		return
	}
	payload := answer.RateAgain
	if payload.Receipt == nil {
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, mendable(payload.UserErrors))
		return
	}
	s.show(w, r, http.StatusOK, "rated", view{Page: *payload.Receipt})
}

// mark reads a receipt and a level; false where there is no level, which has been said.
func (s *site) mark(w http.ResponseWriter, r *http.Request) (receipt string, level int, ok bool) {
	if !s.form(w, r) {
		return "", 0, false
	}
	receipt = r.PostFormValue("receipt")
	level, err := strconv.Atoi(r.PostFormValue("level"))
	if err != nil {
		s.showFound(w, r, http.StatusUnprocessableEntity, receipt, wordsIn(language(r)).ChooseLevel)
	}
	return receipt, level, err == nil
}
