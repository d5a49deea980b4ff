package assessments_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/examples/district"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/report"
	"steelyard/scoring"
	"steelyard/services/assessments"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// year is the calendar year that the examples tell of.
var year = models.Period{From: models.NewDate(2025, 1, 1), To: models.NewDate(2025, 12, 31)}

// imported is a database with a folder in it. The keys of persons are new for
// each, so that no hash of one stands in another.
func imported(t *testing.T, d store.Dialect, folder string) *assessments.Service {
	t.Helper()
	keys, err := keyring.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s := &assessments.Service{
		Store: storetest.Open(t, d, store.Options{}), Keys: keys, Zone: zone, Worker: "test", Thresholds: privacy.Default(),
	}
	load(t, s, folder)
	return s
}

func load(t *testing.T, s *assessments.Service, folder string) {
	t.Helper()
	into := &imports.Service{Store: s.Store, Keys: s.Keys, Zone: s.Zone}
	if _, err := into.Import(t.Context(), folder, imports.Options{}); err != nil {
		t.Fatal(err)
	}
}

func unit(t *testing.T, s *assessments.Service, ref string) *models.ID {
	t.Helper()
	if ref == "" {
		return nil
	}
	u, err := s.UnitByRef(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return &u.ID
}

func computed(t *testing.T, s *assessments.Service, ref string) string {
	t.Helper()
	c, err := s.Compute(t.Context(), unit(t, s, ref), year, scoring.DefaultPolicy(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.CSV(&b, report.All(c.Rows)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// run makes a run of a cycle over a unit and returns its file.
func run(t *testing.T, s *assessments.Service, ref string) (file string, made *models.AssessmentRun) {
	t.Helper()
	hr := auth.Actor{Subject: "hr", Role: models.RoleHR, UnitID: unit(t, s, ref)}
	now := s.Store.Now()
	c := &models.Cycle{
		ID: models.NewID(), UnitID: *hr.UnitID, Kind: models.CycleAnnual, Name: "2025 " + ref, FromOn: year.From, ToOn: year.To,
		State: models.CycleCollecting, OpenedBy: "hr", OpenedAt: now, UpdatedAt: now,
	}
	if err := s.Store.InTx(t.Context(), func(tx *store.Tx) error { return tx.Create(c).Error }); err != nil {
		t.Fatal(err)
	}
	made, err := s.Request(t.Context(), hr, c.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if worked, err := s.RunNext(t.Context()); err != nil || !worked {
		t.Fatalf("worked %t, %v", worked, err)
	}
	var b bytes.Buffer
	if err := s.Export(t.Context(), hr, models.ReportFilter{CycleID: c.ID}, models.FormatCSV, messages.Chinese, &b); err != nil {
		t.Fatal(err)
	}
	return b.String(), made
}

func TestTheSameFolderGivesTheSameBytes(t *testing.T) {
	generated := t.TempDir()
	if err := district.Write(generated, 1); err != nil {
		t.Fatal(err)
	}
	for name, example := range map[string]struct {
		folder    string
		units     []string // the top first: its report is that of everything
		officials int
	}{
		"village":  {filepath.Join("..", "..", "examples", "village"), []string{"LX", "LX-WG"}, 6},
		"district": {generated, []string{"Q", "J01"}, 300},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name == "district" {
				t.Skip("a district is too much for a short run")
			}
			files := map[string]string{} // by unit, of the first database
			for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
				s := imported(t, d, example.folder)
				fresh := computed(t, s, "")
				if lines := strings.Count(fresh, "\n"); lines <= example.officials {
					t.Errorf("%s: only %d lines", d, lines)
				}
				if name == "village" {
					load(t, s, example.folder) // a second time, which changes nothing
				}
				for i, ref := range example.units {
					if i > 0 {
						fresh = computed(t, s, ref)
					}
					file, made := run(t, s, ref)
					if file != fresh {
						t.Errorf("%s: %s: the stored run is not what was computed:\n%s", d, ref, firstDifference(fresh, file))
					}
					if first, known := files[ref]; known && first != file {
						t.Errorf("%s: %s: the databases differ:\n%s", d, ref, firstDifference(first, file))
					}
					files[ref] = file
					if i == 0 {
						continue
					}
					v, err := s.Verify(t.Context(), made.ID, nil)
					if err != nil {
						t.Fatal(err)
					}
					if !v.OK() {
						t.Errorf("%s: %s: %d differences, first %+v", d, ref, len(v.Differences), v.Differences[0])
					}
				}
			}
		})
	}
}

func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i+1, left[i], right[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(left), len(right))
}
