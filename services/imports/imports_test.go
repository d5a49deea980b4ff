package imports_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steelyard/auth/keyring"
	"steelyard/examples/district"
	"steelyard/models"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

const (
	village = "../../examples/village"
	faulty  = "../../examples/faulty"
)

var zone = time.FixedZone("CST", 8*3600)

func newService(t testing.TB, s *store.Store) *imports.Service {
	t.Helper()
	keys, err := keyring.OpenOrCreate(filepath.Join(t.TempDir(), "rater.keys"))
	if err != nil {
		t.Fatal(err)
	}
	return &imports.Service{Store: s, Keys: keys, Zone: zone}
}

// mustImport imports what has no faults.
func mustImport(t testing.TB, s *imports.Service, path string) *imports.Report {
	t.Helper()
	report, err := s.Import(context.Background(), path, imports.Options{})
	if err != nil {
		if report != nil {
			t.Log(report.Faults)
		}
		t.Fatal(err)
	}
	return report
}

// tables are all tables that an import writes to, but the audit trail.
var tables = []string{
	"org_units", "org_unit_closures", "positions", "officials", "postings", "services", "key_epochs", "encounters",
	"encounter_claims", "ratings", "rating_totals", "cases", "case_events", "peer_reviews", "deeds", "achievements",
}

func counts(t testing.TB, s *store.Store) map[string]int64 {
	t.Helper()
	n := map[string]int64{}
	for _, table := range tables {
		n[table] = scalar[int64](t, s, "SELECT count(*) FROM "+table)
	}
	return n
}

func scalar[T any](t testing.TB, s *store.Store, query string, args ...any) (v T) {
	t.Helper()
	if err := s.Read(context.Background()).Raw(query, args...).Row().Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func TestVillageIsImportedWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		report := mustImport(t, newService(t, s), village)
		want := []imports.FileReport{
			{"units.csv", 3, 3, 0, 0, 0, 0},
			{"officials.csv", 6, 6, 0, 0, 0, 0},
			{"services.csv", 5, 5, 0, 0, 0, 0},
			{"postings.csv", 2, 2, 0, 0, 0, 0},
			{"encounters.csv", 39, 39, 0, 0, 0, 0},
			{"ratings.csv", 36, 36, 0, 0, 0, 0},
			{"cases.csv", 28, 28, 0, 0, 0, 0},
			{"case_events.csv", 106, 106, 0, 0, 0, 0},
			{"reviews.csv", 92, 92, 0, 0, 0, 0},
			{"deeds.csv", 16, 16, 0, 0, 0, 0},
			{"achievements.csv", 6, 6, 0, 0, 0, 0},
		}
		if diff := cmp.Diff(want, report.Files); diff != "" || report.FaultCount != 0 || !report.Imported {
			t.Errorf("%+v: %s", report, diff)
		}
		if diff := cmp.Diff(map[string]int64{
			"org_units": 3, "org_unit_closures": 5, "positions": 2, "officials": 6, "postings": 7, "services": 5, "key_epochs": 1,
			"encounters": 39, "encounter_claims": 36, "ratings": 36, "rating_totals": scalar[int64](t, s,
				"SELECT count(*) FROM (SELECT DISTINCT official_id, rated_on FROM ratings) t"),
			"cases": 28, "case_events": 106, "peer_reviews": 92, "deeds": 16, "achievements": 6,
		}, counts(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTheOwnersOfTablesFillThemTheSame: bare, with each written while the next is read.
func TestTheOwnersOfTablesFillThemTheSame(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{})
	keys := "SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
	before := scalar[int](t, s, keys)
	service := newService(t, storetest.Owner(t, s))
	report := mustImport(t, service, village)
	checkTotals(t, s)
	written := counts(t, s)
	if written["rating_totals"] == 0 {
		t.Error("no totals")
	}
	if after := scalar[int](t, s, keys); after != before {
		t.Errorf("%d constraints of %d are left", after, before)
	}
	// Whoever is bound by the policies finds all of it known.
	service.Store = s
	for i, f := range mustImport(t, service, village).Files {
		if f.Unchanged != f.Read || f.Read != report.Files[i].Inserted {
			t.Errorf("%+v", f)
		}
	}
	if diff := cmp.Diff(written, counts(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestFaultyFolderIsRefusedWithEveryFault(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, storetest.Owner(t, s))
		report, err := service.Import(context.Background(), faulty, imports.Options{})
		if !errors.Is(err, &models.Error{Code: models.CodeInvalid, Key: models.KeyImportRefused}) {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expectedFaults(t), report.Faults); diff != "" {
			t.Error(diff)
		}
		if report.Imported || report.FaultCount != len(report.Faults) {
			t.Errorf("%d faults, imported %t", report.FaultCount, report.Imported)
		}
		for table, n := range counts(t, s) {
			if n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
		if _, err := service.Keys.Get(2025); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("a key of the year: %v", err)
		}
	})
}

func expectedFaults(t *testing.T) []imports.Fault {
	t.Helper()
	var list []imports.Fault
	for _, r := range readCSV(t, filepath.Join(faulty, "expected.csv"))[1:] {
		line, err := strconv.Atoi(r[1])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, imports.Fault{File: r[0], Line: line, Column: r[2], Value: r[3], Kind: imports.Kind(r[4])})
	}
	return list
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// SQLite keeps these tables by their keys. On PostgreSQL the order in which rows
// were written can be seen.
func TestAnonymousRowsLieInTheOrderOfTheirRandomIDs(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{})
	mustImport(t, newService(t, s), village)
	for table, column := range map[string]string{"ratings": "id", "peer_reviews": "id", "encounter_claims": "encounter_id"} {
		var ids []models.ID
		err := s.InSnapshot(context.Background(), func(snap *store.Snapshot) error {
			return snap.Each(context.Background(), "SELECT "+column+" FROM "+table+" ORDER BY ctid", nil, func(r *store.Row) error {
				ids = append(ids, r.ID(0))
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(ids, func(a, b models.ID) int { return bytes.Compare(a[:], b[:]) }) || len(ids) < 30 {
			t.Errorf("%d rows of %s lie in another order", len(ids), table)
		}
		for _, id := range ids {
			if column == "id" && id[6]>>4 != 4 {
				t.Errorf("%s of %s is not random", id, table)
			}
		}
	}
}

func TestTheDistrictIsImportedAndKnownAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("a district is too much for a short run")
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		dir, service := t.TempDir(), newService(t, s)
		if err := district.Write(dir, 1); err != nil {
			t.Fatal(err)
		}
		var read int64
		for _, f := range mustImport(t, service, dir).Files {
			if read += f.Read; f.Inserted != f.Read {
				t.Errorf("%+v", f)
			}
		}
		if read < 10_000 {
			t.Errorf("%d rows", read)
		}
		for _, f := range mustImport(t, service, dir).Files {
			if f.Unchanged != f.Read {
				t.Errorf("again: %+v", f)
			}
		}
		checkTotals(t, s)
	})
}

func TestWhatIsNotOfARowIsNeverSkipped(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	service := newService(t, s)
	for name, c := range map[string]struct {
		change map[string]func(string) string
		remove string
		want   imports.Fault
	}{
		"no units":                    {nil, "units.csv", imports.Fault{File: "units.csv", Kind: imports.MissingFile}},
		"no name":                     {map[string]func(string) string{"units.csv": replace("name", "title")}, "", imports.Fault{File: "units.csv", Line: 1, Column: "name", Kind: imports.MissingColumn}},
		"an empty file":               {map[string]func(string) string{"deeds.csv": func(string) string { return "" }}, "", imports.Fault{File: "deeds.csv", Line: 1, Column: "deed_id", Kind: imports.MissingColumn}},
		"a column twice":              {map[string]func(string) string{"cases.csv": replace("transfers,reopened", "transfers,transfers")}, "", imports.Fault{File: "cases.csv", Line: 1, Column: "transfers", Value: "transfers", Kind: imports.DuplicateColumn}},
		"a quote that hides rows":     {map[string]func(string) string{"ratings.csv": replace("E05,", "\"E05,")}, "", imports.Fault{File: "ratings.csv", Line: 6, Kind: imports.OpenQuote}},
		"a quote that hides the rest": {map[string]func(string) string{"deeds.csv": replace("D01,", "\"D01,")}, "", imports.Fault{File: "deeds.csv", Line: 2, Kind: imports.OpenQuote}},
		"a row without an end":        {map[string]func(string) string{"ratings.csv": replace("低保材料多", strings.Repeat("多", 400_000))}, "", imports.Fault{File: "ratings.csv", Line: 2, Kind: imports.RowTooLong}},
		"a header in GBK":             {map[string]func(string) string{"units.csv": replace("name", "\xc3\xfb\xb3\xc6")}, "", imports.Fault{File: "units.csv", Line: 1, Column: "\uFFFD", Value: "\uFFFD", Kind: imports.BadEncoding}},
		"no column of parent":         {map[string]func(string) string{"units.csv": replace("parent_id", "parent")}, "", imports.Fault{File: "units.csv", Line: 1, Column: "parent_id", Kind: imports.MissingColumn}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyFolder(t, village, c.change)
			if c.remove != "" {
				if err := os.Remove(filepath.Join(dir, c.remove)); err != nil {
					t.Fatal(err)
				}
			}
			report, err := service.Import(context.Background(), dir, imports.Options{SkipBadRows: true})
			if models.CodeOf(err) != models.CodeInvalid || !slices.Contains(report.Faults, c.want) {
				t.Errorf("%v: %v", err, report.Faults)
			}
			if n := counts(t, s)["org_units"]; n != 0 {
				t.Errorf("%d units", n)
			}
		})
	}
}

func TestQuotedLineBreaksCountAsLines(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	dir := copyFolder(t, village, map[string]func(string) string{
		"units.csv":    func(text string) string { return "\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n") },
		"services.csv": replace("医保报销受理", "\"医保\n报销\n受理\""),
		"ratings.csv":  replace("E36", "E77"),
		"deeds.csv": func(text string) string {
			return strings.Replace(text, "帮独居老人办理临时救助", "\"帮独居老人\n办理临时救助\"", 1) + "D88,V1,OTHER,2025-06-01T09:00:00+08:00,x,,,\n"
		},
	})
	report, err := newService(t, s).Import(context.Background(), dir, imports.Options{})
	if err == nil || len(report.Faults) == 0 {
		t.Fatal(report)
	}
	last := report.Faults[len(report.Faults)-1]
	if want := (imports.Fault{File: "deeds.csv", Line: 19, Column: "hours", Value: "x", Kind: imports.BadNumber}); last != want {
		t.Errorf("%v, want %v", last, want)
	}
	if got, want := last.Error(), `deeds.csv:19: hours: bad number "x"`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestImportSaysHowFarItIsAndStopsWhenAsked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, skip := range []bool{false, true} {
			reading, wanted := 2, 11
			if s.Dialect() == store.Postgres && !skip { // read once
				reading, wanted = 1, 5
			}
			ctx, cancel := context.WithCancel(context.Background())
			files, loading := map[string]int{}, 0
			_, err := newService(t, storetest.Owner(t, s)).Import(ctx, village, imports.Options{SkipBadRows: skip, Progress: func(file string, done, total int64) {
				if done > total || total == 0 {
					t.Errorf("%s: %d of %d", file, done, total)
				}
				if files[file]++; files[file] == reading {
					if loading++; loading == 5 {
						cancel() // in the middle of the loading run
					}
				}
			}})
			if !errors.Is(err, context.Canceled) || len(files) != wanted {
				t.Errorf("%v after %v", err, files)
			}
			for table, n := range counts(t, s) {
				if n != 0 {
					t.Errorf("%d rows in %s", n, table)
				}
			}
		}
	})
}
