package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

func addUnit(ref string) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		return tx.Create(&models.OrgUnit{ID: models.NewID(), Ref: ref, Name: ref}).Error
	}
}

func countUnits(t *testing.T, s *store.Store) int64 {
	t.Helper()
	var n int64
	if err := s.Read(context.Background()).Model(&models.OrgUnit{}).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func TestInTxKeepsOnlyWhatSucceeded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.InTx(ctx, addUnit("a")); err != nil {
			t.Fatal(err)
		}
		wanted := errors.New("changed my mind")
		err := s.InTx(ctx, func(tx *store.Tx) error {
			if err := addUnit("b")(tx); err != nil {
				return err
			}
			return wanted
		})
		if !errors.Is(err, wanted) {
			t.Errorf("the closure's error is lost: %v", err)
		}
		if err := s.InTx(ctx, func(*store.Tx) error { panic("slipped") }); err == nil {
			t.Error("a panic is not an error")
		}
		if err := s.InTx(ctx, addUnit("a")); !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("a duplicate is %v", err)
		}
		if n := countUnits(t, s); n != 1 {
			t.Errorf("%d units, want 1", n)
		}
	})
}

func TestInTxSerialisesAHundredAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		var wg sync.WaitGroup
		failed := make([]error, 100)
		for i := range failed {
			wg.Go(func() {
				// Every tenth fails: it must not take its neighbours with it.
				failed[i] = s.InTx(ctx, func(tx *store.Tx) error {
					if err := addUnit(fmt.Sprint(i))(tx); err != nil {
						return err
					}
					if i%10 == 0 {
						return errors.New("no")
					}
					return nil
				})
			})
		}
		wg.Wait()
		for i, err := range failed {
			if (err != nil) != (i%10 == 0) {
				t.Errorf("transaction %d: %v", i, err)
			}
		}
		if n := countUnits(t, s); n != 90 {
			t.Errorf("%d units, want 90", n)
		}
	})
}

func TestTypesRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		unit := models.OrgUnit{ID: models.NewID(), Ref: "u", Name: "街道"}
		position := models.Position{ID: models.NewID(), Name: "p"}
		official := models.Official{
			ID: models.NewID(), Ref: "o", UnitID: unit.ID, PositionID: position.ID, Name: "n",
			ActiveFrom: models.NewDate(2025, time.February, 28),
		}
		entry := models.AuditEntry{
			ID: models.NewRandomID(), At: time.Date(2025, 1, 2, 3, 4, 5, 678000, time.UTC), Actor: "a",
			Action: "x", Noun: "Official", NounID: &official.ID, Details: map[string]string{"k": "v"},
		}
		err := s.InTx(ctx, func(tx *store.Tx) error {
			for _, row := range []any{&unit, &position, &official, &entry} {
				if err := tx.Create(row).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var gotOfficial models.Official
		var gotEntry models.AuditEntry
		if err := s.Read(ctx).Take(&gotOfficial, "ref = ?", "o").Error; err != nil {
			t.Fatal(err)
		}
		if err := s.Read(ctx).Take(&gotEntry, "id = ?", entry.ID).Error; err != nil {
			t.Fatal(err)
		}
		if gotOfficial != official {
			t.Errorf("official %+v, want %+v", gotOfficial, official)
		}
		if !gotEntry.At.Equal(entry.At) || gotEntry.At.Location() != time.UTC || gotEntry.Details["k"] != "v" || *gotEntry.NounID != official.ID {
			t.Errorf("entry %+v, want %+v", gotEntry, entry)
		}
	})
}

func TestLoadWritesEveryRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		const rows = 2*50 + 7 // full batches and a rest
		i := 0
		err := s.InTx(ctx, func(tx *store.Tx) error {
			n, err := tx.Load(ctx, "services", []string{"id", "ref", "name", "category"}, func() ([]any, error) {
				if i == rows {
					return nil, nil
				}
				i++
				id := models.NewID()
				return []any{id[:], fmt.Sprint(i), "n", ""}, nil
			})
			if n != rows {
				t.Errorf("loaded %d, want %d", n, rows)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var services []models.Service
		if err := s.Read(ctx).Find(&services).Error; err != nil {
			t.Fatal(err)
		}
		if len(services) != rows {
			t.Errorf("%d services, want %d", len(services), rows)
		}
	})
}

// An import is one long transaction of another process.
func TestADatabaseThatAnotherProcessHoldsIsBusy(t *testing.T) {
	ctx, url := context.Background(), storetest.URL(t, store.SQLite, false)
	open := func(wait time.Duration) *store.Store {
		s, err := store.Open(ctx, url, store.Options{BusyTimeout: wait})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	holder, waiting := open(0), open(time.Millisecond)
	if _, err := holder.MigrateUp(ctx); err != nil {
		t.Fatal(err)
	}
	err := holder.InTx(ctx, func(tx *store.Tx) error {
		if err := addUnit("a")(tx); err != nil {
			return err
		}
		if err := waiting.InTx(ctx, addUnit("b")); !errors.Is(err, &models.Error{Code: models.CodeUnavailable, Key: models.KeyBusy}) {
			t.Errorf("while it is held: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := waiting.InTx(ctx, addUnit("b")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestADatabaseFileIsItsOwnersAlone looks at what others on the machine may read.
func TestADatabaseFileIsItsOwnersAlone(t *testing.T) {
	url := storetest.URL(t, store.SQLite, false)
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite:")
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", filepath.Base(file), info.Mode())
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
