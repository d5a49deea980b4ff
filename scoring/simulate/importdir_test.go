package simulate

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"steelyard/scoring"
)

// readTable reads a CSV file into rows by column name.
func readTable(t *testing.T, dir, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func ids(rows []map[string]string, column string) map[string]bool {
	set := map[string]bool{}
	for _, row := range rows {
		set[row[column]] = true
	}
	return set
}

func TestImportFolderSaysWhatTheEvidenceSays(t *testing.T) {
	t.Parallel()
	s, dir := small(mixed()).Generate(1), t.TempDir()
	if err := s.WriteImport(dir); err != nil {
		t.Fatal(err)
	}
	ev := s.Evidence

	units := ids(readTable(t, dir, "units.csv"), "unit_id")
	officials := readTable(t, dir, "officials.csv")
	known := ids(officials, "official_id")
	if len(known) != len(ev.Postings) {
		t.Fatalf("%d officials, want %d", len(known), len(ev.Postings))
	}
	for i, row := range officials {
		if p := ev.Postings[i]; row["official_id"] != p.Official || row["position"] != p.PeerGroup || !units[row["unit_id"]] {
			t.Errorf("official %d: %v", i, row)
		}
	}
	services := ids(readTable(t, dir, "services.csv"), "service_id")

	encounters, ratings := readTable(t, dir, "encounters.csv"), readTable(t, dir, "ratings.csv")
	marks := 0
	for row := range ev.Ratings.Level {
		if ev.Ratings.Source[row] == scoring.SourceCaseMark {
			marks++
		}
	}
	if len(encounters) != len(ratings) || len(ratings)+marks != len(ev.Ratings.Level) {
		t.Errorf("%d encounters, %d ratings, %d marks of cases, want %d", len(encounters), len(ratings), marks, len(ev.Ratings.Level))
	}
	for i, row := range encounters {
		if !known[row["official_id"]] || !services[row["service_id"]] || row["encounter_id"] != ratings[i]["encounter_id"] {
			t.Fatalf("encounter %v, rating %v", row, ratings[i])
		}
	}

	cases := readTable(t, dir, "cases.csv")
	satisfied := 0
	for i, row := range cases {
		if row["satisfaction"] != "" {
			satisfied++
		}
		if row["official_id"] != "" && !known[row["official_id"]] || !units[row["unit_id"]] {
			t.Fatalf("case %v", row)
		}
		opened, err := time.Parse(time.RFC3339, row["opened_at"])
		if err != nil || opened.Unix() != ev.Cases.Opened[i] {
			t.Fatalf("case %v: opened: %v", row, err)
		}
		if (row["closed_at"] == "") != (row["outcome"] == "") {
			t.Fatalf("case %v: closed without outcome or the other way round", row)
		}
	}
	if satisfied != marks {
		t.Errorf("%d satisfaction marks, want %d", satisfied, marks)
	}
	caseIDs := ids(cases, "case_id")
	for _, row := range readTable(t, dir, "case_events.csv") {
		if !caseIDs[row["case_id"]] {
			t.Fatalf("event %v", row)
		}
	}

	seen := map[string]bool{}
	for i, row := range readTable(t, dir, "reviews.csv") {
		key := row["official_id"] + "|" + row["reviewer_ref"] + "|" + row["relation"] + "|" + row["dimension"] + "|" + row["submitted_at"]
		if seen[key] || row["score"] != strconv.Itoa(int(ev.Reviews.Score[i])) {
			t.Fatalf("review %v twice or wrong", row)
		}
		seen[key] = true
	}
	if got := len(readTable(t, dir, "deeds.csv")); got != len(ev.Deeds.ID) {
		t.Errorf("%d deeds, want %d", got, len(ev.Deeds.ID))
	}
	if got := len(readTable(t, dir, "achievements.csv")); got != len(ev.Achievements.Posting) {
		t.Errorf("%d achievements, want %d", got, len(ev.Achievements.Posting))
	}
}

func TestTruthFileIsReadable(t *testing.T) {
	t.Parallel()
	s, dir := small(halo()).Generate(1), t.TempDir()
	if err := s.WriteTruth(dir, scoring.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	for i, row := range readTable(t, dir, "truth.csv") {
		q, err := strconv.ParseFloat(row["quality"], 64)
		if err != nil || q-s.Truth.Quality[i] > 1e-6 || s.Truth.Quality[i]-q > 1e-6 {
			t.Fatalf("row %d: %v, %v", i, row, err)
		}
	}
}

func TestWriteImportSaysWhereItFailed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := small(standard()).Generate(1).WriteImport(file); err == nil {
		t.Error("a folder was made in place of a file")
	}
}
