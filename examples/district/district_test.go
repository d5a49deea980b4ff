package district_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"steelyard/examples/district"
)

// written is the folder of one seed, made once a test.
func written(t *testing.T, seed uint64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "district")
	if err := district.Write(dir, seed); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDistrictKeepsTheFormat(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2025} {
		f := readFolder(t, written(t, seed))
		for _, x := range f.faults {
			t.Errorf("seed %d: %+v", seed, x)
		}
		checkHistories(t, f)
		checkYear(t, f)
		checkInOffice(t, f)
	}
}

func TestDistrictHasItsSize(t *testing.T) {
	t.Parallel()
	f := readFolder(t, written(t, 1))
	bounds := map[string][2]int{
		"units.csv": {90, 120}, "officials.csv": {300, 300}, "services.csv": {25, 40}, "postings.csv": {4, 4},
		"encounters.csv": {20000, 30000}, "ratings.csv": {14000, 16000}, "cases.csv": {9000, 11000},
		"case_events.csv": {40000, 60000}, "reviews.csv": {9000, 11000}, "deeds.csv": {3000, 4500}, "achievements.csv": {350, 800},
	}
	for file, b := range bounds {
		if n := len(f.rows[file]); n < b[0] || n > b[1] {
			t.Errorf("%s: %d rows, expected %d to %d", file, n, b[0], b[1])
		}
	}
	groups := make(map[string]int)
	for _, r := range f.rows["officials.csv"] {
		groups[r.cells["position"]]++
	}
	if len(groups) != 5 {
		t.Errorf("%d positions, expected 5", len(groups))
	}
	for position, n := range groups {
		if n < 20 {
			t.Errorf("%s: a peer group of %d", position, n)
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	first, second, other := written(t, 7), written(t, 7), written(t, 8)
	differs := false
	for _, l := range format {
		a, b, c := contents(t, first, l.file), contents(t, second, l.file), contents(t, other, l.file)
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two runs with one seed", l.file)
		}
		differs = differs || !bytes.Equal(a, c)
	}
	if !differs {
		t.Error("another seed gives the same district")
	}
}

func contents(t *testing.T, dir, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWriteSaysThatAFolderCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := district.Write(filepath.Join(file, "district"), 1); err == nil {
		t.Error("no error for a folder below a file")
	}
}

// checkYear finds evidence outside 2025 or written in another offset than +08:00.
func checkYear(t *testing.T, f *folder) {
	t.Helper()
	columns := map[string][]string{
		"encounters.csv": {"occurred_at"}, "ratings.csv": {"rated_at"}, "cases.csv": {"opened_at", "closed_at"},
		"case_events.csv": {"at"}, "reviews.csv": {"submitted_at"}, "deeds.csv": {"done_at"}, "achievements.csv": {"at"},
	}
	for file, names := range columns {
		for _, r := range f.rows[file] {
			for _, name := range names {
				at, ok := r.time(name)
				if !ok {
					continue
				}
				if _, offset := at.Zone(); at.Year() != 2025 || offset != 8*60*60 {
					t.Errorf("%s:%d: %s is %s", file, r.line, name, r.cells[name])
				}
			}
		}
	}
}

// checkInOffice finds work of officials who had not come yet or had left, and work
// in a unit in which the official was not posted at the time.
func checkInOffice(t *testing.T, f *folder) {
	t.Helper()
	officials := f.ids["officials.csv"]
	outside := func(id string, at time.Time) bool {
		from, _ := officials[id].time("active_from")
		to, left := officials[id].time("active_to")
		return at.Before(from) || left && !at.Before(to)
	}
	columns := map[string]string{
		"encounters.csv": "occurred_at", "cases.csv": "opened_at", "reviews.csv": "submitted_at", "deeds.csv": "done_at", "achievements.csv": "at",
	}
	for file, name := range columns {
		for _, r := range f.rows[file] {
			id := r.cells["official_id"]
			if at, _ := r.time(name); id != "" && outside(id, at) {
				t.Errorf("%s:%d: %s was not in office", file, r.line, id)
			}
		}
	}
	for _, r := range f.rows["cases.csv"] {
		id, opened := r.cells["official_id"], r.cells["opened_at"]
		if at, _ := r.time("opened_at"); id != "" && unitAt(f, id, at) != r.cells["unit_id"] {
			t.Errorf("cases.csv:%d: %s was not posted to %s on %s", r.line, id, r.cells["unit_id"], opened)
		}
	}
}

func unitAt(f *folder, official string, at time.Time) string {
	for _, p := range f.rows["postings.csv"] {
		from, _ := p.time("from")
		to, ended := p.time("to")
		if p.cells["official_id"] == official && !at.Before(from) && (!ended || at.Before(to)) {
			return p.cells["unit_id"]
		}
	}
	return f.ids["officials.csv"][official].cells["unit_id"]
}

// The reviews name an official by the official's own id, and SELF is exactly that.
func TestOnlySelfReviewsOneself(t *testing.T) {
	t.Parallel()
	for _, r := range readFolder(t, written(t, 1)).rows["reviews.csv"] {
		if own := r.cells["official_id"] == r.cells["reviewer_ref"]; own != (r.cells["relation"] == "SELF") {
			t.Errorf("reviews.csv:%d: %v", r.line, r.cells)
		}
	}
}

// correlation is Pearson's.
func correlation(x, y []float64) float64 {
	var mx, my, xx, yy, xy float64
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(y))
	}
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
		xy += (x[i] - mx) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

// number is a cell that the format check has found to be a number.
func number(t *testing.T, cell string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
