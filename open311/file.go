package open311

import (
	"encoding/xml"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"steelyard/messages"
)

// maxTitle is how many characters a title has at most; a longer first line is cut.
const maxTitle = 200

// filing is a request that is to be filed.
type filing struct {
	serviceCode string
	title       string // the first line of the description; empty without one
	description string // as it was sent, and the link below it
	place       *string
	lat, long   *float64
	email       string
}

// parseFiling reads a form. What it says of a person is not looked at, the address
// for the answer excepted. A description may be left out, as the standard has it.
func parseFiling(form url.Values) (filing, error) {
	in := filing{
		serviceCode: form.Get("service_code"), description: strings.TrimSpace(form.Get("description")), email: strings.TrimSpace(form.Get("email")),
	}
	if in.serviceCode == "" {
		return in, missing("service_code")
	}
	for _, name := range []string{"description", "address_string", "address_id", "email"} {
		if !utf8.ValidString(form.Get(name)) {
			return in, bad(name, "write it in UTF-8")
		}
	}
	lat, long := form.Get("lat"), form.Get("long")
	if place := strings.TrimSpace(form.Get("address_string") + " " + form.Get("address_id")); place != "" {
		in.place = &place
	}
	if in.place == nil && (lat == "" || long == "") {
		return in, missing("lat with long, address_string or address_id")
	}
	if lat != "" || long != "" {
		var err error
		if in.lat, err = degrees("lat", lat, 90); err != nil {
			return in, err
		}
		if in.long, err = degrees("long", long, 180); err != nil {
			return in, err
		}
	}
	in.title, _, _ = strings.Cut(in.description, "\n")
	in.title = shortened(strings.TrimSpace(in.title))
	link, err := parseLink(form.Get("media_url"))
	if err != nil {
		return in, err
	}
	in.description = strings.TrimSpace(in.description + "\n\n" + link)
	return in, nil
}

// shortened is a title's length of a line.
func shortened(line string) string {
	if runes := []rune(line); len(runes) > maxTitle {
		return string(runes[:maxTitle-1]) + "…"
	}
	return line
}

// maxLink is how many bytes a media_url has at most.
const maxLink = 1000

// parseLink reads a media_url. It becomes a line of the description, as text: nobody
// here fetches it or makes a link of it.
func parseLink(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > maxLink || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", bad("media_url", "write the address of a picture on the web, such as https://example.org/1.jpg")
	}
	return "media_url: " + u.String(), nil
}

func degrees(name, text string, limit float64) (*float64, error) {
	d, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(d) || math.Abs(d) > limit {
		return nil, bad(name, "write degrees as a decimal number, such as 39.904")
	}
	return &d, nil
}

// filed is what filing gave.
type filed struct {
	ID      string `json:"service_request_id" xml:"service_request_id"`
	Notice  string `json:"service_notice" xml:"service_notice"`
	Account string `json:"account_id" xml:"account_id"` // the receipt
}

type filings struct {
	XMLName xml.Name `xml:"service_requests"`
	List    []filed  `xml:"request"`
}

// file takes a request.
func (s *service) file(w http.ResponseWriter, r *http.Request) {
	r = inLanguage(r)
	name, f := format(r.PathValue("resource"))
	list, err := s.take(w, r, name)
	if err != nil {
		s.refuse(w, r, f, err)
		return
	}
	write(w, http.StatusCreated, f, list, filings{List: list})
}

func (s *service) take(w http.ResponseWriter, r *http.Request, name string) ([]filed, error) {
	if name != "requests" {
		return nil, unknown("the resource")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := readForm(r); err != nil {
		return nil, bad("the form", "send at most 64 kB as application/x-www-form-urlencoded or multipart/form-data")
	}
	if err := s.checkJurisdiction(r.Form); err != nil {
		return nil, err
	}
	if err := s.checkKey(r.Form); err != nil {
		return nil, err
	}
	in, err := parseFiling(r.PostForm)
	if err != nil {
		return nil, err
	}
	category, err := s.category(r, in.serviceCode)
	if err != nil {
		return nil, err
	}
	if in.title == "" {
		// The standard lets a description be left out; then the service says what it is.
		in.title, in.description = shortened(category), strings.TrimSpace(category+"\n\n"+in.description)
	}
	answer, err := File(r.Context(), s.api, category, in.title, in.description, in.place, in.lat, in.long)
	if err != nil {
		return nil, err
	}
	made := answer.OpenCase
	if made.Case == nil || made.Receipt == nil {
		return nil, refusal(made.UserErrors)
	}
	if in.email != "" {
		s.tell(r, *made.Receipt, in.email)
	}
	return []filed{{made.Case.PublicId, notice(messages.From(r.Context()), *made.Receipt, s.PublicURL), *made.Receipt}}, nil
}

// readForm reads a form of either kind; a file in it is not looked at.
func readForm(r *http.Request) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return r.ParseMultipartForm(maxForm)
	}
	return r.ParseForm()
}

// tell asks that whoever filed be told of the answer. The request is filed in any
// case: with the receipt it can be asked for again.
func (s *service) tell(r *http.Request, receipt, email string) {
	answer, err := Tell(r.Context(), s.api, receipt, email)
	if err != nil {
		slog.WarnContext(r.Context(), "open311: nobody will be told", "error", err)
		return
	}
	if len(answer.SubscribeToCase.UserErrors) > 0 {
		slog.InfoContext(r.Context(), "open311: nobody will be told", "code", string(answer.SubscribeToCase.UserErrors[0].Code))
	}
}

// fields are what the standard calls the API's fields.
var fields = map[string]string{
	"title": "description", "description": "description", "place": "address_string", "latitude": "lat", "longitude": "long",
}

// refusal says what is to be mended.
func refusal(list []Problem) error {
	if len(list) == 0 {
		return errors.New("a case was neither opened nor refused")
	}
	text := list[0].Message
	if field := list[0].Field; field != nil && fields[*field] != "" {
		text = fields[*field] + ": " + text
	}
	return problem{Code: http.StatusBadRequest, Description: text}
}

// notice gives the receipt, once.
func notice(l messages.Lang, receipt, site string) string {
	if l == messages.English {
		return "Your receipt is " + receipt + ". Keep it: it is shown this once, and at " + site + "/receipt it shows what becomes of your request."
	}
	return "您的回执是 " + receipt + "。请妥善保存，仅显示这一次；凭回执可在 " + site + "/receipt 查看办理情况。"
}
