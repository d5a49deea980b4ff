// Package web is the pages. Residents rate an encounter by its link or by a code at a
// counter, bring a problem, and follow a rating or a case by its receipt: without account
// or script, without a cookie but for the code's, on any phone. Officials sign in with
// their token and work through their queue below /work: without script as well. There
// HR officers find assessments, and officials their own sheet; one page has a script, which
// saves a press of its button. Anybody reads a public notice.
//
// A page runs the GraphQL operations of the files beside it through the API's own
// handler, in the same process and as who its reader is, a stranger or an official:
// it has no other way to the data, and so can show nothing that the API would not.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"

	"steelyard/messages"
	"steelyard/web/inprocess"
)

// The typed operations are made from operations.graphql and the schema.
//
//go:generate go tool -modfile=../tools/go.mod genqlient

// Who may select what of it is a page as well; a schema that leaves that open gives none.
//
//go:generate go run ../server access --out ../docs/access.md

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// maxForm is the largest form that is read, in bytes: a comment of the longest
// kind in the widest script fits.
const maxForm = 64 << 10

// policy lets a page load its own style sheet and post to its own site, and
// nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// livePolicy lets a page run the site's own scripts besides, and fetch from the site.
const livePolicy = policy + "; script-src 'self'; connect-src 'self'"

// site serves the pages.
type site struct {
	api     graphql.Client
	uploads http.Handler
	pages   map[string]*template.Template
	Options
}

// Options tune the pages. All but Secure and Provider are needed.
type Options struct {
	Zone   *time.Location   // where the organisation keeps its dates
	Now    func() time.Time // the clock
	Secure bool             // whether the site is reached by https alone
	// Provider is the organisation's own sign-in; nil: with a token alone.
	Provider Provider
}

// Pages are the pages, and where they are.
type Pages struct {
	http.ServeMux
	patterns []string
}

// Patterns are the routes of the pages.
func (p *Pages) Patterns() []string { return p.patterns }

// Handle adds a page.
func (p *Pages) Handle(pattern string, page http.Handler) {
	p.patterns = append(p.patterns, pattern)
	p.ServeMux.Handle(pattern, page)
}

// HandleFunc adds a page.
func (p *Pages) HandleFunc(pattern string, page http.HandlerFunc) { p.Handle(pattern, page) }

// New returns the pages. api is the handler of GraphQL and uploads that of attachments.
func New(api, uploads http.Handler, options Options) (*Pages, error) {
	s := &site{api: inprocess.Client(api), uploads: uploads, pages: map[string]*template.Template{}, Options: options}
	for _, name := range []string{
		"home", "rate", "rated", "gone", "receipt", "found", "problem", "opened", "help",
		"counter", "undone", "erase", "appraisal", "appraised", "appraisalgone",
		"cycles", "overview", "ranking", "sheet", "what-if", "objections", "objection", "rounds", "participation", "review", "notice", "flags", "flag", "trail",
		"accounts", "account", "sign-in", "signed-in", "blocked", "work", "work-case", "encounter", "link", "deed", "deed-code",
	} {
		page, err := template.New("layout.html").Funcs(s.functions()).ParseFS(pageFiles, "pages/layout.html", "pages/marks.html", "pages/crumbs.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		s.pages[name] = page
	}
	assets, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	routes := &Pages{}
	routes.HandleFunc("GET /{$}", s.home)
	routes.HandleFunc("GET /", s.nowhere)
	routes.HandleFunc("GET /r/{token}", s.offer)
	routes.HandleFunc("POST /r/{token}", s.rate)
	routes.HandleFunc("GET /appraisal/{code}", s.appraise)
	routes.HandleFunc("POST /appraisal/{code}", s.vote)
	routes.HandleFunc("GET /c/{code}", s.counter)
	routes.HandleFunc("POST /c/{code}", s.walkIn)
	routes.HandleFunc("GET /kiosk/{code}", s.counter)
	routes.HandleFunc("POST /kiosk/{code}", s.walkIn)
	routes.HandleFunc("GET /receipt", s.askReceipt)
	routes.HandleFunc("POST /receipt", s.find)
	routes.HandleFunc("POST /receipt/word", s.word)
	routes.HandleFunc("POST /receipt/undo", s.undo)
	routes.HandleFunc("POST /receipt/again", s.again)
	routes.HandleFunc("POST /receipt/erase", s.erase)
	routes.HandleFunc("GET /case/new", s.askProblem)
	routes.HandleFunc("POST /case/new", s.takeProblem)
	routes.HandleFunc("POST /receipt/mended", s.mended)
	routes.HandleFunc("POST /receipt/mediation", s.mediation)
	routes.HandleFunc("GET /deed", s.askHelp)
	routes.HandleFunc("POST /deed", s.help)
	routes.HandleFunc("GET /sign-in", s.askToken)
	routes.HandleFunc("POST /sign-in", s.signIn)
	if s.Provider != nil {
		routes.HandleFunc("GET /sign-in/provider", s.beginSignIn)
		routes.HandleFunc("GET /sign-in/return", s.finishSignIn)
	}
	routes.HandleFunc("POST /work/sign-out", s.signOut)
	routes.HandleFunc("GET /work/accounts", s.only((*Caller).SeesAccounts, s.accounts))
	routes.HandleFunc("GET /work/accounts/new", s.only((*Caller).Grants, s.newAccount))
	routes.HandleFunc("POST /work/accounts/new", s.only((*Caller).Grants, s.grantAccount))
	routes.HandleFunc("GET /work/accounts/{id}", s.only((*Caller).SeesAccounts, s.account))
	routes.HandleFunc("POST /work/accounts/{id}", s.only((*Caller).Grants, s.onAccount))
	routes.HandleFunc("GET /work", s.signed(s.queue))
	routes.HandleFunc("POST /work/replies/{rating}", s.signed(s.reply))
	routes.HandleFunc("GET /work/cases/{id}", s.signed(s.workCase))
	routes.HandleFunc("POST /work/cases/{id}/{action}", s.signed(s.act))
	routes.HandleFunc("GET /work/encounters/new", s.only((*Caller).MakesLinks, s.askEncounter))
	routes.HandleFunc("POST /work/encounters/new", s.only((*Caller).MakesLinks, s.takeEncounter))
	routes.HandleFunc("GET /work/deeds/new", s.only((*Caller).RecordsDeeds, s.askDeed))
	routes.HandleFunc("POST /work/deeds/new", s.only((*Caller).RecordsDeeds, s.takeDeed))
	routes.HandleFunc("GET /work/cycles", s.signed(s.cycles))
	routes.HandleFunc("GET /work/cycles/{cycle}", s.signed(s.overview))
	routes.HandleFunc("GET /work/cycles/{cycle}/report/{format}", s.signed(s.reportFile))
	routes.HandleFunc("GET /work/cycles/{cycle}/officials", s.signed(s.ranking))
	routes.HandleFunc("GET /work/cycles/{cycle}/officials/{official}", s.signed(s.sheet))
	routes.HandleFunc("GET /work/cycles/{cycle}/officials/{official}/sheet.pdf", s.signed(s.sheetFile))
	routes.HandleFunc("GET /work/cycles/{cycle}/what-if", s.only((*Caller).ComparesPolicies, s.askWhatIf))
	routes.HandleFunc("POST /work/cycles/{cycle}/what-if", s.only((*Caller).ComparesPolicies, s.whatIf))
	routes.HandleFunc("GET /work/cycles/{cycle}/objections", s.signed(s.objections))
	routes.HandleFunc("POST /work/cycles/{cycle}/objections", s.signed(s.object))
	routes.HandleFunc("GET /work/cycles/{cycle}/objections/{objection}", s.signed(s.objection))
	routes.HandleFunc("POST /work/cycles/{cycle}/objections/{objection}", s.signed(s.decide))
	routes.HandleFunc("GET /work/cycles/{cycle}/flags", s.signed(s.flags))
	routes.HandleFunc("GET /work/cycles/{cycle}/flags/{flag}", s.signed(s.flag))
	routes.HandleFunc("POST /work/cycles/{cycle}/flags/{flag}", s.signed(s.onFlag))
	routes.HandleFunc("GET /work/cycles/{cycle}/rounds", s.signed(s.rounds))
	routes.HandleFunc("POST /work/cycles/{cycle}/rounds/{round}/remind", s.signed(s.remind))
	routes.HandleFunc("POST /work/cycles/{cycle}/rounds/{round}/close", s.signed(s.endRound))
	routes.HandleFunc("GET /work/cycles/{cycle}/participation", s.signed(s.participation))
	routes.HandleFunc("GET /work/audit", s.signed(s.trail))
	routes.HandleFunc("GET /work/audit/trail.csv", s.signed(s.trailFile))
	routes.HandleFunc("GET /work/reviews/{assignment}", s.signed(s.review))
	routes.HandleFunc("POST /work/reviews/{assignment}", s.signed(s.takeReview))
	routes.HandleFunc("GET /notice/{cycle}", s.notice)
	routes.HandleFunc("POST /notice/{cycle}", s.objectToName)
	routes.Handle("GET /assets/", http.StripPrefix("/assets/", cached(http.FileServerFS(assets))))
	return routes, nil
}

// cached lets a browser keep what does not change while the server runs: files by their
// names, of which there is no list.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" || strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		next.ServeHTTP(w, r)
	})
}

// view is what every page shows.
type view struct {
	Lang   messages.Lang
	Words  *words
	Path   string     // of this page, for the switch of languages; empty where it cannot be fetched again
	Query  url.Values // that belongs to Path
	Wide   bool       // whether the page has tables and charts
	Live   bool       // whether scripts make it quicker to use; without them it works as well
	Notice string     // what is to be mended, in the reader's language
	Faults []fault    // the same, at the controls of a form
	Done   string     // what has just been done
	Who    *Caller    // who has signed in; nil: a resident
	Back   string     // where a machine that everybody uses goes by itself after half a minute; empty: it stays
	Onward string     // where the page goes by itself at once; empty: it stays
	Page   any
}

// In is the address of the page in a language.
func (v view) In(lang string) string {
	return v.Path + "?" + with(v.Query, "lang", lang).Encode()
}

// At says whether this is the page of an address.
func (v view) At(path string) bool { return v.Path == path }

// Below says whether this is the page of an address, or one below it.
func (v view) Below(path string) bool { return v.At(path) || strings.HasPrefix(v.Path, path+"/") }

// show writes a page. Nothing of it is kept by anybody.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	v.Lang = language(r)
	v.Words, v.Who = wordsIn(v.Lang), caller(r)
	var out bytes.Buffer
	if err := s.pages[name].Execute(&out, v); err != nil {
		s.fail(w, r, fmt.Errorf("page %s: %w", name, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	if v.Live {
		h.Set("Content-Security-Policy", livePolicy)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Language", string(v.Lang))
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	if _, err := out.WriteTo(w); err != nil {
		return // the reader has gone: there is nobody to tell
	}
}

// fail is for what the reader cannot mend.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if wait, status, text := inprocess.Wait(err); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		http.Error(w, text, status)
		return
	}
	slog.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "error", err)
	http.Error(w, wordsIn(language(r)).Failed, http.StatusInternalServerError)
}

// language is the one that the reader has chosen on the page, or else the
// browser's.
func language(r *http.Request) messages.Lang {
	for _, l := range messages.Langs {
		if r.FormValue("lang") == string(l) {
			return l
		}
	}
	return messages.Negotiate(r.Header.Get("Accept-Language"))
}

// form reads a small form; false where it cannot be read, which has been said.
func (s *site) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, wordsIn(messages.Negotiate(r.Header.Get("Accept-Language"))).TooLarge, http.StatusRequestEntityTooLarge)
		return false
	}
	return true
}

func (s *site) functions() template.FuncMap {
	return template.FuncMap{
		// These steps need no more than a click, those a reason.
		"plain":   func(a CaseAction) bool { return slices.Contains(plainActions, a) },
		"must":    func(a CaseAction) bool { return slices.Contains(reasonedActions, a) },
		"score":   printed,
		"moved":   moved,
		"signed":  signed,
		"percent": func(x float64) string { return strconv.FormatFloat(100*x, 'f', 0, 64) + " %" },
		"minus1":  func(n int) int { return n - 1 },
		"share": func(part, whole int) string {
			if whole == 0 {
				return "–"
			}
			return fmt.Sprintf("%d %%", (100*part+whole/2)/whole)
		},
		"min3":  func(n int) int { return min(n, 3) },
		"tenth": func(i int) string { return fmt.Sprintf("%d–%d", 10*i, 10*i+10) },
		"query": func(lang messages.Lang, q url.Values) template.URL {
			return template.URL(with(q, "lang", string(lang)).Encode())
		},
		"deref":   func(yes *bool) bool { return *yes },
		"cut":     func(text string) string { return string([]rune(text)[:longNote/2]) + "…" },
		"control": control,
		"short":   func(digest string) string { return digest[:min(len(digest), 12)] },
		"moment":  func(t time.Time) string { return t.In(s.Zone).Format("2006-01-02 15:04") },
		"day":     func(t time.Time) string { return t.In(s.Zone).Format(time.DateOnly) },
		// A due date is the first instant that is too late.
		"lastDay": func(t time.Time) string { return t.Add(-time.Nanosecond).In(s.Zone).Format(time.DateOnly) },
	}
}

// moved is a change of rank, up or down; a dash where there is none.
func moved(change *int) string {
	switch {
	case change == nil:
		return "–"
	case *change > 0:
		return "↓ " + strconv.Itoa(*change)
	case *change < 0:
		return "↑ " + strconv.Itoa(-*change)
	}
	return "0"
}

// printed is a figure with two decimals; a dash where there is none.
func printed(x any) string {
	if p, is := x.(*float64); is {
		if p == nil {
			return "–"
		}
		x = *p
	}
	return fmt.Sprintf("%.2f", x)
}

// control is the beginning of a root in four groups, which two people can read to each
// other: 64 bits are more than anybody finds a second root for.
func control(root string) string {
	digits := strings.ToUpper(root[:min(len(root), 16)])
	var groups []string
	for ; len(digits) > 4; digits = digits[4:] {
		groups = append(groups, digits[:4])
	}
	return strings.Join(append(groups, digits), " ")
}

// signed is printed with its sign.
func signed(x any) string {
	text := printed(x)
	switch {
	case text == "–":
		return text
	case strings.HasPrefix(text, "-"):
		return "−" + text[1:]
	}
	return "+" + text
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "home", view{Path: "/"})
}

// nowhere is for who has mistyped an address that was read from a poster.
func (s *site) nowhere(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusNotFound, "home", view{Path: "/", Notice: wordsIn(language(r)).NoPage})
}
