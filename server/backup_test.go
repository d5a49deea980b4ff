package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// scoredVillage makes a database of the village with a run that its cycle rests on, an
// attachment and a chained audit trail; it returns the run and the attachment's name.
func scoredVillage(t *testing.T, db, keyFile, folder string) (run models.ID, name string) {
	t.Helper()
	must(t, db, "import", village, "--key-file", keyFile)
	must(t, db, "token", "--role", "HR", "--subject", "hr-1", "--unit", "LX")
	st, err := store.Open(t.Context(), db, store.Options{System: true})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.Open(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("the bytes of a picture")
	digest := sha256.Sum256(content)
	name = strings.Repeat("ab", 32)
	cycle := models.Cycle{
		ID: models.NewID(), Kind: models.CycleAnnual, Name: "2025", FromOn: models.NewDate(2025, 1, 1), ToOn: models.NewDate(2025, 12, 31),
		State: models.CycleScoring, OpenedBy: "hr-1", OpenedAt: st.Now(), UpdatedAt: st.Now(),
	}
	made := models.AssessmentRun{ID: models.NewID(), CycleID: cycle.ID, State: models.RunQueued, RequestedBy: "hr-1", RequestedAt: st.Now()}
	err = st.InTx(t.Context(), func(tx *store.Tx) error {
		unit, err := store.Take[models.OrgUnit](tx.Where("ref = 'LX'"), "OrgUnit")
		if err != nil {
			return err
		}
		c, err := store.Take[models.Case](tx.Order("ref").Limit(1), "Case")
		if err != nil {
			return err
		}
		cycle.UnitID = unit.ID
		// What is only for a day goes into no backup.
		undo := models.RatingUndo{UndoHash: digest[:], Day: models.NewDate(2025, 12, 31), Sealed: digest[:]}
		file := models.Attachment{ID: models.NewID(), CaseID: c.ID, Blob: name, MediaType: models.MediaPNG, Size: len(content), Digest: digest[:], CreatedAt: tx.Now}
		return errors.Join(tx.Create(&cycle).Error, tx.Create(&made).Error, tx.Create(&undo).Error, tx.Create(&file).Error)
	})
	if err != nil {
		t.Fatal(err)
	}
	if worked, err := newAssessments(st, keys, time.UTC, nil).RunNext(t.Context()); err != nil || !worked {
		t.Fatal(worked, err)
	}
	err = errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, name), content, 0o600),
		os.WriteFile(filepath.Join(folder, strings.Repeat("cd", 32)), []byte("erased, and not yet swept up"), 0o600), st.Close())
	if err != nil {
		t.Fatal(err)
	}
	return made.ID, name
}

// sumsOf are the sums of a backup's tables and attachments.
func sumsOf(t *testing.T, path string) string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
	}()
	file, err := archive.Open("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^.*  backup\.json\n`).ReplaceAllString(string(text), "")
}

// TestWhatIsBackedUpComesBack: from SQLite into PostgreSQL and back into SQLite every row
// and file is the same, the run is what the evidence gives, the audit chain holds, and
// no key goes with it.
func TestWhatIsBackedUpComesBack(t *testing.T) {
	dir := t.TempDir()
	keys, folder := filepath.Join(dir, "rater.keys"), filepath.Join(dir, "files")
	db, zone := "sqlite:"+filepath.Join(dir, "a.db"), []string{"--timezone", "UTC"}
	run, attachment := scoredVillage(t, db, keys, folder)
	must(t, db, "audit", "export", "--out", filepath.Join(dir, "trail"))
	public := filepath.Join(dir, "audit.pub")
	if err := os.WriteFile(public, []byte(must(t, db, "audit", "public-key")), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "first.backup")
	said := must(t, db, "backup", file, "--attachments", folder)
	head := regexp.MustCompile(`head +(\S+)`).FindStringSubmatch(said)[1]
	wantHas(t, said, "attachments 1\n", run.String(), "evidence digest ", "rater keys")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: anybody may read it", info.Mode(), err)
	}
	sums := sumsOf(t, file)
	if strings.Contains(sums, "rating_undos") || strings.Contains(sums, "attachments/cd") || !strings.Contains(sums, "attachments/"+attachment) {
		t.Errorf("the backup holds\n%s", sums)
	}
	for i, d := range []store.Dialect{store.Postgres, store.SQLite} {
		there := storetest.URL(t, d, false)
		files := filepath.Join(dir, string(d))
		if restored := must(t, there, "restore", file, "--attachments", files); !strings.Contains(restored, head) || !strings.Contains(restored, run.String()) {
			t.Errorf("%s: %s", d, restored)
		}
		wantHas(t, must(t, there, append(zone, "assess", "--verify", run.String(), "--key-file", keys)...), "exactly what the database gives")
		wantHas(t, must(t, there, "audit", "verify", "--public-key", public, "--head", head), "holds")
		if raw, err := os.ReadFile(filepath.Join(files, attachment)); err != nil || string(raw) != "the bytes of a picture" {
			t.Errorf("%s: %q, %v", d, raw, err)
		}
		_, _, err := command(t, there, "restore", file, "--attachments", files)
		wantRefusal(t, err, "not empty")
		file = filepath.Join(dir, string('2'+rune(i))+".backup")
		must(t, there, "backup", file, "--attachments", files)
		if now := sumsOf(t, file); now != sums {
			t.Errorf("from %s comes\n%s\nwant\n%s", d, now, sums)
		}
		wantSealed(t, there, d)
	}
}

// wantSealed says that what is only ever added is guarded again.
func wantSealed(t *testing.T, db string, d store.Dialect) {
	t.Helper()
	st, err := store.Open(t.Context(), db, store.Options{Connections: 1, System: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"UPDATE audit_entries SET action = 'x'", "INSERT INTO encounter_claims (encounter_id) SELECT id FROM cycles"} {
		err = st.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec(statement).Error })
		if err == nil {
			t.Errorf("%s: %s passes", d, statement)
		}
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
}

// TestADamagedBackupIsRefused: whatever byte is changed, and nothing is written of it.
func TestADamagedBackupIsRefused(t *testing.T) {
	dir := t.TempDir()
	db := "sqlite:" + filepath.Join(dir, "a.db")
	must(t, db, "migrate", "up")
	must(t, db, "token", "--role", "ADMIN", "--subject", "a")
	file := filepath.Join(dir, "b")
	must(t, db, "backup", file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantHas(t, must(t, "", "restore", "--check", file), "whole ")
	damaged := filepath.Join(dir, "damaged")
	for name, content := range map[string][]byte{
		"cut": whole[:len(whole)/2], "empty": {}, "row": rewritten(t, whole, "tables/accounts.jsonl", `"a"`, `"b"`),
		"more": rewritten(t, whole, "tables/accounts.jsonl", "\n", "\n\n"), "name": rewritten(t, whole, "", "tables/accounts", "tables/../../x"),
		"sums":  rewritten(t, whole, "SHA256SUMS", "tables/accounts", "tables/nowhere"),
		"newer": rewritten(t, whole, "backup.json", `"format": 1`, `"format": 2`),
	} {
		if err := os.WriteFile(damaged, content, 0o600); err != nil {
			t.Fatal(err)
		}
		empty := filepath.Join(dir, name+".db")
		_, _, err := command(t, "sqlite:"+empty, "restore", damaged, "--attachments", dir+"/none")
		wantRefusal(t, err, "backup")
		if _, err := os.Stat(filepath.Join(dir, "x.jsonl")); err == nil {
			t.Errorf("%s: a file was written", name)
		}
		if err == nil {
			continue
		}
		if n := must(t, "sqlite:"+empty, "migrate", "status"); strings.Contains(n, "applied") {
			t.Errorf("%s: tables were made: %s", name, n)
		}
	}
}

// rewritten is an archive in which a text of one entry, or of all names, is another.
func rewritten(t *testing.T, whole []byte, entry, from, to string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		name := f.Name
		if entry == "" {
			name = strings.Replace(name, from, to, 1)
		}
		if entry == name {
			content = []byte(strings.Replace(string(content), from, to, 1))
		}
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
