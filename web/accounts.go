package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const accountsPath = workPath + "/accounts"

// SeesAccounts says whether the caller may look up who can sign in.
func (c *Caller) SeesAccounts() bool { return c.Role == RoleAdmin || c.Role == RoleAuditor }

// Grants says whether the caller says who can sign in.
func (c *Caller) Grants() bool { return c.Role == RoleAdmin }

// accountsPage lists who can sign in.
type accountsPage struct {
	List   []AccountLine
	Search string
	Unit   string
	Units  []UnitRef
	Role   Role
	State  string // active, disabled or empty: both
	More   url.Values
}

func (s *site) accounts(w http.ResponseWriter, r *http.Request) {
	page := accountsPage{Search: r.FormValue("search"), Unit: r.FormValue("unit"), Role: Role(r.FormValue("role")), State: r.FormValue("state")}
	var role *Role
	if slices.Contains(AllRole, page.Role) {
		role = &page.Role
	}
	var disabled *bool
	if is := page.State == "disabled"; is || page.State == "active" {
		disabled = &is
	}
	answer, err := AccountList(asking(r), s.api, optional(page.Search), optional(page.Unit), role, disabled, optional(r.FormValue("after")))
	if err != nil {
		s.refused(w, r, asked("AccountList", err))
		return
	}
	page.List = answer.Accounts.Nodes
	if answer.Accounts.PageInfo.HasNextPage {
		page.More = with(keep(r, "search", "unit", "role", "state"), "after", answer.Accounts.PageInfo.EndCursor)
	}
	if page.Units, err = s.units(asking(r)); err != nil {
		s.refused(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "accounts", view{
		Path: accountsPath, Query: keep(r, "search", "unit", "role", "state", "after"), Wide: true, Done: done(r), Page: page,
	})
}

// accountPage is an account, or one that is to be made.
type accountPage struct {
	One       *AccountWhole // nil: a new one
	Unit      string        // the scope that is chosen; empty: none is yet
	Units     []UnitRef
	Roles     []Role
	Officials []Hand
	Form      url.Values
	Now       time.Time
	Own       bool // whether it is the caller's own, which others change
	Key       string
}

// Holds says whether a token can still be used, as far as is known here.
func (p accountPage) Holds(t TokenLine) bool {
	return t.RevokedAt == nil && (t.ExpiresAt == nil || t.ExpiresAt.After(p.Now))
}

// Value is what a control of the form holds.
func (p accountPage) Value(name string) string { return p.Form.Get(name) }

func (s *site) newAccount(w http.ResponseWriter, r *http.Request) {
	s.showAccount(w, r, http.StatusOK, nil, nil, "")
}

func (s *site) account(w http.ResponseWriter, r *http.Request) {
	s.showOne(w, r, http.StatusOK, "")
}

// showOne shows the account that the address names, with what is to be mended.
func (s *site) showOne(w http.ResponseWriter, r *http.Request, status int, problem string) {
	one, err := s.oneAccount(r)
	switch {
	case err != nil:
		s.refused(w, r, err)
	case one == nil:
		s.absent(w, r)
	default:
		s.showAccount(w, r, status, one, nil, problem)
	}
}

// oneAccount is the account of the address; nil where there is none for the caller.
func (s *site) oneAccount(r *http.Request) (*AccountWhole, error) {
	answer, err := AccountAlone(asking(r), s.api, r.PathValue("id"))
	if err != nil {
		return nil, asked("AccountAlone", err)
	}
	return answer.Account, nil
}

func (s *site) showAccount(w http.ResponseWriter, r *http.Request, status int, one *AccountWhole, form url.Values, notice string, faults ...fault) {
	page := accountPage{One: one, Form: form, Roles: AllRole, Now: s.Now(), Key: rand.Text()}
	path := accountsPath + "/new"
	if one != nil {
		path = accountsPath + "/" + one.Id
		page.Own = one.Subject == caller(r).Subject
	}
	if form == nil {
		page.Form = formOf(one)
	}
	if unit := r.FormValue("unit"); unit != "" {
		page.Form.Set("unit", unit)
	}
	page.Unit = page.Form.Get("unit")
	if err := s.choices(asking(r), &page); err != nil {
		s.refused(w, r, err)
		return
	}
	s.show(w, r, status, "account", view{Path: path, Query: keep(r, "unit"), Wide: true, Notice: notice, Faults: faults, Done: done(r), Page: page})
}

// choices are the units to choose from, and the officials of the one that is chosen.
func (s *site) choices(ctx context.Context, page *accountPage) (err error) {
	if page.Units, err = s.units(ctx); err != nil || page.Unit == "" {
		return err
	}
	hands, err := Hands(ctx, s.api, page.Unit)
	if err != nil {
		return asked("Hands", err)
	}
	page.Officials = hands.Officials.Nodes
	return nil
}

// formOf is what the form of an account holds before anything was written into it.
func formOf(one *AccountWhole) url.Values {
	form := url.Values{}
	if one == nil {
		return form
	}
	form.Set("subject", one.Subject)
	form.Set("name", one.Name)
	form.Set("role", string(one.Role))
	switch {
	case one.Unit != nil:
		form.Set("unit", one.Unit.Id)
	case one.Official != nil && one.Official.Unit != nil:
		form.Set("unit", one.Official.Unit.Id)
	}
	if one.Official != nil {
		form.Set("official", one.Official.Id)
	}
	return form
}

// grantAccount makes an account, or changes one.
func (s *site) grantAccount(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	answer, err := DoGrant(asking(r), s.api, form.Get("subject"), form.Get("name"), Role(form.Get("role")), optional(form.Get("unit")),
		optional(form.Get("official")), form.Get("reason"), form.Get("key"))
	if err != nil {
		s.refused(w, r, asked("DoGrant", err))
		return
	}
	if problems := answer.GrantAccount.UserErrors; len(problems) > 0 {
		faults := faultsOf(language(r), problems, "subject", "name", "role", "official", "reason")
		s.showAccount(w, r, http.StatusUnprocessableEntity, nil, form, "", faults...)
		return
	}
	s.turn(w, r, accountsPath+"/"+answer.GrantAccount.Account.Id, "granted")
}

// onAccount does what an administrator has pressed on an account.
func (s *site) onAccount(w http.ResponseWriter, r *http.Request) {
	id, reason, key := r.PathValue("id"), r.PostFormValue("reason"), r.PostFormValue("key")
	said := r.PostFormValue("do")
	problems, err := s.stepOn(asking(r), said, id, r.PostFormValue("token"), reason, key)
	if err != nil {
		s.refused(w, r, err)
		return
	}
	if problem := mendable(language(r), problems); problem != "" {
		s.showOne(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	s.turn(w, r, accountsPath+"/"+id, said)
}

func (s *site) stepOn(ctx context.Context, do, id, token, reason, key string) ([]Problem, error) {
	switch do {
	case "disable":
		answer, err := DoDisable(ctx, s.api, id, reason, key)
		if err != nil {
			return nil, asked("DoDisable", err)
		}
		return answer.DisableAccount.UserErrors, nil
	case "enable":
		answer, err := DoEnable(ctx, s.api, id, reason, key)
		if err != nil {
			return nil, asked("DoEnable", err)
		}
		return answer.EnableAccount.UserErrors, nil
	case "revoke-one":
		answer, err := DoRevokeOne(ctx, s.api, id, token, reason, key)
		if err != nil {
			return nil, asked("DoRevokeOne", err)
		}
		return answer.RevokeToken.UserErrors, nil
	}
	answer, err := DoRevokeAll(ctx, s.api, id, reason, key)
	if err != nil {
		return nil, asked("DoRevokeAll", err)
	}
	return answer.RevokeTokens.UserErrors, nil
}
