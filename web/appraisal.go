package web

import (
	"crypto/rand"
	"net/http"
)

// appraisalPage is what the form of a democratic appraisal shows.
type appraisalPage struct {
	Code    string
	Form    *Ballot
	Grades  []AppraisalGrade
	Chosen  map[string]AppraisalGrade // by official; who is missing is abstained on
	Comment string
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// appraise shows what a code is for. Looking does not use it.
func (s *site) appraise(w http.ResponseWriter, r *http.Request) {
	s.showAppraisal(w, r, http.StatusOK, appraisalPage{Code: r.PathValue("code"), Key: rand.Text()}, "")
}

// showAppraisal shows the form, or that the code cannot be used.
func (s *site) showAppraisal(w http.ResponseWriter, r *http.Request, status int, page appraisalPage, notice string) {
	answer, err := AskBallot(asking(r), s.api, page.Code)
	if err != nil {
		s.fail(w, r, asked("AskBallot", err))
		return
	}
	if answer.AppraisalForm == nil {
		s.show(w, r, http.StatusGone, "appraisalgone", view{})
		return
	}
	page.Form, page.Grades = answer.AppraisalForm, AllAppraisalGrade
	s.show(w, r, status, "appraisal", view{Path: "/appraisal/" + page.Code, Notice: notice, Page: page})
}

// vote uses the code.
func (s *site) vote(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := appraisalPage{
		Code: r.PathValue("code"), Comment: r.PostFormValue("comment"), Key: r.PostFormValue("key"), Chosen: map[string]AppraisalGrade{},
	}
	marks := []AppraisalMarkInput{}
	for _, id := range r.PostForm["official"] {
		grade := AppraisalGrade(r.PostFormValue("grade-" + id))
		if grade == "" {
			grade = AppraisalGradeAbstain
		}
		page.Chosen[id] = grade
		marks = append(marks, AppraisalMarkInput{OfficialId: id, Grade: grade})
	}
	answer, err := VoteOn(asking(r), s.api, page.Code, marks, page.Comment, page.Key)
	if err != nil {
		s.fail(w, r, asked("VoteOn", err))
		return
	}
	payload := answer.SubmitAppraisal
	switch {
	case payload.Submitted:
		s.show(w, r, http.StatusOK, "appraised", view{})
	case has(payload.UserErrors, ErrorCodeGone):
		s.show(w, r, http.StatusGone, "appraisalgone", view{})
	default:
		s.showAppraisal(w, r, http.StatusUnprocessableEntity, page, mendable(language(r), payload.UserErrors))
	}
}
