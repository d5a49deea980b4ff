// Package attachments keeps pictures and documents of cases.
//
// Whoever holds a case's receipt, and the officials who may work on it, add them;
// whoever sees the case sees them, by links that hold for some minutes. What
// something is its bytes say, never its name. From pictures everything is cut that
// is not the picture: the place where it was taken, the camera's number, a preview of
// what was cropped away.
//
// The bytes lie in a bucket, a folder or one of an S3-compatible service, under a
// keyed hash of case and content: a repeat is the same file, and nobody can guess or
// compare names. Bytes are stored first and the row is written after, so that a row
// always has its bytes; what a failure leaves behind without a row is swept up.
package attachments

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"time"

	"gocloud.dev/blob"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

const (
	// linkHolds is how long a link is good for.
	linkHolds = 10 * time.Minute
	// orphanAge is how old bytes without a row must be before they are deleted: the row
	// is written within seconds, or never.
	orphanAge = time.Hour
)

// Service does what this package is for. All fields are needed.
type Service struct {
	Store  *store.Store
	Bucket *blob.Bucket
	// Secret names the bytes.
	Secret []byte
	// Links are where they are fetched.
	Links *auth.Links
	// ByReceipt finds the case of a receipt, Visible the one that an actor may read:
	// the rules of cases, which are theirs.
	ByReceipt func(ctx context.Context, receipt string) (*models.Case, error)
	Visible   func(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Case, error)
}

// Upload is a file for a case, which is named by its receipt or by its id.
type Upload struct {
	Receipt string
	CaseID  *models.ID
	// Read reads the file. It is called once it is known that the case takes it: for
	// whoever names none nothing is held in memory.
	Read func() ([]byte, error)
}

// Add cleans a file and attaches it. The same file again is the attachment that is
// there already.
func (s *Service) Add(ctx context.Context, actor auth.Actor, in Upload) (*models.Attachment, error) {
	c, err := s.target(ctx, actor, in)
	if err != nil {
		return nil, err
	}
	if err := c.State.TakesAttachments(); err != nil {
		return nil, err
	}
	raw, err := in.Read()
	if err != nil {
		return nil, err
	}
	kind, content, err := clean(raw)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(content)
	a := models.Attachment{
		ID: models.NewID(), CaseID: c.ID, Blob: s.name(c.ID, digest[:]), MediaType: kind, Size: len(content),
		Digest: digest[:], FromResident: in.CaseID == nil,
	}
	// Written also where it is there already: that makes it young again, should it be
	// an orphan that is about to be swept up.
	if err := s.Bucket.WriteAll(ctx, a.Blob, content, &blob.WriterOptions{ContentType: string(kind)}); err != nil {
		return nil, fmt.Errorf("store an attachment: %w", err)
	}
	return s.attach(ctx, actor, a)
}

// target is the case that a file is for.
func (s *Service) target(ctx context.Context, actor auth.Actor, in Upload) (*models.Case, error) {
	if in.CaseID == nil {
		if _, err := auth.ParseReceipt(in.Receipt); err != nil {
			return nil, models.BadReceipt()
		}
		c, err := s.ByReceipt(ctx, in.Receipt)
		if models.CodeOf(err) == models.CodeNotFound {
			return nil, models.UnknownReceipt()
		}
		return c, err
	}
	if actor.Anonymous() {
		return nil, &models.Error{Code: models.CodeUnauthenticated, Key: models.KeyUnauthenticated}
	}
	if !actor.Is(models.RoleOfficial, models.RoleHR) {
		return nil, models.Forbidden()
	}
	found, err := s.Visible(ctx, actor, []models.ID{*in.CaseID})
	if err != nil {
		return nil, err
	}
	if found[*in.CaseID] == nil {
		return nil, models.AtField("caseId", models.NotFound("Case"))
	}
	return found[*in.CaseID], nil
}

// attach writes the row of bytes that are stored.
func (s *Service) attach(ctx context.Context, actor auth.Actor, a models.Attachment) (*models.Attachment, error) {
	stored := &a
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		// Locked, so that of several at once none is one too many.
		c, err := store.Take[models.Case](store.Lock(tx.DB).Where("id = ?", a.CaseID), "Case")
		if err != nil {
			return err
		}
		known, err := store.Take[models.Attachment](tx.Where("blob = ?", a.Blob), "Attachment")
		if err == nil {
			stored = known
			return nil
		}
		if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		var n int64
		if err := tx.Model(&models.Attachment{}).Where("case_id = ?", a.CaseID).Count(&n).Error; err != nil {
			return err
		}
		if err := c.State.TakesAttachments(); err != nil {
			return err
		}
		if err := models.ValidAttachments(int(n)); err != nil {
			return err
		}
		a.CreatedAt = tx.Now
		if err := tx.Create(&a).Error; err != nil {
			return err
		}
		if a.FromResident {
			return audit.RecordAnonymous(tx, "attach", "Case")
		}
		return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "attach", Noun: "Case", NounID: &a.CaseID})
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// ByCases returns the attachments of cases, the oldest first. Whoever sees a case
// sees its attachments.
func (s *Service) ByCases(ctx context.Context, ids []models.ID) (map[models.ID][]*models.Attachment, error) {
	var rows []*models.Attachment
	if err := s.Store.Read(ctx).Scopes(store.Among("case_id", ids)).Order("case_id, created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[models.ID][]*models.Attachment, len(ids))
	for _, a := range rows {
		out[a.CaseID] = append(out[a.CaseID], a)
	}
	return out, nil
}

// Link is the path of an attachment for whoever may see its case, good for some
// minutes: whoever has it needs nothing else.
func (s *Service) Link(a *models.Attachment) string {
	return "/attachments/" + s.Links.Issue(a.ID, s.Store.Now().Add(linkHolds))
}

// Open returns an attachment and its bytes to whoever has its link. A link that was
// made up, or has run out, finds nothing.
func (s *Service) Open(ctx context.Context, link string) (*models.Attachment, []byte, error) {
	key, err := s.Links.Parse(link, s.Store.Now())
	if err != nil {
		return nil, nil, models.NotFound("Attachment")
	}
	a, err := store.Take[models.Attachment](s.Store.Read(store.Widen(ctx, store.SignedLink)).Where("id = ?", key), "Attachment")
	if err != nil {
		return nil, nil, err
	}
	content, err := s.Bucket.ReadAll(ctx, a.Blob)
	if err != nil {
		return nil, nil, fmt.Errorf("read attachment %s: %w", a.ID, err)
	}
	if sum := sha256.Sum256(content); !hmac.Equal(sum[:], a.Digest) {
		return nil, nil, fmt.Errorf("attachment %s is not what was stored", a.ID)
	}
	return a, content, nil
}

// Sweep deletes bytes that no row names, once they are old enough that none will. It
// returns how many it deleted, and is safe to run in several processes at once.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	swept := 0
	// What lies in folders is another's.
	list := s.Bucket.List(&blob.ListOptions{Delimiter: "/"})
	for {
		object, err := list.Next(ctx)
		if err == io.EOF { // bare: wrapped, it is a connection that broke
			return swept, nil
		}
		if err != nil {
			return swept, fmt.Errorf("list attachments: %w", err)
		}
		if object.IsDir || s.Store.Now().Sub(object.ModTime) < orphanAge {
			continue
		}
		var rows int64
		if err := s.Store.Read(ctx).Model(&models.Attachment{}).Where("blob = ?", object.Key).Count(&rows).Error; err != nil {
			return swept, err
		}
		if rows > 0 {
			continue
		}
		if err := s.Bucket.Delete(ctx, object.Key); err != nil {
			slog.WarnContext(ctx, "an orphaned attachment cannot be deleted", "error", err)
			continue
		}
		swept++
	}
}

// name is where the bytes of a case lie.
func (s *Service) name(id models.ID, digest []byte) string {
	h := hmac.New(sha256.New, s.Secret)
	h.Write([]byte("steelyard blob v1"))
	h.Write(id[:])
	h.Write(digest)
	return hex.EncodeToString(h.Sum(nil))
}
