package attachments

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

const (
	s3Bucket = "town"
	s3Key    = "the-key"
)

// s3Places are names of an S3-compatible service, as an operator gives them: one
// that works, and one whose every connection breaks, in the middle of a file or else
// before any answer. It knows one bucket and takes one access key.
func s3Places(t *testing.T) (whole, broken string) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(s3Bucket); err != nil {
		t.Fatal(err)
	}
	service := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "Credential="+s3Key+"/") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>")
			return
		}
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	breaking := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.TrimSuffix(r.URL.Path, "/") != "/"+s3Bucket {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "%PDF-")
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}))
	breaking.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(breaking.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", s3Key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "its secret")
	// What lies on this machine is not the test's.
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	place := "s3://" + s3Bucket + "?region=us-east-1&use_path_style=true&endpoint="
	return place + url.QueryEscape(server.URL), place + url.QueryEscape(breaking.URL)
}

// desk is the service over one bucket, with a case that any receipt finds.
type desk struct {
	*Service
	*testing.T
	now  time.Time
	kase *models.Case
}

func newDesk(t *testing.T, place string) *desk {
	t.Helper()
	d := &desk{T: t, now: time.Now()}
	unit := &models.OrgUnit{ID: models.NewID(), Ref: "town", Name: "town"}
	d.kase = &models.Case{
		ID: models.NewID(), Ref: "c-1", UnitID: unit.ID, Channel: models.ChannelHotline, State: models.CaseAccepted, Title: "a lamp",
		Category: "LIGHT", OpenedAt: d.now, Asked: models.AnswerUnknown, Confirmed: models.AnswerUnknown, UpdatedAt: d.now,
	}
	links, err := auth.NewLinks(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	d.Service = &Service{
		Store:  storetest.Open(t, store.SQLite, store.Options{Now: func() time.Time { return d.now }}),
		Bucket: opened(t, place), Secret: make([]byte, 32), Links: links,
		ByReceipt: func(context.Context, string) (*models.Case, error) { return d.kase, nil },
	}
	err = d.Store.InTx(t.Context(), func(tx *store.Tx) error {
		for _, row := range []any{unit, d.kase} {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func pdf(n int) []byte { return fmt.Appendf(nil, "%%PDF-1.7\n%% %d\n%%%%EOF\n", n) }

func (d *desk) add(content []byte) (*models.Attachment, error) {
	return d.Add(d.Context(), auth.Actor{}, Upload{Receipt: auth.NewReceipt().Code(), Read: func() ([]byte, error) { return content, nil }})
}

// fetch follows an attachment's link.
func (d *desk) fetch(a *models.Attachment) ([]byte, error) {
	_, content, err := d.Open(d.Context(), strings.TrimPrefix(d.Link(a), "/attachments/"))
	return content, err
}

// lie puts bytes into the bucket that no row names.
func (d *desk) lie(name string) {
	d.Helper()
	if err := d.Bucket.WriteAll(d.Context(), name, []byte("x"), nil); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) there(name string) bool {
	d.Helper()
	there, err := d.Bucket.Exists(d.Context(), name)
	if err != nil {
		d.Fatal(err)
	}
	return there
}

func (d *desk) rows() int64 {
	d.Helper()
	var n int64
	if err := d.Store.Read(d.Context()).Model(&models.Attachment{}).Count(&n).Error; err != nil {
		d.Fatal(err)
	}
	return n
}

// buckets are the places where attachments may lie, each ready for a test.
var buckets = map[string]func(t *testing.T) string{
	"folder": func(t *testing.T) string { return filepath.Join(t.TempDir(), "attachments") },
	"s3": func(t *testing.T) string {
		whole, _ := s3Places(t)
		return whole
	},
}

// TestEveryBucketKeepsAttachments: whatever the bytes lie in, it does the same.
func TestEveryBucketKeepsAttachments(t *testing.T) {
	for name, place := range buckets {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				name string
				test func(d *desk)
			}{
				{"what was put is got, of any size", roundTrip},
				{"the same file twice lies there once", putTwice},
				{"bytes that are gone are an error and no empty file", missing},
				{"bytes that another wrote are not handed out", exchanged},
				{"orphans are swept, and nothing else", sweepOrphans},
				{"more than a page of orphans are swept", sweepPages},
			} {
				t.Run(c.name, func(t *testing.T) {
					d := newDesk(t, place(t))
					if reached, err := d.Bucket.IsAccessible(t.Context()); err != nil || !reached {
						t.Fatalf("the bucket is not reached: %v", err)
					}
					c.test(d)
				})
			}
		})
	}
}

func roundTrip(d *desk) {
	large := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0, 1, 0xff}, (models.MaxAttachmentSize-20)/3)...)
	for _, content := range [][]byte{pdf(1), append(large, "%%EOF\n"...), aPNG(d)} {
		a, err := d.add(content)
		if err != nil {
			d.Fatal(err)
		}
		if got, err := d.fetch(a); err != nil || !bytes.Equal(got, content) {
			d.Errorf("%d bytes came back, want %d: %v", len(got), len(content), err)
		}
		told, err := d.Bucket.Attributes(d.Context(), a.Blob)
		if err != nil || told.Size != int64(a.Size) {
			d.Errorf("the bucket says %+v of %d bytes: %v", told, a.Size, err)
		}
	}
}

func putTwice(d *desk) {
	first, err := d.add(pdf(1))
	if err != nil {
		d.Fatal(err)
	}
	second, err := d.add(pdf(1))
	if err != nil || second.ID != first.ID || d.rows() != 1 {
		d.Errorf("the repeat is %v, want %v: %v", second, first.ID, err)
	}
}

func missing(d *desk) {
	a, err := d.add(pdf(1))
	if err != nil {
		d.Fatal(err)
	}
	if err := d.Bucket.Delete(d.Context(), a.Blob); err != nil {
		d.Fatal(err)
	}
	if content, err := d.fetch(a); gcerrors.Code(err) != gcerrors.NotFound || models.CodeOf(err) != "" {
		d.Errorf("%d bytes: %v", len(content), err)
	}
	if d.there(a.Blob) {
		d.Error("it is still there")
	}
	// Whoever has the file can mend it.
	if again, err := d.add(pdf(1)); err != nil || again.ID != a.ID {
		d.Errorf("added again: %v", err)
	}
	if _, err := d.fetch(a); err != nil {
		d.Error(err)
	}
}

func exchanged(d *desk) {
	a, err := d.add(pdf(1))
	if err != nil {
		d.Fatal(err)
	}
	d.lie(a.Blob)
	if content, err := d.fetch(a); err == nil || content != nil {
		d.Errorf("%q was handed out: %v", content, err)
	}
}

func sweepOrphans(d *desk) {
	a, err := d.add(pdf(1))
	if err != nil {
		d.Fatal(err)
	}
	d.lie("orphan")
	d.lie("exports/another's")
	for _, step := range []struct {
		later time.Duration
		want  int
	}{{0, 0}, {2 * orphanAge, 1}, {0, 0}} {
		d.now = d.now.Add(step.later)
		if n, err := d.Sweep(d.Context()); err != nil || n != step.want {
			d.Errorf("%d swept, want %d: %v", n, step.want, err)
		}
	}
	if !d.there(a.Blob) || !d.there("exports/another's") || d.there("orphan") {
		d.Error("something else was swept")
	}
}

func sweepPages(d *desk) {
	const orphans = 1003 // S3 lists a thousand at once
	for i := range orphans {
		d.lie(fmt.Sprintf("orphan-%04d", i))
	}
	d.now = d.now.Add(2 * orphanAge)
	if n, err := d.Sweep(d.Context()); err != nil || n != orphans {
		d.Errorf("%d swept, want %d: %v", n, orphans, err)
	}
	if _, err := d.Bucket.List(nil).Next(d.Context()); err != io.EOF {
		d.Errorf("something is left: %v", err)
	}
}

// TestAnS3ServiceThatFailsLosesNothing: what could not be stored has no row, what
// could not be listed is not taken for nothing, and what is stored can be read once
// the service is back.
func TestAnS3ServiceThatFailsLosesNothing(t *testing.T) {
	whole, broken := s3Places(t)
	d := newDesk(t, whole)
	a, err := d.add(pdf(1))
	if err != nil {
		t.Fatal(err)
	}
	failing := map[string]*blob.Bucket{
		"broken connections": opened(t, broken),
		"no such bucket":     opened(t, strings.Replace(whole, s3Bucket, "nowhere", 1)),
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "another-key")
	failing["a key of nobody's"] = opened(t, whole)
	// All at once: the client tries each again, later and later.
	var wg sync.WaitGroup
	for name, bucket := range failing {
		of := *d.Service
		of.Bucket = bucket
		away := &desk{Service: &of, T: t, now: d.now, kase: d.kase}
		wg.Go(func() {
			if _, err := away.add(pdf(2)); err == nil || models.CodeOf(err) != "" {
				t.Errorf("%s: put gave %v", name, err)
			}
		})
		wg.Go(func() {
			if content, err := away.fetch(a); err == nil || models.CodeOf(err) != "" || content != nil {
				t.Errorf("%s: got %q: %v", name, content, err)
			}
		})
		wg.Go(func() {
			if n, err := away.Sweep(t.Context()); err == nil || n != 0 {
				t.Errorf("%s: %d swept: %v", name, n, err)
			}
		})
		wg.Go(func() {
			if reached, err := bucket.IsAccessible(t.Context()); err == nil && reached {
				t.Errorf("%s: it is said to be reached", name)
			}
		})
	}
	wg.Wait()
	if got, err := d.fetch(a); err != nil || !bytes.Equal(got, pdf(1)) || d.rows() != 1 {
		t.Errorf("afterwards %d rows, %q: %v", d.rows(), got, err)
	}
}

func opened(t *testing.T, place string) *blob.Bucket {
	t.Helper()
	bucket, err := OpenBucket(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bucket.Close(); err != nil {
			t.Error(err)
		}
	})
	return bucket
}

func TestABucketThatCannotBeNamedIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"s3://", "s3://town?nonsense=1", filepath.Join(file, "below")} {
		if bucket, err := OpenBucket(t.Context(), place); err == nil {
			t.Errorf("%s was opened: %v", place, bucket.Close())
		}
	}
}
