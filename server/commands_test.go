package main

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

const village, faulty = "../examples/village", "../examples/faulty"

// readCSV reads a whole CSV file.
func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(file).ReadAll()
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return rows
}

// sheets is all that a workbook says.
func sheets(t *testing.T, path string) string {
	t.Helper()
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(sheet + "\n")
		for _, row := range rows {
			text.WriteString(strings.Join(row, "\n") + "\n")
		}
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestImportAssessAndImportAgain(t *testing.T) {
	reports := map[store.Dialect]string{}
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			dir := t.TempDir()
			db, keys := storetest.URL(t, d, false), filepath.Join(dir, "rater.keys")
			wantHas(t, must(t, db, "import", village, "--key-file", keys), "units.csv         3     3", "digest ")

			out := filepath.Join(dir, "report.csv")
			said := must(t, db, "assess", "--period", "2025-01-01/2025-12-31", "--out", out, "--key-file", keys)
			wantHas(t, said, "evidence digest", "policy digest", "scored", "provisional", "took", out)
			report, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			rows := readCSV(t, out)
			if len(rows) < 6 || rows[0][0] != "official_id" || len(rows[0]) != 27 {
				t.Errorf("the report has %d rows of %d columns", len(rows), len(rows[0]))
			}

			wantHas(t, must(t, db, "import", village, "--key-file", keys), "units.csv         3     0         0        3")
			must(t, db, "assess", "--period", "2025-01-01/2025-12-31", "--out", out, "--key-file", keys)
			again, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if string(again) != string(report) {
				t.Error("importing the same folder again changed the report")
			}
			reports[d] = string(report)

			book := filepath.Join(dir, "report.XLSX")
			must(t, db, "assess", "--period", "2025-01-01/2025-12-31", "--out", book, "--key-file", keys, "--lang", "en")
			wantHas(t, sheets(t, book), "Summary", "composite, low", "evidence digest", "陈秀兰", rows[1][5])

			paper := filepath.Join(dir, "report.pdf")
			must(t, db, "assess", "--period", "2025-01-01/2025-12-31", "--out", paper, "--key-file", keys)
			if raw, err := os.ReadFile(paper); err != nil || !strings.HasPrefix(string(raw), "%PDF-") || len(raw) < 10_000 {
				t.Errorf("%d bytes of a PDF: %v", len(raw), err)
			}

			part := filepath.Join(dir, "part.csv")
			must(t, db, "assess", "--period", "2025-01-01/2025-12-31", "--unit", "LX-FW", "--out", part, "--key-file", keys)
			if n := len(readCSV(t, part)); n >= len(rows) || n < 2 {
				t.Errorf("the report of a unit has %d rows, that of all %d", n, len(rows))
			}
		})
	}
	if len(reports) == 2 && reports[store.SQLite] != reports[store.Postgres] {
		t.Error("the two databases give different reports")
	}
}

func TestPolicyFileChangesTheDigest(t *testing.T) {
	db, dir := fresh(t), t.TempDir()
	must(t, db, "import", village)
	policy := filepath.Join(dir, "policy.json")
	if err := os.WriteFile(policy, []byte(`{"name":"even","draws":100}`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"assess", "--period", "2025-01-01/2025-12-31", "--out", filepath.Join(dir, "r.csv")}
	digest := func(said string) string {
		_, after, _ := strings.Cut(said, "policy digest")
		return strings.Fields(after)[0]
	}
	if a, b := digest(must(t, db, args...)), digest(must(t, db, append(args, "--policy", policy)...)); a == b || len(a) != 64 {
		t.Errorf("digests %s and %s", a, b)
	}
}

func TestFaultsAreListedAndNothingIsImported(t *testing.T) {
	db, dir := fresh(t), t.TempDir()
	file := filepath.Join(dir, "faults.csv")
	stdout, _, err := command(t, db, "import", faulty, "--lang", "en", "--errors", file)
	if err == nil || !strings.Contains(err.Error(), "nothing was imported") {
		t.Errorf("got %v", err)
	}
	wantHas(t, stdout,
		"units.csv:4 parent_id=\"U9\": There is no “U9”",
		"services.csv:3: The row has 2 cells",
		"deeds.csv:3 kind=\"CEREMONY\": “CEREMONY” is not a word for kind; use one of: HOME_VISIT, MEDIATION")
	expected := readCSV(t, faulty+"/expected.csv")
	faults, notice, _ := strings.Cut(stdout, "expected.csv: Note: the format has no such file")
	if lines := strings.Count(faults, "\n"); lines != len(expected)-1 || strings.Count(notice, "\n") != 1 {
		t.Errorf("%d lines for %d faults, and behind them %q", lines, len(expected)-1, notice)
	}
	rows := readCSV(t, file)
	if !slices.Equal(rows[0], []string{"file", "line", "column", "value", "kind", "sentence"}) || len(rows) != len(expected) {
		t.Fatalf("the file of faults has %d rows and begins %v", len(rows), rows[0])
	}
	for i, row := range rows {
		if value := expected[i][3]; strings.HasPrefix(value, "-") {
			expected[i][3] = "'" + value // what a spreadsheet would take for a formula
		}
		if i > 0 && (!slices.Equal(row[:5], expected[i]) || row[5] == "") {
			t.Errorf("row %d is %q, want %q with a sentence", i, row, expected[i])
		}
	}
	stdout, _, err = command(t, db, "import", faulty)
	if err == nil {
		t.Error("faults are no error in Chinese")
	}
	wantHas(t, stdout, "units.csv:4 parent_id=\"U9\": “U9”在被引用的文件或数据库中不存在")
	if n := countRows(t, db, &models.OrgUnit{}); n != 0 {
		t.Errorf("%d units of a refused folder are there", n)
	}
}

// TestWhatIsHardlyMeantSoIsTold in both languages, whether anything is imported or not, and
// does nothing to a terminal.
func TestWhatIsHardlyMeantSoIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(village)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "ratings.csv"), filepath.Join(dir, "rating\x1b[2J.csv")); err != nil {
		t.Fatal(err)
	}
	wantHas(t, must(t, fresh(t), "import", dir, "--lang", "en"),
		"rating\uFFFD[2J.csv: Note: the format has no such file, so that it was not read. Files of the format that are not there: ratings.csv.\n", "digest ")
	if err := os.Rename(filepath.Join(dir, "units.csv"), filepath.Join(dir, "unit.csv")); err != nil {
		t.Fatal(err)
	}
	stdout, _, err := command(t, fresh(t), "import", dir)
	if err == nil {
		t.Error("a folder without units is imported")
	}
	wantHas(t, stdout, "unit.csv: 提醒：格式中没有此文件，未读取。格式中尚缺的文件：units.csv, ratings.csv。")
}

func TestBadRowsAreLeftOutOnDemand(t *testing.T) {
	db := fresh(t)
	rejected := filepath.Join(t.TempDir(), "rejected.csv")
	stdout := must(t, db, "import", faulty, "--skip-bad-rows", "--rejected", rejected)
	wantHas(t, stdout, "rejected rows: "+rejected, "digest ")
	if n := len(readCSV(t, rejected)); n < 40 {
		t.Errorf("%d rejected rows", n)
	}
	if n := countRows(t, db, &models.OrgUnit{}); n != 2 {
		t.Errorf("%d units are there, want the 2 good ones", n)
	}
}

// countRows counts a table's rows.
func countRows(t *testing.T, db string, table any) int64 {
	t.Helper()
	st, err := store.Open(t.Context(), db, store.Options{Connections: 1, System: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	err = st.Read(t.Context()).Model(table).Count(&n).Error
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestForeignKeyFileIsRefused(t *testing.T) {
	db, dir := fresh(t), t.TempDir()
	must(t, db, "import", village, "--key-file", filepath.Join(dir, "a"))
	for _, args := range [][]string{
		{"import", village},
		{"assess", "--period", "2025-01-01/2025-12-31", "--out", filepath.Join(dir, "r.csv")},
		{"serve", "--development-secret", strings.Repeat("x", 32), "--allow-development-secret"},
	} {
		_, _, err := command(t, db, append(args, "--lang", "en", "--key-file", filepath.Join(dir, "b"))...)
		if err == nil || !strings.Contains(err.Error(), "lacks the key of 20") {
			t.Errorf("%s with another key file: %v", args[0], err)
		}
	}
}

func TestTokenHoldsUntilItsAccountChanges(t *testing.T) {
	db := fresh(t)
	must(t, db, "import", village)
	path, _ := strings.CutPrefix(db, "sqlite:")
	token := func(args ...string) string {
		return strings.TrimSpace(must(t, db, append([]string{"token", "--subject", "li.wei"}, args...)...))
	}
	first := token("--role", "HR", "--unit", "LX")
	private, err := auth.ReadKeyFile(path + signingSuffix)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := auth.NewSigner(private, "steelyard", "steelyard")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := auth.NewVerifier(t.Context(), auth.Config{Issuer: "steelyard", Audience: "steelyard", PublicKey: signer.Public()})
	if err != nil {
		t.Fatal(err)
	}
	check := func(token string, epoch int64) {
		t.Helper()
		v, err := verifier.Verify(t.Context(), token)
		if err != nil || v.Subject != "li.wei" || v.Epoch != epoch {
			t.Errorf("viewer %+v, %v; want epoch %d", v, err, epoch)
		}
	}
	check(first, 0)
	check(token("--role", "HR", "--unit", "LX"), 0)
	check(token("--role", "OFFICIAL", "--official", "V1"), 1)
}

func TestDoctor(t *testing.T) {
	db := fresh(t)
	path, _ := strings.CutPrefix(db, "sqlite:")
	stdout, _, err := command(t, db, "doctor")
	if err == nil {
		t.Error("a missing database does not fail")
	}
	wantHas(t, stdout, "FAIL  database", "steelyard import DIR", "WARN  tokens", "WARN  public URL")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the doctor made a database")
	}

	must(t, db, "import", village)
	must(t, db, "token", "--role", "ADMIN", "--subject", "root")
	stdout = must(t, db, "doctor", "--trust-token-key", "--public-url", "https://pingjia.example", "--addr", "127.0.0.1:0")
	wantHas(t, stdout, "OK    database", "up to date", "OK    engine", "SQLite 3.", "OK    disk", "OK    rater keys",
		"OK    tokens", "OK    address", "OK    public URL", "WARN  link secret", "WARN  audit key")

	_, _, err = command(t, db, "doctor", "--public-url", "ftp://x", "--lang", "en")
	if err == nil {
		t.Error("a public URL that is none does not fail")
	}
	if err := os.Chmod(path+".keys", 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, _, err = command(t, db, "doctor")
	if err == nil {
		t.Error("a key file that others can read does not fail")
	}
	wantHas(t, stdout, "FAIL  rater keys", "chmod 600")
	if err := os.Remove(path + ".keys"); err != nil {
		t.Fatal(err)
	}
	stdout, _, err = command(t, db, "doctor")
	if err == nil {
		t.Error("a missing key file does not fail")
	}
	wantHas(t, stdout, "FAIL  rater keys", "--key-file")

	must(t, db, "migrate", "down")
	stdout, _, err = command(t, db, "doctor")
	if err == nil {
		t.Error("a database that is behind does not fail")
	}
	wantHas(t, stdout, "FAIL  database", "steelyard migrate up")
}

func TestDoctorKnowsPostgres(t *testing.T) {
	db := storetest.URL(t, store.Postgres, true)
	keys := filepath.Join(t.TempDir(), "keys")
	said, _, _ := command(t, db, "doctor", "--key-file", keys) // a cluster of tests need not keep what it acknowledges
	wantHas(t, said, "OK    database", "OK    engine        PostgreSQL", "20 connections of")
	stdout, _, err := command(t, db, "doctor", "--connections", "5000", "--key-file", keys)
	if err == nil {
		t.Error("a pool larger than the server's limit does not fail")
	}
	wantHas(t, stdout, "FAIL  engine", "lower it")
}

func TestSimulateWritesTableAndPlots(t *testing.T) {
	if testing.Short() {
		t.Skip("a world is too much for a short run")
	}
	dir := t.TempDir()
	stdout := must(t, "", "simulate", "--worlds", "plain", "--seeds", "1", "--out", dir)
	wantHas(t, stdout, "Steelyard", "rank intervals")
	for _, name := range []string{"shares.svg", "slopes.svg", "intervals.svg"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasPrefix(string(raw), "<svg") {
			t.Errorf("%s: %v, %.20q", name, err, raw)
		}
	}
}

func TestSecretFileIsMadeOnceAndKeptPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first, err := openSecrets(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openSecrets(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := first.invitations.Issue()
	if _, err := again.invitations.Parse(token); err != nil {
		t.Errorf("a link of the first start does not hold at the second: %v", err)
	}
	other := filepath.Join(t.TempDir(), "secret")
	fresh, err := openSecrets(other, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.invitations.Parse(token); err == nil {
		t.Error("a link holds under another secret")
	}
	rotated, err := openSecrets(other, []string{path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rotated.invitations.Parse(token); err != nil {
		t.Errorf("a link does not hold after the secret was replaced: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openSecrets(path, nil); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a secret that others can read: %v", err)
	}
	if err := errors.Join(os.WriteFile(path, []byte("short"), 0o600), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := openSecrets(path, nil); err == nil {
		t.Error("a short secret was accepted")
	}
}

// TestReadingMakesNoDatabase: a path that was mistyped is said to be nothing, and stays so.
func TestReadingMakesNoDatabase(t *testing.T) {
	dir := t.TempDir()
	db := "sqlite:" + filepath.Join(dir, "folder", "none.db")
	for _, args := range [][]string{
		{"audit", "verify"},
		{"assess", "--period", "2025-01-01/2025-12-31", "--out", filepath.Join(dir, "x.csv")},
		{"extract", "--run", "01a21799-ce8e-792e-bb44-3336c3328c87", "--out", filepath.Join(dir, "x")},
	} {
		if said, _, err := command(t, db, args...); err == nil || !strings.Contains(err.Error(), "is not there") {
			t.Errorf("%v: %s %v", args, said, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v left %v, %v", args, left, err)
		}
	}
}
