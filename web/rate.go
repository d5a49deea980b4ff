package web

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ratePage is what the form to rate shows.
type ratePage struct {
	Token   string
	Offer   *Offer
	Levels  []int // the best first
	Level   int   // chosen already; 0: none
	Comment string
	Contact string
	Aspects map[string]int  // chosen already, by code
	Tags    map[string]bool // chosen already, by code
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// rateControls are what can be wrong in a form to rate.
var rateControls = []string{"level", "tags", "aspects", "comment", "contact", "official"}

var levels = []int{5, 4, 3, 2, 1}

// offer shows what a link is for. Looking does not use it.
func (s *site) offer(w http.ResponseWriter, r *http.Request) {
	s.showRate(w, r, http.StatusOK, ratePage{Token: r.PathValue("token"), Key: rand.Text()})
}

// showRate shows the form, or that the link cannot be used.
func (s *site) showRate(w http.ResponseWriter, r *http.Request, status int, page ratePage, faults ...fault) {
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
	s.show(w, r, status, "rate", view{Path: "/r/" + page.Token, Faults: faults, Page: page})
}

// rate uses the link.
func (s *site) rate(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := ratePage{
		Token: r.PathValue("token"), Comment: r.PostFormValue("comment"), Contact: r.PostFormValue("contact"),
		Key: r.PostFormValue("key"), Aspects: map[string]int{}, Tags: map[string]bool{},
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
		s.showRate(w, r, http.StatusUnprocessableEntity, page, fault{"level", wordsIn(language(r)).ChooseLevel})
		return
	}
	answer, err := Rate(asking(r), s.api, page.Token, page.Level, dimensions, tags, page.Comment, page.Contact, page.Key)
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
		s.showRate(w, r, http.StatusUnprocessableEntity, page, faultsOf(language(r), payload.UserErrors, rateControls...)...)
	}
}

// maxMarks bounds what a form may name: the API says what is too much.
const maxMarks = 40

// marks are the aspects and words that were chosen in a form, in the order of their
// names. What is no level counts as not chosen.
func marks(form url.Values) ([]DimensionLevelInput, []string) {
	dimensions, tags := []DimensionLevelInput{}, append([]string{}, form["tag"]...)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		code, is := strings.CutPrefix(name, "aspect-")
		level, err := strconv.Atoi(form.Get(name))
		if is && err == nil && len(dimensions) < maxMarks {
			dimensions = append(dimensions, DimensionLevelInput{Dimension: code, Level: level})
		}
	}
	return dimensions, tags[:min(len(tags), maxMarks)]
}
