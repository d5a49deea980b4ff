package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/store"
)

// walk is a village whose clock the test moves.
type walk struct {
	*testSite
	now atomic.Pointer[time.Time]
}

// TestTheWholeLifeThroughPages has officials and a resident go all the way of a rating
// and of a case, in both languages, and asks after each step what an assessment reads.
func TestTheWholeLifeThroughPages(t *testing.T) {
	node, shots := browser(t)
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			start := time.Date(2026, time.March, 3, 2, 0, 0, 0, time.UTC) // a Tuesday, at ten
			w := &walk{}
			w.now.Store(&start)
			w.testSite = newTestSiteAt(t, store.SQLite, func() time.Time { return *w.now.Load() })
			w.maxComplexity, w.publicURL = 50_000, ""
			w.start(t)
			hr := w.route(t, "社区治理 / 物业服务", "LX-WG")
			keeper, err := store.Take[models.Official](w.store.Read(t.Context()).Where("ref = ?", "V4"), "Official")
			if err != nil {
				t.Fatal(err)
			}
			clock := httptest.NewServer(w.clock(t))
			defer clock.Close()
			drive(t, node, "walk.mjs", lang, w.url, clock.URL, shots,
				w.token(t, accounts.Grant{Subject: "clerk", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"}),
				w.token(t, accounts.Grant{Subject: "reply", Role: models.RoleReplyOfficer, UnitRef: "LX-FW"}),
				w.token(t, accounts.Grant{Subject: "keeper", Role: models.RoleOfficial, OfficialRef: "V4", UnitRef: "LX-WG"}),
				"社区治理 / 物业服务", "柳溪村便民服务站", hr, keeper.Name)
		})
	}
}

// route has HR send what is of a category to a unit, and returns HR's token.
func (w *walk) route(t *testing.T, category, to string) (hr string) {
	t.Helper()
	ids := map[string]models.ID{}
	for _, ref := range []string{"LX", to} {
		unit, err := store.Take[models.OrgUnit](w.store.Read(t.Context()).Where("ref = ?", ref), "OrgUnit")
		if err != nil {
			t.Fatal(err)
		}
		ids[ref] = unit.ID
	}
	hr = w.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	w.query(t, `mutation { saveRoutingRule(input: {unitId: "`+ids["LX"].String()+`", category: "`+category+`", toUnitId: "`+ids[to].String()+
		`"}) { rule { id } userErrors { message } } }`, "Authorization", "Bearer "+hr).want(t, 200, `"userErrors":[]`)
	return hr
}

// clock moves the site's clock by hours, does what is done beside requests, and says
// what an assessment of the year reads.
func (w *walk) clock(t *testing.T) http.Handler {
	period := models.Period{From: models.NewDate(2026, time.January, 1), To: models.NewDate(2026, time.December, 31)}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		hours, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			http.NotFound(rw, r)
			return
		}
		later := w.now.Load().Add(time.Duration(hours) * time.Hour)
		w.now.Store(&later)
		_, lapse := w.app.Cases.LapseTransfers(r.Context())
		_, release := w.app.Ratings.Release(r.Context())
		computed, err := w.app.Assessments.Compute(r.Context(), nil, period, scoring.DefaultPolicy(), nil)
		if err := errors.Join(lapse, release, err); err != nil {
			t.Error(err)
			computed = &assessments.Computed{}
		}
		if err := json.NewEncoder(rw).Encode(computed.Evidence); err != nil {
			t.Error(err)
		}
	})
}
