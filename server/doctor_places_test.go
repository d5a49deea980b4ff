package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steelyard/store"
	"steelyard/store/storetest"
)

// TestTheDoctorLooksWhereKeysAndBackupsLie: what lies together is copied together.
func TestTheDoctorLooksWhereKeysAndBackupsLie(t *testing.T) {
	dir := t.TempDir()
	db, apart := "sqlite:"+filepath.Join(dir, "data", "a.db"), filepath.Join(dir, "keys")
	must(t, db, "migrate", "up")
	backups := filepath.Join(dir, "backups")
	if err := os.Mkdir(backups, 0o700); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(backups, "old")
	look := func(args ...string) string {
		t.Helper()
		said, _, _ := command(t, db, append([]string{"doctor", "--addr", "127.0.0.1:0"}, args...)...)
		return said
	}
	keys := []string{"--key-file", filepath.Join(apart, "raters"), "--audit-key-file", filepath.Join(apart, "audit")}
	wantHas(t, look(), "WARN  key places    ", "a.db.keys (--key-file) lies with the database", ".audit.pem (--audit-key-file) lies with the database",
		"WARN  backups", "WARN  retention     what residents wrote in cases (--retain-cases) and ratings (--retain-comments) is kept")
	wantHas(t, look(append(keys, "--retain-cases", "36", "--retain-comments", "12", "--backups", backups)...),
		"OK    key places", "OK    retention     words of cases go after 36 months, of ratings after 12", "FAIL  backups       "+backups+" is empty")
	wantHas(t, look("--retain-cases", "36"), "WARN  retention     what residents wrote in ratings (--retain-comments)")
	wantHas(t, look("--retain-cases=-1"), "FAIL  retention")
	wantHas(t, look(append(keys, "--backups", dir)...), "raters (--key-file) lies with the backups", "audit (--audit-key-file) lies with the backups")
	wantHas(t, look(append(keys, "--attachments", apart)...), "lies with the attachments")
	week := time.Now().Add(-7 * 24 * time.Hour)
	if err := errors.Join(os.WriteFile(old, nil, 0o600), os.Chtimes(old, week, week)); err != nil {
		t.Fatal(err)
	}
	wantHas(t, look("--backups", backups), "WARN  backups       the newest, old, is 7 days old")
	must(t, db, "backup", filepath.Join(backups, "new"))
	wantHas(t, look("--backups", backups), "OK    backups       the newest is new")
}

// TestTheWayToTheDatabaseIsLookedAt: a database elsewhere is spoken to in the clear by default.
func TestTheWayToTheDatabaseIsLookedAt(t *testing.T) {
	for dbURL, want := range map[string]string{
		"postgres://a@localhost/b": verdictOK, "postgres://a@/b?host=/run/postgresql": verdictOK, "postgres://a@db.example.org/b": verdictWarn,
		"postgres://a@db.example.org/b?sslmode=require": verdictWarn, "postgres://a@db.example.org/b?sslmode=verify-full": verdictOK,
	} {
		if got := transport(dbURL); got.verdict != want {
			t.Errorf("%s: %+v", dbURL, got)
		}
	}
}

// TestAnOwnerIsWarned: a server that owns tables says so at its start and to the doctor,
// and does not start where that is not wished, nor without its rights.
func TestAnOwnerIsWarned(t *testing.T) {
	db := storetest.URL(t, store.Postgres, true)
	app, err := store.Open(t.Context(), db, store.Options{Connections: 2})
	if err != nil {
		t.Fatal(err)
	}
	owner := storetest.Owner(t, app)
	var log bytes.Buffer
	start := func(c serveCmd) error {
		t.Helper()
		log.Reset()
		return c.checkRole(&session{ctx: t.Context()}, app, slog.New(slog.NewTextHandler(&log, nil)))
	}
	change := func(statement string) {
		t.Helper()
		role, err := app.Role(t.Context())
		if err == nil {
			err = owner.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec(strings.ReplaceAll(statement, "ROLE", role.Name)).Error })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := start(serveCmd{RequireAppRole: true}); err != nil || log.Len() > 0 {
		t.Errorf("the application's role: %v, %s", err, &log)
	}
	change("REVOKE SELECT ON cases FROM ROLE")
	wantRefusal(t, start(serveCmd{}), "lacks rights on cases", "--app-role")
	change("GRANT SELECT ON cases TO ROLE")
	change("ALTER TABLE audit_entries OWNER TO ROLE")
	if err := start(serveCmd{}); err != nil {
		t.Error(err)
	}
	wantHas(t, log.String(), "level=WARN", "owns the tables: it could alter what is only ever added")
	wantRefusal(t, start(serveCmd{RequireAppRole: true}), "--require-app-role", "owns the tables")
	doctor, _, _ := command(t, db, "doctor", "--key-file", filepath.Join(t.TempDir(), "keys"))
	wantHas(t, doctor, "WARN  role", "owns the tables")
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}
