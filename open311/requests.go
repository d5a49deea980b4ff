package open311

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The bounds of a list, as the standard has them.
const (
	maxDays     = 90
	maxRequests = 1000
	pageSize    = 100
)

// listed is a request as everybody may see it. What the standard knows besides and
// nobody is told stands there empty.
type listed struct {
	ID          string `json:"service_request_id" xml:"service_request_id"`
	Status      string `json:"status" xml:"status"`
	StatusNotes string `json:"status_notes" xml:"status_notes"`
	ServiceName string `json:"service_name" xml:"service_name"`
	ServiceCode string `json:"service_code" xml:"service_code"`
	Description word   `json:"description" xml:"description"`
	Agency      string `json:"agency_responsible" xml:"agency_responsible"`
	Notice      word   `json:"service_notice" xml:"service_notice"`
	Requested   string `json:"requested_datetime" xml:"requested_datetime"`
	Updated     string `json:"updated_datetime" xml:"updated_datetime"` // of a closed one: when it was closed
	Expected    word   `json:"expected_datetime" xml:"expected_datetime"`
	Address     word   `json:"address" xml:"address"`
	AddressID   word   `json:"address_id" xml:"address_id"`
	Zipcode     word   `json:"zipcode" xml:"zipcode"`
	Lat         word   `json:"lat" xml:"lat"`
	Long        word   `json:"long" xml:"long"`
	MediaURL    word   `json:"media_url" xml:"media_url"`
}

type listing struct {
	XMLName xml.Name `xml:"service_requests"`
	List    []listed `xml:"request"`
}

// list is a case in the words of the standard.
func (s *service) list(c Request) listed {
	out := listed{
		ID: c.PublicId, Status: "closed", StatusNotes: string(c.State), ServiceName: c.Category, ServiceCode: code(c.Category),
		Agency: c.Unit.Name, Requested: s.startOf(c.OpenedOn), Updated: s.startOf(c.ChangedOn),
	}
	switch {
	case isOpen(c.State):
		out.Status = "open"
	case c.ClosedOn != nil:
		out.Updated = s.startOf(*c.ClosedOn)
	}
	if c.DueOn != nil {
		out.Expected = word(s.startOf(*c.DueOn))
	}
	return out
}

// isOpen says whether somebody still has to work on it.
func isOpen(state CaseState) bool {
	switch state {
	case CaseStateResolved, CaseStateConfirmed, CaseStateClosedUnconfirmed, CaseStateRejected, CaseStateWithdrawn:
		return false
	}
	return true
}

// startOf is the first moment of a day: everybody is told days alone.
func (s *service) startOf(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, s.Zone)
	if err != nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

// asked is what a list of requests is asked for.
type asked struct {
	ids   []string // where given, nothing else counts
	from  time.Time
	to    time.Time
	codes []string
	open  *bool
}

// parseAsked reads a query. Without dates it is the last 90 days; a longer span is cut
// to the 90 days before its end.
func parseAsked(query url.Values, now time.Time) (asked, error) {
	var in asked
	if ids := split(query, "service_request_id"); len(ids) > 0 {
		if len(ids) > pageSize {
			return in, bad("service_request_id", "give no more than 100")
		}
		in.ids = ids
		return in, nil
	}
	start, err := moment(query, "start_date")
	if err != nil {
		return in, err
	}
	end, err := moment(query, "end_date")
	if err != nil {
		return in, err
	}
	const span = maxDays * 24 * time.Hour
	switch {
	case start.IsZero() && end.IsZero():
		in.from, in.to = now.Add(-span), now
	case end.IsZero():
		in.from, in.to = start, start.Add(span)
	case start.IsZero():
		in.from, in.to = end.Add(-span), end
	case end.Before(start):
		return in, bad("end_date", "it lies before start_date")
	default:
		in.from, in.to = start, end
		if end.Sub(start) > span {
			in.from = end.Add(-span)
		}
	}
	in.codes = split(query, "service_code")
	for _, status := range split(query, "status") {
		open := status == "open"
		if !open && status != "closed" {
			return in, bad("status", "write open or closed")
		}
		if in.open != nil && *in.open != open {
			in.open = nil // both
			break
		}
		in.open = &open
	}
	return in, nil
}

// moment reads an instant of ISO 8601 with its zone; zero where there is none.
func moment(query url.Values, name string) (time.Time, error) {
	text := query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1900 || t.Year() > 9000 {
		return t, bad(name, "write a time with its zone, such as 2025-03-04T09:30:00Z")
	}
	return t, nil
}

// split is a list with commas, which may be given in several parts.
func split(query url.Values, name string) []string {
	return strings.FieldsFunc(strings.Join(query[name], ","), func(r rune) bool { return r == ',' || r == ' ' })
}

func (s *service) listRequests(w http.ResponseWriter, r *http.Request, f string, query url.Values) error {
	in, err := parseAsked(query, s.Now())
	if err != nil {
		return err
	}
	if in.ids != nil {
		return s.showRequests(w, r, f, in.ids)
	}
	var categories []string
	if len(in.codes) > 0 {
		if categories, err = s.categories(r, in.codes); err != nil {
			return err
		}
		if len(categories) == 0 {
			s.writeRequests(w, f, []listed{})
			return nil
		}
	}
	first, last := in.from.In(s.Zone), in.to.In(s.Zone)
	// Where clocks were changed in between, 90 times 24 hours touch a day more.
	if earliest := last.AddDate(0, 0, -maxDays); first.Before(earliest) {
		first = earliest
	}
	from, to := first.Format(time.DateOnly), last.Format(time.DateOnly)
	list, after := []listed{}, (*string)(nil)
	for len(list) < maxRequests {
		answer, err := Many(r.Context(), s.api, from, to, categories, in.open, pageSize, after)
		if err != nil {
			return err
		}
		for _, c := range answer.PublicCases.Nodes {
			list = append(list, s.list(c))
		}
		if !answer.PublicCases.PageInfo.HasNextPage {
			break
		}
		after = answer.PublicCases.PageInfo.EndCursor
	}
	s.writeRequests(w, f, list)
	return nil
}

// showRequests answers with the requests of ids, without those that are not there.
func (s *service) showRequests(w http.ResponseWriter, r *http.Request, f string, ids []string) error {
	list := []listed{}
	for _, id := range ids {
		c, err := s.one(r, id)
		if errors.Is(err, errNoRequest) {
			continue
		}
		if err != nil {
			return err
		}
		list = append(list, s.list(*c))
	}
	s.writeRequests(w, f, list)
	return nil
}

func (s *service) writeRequests(w http.ResponseWriter, f string, list []listed) {
	write(w, http.StatusOK, f, list, listing{List: list})
}

// errNoRequest says that there is no request of an id.
var errNoRequest = unknown("service_request_id")

func (s *service) one(r *http.Request, id string) (*Request, error) {
	answer, err := One(r.Context(), s.api, id)
	if err != nil {
		return nil, err
	}
	if answer.PublicCase == nil {
		return nil, errNoRequest
	}
	return answer.PublicCase, nil
}

// tokened is the request of a token. Requests have their id at once here, and the
// token is the same.
type tokened struct {
	ID    string `json:"service_request_id" xml:"service_request_id"`
	Token string `json:"token" xml:"token"`
}

type tokens struct {
	XMLName xml.Name  `xml:"service_requests"`
	List    []tokened `xml:"request"`
}

func (s *service) showToken(w http.ResponseWriter, r *http.Request, f, token string) error {
	c, err := s.one(r, token)
	if errors.Is(err, errNoRequest) {
		return unknown("token")
	}
	if err != nil {
		return err
	}
	list := []tokened{{c.PublicId, token}}
	write(w, http.StatusOK, f, list, tokens{List: list})
	return nil
}
