package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steelyard/store"
)

// TestTheAuditChainIsCheckedByCommand: of a database and of an extract, and what was
// changed in either is named.
func TestTheAuditChainIsCheckedByCommand(t *testing.T) {
	db := fresh(t)
	must(t, db, "import", village)
	must(t, db, "token", "--role", "HR", "--subject", "hr-1", "--unit", "LX")
	must(t, db, "token", "--role", "AUDITOR", "--subject", "au-1", "--unit", "LX-FW")
	folder := t.TempDir()
	extract, public := filepath.Join(folder, "trail.jsonl"), filepath.Join(folder, "audit.pub")
	exported := must(t, db, "audit", "export", "--out", extract)
	head := strings.Fields(exported)[1]
	if err := os.WriteFile(public, []byte(must(t, db, "audit", "public-key")), 0o600); err != nil {
		t.Fatal(err)
	}
	wantHas(t, must(t, db, "audit", "verify", "--head", head), "the audit chain holds: 3 entries in 1 blocks", head)
	wantHas(t, must(t, "sqlite:"+folder+"/none.db", "audit", "verify", "--file", extract, "--public-key", public, "--head", head), "holds", head)
	wantHas(t, must(t, db, "audit", "verify", "--file", extract), "nobody vouches for it")
	if text, err := os.ReadFile(extract); err != nil || os.WriteFile(extract, []byte(strings.Replace(string(text), "au-1", "au-2", 1)), 0o600) != nil {
		t.Fatal(err)
	}
	_, _, err := command(t, db, "audit", "verify", "--file", extract, "--public-key", public)
	wantRefusal(t, err, "does not hold: block 1, position", "is not what was chained")

	key := strings.TrimPrefix(db, "sqlite:") + auditSuffix
	_, _, err = command(t, db, "audit", "new-key")
	wantRefusal(t, err, key+" is there", "move it away first")
	if err := os.Rename(key, key+".old"); err != nil {
		t.Fatal(err)
	}
	_, _, err = command(t, db, "audit", "verify")
	wantRefusal(t, err, "is not there", "new-key")
	doctor, _, _ := command(t, db, "doctor")
	wantHas(t, doctor, "FAIL  audit key")
	// Who has the public key needs no other, and writes nothing.
	wantHas(t, must(t, db, "audit", "verify", "--public-key", public), "holds")
	// What fails leaves no key that the chain does not go on with.
	onDatabase(t, db, "CREATE TRIGGER full BEFORE INSERT ON audit_blocks BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	_, _, err = command(t, db, "audit", "new-key")
	wantRefusal(t, err, "the disk is full")
	if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key with which nothing goes on stays: %v", err)
	}
	onDatabase(t, db, "DROP TRIGGER full")
	wantHas(t, must(t, db, "audit", "new-key"), "goes on with key")
	_, _, err = command(t, db, "audit", "verify")
	wantRefusal(t, err, "nobody vouched for")
	wantHas(t, must(t, db, "audit", "verify", "--audit-public-key", public, "--head", head), "4 entries in 2 blocks")
	if err := os.Rename(key+".old", key); err != nil {
		t.Fatal(err)
	}
	_, _, err = command(t, db, "audit", "verify")
	wantRefusal(t, err, "holds", "name the right one by --audit-key-file")
	tamperWithDatabase(t, db, public, head)
}

// tamperWithDatabase changes an entry as the database's owner can.
func tamperWithDatabase(t *testing.T, db, public, head string) {
	t.Helper()
	onDatabase(t, db, "DROP TRIGGER audit_blocks_keep_delete", "DROP TRIGGER audit_members_keep_delete",
		"DELETE FROM audit_members WHERE block = 2", "DELETE FROM audit_blocks WHERE number = 2")
	wantHas(t, must(t, db, "audit", "verify", "--public-key", public, "--head", head), "holds", "1 entries are in no block yet")
	_, _, err := command(t, db, "audit", "verify", "--public-key", public, "--head", "2"+strings.TrimPrefix(head, "1"))
	wantRefusal(t, err, "cut before the head")
	_, _, err = command(t, db, "audit", "verify", "--head", "2:x")
	wantRefusal(t, err, "NUMBER:HASH")
}

// onDatabase runs statements as the database's owner can.
func onDatabase(t *testing.T, db string, statements ...string) {
	t.Helper()
	st, err := store.Open(t.Context(), db, store.Options{Connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	err = st.InTx(t.Context(), func(tx *store.Tx) error {
		for _, statement := range statements {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
}

func wantRefusal(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("it passes")
		return
	}
	wantHas(t, err.Error(), words...)
}

// TestWhatGoesWithVerify: a run by its id, or an extract without one.
func TestWhatGoesWithVerify(t *testing.T) {
	db := fresh(t)
	must(t, db, "migrate", "up")
	for _, c := range []struct {
		args  []string
		words string
	}{
		{[]string{"assess", "--verify"}, "needs the RUN"},
		{[]string{"assess", "--file", village + "/units.csv"}, "goes with --verify"},
		{[]string{"assess", "--verify", "x", "--file", village + "/units.csv"}, "goes with --verify"},
		{[]string{"assess", "--verify", "--file", village + "/units.csv"}, "line 1 of the extract"},
		{[]string{"assess", "--verify", "x", "--lang", "en"}, "verify: "},
		{[]string{"assess", "--verify=x", "--lang", "en"}, "verify: "},
		{[]string{"extract", "--run", "x", "--out", t.TempDir() + "/x", "--lang", "en"}, "run: "},
	} {
		_, _, err := command(t, db, c.args...)
		wantRefusal(t, err, c.words)
	}
}

// TestAnEmptyChainIsExportedAsSuch: its extract verifies, and no head is named that
// verify would not take.
func TestAnEmptyChainIsExportedAsSuch(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db, extract := "sqlite:"+folder+"/s.db", folder+"/extract.jsonl"
	must(t, db, "migrate", "up")
	said := must(t, db, "audit", "export", "--out", extract)
	wantHas(t, said, "the audit chain is empty")
	if strings.Contains(said, "head") {
		t.Errorf("a head of nothing: %s", said)
	}
	wantHas(t, must(t, db, "audit", "verify", "--file", extract), "the audit chain is empty")
}
