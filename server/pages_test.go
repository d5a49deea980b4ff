package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

// inABrowser does in Chromium what a resident does, and what an HR officer asks of a
// cycle, in both languages. It needs Chromium, Node.js and `npm ci` in tools/browser;
// STEELYARD_SCREENSHOTS keeps the pictures.
func (d running) inABrowser(t *testing.T) {
	node, shots := browser(t)
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			drive(t, node, "residents.mjs", lang, d.ratingLink(t), d.resolvedCase(t), shots)
			drive(t, node, "officers.mjs", lang, d.values["RATING_URL"], d.values["CYCLE_ID"], d.published(t), d.round(t, lang), shots,
				d.values["HR_TOKEN"], d.values["OFFICIAL_TOKEN"])
		})
	}
}

// ask sends an operation as one of the demo's accounts, or as a stranger, and
// decodes what it gave.
func (d running) ask(t *testing.T, account string, query string, into any) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", d.values["GRAPHQL_URL"], bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if account != "" {
		r.Header.Set("Authorization", "Bearer "+d.values[account])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), `"errors"`) || strings.Contains(string(raw), `"code"`) {
		t.Fatalf("%s: %s", query, raw)
	}
	if err := json.Unmarshal(raw, &struct{ Data any }{into}); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
}

const wrong = " userErrors { code field message } "

// ratingLink is a fresh rating link of the official's.
func (d running) ratingLink(t *testing.T) string {
	t.Helper()
	var services struct {
		Services struct{ Nodes []struct{ ID string } }
	}
	d.ask(t, "OFFICIAL_TOKEN", `{ services(first: 1) { nodes { id } } }`, &services)
	var recorded struct {
		RecordEncounter struct{ Encounter struct{ ID string } }
	}
	d.ask(t, "OFFICIAL_TOKEN", `mutation { recordEncounter(input: {serviceId: "`+services.Services.Nodes[0].ID+`", channel: WINDOW}) { encounter { id }`+wrong+`} }`, &recorded)
	var issued struct {
		IssueRatingInvitation struct{ Invitation struct{ URL string } }
	}
	d.ask(t, "OFFICIAL_TOKEN", `mutation { issueRatingInvitation(input: {encounterId: "`+recorded.RecordEncounter.Encounter.ID+`"}) { invitation { url }`+wrong+`} }`, &issued)
	return issued.IssueRatingInvitation.Invitation.URL
}

// resolvedCase is the receipt of a case that the official says is solved.
func (d running) resolvedCase(t *testing.T) string {
	t.Helper()
	var me struct {
		Me struct{ Unit struct{ ID string } }
	}
	d.ask(t, "OFFICIAL_TOKEN", `{ me { unit { id } } }`, &me)
	var opened struct {
		OpenCase struct {
			Receipt string
			Case    struct{ ID string }
		}
	}
	d.ask(t, "", `mutation { openCase(input: {title: "楼道灯不亮 / The stairs are dark", description: "三单元的楼道灯坏了一周。", unitId: "`+me.Me.Unit.ID+`"}) { receipt case { id }`+wrong+`} }`, &opened)
	for _, step := range []string{
		`acceptCase(input: {caseId: $, note: "已收到"})`, `assignCase(input: {caseId: $})`, `startCase(input: {caseId: $})`,
		`resolveCase(input: {caseId: $, outcome: RESOLVED, account: "换了新灯。A new lamp is in."})`,
	} {
		var ignored any
		d.ask(t, "OFFICIAL_TOKEN", `mutation { `+strings.ReplaceAll(step, "$", `"`+opened.OpenCase.Case.ID+`"`)+` { case { state }`+wrong+`} }`, &ignored)
	}
	return opened.OpenCase.Receipt
}

// published is the demo's cycle whose notice stands.
func (d running) published(t *testing.T) string {
	t.Helper()
	var list struct {
		Cycles struct{ Nodes []struct{ ID, State string } }
	}
	d.ask(t, "HR_TOKEN", `{ cycles { nodes { id state } } }`, &list)
	for _, c := range list.Cycles.Nodes {
		if c.State == string(models.CyclePublished) {
			return c.ID
		}
	}
	t.Fatal("no cycle is published")
	return ""
}

// round opens a cycle with a review round in which the official reviews a colleague, by
// the standard questions until tomorrow, and returns the cycle.
func (d running) round(t *testing.T, name string) string {
	t.Helper()
	var who struct {
		Me struct {
			Official struct{ ID string }
			Unit     struct{ ID string }
		}
		Officials struct{ Nodes []struct{ ID string } }
	}
	d.ask(t, "OFFICIAL_TOKEN", `{ me { official { id } unit { id } } }`, &who)
	own := who.Me.Official.ID
	d.ask(t, "HR_TOKEN", `{ me { unit { id } } officials(first: 2) { nodes { id } } }`, &who)
	unit := who.Me.Unit.ID
	colleague := who.Officials.Nodes[0].ID
	if colleague == own {
		colleague = who.Officials.Nodes[1].ID
	}
	today := time.Now().In(time.FixedZone("CST", 8*60*60))
	var made struct {
		OpenCycle          struct{ Cycle struct{ ID string } }
		SaveReviewTemplate struct{ Template struct{ ID string } }
	}
	d.ask(t, "HR_TOKEN", fmt.Sprintf(`mutation { openCycle(input: {unitId: %q, kind: SPECIAL, name: "round %s", fromOn: "%d-01-01", toOn: "%d-12-31"}) { cycle { id }`+wrong+`}
		saveReviewTemplate(input: {unitId: %[1]q, name: "standard %[2]s"}) { template { id }`+wrong+`} }`, unit, name, today.Year(), today.Year()+1), &made)
	var opened any
	d.ask(t, "HR_TOKEN", fmt.Sprintf(`mutation { openReviewRound(input: {cycleId: %q, name: "round %s", opensOn: "%s", closesOn: "%s", templateId: %q,
		assignments: [{officialId: %q, reviewerId: %q, relation: PEER}]}) { round { id }`+wrong+`} }`,
		made.OpenCycle.Cycle.ID, name, today.Format(time.DateOnly), today.AddDate(0, 0, 1).Format(time.DateOnly), made.SaveReviewTemplate.Template.ID, colleague, own), &opened)
	return made.OpenCycle.Cycle.ID
}
