package exports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"steelyard/models"
	"steelyard/store"
)

const (
	// orphanAge is how old bytes without a row must be before they are deleted: the row
	// is written at once when they are whole, or never.
	orphanAge = time.Hour
	// eraseOnce is how many files go in one turn.
	eraseOnce = 100
)

// Erase deletes files whose time is over; their rows stay and say so. It returns how
// many it deleted, and is safe to run in several processes at once.
func (s *Service) Erase(ctx context.Context) (int, error) {
	var due []models.Export
	err := s.Store.Read(ctx).Where("state = ? AND expires_at <= ?", models.ExportDone, s.Store.Now()).
		Order("expires_at").Limit(eraseOnce).Find(&due).Error
	if err != nil {
		return 0, fmt.Errorf("look for exports to erase: %w", err)
	}
	for i, e := range due {
		if err := s.Bucket.Delete(ctx, e.Blob); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return i, fmt.Errorf("erase export %s: %w", e.ID, err)
		}
		err := s.Store.InTx(ctx, func(tx *store.Tx) error {
			return tx.Model(&models.Export{}).Where("id = ? AND state = ?", e.ID, models.ExportDone).
				UpdateColumns(map[string]any{"state": models.ExportErased, "blob": ""}).Error
		})
		if err != nil {
			return i, fmt.Errorf("erase export %s: %w", e.ID, err)
		}
	}
	return len(due), nil
}

// Sweep deletes bytes that no row names, once they are old enough that none will: what
// a process left that died. It returns how many it deleted, and is safe to run in
// several processes at once.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	swept, list := 0, s.Bucket.List(&blob.ListOptions{Prefix: Folder})
	for {
		object, err := list.Next(ctx)
		if err == io.EOF { // bare: wrapped, it is a connection that broke
			return swept, nil
		}
		if err != nil {
			return swept, fmt.Errorf("list exports: %w", err)
		}
		if s.Store.Now().Sub(object.ModTime) < orphanAge {
			continue
		}
		var rows int64
		if err := s.Store.Read(ctx).Model(&models.Export{}).Where("blob = ?", object.Key).Count(&rows).Error; err != nil {
			return swept, err
		}
		if rows > 0 {
			continue
		}
		if err := s.Bucket.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			slog.WarnContext(ctx, "an orphaned export cannot be deleted", "error", err)
			continue
		}
		swept++
	}
}

// closed is an error, with that of closing what is of no use any more.
func closed(c io.Closer, err error) error { return errors.Join(err, c.Close()) }
