package web

import "net/http"

// overStates are the states in which nobody works with the words of a case any more.
var overStates = map[CaseState]bool{
	CaseStateConfirmed: true, CaseStateClosedUnconfirmed: true, CaseStateRejected: true, CaseStateWithdrawn: true,
}

// MayErase says whether there may be words to be erased. A contact that was left with a
// rating is not shown here, so that it may be there where the comment is not; those of a
// case are needed as long as it is worked on.
func (p foundPage) MayErase() bool {
	return p.Rating != nil || p.Case != nil && p.Case.ErasedOn == nil && overStates[p.Case.State]
}

// erase asks whether the words behind a receipt are to be erased and, where that was
// answered, erases them: they cannot be brought back.
func (s *site) erase(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	page := foundPage{Receipt: r.PostFormValue("receipt")}
	if r.PostFormValue("sure") != "yes" {
		if found, is := s.found(w, r, page); is {
			s.show(w, r, http.StatusOK, "erase", view{Page: found})
		}
		return
	}
	answer, err := EraseWords(asking(r), s.api, page.Receipt, r.PostFormValue("key"))
	if err != nil {
		s.fail(w, r, asked("EraseWords", err))
		return
	}
	if problems := answer.EraseMine.UserErrors; len(problems) > 0 {
		s.showFound(w, r, page, "", faultsOf(language(r), problems)...)
		return
	}
	s.showFound(w, r, page, wordsIn(language(r)).Erased)
}
