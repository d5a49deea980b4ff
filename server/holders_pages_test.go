package main

import (
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestHoldersOfReceiptsThroughPages has residents see in Chromium that their ratings count
// in what is published, and erase their words.
func TestHoldersOfReceiptsThroughPages(t *testing.T) {
	node, shots := browser(t)
	t.Parallel()
	w := &walk{}
	start := time.Date(2025, time.June, 3, 2, 0, 0, 0, time.UTC)
	w.now.Store(&start)
	w.testSite = newTestSiteAt(t, store.SQLite, func() time.Time { return *w.now.Load() })
	w.maxComplexity, w.publicURL = 50_000, ""
	w.start(t)
	hr := w.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	second := w.token(t, accounts.Grant{Subject: "hr-2", Role: models.RoleHR, UnitRef: "LX"})
	clerk := w.token(t, accounts.Grant{Subject: "v1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	service := w.gives(t, hr, `{ services(first: 1) { nodes { id } } }`, "services", "nodes", 0, "id")
	rate := func() (receipt string) {
		encounter := w.gives(t, clerk, `mutation { recordEncounter(input: {serviceId: "`+service+`", channel: WINDOW}) { encounter { id } } }`, "recordEncounter", "encounter", "id")
		token := w.gives(t, clerk, `mutation { issueRatingInvitation(input: {encounterId: "`+encounter+`"}) { invitation { token } } }`, "issueRatingInvitation", "invitation", "token")
		return w.gives(t, "", `mutation { submitRating(input: {token: "`+token+`", level: 4, comment: "my own words"}) { receipt } }`, "submitRating", "receipt")
	}
	receipts := []string{rate(), rate(), rate(), rate(), rate(), rate()}
	problem := w.gives(t, "", `mutation { openCase(input: {unitId: "`+w.unit(t, "LX-FW")+`", title: "a lamp", description: "my own words"}) { receipt } }`, "openCase", "receipt")
	w.gives(t, "", `mutation { withdrawCase(input: {receipt: "`+problem+`"}) { case { state } } }`, "withdrawCase", "case", "state")

	later := start.AddDate(0, 7, 0)
	w.now.Store(&later)
	if _, err := w.app.Ratings.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	cycle := w.gives(t, hr, `mutation { openCycle(input: {unitId: "`+w.unit(t, "LX")+`", kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31"}) { cycle { id } } }`, "openCycle", "cycle", "id")
	w.gives(t, hr, `mutation { runAssessment(input: {cycleId: "`+cycle+`"}) { run { id } } }`, "runAssessment", "run", "id")
	if worked, err := w.app.Assessments.RunNext(t.Context()); err != nil || !worked {
		t.Fatal(worked, err)
	}
	for _, token := range []string{hr, second} {
		w.gives(t, token, `mutation { publishCycle(input: {cycleId: "`+cycle+`"}) { cycle { state } } }`, "publishCycle", "cycle", "state")
	}
	if n, err := w.app.Assessments.Tally(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	drive(t, node, "holders.mjs", w.url, shots, cycle, problem, receipts[0], receipts[1])
}
