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

// TestAnswersKnowNoMoment: what is anonymous, and the ledgers of who may answer, keep the
// day at most; no column could hold more.
func TestAnswersKnowNoMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var tables []store.Table
		err := s.InSnapshot(t.Context(), func(snap *store.Snapshot) (err error) {
			tables, err = snap.Tables(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, table := range tables {
			switch table.Name {
			case "ratings", "peer_reviews", "appraisal_ballots", "appraisal_comments", "encounter_claims", "review_claims", "appraisal_claims",
				"rating_undos", "counter_uses", "rating_totals", "review_drafts":
				found++
				for _, c := range table.Columns {
					if c.Kind == store.KindInstant || c.Kind == store.KindText && strings.HasSuffix(c.Name, "_at") {
						t.Errorf("%s.%s holds a moment", table.Name, c.Name)
					}
				}
			}
		}
		if found != 11 {
			t.Errorf("%d tables of answers are there", found)
		}
	})
}
