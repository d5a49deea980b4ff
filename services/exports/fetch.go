package exports

import (
	"context"
	"fmt"
	"io"

	"gocloud.dev/gcerrors"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Link is the path of an export's file for whoever may have it, good for some minutes
// and no longer than the file; empty where there is no file.
func (s *Service) Link(e *models.Export) string {
	now := s.Store.Now()
	if e.State != models.ExportDone || !now.Before(*e.ExpiresAt) {
		return ""
	}
	until := now.Add(models.ExportLinkHolds)
	if e.ExpiresAt.Before(until) {
		until = *e.ExpiresAt
	}
	return "/exports/" + s.Links.Issue(e.ID, until)
}

// gone says that an address leads nowhere, or not any more.
func gone() *models.Error { return &models.Error{Code: models.CodeNotFound, Key: models.KeyExportGone} }

// Find returns an export whose file is there to whoever has its address, which says
// nothing of itself. One that was made up or has run out finds nothing; neither does one
// whose asker may no longer have the file.
func (s *Service) Find(ctx context.Context, token string) (*models.Export, error) {
	id, err := s.Links.Parse(token, s.Store.Now())
	if err != nil {
		return nil, gone()
	}
	e, err := store.Take[models.Export](s.Store.Read(ctx).Where("id = ? AND state = ?", id, models.ExportDone), "Export")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, gone()
	}
	if err != nil {
		return nil, err
	}
	switch theirs, err := s.stillTheirs(ctx, e); {
	case err != nil:
		return nil, err
	case !theirs, !s.Store.Now().Before(*e.ExpiresAt):
		return nil, gone()
	}
	return e, nil
}

// Open returns an export and its bytes to whoever has its address, as [Service.Find]
// does. It leaves an entry in the audit trail before the first byte. The caller closes
// the bytes.
func (s *Service) Open(ctx context.Context, token string) (*models.Export, io.ReadCloser, error) {
	e, err := s.Find(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	content, err := s.Bucket.NewReader(ctx, e.Blob, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, nil, gone()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the file of export %s: %w", e.ID, err)
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		return audit.Record(tx, audit.Entry{Actor: e.RequestedBy, Action: "fetchExport", Noun: "Export", NounID: &e.ID, Details: details(e)})
	})
	if err != nil {
		return nil, nil, fmt.Errorf("note that export %s is fetched: %w", e.ID, closed(content, err))
	}
	return e, content, nil
}
