package overhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// refusal is a request that was not read: an HTTP status and what would be right.
// Nothing of the request is in it.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

func bad(message string) *refusal { return &refusal{http.StatusBadRequest, message} }

// fromBody reads the parameters of a POST.
func fromBody(r *http.Request) (*graphql.RawParams, error) {
	if !isJSON(r.Header.Get("Content-Type")) || r.Header.Get("Content-Encoding") != "" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "send the request as Content-Type: application/json in UTF-8"}
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &refusal{http.StatusRequestEntityTooLarge, "the request is too large"}
	case err != nil:
		return nil, bad("the request could not be read to its end")
	case !utf8.Valid(body):
		return nil, bad("the request is not UTF-8")
	}
	// Names are told apart by case, as a struct's would not be.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, bad("the request is not a JSON object")
	}
	var out graphql.RawParams
	var id string
	for _, text := range [...]struct {
		name string
		into *string
	}{{"query", &out.Query}, {"operationName", &out.OperationName}, {"documentId", &id}} {
		if raw, found := members[text.name]; found && json.Unmarshal(raw, text.into) != nil {
			return nil, bad(text.name + " is not a text")
		}
	}
	for _, object := range [...]struct {
		name string
		into *map[string]any
	}{{"variables", &out.Variables}, {"extensions", &out.Extensions}} {
		if raw, found := members[object.name]; found && decode(raw, object.into) != nil {
			return nil, bad(object.name + " is not an object")
		}
	}
	return &out, hasQuery(&out, id)
}

// isJSON says whether a Content-Type is JSON in UTF-8.
func isJSON(header string) bool {
	if header == mediaJSON { // nearly always
		return true
	}
	media, params, err := mime.ParseMediaType(header)
	charset, given := params["charset"]
	return err == nil && media == mediaJSON && (!given || isUTF8(charset))
}

// fromURL reads the parameters of a GET.
func fromURL(r *http.Request) (*graphql.RawParams, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, bad("the query string cannot be read")
	}
	out := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	if text := values.Get("variables"); text != "" {
		if err := decode([]byte(text), &out.Variables); err != nil {
			return nil, bad("variables is not an object in JSON")
		}
	}
	if text := values.Get("extensions"); text != "" {
		if err := decode([]byte(text), &out.Extensions); err != nil {
			return nil, bad("extensions is not an object in JSON")
		}
	}
	return out, hasQuery(out, values.Get("documentId"))
}

// hasQuery refuses parameters without a query, unless they name a persisted one: as Apollo
// does, or by documentId, which is put in the same place.
func hasQuery(p *graphql.RawParams, documentID string) error {
	if documentID != "" {
		if p.Query != "" || p.Extensions["persistedQuery"] != nil {
			return bad("send documentId or query, not both")
		}
		if p.Extensions == nil {
			p.Extensions = map[string]any{}
		}
		p.Extensions["persistedQuery"] = map[string]any{"version": 1, "sha256Hash": strings.TrimPrefix(documentID, "sha256:")}
	}
	if p.Query == "" && p.Extensions["persistedQuery"] == nil {
		return bad("query is missing")
	}
	return nil
}

// decode reads exactly one JSON value. Numbers stay as they were written.
func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}
