package store_test

import (
	"context"
	"errors"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// Readers side by side see one state, also those that begin after others have
// written; in a pool too small for them they take turns.
func TestTogetherReadersSeeOneState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, connections := range []int{20, 3} {
			s := storetest.Open(t, s.Dialect(), store.Options{Connections: connections})
			add := func(name string) error {
				return s.InTx(context.Background(), func(tx *store.Tx) error {
					return tx.Create(&models.Position{ID: models.NewID(), Name: name}).Error
				})
			}
			if err := add("before"); err != nil {
				t.Fatal(err)
			}
			seen := make([]int64, 2)
			count := func(i int) func(context.Context, *store.Snapshot) error {
				return func(ctx context.Context, snap *store.Snapshot) error {
					// Before the first query: the state is the snapshot's all the same.
					if err := add([]string{"first", "second"}[i]); err != nil {
						return err
					}
					return snap.Each(ctx, "SELECT count(*) FROM positions", nil, func(row *store.Row) error {
						seen[i] = row.Int(0)
						return nil
					})
				}
			}
			err := s.InSnapshot(t.Context(), func(snap *store.Snapshot) error {
				if err := snap.Each(t.Context(), "SELECT name FROM positions", nil, func(*store.Row) error { return nil }); err != nil {
					return err
				}
				return snap.Together(t.Context(), count(0), count(1))
			})
			if err != nil || seen[0] != 1 || seen[1] != 1 {
				t.Errorf("%d connections: saw %v positions, %v; want 1 and 1", connections, seen, err)
			}
		}
	})
}

func TestTogetherEndsWithTheFirstError(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		broken := errors.New("broken")
		fails := func(context.Context, *store.Snapshot) error { return broken }
		reads := func(ctx context.Context, snap *store.Snapshot) error {
			return snap.Each(ctx, "SELECT 1", nil, func(*store.Row) error { return nil })
		}
		err := s.InSnapshot(t.Context(), func(snap *store.Snapshot) error { return snap.Together(t.Context(), reads, fails) })
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
