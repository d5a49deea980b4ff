package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/attachments"
	"steelyard/store"
)

// formOf is a form with parts, name and content in turn, and its media type. Files
// have a name that must not matter.
func formOf(t *testing.T, parts ...string) (body, media string) {
	t.Helper()
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for i := 0; i < len(parts); i += 2 {
		create := form.CreateFormField
		if parts[i] == "file" {
			create = func(name string) (io.Writer, error) { return form.CreateFormFile(name, "../../../etc/cron.d/x.html") }
		}
		part, err := create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), form.FormDataContentType()
}

func TestAttachmentsOverHTTP(t *testing.T) {
	site := newTestSite(t, store.SQLite)
	folder := filepath.Join(t.TempDir(), "attachments")
	bucket, err := attachments.OpenBucket(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	site.app.Attachments.Bucket = bucket
	site.start(t)
	opened := site.send(t, "POST", "/graphql", `{"query":"mutation { openCase(input: {title: \"t\", description: \"d\"}) { receipt case { id } } }"}`, "Content-Type", "application/json")
	var answer struct {
		Data struct {
			OpenCase struct {
				Receipt string
				Case    struct{ ID string }
			}
		}
	}
	if err := json.Unmarshal([]byte(opened.body), &answer); err != nil {
		t.Fatalf("%v: %s", err, opened.body)
	}
	receipt := answer.Data.OpenCase.Receipt
	const pdf = "%PDF-1.7\n%%EOF\n"
	post := func(want int, headers []string, parts ...string) string {
		t.Helper()
		body, media := formOf(t, parts...)
		got := site.send(t, "POST", "/attachments", body, append(headers, "Content-Type", media)...)
		if got.status != want {
			t.Errorf("%.60q: %d %s, want %d", parts, got.status, got.body, want)
		}
		return got.body
	}
	post(http.StatusCreated, nil, "receipt", receipt, "file", pdf)
	post(http.StatusNotFound, nil, "receipt", "nonsense", "file", pdf)
	post(http.StatusUnauthorized, nil, "caseId", answer.Data.OpenCase.Case.ID, "file", pdf)
	post(http.StatusUnprocessableEntity, nil, "caseId", "nonsense", "file", pdf)
	post(http.StatusUnprocessableEntity, nil, "file", pdf, "receipt", receipt)
	post(http.StatusUnprocessableEntity, nil, "receipt", receipt)
	post(http.StatusUnprocessableEntity, nil, "receipt", receipt, "file", "<html>")
	// What is far too large is not read to its end: nobody says how large it was.
	large := "%PDF-" + strings.Repeat("x", models.MaxAttachmentSize+32<<10) + "%%EOF"
	if said := post(http.StatusUnprocessableEntity, nil, "receipt", receipt, "file", large); strings.Contains(said, strconv.Itoa(len(large))) {
		t.Errorf("it was read whole: %s", said)
	}
	post(http.StatusForbidden, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, "receipt", receipt, "file", pdf)
	if got := site.send(t, "POST", "/attachments", "receipt=x", "Content-Type", "application/x-www-form-urlencoded"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("no multipart: %d", got.status)
	}

	found := site.send(t, "POST", "/graphql", `{"query":"{ caseByReceipt(receipt: \"`+receipt+`\") { attachments { url } } }"}`, "Content-Type", "application/json")
	var listed struct {
		Data struct {
			CaseByReceipt struct{ Attachments []struct{ URL string } }
		}
	}
	if err := json.Unmarshal([]byte(found.body), &listed); err != nil || len(listed.Data.CaseByReceipt.Attachments) != 1 {
		t.Fatalf("%v: %s", err, found.body)
	}
	link := strings.TrimPrefix(listed.Data.CaseByReceipt.Attachments[0].URL, "http://steelyard.test")
	got := site.send(t, "GET", link, "")
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
	} {
		if got.header.Get(header) != want {
			t.Errorf("%s: %q, want %q", header, got.header.Get(header), want)
		}
	}
	if got.status != http.StatusOK || got.body != pdf || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("served %d %q %q", got.status, got.body, got.header.Get("Content-Disposition"))
	}
	for _, bad := range []string{link + "x", link[:len(link)-1], "/attachments/..%2f..%2fetc%2fpasswd", strings.Replace(link, "/attachments/", "/exports/", 1)} {
		if got := site.send(t, "GET", bad, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", bad, got.status)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 || len(files[0].Name()) != 64 {
		t.Fatalf("the folder holds %v: %v", files, err)
	}
	// Bytes that somebody has exchanged are not served.
	if err := os.WriteFile(filepath.Join(folder, files[0].Name()), []byte("<script>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := site.send(t, "GET", link, ""); got.status != http.StatusInternalServerError || strings.Contains(got.body, "script") {
		t.Errorf("exchanged bytes: %d %s", got.status, got.body)
	}
	if strings.Contains(site.log.String(), receipt) || strings.Contains(site.log.String(), link) {
		t.Error("a receipt or a link is in the log")
	}
}

// TestAProblemIsBroughtOnAPage posts the form as a browser does, without a script.
func TestAProblemIsBroughtOnAPage(t *testing.T) {
	site := newTestSite(t, store.SQLite)
	site.start(t)
	site.send(t, "GET", "/case/new?lang=en", "").want(t, http.StatusOK, "<h1>Bring a problem</h1>", `<option value="OTHER">`, `enctype="multipart/form-data"`)
	post := func(status int, parts []string, words ...string) string {
		t.Helper()
		body, media := formOf(t, parts...)
		got := site.send(t, "POST", "/case/new?lang=en", body, "Content-Type", media)
		got.want(t, status, words...)
		return got.body
	}
	const pdf = "%PDF-1.7\n%%EOF\n"
	good := []string{"key", "a key of the form", "title", "No <b>light</b>", "description", "d", "place", "here", "category", "OTHER"}
	post(http.StatusUnprocessableEntity, []string{"title", " ", "description", "kept words"}, `role="alert"`, "kept words")
	first := post(http.StatusOK, append(good, "file", pdf, "file", ""), `id="receipt"`)
	if strings.Contains(first, "role=\"alert\"") {
		t.Errorf("something is wrong with a good form: %s", first)
	}
	if again := post(http.StatusOK, append(good, "file", pdf), `id="receipt"`); again != first {
		t.Error("a double click is another case")
	}
	post(http.StatusOK, append(good[2:], "file", "<script>", "email", "late@example.org"), "a file could not be added")
	post(http.StatusOK, append(good[2:], "email", "a@example.org"), "This server sends no mail")
	var attached, opened int64
	db := site.store.Read(t.Context())
	if err := errors.Join(db.Model(&models.Attachment{}).Count(&attached).Error, db.Model(&models.Case{}).Where("receipt_hash IS NOT NULL").Count(&opened).Error); err != nil || attached != 1 || opened != 3 {
		t.Errorf("%d attachments of %d cases, want 1 of 3: %v", attached, opened, err)
	}
	if got := site.send(t, "POST", "/case/new?lang=en", "title=x", "Content-Type", "application/x-www-form-urlencoded"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a form of the other kind: %d", got.status)
	}
}

// TestNobodysFileIsRead: who names no case, or one that takes none, is answered before the
// file has come, so that strangers cannot fill the memory.
func TestNobodysFileIsRead(t *testing.T) {
	site := newTestSite(t, store.SQLite)
	site.start(t)
	body, media := formOf(t, "receipt", auth.NewReceipt().Code(), "file", "%PDF-")
	begun, _, _ := strings.Cut(body, "%PDF-")
	rest, to := io.Pipe()
	t.Cleanup(func() {
		if err := to.Close(); err != nil { // not before the answer
			t.Error(err)
		}
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.url+"/attachments", io.MultiReader(strings.NewReader(begun+"%PDF-"), rest))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", media)
	request.ContentLength = models.MaxAttachmentSize
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusNotFound {
		t.Errorf("answered %d, %v", answer.StatusCode, err)
	}
}

// TestFewFilesAreReadAtOnce, and one payer cannot have all places.
func TestFewFilesAreReadAtOnce(t *testing.T) {
	d := newDesk()
	var leave []func()
	enter := func(ctx context.Context, by string) bool {
		out, in := d.enter(ctx, strangerAt(by))
		if in {
			leave = append(leave, out)
		}
		return in
	}
	for n := range uploadsEach {
		if !enter(t.Context(), "192.0.2.1") {
			t.Fatalf("upload %d does not get in", n)
		}
	}
	if enter(t.Context(), "192.0.2.1") {
		t.Error("one has more than each may")
	}
	for n := uploadsEach; n < uploadsAtOnce; n++ {
		if !enter(t.Context(), fmt.Sprintf("198.51.100.%d", n)) {
			t.Fatalf("upload %d does not get in", n)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if enter(gone, "203.0.113.1") {
		t.Error("there is one too many")
	}
	for _, out := range leave {
		out()
	}
	if len(d.of) != 0 || !enter(t.Context(), "192.0.2.1") {
		t.Errorf("they have not left: %v", d.of)
	}
}
