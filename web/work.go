package web

import (
	"context"
	"crypto/rand"
	"net/http"
)

// queuePage is what waits for whoever has signed in.
type queuePage struct {
	Lists   []queueList
	Deeds   []MyDeed
	Reviews []Duty
	Owed    []Owing
	Replies bool // whether answering ratings is the caller's office
	// Text is what was written into a form that is shown again, by rating.
	Text map[string]string
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// queueList is one list of cases. An empty one is left out, except the caller's own.
type queueList struct {
	ID, Title string
	Cases     []Listed
	More      bool
}

// queue shows the work that waits.
func (s *site) queue(w http.ResponseWriter, r *http.Request) {
	s.showQueue(w, r, http.StatusOK, queuePage{}, "")
}

func (s *site) showQueue(w http.ResponseWriter, r *http.Request, status int, page queuePage, notice string) {
	page.Key = rand.Text()
	if err := s.fill(asking(r), wordsIn(language(r)), caller(r), &page); err != nil {
		s.refused(w, r, err)
		return
	}
	s.show(w, r, status, "work", view{Path: workPath, Notice: notice, Done: done(r), Page: page})
}

// fill asks for what the caller's role has to do.
func (s *site) fill(ctx context.Context, words *words, who *Caller, page *queuePage) error {
	switch who.Role {
	case RoleReplyOfficer:
		page.Replies = true
		answer, err := Owed(ctx, s.api)
		if err != nil {
			return asked("Owed", err)
		}
		page.Owed = answer.OwedReplies.Nodes
	case RoleOfficial:
		if err := s.fillMine(ctx, words, who, page); err != nil {
			return err
		}
		return s.fillUnit(ctx, words, who, page)
	case RoleHr:
		return s.fillUnit(ctx, words, who, page)
	}
	return nil
}

// fillMine asks for what an official has in hand.
func (s *site) fillMine(ctx context.Context, words *words, who *Caller, page *queuePage) error {
	if who.Official == nil {
		return nil
	}
	answer, err := Mine(ctx, s.api, who.Official.Id)
	if err != nil {
		return asked("Mine", err)
	}
	page.Lists = append(page.Lists, queueList{ID: "mine", Title: words.MyCases, Cases: answer.Mine.Nodes})
	if answer.Official != nil {
		page.Deeds = answer.Official.UnconfirmedDeeds
	}
	for _, duty := range answer.MyReviewAssignments {
		if !duty.Submitted {
			page.Reviews = append(page.Reviews, duty)
		}
	}
	return nil
}

// fillUnit asks for what waits for anybody of the caller's unit.
func (s *site) fillUnit(ctx context.Context, words *words, who *Caller, page *queuePage) error {
	if who.Unit == nil {
		return nil
	}
	answer, err := Waiting(ctx, s.api, who.Unit.Id)
	if err != nil {
		return asked("Waiting", err)
	}
	for _, list := range []queueList{
		{"offered", words.OfferedCases, answer.Offered.Nodes, false},
		{"exclusions", words.ExclusionCases, answer.Exclusions.Nodes, false},
		{"escalated", words.EscalatedCases, answer.Escalated.Nodes, false},
		{"unassigned", words.UnitCases, answer.Unassigned.Nodes, answer.Unassigned.PageInfo.HasNextPage},
	} {
		if len(list.Cases) > 0 {
			page.Lists = append(page.Lists, list)
		}
	}
	return nil
}

// done is what the address says has been done, if it is something that a page says.
func done(r *http.Request) string {
	return wordsIn(language(r)).Done[r.FormValue("done")]
}

// reply answers a bad rating, or says what was done about it.
func (s *site) reply(w http.ResponseWriter, r *http.Request) {
	rating, text, key := r.PathValue("rating"), r.PostFormValue("text"), r.PostFormValue("key")
	var problems []Problem
	said := "reply"
	if r.PostFormValue("owes") == string(OwedStepMending) {
		said = "mending"
		answer, err := MendRating(asking(r), s.api, rating, text, key)
		if err != nil {
			s.refused(w, r, asked("MendRating", err))
			return
		}
		problems = answer.RecordMending.UserErrors
	} else {
		answer, err := AnswerRating(asking(r), s.api, rating, text, key)
		if err != nil {
			s.refused(w, r, asked("AnswerRating", err))
			return
		}
		problems = answer.ReplyToRating.UserErrors
	}
	if problem := mendable(language(r), problems); problem != "" {
		s.showQueue(w, r, http.StatusUnprocessableEntity, queuePage{Text: map[string]string{rating: text}}, problem)
		return
	}
	s.turn(w, r, workPath, said)
}
