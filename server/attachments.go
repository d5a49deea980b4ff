package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/server/overhttp"
	"steelyard/services/attachments"
)

const (
	// maxUploads is how many files one address may send in a minute.
	maxUploads = 60
	// uploadsAtOnce is how many files are read at once, uploadsEach how many of one payer: each
	// is whole in memory until it is stored. uploadPatience is how long others wait.
	uploadsAtOnce  = 24
	uploadsEach    = 8
	uploadPatience = 5 * time.Second
	// maxParts is how many parts an upload is looked through for its file.
	maxParts = 10
	// maxField is the longest part of an upload that is no file, in bytes.
	maxField = 1 << 10
	// sweepAttachments is how often orphans are looked for: the whole bucket is listed.
	sweepAttachments = time.Hour
)

// attachmentsSuffix names the folder of attachments, beside the database.
const attachmentsSuffix = ".attachments"

// bucket opens where attachments lie.
func (c *EveryCommand) bucket(ctx context.Context, place string) (*blob.Bucket, error) {
	place, err := c.attachments(place)
	if err != nil {
		return nil, err
	}
	return attachments.OpenBucket(ctx, place)
}

// attachments is where attachments lie, by default beside the database.
func (c *EveryCommand) attachments(place string) (string, error) {
	if place != "" {
		return place, nil
	}
	return c.sideFile(attachmentsSuffix)
}

// desk is where files are read, a few at once.
type desk struct {
	places chan struct{}
	mu     sync.Mutex
	of     map[payer]int
}

func newDesk() *desk { return &desk{places: make(chan struct{}, uploadsAtOnce), of: map[payer]int{}} }

// come counts a payer in; false where all that one may have are taken.
func (d *desk) come(by payer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of[by] == uploadsEach {
		return false
	}
	d.of[by]++
	return true
}

// gone counts a payer out.
func (d *desk) gone(by payer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of[by]--; d.of[by] == 0 {
		delete(d.of, by)
	}
}

// enter waits for a place; whoever gets one must leave.
func (d *desk) enter(ctx context.Context, by payer) (leave func(), in bool) {
	if !d.come(by) {
		return nil, false
	}
	patience := time.NewTimer(uploadPatience)
	defer patience.Stop()
	select {
	case d.places <- struct{}{}:
		return func() { <-d.places; d.gone(by) }, true
	case <-patience.C:
	case <-ctx.Done():
	}
	d.gone(by)
	return nil, false
}

// upload takes one file for a case: who names the case stands before the file, so
// that nothing is read on behalf of nobody.
func (s *site) upload() http.Handler {
	desk := newDesk()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, models.MaxAttachmentSize+16<<10)
		in, file, err := readUpload(r)
		if err != nil {
			refuseUpload(w, r, err)
			return
		}
		leave := func() {}
		defer func() { leave() }()
		in.Read = func() ([]byte, error) {
			out, at := desk.enter(r.Context(), s.payerOf(r))
			if !at {
				return nil, &models.Error{Code: models.CodeUnavailable, Key: models.KeyOverloaded}
			}
			leave = out
			leaveHouse(r.Context()) // a phone takes its time
			return readFile(file, r.ContentLength)
		}
		ctx, tries := auth.WithTries(r.Context())
		a, err := s.app.Attachments.Add(ctx, auth.ActorFrom(r.Context()), in)
		if err != nil {
			if models.CodeOf(err) == "" {
				s.log.ErrorContext(r.Context(), "attachment not stored", "error", err)
			}
			if wait := s.wrong(ctx, tries.Wrong()); wait > 0 {
				tellWait(w, r, wait)
				return
			}
			refuseUpload(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusCreated)
		answer := struct {
			ID        string           `json:"id"`
			MediaType models.MediaType `json:"mediaType"`
			Size      int              `json:"size"`
		}{a.ID.String(), a.MediaType, a.Size}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			return // the client has gone: there is nobody to tell
		}
	})
}

// readUpload reads the parts of an upload up to its file. A file's own name is never looked at.
func readUpload(r *http.Request) (in attachments.Upload, file io.Reader, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return in, nil, models.Invalid("file", models.KeyRequired)
	}
	for n := 0; ; n++ {
		if n == maxParts {
			return in, nil, models.Invalid("file", models.KeyTooManyParts, strconv.Itoa(maxParts))
		}
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return in, nil, models.Invalid("file", models.KeyRequired)
		}
		if err != nil {
			return in, nil, unreadable(err)
		}
		switch part.FormName() {
		case "receipt":
			in.Receipt, err = field(part)
		case "caseId":
			var text string
			if text, err = field(part); err == nil {
				var id models.ID
				if id, err = models.ParseID(text); err != nil {
					return in, nil, models.Invalid("caseId", models.KeyBadID, text)
				}
				in.CaseID = &id
			}
		case "file":
			if in.CaseID == nil && in.Receipt == "" {
				return in, nil, models.Invalid("receipt", models.KeyRequired)
			}
			return in, part, nil
		}
		if err != nil {
			return in, nil, unreadable(err)
		}
	}
}

// readFile reads a file, about so long, and of one that is too long no more than a byte too many.
func readFile(file io.Reader, about int64) ([]byte, error) {
	const most = models.MaxAttachmentSize + 1
	content := bytes.NewBuffer(make([]byte, 0, min(max(about, 0), most)+bytes.MinRead))
	if _, err := content.ReadFrom(io.LimitReader(file, most)); err != nil {
		return nil, unreadable(err)
	}
	if content.Len() == most {
		return nil, tooLarge()
	}
	return content.Bytes(), nil
}

// field reads a short part.
func field(part *multipart.Part) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(part, maxField))
	return strings.TrimSpace(string(raw)), err
}

// unreadable says what is wrong with a body that cannot be read to its end.
func unreadable(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return tooLarge()
	}
	return models.Invalid("file", models.KeyFileForm)
}

func tooLarge() error {
	return models.Invalid("file", models.KeyTooLong, strconv.Itoa(models.MaxAttachmentSize), "> "+strconv.Itoa(models.MaxAttachmentSize))
}

// uploadStatus is what HTTP calls the classes of errors.
var uploadStatus = map[models.Code]int{
	models.CodeInvalid: http.StatusUnprocessableEntity, models.CodeNotFound: http.StatusNotFound, models.CodeConflict: http.StatusConflict,
	models.CodeIllegalState: http.StatusConflict, models.CodeUnauthenticated: http.StatusUnauthorized, models.CodeForbidden: http.StatusForbidden,
	models.CodeUnavailable: http.StatusServiceUnavailable,
}

// refuseUpload answers in the form of GraphQL's errors, which clients know already.
func refuseUpload(w http.ResponseWriter, r *http.Request, err error) {
	var own *models.Error
	if !errors.As(err, &own) {
		refuse(w, r, http.StatusInternalServerError, models.KeyInternal, "INTERNAL")
		return
	}
	overhttp.WriteError(w, r, uploadStatus[own.Code], messages.Text(messages.From(r.Context()), own.Key, own.Args...), string(own.Code))
}

// download serves an attachment to whoever has its link. A browser takes it for what
// it is, and runs nothing of it; a document is saved and not opened in the page.
func (s *site) download() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, content, err := s.app.Attachments.Open(r.Context(), r.PathValue("link"))
		switch {
		case models.CodeOf(err) == models.CodeNotFound:
			refuse(w, r, http.StatusNotFound, models.KeyNotFound, models.CodeNotFound, "Attachment")
			return
		case err != nil:
			s.log.ErrorContext(r.Context(), "attachment not served", "error", err)
			refuse(w, r, http.StatusInternalServerError, models.KeyInternal, "INTERNAL")
			return
		}
		h := w.Header()
		h.Set("Content-Type", string(a.MediaType))
		h.Set("Content-Length", strconv.Itoa(a.Size))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
		h.Set("Cache-Control", "private, max-age=600")
		disposition := "attachment"
		if a.MediaType.Image() {
			disposition = "inline"
		}
		_, kind, _ := strings.Cut(string(a.MediaType), "/")
		h.Set("Content-Disposition", fmt.Sprintf("%s; filename=%q", disposition, a.ID.String()+"."+kind))
		if _, err := w.Write(content); err != nil {
			return // the client has gone: there is nobody to tell
		}
	})
}

// attachments is what the doctor says of them.
func (c *doctorCmd) attachments(s *session) finding {
	place, err := s.flags.attachments(c.Attachments)
	if err != nil {
		return fail("attachments", "%v", err)
	}
	if !strings.HasPrefix(place, "s3://") {
		switch info, err := os.Stat(place); {
		case errors.Is(err, fs.ErrNotExist):
			return warn("attachments", "%s is not there yet: serve makes it; several processes need the same", place)
		case err != nil:
			return fail("attachments", "%v", err)
		case !info.IsDir():
			return fail("attachments", "%s is no folder", place)
		}
		return ok("attachments", "%s", place)
	}
	bucket, err := attachments.OpenBucket(s.ctx, place)
	if err != nil {
		return fail("attachments", "%v", err)
	}
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	reached, err := bucket.IsAccessible(ctx)
	if err := errors.Join(err, bucket.Close()); err != nil || !reached {
		return fail("attachments", "%s cannot be reached: %v", place, err)
	}
	return ok("attachments", "%s", place)
}
