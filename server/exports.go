package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/server/overhttp"
	"steelyard/services/assessments"
)

const (
	// stalled is how long a client may take nothing of a file before it is let go.
	stalled = 30 * time.Second
	// reportTakes is how long a report that is read while it is fetched may take: it holds
	// one state of the database.
	reportTakes = 10 * time.Minute
)

// streaming is an answer whose body is of any length: its head is sent with the first
// byte, each piece goes out at once, and the client has a time for each.
type streaming struct {
	http.ResponseWriter
	ctx   context.Context // of the request
	head  func(http.Header)
	begun bool
}

// Write sends a piece.
func (s *streaming) Write(p []byte) (int, error) {
	control := http.NewResponseController(s.ResponseWriter)
	if err := control.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return 0, fmt.Errorf("give the client time: %w", err)
	}
	if !s.begun {
		s.begun = true
		leaveHouse(s.ctx)
		s.head(s.Header())
	}
	n, err := s.ResponseWriter.Write(p)
	if err == nil {
		err = control.Flush()
	}
	return n, err
}

// fileHead says that what follows is a file to be saved, and nobody else's.
func fileHead(h http.Header, name, media string) {
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// fetchExport serves an export's file to whoever has its address. What is not the bytes
// that were written is not served whole: the last piece waits until the digest agrees.
func (s *site) fetchExport() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, content, err := s.app.Exports.Open(r.Context(), r.PathValue("token"))
		if err != nil {
			s.refuseExport(w, r, err)
			return
		}
		out := &streaming{ResponseWriter: w, ctx: r.Context(), head: func(h http.Header) { exportHead(h, e) }}
		switch err := sendWhole(out, e, content); {
		case err == nil:
		case out.begun:
			s.breakOff(r, "export not served whole", err)
		default:
			s.refuseExport(w, r, err)
		}
	})
}

// exportTold answers who asks about an export's file without fetching it: from its row,
// so that the audit trail says of nobody that they had it.
func (s *site) exportTold() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := s.app.Exports.Find(r.Context(), r.PathValue("token"))
		if err != nil {
			s.refuseExport(w, r, err)
			return
		}
		exportHead(w.Header(), e)
	})
}

func exportHead(h http.Header, e *models.Export) {
	fileHead(h, e.Filename(), e.Format.MediaType())
	h.Set("Content-Length", strconv.FormatInt(e.Size, 10))
}

func (s *site) refuseExport(w http.ResponseWriter, r *http.Request, err error) {
	if models.CodeOf(err) == models.CodeNotFound {
		refuse(w, r, http.StatusNotFound, models.KeyExportGone, models.CodeNotFound)
		return
	}
	s.log.ErrorContext(r.Context(), "export not served", "error", err)
	refuse(w, r, http.StatusInternalServerError, models.KeyInternal, "INTERNAL")
}

// sendWhole sends the file of an export as it is read, and closes it; the last piece when
// all of it is known to be what was written.
func sendWhole(w io.Writer, e *models.Export, content io.ReadCloser) error {
	sum, out := sha256.New(), &holding{w: w, left: e.Size}
	_, err := io.Copy(out, io.TeeReader(content, sum))
	if err == nil && !slices.Equal(sum.Sum(nil), e.Digest) {
		err = errNotWritten
	}
	if err = errors.Join(err, content.Close()); err != nil {
		return err
	}
	return out.release()
}

var errNotWritten = errors.New("the file is not what was written")

// holding passes on each piece when the next one comes, of a file of a known length: at
// least its last byte stays here until it is released.
type holding struct {
	w    io.Writer
	held []byte
	left int64 // bytes of the file that have not been passed on
}

// Write takes a piece and passes on the one before.
func (h *holding) Write(p []byte) (int, error) {
	if h.left <= int64(len(h.held)) {
		return 0, errNotWritten // it is longer
	}
	if len(h.held) > 0 {
		if err := h.release(); err != nil {
			return 0, err
		}
	}
	h.held = append(h.held[:0], p...)
	return len(p), nil
}

// release passes on what is held.
func (h *holding) release() error {
	n, err := h.w.Write(h.held)
	h.left -= int64(n)
	return err
}

// breakOff ends an answer of which something has been sent so that its reader sees that
// it is not whole.
func (s *site) breakOff(r *http.Request, what string, err error) {
	if r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), what, "error", err)
	}
	panic(http.ErrAbortHandler)
}

// streamReport serves a cycle's report as a table while it is read: memory does not grow
// with its rows, and its first line goes out at once. It needs a bearer token.
func (s *site) streamReport() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := reportFile(r)
		if err != nil {
			s.refuseReport(w, r, err)
			return
		}
		f.Lang = messages.From(r.Context())
		name := strings.TrimSuffix(r.PathValue("file"), f.Format.Extension())
		out := &streaming{ResponseWriter: w, ctx: r.Context(), head: func(h http.Header) {
			fileHead(h, "assessment-"+name+f.Format.Extension(), f.Format.MediaType())
		}}
		ctx, cancel := context.WithTimeout(r.Context(), reportTakes)
		defer cancel()
		err = s.app.Assessments.ExportFile(ctx, auth.ActorFrom(r.Context()), f, out)
		switch {
		case err == nil:
		case out.begun:
			s.breakOff(r, "report not served whole", err)
		default:
			s.refuseReport(w, r, err)
		}
	})
}

// onlyGet refuses to say how a report would begin: it is known when it has been read.
func onlyGet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodGet)
	w.WriteHeader(http.StatusMethodNotAllowed)
}

// reportFile reads which report is asked for: the cycle and the format by the last part
// of the path, the rest by the query.
func reportFile(r *http.Request) (assessments.File, error) {
	var f assessments.File
	id, ending, _ := strings.Cut(r.PathValue("file"), ".")
	f.ReportSpec = models.ReportSpec{Kind: models.ReportAssessments, Ordering: models.OrderRank}
	for _, format := range []models.ReportFormat{models.FormatCSV, models.FormatXLSX} {
		if format.Extension() == "."+ending {
			f.Format = format
		}
	}
	var err error
	if f.CycleID, err = models.ParseID(id); err != nil || f.Format == "" {
		return f, models.NotFound("Cycle")
	}
	query := r.URL.Query()
	for _, p := range []struct {
		name string
		to   **models.ID
	}{{"unitId", &f.WithinID}, {"runId", &f.RunID}} {
		if !query.Has(p.name) {
			continue
		}
		id, err := models.ParseID(query.Get(p.name))
		if err != nil {
			return f, models.Invalid(p.name, models.KeyBadID, query.Get(p.name))
		}
		*p.to = &id
	}
	if query.Has("peerGroup") {
		group := query.Get("peerGroup")
		f.PeerGroup = &group
	}
	if query.Has("kind") {
		f.Kind = models.ReportKind(query.Get("kind"))
	}
	if query.Has("orderBy") {
		f.Ordering = models.AssessmentOrder(query.Get("orderBy"))
	}
	if names := query.Get("columns"); names != "" {
		f.Columns = strings.Split(names, ",")
	}
	return f, nil
}

// refuseReport answers in the form of GraphQL's errors, which clients know already.
func (s *site) refuseReport(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Cache-Control", "no-store")
	var own *models.Error
	switch {
	case !errors.As(err, &own):
		s.log.ErrorContext(r.Context(), "report not served", "error", err)
		refuse(w, r, http.StatusInternalServerError, models.KeyInternal, "INTERNAL")
	case own.Code == models.CodeForbidden && auth.ActorFrom(r.Context()).Anonymous():
		w.Header().Set("WWW-Authenticate", `Bearer realm="steelyard"`)
		refuse(w, r, http.StatusUnauthorized, models.KeyUnauthenticated, models.CodeUnauthenticated)
	default:
		overhttp.WriteError(w, r, uploadStatus[own.Code], messages.Text(messages.From(r.Context()), own.Key, own.Args...), string(own.Code))
	}
}
