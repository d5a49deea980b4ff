package store_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"steelyard/migrations"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestAStepThatFindsATableHeldGivesUp, so that nobody waits behind it for long; it keeps
// nothing, and goes through once the table is free.
func TestAStepThatFindsATableHeldGivesUp(t *testing.T) {
	s := storetest.Owner(t, storetest.Open(t, store.Postgres, store.Options{}))
	hurried, err := store.Open(t.Context(), s.URL(), store.Options{Connections: 4, System: true, LockWait: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := hurried.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = s.InTx(t.Context(), func(tx *store.Tx) error {
		if err := tx.Exec("LOCK TABLE rating_totals IN ACCESS SHARE MODE").Error; err != nil {
			return err
		}
		if _, err := hurried.MigrateDown(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody held a table") {
			t.Errorf("a step that cannot go on says %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := hurried.CheckVersion(t.Context()); err != nil {
		t.Errorf("the step that was given up has left: %v", err)
	}
	if _, err := hurried.MigrateDown(t.Context()); err != nil {
		t.Errorf("with the table free: %v", err)
	}
}

var (
	newTable   = regexp.MustCompile(`(?i)CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
	newIndex   = regexp.MustCompile(`(?i)CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?\w+ ON (\w+)`)
	standalone = "-- +goose NO TRANSACTION"
)

// keepsWaiting names the tables whose writers a step would keep waiting while it builds an index.
func keepsWaiting(step string) []string {
	made, out := map[string]bool{}, []string(nil)
	for _, m := range newTable.FindAllStringSubmatch(step, -1) {
		made[m[1]] = true
	}
	for _, m := range newIndex.FindAllStringSubmatch(step, -1) {
		if m[1] == "" && !made[m[2]] || m[1] != "" && !strings.Contains(step, standalone) {
			out = append(out, m[2])
		}
	}
	return out
}

// TestNewIndexesAreBuiltBesideTheWriters: since the steps that were released with the
// first version, an index on a table that is there already is built CONCURRENTLY, in a
// step that is no transaction.
func TestNewIndexesAreBuiltBesideTheWriters(t *testing.T) {
	for step, want := range map[string]int{
		"CREATE TABLE a (id int); CREATE INDEX a_id ON a (id)":              0,
		"CREATE INDEX ratings_x ON ratings (x)":                             1,
		"CREATE UNIQUE INDEX IF NOT EXISTS ratings_x ON ratings (x)":        1,
		"CREATE INDEX CONCURRENTLY ratings_x ON ratings (x)":                1,
		standalone + "\nCREATE INDEX CONCURRENTLY ratings_x ON ratings (x)": 0,
	} {
		if got := keepsWaiting(step); len(got) != want {
			t.Errorf("%q holds %v", step, got)
		}
	}
	files, err := migrations.Postgres()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		step, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if tables := keepsWaiting(string(step)); name > "00023" && len(tables) > 0 {
			t.Errorf("%s keeps the writers of %v waiting", name, tables)
		}
	}
}
