package exports

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// Work takes up exports, one after the other, until ctx ends.
func (s *Service) Work(ctx context.Context) error {
	return s.jobs().Work(ctx, s.signal.channel, s.WriteNext)
}

// WriteNext takes up one export that waits or was left behind, and writes it; false
// where there is none. One that fails is done with: its row says why. Where ctx ends
// on the way, it is given back and another worker begins it anew.
func (s *Service) WriteNext(ctx context.Context) (bool, error) {
	l, err := s.take(ctx)
	if err != nil || l == nil {
		return false, err
	}
	return true, l.Do(ctx, func(ctx context.Context) error { return s.make(ctx, l) }, failure)
}

// make writes the file of an export and then its row.
func (s *Service) make(ctx context.Context, l *lease) error {
	file, err := s.store(ctx, l)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		err := l.Update(tx.DB, map[string]any{
			"state": models.ExportDone, "finished_at": tx.Now, "heartbeat_at": tx.Now, "done": l.export.Total,
			"expires_at": tx.Now.Add(models.ExportKeep), "blob": file.name, "size": file.size, "digest": models.Hash(file.digest),
		})
		if err != nil {
			return err
		}
		return audit.Record(tx, audit.Entry{
			Actor: l.export.RequestedBy, Action: "export", Noun: "Export", NounID: &l.export.ID,
			Details: map[string]string{"digest": models.Hash(file.digest).Key(), "size": fmt.Sprint(file.size)},
		})
	})
	if errors.Is(err, leases.ErrLost) {
		err = errors.Join(err, s.Bucket.Delete(context.WithoutCancel(ctx), file.name))
	}
	return err
}

// file is what was written to the bucket.
type file struct {
	name   string
	size   int64
	digest []byte
}

// store writes the bytes of an export while its lease is kept. A file that is not
// whole never appears in the bucket.
func (s *Service) store(ctx context.Context, l *lease) (file, error) {
	theirs, err := s.stillTheirs(ctx, &l.export)
	if err != nil {
		return file{}, err
	}
	if !theirs {
		return file{}, models.Forbidden()
	}
	working, k := l.keep(ctx)
	defer k.Stop()
	told := func(done int) { k.Progress("", done, l.export.Total) }
	out, err := s.write(working, &l.export, told)
	if lost := context.Cause(working); errors.Is(lost, leases.ErrLost) {
		return file{}, errors.Join(lost, s.forget(ctx, out.name))
	}
	return out, err
}

func (s *Service) write(ctx context.Context, e *models.Export, told func(done int)) (out file, err error) {
	name := Folder + models.NewRandomID().String()
	// What ends this context before the writer is closed leaves nothing in the bucket.
	whole, abandon := context.WithCancel(ctx)
	defer abandon()
	w, err := s.Bucket.NewWriter(whole, name, &blob.WriterOptions{ContentType: e.Format.MediaType()})
	if err != nil {
		return file{}, fmt.Errorf("open a file for export %s: %w", e.ID, err)
	}
	sum, size := sha256.New(), counter(0)
	if err := s.Write(ctx, asker(e), e, told, io.MultiWriter(w, sum, &size)); err != nil {
		abandon()
		if closing := w.Close(); closing != nil && !errors.Is(closing, context.Canceled) {
			err = errors.Join(err, closing)
		}
		return file{}, err
	}
	if err := w.Close(); err != nil {
		return file{}, fmt.Errorf("store the file of export %s: %w", e.ID, err)
	}
	return file{name, int64(size), sum.Sum(nil)}, nil
}

// forget deletes a file that no row will name.
func (s *Service) forget(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	return s.Bucket.Delete(context.WithoutCancel(ctx), name)
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// failure is the message that an export's row keeps of why it failed: one that takes no
// arguments, since the row has no place for them.
func failure(cause error) string {
	var own *models.Error
	switch {
	case !errors.As(cause, &own):
		return string(models.KeyInternal)
	case own.Code == models.CodeNotFound:
		return string(models.KeyExportLost)
	case len(own.Args) > 0:
		return string(models.KeyInternal)
	}
	return string(own.Key)
}
