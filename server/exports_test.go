package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// scored is a site whose village has been assessed, with the token of its HR officer
// and the cycle.
func scored(t *testing.T, d store.Dialect, now func() time.Time) (site *testSite, bearer, cycle string) {
	t.Helper()
	site = newTestSiteAt(t, d, now)
	site.maxComplexity = 50_000 // a whole report in one answer
	site.start(t)
	bearer = "Bearer " + site.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	var opened struct {
		OpenCycle struct{ Cycle struct{ ID string } }
	}
	site.decode(t, bearer, `mutation { openCycle(input: {unitId: "`+site.unit(t, "LX")+`", kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31"}) { cycle { id } } }`, &opened)
	cycle = opened.OpenCycle.Cycle.ID
	site.decode(t, bearer, `mutation { runAssessment(input: {cycleId: "`+cycle+`"}) { run { id } } }`, &struct{}{})
	if worked, err := site.app.Assessments.RunNext(t.Context()); err != nil || !worked {
		t.Fatal(worked, err)
	}
	return site, bearer, cycle
}

func (s *testSite) unit(t *testing.T, ref string) string {
	t.Helper()
	unit, err := s.app.Assessments.UnitByRef(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return unit.ID.String()
}

// decode asks and reads the answer.
func (s *testSite) decode(t *testing.T, bearer, query string, into any) {
	t.Helper()
	got := s.query(t, query, "Authorization", bearer, "Accept-Language", "en")
	out := struct {
		Data   any
		Errors []any
	}{Data: into}
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || len(out.Errors) > 0 {
		t.Fatalf("%v: %s", err, got.body)
	}
}

// export has a report written and returns the path of its file.
func (s *testSite) export(t *testing.T, bearer, cycle, format string) string {
	t.Helper()
	var asked struct {
		RequestExport struct{ Export struct{ ID string } }
	}
	s.decode(t, bearer, `mutation { requestExport(input: {cycleId: "`+cycle+`", format: `+format+`}) { export { id } } }`, &asked)
	if worked, err := s.app.Exports.WriteNext(t.Context()); err != nil || !worked {
		t.Fatal(worked, err)
	}
	var done struct {
		Export struct{ State, URL, Failure string }
	}
	s.decode(t, bearer, `{ export(id: "`+asked.RequestExport.Export.ID+`") { state url failure } }`, &done)
	path, ours := strings.CutPrefix(done.Export.URL, s.publicURL)
	if done.Export.State != "DONE" || !ours {
		t.Fatalf("%+v", done.Export)
	}
	return path
}

// TestAnExportIsFetchedByItsAddress: by whoever has it, for its time, to be saved and not
// kept on the way.
func TestAnExportIsFetchedByItsAddress(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			var late atomic.Int64
			site, bearer, cycle := scored(t, d, func() time.Time { return time.Now().Add(time.Duration(late.Load())) })
			for format, begins := range map[string]string{"CSV": "official_id,", "XLSX": "PK", "PDF": "%PDF-"} {
				got := site.send(t, "GET", site.export(t, bearer, cycle, format), "")
				if got.status != http.StatusOK || !strings.HasPrefix(got.body, begins) {
					t.Errorf("%s: %d %.40q", format, got.status, got.body)
				}
				for header, want := range map[string]string{
					"Content-Disposition": `attachment; filename="assessments-` + cycle + models.ReportFormat(format).Extension() + `"`,
					"Content-Type":        models.ReportFormat(format).MediaType(), "X-Content-Type-Options": "nosniff",
					"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
				} {
					if got.header.Get(header) != want {
						t.Errorf("%s: %s is %q, want %q", format, header, got.header.Get(header), want)
					}
				}
			}
			path := site.export(t, bearer, cycle, "CSV")
			if head := site.send(t, "HEAD", path, ""); head.status != http.StatusOK || head.body != "" {
				t.Errorf("its head: %d %q", head.status, head.body)
			}
			if head := site.send(t, "HEAD", path, ""); head.header.Get("Content-Length") == "" || head.header.Get("Content-Disposition") == "" {
				t.Errorf("its head tells nothing of it: %v", head.header)
			}
			if head := site.send(t, "HEAD", path+"x", ""); head.status != http.StatusNotFound {
				t.Errorf("the head of nothing: %d", head.status)
			}
			fetched := site.onRecord(t, "fetchExport")
			site.send(t, "GET", path, "").want(t, http.StatusOK)
			if fetched != 3 || site.onRecord(t, "fetchExport") != 4 {
				t.Errorf("%d were fetched before the last", fetched)
			}
			for _, bad := range []string{"/exports/x", path + "x", path[:len(path)-1], strings.ToUpper(path)} {
				if got := site.send(t, "GET", bad, ""); got.status != http.StatusNotFound {
					t.Errorf("%s: %d", bad, got.status)
				}
			}
			if strings.Contains(site.log.String(), path[len("/exports/"):]) {
				t.Error("an address is in the log")
			}
			late.Store(int64(models.ExportLinkHolds + 2*time.Second))
			site.send(t, "GET", path, "", "Accept-Language", "en").want(t, http.StatusNotFound, "run out")
			path = site.export(t, bearer, cycle, "CSV")
			// A change of role makes earlier tokens worthless, and what was fetched with them.
			site.token(t, accounts.Grant{Subject: "hr", Role: models.RoleAuditor, UnitRef: "LX"})
			site.send(t, "GET", path, "").want(t, http.StatusNotFound)
		})
	}
}

// TestAReportIsStreamed: the same table as the API's, without its being gathered first,
// for those who may read it.
func TestAReportIsStreamed(t *testing.T) {
	site, bearer, cycle := scored(t, store.SQLite, nil)
	path := "/reports/" + cycle + ".csv"
	var asked struct{ ExportReport struct{ Content string } }
	site.decode(t, bearer, `{ exportReport(format: CSV, cycleId: "`+cycle+`") { content } }`, &asked)
	got := site.send(t, "GET", path, "", "Authorization", bearer)
	if got.status != http.StatusOK || got.body != asked.ExportReport.Content || got.header.Get("Content-Length") != "" || strings.Count(got.body, "\n") < 3 {
		t.Errorf("%d, %q, want %q", got.status, got.body, asked.ExportReport.Content)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="assessment-` + cycle + `.csv"`,
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got.header.Get(header) != want {
			t.Errorf("%s is %q, want %q", header, got.header.Get(header), want)
		}
	}
	chosen := site.send(t, "GET", path+"?columns=official_id,rank&orderBy=COMPOSITE_DESC&unitId="+site.unit(t, "LX"), "", "Authorization", bearer)
	if chosen.status != http.StatusOK || !strings.HasPrefix(chosen.body, "official_id,rank\n") {
		t.Errorf("%d %q", chosen.status, chosen.body)
	}
	if book := site.send(t, "GET", "/reports/"+cycle+".xlsx", "", "Authorization", bearer); book.status != http.StatusOK || !strings.HasPrefix(book.body, "PK") {
		t.Errorf("the workbook: %d %.20q", book.status, book.body)
	}
	told := site.onRecord(t, "exportReport")
	for _, path := range []string{path, "/reports/" + cycle + ".xlsx"} {
		if head := site.send(t, "HEAD", path, "", "Authorization", bearer); head.status != http.StatusMethodNotAllowed || head.header.Get("Allow") != "GET" {
			t.Errorf("the head of %s: %d %v", path, head.status, head.header)
		}
	}
	if n := site.onRecord(t, "exportReport"); told == 0 || n != told {
		t.Errorf("%d reports were taken out, and %d when heads were asked for", told, n)
	}
	official := "Bearer " + site.token(t, accounts.Grant{Subject: "reply", Role: models.RoleReplyOfficer, UnitRef: "LX"})
	for _, c := range []struct {
		name, path string
		headers    []string
		status     int
	}{
		{"a stranger", path, nil, http.StatusUnauthorized},
		{"another role", path, []string{"Authorization", official}, http.StatusForbidden},
		{"a broken token", path, []string{"Authorization", "Bearer x"}, http.StatusUnauthorized},
		{"no such cycle", "/reports/" + models.NewID().String() + ".csv", []string{"Authorization", bearer}, http.StatusNotFound},
		{"no cycle at all", "/reports/x.csv", []string{"Authorization", bearer}, http.StatusNotFound},
		{"pages", "/reports/" + cycle + ".pdf", []string{"Authorization", bearer}, http.StatusNotFound},
		{"no unit", path + "?unitId=x", []string{"Authorization", bearer}, http.StatusUnprocessableEntity},
		{"no order", path + "?orderBy=SALARY", []string{"Authorization", bearer}, http.StatusUnprocessableEntity},
		{"no kind", path + "?kind=OFFICIAL_SHEET", []string{"Authorization", bearer}, http.StatusUnprocessableEntity},
		{"no column", path + "?columns=salary", []string{"Authorization", bearer}, http.StatusUnprocessableEntity},
	} {
		got := site.send(t, "GET", c.path, "", c.headers...)
		if got.status != c.status || got.header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %d, want %d: %s", c.name, got.status, c.status, got.body)
		}
	}
	if shared := site.send(t, "OPTIONS", path, "", "Origin", "https://hr.example", "Access-Control-Request-Method", "GET"); shared.header.Get("Access-Control-Allow-Origin") != "https://hr.example" {
		t.Errorf("a listed frontend: %d %v", shared.status, shared.header)
	}
}

// onRecord is how many entries of an action are in the audit trail.
func (s *testSite) onRecord(t *testing.T, action string) int64 {
	t.Helper()
	var n int64
	if err := s.store.Read(t.Context()).Model(&models.AuditEntry{}).Where("action = ?", action).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAFileThatIsNotWhatWasWrittenIsNotServedWhole: whatever became of its bytes, who
// fetches it cannot take it for the export.
func TestAFileThatIsNotWhatWasWrittenIsNotServedWhole(t *testing.T) {
	site, bearer, cycle := scored(t, store.SQLite, nil)
	path := site.export(t, bearer, cycle, "CSV")
	var e models.Export
	if err := site.store.Read(t.Context()).Take(&e).Error; err != nil {
		t.Fatal(err)
	}
	const piece = 32 << 10 // what is read in one go
	for _, size := range []int{0, 1, 1000, piece, piece + 1, 3*piece + 5} {
		whole := bytes.Repeat([]byte("officials,"), size/10+1)[:size]
		sum := sha256.Sum256(whole)
		err := site.store.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Model(&e).UpdateColumns(map[string]any{"size": size, "digest": models.Hash(sum[:])}).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		flipped := func(at int) []byte {
			other := bytes.Clone(whole)
			other[at] ^= 1
			return other
		}
		spoilt := map[string][]byte{"longer by one": append(bytes.Clone(whole), 'x'), "of twice the length": bytes.Repeat([]byte("y"), 2*size+1)}
		if size > 0 {
			spoilt["with its first byte flipped"], spoilt["with its last byte flipped"] = flipped(0), flipped(size-1)
			spoilt["cut"] = whole[:size-1]
			spoilt["spoilt and longer"] = append(flipped(0), 'x')
		}
		if status, got, err := site.fetch(t, path, e.Blob, whole); status != http.StatusOK || err != nil || !bytes.Equal(got, whole) {
			t.Errorf("%d bytes: %d, %d came, %v", size, status, len(got), err)
		}
		for what, content := range spoilt {
			one := min(size, len(content)) <= piece // nothing of it has been sent
			switch status, got, err := site.fetch(t, path, e.Blob, content); {
			case !one && status == http.StatusOK && err != nil && len(got) < size: // broken off
			case one && status == http.StatusInternalServerError && err == nil && bytes.HasPrefix(got, []byte(`{"errors":`)):
			default:
				t.Errorf("a file of %d bytes, %s: %d, %d came, %v", size, what, status, len(got), err)
			}
		}
	}
}

// fetch puts bytes in the place of an export's file and fetches it, up to where it breaks
// off.
func (s *testSite) fetch(t *testing.T, path, blob string, content []byte) (int, []byte, error) {
	t.Helper()
	if err := s.app.Exports.Bucket.WriteAll(t.Context(), blob, content, nil); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	return resp.StatusCode, got, errors.Join(err, resp.Body.Close())
}
