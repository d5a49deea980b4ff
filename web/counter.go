package web

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
)

// counterPage is what the form of a standing code shows.
type counterPage struct {
	Path     string // of the page
	Code     string
	Offer    *Counter
	Levels   []int // the best first
	Level    int   // chosen already; 0: none
	Official string
	Comment  string
	Aspects  map[string]int  // chosen already, by code
	Tags     map[string]bool // chosen already, by code
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// counter shows what a standing code is for.
func (s *site) counter(w http.ResponseWriter, r *http.Request) {
	s.showCounter(w, r, http.StatusOK, counterPage{Key: rand.Text()})
}

// showCounter shows the form, or that the code cannot be used: at a kiosk's address one
// that is for phones neither, nor the other way round.
func (s *site) showCounter(w http.ResponseWriter, r *http.Request, status int, page counterPage, faults ...fault) {
	page.Code, page.Path = r.PathValue("code"), r.URL.Path
	answer, err := AskCounter(asking(r), s.api, page.Code)
	if err != nil {
		s.fail(w, r, asked("AskCounter", err))
		return
	}
	if answer.CounterOffer == nil || answer.CounterOffer.Kiosk != kiosk(r) {
		s.show(w, r, http.StatusGone, "gone", view{})
		return
	}
	page.Offer, page.Levels = answer.CounterOffer, levels
	s.show(w, r, status, "counter", view{Path: page.Path, Faults: faults, Page: page})
}

// kiosk says whether a page is for a machine that everybody uses.
func kiosk(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/kiosk/") }

// walkIn rates by a standing code. A kiosk goes back to its start by itself, so that
// nobody finds the receipt of the one before.
func (s *site) walkIn(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := counterPage{
		Official: r.PostFormValue("official"), Comment: r.PostFormValue("comment"), Key: r.PostFormValue("key"),
		Aspects: map[string]int{}, Tags: map[string]bool{},
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
		s.showCounter(w, r, http.StatusUnprocessableEntity, page, fault{"level", wordsIn(language(r)).ChooseLevel})
		return
	}
	answer, err := WalkIn(asking(r), s.api, r.PathValue("code"), page.Level, dimensions, tags, page.Comment, optional(page.Official), page.Key)
	if err != nil {
		s.fail(w, r, asked("WalkIn", err))
		return
	}
	payload := answer.SubmitWalkIn
	switch {
	case payload.Receipt != nil:
		back := ""
		if kiosk(r) {
			back = r.URL.Path + "?lang=" + string(language(r))
		}
		s.show(w, r, http.StatusOK, "rated", view{Back: back, Page: *payload.Receipt})
	case has(payload.UserErrors, ErrorCodeGone):
		s.show(w, r, http.StatusGone, "gone", view{})
	case has(payload.UserErrors, ErrorCodeRateLimited):
		s.showCounter(w, r, http.StatusTooManyRequests, page, faultsOf(language(r), payload.UserErrors, rateControls...)...)
	default:
		s.showCounter(w, r, http.StatusUnprocessableEntity, page, faultsOf(language(r), payload.UserErrors, rateControls...)...)
	}
}
