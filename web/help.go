package web

import "net/http"

// helpPage is where who was helped says so.
type helpPage struct {
	Receipt string
	Title   string // of the deed, once the word is taken
}

func (s *site) askHelp(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "help", view{Path: "/deed", Page: helpPage{}})
}

// help takes the word of who was helped, by the code that the official handed over.
func (s *site) help(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := helpPage{Receipt: r.PostFormValue("receipt")}
	said := r.PostFormValue("done")
	if said != "yes" && said != "no" {
		s.show(w, r, http.StatusUnprocessableEntity, "help", view{Path: "/deed", Faults: []fault{{"done", wordsIn(language(r)).ChooseHelp}}, Page: page})
		return
	}
	answer, err := ConfirmHelp(asking(r), s.api, page.Receipt, said == "yes")
	if err != nil {
		s.fail(w, r, asked("ConfirmHelp", err))
		return
	}
	if answer.ConfirmDeed.Deed == nil {
		s.show(w, r, http.StatusUnprocessableEntity, "help", view{Path: "/deed", Faults: faultsOf(language(r), answer.ConfirmDeed.UserErrors, "receipt", "done"), Page: page})
		return
	}
	page.Title = answer.ConfirmDeed.Deed.Title
	s.show(w, r, http.StatusOK, "help", view{Path: "/deed", Done: wordsIn(language(r)).WordTaken, Page: page})
}
