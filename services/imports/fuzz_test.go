package imports_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/models"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// FuzzImport replaces one file of the village by arbitrary bytes: whatever they
// are, nothing panics, and the folder is imported whole or not at all.
func FuzzImport(f *testing.F) {
	names := []string{
		"units.csv", "officials.csv", "services.csv", "postings.csv", "encounters.csv", "ratings.csv", "cases.csv",
		"case_events.csv", "reviews.csv", "deeds.csv", "achievements.csv",
	}
	for i, name := range names {
		for _, folder := range []string{village, faulty} {
			raw, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, raw, i%2 == 0)
		}
	}
	f.Add(0, []byte("unit_id,parent_id,name\n\"a,b,c"), true)
	f.Add(5, []byte("encounter_id,level,rated_at\nE01,5,9999-12-31T23:59:59-23:59\n"), false)
	f.Add(5, []byte("\xEF\xBB\xBFencounter_id,encounter_id,level,rated_at\r\n,,,\r\n"), true)
	s := storetest.Open(f, store.SQLite, store.Options{Bulk: true})
	service := newService(f, s)
	mustImport(f, service, village) // half a village would show beside it
	f.Fuzz(func(t *testing.T, number int, raw []byte, skip bool) {
		if number < 0 || number >= len(names) {
			return
		}
		dir := copyFolder(t, village, nil)
		if err := os.WriteFile(filepath.Join(dir, names[number]), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		before := counts(t, s)
		report, err := service.Import(context.Background(), dir, imports.Options{
			SkipBadRows: skip, Rejected: filepath.Join(dir, imports.RejectedName),
		})
		if err != nil {
			if models.CodeOf(err) != models.CodeInvalid {
				t.Fatalf("%v", err)
			}
			if diff := cmp.Diff(before, counts(t, s)); diff != "" {
				t.Fatal("half imported: ", diff)
			}
			return
		}
		for _, file := range report.Files {
			if file.Read != file.Inserted+file.Updated+file.Unchanged+file.Rejected {
				t.Fatalf("rows are lost: %+v", file)
			}
		}
	})
}
