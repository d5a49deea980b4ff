package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"steelyard/web"
)

// proof is what somebody has to show at a door.
type proof string

// The proofs.
const (
	showNothing proof = "nothing"
	showToken   proof = "a bearer token"
	showSession proof = "a session"
	showLink    proof = "the address itself"
	showReceipt proof = "a receipt, or a bearer token"
	showNetwork proof = "an address inside"
)

// door is a row of the table of ways in: who may come by a path, and all below it.
type door struct {
	path string
	asks proof
	who  string
	how  string
}

// schemaPath is where the schema is asked.
const schemaPath = "/graphql"

// doors are every way in but the schema's own fields. A route that stands in no row is
// not served. Behind the pages and Open311 lies the schema with its own table: they
// can show nothing that the API would not.
var doors = []door{
	{schemaPath, showNothing, "everybody", "The schema's table, below, by the bearer token; a token that does not hold is 401, also for what is open to everybody."},
	{"/attachments", showReceipt, "the holder of the case's receipt; OFFICIAL and HR who see the case", "Checked before the file is read, by the rules of cases; no machine's account."},
	{"/attachments/{link}", showLink, "whoever has the address, for ten minutes", "Signed with the server's secret; given out with a case in sight."},
	{"/exports/{token}", showLink, "whoever has the address, for ten minutes", "Signed with the server's secret; holds while role, scope and tokens of the asker do."},
	{"/reports/{file}", showToken, "HR and AUDITOR, of their scope", "The bearer token, then the rules of assessmentReport; no machine's account."},
	{"/open311/v2", showNothing, "everybody; to file, who has an api_key where the server asks for one", "As a stranger to the schema."},
	{"/graphiql", showNothing, "everybody, where it is served", "The console's own files; what is asked by it goes to /graphql."},
	{"/healthz", showNothing, "everybody", "Says that the process answers."},
	{"/readyz", showNothing, "everybody", "Says whether requests are to be sent here."},
	{"/metrics", showNetwork, "the networks of --metrics-from", "By the address, and by no address that an untrusted proxy tells."},
	{"/", showNothing, "everybody", "A page without data."},
	{"/assets", showNothing, "everybody", "Style sheet and script of the pages."},
	{"/r", showLink, "whoever has the rating link, once", "ratingInvitation and submitRating."},
	{"/c", showLink, "whoever stands at the counter", "counterOffer and submitWalkIn; a device once a day."},
	{"/kiosk", showLink, "whoever stands at the machine", "counterOffer and submitWalkIn; so many a day."},
	{"/appraisal", showLink, "whoever has the ballot's code, once", "appraisalForm and submitAppraisal."},
	{"/receipt", showReceipt, "the holder of a receipt", "ratingByReceipt, caseByReceipt and what may be said by receipt; posted, never in an address."},
	{"/deed", showReceipt, "the holder of a deed's code", "confirmDeed."},
	{"/case/new", showNothing, "everybody", "openCase."},
	{"/notice", showNothing, "everybody", "publicNotice, and fileObjection as a member of the public."},
	{"/sign-in", showNothing, "everybody", "Takes a token that the API knows, or sends to the organisation's sign-in."},
	{"/sign-in/return", showNothing, "who comes back from the organisation's sign-in", "State and nonce of the browser that went, the code by PKCE, the provider's signature; then an account."},
	{"/work", showSession, "whoever has signed in, as their role", "The session's token, for every page anew; then the schema's table."},
}

// doorOf is the row of a route, which may begin with a method: the one with the
// longest path.
func doorOf(pattern string) (best door, found bool) {
	path := pattern[strings.IndexByte(pattern, '/'):]
	path = strings.TrimSuffix(strings.TrimSuffix(path, "{$}"), "/")
	for _, d := range doors {
		row := strings.TrimSuffix(d.path, "/")
		below := row != "" && strings.HasPrefix(path, row+"/")
		if (path == row || below) && (!found || len(d.path) > len(best.path)) {
			best, found = d, true
		}
	}
	return best, found
}

// entrance routes requests to what stands in the table of doors.
type entrance struct {
	http.ServeMux
	patterns []string
}

// Handle adds a route.
func (e *entrance) Handle(pattern string, h http.Handler) {
	e.patterns = append(e.patterns, pattern)
	e.ServeMux.Handle(pattern, h)
}

// HandleFunc adds a route.
func (e *entrance) HandleFunc(pattern string, h http.HandlerFunc) { e.Handle(pattern, h) }

// refuseOthers answers methods that nobody serves where another is served: without it
// the pages, which take everything else, would find nothing there. What the pages serve
// they refuse themselves.
func (e *entrance) refuseOthers(pages *web.Pages) {
	served := map[string][]string{}
	for _, pattern := range e.patterns {
		if method, path, given := strings.Cut(pattern, " "); given {
			served[path] = append(served[path], method)
		}
	}
	for _, pattern := range pages.Patterns() {
		_, path, _ := strings.Cut(pattern, " ")
		delete(served, path)
	}
	for path, methods := range served {
		slices.Sort(methods)
		allow := strings.Join(methods, ", ")
		e.ServeMux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusMethodNotAllowed)
		})
	}
}

// check says which routes, the pages' among them, stand in no row.
func (e *entrance) check(pages *web.Pages) error {
	e.patterns = append(e.patterns, pages.Patterns()...)
	for _, pattern := range e.patterns {
		if _, found := doorOf(pattern); !found {
			return fmt.Errorf("nobody has said who may come by %s: add it to the doors", pattern)
		}
	}
	return nil
}
