package main

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/open311"
	"steelyard/store"
)

// newCity is a site whose residents may file under roads and lamps.
func newCity(t *testing.T, d store.Dialect, now func() time.Time) *testSite {
	t.Helper()
	site := newTestSiteAt(t, d, now)
	site.maxBody = 1 << 20
	site.open311 = open311.Options{Jurisdiction: "city.gov", Keys: []string{"xyz", "second"}}
	var top models.OrgUnit
	if err := site.store.Read(t.Context()).Where("parent_id IS NULL").Take(&top).Error; err != nil {
		t.Fatal(err)
	}
	rule := &models.CategoryRule{ID: models.NewID(), UnitID: top.ID, Phrase: "lamp", Category: "roads / lamps", Weight: 10, SavedBy: "t", SavedAt: site.store.Now()}
	if err := site.store.InTx(t.Context(), func(tx *store.Tx) error { return tx.Create(rule).Error }); err != nil {
		t.Fatal(err)
	}
	site.start(t)
	return site
}

// asks wants a status, and decodes what was answered as JSON.
func (s *testSite) asks(t *testing.T, status int, path string, into any) {
	t.Helper()
	got := s.send(t, "GET", "/open311/v2/"+path, "")
	if got.status != status {
		t.Fatalf("%s: %d %s, want %d", path, got.status, got.body, status)
	}
	if err := json.Unmarshal([]byte(got.body), into); err != nil {
		t.Fatalf("%s: %v: %s", path, err, got.body)
	}
}

func TestOpen311FilesAndFollowsARequest(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			site := newCity(t, d, nil)
			var services []map[string]any
			site.asks(t, http.StatusOK, "services.json?jurisdiction_id=city.gov", &services)
			var code string
			for _, s := range services {
				if s["service_name"] == "roads / lamps" && s["group"] == "roads" && s["type"] == "realtime" && s["metadata"] == false {
					code = s["service_code"].(string)
				}
			}
			if code == "" || len(services) != 2 {
				t.Fatalf("services %v", services)
			}
			var definition map[string]any
			site.asks(t, http.StatusOK, "services/"+code+".json", &definition)
			if definition["service_code"] != code || len(definition["attributes"].([]any)) != 0 {
				t.Errorf("definition %v", definition)
			}

			form := url.Values{
				"api_key": {"xyz"}, "service_code": {code}, "lat": {"39.9042"}, "long": {"116.4074"}, "address_string": {"3 Lamp Lane"},
				"description": {"The lamp is out.\nFor a week, Mr Secret says."}, "first_name": {"Secretname"}, "phone": {"5551234"}, "email": {"who@example.org"},
			}
			posted := site.send(t, "POST", "/open311/v2/requests.json", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept-Language", "en")
			var filed []struct {
				ID      string `json:"service_request_id"`
				Notice  string `json:"service_notice"`
				Account string `json:"account_id"`
			}
			if err := json.Unmarshal([]byte(posted.body), &filed); err != nil || posted.status != http.StatusCreated || len(filed) != 1 {
				t.Fatalf("filed %d %s: %v", posted.status, posted.body, err)
			}
			if len(filed[0].ID) != 32 || !strings.Contains(filed[0].Notice, filed[0].Account) || !strings.Contains(filed[0].Notice, "/receipt") {
				t.Errorf("filed %+v", filed)
			}
			// The receipt shows the case, and what the app told of it.
			site.query(t, `{ caseByReceipt(receipt: "`+filed[0].Account+`") { title place latitude category publicId } }`).
				want(t, 200, `"title":"The lamp is out."`, `"place":"3 Lamp Lane"`, `"latitude":39.904`, `"category":"roads / lamps"`, filed[0].ID)

			var list []map[string]any
			for path, n := range map[string]int{
				"requests/" + filed[0].ID + ".json":                        1,
				"requests.json":                                            1,
				"requests.json?service_code=" + code + "&status=open":      1,
				"requests.json?status=closed":                              0,
				"requests.json?end_date=2020-01-01T00:00:00Z":              0,
				"requests.json?service_request_id=" + filed[0].ID + ",%20": 1,
			} {
				site.asks(t, http.StatusOK, path, &list)
				if len(list) != n {
					t.Errorf("%s: %d requests, want %d", path, len(list), n)
				}
			}
			site.asks(t, http.StatusOK, "requests.json", &list)
			raw, err := json.Marshal(list)
			if err != nil {
				t.Fatal(err)
			}
			for _, private := range []string{"Secret", "5551234", "39.9", "Lane", "week", "example.org", filed[0].Account} {
				if strings.Contains(string(raw), private) {
					t.Errorf("everybody sees %q: %s", private, raw)
				}
			}
			if list[0]["status"] != "open" || list[0]["service_code"] != code || list[0]["agency_responsible"] == "" ||
				!strings.Contains(list[0]["requested_datetime"].(string), "T00:00:00+08:00") {
				t.Errorf("listed %v", list[0])
			}
			var tokens []map[string]string
			site.asks(t, http.StatusOK, "tokens/"+filed[0].ID+".json", &tokens)
			if tokens[0]["service_request_id"] != filed[0].ID {
				t.Errorf("tokens %v", tokens)
			}
			var count int64
			if err := site.store.Read(t.Context()).Model(&models.Case{}).Where("receipt_hash IS NULL").Count(&count).Error; err != nil || count == 0 {
				t.Errorf("the village has no imported case that could have shown: %v", err)
			}
		})
	}
}

func TestOpen311AsXML(t *testing.T) {
	site := newCity(t, store.SQLite, nil)
	for path, root := range map[string]string{
		"discovery.xml": "discovery", "services.xml": "services", "requests.xml": "service_requests", "services.xml?jurisdiction_id=other": "errors",
		"requests/00.xml": "errors", "requests": "errors", "nothing/at/all": "errors",
	} {
		got := site.send(t, "GET", "/open311/v2/"+path, "")
		var into struct{ XMLName xml.Name }
		if err := xml.Unmarshal([]byte(got.body), &into); err != nil || into.XMLName.Local != root || !strings.HasPrefix(got.body, xml.Header) {
			t.Errorf("%s: %v %s", path, err, got.body)
		}
		if got.header.Get("Content-Type") != "text/xml; charset=utf-8" {
			t.Errorf("%s is %s", path, got.header.Get("Content-Type"))
		}
	}
	got := site.send(t, "GET", "/open311/v2/services.xml", "")
	got.want(t, 200, "<services><service><service_code>", "<service_name>roads / lamps</service_name>", "<type>realtime</type>", "<group>roads</group></service></services>")
}

func TestOpen311RefusesAsTheStandardSays(t *testing.T) {
	site := newCity(t, store.SQLite, nil)
	var services []struct {
		Code string `json:"service_code"`
	}
	site.asks(t, http.StatusOK, "services.json", &services)
	good := map[string]string{"api_key": "second", "service_code": services[0].Code, "address_string": "here", "description": "d"}
	for _, c := range []struct {
		name, field, value string
		status             int
	}{
		{"no key", "api_key", "", 403},
		{"a wrong key", "api_key", "xy", 403},
		{"another's jurisdiction", "jurisdiction_id", "other.example", 404},
		{"no service", "service_code", "", 400},
		{"an unknown service", "service_code", "001", 404},
		{"no place", "address_string", "", 400},
		{"half a place", "lat", "39.9", 400},
		{"no link", "media_url", "javascript:alert(1)", 400},
		{"a link with a name and a secret", "media_url", "https://li:secret@example.org/", 400},
		{"an endless link", "media_url", "https://example.org/" + strings.Repeat("x", 1000), 400},
		{"too long a description", "description", strings.Repeat("x", 10_001), 400},
		{"too long a place", "address_string", strings.Repeat("x", 500), 400},
		{"far too much", "description", strings.Repeat("x", 70_000), 400},
	} {
		form := url.Values{}
		for k, v := range good {
			form.Set(k, v)
		}
		form.Set(c.field, c.value)
		got := site.send(t, "POST", "/open311/v2/requests.json", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		var list []struct {
			Code        int
			Description string
		}
		if err := json.Unmarshal([]byte(got.body), &list); err != nil || got.status != c.status || len(list) != 1 || list[0].Code != c.status || list[0].Description == "" {
			t.Errorf("%s: %d %s, want %d: %v", c.name, got.status, got.body, c.status, err)
		}
	}
	for path, status := range map[string]int{
		"services/001.json": 404, "requests/zz.json": 404, "requests/" + strings.Repeat("0", 32) + ".json": 404, "tokens/x.json": 404,
		"services/.json": 400, "requests/.json": 400, "tokens/.json": 400,
		"requests.json?start_date=x": 400, "cities.json": 404, "cities/1.json": 404,
	} {
		var ignored any
		site.asks(t, status, path, &ignored)
	}
	if got := site.send(t, "POST", "/open311/v2/services.json", ""); got.status != 404 {
		t.Errorf("filing a service: %d", got.status)
	}
}
