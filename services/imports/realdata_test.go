package imports_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// dataFolder is where the real data sets lie, which are not part of the project.
func dataFolder(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("real data are too much for a short run")
	}
	folder := os.Getenv("STEELYARD_TEST_DATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("STEELYARD_TEST_DATA is not set")
		}
		t.Skip("STEELYARD_TEST_DATA is not set: the real data sets are not tried")
	}
	return folder
}

var dataSets = []string{"boston311-2015", "consumidor-gov-br", "figure-skating", "insteval", "servicenow-incidents"}

func TestRealDataIsCountedAsItsReadersCountIt(t *testing.T) {
	folder := dataFolder(t)
	for turn, set := range dataSets {
		t.Run(set, func(t *testing.T) {
			// By turns: assessing them imports each into both.
			d := []store.Dialect{store.SQLite, store.Postgres}[turn%2]
			t.Run(string(d), func(t *testing.T) {
				t.Parallel()
				s := storetest.Open(t, d, store.Options{})
				path := filepath.Join(folder, set, "import.zip")
				service := newService(t, s)
				began := time.Now()
				report := mustImport(t, service, path)
				var rows int64
				for _, f := range report.Files {
					rows += f.Inserted
				}
				t.Logf("%d rows, %.0f a second", rows, float64(rows)/time.Since(began).Seconds())
				compareFigures(t, filepath.Join(folder, set, "expected.json"), &figures{t, s, service.Keys, path})
			})
		})
	}
}

func compareFigures(t *testing.T, path string, f *figures) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]map[string]any
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	for part, want := range expected {
		got := map[string]map[string]any{
			"rows": f.rows(), "cases": f.cases(), "case_events": f.caseEvents(), "ratings": f.ratings(), "reviews": f.reviews(),
		}[part]
		for name, value := range want {
			if have, ok := got[name]; !ok || !alike(have, value) {
				t.Errorf("%s.%s is %v, want %v", part, name, have, value)
			}
		}
	}
}

// alike compares figures; those of the files are rounded to six decimals.
func alike(have, want any) bool {
	switch want := want.(type) {
	case float64:
		x, ok := have.(float64)
		return ok && math.Abs(x-want) < 1e-6
	case map[string]any:
		counts, ok := have.(map[string]float64)
		if !ok || len(counts) != len(want) {
			return false
		}
		for key, n := range want {
			if counts[key] != n {
				return false
			}
		}
		return true
	}
	return false
}

// figures are counted from the database with queries of their own.
type figures struct {
	t    *testing.T
	s    *store.Store
	keys *keyring.Keyring
	path string
}

func (f *figures) number(query string) float64 {
	f.t.Helper()
	v := scalar[*float64](f.t, f.s, query)
	if v == nil {
		return 0
	}
	return *v
}

func (f *figures) counts(table, column string) map[string]float64 {
	f.t.Helper()
	var rows []struct {
		Word string
		N    float64
	}
	query := fmt.Sprintf("SELECT COALESCE(CAST(%s AS text), '') AS word, count(*) AS n FROM %s GROUP BY %s", column, table, column)
	if err := f.s.Read(context.Background()).Raw(query).Scan(&rows).Error; err != nil {
		f.t.Fatal(err)
	}
	out := map[string]float64{}
	for _, r := range rows {
		out[r.Word] = r.N
	}
	return out
}

func (f *figures) rows() map[string]any {
	out := map[string]any{}
	for name, table := range map[string]string{
		"units": "org_units", "officials": "officials", "services": "services", "encounters": "encounters", "ratings": "ratings",
		"cases": "cases", "case_events": "case_events", "reviews": "peer_reviews",
	} {
		out[name] = f.number("SELECT count(*) FROM " + table)
	}
	return out
}

func (f *figures) cases() map[string]any {
	days, late, due := f.daysToClose()
	middle, sum := math.NaN(), 0.0
	if n := len(days); n > 0 {
		slices.Sort(days)
		middle = (days[(n-1)/2] + days[n/2]) / 2
	}
	for _, d := range days {
		sum += d
	}
	return map[string]any{
		"outcome_counts": f.counts("cases", "outcome"), "channel_counts": f.counts("cases", "channel"),
		"confirmed_counts": f.counts("cases", "confirmed"), "satisfaction_counts": f.counts("cases", "satisfaction"),
		"distinct_officials":   f.number("SELECT count(DISTINCT official_id) FROM cases"),
		"distinct_units":       f.number("SELECT count(DISTINCT unit_id) FROM cases"),
		"distinct_categories":  f.number("SELECT count(DISTINCT category) FROM cases"),
		"distinct_residents":   f.number("SELECT count(DISTINCT resident_key) FROM cases"),
		"open":                 f.number("SELECT count(*) FROM cases WHERE state = 'IN_PROGRESS' AND closed_at IS NULL"),
		"mean_satisfaction":    f.number("SELECT avg(satisfaction) FROM cases"),
		"sum_transfers":        f.number("SELECT sum(transfers) FROM cases"),
		"cases_with_transfers": f.number("SELECT count(*) FROM cases WHERE transfers > 0"),
		"sum_reopened":         f.number("SELECT sum(reopened) FROM cases"),
		"cases_with_reopened":  f.number("SELECT count(*) FROM cases WHERE reopened > 0"),
		"mean_days_to_close":   sum / float64(len(days)), "median_days_to_close": middle, "closed_late": late, "closed_with_due": due,
	}
}

// daysToClose are the days that each closed case took; late and due count those
// that had a date to keep.
func (f *figures) daysToClose() (days []float64, late, due float64) {
	f.t.Helper()
	err := f.s.InSnapshot(context.Background(), func(snap *store.Snapshot) error {
		query := "SELECT opened_at, due_at, closed_at FROM cases WHERE closed_at IS NOT NULL"
		return snap.Each(context.Background(), query, nil, func(r *store.Row) error {
			opened, _ := r.Micros(0)
			closed, _ := r.Micros(2)
			days = append(days, float64(closed-opened)/86400e6)
			if until, ok := r.Micros(1); ok {
				if due++; closed > until {
					late++
				}
			}
			return nil
		})
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return days, late, due
}

func (f *figures) caseEvents() map[string]any {
	return map[string]any{"kind_counts": f.counts("case_events", "kind")}
}

func (f *figures) ratings() map[string]any {
	return map[string]any{
		"level_counts": f.counts("ratings", "level"), "mean_level": f.number("SELECT avg(level) FROM ratings"),
		"distinct_residents": f.number("SELECT count(DISTINCT rater_key) FROM ratings"),
		"distinct_officials": f.number("SELECT count(DISTINCT official_id) FROM ratings"),
	}
}

func (f *figures) reviews() map[string]any {
	return map[string]any{
		"score_counts": f.counts("peer_reviews", "score"), "mean_score": f.number("SELECT avg(score) FROM peer_reviews"),
		"dimension_counts":   f.counts("peer_reviews", "dimension"),
		"distinct_officials": f.number("SELECT count(DISTINCT official_id) FROM peer_reviews"),
		"distinct_reviewers": f.distinctReviewers(),
		"distinct_pairs":     f.distinctPairs(),
	}
}

// reviewers leads from hashes back to references, which takes the key file. A
// reviewer has another hash each year.
func (f *figures) reviewers() map[string]string {
	f.t.Helper()
	refs := map[string]string{}
	for _, year := range f.years("peer_reviews") {
		key, err := f.keys.Get(year)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, ref := range column(f.t, f.path, "reviews.csv", "reviewer_ref") {
			sum := key.Reviewer(ref)
			refs[string(sum[:])] = ref
		}
	}
	return refs
}

func (f *figures) years(table string) []int {
	f.t.Helper()
	var years []int
	if err := f.s.Read(context.Background()).Raw("SELECT DISTINCT key_year FROM " + table).Scan(&years).Error; err != nil {
		f.t.Fatal(err)
	}
	return years
}

func (f *figures) eachReview(fn func(official models.ID, reviewer string)) {
	f.t.Helper()
	refs := f.reviewers()
	err := f.s.InSnapshot(context.Background(), func(snap *store.Snapshot) error {
		return snap.Each(context.Background(), "SELECT official_id, reviewer_key FROM peer_reviews", nil, func(r *store.Row) error {
			ref, ok := refs[string(r.Bytes(1))]
			if !ok {
				return errors.New("a reviewer's hash is nobody's")
			}
			fn(r.ID(0), ref)
			return nil
		})
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *figures) distinctReviewers() float64 {
	set := map[string]bool{}
	f.eachReview(func(_ models.ID, reviewer string) { set[reviewer] = true })
	return float64(len(set))
}

func (f *figures) distinctPairs() float64 {
	set := map[string]bool{}
	f.eachReview(func(official models.ID, reviewer string) { set[official.String()+reviewer] = true })
	return float64(len(set))
}

// column reads a column of an archive's file, each value once.
func column(t *testing.T, path, file, name string) []string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
	})
	in, err := archive.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(in).ReadAll()
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
	at, set := slices.Index(rows[0], name), map[string]bool{}
	for _, row := range rows[1:] {
		set[row[at]] = true
	}
	values := make([]string, 0, len(set))
	for v := range set {
		values = append(values, v)
	}
	return values
}

// withFaults is the archive of Boston's cases unpacked, with the faulty rows of
// its source behind the others.
func withFaults(t *testing.T, folder string) string {
	t.Helper()
	dir := t.TempDir()
	archive, err := zip.OpenReader(filepath.Join(folder, "import.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range archive.File {
		in, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		if err := errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
		if entry.Name == "cases.csv" {
			extra, err := os.ReadFile(filepath.Join(folder, "cases-closed-before-opened.csv"))
			if err != nil {
				t.Fatal(err)
			}
			raw = append(raw, extra[bytes.IndexByte(extra, '\n')+1:]...)
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBostonsFaultyRowsAreListedOrSkipped(t *testing.T) {
	folder := filepath.Join(dataFolder(t), "boston311-2015")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Parallel()
		ctx, service, dir := context.Background(), newService(t, s), withFaults(t, folder)
		report, err := service.Import(ctx, dir, imports.Options{})
		if models.CodeOf(err) != models.CodeInvalid || report.FaultCount != 197 || len(report.Faults) != 197 {
			t.Fatalf("%d faults listed of %d: %v", len(report.Faults), report.FaultCount, err)
		}
		for i, f := range report.Faults {
			if f.File != "cases.csv" || f.Line != 120_950+i || f.Column != "closed_at" || f.Kind != imports.ImpossibleTime {
				t.Fatalf("fault %d is %v", i, f)
			}
		}
		if n := counts(t, s)["cases"]; n != 0 {
			t.Fatalf("%d cases of a folder that was refused", n)
		}
		rejected := filepath.Join(t.TempDir(), "rejected.csv")
		report, err = service.Import(ctx, dir, imports.Options{SkipBadRows: true, Rejected: rejected})
		if err != nil {
			t.Fatal(err)
		}
		if n := counts(t, s)["cases"]; n != 120_948 {
			t.Errorf("%d cases, want 120948", n)
		}
		cases := report.Files[3]
		if cases.Rejected != 197 || cases.Inserted != 120_948 || report.Rejected != rejected {
			t.Errorf("report %+v", report)
		}
		mended := mend(t, rejected, func(row map[string]string) { row["closed_at"] = row["opened_at"] })
		mustImport(t, service, mended)
		if n := counts(t, s)["cases"]; n != 121_145 {
			t.Errorf("%d cases with the mended rows, want 121145", n)
		}
	})
}

// mend corrects the rows of a rejected.csv.
func mend(t *testing.T, path string, correct func(row map[string]string)) string {
	t.Helper()
	rows := readCSV(t, path)
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, name := range rows[0] {
			cells[name] = row[i]
		}
		correct(cells)
		for i, name := range rows[0] {
			row[i] = cells[name]
		}
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	mended := filepath.Join(t.TempDir(), "rejected.csv")
	if err := os.WriteFile(mended, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return mended
}

var _ = strconv.Itoa
