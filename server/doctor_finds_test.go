package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// wantLine wants the doctor's line of a verdict and subject to say something, as its last
// words too: how it is mended.
func wantLine(t *testing.T, said, verdict, subject string, words ...string) {
	t.Helper()
	for line := range strings.Lines(said) {
		fields := regexp.MustCompile(`\s{2,}`).Split(strings.TrimSpace(line), 3)
		if len(fields) < 3 || fields[1] != subject {
			continue
		}
		if fields[0] != verdict {
			t.Errorf("want %s of %s, have %s", verdict, subject, line)
		}
		wantHas(t, fields[2], words...)
		return
	}
	t.Errorf("nothing is said of %s:\n%s", subject, said)
}

// TestTheDoctorFindsWhatIsSetWrong makes what is commonly wrong, a fault at a time, and
// wants the sentence that names it and says the cure.
func TestTheDoctorFindsWhatIsSetWrong(t *testing.T) {
	db := storetest.URL(t, store.SQLite, true)
	path := strings.TrimPrefix(db, "sqlite:")
	look := func(args ...string) string {
		t.Helper()
		said, _, _ := command(t, db, append([]string{"doctor", "--addr", "127.0.0.1:0"}, args...)...)
		return said
	}
	collector := httptest.NewServer(http.NewServeMux())
	t.Cleanup(collector.Close)
	loose := filepath.Join(t.TempDir(), "loose")
	if err := os.WriteFile(loose, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	right := look("--pprof-addr", "127.0.0.1:6060", "--public-url", "https://x.example", "--trusted-proxy", "10.0.0.2/32", "--metrics-from", "10.0.0.0/8")
	for _, subject := range []string{"rate limit", "proxies", "metrics", "profiles", "traces", "memory", "file system", "file", "work", "machines"} {
		wantLine(t, right, verdictOK, subject)
	}
	for _, c := range []struct {
		args             []string
		verdict, subject string
		words            string
	}{
		{[]string{"--rate-limit", "0"}, verdictWarn, "rate limit", "any number of times: leave --rate-limit out"},
		{[]string{"--rate-limit=-1"}, verdictFail, "rate limit", "0 is no limit"},
		{[]string{"--public-url", "https://x.example"}, verdictWarn, "proxies", "--trusted-proxy does not name"},
		{[]string{"--trusted-proxy", "0.0.0.0/0"}, verdictFail, "proxies", "name the proxy's own"},
		{[]string{"--trusted-proxy", "somewhere"}, verdictFail, "proxies", "is no network: write 10.0.0.0/8"},
		{[]string{"--metrics-from", "0.0.0.0/0"}, verdictWarn, "metrics", "name the address of Prometheus"},
		{[]string{"--metrics-from", "8.0.0.0/9"}, verdictWarn, "metrics", "when residents answer"},
		{[]string{"--pprof-addr", "0.0.0.0:6060"}, verdictWarn, "profiles", "use 127.0.0.1"},
		{[]string{"--otlp-endpoint", "collector"}, verdictFail, "traces", "write http://host:4318"},
		{[]string{"--otlp-endpoint", "http://127.0.0.1:1"}, verdictWarn, "traces", "no collector answers"},
		{[]string{"--otlp-endpoint", collector.URL}, verdictWarn, "traces", "OTLP over HTTP, 4318"},
		{[]string{"--notify-inside"}, verdictWarn, "webhooks", "--notify-inside: whoever may save one"},
		{[]string{"--notify-log"}, verdictWarn, "mail", "to the log alone"},
		{[]string{"--smtp-addr", "127.0.0.1:1", "--smtp-from", "a@b.example"}, verdictFail, "mail", "does not take mails"},
		{[]string{"--attachments", path}, verdictFail, "attachments", "is no folder"},
		{[]string{"--oidc-issuer", "http://127.0.0.1:1", "--oidc-client-id", "x"}, verdictWarn, "sign-in", "127.0.0.1:1"},
		{[]string{"--public-url", "http://x.example"}, verdictWarn, "public URL", "is not https"},
		{[]string{"--development-secret", "x"}, verdictWarn, "tokens", "whoever knows it can be anybody"},
		{[]string{"--timezone", "Asia/Nowhere"}, verdictFail, "time zone", "Asia/Nowhere"},
		{[]string{"--calendar", path}, verdictFail, "calendar", "--calendar " + path},
		{[]string{"--secret-file", loose}, verdictFail, "link secret", "lets others read it; use chmod 600"},
		{[]string{"--secret-file", loose + ".none"}, verdictWarn, "link secret", "serve makes it"},
		{[]string{"--key-file", loose}, verdictFail, "rater keys", "lets others read the keys; use chmod 600"},
		{[]string{"--key-file", loose + ".none"}, verdictWarn, "rater keys", "is not there yet"},
		{[]string{"--audit-key-file", loose}, verdictFail, "audit key", "lets others read it; use chmod 600"},
		{[]string{"--addr", strings.TrimPrefix(collector.URL, "http://")}, verdictWarn, "address", "cannot be listened at now"},
	} {
		wantLine(t, look(c.args...), c.verdict, c.subject, c.words)
	}

	said, _, err := command(t, "sqlite:"+loose+".db", "doctor", "--addr", "127.0.0.1:0")
	if wantLine(t, said, verdictFail, "database", "is not there", "migrate up makes it"); err == nil {
		t.Error("the doctor fails nothing without a database")
	}

	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	wantLine(t, look(), verdictWarn, "file", "lets others on this machine read every answer; use chmod 600")
	st, err := store.Open(t.Context(), db, store.Options{System: true})
	if err != nil {
		t.Fatal(err)
	}
	err = st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Create(&models.AuditEntry{ID: models.NewID(), At: tx.Now.Add(-time.Hour), Actor: "x", Action: "a", Noun: "n", Details: map[string]string{}}).Error
	})
	if err != nil || st.Close() != nil {
		t.Fatal(err)
	}
	wantLine(t, look(), verdictWarn, "work", "audit for 1h0m0s; is a server running")
}

// TestTheDoctorFindsMachinesWhoseTokensEnd before they stand at a closed door.
func TestTheDoctorFindsMachinesWhoseTokensEnd(t *testing.T) {
	db := fresh(t)
	must(t, db, "import", village)
	mint := func(ttl string) {
		t.Helper()
		must(t, db, "token", "--role", "HR", "--unit", "LX-FW", "--subject", "hall-3", "--only", "recordEncounter", "--ttl", ttl)
	}
	today := func() string { return time.Now().UTC().Format(time.DateOnly) }
	begun := today()
	if mint("24h"); today() != begun { // it was minted on one of two days
		begun = today()
		mint("24h")
	}
	day, err := time.Parse(time.DateOnly, begun)
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, must(t, db, "doctor"), verdictWarn, "machines", "hall-3 on "+day.AddDate(0, 0, 1).Format(time.DateOnly), "steelyard token")
	mint("2160h")
	wantLine(t, must(t, db, "doctor"), verdictOK, "machines")
}

// TestTheDoctorFindsWhatPostgresIsSetTo: what a database of a test can be made to do wrong
// is made so; the rest is read off its settings.
func TestTheDoctorFindsWhatPostgresIsSetTo(t *testing.T) {
	db := storetest.URL(t, store.Postgres, true)
	app, err := store.Open(t.Context(), db, store.Options{Connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	owner := storetest.Owner(t, app)
	err = owner.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$;
			ALTER TABLE ratings SET (autovacuum_enabled = false)`).Error
	})
	if err != nil || app.Close() != nil {
		t.Fatal(err)
	}
	said, _, _ := command(t, db, "doctor", "--key-file", filepath.Join(t.TempDir(), "keys"))
	wantLine(t, said, verdictFail, "durability", "synchronous_commit off: answers that were acknowledged can be lost")
	wantLine(t, said, verdictWarn, "vacuum", "leaves out ratings", "RESET (autovacuum_enabled)")
	wantLine(t, said, verdictOK, "texts", "UTF8")
	wantLine(t, said, verdictOK, "clock")

	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	good := settings{
		Fsync: "on", FullPageWrites: "on", SynchronousCommit: "on", Autovacuum: "on", Encoding: "UTF8", CollationWas: "2.36", CollationIs: "2.36",
		Theirs: now, Asked: now, Answered: now,
	}
	for _, c := range []struct {
		make    func(s *settings)
		find    func(s settings) finding
		verdict string
		words   string
	}{
		{func(*settings) {}, settings.durability, verdictOK, "on the disk"},
		{func(s *settings) { s.Fsync, s.FullPageWrites = "off", "off" }, settings.durability, verdictFail, "fsync, full_page_writes off"},
		{func(*settings) {}, settings.vacuum, verdictOK, "goes"},
		{func(s *settings) { s.Autovacuum = "off" }, settings.vacuum, verdictWarn, "switch it on in postgresql.conf"},
		{func(s *settings) { s.Encoding = "SQL_ASCII" }, settings.texts, verdictFail, "ENCODING 'UTF8' TEMPLATE template0"},
		{func(s *settings) { s.CollationIs = "2.41" }, settings.texts, verdictWarn, "REINDEX DATABASE"},
		{func(s *settings) { s.Theirs = now.Add(4 * time.Second) }, settings.clock, verdictOK, "agree"},
		{func(s *settings) { s.Theirs = now.Add(-9 * time.Second) }, settings.clock, verdictWarn, "stands -9s from this machine's"},
		{func(s *settings) { s.Theirs, s.Answered = now.Add(9*time.Second), now.Add(10*time.Second) }, settings.clock, verdictOK, "agree"},
	} {
		s := good
		c.make(&s)
		if f := c.find(s); f.verdict != c.verdict || !strings.Contains(f.text, c.words) {
			t.Errorf("%+v, want %s … %s …", f, c.verdict, c.words)
		}
	}
}

// TestTheDoctorKnowsTheMachine: memory that a container may use, and file systems of others.
func TestTheDoctorKnowsTheMachine(t *testing.T) {
	cgroup := t.TempDir()
	for _, c := range []struct{ limit, told, verdict, words string }{
		{"", "", verdictOK, "all that"},
		{"max\n", "", verdictOK, "all that"},
		{"9223372036854771712\n", "", verdictOK, "all that"},
		{"1073741824\n", "", verdictWarn, "1024 MB and no more may be used, and the program does not know: set GOMEMLIMIT=921MiB"},
		{"1073741824\n", "900MiB", verdictOK, "GOMEMLIMIT=900MiB"},
	} {
		if c.limit != "" {
			if err := os.WriteFile(filepath.Join(cgroup, "memory.max"), []byte(c.limit), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if f := memoryLimit(cgroup, c.told); f.verdict != c.verdict || !strings.Contains(f.text, c.words) {
			t.Errorf("%+v, want %s … %s …", f, c.verdict, c.words)
		}
	}
	if f := placedOn("NFS"); f.verdict != verdictFail || !strings.Contains(f.text, "do not hold on NFS") || !strings.Contains(f.text, "PostgreSQL") {
		t.Errorf("%+v", f)
	}
	if f := filePlace(filepath.Join(cgroup, "gone", "a.db")); f.verdict != verdictWarn {
		t.Errorf("%+v", f)
	}
}

// TestThePageSaysAllThatTheDoctorLooksAt: each subject has its row, with a cure.
func TestThePageSaysAllThatTheDoctorLooksAt(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string]bool{}
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		said, _, _ := command(t, storetest.URL(t, d, true), "doctor", "--key-file", filepath.Join(t.TempDir(), "keys"))
		for line := range strings.Lines(said) {
			subjects[regexp.MustCompile(`\s{2,}`).Split(line, 3)[1]] = true
		}
	}
	if len(subjects) < 30 {
		t.Errorf("only %d subjects: %v", len(subjects), subjects)
	}
	for subject := range subjects {
		if !regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(subject) + ` \| .{4,} \| .{6,} \|$`).Match(page) {
			t.Errorf("docs/operations.md has no row for %s", subject)
		}
	}
}
