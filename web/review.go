package web

import (
	"context"
	"net/http"
	"strconv"

	"steelyard/messages"
)

// reviewPage is a review that is being written.
type reviewPage struct {
	Duty      *ReviewDuty
	Questions []reviewQuestion
	Contacts  []ReviewContact
	Contact   ReviewContact
	Marks     []int
}

// reviewQuestion is a question as the form asks it, in the reader's language.
type reviewQuestion struct {
	Name   string // of the field: the question's id, or the dimension where none are asked
	Title  string
	About  Dimension
	Levels []string // what marks 1 to 5 stand for; empty: nothing is said
	Chosen int      // 0: nothing
}

// questions are what a duty asks, with what the draft or a form that is shown again says.
func (d *ReviewDuty) questions(english bool, said func(name string) int) []reviewQuestion {
	var out []reviewQuestion
	for _, q := range d.Questions {
		one := reviewQuestion{Name: q.Id, Title: q.TextZh, About: q.Dimension, Chosen: said(q.Id)}
		if english {
			one.Title = q.TextEn
		}
		for _, level := range q.Levels {
			if english {
				one.Levels = append(one.Levels, level.En)
			} else {
				one.Levels = append(one.Levels, level.Zh)
			}
		}
		out = append(out, one)
	}
	if len(d.Questions) == 0 {
		for _, dimension := range AllDimension {
			out = append(out, reviewQuestion{Name: string(dimension), About: dimension, Chosen: said(string(dimension))})
		}
	}
	return out
}

// drafted is what the draft says of a question or dimension; 0: nothing.
func (d *ReviewDuty) drafted(name string) int {
	if d.Draft == nil {
		return 0
	}
	for _, a := range d.Draft.Answers {
		if a.QuestionId == name {
			return a.Score
		}
	}
	for _, m := range d.Draft.Scores {
		if string(m.Dimension) == name {
			return m.Score
		}
	}
	return 0
}

// review shows the form of a review, with what has been kept of it.
func (s *site) review(w http.ResponseWriter, r *http.Request) {
	duty, ok := s.duty(w, r)
	if !ok {
		return
	}
	page := reviewPage{Duty: duty, Contact: ReviewContactMuch}
	if duty.Draft != nil && duty.Draft.Contact != nil {
		page.Contact = *duty.Draft.Contact
	}
	s.showReview(w, r, http.StatusOK, page, duty.drafted, "")
}

func (s *site) showReview(w http.ResponseWriter, r *http.Request, status int, page reviewPage, said func(string) int, notice string) {
	page.Questions = page.Duty.questions(language(r) == messages.English, said)
	page.Contacts, page.Marks = AllReviewContact, levels
	s.show(w, r, status, "review", view{Path: workPath + "/reviews/" + page.Duty.Id, Notice: notice, Done: done(r), Page: page})
}

// duty is the caller's review that an address names.
func (s *site) duty(w http.ResponseWriter, r *http.Request) (*ReviewDuty, bool) {
	duty, err := s.dutyByID(asking(r), r.PathValue("assignment"))
	switch {
	case err != nil:
		s.refused(w, r, err)
	case duty == nil || duty.State == ReviewAssignmentStateSubmitted:
		s.absent(w, r)
	default:
		return duty, true
	}
	return nil, false
}

// dutyByID looks through the caller's duties; nil where it is not there.
func (s *site) dutyByID(ctx context.Context, id string) (*ReviewDuty, error) {
	var after *string
	for {
		answer, err := MyReviews(ctx, s.api, after)
		if err != nil {
			return nil, asked("MyReviews", err)
		}
		duties := answer.MyReviewAssignments
		for i := range duties {
			if duties[i].Id == id {
				return &duties[i], nil
			}
		}
		if len(duties) == 0 {
			return nil, nil
		}
		after = &duties[len(duties)-1].Id
	}
}

// takeReview keeps a review, or hands it in.
func (s *site) takeReview(w http.ResponseWriter, r *http.Request) {
	duty, ok := s.duty(w, r)
	if !ok {
		return
	}
	said := func(name string) int {
		mark, err := strconv.Atoi(r.PostFormValue(name))
		if err != nil {
			return 0
		}
		return mark
	}
	contact := ReviewContact(r.PostFormValue("contact"))
	scores, answers := []DimensionScoreInput{}, []ReviewAnswerInput{}
	for _, q := range duty.questions(false, said) {
		switch {
		case q.Chosen == 0 || contact == ReviewContactNone:
		case len(duty.Questions) == 0:
			scores = append(scores, DimensionScoreInput{q.About, q.Chosen})
		default:
			answers = append(answers, ReviewAnswerInput{q.Name, q.Chosen})
		}
	}
	problems, what, err := s.sendReview(asking(r), r.PostFormValue("do") == "keep", duty.Id, contact, scores, answers)
	if err != nil {
		s.refused(w, r, err)
		return
	}
	if problem := mendable(language(r), problems); problem != "" {
		s.showReview(w, r, http.StatusUnprocessableEntity, reviewPage{Duty: duty, Contact: contact}, said, problem)
		return
	}
	s.turn(w, r, workPath, what)
}

// sendReview keeps a review or hands it in; what is the code of what was done.
func (s *site) sendReview(ctx context.Context, keep bool, id string, contact ReviewContact, scores []DimensionScoreInput, answers []ReviewAnswerInput) (problems []Problem, what string, err error) {
	how := &contact
	if contact == "" {
		how = nil
	}
	if keep {
		answer, err := KeepReview(ctx, s.api, id, how, scores, answers)
		if err != nil {
			return nil, "", asked("KeepReview", err)
		}
		return answer.SaveReviewDraft.UserErrors, "review-kept", nil
	}
	answer, err := HandInReview(ctx, s.api, id, how, scores, answers)
	if err != nil {
		return nil, "", asked("HandInReview", err)
	}
	return answer.SubmitPeerReview.UserErrors, "review-sent", nil
}
