package open311

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func TestAListIsOfNinetyDaysAtMost(t *testing.T) {
	for query, want := range map[string]string{
		"":                                "2025-03-03/2025-06-01",
		"start_date=2025-01-01T00:00:00Z": "2025-01-01/2025-04-01",
		"end_date=2025-05-24T00:00:00Z":   "2025-02-23/2025-05-24",
		"start_date=2025-05-24T00:00:00Z&end_date=2025-06-24T00:00:00Z":        "2025-05-24/2025-06-24",
		"start_date=2020-01-01T00:00:00Z&end_date=2025-06-24T00:00:00Z":        "2025-03-26/2025-06-24",
		"start_date=2025-05-24T08:00:00%2B08:00&end_date=2025-05-25T00:00:00Z": "2025-05-24/2025-05-25",
		"start_date=2025-05-24": "400",
		"start_date=yesterday":  "400",
		"end_date=2025-05-24T00:00:00Z&start_date=2025-06-24T00:00:00Z": "400",
		"status=lost": "400",
		"service_request_id=" + strings.Repeat("a,", 101): "400",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		in, err := parseAsked(values, now)
		got := in.from.UTC().Format(time.DateOnly) + "/" + in.to.UTC().Format(time.DateOnly)
		var p problem
		if errors.As(err, &p) {
			got = "400"
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%v)", query, got, want, err)
		}
	}
}

func TestBothStatesAreNoCondition(t *testing.T) {
	for status, want := range map[string]string{"open": "true", "closed": "false", "open,closed": "null", "": "null"} {
		in, err := parseAsked(url.Values{"status": {status}}, now)
		raw, jsonErr := json.Marshal(in.open)
		if err := errors.Join(err, jsonErr); err != nil || string(raw) != want {
			t.Errorf("%q: %s, want %s: %v", status, raw, want, err)
		}
	}
}

// TestErrorsAreWrittenAsTheStandardHasThem compares with the specification's own
// examples, but for the words of the description.
func TestErrorsAreWrittenAsTheStandardHasThem(t *testing.T) {
	for f, want := range map[string]string{
		formatXML:  xml.Header + `<errors><error><code>400</code><description>service_code was not provided</description></error></errors>`,
		formatJSON: `[{"code":400,"description":"service_code was not provided"}]`,
	} {
		w := httptest.NewRecorder()
		(&service{}).refuse(w, httptest.NewRequest("GET", "/", nil), f, missing("service_code"))
		if w.Code != 400 || w.Body.String() != want {
			t.Errorf("%s: %d %s, want %s", f, w.Code, w.Body, want)
		}
	}
}

// FuzzFiling: whatever a form holds, it is refused with a problem of the standard or
// is a request within the API's bounds.
func FuzzFiling(f *testing.F) {
	f.Add("service_code=a&lat=39.9&long=116.4&description=lamp")
	f.Add("service_code=a&address_string=x&description=" + strings.Repeat("字", 300) + "&lat=NaN&long=Inf")
	f.Add("service_code=a&address_id=1&media_url=https://example.org/1.jpg%0d%0aX")
	f.Add("service_code=a&address_id=%00&description=%0a%0a&email=a@b")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		var p problem
		in, err := parseFiling(values)
		if err != nil {
			if !errors.As(err, &p) || p.Code != 400 {
				t.Errorf("%q: %v", query, err)
			}
			return
		}
		if n := len([]rune(in.title)); n > maxTitle || in.serviceCode == "" || n > 0 && !strings.HasPrefix(in.description, strings.TrimSuffix(in.title, "…")) {
			t.Errorf("%q became %+v", query, in)
		}
		if in.place == nil && in.lat == nil || (in.lat == nil) != (in.long == nil) {
			t.Errorf("%q lies nowhere: %+v", query, in)
		}
	})
}

// FuzzAsked: whatever a list is asked for, it is refused with a problem of the standard
// or is of 90 days at most, or of 100 ids.
func FuzzAsked(f *testing.F) {
	f.Add("start_date=2025-05-24T00:00:00Z&end_date=2025-06-24T00:00:00%2B08:00&status=open,closed")
	f.Add("service_request_id=1,2&service_request_id=3,%20,&service_code=a&service_code=b")
	f.Add("end_date=9000-12-31T23:59:60Z&status=%00")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		in, err := parseAsked(values, now)
		var p problem
		switch {
		case err != nil:
			if !errors.As(err, &p) || p.Code != 400 {
				t.Errorf("%q: %v", query, err)
			}
		case in.ids != nil:
			if len(in.ids) > pageSize {
				t.Errorf("%q asks for %d ids", query, len(in.ids))
			}
		case in.to.Before(in.from) || in.to.Sub(in.from) > maxDays*24*time.Hour:
			t.Errorf("%q is from %s to %s", query, in.from, in.to)
		}
	})
}
