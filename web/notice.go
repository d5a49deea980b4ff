package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
)

// noticePage is the public notice of a cycle.
type noticePage struct {
	Notice   *Notice
	Form     url.Values         // what was written into a form that is shown again
	Receipt  string             // of an objection that was just handed in; shown once
	Standing *ObjectionStanding // of an objection whose receipt was given
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// notice shows the public notice of a cycle to anybody.
func (s *site) notice(w http.ResponseWriter, r *http.Request) {
	s.showNotice(w, r, http.StatusOK, noticePage{}, "")
}

func (s *site) showNotice(w http.ResponseWriter, r *http.Request, status int, page noticePage, notice string) {
	answer, err := NoticeOf(asking(r), s.api, r.PathValue("cycle"))
	if err != nil && !isCode(err, ErrorCodeInvalid) {
		s.fail(w, r, asked("NoticeOf", err))
		return
	}
	if err != nil || answer.PublicNotice == nil {
		s.show(w, r, http.StatusNotFound, "blocked", view{Notice: wordsIn(language(r)).NoNotice})
		return
	}
	page.Notice, page.Key = answer.PublicNotice, rand.Text()
	s.show(w, r, status, "notice", view{Path: "/notice/" + answer.PublicNotice.CycleId, Wide: true, Notice: notice, Page: page})
}

// objectToName takes anybody's objection to a name in a notice, or shows how one stands
// whose receipt is given.
func (s *site) objectToName(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	if receipt := r.PostFormValue("receipt"); receipt != "" {
		answer, err := ObjectionOf(asking(r), s.api, receipt)
		switch {
		case err != nil:
			s.fail(w, r, asked("ObjectionOf", err))
		case answer.ObjectionByReceipt == nil:
			s.showNotice(w, r, http.StatusNotFound, noticePage{}, wordsIn(language(r)).NoReceipt)
		default:
			s.showNotice(w, r, http.StatusOK, noticePage{Standing: answer.ObjectionByReceipt}, "")
		}
		return
	}
	answer, err := ObjectToName(asking(r), s.api, r.PathValue("cycle"), r.PostFormValue("official"),
		r.PostFormValue("grounds"), r.PostFormValue("evidence"), r.PostFormValue("key"))
	switch {
	case isCode(err, ErrorCodeInvalid):
		s.showNotice(w, r, http.StatusUnprocessableEntity, noticePage{Form: r.PostForm}, wordsIn(language(r)).ChooseName)
	case err != nil:
		s.fail(w, r, asked("ObjectToName", err))
	case len(answer.FileObjection.UserErrors) > 0:
		s.showNotice(w, r, http.StatusUnprocessableEntity, noticePage{Form: r.PostForm}, mendable(language(r), answer.FileObjection.UserErrors))
	default:
		s.showNotice(w, r, http.StatusOK, noticePage{Receipt: answer.FileObjection.Receipt}, "")
	}
}
