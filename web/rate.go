package web

import (
	"crypto/rand"
	"net/http"
	"strconv"
)

// ratePage is what the form to rate shows.
type ratePage struct {
	Token   string
	Offer   *Offer
	Levels  []int // the best first
	Level   int   // chosen already; 0: none
	Comment string
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

var levels = []int{5, 4, 3, 2, 1}

// offer shows what a link is for. Looking does not use it.
func (s *site) offer(w http.ResponseWriter, r *http.Request) {
	s.showRate(w, r, http.StatusOK, ratePage{Token: r.PathValue("token"), Key: rand.Text()}, "")
}

// showRate shows the form, or that the link cannot be used.
func (s *site) showRate(w http.ResponseWriter, r *http.Request, status int, page ratePage, notice string) {
	answer, err := AskOffer(asking(r), s.api, page.Token)
	if err != nil {
		s.fail(w, r, asked("AskOffer", err))
		return
	}
	if answer.RatingInvitation == nil {
		s.show(w, r, http.StatusGone, "gone", view{})
		return
	}
	page.Offer, page.Levels = answer.RatingInvitation, levels
	s.show(w, r, status, "rate", view{Path: "/r/" + page.Token, Notice: notice, Page: page})
}

// rate uses the link.
func (s *site) rate(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := ratePage{Token: r.PathValue("token"), Comment: r.PostFormValue("comment"), Key: r.PostFormValue("key")}
	var err error
	if page.Level, err = strconv.Atoi(r.PostFormValue("level")); err != nil {
		s.showRate(w, r, http.StatusUnprocessableEntity, page, wordsIn(language(r)).ChooseLevel)
		return
	}
	answer, err := Rate(asking(r), s.api, page.Token, page.Level, page.Comment, page.Key)
	if err != nil {
		s.fail(w, r, asked("Rate", err))
		return
	}
	payload := answer.SubmitRating
	switch {
	case payload.Receipt != nil:
		s.show(w, r, http.StatusOK, "rated", view{Page: *payload.Receipt})
	case has(payload.UserErrors, ErrorCodeGone):
		s.show(w, r, http.StatusGone, "gone", view{})
	default:
		s.showRate(w, r, http.StatusUnprocessableEntity, page, mendable(payload.UserErrors))
	}
}
