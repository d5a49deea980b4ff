package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// Provider is the organisation's own sign-in, beside the form for tokens.
type Provider interface {
	// Begin says where the browser goes to sign in, and what it keeps meanwhile.
	Begin(ctx context.Context, back string) (address, kept string, err error)
	// Finish takes what the browser kept and the provider's answer, and gives the token of a
	// session and the page that was wanted. Its errors are those below.
	Finish(ctx context.Context, kept string, answer url.Values) (token, back string, err error)
	// End makes the token of a session worthless; one of another kind it leaves. It says
	// where to sign out of the provider itself, if anywhere.
	End(ctx context.Context, token string) (elsewhere string, err error)
}

// What can become of a sign-in.
var (
	ErrSignInAway   = errors.New("the sign-in provider does not answer")
	ErrSignInBroken = errors.New("the sign-in came to nothing")
)

// NoAccount says that the provider has proven somebody who has no account here.
type NoAccount struct {
	Subject  string
	Disabled bool // there is one, which nobody may use
}

// Error says so.
func (e *NoAccount) Error() string { return "no account for " + e.Subject }

const (
	// flowCookie is what the browser keeps while it is at the provider. It comes back from
	// another site, and so is Lax.
	flowCookie = "steelyard_signin"
	flowPath   = "/sign-in"
	flowAge    = 600 // seconds
)

func (s *site) flow(kept string) *http.Cookie {
	c := &http.Cookie{
		Name: flowCookie, Value: kept, Path: flowPath, MaxAge: flowAge,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
	if kept == "" {
		c.MaxAge = -1
	}
	return c
}

// beginSignIn sends the browser to the provider.
func (s *site) beginSignIn(w http.ResponseWriter, r *http.Request) {
	address, kept, err := s.Provider.Begin(r.Context(), wanted(r.FormValue("back")))
	if err != nil {
		s.signInFailed(w, r, err)
		return
	}
	http.SetCookie(w, s.flow(kept))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// finishSignIn takes the browser back from the provider. The page goes on by itself: a
// redirect would still be the other site's doing, and the session's cookie not be sent.
func (s *site) finishSignIn(w http.ResponseWriter, r *http.Request) {
	kept, err := r.Cookie(flowCookie)
	http.SetCookie(w, s.flow(""))
	if err != nil {
		s.signInFailed(w, r, ErrSignInBroken)
		return
	}
	token, back, err := s.Provider.Finish(r.Context(), kept.Value, r.URL.Query())
	if err != nil {
		s.signInFailed(w, r, err)
		return
	}
	http.SetCookie(w, s.cookie(token))
	s.show(w, r, http.StatusOK, "signed-in", view{Onward: wanted(back)})
}

// signInFailed says what came of a sign-in. The form for tokens stands below it.
func (s *site) signInFailed(w http.ResponseWriter, r *http.Request, err error) {
	words := wordsIn(language(r))
	status, notice := http.StatusUnprocessableEntity, words.SignInBroken
	var none *NoAccount
	switch {
	case errors.As(err, &none) && none.Disabled:
		status, notice = http.StatusForbidden, words.AccountDisabled
	case errors.As(err, &none):
		status, notice = http.StatusForbidden, strings.ReplaceAll(words.NoAccount, "{subject}", none.Subject)
	case errors.Is(err, ErrSignInAway):
		slog.WarnContext(r.Context(), "sign-in provider", "error", err)
		status, notice = http.StatusServiceUnavailable, words.ProviderAway
	case errors.Is(err, ErrSignInBroken):
		slog.InfoContext(r.Context(), "sign-in refused", "cause", err)
	default:
		s.fail(w, r, err)
		return
	}
	s.show(w, r, status, "sign-in", view{Path: "/sign-in", Notice: notice, Page: s.ways("")})
}

// ways are the ways to sign in.
type ways struct {
	Provider  bool
	Back      string // the page that is wanted; empty: the first
	Elsewhere string // where to sign out of the provider
}

func (s *site) ways(back string) ways {
	w := ways{Provider: s.Provider != nil}
	if back != "" {
		w.Back = wanted(back)
	}
	return w
}

// wanted is a page below workPath that somebody wants to see, as given; anything else,
// another site's above all, is workPath itself.
func wanted(address string) string {
	u, err := url.Parse(address)
	plain := !strings.ContainsFunc(address, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' })
	switch {
	case err != nil, !plain, len(address) > 500, u.Scheme != "", u.Host != "", u.User != nil, u.Opaque != "", u.Fragment != "":
		return workPath
	case path.Clean(u.Path) != u.Path, u.Path != workPath && !strings.HasPrefix(u.Path, workPath+"/"):
		return workPath
	}
	return address
}
