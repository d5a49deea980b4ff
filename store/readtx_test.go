package store_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestAReadTransactionSeesOneState, whatever others write meanwhile, writes nothing, and
// gives its connection back however it ends.
func TestAReadTransactionSeesOneState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		add := func(name string) {
			t.Helper()
			err := s.InTx(t.Context(), func(tx *store.Tx) error {
				return tx.Create(&models.Position{ID: models.NewID(), Name: name}).Error
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		count := func(db *gorm.DB) (n int64) {
			t.Helper()
			if err := db.Model(&models.Position{}).Where("name <> ?", "").Count(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		}
		add("before")
		broken := errors.New("broken")
		err := s.InReadTx(t.Context(), func(db *gorm.DB) error {
			if n := count(db); n != 1 {
				t.Errorf("it sees %d rows", n)
			}
			add("meanwhile")
			if n := count(db); n != 1 {
				t.Errorf("it sees %d rows after another was written", n)
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("its error is %v", err)
		}
		if n := count(s.Read(t.Context())); n != 2 {
			t.Errorf("then there are %d rows", n)
		}
		for range 50 { // more than the pool has
			if err := s.InReadTx(t.Context(), func(db *gorm.DB) error { count(db); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if used := s.Pool().InUse; used != 0 {
			t.Errorf("%d connections are kept", used)
		}
	})
}

// TestAKeyIsKnownOnceItIsUsed, with the input that it came with.
func TestAKeyIsKnownOnceItIsUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id, key := models.NewID(), "k"
		known := func(subject, input string) (models.ID, bool, error) {
			return store.Known(s.Read(t.Context()), "op", subject, key, input)
		}
		if _, found, err := known("a", "x"); found || err != nil {
			t.Errorf("a fresh key: %v, %v", found, err)
		}
		err := s.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := store.Once(tx, "op", "a", &key, "x", id, func() error { return nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, found, err := known("a", "x"); got != id || !found || err != nil {
			t.Errorf("a used key: %v, %v, %v", got, found, err)
		}
		if _, found, err := known("b", "x"); found || err != nil {
			t.Errorf("another's key: %v, %v", found, err)
		}
		if _, found, err := known("a", "y"); found || !errors.Is(err, models.Conflict("", models.KeyIdempotencyMismatch)) {
			t.Errorf("another input: %v, %v", found, err)
		}
	})
}
