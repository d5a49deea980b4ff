package main

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"steelyard/auth"
	"steelyard/backup"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/accounts"
	"steelyard/services/attachments"
	"steelyard/services/notify"
	"steelyard/store"
	"steelyard/store/storetest"
)

// planting is what was planted: nowhere are texts that no place may ever hold, words those
// that the database and its backups hold until they are erased, and nothing else does.
type planting struct {
	nowhere, words []string
	refused        []string // what answers to wrong requests said
}

var (
	plantedWords   = []string{"planted-title 王小明", "planted-description", "planted-place", "planted-comment", "planted-page-comment", "planted-walk-in"}
	plantedSecrets = []string{
		"planted-mail@example.org", "planted-phone-138", "planted-resident", "planted-password", "planted-cookie", "planted-query",
		"planted-key-of-a-client", "planted-variable", "planted-operation", "planted-receipt", "planted-link", "planted-word",
	}
)

// plant has residents give everything that they can give, rightly and wrongly.
func (s *testSite) plant(t *testing.T) (p *planting, caseReceipt string, ratingReceipts []string) {
	t.Helper()
	p = &planting{nowhere: plantedSecrets, words: plantedWords}
	unit := s.unit(t, "LX-FW")
	text := func(token, query string, path ...any) string { t.Helper(); return s.gives(t, token, query, path...) }
	caseReceipt = text("", fmt.Sprintf(`mutation { openCase(input: {category: "roads", title: %q, description: %q, place: %q, unitId: %q, idempotencyKey: %q}) {
		receipt userErrors { message } } }`, plantedWords[0], plantedWords[1], plantedWords[2], unit, "planted-key-of-a-client"), "openCase", "receipt")
	s.gives(t, "", fmt.Sprintf(`mutation { subscribeToCase(input: {receipt: %q, email: "planted-mail@example.org"}) { __typename userErrors { message } } }`, caseReceipt), "subscribeToCase", "__typename")
	if _, err := s.app.Attachments.Add(t.Context(), auth.Actor{}, attachments.Upload{Receipt: caseReceipt, Read: func() ([]byte, error) { return []byte("%PDF-1.4\nplanted-file\n%%EOF"), nil }}); err != nil {
		t.Fatal(err)
	}

	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	id := text("", fmt.Sprintf("{ caseByReceipt(receipt: %q) { id } }", caseReceipt), "caseByReceipt", "id")
	text(hr, fmt.Sprintf("mutation { rejectCase(input: {caseId: %q, reason: \"not ours\"}) { case { state } userErrors { message } } }", id), "rejectCase", "case", "state")
	official := s.token(t, accounts.Grant{Subject: "V1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	service := text(official, "{ services(first: 1) { nodes { id } } }", "services", "nodes", 0, "id")
	link := func() string {
		t.Helper()
		encounter := text(official, fmt.Sprintf(`mutation { recordEncounter(input: {serviceId: %q, channel: WINDOW, residentRef: "planted-resident"}) {
			encounter { id } userErrors { message } } }`, service), "recordEncounter", "encounter", "id")
		return text(official, fmt.Sprintf(`mutation { issueRatingInvitation(input: {encounterId: %q}) { invitation { token } } }`, encounter), "issueRatingInvitation", "invitation", "token")
	}
	first, second := link(), link()
	ratingReceipts = append(ratingReceipts, text("", fmt.Sprintf(`mutation { submitRating(input: {token: %q, level: 1, comment: "planted-comment", contact: "planted-phone-138",
		idempotencyKey: "planted-key-of-a-client"}) { receipt userErrors { message } } }`, first), "submitRating", "receipt"))
	s.form(t, "/r/"+second, url.Values{"level": {"2"}, "comment": {"planted-page-comment"}, "key": {"planted-key-of-a-client"}}).want(t, 200)

	phone, _ := s.counters(t)
	device, _, _ := strings.Cut(s.send(t, "GET", phone, "").header.Get("Set-Cookie"), ";")
	code := phone[strings.LastIndex(phone, "/")+1:]
	rated := text("", fmt.Sprintf("{ counterOffer(code: %q) { officials { id } } }", code), "counterOffer", "officials", 0, "id")
	s.form(t, phone, url.Values{"level": {"3"}, "official": {rated}, "comment": {"planted-walk-in"}}, "Cookie", device).want(t, 200)
	p.nowhere = append(p.nowhere, first, second, official, code, strings.TrimPrefix(device, "device="), caseReceipt, ratingReceipts[0])
	p.mistake(t, s, official, first, link())
	return p, caseReceipt, ratingReceipts
}

// form sends a form as a browser does.
func (s *testSite) form(t *testing.T, path string, values url.Values, headers ...string) answer {
	t.Helper()
	return s.send(t, "POST", path, values.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")...)
}

// mistake sends what is refused, with something planted in every part of it, also while
// the database fails.
func (p *planting) mistake(t *testing.T, s *testSite, official, used, unused string) {
	t.Helper()
	headers := []string{"Content-Type", "application/json", "Cookie", "session=planted-cookie; device=planted-cookie"}
	answers := []answer{
		s.send(t, "POST", "/graphql", `{"query":"query planted_operation { ratingByReceipt(receipt: \"planted-receipt\") { level } }"}`, headers...),
		s.send(t, "POST", "/graphql", `{"query":"mutation($l: Int!) { submitRating(input: {token: \"planted-link\", level: $l, comment: \"planted-comment\"}) { receipt } }","variables":{"l":"planted-variable"}}`, headers...),
		s.send(t, "POST", "/graphql", `{"query":"{ planted-word `, headers...),
		s.send(t, "POST", "/graphql", `{"query":"{ me { subject } }"}`, append(headers, "Authorization", "Bearer planted-password")...),
		s.send(t, "POST", "/graphql", `{"query":"{ me { subject } }"}`, append(headers, "Authorization", "Basic planted-password")...),
		s.send(t, "POST", "/graphql", `{"query":"{ me { subject } }"}`, append(headers, "Authorization", "Bearer "+official[:len(official)-4])...),
		s.send(t, "GET", "/graphql?query={__typename}&access_token=planted-query&variables={\"x\":\"planted-variable\"}", "", headers...),
		s.send(t, "GET", "/r/planted-link?x=planted-query", ""), s.send(t, "GET", "/c/planted-link", ""), s.send(t, "GET", "/exports/planted-link", ""),
		s.send(t, "GET", "/attachments/planted-link", ""), s.send(t, "GET", "/planted-link", ""), s.send(t, "PLANTED", "/graphql", ""),
		s.form(t, "/sign-in", url.Values{"token": {"planted-password"}}),
		s.send(t, "POST", "/open311/v2/requests.json", "service_code=planted-word&description=planted-description&email=planted-mail@example.org&phone=planted-phone-138", "Content-Type", "application/x-www-form-urlencoded"),
	}
	// A page shows whoever sent a form what was sent, and is kept nowhere on the way.
	for _, page := range []answer{
		s.form(t, "/receipt", url.Values{"receipt": {"planted-receipt"}}),
		s.form(t, "/r/"+used, url.Values{"level": {"9"}, "comment": {"planted-comment"}}),
	} {
		if page.status < 400 || page.header.Get("Cache-Control") != "no-store" {
			t.Errorf("status %d, %v", page.status, page.header)
		}
	}
	owner := storetest.Owner(t, s.store)
	rename := func(from, to string) {
		t.Helper()
		err := owner.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec("ALTER TABLE " + from + " RENAME TO " + to).Error })
		if err != nil {
			t.Fatal(err)
		}
	}
	rename("ratings", "gone")
	failed := s.query(t, fmt.Sprintf(`mutation { submitRating(input: {token: %q, level: 1, comment: "planted-comment", contact: "planted-phone-138", idempotencyKey: "planted-key-of-another"}) { receipt } }`, unused))
	rename("gone", "ratings")
	wantHas(t, failed.body, "INTERNAL")
	for _, a := range append(answers, failed) {
		p.refused = append(p.refused, a.body+fmt.Sprint(a.header))
	}
}

// search says which texts stand in a place, as they are or in hexadecimal.
func search(t *testing.T, place, content string, texts []string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(content, text) || strings.Contains(content, hex.EncodeToString([]byte(text))) {
			t.Errorf("%s holds %q", place, text)
		}
	}
}

// TestWhatResidentsGaveStandsWhereItMay plants words, names, addresses, devices and
// secrets, and looks for them in everything that the program writes.
func TestWhatResidentsGaveStandsWhereItMay(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			now := time.Date(2025, 12, 20, 2, 0, 0, 0, time.UTC)
			log := &syncBuffer{}
			before := slog.Default()
			slog.SetDefault(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
			t.Cleanup(func() { slog.SetDefault(before) })
			s := newTestSiteAt(t, d, func() time.Time { return now })
			s.site.log = slog.New(withRequestID{slog.Default().Handler()})
			spans := tracetest.NewInMemoryExporter()
			s.metrics.traces = newTracing(sdktrace.WithSyncer(spans), 1)
			_, private, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			s.app.Audit = newAudit(s.store, auditKeys{private: private})
			s.app.Notify.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryMail: notify.LogSink{Log: slog.Default()}}
			s.start(t)
			p, caseReceipt, receipts := s.plant(t)
			if _, err := s.app.Notify.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			now = now.AddDate(0, 2, 0)
			if n, err := s.app.Ratings.Release(t.Context()); n != 3 || err != nil {
				t.Fatal(n, err)
			}
			never := append(p.nowhere, p.words...)
			if d == store.SQLite { // what goes out does not depend on the database
				s.wantNone(t, never)
			}
			for i, refused := range p.refused {
				search(t, fmt.Sprintf("answer %d to a wrong request", i), refused, p.nowhere)
			}
			search(t, "the log", log.String(), never)
			traced := fmt.Sprintf("%+v", spans.GetSpans())
			search(t, "traces", traced, never)
			wantHas(t, traced, "root submitRating", "INSERT INTO")
			wantHas(t, log.String(), "operation failed", "notification")

			kept := s.everythingKept(t)
			search(t, "the database, or a backup", kept, p.nowhere)
			wantHas(t, kept, p.words...)
			s.gives(t, "", fmt.Sprintf(`mutation { eraseMine(input: {receipt: %q}) { __typename } }`, caseReceipt), "eraseMine", "__typename")
			s.gives(t, "", fmt.Sprintf(`mutation { eraseMine(input: {receipt: %q}) { __typename } }`, receipts[0]), "eraseMine", "__typename")
			s.app.Retention.CommentMonths = 1 // the rest is old enough
			if _, err := s.app.Retention.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			search(t, "after the erasure, the database or a backup", s.everythingKept(t), never)
		})
	}
}

// wantNone looks at what goes out: exports, extracts, the audit trail and metrics.
func (s *testSite) wantNone(t *testing.T, never []string) {
	t.Helper()
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	cycle := s.gives(t, hr, `mutation { openCycle(input: {unitId: "`+s.unit(t, "LX")+`", kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31"}) { cycle { id } } }`, "openCycle", "cycle", "id")
	run := s.gives(t, hr, `mutation { runAssessment(input: {cycleId: "`+cycle+`"}) { run { id } } }`, "runAssessment", "run", "id")
	if worked, err := s.app.Assessments.RunNext(t.Context()); err != nil || !worked {
		t.Fatal(worked, err)
	}
	for _, format := range []string{"CSV", "XLSX", "PDF"} {
		file := s.send(t, "GET", s.export(t, "Bearer "+hr, cycle, format), "").body
		switch format {
		case "XLSX":
			file = unpacked(t, []byte(file))
		case "PDF":
			file = textOf(t, file)
		}
		if len(file) < 500 {
			t.Errorf("%s has only %d characters", format, len(file))
		}
		search(t, format, file, never)
	}
	id, err := models.ParseID(run)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	progress := func(string, int, int) {}
	if _, err := s.app.Assessments.Extract(t.Context(), id, &out, progress); err != nil {
		t.Fatal(err)
	}
	search(t, "an extract", out.String(), never)
	out.Reset()
	if _, err := s.app.Audit.ChainAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.app.Audit.Export(t.Context(), &out, ""); err != nil {
		t.Fatal(err)
	}
	wantHas(t, out.String(), "openCycle")
	search(t, "the audit export", out.String(), never)
	search(t, "metrics", s.send(t, "GET", "/metrics", "").body, never)
}

// everythingKept is every byte of an SQLite database or every row of a PostgreSQL one,
// what pg_dump makes of it, and a backup.
func (s *testSite) everythingKept(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	if path, is := strings.CutPrefix(s.store.URL(), "sqlite:"); is {
		for _, file := range []string{path, path + "-wal"} {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(content)
		}
	} else if dump, err := exec.LookPath("pg_dump"); err == nil {
		out, err := exec.CommandContext(t.Context(), dump, "--data-only", storetest.Owner(t, s.store).URL()).Output()
		if err != nil {
			t.Fatal(err)
		}
		all.Write(out)
	} else if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	bucket := s.app.Attachments.Bucket
	var file bytes.Buffer
	made, err := backup.Write(store.Widen(t.Context(), store.Commands), &file, s.store, bucket, "test", scoring.Version, func(string, int64, int64) {})
	if err != nil || len(made.Missing) > 0 {
		t.Fatal(made, err)
	}
	all.WriteString(unpacked(t, file.Bytes()))
	return all.String()
}

// unpacked is all that an archive holds.
func unpacked(t *testing.T, file []byte) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, f := range archive.File {
		in, err := f.Open()
		if err == nil {
			_, err = all.ReadFrom(in)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// textOf is what another program reads in a PDF.
func textOf(t *testing.T, file string) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		return file
	}
	command := exec.CommandContext(t.Context(), program, "-", "-")
	command.Stdin = strings.NewReader(file)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
