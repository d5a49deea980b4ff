package imports_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestWhatIsHardlyMeantSoIsNoticed, and imported or left out as the format has it: a
// misspelt file, a misspelt column where bad rows are skipped, and years that are to come.
func TestWhatIsHardlyMeantSoIsNoticed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		dir := copyFolder(t, village, map[string]func(string) string{
			"ratings.csv": func(text string) string {
				return strings.Replace(strings.Replace(text, "comment", "coment", 1), ",2025-", ",2052-", 2)
			},
			"cases.csv": func(text string) string { return strings.Replace(text, "2025-01-24", "2052-01-24", 1) }, // when one is due
		})
		for old, misspelt := range map[string]string{"deeds.csv": "Deeds.CSV", "reviews.csv": ".reviews.csv"} {
			if err := os.Rename(filepath.Join(dir, old), filepath.Join(dir, misspelt)); err != nil {
				t.Fatal(err)
			}
		}
		report, err := newService(t, s).Import(t.Context(), dir, imports.Options{SkipBadRows: true})
		if err != nil {
			t.Fatal(err)
		}
		want := []imports.Notice{
			{Kind: imports.UnreadFile, File: "Deeds.CSV", Free: []string{"reviews.csv", "deeds.csv"}},
			{Kind: imports.LeftOutColumn, File: "ratings.csv", Line: 1, Column: "coment", Free: []string{"comment"}},
			{Kind: imports.FutureTime, File: "ratings.csv", Line: 2, Column: "rated_at", Value: "2052-01-08T09:50:00+08:00", Rows: 2},
		}
		if diff := cmp.Diff(want, report.Notices); diff != "" {
			t.Error(diff)
		}

		if again := mustImport(t, newService(t, storetest.Open(t, s.Dialect(), store.Options{})), village); len(again.Notices) != 0 {
			t.Errorf("of a folder as it should be it is noticed: %v", again.Notices)
		}
	})
}

// TestAnArchivesOtherFilesAreNoticed: those beside the format's, not a Mac's, nor in other folders.
func TestAnArchivesOtherFilesAreNoticed(t *testing.T) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, name := range []string{"v/rating.csv", "v/units.csv", "v/notes.txt", "v/._units.csv", "__MACOSX/v/other.csv", "more/other.csv"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("unit_id,parent_id,name\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "v.zip")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := newService(t, storetest.Open(t, store.SQLite, store.Options{})).Import(t.Context(), path, imports.Options{})
	if err == nil || len(report.Notices) != 1 || report.Notices[0].File != "rating.csv" {
		t.Errorf("%v, %+v", err, report)
	}
}
