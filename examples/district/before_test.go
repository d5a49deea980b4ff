package district_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"steelyard/examples/district"
)

func TestTwoYearsKeepTheFormatAndTheLaterYear(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "two")
	if err := district.WriteTwoYears(dir, 2025); err != nil {
		t.Fatal(err)
	}
	f := readFolder(t, dir)
	for _, x := range f.faults {
		t.Errorf("%+v", x)
	}
	checkHistories(t, f)
	checkInOffice(t, f)
	one := written(t, 2025)
	for _, l := range format {
		_, rows, _ := bytes.Cut(contents(t, one, l.file), []byte("\n"))
		if !bytes.HasSuffix(contents(t, dir, l.file), rows) {
			t.Errorf("%s: the year is another with a year before it", l.file)
		}
	}
	// Of an open case 2025 would know, and hold it against somebody.
	open := 0
	for _, r := range f.rows["cases.csv"] {
		earlier := strings.HasPrefix(r.cells["case_id"], "B")
		at, _ := r.time("opened_at")
		if earlier != (at.Year() == 2024) {
			t.Errorf("%s is of %d", r.cells["case_id"], at.Year())
		}
		if earlier && r.cells["closed_at"] == "" {
			open++
		}
	}
	if open > 0 {
		t.Errorf("%d cases of the year before are open", open)
	}
}

func TestSixHaveRisen(t *testing.T) {
	t.Parallel()
	now := district.Generate(2025).Officials()
	risen := 0
	for i, o := range district.GenerateYearBefore(2025).Officials() {
		if o.ID != now[i].ID || o.Name != now[i].Name {
			t.Fatalf("%s was %s", now[i].ID, o.ID)
		}
		if o.Story == district.StoryRisen {
			risen++
			if now[i].Quality-o.Quality < 1.2 {
				t.Errorf("%s rose from %.1f to %.1f", o.ID, o.Quality, now[i].Quality)
			}
		}
	}
	if risen != 6 {
		t.Errorf("%d have risen", risen)
	}
	if slices.ContainsFunc(now, func(o district.Official) bool { return o.Story == district.StoryRisen }) {
		t.Error("a story of the year before is told of the year")
	}
}
