package district

import "time"

// days is how many days of a year the district lives: of 2024 the last one is left out.
const days = 365

// zone is China Standard Time, which all times are written in.
var zone = time.FixedZone("CST", 8*60*60)

// year knows the working days of one year. Days are counted from 0, 1 January.
type year struct {
	start   time.Time
	working [days]bool
}

// arrangement is a year's holiday arrangement: public holidays, and the make-up days
// that are worked for them.
type arrangement struct {
	holidays []struct{ month, from, to int }
	makeUps  [][2]int // month and day
}

var arrangements = map[int]arrangement{
	2024: {
		[]struct{ month, from, to int }{{1, 1, 1}, {2, 10, 17}, {4, 4, 6}, {5, 1, 5}, {6, 10, 10}, {9, 15, 17}, {10, 1, 7}},
		[][2]int{{2, 4}, {2, 18}, {4, 7}, {4, 28}, {5, 11}, {9, 14}, {9, 29}, {10, 12}},
	},
	2025: {
		[]struct{ month, from, to int }{{1, 1, 1}, {1, 28, 31}, {2, 1, 4}, {4, 4, 6}, {5, 1, 5}, {5, 31, 31}, {6, 1, 2}, {10, 1, 8}},
		[][2]int{{1, 26}, {2, 8}, {4, 27}, {9, 28}, {10, 11}},
	},
}

// newYear marks the working days: Monday to Friday, less the public holidays,
// plus the make-up days of that year's holiday arrangement.
func newYear(number int) *year {
	y := &year{start: time.Date(number, time.January, 1, 0, 0, 0, 0, zone)}
	for d := range y.working {
		weekday := y.start.AddDate(0, 0, d).Weekday()
		y.working[d] = weekday != time.Saturday && weekday != time.Sunday
	}
	for _, h := range arrangements[number].holidays {
		for day := h.from; day <= h.to; day++ {
			y.working[y.day(h.month, day)] = false
		}
	}
	for _, m := range arrangements[number].makeUps {
		y.working[y.day(m[0], m[1])] = true
	}
	return y
}

// day counts the days before a date.
func (y *year) day(month, day int) int {
	date := time.Date(y.start.Year(), time.Month(month), day, 0, 0, 0, 0, zone)
	return int(date.Sub(y.start) / (24 * time.Hour))
}

// midnight is the first instant of a day; the day may lie outside the year.
func (y *year) midnight(day int) time.Time { return y.start.AddDate(0, 0, day) }

// dayOf is the day that holds the instant.
func (y *year) dayOf(t time.Time) int { return int(t.Sub(y.start) / (24 * time.Hour)) }

// office draws an instant in office hours (9 to 12 and 14 to 17) on the first
// working day from the given one on; false if the year ends before.
func (y *year) office(d dice, day int) (time.Time, bool) {
	for ; day < days; day++ {
		if y.working[day] {
			seconds := d.IntN(6 * 60 * 60)
			if seconds >= 3*60*60 {
				seconds += 2 * 60 * 60
			}
			return y.midnight(day).Add(9*time.Hour + time.Duration(seconds)*time.Second), true
		}
	}
	return time.Time{}, false
}

// anyHour draws an instant between 7 and 22 o'clock on the day.
func (y *year) anyHour(d dice, day int) time.Time {
	return y.midnight(day).Add(7*time.Hour + time.Duration(d.IntN(15*60*60))*time.Second)
}

// workdaysAfter is the end of office hours so many working days after t. Past the
// year's end every weekday counts.
func (y *year) workdaysAfter(t time.Time, n int) time.Time {
	day := y.dayOf(t)
	for n > 0 {
		day++
		if y.isWorking(day) {
			n--
		}
	}
	return y.midnight(day).Add(18 * time.Hour)
}

func (y *year) isWorking(day int) bool {
	if day < days {
		return y.working[day]
	}
	weekday := y.midnight(day).Weekday()
	return weekday != time.Saturday && weekday != time.Sunday
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }
