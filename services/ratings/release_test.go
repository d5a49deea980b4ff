package ratings

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// asked keeps what is asked of the database.
type asked struct {
	mu   sync.Mutex
	seen []string
}

func (a *asked) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, text)
	return ctx, func(error) {}
}

// TestAReleaseReadsWhatWaitsAlone on SQLite, whose planner would go by the column that is NULL in
// every rating that was ever handed in.
func TestAReleaseReadsWhatWaitsAlone(t *testing.T) {
	h := &asked{}
	s := storetest.Open(t, store.SQLite, store.Options{Observer: h})
	h.seen = nil
	if _, err := (&Service{Store: s, Zone: time.UTC}).Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := markUsed(tx, []models.ID{models.NewID()})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenDay(s.Read(t.Context()), s.Now(), time.UTC); err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, text := range h.seen {
		if !strings.Contains(text, "import_key IS NULL") {
			continue
		}
		looked++
		var plan []struct{ Detail string }
		if err := s.Read(t.Context()).Raw("EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...).Scan(&plan).Error; err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, step := range plan {
			if strings.Contains(step.Detail, "(import_key=?)") {
				t.Errorf("%s\nreads what has long been released: %s", text, step.Detail)
			}
			if strings.Contains(step.Detail, "ORDER BY") { // by a sort
				t.Errorf("%s\nreads all that wait for each batch: %s", text, step.Detail)
			}
		}
	}
	if looked < 4 {
		t.Errorf("only %d statements were looked at: %q", looked, h.seen)
	}
}

// TestNobodyReadsAllRatingsToFindThatNoneWaits on PostgreSQL, which may plan a statement once for
// whatever it is asked with, and then takes it that every other rating waits.
func TestNobodyReadsAllRatingsToFindThatNoneWaits(t *testing.T) {
	s := storetest.Owner(t, storetest.Open(t, store.Postgres, store.Options{}))
	var plan []string
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		for _, statement := range []string{
			"SET LOCAL session_replication_role = replica", // whose ratings they are is all the same
			`INSERT INTO ratings (id, official_id, service_id, channel, level, rated_on, key_year, source, invited, dimensions, tags, released)
				SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'WINDOW', 3, '2025-06-10', 2025, 'WALK_IN', '', '', '', true
				FROM generate_series(1, 5000)`,
			"ANALYZE ratings",
			"SET LOCAL plan_cache_mode = force_generic_plan",
			"PREPARE some_wait (bool) AS SELECT " + strings.Replace(someWait(tx.DB), "?", "$1", 1),
		} {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return tx.Raw("EXPLAIN EXECUTE some_wait (false)").Scan(&plan).Error
	}); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") || !strings.Contains(text, waiting) {
		t.Error(text)
	}
}
