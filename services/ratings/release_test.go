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
