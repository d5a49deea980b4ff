package imports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// copyFolder copies an import folder, its texts changed file by file.
func copyFolder(t testing.TB, from string, change map[string]func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	names, err := filepath.Glob(filepath.Join(from, "*.csv"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, path := range names {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, name := string(raw), filepath.Base(path)
		if change[name] != nil {
			changed := change[name](text)
			if changed == text {
				t.Fatalf("%s is not changed", name)
			}
			text = changed
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// replace replaces a text that must be there.
func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

// contents are all rows of the tables that an import writes to, but the audit
// trail, and of others, as sorted text.
func contents(t testing.TB, s *store.Store, others ...string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range slices.Concat(tables, others) {
		var rows []map[string]any
		if err := s.Read(context.Background()).Raw("SELECT * FROM " + table).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			out[table] = append(out[table], fmt.Sprint(row))
		}
		slices.Sort(out[table])
	}
	return out
}

func TestSecondImportChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		first := mustImport(t, service, village)
		before := contents(t, s)
		second := mustImport(t, service, village)
		if diff := cmp.Diff(before, contents(t, s)); diff != "" {
			t.Error(diff)
		}
		for i, f := range second.Files {
			if f.Unchanged != f.Read || f.Read != first.Files[i].Inserted || f.Inserted+f.Updated+f.Rejected != 0 {
				t.Errorf("%+v", f)
			}
		}
		if first.Digest != second.Digest {
			t.Error("the same folder has two digests")
		}
		if n := scalar[int](t, s, "SELECT count(*) FROM audit_entries WHERE actor = 'import'"); n != 2 {
			t.Errorf("%d audit entries for two imports", n)
		}
	})
}

func TestImportsAtOnceWaitForEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		var wg sync.WaitGroup
		var inserted, unchanged atomic.Int64
		for range 4 {
			wg.Go(func() {
				report, err := service.Import(context.Background(), village, imports.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				for _, f := range report.Files {
					inserted.Add(f.Inserted)
					unchanged.Add(f.Unchanged)
				}
			})
		}
		wg.Wait()
		if inserted.Load() != 339 || unchanged.Load() != 3*339 {
			t.Errorf("%d rows inserted, %d unchanged", inserted.Load(), unchanged.Load())
		}
		checkTotals(t, s)
	})
}

func TestOtherValuesUpdateWhatMayChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		mustImport(t, service, village)
		changed := copyFolder(t, village, map[string]func(string) string{
			"units.csv":      replace("LX-WG,LX,", "LX-WG,LX-FW,"),
			"officials.csv":  replace("V3,LX-FW,李晓雨,便民服务", "V3,LX-WG,李晓雨,网格员"),
			"services.csv":   replace("社会保障", "养老保障"),
			"encounters.csv": replace("E02,V2,RZ", "E02,V1,RZ"),
			"cases.csv":      replace("RESOLVED,YES,YES,5,0,0,低保申请久未答复", "RESOLVED,YES,NO,2,0,0,低保申请久未答复"),
			"postings.csv":   replace("2025-05-01T00:00:00+08:00,\n", "2025-05-02T00:00:00+08:00,\n"),
		})
		report := mustImport(t, service, changed)
		updated := map[string]int64{}
		for _, f := range report.Files {
			updated[f.Name] = f.Updated
		}
		if diff := cmp.Diff(map[string]int64{
			"units.csv": 1, "officials.csv": 1, "services.csv": 1, "postings.csv": 0, "encounters.csv": 1, "ratings.csv": 1,
			"cases.csv": 1, "case_events.csv": 0, "reviews.csv": 0, "deeds.csv": 0, "achievements.csv": 0,
		}, updated); diff != "" {
			t.Error(diff)
		}
		for query, want := range map[string]string{
			"SELECT p.ref FROM org_units u JOIN org_units p ON p.id = u.parent_id WHERE u.ref = 'LX-WG'":                                  "LX-FW",
			"SELECT CAST(max(depth) AS text) FROM org_unit_closures":                                                                      "2",
			"SELECT u.ref FROM postings p JOIN officials o ON o.id = official_id JOIN org_units u ON u.id = p.unit_id WHERE o.ref = 'V3'": "LX-WG",
			"SELECT category FROM services WHERE ref = 'RZ'":                                                                              "养老保障",
			"SELECT o.ref FROM encounters e JOIN officials o ON o.id = official_id WHERE e.ref = 'E02'":                                   "V1",
			"SELECT state FROM cases WHERE ref = 'C01'":                                                                                   "REOPENED",
			"SELECT CAST(satisfaction AS text) FROM cases WHERE ref = 'C01'":                                                              "2",
		} {
			if got := scalar[string](t, s, query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		for noun, want := range map[string]int{"OrgUnit": 1, "Official": 1, "Service": 1, "Encounter": 1, "Case": 1, "Posting": 1, "Rating": 0, "Import": 2} {
			if got := scalar[int](t, s, "SELECT count(*) FROM audit_entries WHERE noun = ?", noun); got != want {
				t.Errorf("%d audit entries on %s, want %d", got, noun, want)
			}
		}
		checkTotals(t, s)
	})
}

// checkTotals compares the kept totals with the ratings.
func checkTotals(t *testing.T, s *store.Store) {
	t.Helper()
	n := scalar[int](t, s, `SELECT count(*) FROM rating_totals t WHERE level1 + level2 + level3 + level4 + level5 <> (
		SELECT count(*) FROM ratings r WHERE r.official_id = t.official_id AND r.rated_on = t.rated_on)
		OR level1 + 2 * level2 + 3 * level3 + 4 * level4 + 5 * level5 <> (
		SELECT COALESCE(sum(level), 0) FROM ratings r WHERE r.official_id = t.official_id AND r.rated_on = t.rated_on)`)
	if n != 0 {
		t.Errorf("%d totals do not add up", n)
	}
}

func TestRatingsReviewsAndDeedsNeverChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		mustImport(t, service, village)
		before := contents(t, s)
		changed := copyFolder(t, village, map[string]func(string) string{
			"units.csv":   replace("柳溪村便民服务站", "便民站"),
			"ratings.csv": func(text string) string { return replace("E02,5,2025", "E02,5,2024")(replace("E03,5", "E03,4")(text)) },
			"reviews.csv": replace("V1,SZ,SUPERIOR,MORALITY,4", "V1,SZ,SUPERIOR,MORALITY,1"),
			"deeds.csv":   replace("D01,V1,HARDSHIP_SUPPORT,2025-01-22T10:00:00+08:00,2,", "D01,V1,HARDSHIP_SUPPORT,2025-01-22T10:00:00+08:00,3,"),
		})
		// An encounter of the year before has a rating of the year before.
		report, err := service.Import(context.Background(), changed, imports.Options{})
		if models.CodeOf(err) != models.CodeInvalid {
			t.Fatal(err)
		}
		want := []imports.Fault{
			{File: "ratings.csv", Line: 3, Column: "rated_at", Value: "2024-01-14T09:25:00+08:00", Kind: imports.ImpossibleTime},
			{File: "ratings.csv", Line: 4, Column: "encounter_id", Value: "E03", Kind: imports.Changed},
			{File: "reviews.csv", Line: 2, Column: "official_id", Value: "V1", Kind: imports.Changed},
			{File: "deeds.csv", Line: 2, Column: "deed_id", Value: "D01", Kind: imports.Changed},
		}
		if diff := cmp.Diff(want, report.Faults); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(before, contents(t, s)); diff != "" {
			t.Error("a refused import wrote: ", diff)
		}
		// The same rating with its day in another year is still the same encounter's.
		other := copyFolder(t, village, map[string]func(string) string{"ratings.csv": replace("E02,5,2025", "E02,5,2026")})
		report, err = service.Import(context.Background(), other, imports.Options{})
		if err == nil || len(report.Faults) != 1 || report.Faults[0].Kind != imports.Changed {
			t.Errorf("%v, %v", report, err)
		}
	})
}

func TestHashesAreThoseOfTheServices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		mustImport(t, service, village)
		key, err := service.Keys.Get(2025)
		if err != nil {
			t.Fatal(err)
		}
		resident := key.Resident("R01")
		if got := scalar[[]byte](t, s, "SELECT resident_key FROM encounters WHERE ref = 'E01'"); !bytes.Equal(got, resident[:]) {
			t.Error("the encounter's resident")
		}
		imported := key.NewHasher().RatingImport("E01")
		rater := key.Rater(string(resident[:]))
		if got := scalar[[]byte](t, s, "SELECT rater_key FROM ratings WHERE import_key = ?", imported[:]); !bytes.Equal(got, rater[:]) {
			t.Error("the rating's rater is not who submits a rating of that encounter")
		}
		reviewer := key.Reviewer("V2")
		if n := scalar[int](t, s, "SELECT count(*) FROM peer_reviews WHERE reviewer_key = ?", reviewer[:]); n == 0 {
			t.Error("a colleague's reviews are not found by the official's id")
		}
		helped := key.Resident("R02")
		if got := scalar[[]byte](t, s, "SELECT beneficiary_key FROM deeds WHERE ref = 'D01'"); !bytes.Equal(got, helped[:]) {
			t.Error("the deed's beneficiary")
		}
		without := scalar[int](t, s, "SELECT count(*) FROM encounters WHERE resident_key IS NULL AND key_year = 0")
		if unknown := scalar[int](t, s, "SELECT count(*) FROM ratings WHERE rater_key IS NULL AND key_year = 0"); without != 1 || unknown > 1 {
			t.Errorf("%d encounters and %d ratings of nobody", without, unknown)
		}
		var epoch models.KeyEpoch
		if err := s.Read(context.Background()).Take(&epoch).Error; err != nil {
			t.Fatal(err)
		}
		if err := service.Keys.Check([]models.KeyEpoch{epoch}); err != nil || epoch.Year != 2025 {
			t.Errorf("epoch %+v: %v", epoch, err)
		}
	})
}

func TestForeignKeyFileIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, newService(t, s), village)
		_, err := newService(t, s).Import(context.Background(), village, imports.Options{})
		if !errors.Is(err, &models.Error{Code: models.CodeConflict, Key: models.KeyKeyMissing}) {
			t.Errorf("another key file: %v", err)
		}
	})
}

func TestSealedYearsAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, service := context.Background(), newService(t, s)
		mustImport(t, service, village)
		top := scalar[models.ID](t, s, "SELECT id FROM org_units WHERE ref = 'LX-FW'")
		err := s.InTx(ctx, func(tx *store.Tx) error {
			return tx.Create(&models.Cycle{
				ID: models.NewID(), UnitID: top, Kind: models.CycleAnnual, Name: "2025", State: models.CycleFinal, OpenedAt: tx.Now, UpdatedAt: tx.Now,
				FromOn: models.NewDate(2025, time.January, 1), ToOn: models.NewDate(2025, time.December, 31),
			}).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		mustImport(t, service, village) // what is there already changes nothing
		more := copyFolder(t, village, map[string]func(string) string{
			"deeds.csv": func(s string) string {
				return s + "D90,V1,OTHER,2025-06-01T09:00:00+08:00,,,,\nD91,V4,OTHER,2025-06-01T09:00:00+08:00,,,,\nD92,V1,OTHER,2026-06-01T09:00:00+08:00,,,,\n"
			},
			"achievements.csv": func(s string) string { return s + "V2,AWARD,2025-06-01T09:00:00+08:00,again\n" },
			"encounters.csv":   replace("E01,V1,DB", "E01,V1,RZ"),
		})
		report, err := service.Import(ctx, more, imports.Options{})
		want := []imports.Fault{
			{File: "encounters.csv", Line: 2, Column: "occurred_at", Value: "2025-01-08T09:40:00+08:00", Kind: imports.YearSealed},
			{File: "deeds.csv", Line: 18, Column: "done_at", Value: "2025-06-01T09:00:00+08:00", Kind: imports.YearSealed},
			{File: "achievements.csv", Line: 8, Column: "at", Value: "2025-06-01T09:00:00+08:00", Kind: imports.YearSealed},
		}
		if diff := cmp.Diff(want, report.Faults); diff != "" || err == nil {
			t.Error(err, diff)
		}
	})
}

func TestYearsWithoutAKeyAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		if _, err := service.Keys.Ensure(2025); err != nil {
			t.Fatal(err)
		}
		if err := service.Keys.Destroy(2025, time.Now()); err != nil {
			t.Fatal(err)
		}
		report, err := service.Import(context.Background(), village, imports.Options{})
		if models.CodeOf(err) != models.CodeInvalid {
			t.Fatal(err)
		}
		sealed := map[string]int{}
		for _, f := range report.Faults {
			if sealed[f.File]++; f.Kind != imports.YearSealed {
				t.Errorf("%v", f)
			}
		}
		// Ratings and case events depend on rows that are listed already.
		want := map[string]int{"encounters.csv": 39, "cases.csv": 28, "reviews.csv": 92, "deeds.csv": 16, "achievements.csv": 6}
		if diff := cmp.Diff(want, sealed); diff != "" {
			t.Error(diff)
		}
		if _, err := service.Keys.Get(2025); !errors.Is(err, keyring.ErrDestroyed) {
			t.Error("the destroyed key is back")
		}
	})
}

// TestAYearsKeyThatIsMadeMeanwhileIsTheOneThatCounts: what was hashed with another is not kept.
func TestAYearsKeyThatIsMadeMeanwhileIsTheOneThatCounts(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{})
	service := newService(t, storetest.Owner(t, s))
	_, err := service.Import(context.Background(), village, imports.Options{Progress: func(file string, _, _ int64) {
		if file == "achievements.csv" {
			if _, err := service.Keys.Ensure(2025); err != nil {
				t.Error(err)
			}
		}
	}})
	if !errors.Is(err, &models.Error{Code: models.CodeConflict, Key: models.KeyImportRaced}) {
		t.Errorf("raced: %v", err)
	}
	if n := counts(t, s)["ratings"]; n != 0 {
		t.Errorf("%d ratings are kept", n)
	}
	mustImport(t, service, village)
}

func TestSkippedRowsComeBackOnceMended(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, service := context.Background(), newService(t, s)
		bad := copyFolder(t, village, map[string]func(string) string{
			"officials.csv":  replace("V2,LX-FW,王建国", "V2,LX-XX,王建国"),
			"encounters.csv": replace("E03,V4,ZF,R14,HOME_VISIT", "E03,V4,ZF,R14,VISIT"),
			"services.csv":   replace("YB,医保报销受理,医疗保障", "YB,医保报销受理,医疗保障,1"),
			"postings.csv":   replace("V5,LX-WG,网格员,2025-05-01", "V5,LX-WG,网格员,2025-05-41"),
		})
		if _, err := service.Import(ctx, bad, imports.Options{}); err == nil {
			t.Fatal("not refused")
		}
		rejected := filepath.Join(t.TempDir(), "rejected.csv")
		report, err := service.Import(ctx, bad, imports.Options{SkipBadRows: true, Rejected: rejected})
		if err != nil {
			t.Fatal(err)
		}
		var skipped int64
		for _, f := range report.Files {
			skipped += f.Rejected
			if f.Inserted+f.Rejected != f.Read {
				t.Errorf("%+v", f)
			}
		}
		if rows := readCSV(t, rejected); int64(len(rows)-1) != skipped || skipped < 10 {
			t.Errorf("%d rows in rejected.csv, %d rejected", len(rows)-1, skipped)
		}
		// As it is, it is refused again.
		if _, err := service.Import(ctx, rejected, imports.Options{}); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("uncorrected rows: %v", err)
		}
		mended := mend(t, rejected, func(row map[string]string) {
			switch row["file"] {
			case "officials.csv":
				row["unit_id"] = "LX-FW"
			case "encounters.csv":
				row["channel"] = strings.Replace(row["channel"], "VISIT", "HOME_VISIT", 1)
				if row["encounter_id"] != "E03" {
					row["channel"] = strings.Replace(row["channel"], "HOME_HOME_", "HOME_", 1)
				}
			case "postings.csv":
				row["from"] = "2025-05-01T00:00:00+08:00"
			case "services.csv":
				row["service_id"], row["name"], row["category"], row["extra"] = "YB", "医保报销受理", "医疗保障", ""
			}
		})
		mustImport(t, service, mended)
		got := counts(t, s)
		again := mustImport(t, service, mended)
		for _, f := range again.Files {
			if f.Unchanged != f.Read {
				t.Errorf("the mended rows again: %+v", f)
			}
		}
		last := mustImport(t, service, village)
		for _, f := range last.Files {
			if f.Unchanged != f.Read {
				t.Errorf("the folder as it should have been: %+v", f)
			}
		}
		if got["ratings"] != 36 || got["postings"] != 7 || got["encounter_claims"] != 36 {
			t.Errorf("%v", got)
		}
		checkTotals(t, s)
	})
}

func TestSkippingImportsTheRestOfTheFaultyFolder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rejected := filepath.Join(t.TempDir(), "rejected.csv")
		report, err := newService(t, s).Import(context.Background(), faulty, imports.Options{SkipBadRows: true, Rejected: rejected})
		if err != nil {
			t.Fatal(err)
		}
		got := counts(t, s)
		for table, want := range map[string]int64{
			"org_units": 2, "officials": 2, "postings": 2, "services": 1, "encounters": 6, "ratings": 1, "cases": 2,
			"case_events": 1, "peer_reviews": 1, "deeds": 1, "achievements": 1,
		} {
			if got[table] != want {
				t.Errorf("%d rows in %s, want %d", got[table], table, want)
			}
		}
		if report.FaultCount != len(expectedFaults(t)) {
			t.Errorf("%d faults", report.FaultCount)
		}
	})
}
