package district_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

func TestVillageKeepsTheFormat(t *testing.T) {
	t.Parallel()
	f := readFolder(t, "../village")
	for _, x := range f.faults {
		t.Errorf("%+v", x)
	}
	for _, l := range format {
		if len(f.rows[l.file]) == 0 {
			t.Errorf("%s is empty: the village shows every file", l.file)
		}
		for name := range l.columns {
			if !slices.ContainsFunc(f.rows[l.file], func(r row) bool { return r.cells[name] != "" }) && name != "active_to" {
				t.Errorf("%s: nothing in column %s", l.file, name)
			}
		}
	}
	checkHistories(t, f)
}

func TestFaultyHasTheExpectedFaults(t *testing.T) {
	t.Parallel()
	got := readFolder(t, "../faulty").faults
	want := expectedFaults(t, filepath.Join("..", "faulty", "expected.csv"))
	for _, x := range got {
		if !slices.Contains(want, x) {
			t.Errorf("found, not expected: %+v", x)
		}
	}
	for _, x := range want {
		if !slices.Contains(got, x) {
			t.Errorf("expected, not found: %+v", x)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d faults found, %d expected", len(got), len(want))
	}
}

func expectedFaults(t *testing.T, path string) []fault {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []fault
	for _, r := range records[1:] {
		line, err := strconv.Atoi(r[1])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fault{r[0], line, r[2], r[3], r[4]})
	}
	return list
}

// checkHistories compares the counts of the cases with their events, and what
// the columns say of each other.
func checkHistories(t *testing.T, f *folder) {
	t.Helper()
	transfers, reopened := make(map[string]int), make(map[string]int)
	last := make(map[string]row)
	for _, r := range f.rows["case_events.csv"] {
		id := r.cells["case_id"]
		switch r.cells["kind"] {
		case "TRANSFERRED":
			transfers[id]++
		case "REOPENED":
			reopened[id]++
		}
		if before, ok := last[id]; ok {
			earlier, _ := before.time("at")
			if at, _ := r.time("at"); at.Before(earlier) {
				t.Errorf("case_events.csv:%d: before the step above", r.line)
			}
		} else if r.cells["kind"] != "SUBMITTED" {
			t.Errorf("case_events.csv:%d: %s begins with %s", r.line, id, r.cells["kind"])
		}
		last[id] = r
	}
	for _, r := range f.rows["cases.csv"] {
		c := r.cells
		if strconv.Itoa(transfers[c["case_id"]]) != c["transfers"] || strconv.Itoa(reopened[c["case_id"]]) != c["reopened"] {
			t.Errorf("cases.csv:%d: events count %d transfers and %d reopenings", r.line, transfers[c["case_id"]], reopened[c["case_id"]])
		}
		if (c["closed_at"] == "") != (c["outcome"] == "") {
			t.Errorf("cases.csv:%d: closed at %q with outcome %q", r.line, c["closed_at"], c["outcome"])
		}
		if c["confirmed"] != "" && c["asked"] != "YES" {
			t.Errorf("cases.csv:%d: confirmed, but never asked", r.line)
		}
	}
}
