// Package open311 answers GeoReport v2 (http://wiki.open311.org/GeoReport_v2), in
// which apps of many cities file problems and follow them, as JSON and XML.
//
// Like the pages it has no way to the data but the API's own operations, kept beside
// it. What everybody may see of a request is its category, where it stands, who has it
// and the days: no word of it, no place, no person. Who files one gets the receipt
// once, in the answer; what the standard lets an app tell of a person (names, a
// telephone, a device) is not kept, and an e-mail address only to tell of the answer.
package open311

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"

	"steelyard/messages"
	"steelyard/web/inprocess"
)

//go:generate go tool -modfile=../tools/go.mod genqlient

// maxForm is the largest form that is read, in bytes.
const maxForm = 64 << 10

// Options say how the service is offered.
type Options struct {
	PublicURL    string         // without a slash at the end
	Zone         *time.Location // where the organisation keeps its dates
	Jurisdiction string         // the one jurisdiction_id; empty: any is taken
	Keys         []string       // api_keys that may file; empty: everybody may
	Now          func() time.Time
}

// service answers requests.
type service struct {
	Options
	api graphql.Client
}

// New returns the handler of /open311/v2/. api is the handler of GraphQL.
func New(api http.Handler, opts Options) http.Handler {
	s := &service{Options: opts, api: inprocess.Client(api)}
	routes := http.NewServeMux()
	const root = "/open311/v2/"
	routes.HandleFunc("GET "+root+"{resource}", s.whole)
	routes.HandleFunc("POST "+root+"{resource}", s.file)
	routes.HandleFunc("GET "+root+"{resource}/{name}", s.single)
	routes.HandleFunc(root, func(w http.ResponseWriter, r *http.Request) {
		_, f := format(r.URL.Path)
		s.refuse(w, r, f, unknown("the resource"))
	})
	return routes
}

// The formats, by the end of a path.
const (
	formatJSON = "json"
	formatXML  = "xml"
)

// format cuts the format off a name; none is XML, which the standard needs.
func format(name string) (bare, f string) {
	if bare, ok := strings.CutSuffix(name, ".json"); ok {
		return bare, formatJSON
	}
	if bare, ok := strings.CutSuffix(name, ".xml"); ok {
		return bare, formatXML
	}
	return "", formatXML
}

// problem is an error of the standard. Its code is HTTP's, but for what went wrong
// inside: the standard wants 400 there, and the code in the body says more.
type problem struct {
	Code        int    `json:"code" xml:"code"`
	Description string `json:"description" xml:"description"`
}

// Error is the description.
func (p problem) Error() string { return p.Description }

type problems struct {
	XMLName xml.Name  `xml:"errors"`
	List    []problem `xml:"error"`
}

func missing(what string) problem {
	return problem{Code: http.StatusBadRequest, Description: what + " was not provided"}
}

func bad(what, want string) problem {
	return problem{Code: http.StatusBadRequest, Description: fmt.Sprintf("%s cannot be read: %s", what, want)}
}

func unknown(what string) problem {
	return problem{Code: http.StatusNotFound, Description: what + " was not found"}
}

// refuse answers with an error. What is not the caller's is logged and not shown.
func (s *service) refuse(w http.ResponseWriter, r *http.Request, f string, err error) {
	var p problem
	wait, status, sentence := inprocess.Wait(err)
	switch {
	case wait > 0:
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		p = problem{Code: status, Description: sentence}
	case !errors.As(err, &p):
		slog.ErrorContext(r.Context(), "open311 failed", "route", r.Pattern, "error", err)
		p = problem{Code: http.StatusInternalServerError, Description: "something went wrong inside and has been logged"}
	}
	status = p.Code
	if status == http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	write(w, status, f, []problem{p}, problems{List: []problem{p}})
}

// word is a text that may be empty: in JSON it is null then, as the standard maps an
// empty element.
type word string

// MarshalJSON writes the text, or null.
func (t word) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// write answers in a format: the value for JSON, or the one for XML.
func write(w http.ResponseWriter, status int, f string, asJSON, asXML any) {
	media, raw, err := "application/json", []byte(nil), error(nil)
	if f == formatXML {
		media = "text/xml"
		raw, err = xml.Marshal(asXML)
		raw = append([]byte(xml.Header), raw...)
	} else {
		raw, err = json.Marshal(asJSON)
	}
	if err != nil {
		panic(err) // the values are made here
	}
	h := w.Header()
	h.Set("Content-Type", media+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	if _, err := w.Write(raw); err != nil {
		return // the client has gone: there is nobody to tell
	}
}

// inLanguage is a request whose operations answer in the caller's language.
func inLanguage(r *http.Request) *http.Request {
	return r.WithContext(messages.With(r.Context(), messages.Negotiate(r.Header.Get("Accept-Language"))))
}

// whole answers for a resource as a whole.
func (s *service) whole(w http.ResponseWriter, r *http.Request) {
	r = inLanguage(r)
	name, f := format(r.PathValue("resource"))
	query := r.URL.Query()
	err := s.checkJurisdiction(query)
	if err == nil {
		switch name {
		case "discovery":
			s.discover(w, f)
			return
		case "services":
			err = s.listServices(w, r, f)
		case "requests":
			err = s.listRequests(w, r, f, query)
		default:
			err = unknown("the resource")
		}
	}
	if err != nil {
		s.refuse(w, r, f, err)
	}
}

// single answers for one of a resource.
func (s *service) single(w http.ResponseWriter, r *http.Request) {
	r = inLanguage(r)
	name, f := format(r.PathValue("name"))
	err := s.checkJurisdiction(r.URL.Query())
	if err == nil {
		switch resource := r.PathValue("resource"); {
		case name == "" && idNames[resource] != "":
			// The format is a part of the path, so that without it there is no id.
			err = missing(idNames[resource])
		default:
			err = s.showOne(w, r, f, resource, name)
		}
	}
	if err != nil {
		s.refuse(w, r, f, err)
	}
}

// idNames are what the standard calls the id of one of a resource.
var idNames = map[string]string{"services": "service_code", "requests": "service_request_id", "tokens": "token"}

func (s *service) showOne(w http.ResponseWriter, r *http.Request, f, resource, name string) error {
	switch resource {
	case "services":
		return s.showService(w, r, f, name)
	case "requests":
		c, err := s.one(r, name)
		if err != nil {
			return err
		}
		s.writeRequests(w, f, []listed{s.list(*c)})
		return nil
	case "tokens":
		return s.showToken(w, r, f, name)
	}
	return unknown("the resource")
}

// checkJurisdiction refuses another's jurisdiction; one of its own may be left out.
func (s *service) checkJurisdiction(values url.Values) error {
	if id := values.Get("jurisdiction_id"); id != "" && s.Jurisdiction != "" && id != s.Jurisdiction {
		return unknown("jurisdiction_id")
	}
	return nil
}

// checkKey refuses who may not file. Every key is compared, in the same time.
func (s *service) checkKey(values url.Values) error {
	if len(s.Keys) == 0 {
		return nil
	}
	given, fits := sha256.Sum256([]byte(values.Get("api_key"))), 0
	for _, key := range s.Keys {
		want := sha256.Sum256([]byte(key))
		fits |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	if fits == 0 {
		return problem{Code: http.StatusForbidden, Description: "api_key is missing or not valid"}
	}
	return nil
}

// code is the service_code of a category: it can stand in a path, and stays the same.
func code(category string) string {
	sum := sha256.Sum256([]byte(category))
	return hex.EncodeToString(sum[:6])
}
