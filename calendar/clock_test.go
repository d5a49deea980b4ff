package calendar

import (
	"reflect"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

var (
	shanghai = mustZone("Asia/Shanghai")
	berlin   = mustZone("Europe/Berlin")

	office = []Span{{9 * time.Hour, 12 * time.Hour}, {14 * time.Hour, 18 * time.Hour}}
)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// moment reads a time on Shanghai's wall clock.
func moment(t testing.TB, text string) time.Time {
	t.Helper()
	return momentIn(t, text, shanghai)
}

func momentIn(t testing.TB, text string, zone *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestDue(t *testing.T) {
	t.Parallel()
	c := china(t)
	type pause struct{ from, to string }
	for _, tt := range []struct {
		name, start string
		days        int
		unit        Unit
		hours       []Span
		pauses      []pause
		at, due, on string
	}{
		{name: "one working day", start: "2025-03-03 10:00", days: 1, unit: WorkingDays, at: "2025-03-03 10:00", due: "2025-03-05 00:00", on: "2025-03-04"},
		{name: "over a long holiday", start: "2025-09-30 16:00", days: 1, unit: WorkingDays, at: "2025-09-30 16:00", due: "2025-10-10 00:00", on: "2025-10-09"},
		{name: "started on a holiday", start: "2025-10-03 16:00", days: 1, unit: WorkingDays, at: "2025-10-03 16:00", due: "2025-10-10 00:00", on: "2025-10-09"},
		{name: "fifteen calendar days", start: "2025-03-03 23:59", days: 15, unit: CalendarDays, at: "2025-03-04 10:00", due: "2025-03-19 00:00", on: "2025-03-18"},
		{
			name: "two whole days paused", start: "2025-03-03 10:00", days: 3, unit: WorkingDays,
			pauses: []pause{{"2025-03-05 00:00", "2025-03-07 00:00"}}, at: "2025-03-08 00:00", due: "2025-03-11 00:00", on: "2025-03-10",
		},
		{
			name: "paused over a weekend only", start: "2025-03-03 10:00", days: 5, unit: WorkingDays,
			pauses: []pause{{"2025-03-08 00:00", "2025-03-10 00:00"}}, at: "2025-03-10 00:00", due: "2025-03-11 00:00", on: "2025-03-10",
		},
		{
			name: "half days paused", start: "2025-03-03 10:00", days: 2, unit: WorkingDays,
			pauses: []pause{{"2025-03-04 12:00", "2025-03-05 12:00"}}, at: "2025-03-06 00:00", due: "2025-03-07 00:00", on: "2025-03-06",
		},
		{
			name: "overlapping pauses count once", start: "2025-03-03 10:00", days: 1, unit: CalendarDays,
			pauses: []pause{{"2025-03-04 06:00", "2025-03-04 12:00"}, {"2025-03-04 00:00", "2025-03-04 08:00"}}, at: "2025-03-05 00:00", due: "2025-03-05 12:00", on: "2025-03-05",
		},
		{
			name: "open pause moves on", start: "2025-03-03 10:00", days: 1, unit: CalendarDays,
			pauses: []pause{{"2025-03-04 06:00", ""}}, at: "2025-03-09 06:00", due: "2025-03-10 00:00", on: "2025-03-09",
		},
		{
			name: "pause not yet known", start: "2025-03-03 10:00", days: 1, unit: CalendarDays,
			pauses: []pause{{"2025-03-04 06:00", "2025-03-05 06:00"}}, at: "2025-03-04 05:00", due: "2025-03-05 00:00", on: "2025-03-04",
		},
		{
			name: "pause after the deadline", start: "2025-03-03 10:00", days: 1, unit: CalendarDays,
			pauses: []pause{{"2025-03-05 00:00", "2025-03-09 00:00"}}, at: "2025-03-20 00:00", due: "2025-03-05 00:00", on: "2025-03-04",
		},
		{name: "office hours", start: "2025-03-03 10:00", days: 1, unit: WorkingDays, hours: office, at: "2025-03-03 10:00", due: "2025-03-04 10:00", on: "2025-03-04"},
		{name: "office hours from lunch on", start: "2025-03-07 13:00", days: 1, unit: WorkingDays, hours: office, at: "2025-03-07 13:00", due: "2025-03-10 12:00", on: "2025-03-10"},
		{name: "office hours from the morning", start: "2025-03-07 08:00", days: 1, unit: WorkingDays, hours: office, at: "2025-03-07 13:00", due: "2025-03-07 18:00", on: "2025-03-07"},
		{
			name: "paused outside office hours", start: "2025-03-03 08:00", days: 1, unit: WorkingDays, hours: office,
			pauses: []pause{{"2025-03-03 12:00", "2025-03-03 15:00"}}, at: "2025-03-03 18:00", due: "2025-03-04 10:00", on: "2025-03-04",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			clock := Clock{Start: moment(t, tt.start), Days: tt.days, Unit: tt.unit, Calendar: c, Zone: shanghai, Hours: tt.hours}
			for _, p := range tt.pauses {
				pause := Pause{From: moment(t, p.from)}
				if p.to != "" {
					pause.To = moment(t, p.to)
				}
				clock.Pauses = append(clock.Pauses, pause)
			}
			got, err := clock.Due(moment(t, tt.at).UTC())
			if err != nil {
				t.Fatal(err)
			}
			if !got.At.Equal(moment(t, tt.due)) || got.On != date(t, tt.on) {
				t.Fatalf("due at %v, on %s; want %s, %s", got.At, got.On, tt.due, tt.on)
			}
			if len(got.AssumedYears) > 0 {
				t.Fatalf("assumed %v", got.AssumedYears)
			}
		})
	}
}

func TestDueNamesAssumedYears(t *testing.T) {
	t.Parallel()
	clock := Clock{Start: moment(t, "2026-12-31 10:00"), Days: 2, Unit: WorkingDays, Calendar: china(t), Zone: shanghai}
	got, err := clock.Due(clock.Start)
	if err != nil || !reflect.DeepEqual(got.AssumedYears, []int{2027}) {
		t.Fatalf("%+v, %v", got, err)
	}
	clock.Unit, clock.Calendar = CalendarDays, nil
	if got, err = clock.Due(clock.Start); err != nil || len(got.AssumedYears) > 0 {
		t.Fatalf("calendar days rest on no arrangement: %+v, %v", got, err)
	}
}

// TestDueOverSummerTime: a day of 23 hours and one of 25 each use up one day.
func TestDueOverSummerTime(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]string{
		"2025-03-29 10:00": "2025-04-01 00:00", // clocks go forward on the 30th
		"2025-10-25 10:00": "2025-10-28 00:00", // and back on the 26th
	} {
		clock := Clock{Start: momentIn(t, start, berlin), Days: 2, Unit: CalendarDays, Zone: berlin}
		got, err := clock.Due(clock.Start)
		if err != nil || !got.At.Equal(momentIn(t, want, berlin)) {
			t.Errorf("from %s: due %v, %v; want %s", start, got.At, err, want)
		}
	}
}

func drawClock(t *rapid.T, c *Calendar) (Clock, time.Time) {
	start := time.Date(2025, 9, 1, 0, 0, 0, 0, shanghai)
	minute := func(name string, days int) time.Time {
		return start.Add(time.Duration(rapid.IntRange(0, days*24*60).Draw(t, name)) * time.Minute)
	}
	clock := Clock{
		Start: minute("start", 30), Days: rapid.IntRange(1, 12).Draw(t, "days"),
		Unit: rapid.SampledFrom([]Unit{WorkingDays, CalendarDays}).Draw(t, "unit"), Calendar: c, Zone: shanghai,
	}
	if rapid.Bool().Draw(t, "hours") {
		clock.Hours = office
	}
	for range rapid.IntRange(0, 3).Draw(t, "pauses") {
		p := Pause{From: minute("from", 60)}
		if rapid.Bool().Draw(t, "closed") {
			p.To = p.From.Add(time.Duration(rapid.IntRange(0, 10*24*60).Draw(t, "length")) * time.Minute)
		}
		clock.Pauses = append(clock.Pauses, p)
	}
	return clock, minute("at", 90)
}

func TestClockProperties(t *testing.T) {
	t.Parallel()
	c := china(t)
	rapid.Check(t, func(t *rapid.T) {
		clock, at := drawClock(t, c)
		due, err := clock.Due(at)
		if err != nil {
			t.Fatal(err)
		}
		left, err := clock.Remaining(at)
		if err != nil {
			t.Fatal(err)
		}
		over, err := clock.Overdue(at)
		if err != nil {
			t.Fatal(err)
		}
		if over != !at.Before(due.At) {
			t.Fatalf("due %v, asked at %v, overdue is %v with %v left", due.At, at, over, left)
		}
		later := at.Add(time.Duration(rapid.IntRange(0, 20*24*60).Draw(t, "later")) * time.Minute)
		dueLater, err := clock.Due(later)
		if err != nil {
			t.Fatal(err)
		}
		if dueLater.At.Before(due.At) {
			t.Fatalf("the deadline went back from %v to %v", due.At, dueLater.At)
		}
		if over && !dueLater.At.Equal(due.At) {
			t.Fatalf("a pause undid the deadline %v: %v", due.At, dueLater.At)
		}
		leftLater, err := clock.Remaining(later)
		if err != nil {
			t.Fatal(err)
		}
		if used := left - leftLater; used < 0 || used > later.Sub(at) {
			t.Fatalf("%v of allowance used in %v", used, later.Sub(at))
		}
		unpaused := clock
		unpaused.Pauses = nil
		plain, err := unpaused.Due(at)
		if err != nil {
			t.Fatal(err)
		}
		if due.At.Before(plain.At) {
			t.Fatal("a pause shortened the clock")
		}
		if clock.Unit == WorkingDays && clock.Hours == nil {
			if want := c.AddWorkingDays(DateIn(clock.Start, shanghai), clock.Days); plain.On != want {
				t.Fatalf("due on %s, the calendar says %s", plain.On, want)
			}
		}
	})
}

func TestClockRefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	good := Clock{Start: moment(t, "2025-03-03 10:00"), Days: 1, Unit: WorkingDays, Calendar: china(t), Zone: shanghai}
	for name, change := range map[string]func(*Clock){
		"no unit":            func(c *Clock) { c.Unit = "" },
		"no days":            func(c *Clock) { c.Days = 0 },
		"too many days":      func(c *Clock) { c.Days = maxAllowance + 1 },
		"no calendar":        func(c *Clock) { c.Calendar = nil },
		"no zone":            func(c *Clock) { c.Zone = nil },
		"hours backwards":    func(c *Clock) { c.Hours = []Span{{2, 1}} },
		"hours overlap":      func(c *Clock) { c.Hours = []Span{{1, 3}, {2, 4}} },
		"hours past the day": func(c *Clock) { c.Hours = []Span{{0, 25 * time.Hour}} },
		"pause backwards":    func(c *Clock) { c.Pauses = []Pause{{From: c.Start, To: c.Start.Add(-1)}} },
		"never started":      func(c *Clock) { c.Start = time.Time{} },
		"pause from never":   func(c *Clock) { c.Pauses = []Pause{{To: c.Start}} },
	} {
		clock := good
		change(&clock)
		_, dueErr := clock.Due(good.Start)
		_, leftErr := clock.Remaining(good.Start)
		over, overErr := clock.Overdue(good.Start)
		if dueErr == nil || leftErr == nil || overErr == nil || over {
			t.Errorf("%s: %v, %v, %v, overdue %v", name, dueErr, leftErr, overErr, over)
		}
	}
}
