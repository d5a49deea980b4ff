package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemoInABrowser does in Chromium what a resident does, and what an HR officer asks
// of a cycle, in both languages. It needs Chromium, Node.js and `npm ci` in
// tools/browser; STEELYARD_SCREENSHOTS keeps the pictures.
func TestDemoInABrowser(t *testing.T) {
	node, shots := browser(t)
	d := startDemo(t, "--db", "sqlite:"+filepath.Join(t.TempDir(), "demo.db"))
	t.Cleanup(d.stop)
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			drive(t, node, "residents.mjs", lang, d.ratingLink(t), d.resolvedCase(t), shots)
			drive(t, node, "officers.mjs", lang, d.values["RATING_URL"], d.values["CYCLE_ID"], shots, d.values["HR_TOKEN"], d.values["OFFICIAL_TOKEN"])
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
