package assessments

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// realData is an import folder of the folder that STEELYARD_TEST_DATA names.
func realData(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("real data are too much for a short run")
	}
	folder := os.Getenv("STEELYARD_TEST_DATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("STEELYARD_TEST_DATA is not set")
		}
		t.Skip("STEELYARD_TEST_DATA is not set")
	}
	return filepath.Join(folder, name, "import.zip")
}

// records are the rows of a file of an import folder, by column.
func records(t *testing.T, path, name string) []map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	closed := func(c io.Closer) {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	defer closed(archive)
	file, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(file)
	reader := csv.NewReader(file)
	header, err := reader.Read()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		row := make(map[string]string, len(header))
		for i, column := range header {
			row[column] = record[i]
		}
		out = append(out, row)
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// readReal imports a folder and reads a period of it. That both databases give the same
// evidence is for TestRealDataGivesTheSameBytes to say.
func readReal(t *testing.T, path string, period models.Period, check func(t *testing.T, o *office, ev *scoring.Evidence)) {
	t.Helper()
	o := newOffice(t, storetest.Open(t, store.SQLite, store.Options{}))
	into := &imports.Service{Store: o.Store, Keys: o.Keys, Zone: o.Zone}
	if _, err := into.Import(t.Context(), path, imports.Options{}); err != nil {
		t.Fatal(err)
	}
	check(t, o, o.evidence("", period).ev)
}

// The oracle is the folder itself, read by the rule: a case counts if it was
// opened on or before the last day and not closed before the first.
func TestReadTakesTheRealCasesOfAPeriod(t *testing.T) {
	path := realData(t, "servicenow-incidents")
	period := models.Period{From: day("2016-03-15"), To: day("2016-04-15")}
	start, end := period.From.Start(shanghai), period.To.AddDays(1).Start(shanghai)
	ids, open := map[string]bool{}, 0
	for _, r := range records(t, path, "cases.csv") {
		if closed := r["closed_at"]; instant(t, r["opened_at"]).Before(end) && (closed == "" || !instant(t, closed).Before(start)) {
			ids[r["case_id"]] = true
			if closed == "" || !instant(t, closed).Before(end) {
				open++
			}
		}
	}
	early := 0
	for _, r := range records(t, path, "case_events.csv") {
		if ids[r["case_id"]] && instant(t, r["at"]).Before(end) {
			early++
		}
	}
	readReal(t, path, period, func(t *testing.T, _ *office, ev *scoring.Evidence) {
		found, openAtEnd := 0, 0
		for i, id := range ev.Cases.ID {
			if !ids[id] {
				t.Errorf("case %s does not belong to the period", id)
			}
			found++
			if ev.Cases.Closed[i] == scoring.NoTime {
				openAtEnd++
			}
		}
		// A case that was sent back only after the end had been closed at the end, or
		// even before the period, and is not in it then: one in ninety ever was.
		if slack := len(ids) / 90; found < len(ids)-slack || openAtEnd > open || openAtEnd < open-slack {
			t.Errorf("%d cases of %d by their last closing; %d of %d open", found, len(ids), openAtEnd, open)
		}
		if got := len(ev.Events.Case); got > early || got < early-early/90 {
			t.Errorf("%d events of %d", got, early)
		}
	})
}

// The figures are those of the folder's expected.json.
func TestReadTakesTheRealMarks(t *testing.T) {
	path := realData(t, "consumidor-gov-br")
	readReal(t, path, models.Period{From: day("2014-01-01"), To: day("2015-12-31")}, func(t *testing.T, _ *office, ev *scoring.Evidence) {
		marks, confirmed := map[uint8]int{}, map[scoring.Ternary]int{}
		for i, level := range ev.Ratings.Level {
			if ev.Ratings.Source[i] != scoring.SourceCaseMark {
				t.Fatal("a rating that is no case's mark")
			}
			marks[level]++
		}
		for _, c := range ev.Cases.Confirmed {
			confirmed[c]++
		}
		want(t, "marks", fmt.Sprint(marks), fmt.Sprint(map[uint8]int{1: 9227, 2: 1729, 3: 3498, 4: 4045, 5: 8328}))
		want(t, "confirmed", fmt.Sprint(confirmed), fmt.Sprint(map[scoring.Ternary]int{scoring.Unknown: 10326, scoring.Yes: 16403, scoring.No: 10424}))
	})
}
