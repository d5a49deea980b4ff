package open311

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"
)

// offered is a service as the standard lists it.
type offered struct {
	Code        string `json:"service_code" xml:"service_code"`
	Name        string `json:"service_name" xml:"service_name"`
	Description string `json:"description" xml:"description"`
	Metadata    bool   `json:"metadata" xml:"metadata"` // whether it asks for more than every request has
	Type        string `json:"type" xml:"type"`
	Keywords    word   `json:"keywords" xml:"keywords"`
	Group       word   `json:"group" xml:"group"`
}

type offers struct {
	XMLName xml.Name  `xml:"services"`
	List    []offered `xml:"service"`
}

// offer is the service of a category; the word before a slash is its group.
func offer(category string) offered {
	group, _, found := strings.Cut(category, "/")
	if !found {
		group = ""
	}
	return offered{Code: code(category), Name: category, Description: category, Type: "realtime", Group: word(strings.TrimSpace(group))}
}

func (s *service) listServices(w http.ResponseWriter, r *http.Request, f string) error {
	answer, err := Categories(r.Context(), s.api)
	if err != nil {
		return err
	}
	list := make([]offered, len(answer.CaseCategories))
	for i, category := range answer.CaseCategories {
		list[i] = offer(category)
	}
	write(w, http.StatusOK, f, list, offers{List: list})
	return nil
}

// definition is what a service asks for besides: nothing.
type definition struct {
	XMLName    xml.Name   `json:"-" xml:"service_definition"`
	Code       string     `json:"service_code" xml:"service_code"`
	Attributes []struct{} `json:"attributes" xml:"attributes>attribute"`
}

func (s *service) showService(w http.ResponseWriter, r *http.Request, f, name string) error {
	if _, err := s.category(r, name); err != nil {
		return err
	}
	d := definition{Code: name, Attributes: []struct{}{}}
	write(w, http.StatusOK, f, d, d)
	return nil
}

// category is the one that a service_code belongs to.
func (s *service) category(r *http.Request, serviceCode string) (string, error) {
	found, err := s.categories(r, []string{serviceCode})
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", unknown("service_code")
	}
	return found[0], nil
}

// categories are those that service_codes belong to, without codes of none.
func (s *service) categories(r *http.Request, serviceCodes []string) ([]string, error) {
	answer, err := Categories(r.Context(), s.api)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(answer.CaseCategories, func(category string) bool {
		return !slices.Contains(serviceCodes, code(category))
	}), nil
}

// endpoint is where and how this is served.
type endpoint struct {
	Specification string   `json:"specification" xml:"specification"`
	URL           string   `json:"url" xml:"url"`
	Changeset     string   `json:"changeset" xml:"changeset"`
	Type          string   `json:"type" xml:"type"`
	Formats       []string `json:"formats" xml:"formats>format"`
}

type discovery struct {
	XMLName    xml.Name   `json:"-" xml:"discovery"`
	Changeset  string     `json:"changeset" xml:"changeset"`
	Contact    string     `json:"contact" xml:"contact"`
	KeyService string     `json:"key_service" xml:"key_service"`
	Endpoints  []endpoint `json:"endpoints" xml:"endpoints>endpoint"`
}

// changeset is when what is offered here changed last.
var changeset = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)

func (s *service) discover(w http.ResponseWriter, f string) {
	d := discovery{Changeset: changeset, Contact: s.PublicURL, KeyService: s.PublicURL, Endpoints: []endpoint{{
		Specification: "http://wiki.open311.org/GeoReport_v2", URL: s.PublicURL + "/open311/v2", Changeset: changeset,
		Type: "production", Formats: []string{"text/xml", "application/json"},
	}}}
	write(w, http.StatusOK, f, d, d)
}
