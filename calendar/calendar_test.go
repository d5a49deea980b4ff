package calendar

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func china(t testing.TB) *Calendar {
	t.Helper()
	c, err := China()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func date(t testing.TB, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func drawDate(t *rapid.T, name string) Date {
	return NewDate(2023, 1, 1).AddDays(rapid.IntRange(0, 5*365).Draw(t, name))
}

// TestChinaHasTheYearlyNumberOfWorkingDays: moving days about must not change their number, so each year has its
// weekdays less the holidays granted by the 全国年节及纪念日放假办法: 11 up to 2024, 13 from 2025.
func TestChinaHasTheYearlyNumberOfWorkingDays(t *testing.T) {
	t.Parallel()
	c := china(t)
	for year, want := range map[int]int{2024: 366 - 104 - 11, 2025: 365 - 104 - 13, 2026: 365 - 104 - 13} {
		got := c.WorkingDaysBetween(NewDate(year-1, 12, 31), NewDate(year, 12, 31))
		if got != want || !c.HasYear(year) || c.Source(year) == "" {
			t.Errorf("%d: %d working days, want %d; source %q", year, got, want, c.Source(year))
		}
	}
	if got := c.Years(); !reflect.DeepEqual(got, []int{2024, 2025, 2026}) || c.Jurisdiction() != "CN" {
		t.Errorf("years %v of %s", got, c.Jurisdiction())
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	c := china(t)
	for _, tt := range []struct {
		on, name string
		kind     DayKind
	}{
		{"2024-02-09", "", Workday}, // New Year's Eve was no holiday that year
		{"2024-02-10", "春节", Holiday},
		{"2024-02-18", "", MakeUpDay},
		{"2024-04-06", "清明节", Holiday},
		{"2024-04-07", "", MakeUpDay},
		{"2025-01-26", "", MakeUpDay},
		{"2025-01-27", "", Workday},
		{"2025-01-28", "春节", Holiday},
		{"2025-02-05", "", Workday},
		{"2025-10-08", "国庆节、中秋节", Holiday},
		{"2025-10-12", "", Weekend},
		{"2026-01-04", "", MakeUpDay},
		{"2026-02-23", "春节", Holiday},
		{"2026-10-10", "", MakeUpDay},
		{"2027-01-01", "", Workday}, // no data: the plain week
		{"2027-01-02", "", Weekend},
	} {
		kind, name := c.Day(date(t, tt.on))
		if kind != tt.kind || name != tt.name {
			t.Errorf("%s is %s %q, want %s %q", tt.on, kind, name, tt.kind, tt.name)
		}
		if works := tt.kind == Workday || tt.kind == MakeUpDay; c.IsWorkingDay(date(t, tt.on)) != works {
			t.Errorf("%s: working day is %v", tt.on, !works)
		}
	}
}

func TestAddWorkingDays(t *testing.T) {
	t.Parallel()
	c := china(t)
	for _, tt := range []struct {
		from string
		n    int
		want string
	}{
		{"2025-09-26", 1, "2025-09-28"},  // Friday to the make-up Sunday
		{"2025-09-30", 1, "2025-10-09"},  // over the eight days
		{"2025-09-30", 3, "2025-10-11"},  // the make-up Saturday counts
		{"2025-10-03", 5, "2025-10-14"},  // from inside a holiday
		{"2025-10-09", -1, "2025-09-30"}, // backwards
		{"2025-10-04", 0, "2025-10-04"},
		{"2026-02-13", 2, "2026-02-24"},
	} {
		if got := c.AddWorkingDays(date(t, tt.from), tt.n); got != date(t, tt.want) {
			t.Errorf("%s plus %d is %s, want %s", tt.from, tt.n, got, tt.want)
		}
	}
}

func TestWorkingDaysAddUp(t *testing.T) {
	t.Parallel()
	c := china(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b, e := drawDate(t, "a"), drawDate(t, "b"), drawDate(t, "e")
		if c.WorkingDaysBetween(a, b)+c.WorkingDaysBetween(b, e) != c.WorkingDaysBetween(a, e) {
			t.Fatalf("%s, %s, %s do not add up", a, b, e)
		}
		n := rapid.IntRange(1, 300).Draw(t, "n")
		there := c.AddWorkingDays(a, n)
		if c.WorkingDaysBetween(a, there) != n || !c.IsWorkingDay(there) {
			t.Fatalf("%s plus %d is %s", a, n, there)
		}
		if c.IsWorkingDay(a) && c.AddWorkingDays(there, -n) != a {
			t.Fatalf("%s plus and minus %d is %s", a, n, c.AddWorkingDays(there, -n))
		}
	})
}

func TestAssumedYears(t *testing.T) {
	t.Parallel()
	c := china(t)
	for _, tt := range []struct {
		from, to string
		want     []int
	}{
		{"2024-01-01", "2026-12-31", nil},
		{"2026-12-31", "2027-01-01", []int{2027}},
		{"2027-01-01", "2023-12-31", []int{2023, 2027}},
	} {
		if got := c.AssumedYears(date(t, tt.from), date(t, tt.to)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s to %s: %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
	plain := MondayToFriday()
	if plain.HasYear(2025) || plain.IsWorkingDay(date(t, "2025-01-26")) || !plain.IsWorkingDay(date(t, "2025-10-01")) {
		t.Error("the plain week knows holidays")
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDate(t, "d")
		n := rapid.IntRange(-2000, 2000).Draw(t, "n")
		e := d.AddDays(n)
		if d.DaysUntil(e) != n || e.Before(d) != (n < 0) || d.Before(e) != (n > 0) {
			t.Fatalf("%s plus %d is %s", d, n, e)
		}
		if back, err := ParseDate(e.String()); err != nil || back != e {
			t.Fatalf("%s was read as %s, %v", e, back, err)
		}
		if DateIn(e.Start(shanghai).Add(24*time.Hour-1), shanghai) != e {
			t.Fatalf("the last instant of %s is another day's", e)
		}
	})
	for _, text := range []string{"", "2025-02-29", "2025-1-1", "2025-01-01T00:00:00Z", "x"} {
		if d, err := ParseDate(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
}

func TestParseRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	year := func(holidays, makeUp string) string {
		return `{"jurisdiction":"X","weekend":["Saturday","Sunday"],"years":{"2025":{"source":"s","holidays":[` +
			holidays + `],"makeUpDays":[` + makeUp + `]}}}`
	}
	if _, err := Parse(strings.NewReader(year(`{"name":"h","from":"2025-01-01","to":"2025-01-02"}`, `"2025-01-04"`))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":                 ``,
		"no jurisdiction":       `{"weekend":[],"years":{}}`,
		"unknown field":         `{"jurisdiction":"X","holidays":[]}`,
		"two objects":           `{"jurisdiction":"X"}{}`,
		"unknown weekday":       `{"jurisdiction":"X","weekend":["Caturday"]}`,
		"weekday twice":         `{"jurisdiction":"X","weekend":["Sunday","Sunday"]}`,
		"no working day":        `{"jurisdiction":"X","weekend":["Sunday","Monday","Tuesday","Wednesday","Thursday","Friday","Saturday"]}`,
		"no source":             `{"jurisdiction":"X","years":{"2025":{}}}`,
		"holiday backwards":     year(`{"name":"h","from":"2025-01-02","to":"2025-01-01"}`, ``),
		"holiday without name":  year(`{"name":"","from":"2025-01-01","to":"2025-01-01"}`, ``),
		"holiday without end":   year(`{"name":"h","from":"2025-01-01"}`, ``),
		"endless holiday":       year(`{"name":"h","from":"2025-01-01","to":"2025-12-31"}`, ``),
		"other year":            year(`{"name":"h","from":"2052-01-01","to":"2052-01-01"}`, ``),
		"overlap":               year(`{"name":"h","from":"2025-01-01","to":"2025-01-02"},{"name":"i","from":"2025-01-02","to":"2025-01-02"}`, ``),
		"make-up day a Monday":  year(``, `"2025-01-06"`),
		"make-up day twice":     year(``, `"2025-01-04","2025-01-04"`),
		"make-up day a holiday": year(`{"name":"h","from":"2025-01-04","to":"2025-01-04"}`, `"2025-01-04"`),
		"no date":               year(``, `"4 January"`),
	} {
		if _, err := Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestChinaJSONIsAStartingPoint(t *testing.T) {
	t.Parallel()
	raw := ChinaJSON()
	if !json.Valid(raw) {
		t.Fatal("no JSON")
	}
	mine, err := Parse(strings.NewReader(strings.Replace(string(raw), `, "2026-10-10"`, "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if mine.IsWorkingDay(date(t, "2026-10-10")) || !china(t).IsWorkingDay(date(t, "2026-10-10")) {
		t.Fatal("the edited calendar is not the edited one")
	}
	raw[0] = 'x'
	if ChinaJSON()[0] == 'x' {
		t.Fatal("the built-in data can be changed")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(ChinaJSON())
	f.Add([]byte(`{"jurisdiction":"X","weekend":["Friday"],"years":{"1":{"source":"s"}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Parse(strings.NewReader(string(raw)))
		if err != nil {
			return
		}
		d := NewDate(2025, 1, 1)
		if c.WorkingDaysBetween(d, c.AddWorkingDays(d, 40)) != 40 {
			t.Fatal("an accepted calendar does not add up")
		}
	})
}
