package store_test

import (
	"errors"
	"strings"
	"testing"

	"steelyard/store"
	"steelyard/store/storetest"
)

// TestTablesAreMadeAsFarAsTheyWereElsewhere: a backup of an older program is brought up
// to date from where it was, one of a newer or a stray program is refused.
func TestTablesAreMadeAsFarAsTheyWereElsewhere(t *testing.T) {
	ctx := t.Context()
	var steps []int64
	err := storetest.Open(t, store.SQLite, store.Options{}).InSnapshot(ctx, func(snap *store.Snapshot) (err error) {
		steps, err = snap.Steps(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, storetest.URL(t, store.SQLite, false), store.Options{Connections: 1, System: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MigrateTo(ctx, append(steps[:2:2], 99999)); !errors.Is(err, store.ErrAhead) {
		t.Errorf("a step that nobody knows: %v", err)
	}
	if err := s.MigrateTo(ctx, steps[1:]); err == nil || !strings.Contains(err.Error(), "was not applied there") {
		t.Errorf("a step that is missing between: %v", err)
	}
	if vacant, err := s.Vacant(ctx); err != nil || !vacant {
		t.Errorf("what was refused left something: %v", err)
	}
	if err := s.MigrateTo(ctx, steps[:2]); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckVersion(ctx); !errors.Is(err, store.ErrBehind) {
		t.Errorf("made as far as the second step: %v", err)
	}
	if vacant, err := s.Vacant(ctx); err != nil || !vacant {
		t.Errorf("tables without rows are no empty database: %v", err)
	}
	if n, err := s.MigrateUp(ctx); err != nil || n != len(steps)-2 {
		t.Errorf("%d steps were left, want %d: %v", n, len(steps)-2, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
