package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// asks sends an operation, notes how it went, and decodes its data. False where there is
// none: the caller ends there, as a person would for now.
func (t *town) asks(ctx context.Context, k kind, token, query string, variables map[string]any, into any) bool {
	begun := time.Now()
	status, raw, err := t.send(ctx, token, query, variables)
	if ctx.Err() != nil {
		return false // the time is over
	}
	if status == http.StatusServiceUnavailable {
		t.away.Add(1)
		return false
	}
	var got struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	if err == nil {
		err = json.Unmarshal(raw, &got)
	}
	if err != nil || got.Errors != nil || status != http.StatusOK || bytes.Contains(raw, []byte(`"userErrors":[{`)) {
		t.fails(query, err, raw)
		return false
	}
	t.seen(k, time.Since(begun))
	if into == nil {
		return true
	}
	if err := json.Unmarshal(got.Data, into); err != nil {
		t.fails(query, err, raw)
		return false
	}
	return true
}

func (t *town) send(ctx context.Context, token, query string, variables map[string]any) (status int, raw []byte, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, "POST", t.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := t.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	raw, err = io.ReadAll(answer.Body)
	return answer.StatusCode, raw, errors.Join(err, answer.Body.Close())
}

func key() string { return fmt.Sprintf("%x%x", rand.Uint64(), rand.Uint64()) }

// handsOut makes links for the residents of the next ten seconds.
func (t *town) handsOut(ctx context.Context) {
	rows := make([]map[string]string, int(t.pace*6)+1)
	for i := range rows {
		rows[i] = map[string]string{"serviceRef": t.service, "channel": "WINDOW"}
	}
	var got struct {
		RecordEncounters struct {
			Lines []struct{ Invitation struct{ Token string } }
		}
	}
	if !t.asks(ctx, atWork, t.official, `mutation($rows: [EncounterRowInput!]!, $key: String) {
		recordEncounters(input: {rows: $rows, idempotencyKey: $key}) { lines { invitation { token } } userErrors { message } } }`,
		map[string]any{"rows": rows, "key": key()}, &got) {
		return
	}
	for _, l := range got.RecordEncounters.Lines {
		select {
		case t.links <- l.Invitation.Token:
		default: // there are enough
		}
	}
}

// rates is a resident with a link.
func (t *town) rates(ctx context.Context) {
	var link string
	select {
	case link = <-t.links:
	default:
		return
	}
	if !t.asks(ctx, resident, "", `query($token: String!) { ratingInvitation(token: $token) { __typename } }`, map[string]any{"token": link}, nil) {
		return
	}
	var got struct{ SubmitRating struct{ Receipt string } }
	if !t.asks(ctx, resident, "", `mutation($token: String!, $level: Int!, $key: String!) { submitRating(input: {token: $token, level: $level,
		comment: "等了很久，最后办好了。", idempotencyKey: $key}) { receipt userErrors { message } } }`,
		map[string]any{"token": link, "level": 2 + rand.IntN(4), "key": key()}, &got) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.receipts) < 1000 {
		t.receipts = append(t.receipts, got.SubmitRating.Receipt)
		return
	}
	t.receipts[rand.IntN(len(t.receipts))] = got.SubmitRating.Receipt
}

// looksAtReceipt is a resident who looks what became of a rating.
func (t *town) looksAtReceipt(ctx context.Context) {
	t.mu.Lock()
	if len(t.receipts) == 0 {
		t.mu.Unlock()
		return
	}
	receipt := t.receipts[rand.IntN(len(t.receipts))]
	t.mu.Unlock()
	t.asks(ctx, resident, "", `query($receipt: String!) { ratingByReceipt(receipt: $receipt) { level comment submittedOn reply { text } } }`,
		map[string]any{"receipt": receipt}, nil)
}

// readsList is an official at the list of cases.
func (t *town) readsList(ctx context.Context) {
	t.asks(ctx, atWork, t.official, `{ cases(first: 50) { nodes { id ref title state dueAt official { name } events { kind at } } pageInfo { hasNextPage } } }`, nil, nil)
}

// steps are what is done about a case.
var steps = []string{
	`acceptCase(input: {caseId: $id, idempotencyKey: $key})`,
	`assignCase(input: {caseId: $id, idempotencyKey: $key})`,
	`startCase(input: {caseId: $id, idempotencyKey: $key})`,
	`resolveCase(input: {caseId: $id, outcome: RESOLVED, account: "修好了", idempotencyKey: $key})`,
}

// solvesCase is a resident with a problem and the official who solves it.
func (t *town) solvesCase(ctx context.Context) {
	var got struct {
		OpenCase struct {
			Receipt string
			Case    struct{ ID string }
		}
	}
	if !t.asks(ctx, resident, "", `mutation($unit: ID, $category: String!, $key: String) { openCase(input: {category: $category, title: "路灯坏了",
		description: "三天没亮", unitId: $unit, idempotencyKey: $key}) { receipt case { id } userErrors { message } } }`,
		map[string]any{"unit": t.unit, "category": t.category, "key": key()}, &got) {
		return
	}
	for _, step := range steps {
		query := `mutation($id: ID!, $key: String) { ` + step + ` { case { id } userErrors { message } } }`
		if !t.asks(ctx, atWork, t.official, query, map[string]any{"id": got.OpenCase.Case.ID, "key": key()}, nil) {
			return
		}
	}
	t.asks(ctx, resident, "", `mutation($receipt: String!, $key: String) { confirmResolution(input: {receipt: $receipt, solved: true, satisfaction: 5,
		idempotencyKey: $key}) { case { id } userErrors { message } } }`, map[string]any{"receipt": got.OpenCase.Receipt, "key": key()}, nil)
}

// readsReport is an HR officer at a page of the report.
func (t *town) readsReport(ctx context.Context) {
	t.asks(ctx, reports, t.hr, `query($cycle: ID!) { assessmentReport(cycleId: $cycle, first: 50) {
		nodes { official { name unit { name } } composite compositeLow compositeHigh rank components { component value } } pageInfo { hasNextPage } } }`,
		map[string]any{"cycle": t.cycle}, nil)
}

// readsTrail is an auditor.
func (t *town) readsTrail(ctx context.Context) {
	t.asks(ctx, reports, t.auditor, `{ auditTrail(first: 50) { nodes { id action details { name value } } } }`, nil, nil)
}

// assesses asks for a run; the one before has long been done.
func (t *town) assesses(ctx context.Context) {
	t.asks(ctx, reports, t.hr, `mutation($cycle: ID!, $key: String) { runAssessment(input: {cycleId: $cycle, idempotencyKey: $key}) { run { id } userErrors { message } } }`,
		map[string]any{"cycle": t.cycle, "key": key()}, nil)
}

// exports asks for a file, waits until it is written, and fetches it.
func (t *town) exports(ctx context.Context) {
	format := []string{"CSV", "XLSX"}[rand.IntN(2)]
	var asked struct {
		RequestExport struct{ Export struct{ ID string } }
	}
	if !t.asks(ctx, reports, t.hr, `mutation($in: RequestExportInput!) { requestExport(input: $in) { export { id } userErrors { message } } }`,
		map[string]any{"in": map[string]any{"cycleId": t.cycle, "format": format, "idempotencyKey": key()}}, &asked) {
		return
	}
	var got struct{ Export struct{ State, URL string } }
	for turn := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			turn.Stop()
			return
		case <-turn.C:
		}
		if !t.asks(ctx, reports, t.hr, `query($id: ID!) { export(id: $id) { state url } }`, map[string]any{"id": asked.RequestExport.Export.ID}, &got) {
			continue
		}
		if got.Export.State != "QUEUED" && got.Export.State != "RUNNING" {
			turn.Stop()
			break
		}
	}
	if err := t.fetches(ctx, got.Export.URL); err != nil && ctx.Err() == nil {
		t.fails("fetch an export that is "+got.Export.State, err, nil)
	}
}

func (t *town) fetches(ctx context.Context, url string) error {
	if !strings.HasPrefix(url, "http") {
		url = t.url + url
	}
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	answer, err := t.http.Do(r)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err == nil && (answer.StatusCode != http.StatusOK || n == 0) {
		err = fmt.Errorf("%s, %d bytes", answer.Status, n)
	}
	return err
}
