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
	const months = 23 // the step that is taken back; the later ones are no transactions
	if err := hurried.MigrateDownTo(t.Context(), months); err != nil {
		t.Fatal(err)
	}
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
	if _, err := hurried.MigrateUp(t.Context()); err != nil {
		t.Errorf("the step that was given up has left: %v", err)
	}
	if err := hurried.MigrateDownTo(t.Context(), months-1); err != nil {
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
	for name, step := range newSteps(t) {
		if tables := keepsWaiting(step); len(tables) > 0 {
			t.Errorf("%s keeps the writers of %v waiting", name, tables)
		}
	}
}

// newSteps are PostgreSQL's steps since those that were released with the first version.
func newSteps(t *testing.T) map[string]string {
	t.Helper()
	files, err := migrations.Postgres()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	steps := map[string]string{}
	for _, name := range names {
		step, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if name > "00023" {
			steps[name] = string(step)
		}
	}
	return steps
}

var (
	comment   = regexp.MustCompile(`--[^\n]*`)
	takesAway = regexp.MustCompile(`(?i)\bDROP\s+(TABLE|COLUMN|VIEW)\b|\bRENAME\b|\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b|\bSET\s+NOT\s+NULL\b|\bDROP\s+DEFAULT\b`)
	addsTo    = regexp.MustCompile(`(?is)\bADD\s+COLUMN\b[^;,]*`)
)

// stops names what of a step would stop a server of before it: what it takes away, renames
// or makes into something else, and columns that the older server would have to fill.
func stops(step string) (found []string) {
	up, _, _ := strings.Cut(step, "-- +goose Down")
	up = comment.ReplaceAllString(up, "")
	found = takesAway.FindAllString(up, -1)
	for _, column := range addsTo.FindAllString(up, -1) {
		words := strings.ToUpper(column)
		if strings.Contains(words, "NOT NULL") && !strings.Contains(words, "DEFAULT") && !strings.Contains(words, "GENERATED") {
			found = append(found, column)
		}
	}
	return found
}

// TestNewStepsLeaveTheOlderServerAtWork: while servers are exchanged one by one the older
// ones read and write the newer tables. What is of no use any more stays for a release; the
// step that takes it away then is to be excepted here by its name. SQLite, which one server
// has to itself and which must make a table anew to change a check, is not held to it.
func TestNewStepsLeaveTheOlderServerAtWork(t *testing.T) {
	for step, want := range map[string]int{
		"CREATE TABLE a (id int NOT NULL)":                                             0,
		"ALTER TABLE a ADD COLUMN b text":                                              0,
		"ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT ''":                          0,
		"ALTER TABLE a ADD COLUMN b text NOT NULL CHECK (b <> ''), ADD COLUMN c int":   1,
		"ALTER TABLE a\n    ADD COLUMN b text NOT NULL;\nUPDATE a SET b = 'DEFAULT'":   1,
		"ALTER TABLE a DROP COLUMN b; DROP TABLE c":                                    2,
		"ALTER TABLE a RENAME COLUMN b TO c":                                           1,
		"alter table a alter column b type bigint; alter table a alter b set not null": 2,
		"-- DROP TABLE a is not what this does\nCREATE INDEX b ON a (c)":               0,
		"CREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a":                       0,
	} {
		if got := stops(step); len(got) != want {
			t.Errorf("%q stops by %q, want %d", step, got, want)
		}
	}
	for name, step := range newSteps(t) {
		if found := stops(step); len(found) > 0 {
			t.Errorf("%s stops servers of before it: %q", name, found)
		}
	}
}
