package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/web/inprocess"
)

const (
	// sessionCookie holds the bearer token of an official who has signed in. It goes
	// to the pages below workPath alone: to all others an official is a stranger.
	sessionCookie = "steelyard_session"
	workPath      = "/work"
	// maxToken is the longest token that a browser keeps in a cookie, with its
	// attributes, in bytes.
	maxToken = 3800
)

// cookie is the session's cookie with a token; an empty one ends it. It lasts until
// the browser is closed, and never longer than the token holds.
func (s *site) cookie(token string) *http.Cookie {
	c := &http.Cookie{
		Name: sessionCookie, Value: token, Path: workPath,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// Session is the bearer token of the session that a request belongs to; empty: of none.
func Session(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *site) askToken(w http.ResponseWriter, r *http.Request) {
	back := r.FormValue("back")
	page := view{Path: "/sign-in", Page: s.ways(back)}
	if back != "" {
		page.Query = url.Values{"back": {wanted(back)}}
	}
	s.show(w, r, http.StatusOK, "sign-in", page)
}

// signIn takes a token that the API knows.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	token := strings.TrimSpace(r.PostFormValue("token"))
	if token == "" || len(token) > maxToken || strings.ContainsFunc(token, unfit) {
		s.refuseToken(w, r, wordsIn(language(r)).BadToken)
		return
	}
	answer, err := Who(inprocess.As(asking(r), token), s.api)
	switch {
	case isUnauthenticated(err) || err == nil && answer.Me == nil:
		s.refuseToken(w, r, wordsIn(language(r)).BadToken)
	case isCode(err, ErrorCodeForbidden): // who may not even ask who they are
		s.refuseToken(w, r, wordsIn(language(r)).MachineToken)
	case err != nil:
		s.fail(w, r, asked("Who", err))
	default:
		http.SetCookie(w, s.cookie(token))
		s.turn(w, r, wanted(r.PostFormValue("back")), "")
	}
}

// unfit says whether a character cannot stand in a token, nor so in a cookie.
func unfit(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`",;\`, c) }

func (s *site) refuseToken(w http.ResponseWriter, r *http.Request, notice string) {
	s.show(w, r, http.StatusUnprocessableEntity, "sign-in", view{Path: "/sign-in", Notice: notice, Page: s.ways(r.PostFormValue("back"))})
}

// signOut forgets the token on this device. One of a sign-in by the provider holds nowhere
// any more; another one elsewhere, until it expires or is revoked.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	http.SetCookie(w, s.cookie(""))
	if c, err := r.Cookie(sessionCookie); err == nil && s.Provider != nil {
		elsewhere, err := s.Provider.End(r.Context(), c.Value)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if elsewhere != "" {
			page := s.ways("")
			page.Elsewhere = elsewhere
			s.show(w, r, http.StatusOK, "sign-in", view{Path: "/sign-in", Page: page})
			return
		}
	}
	s.turn(w, r, "/sign-in", "")
}

// signed is a page for who has signed in. What it asks the API, it asks as them. Its
// form, if it has one, is read before the page is asked.
func (s *site) signed(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.form(w, r) {
			return
		}
		token := Session(r)
		if token == "" {
			s.askToSignIn(w, r)
			return
		}
		r = r.WithContext(inprocess.As(r.Context(), token))
		answer, err := Who(asking(r), s.api)
		if err != nil {
			s.refused(w, r, asked("Who", err))
			return
		}
		if answer.Me == nil {
			s.turn(w, r, "/sign-in", "")
			return
		}
		page(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, answer.Me)))
	}
}

// only is a page for who has signed in and may send its form: nobody fills in what will
// not be taken.
func (s *site) only(may func(*Caller) bool, page http.HandlerFunc) http.HandlerFunc {
	return s.signed(func(w http.ResponseWriter, r *http.Request) {
		if !may(caller(r)) {
			s.show(w, r, http.StatusForbidden, "blocked", view{Notice: wordsIn(language(r)).NotYourRole})
			return
		}
		page(w, r)
	})
}

// askToSignIn sends a stranger to where one signs in, and from there to the page that
// they wanted to see.
func (s *site) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		s.sessionOver(w, r)
		return
	}
	back := wanted(r.URL.RequestURI())
	if back == workPath || r.URL.Path == workPath {
		s.turn(w, r, "/sign-in", "")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/sign-in?"+url.Values{"lang": {string(language(r))}, "back": {back}}.Encode(), http.StatusSeeOther)
}

// sessionOver asks to sign in again, for the page that was asked for. Of a form that was
// sent nothing is kept here; the browser keeps what was written into it.
func (s *site) sessionOver(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, s.cookie(""))
	words, back := wordsIn(language(r)), ""
	page := view{Path: "/sign-in", Notice: words.SessionOver}
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
		page.Query = url.Values{"back": {wanted(back)}}
	} else {
		page.Notice += words.NothingSent
	}
	page.Page = s.ways(back)
	s.show(w, r, http.StatusUnauthorized, "sign-in", page)
}

type callerKey struct{}

// caller is who has signed in; nil on a page that anybody may see.
func caller(r *http.Request) *Caller {
	who, _ := r.Context().Value(callerKey{}).(*Caller)
	return who
}

// MakesLinks says whether rating links are the caller's to hand out.
func (c *Caller) MakesLinks() bool { return c.Role == RoleOfficial || c.Role == RoleHr }

// RecordsDeeds says whether the caller has deeds to record.
func (c *Caller) RecordsDeeds() bool { return c.Role == RoleOfficial }

// turn sends the browser on to a page in the reader's language. done is the code of
// what was done, for the page to say.
func (s *site) turn(w http.ResponseWriter, r *http.Request, path, done string) {
	query := url.Values{"lang": {string(language(r))}}
	if done != "" {
		query.Set("done", done)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, joinQuery(path, query), http.StatusSeeOther)
}

// joinQuery adds to an address that may have a query already.
func joinQuery(address string, more url.Values) string {
	at, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	for name := range more {
		values.Set(name, more.Get(name))
	}
	return at + "?" + values.Encode()
}

// refused shows what an official cannot do here: sign in again, or leave it.
func (s *site) refused(w http.ResponseWriter, r *http.Request, err error) {
	words := wordsIn(language(r))
	switch {
	case isUnauthenticated(err):
		s.sessionOver(w, r)
	case isCode(err, ErrorCodeForbidden):
		s.show(w, r, http.StatusForbidden, "blocked", view{Notice: words.NotYourRole})
	case isCode(err, ErrorCodeInvalid):
		s.show(w, r, http.StatusNotFound, "blocked", view{Notice: words.NoCase})
	case isCode(err, ErrorCodeNotFound):
		s.absent(w, r)
	default:
		s.fail(w, r, err)
	}
}

// isUnauthenticated says whether the API did not take the token, or no longer does.
func isUnauthenticated(err error) bool {
	var answer *graphql.HTTPError
	return errors.As(err, &answer) && answer.StatusCode == http.StatusUnauthorized || isCode(err, ErrorCodeUnauthenticated)
}

// isCode says whether the API refused an operation as a whole with a code.
func isCode(err error, code ErrorCode) bool {
	var list gqlerror.List
	var refused *graphql.HTTPError
	switch {
	case errors.As(err, &refused): // before any of it was run
		list = refused.Response.Errors
	case !errors.As(err, &list):
		return false
	}
	for _, e := range list {
		if e.Extensions["code"] == string(code) {
			return true
		}
	}
	return false
}
