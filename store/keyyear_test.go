package store_test

import (
	"context"
	"errors"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestAYearHasOneKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		note := func(year int, mark string) error {
			return s.InTx(ctx, func(tx *store.Tx) error {
				return store.NoteKeyYear(tx, models.KeyEpoch{Year: year, Fingerprint: models.Hash(mark), CreatedAt: tx.Now})
			})
		}
		refused := func(err error, code models.Code, key models.Key) {
			t.Helper()
			var e *models.Error
			if !errors.As(err, &e) || e.Code != code || e.Key != key {
				t.Errorf("%v, want %s %s", err, code, key)
			}
		}
		for range 2 {
			if err := note(2025, "one file"); err != nil {
				t.Fatal(err)
			}
		}
		refused(note(2025, "another file"), models.CodeUnavailable, models.KeyKeyMissing)
		if err := note(2026, "another file"); err != nil {
			t.Error(err)
		}
		var first models.KeyEpoch
		if err := s.Read(ctx).Take(&first, "year = 2025").Error; err != nil {
			t.Fatal(err)
		}
		if string(first.Fingerprint) != "one file" || first.CreatedAt.UTC().Format("15:04:05.000000") != "00:00:00.000000" {
			t.Errorf("noted %q at %s: the first key and the day alone were to be kept", first.Fingerprint, first.CreatedAt)
		}
		err := s.InTx(ctx, func(tx *store.Tx) error {
			return tx.Model(&first).Update("destroyed_at", tx.Now).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		refused(note(2025, "one file"), models.CodeConflict, models.KeyYearSealed)
	})
}

// TestOfTwoKeysAtOnceOneIsRefused: the years of a new database, met by processes
// with different files at the same moment.
func TestOfTwoKeysAtOnceOneIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		errs := make(chan error, 10)
		for i := range 10 {
			go func() {
				errs <- s.InTx(context.Background(), func(tx *store.Tx) error {
					return store.NoteKeyYear(tx, models.KeyEpoch{Year: 2025, Fingerprint: models.Hash{byte(i % 2)}})
				})
			}()
		}
		refused := 0
		for range 10 {
			if err := <-errs; models.CodeOf(err) == models.CodeUnavailable {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 5 {
			t.Errorf("%d of 10 were refused, want the 5 with the other key", refused)
		}
	})
}
