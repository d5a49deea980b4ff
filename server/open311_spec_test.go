package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/store"
)

// What the specification prints, at http://wiki.open311.org/GeoReport_v2 and, in
// Markdown, in github.com/open311/open311.github.io, GeoReport/v2/index.md (frozen in
// 2011): the elements of each example response, in their order.
var (
	specService    = []string{"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
	specDefinition = []string{"service_code", "attributes"}
	specFiled      = []string{"service_request_id", "service_notice", "account_id"}
	specToken      = []string{"service_request_id", "token"}
	specRequest    = []string{
		"service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible", "service_notice",
		"requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
	}
	specError = []string{"code", "description"}
)

// specPost is the form of its example of a filing, but for the service_code and the
// attributes, which no service here asks for.
const specPost = "api_key=xyz&jurisdiction_id=city.gov&lat=37.76524078&long=-122.4212043&address_string=1234+5th+street&email=smit333%40sfgov.edu" +
	"&device_id=tt222111&account_id=123456&first_name=john&last_name=smith&phone=111111111&description=A+large+sinkhole+is+destroying+the+street" +
	"&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg&attribute[WHISPAWN]=123456&service_code="

// TestOpen311AnswersTheSpecificationsExamples sends every request that GeoReport v2
// documents and compares what comes with what it prints, in both formats.
func TestOpen311AnswersTheSpecificationsExamples(t *testing.T) {
	site := newCity(t, store.SQLite, nil)
	var services []struct {
		Code string `json:"service_code"`
		Name string `json:"service_name"`
	}
	site.asks(t, http.StatusOK, "services.json?jurisdiction_id=city.gov", &services)
	code := services[slices.IndexFunc(services, func(s struct {
		Code string `json:"service_code"`
		Name string `json:"service_name"`
	},
	) bool {
		return s.Name == "roads / lamps"
	})].Code
	post := func(f, form string) answer {
		return site.send(t, "POST", "/open311/v2/requests."+f, form, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8", "Accept-Language", "en")
	}
	first := post("json", specPost+code)
	var filed []struct {
		ID      string `json:"service_request_id"`
		Receipt string `json:"account_id"`
	}
	if err := json.Unmarshal([]byte(first.body), &filed); err != nil || len(filed) != 1 {
		t.Fatalf("filed %s: %v", first.body, err)
	}
	id := filed[0].ID
	get := func(path string) func(f string) answer {
		return func(f string) answer {
			return site.send(t, "GET", "/open311/v2/"+strings.Replace(path, "*", f, 1), "")
		}
	}
	for _, c := range []struct {
		name, root, element string
		ask                 func(f string) answer
		status              int
		fields              []string
	}{
		{"GET Service List", "services", "service", get("services.*?jurisdiction_id=city.gov"), 200, specService},
		{"GET Service Definition", "service_definition", "", get("services/" + code + ".*?jurisdiction_id=city.gov"), 200, specDefinition},
		{"POST Service Request", "service_requests", "request", func(f string) answer { return post(f, specPost+code) }, 201, specFiled},
		{"GET service_request_id from a token", "service_requests", "request", get("tokens/" + id + ".*?jurisdiction_id=city.gov"), 200, specToken},
		{"GET Service Requests", "service_requests", "request", get("requests.*?status=open&jurisdiction_id=city.gov"), 200, specRequest},
		{"GET Service Requests, of ids", "service_requests", "request", get("requests.*?service_request_id=" + id + ",0000&status=closed"), 200, specRequest},
		{"GET Service Request", "service_requests", "request", get("requests/" + id + ".*?jurisdiction_id=city.gov"), 200, specRequest},
		{"an empty parameter is none", "service_requests", "request", get("requests.*?status=&start_date=&end_date=&service_code=&service_request_id="), 200, specRequest},
		{"Missing or Invalid API Key", "errors", "error", func(f string) answer {
			return post(f, strings.Replace(specPost, "api_key=xyz", "api_key=zyx", 1)+code)
		}, 403, specError},
		{"jurisdiction_id was not found", "errors", "error", get("services.*?jurisdiction_id=other.gov"), 404, specError},
		{"service_code was not found", "errors", "error", func(f string) answer { return post(f, specPost+"999") }, 404, specError},
		{"service_code was not provided", "errors", "error", func(f string) answer { return post(f, specPost) }, 400, specError},
		{"token not found", "errors", "error", get("tokens/123456.*?jurisdiction_id=city.gov"), 404, specError},
	} {
		t.Run(c.name, func(t *testing.T) {
			asXML, asJSON := c.ask("xml"), c.ask("json")
			if asXML.status != c.status || asJSON.status != c.status {
				t.Errorf("%d as XML and %d as JSON, want %d: %s", asXML.status, asJSON.status, c.status, asJSON.body)
			}
			if media := asXML.header.Get("Content-Type") + ", " + asJSON.header.Get("Content-Type"); media != "text/xml; charset=utf-8, application/json; charset=utf-8" {
				t.Errorf("as %s", media)
			}
			if diff := cmp.Diff(c.fields, xmlFields(t, asXML.body, c.root, c.element)); diff != "" {
				t.Errorf("XML: %s", diff)
			}
			if diff := cmp.Diff(c.fields, jsonFields(t, asJSON.body)); diff != "" {
				t.Errorf("JSON: %s", diff)
			}
		})
	}
	// An empty element is null in JSON, and what is known is of its type.
	var list []map[string]any
	site.asks(t, http.StatusOK, "requests/"+id+".json", &list)
	for _, field := range []string{"description", "service_notice", "address", "address_id", "zipcode", "lat", "long", "media_url"} {
		if list[0][field] != nil {
			t.Errorf("%s is %v, want null", field, list[0][field])
		}
	}
	// The link is kept as a line of what was said, for who works on it.
	site.query(t, `{ caseByReceipt(receipt: "`+filed[0].Receipt+`") { description } }`).
		want(t, 200, `A large sinkhole is destroying the street\n\nmedia_url: http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg`)
	// A description may be left out: then the service says what it is about.
	bare := strings.Replace(specPost, "&description=A+large+sinkhole+is+destroying+the+street", "", 1)
	if got := post("json", bare+code); got.status != http.StatusCreated {
		t.Errorf("without a description: %d %s", got.status, got.body)
	}
	site.asks(t, http.StatusOK, "requests.json?service_code=999&service_code="+code, &list)
	if len(list) < 3 {
		t.Errorf("%d requests of a service named beside one that is not known", len(list))
	}
	site.asks(t, http.StatusOK, "requests.json?service_code=999", &list)
	if len(list) != 0 {
		t.Errorf("%d requests of no service", len(list))
	}
}

// xmlFields are the elements of the first element of a document, or of its root.
func xmlFields(t *testing.T, body, root, element string) []string {
	t.Helper()
	if !strings.HasPrefix(body, `<?xml version="1.0" encoding="UTF-8"?>`) {
		t.Errorf("no declaration: %.60s", body)
	}
	d := xml.NewDecoder(strings.NewReader(body))
	at := []string{root}
	if element != "" {
		at = append(at, element)
	}
	var path, fields []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return fields
		}
		if err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if path = append(path, e.Name.Local); len(path) == len(at)+1 && slices.Equal(path[:len(at)], at) {
				fields = append(fields, e.Name.Local)
			}
		case xml.EndElement:
			if path = path[:len(path)-1]; element != "" && len(path) == 1 {
				return fields
			}
		}
	}
}

// jsonFields are the members of the first object of a list, or of an object.
func jsonFields(t *testing.T, body string) []string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(body, "[")))
	if _, err := d.Token(); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	var fields []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		fields = append(fields, name.(string))
		var value any
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	return fields
}
