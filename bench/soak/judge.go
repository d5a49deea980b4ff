package main

import (
	"fmt"
	"math"
	"slices"
)

// rule says how much a figure may grow between a third of the time and its end, and
// beyond what it may never go; 0 means that there is no such bound.
type rule struct {
	of    figure
	name  string
	low   bool    // what counts is the least of each thirtieth of the time, not the median: what comes and goes in waves
	share float64 // of what it is
	slack float64 // whatever it is
	most  float64
}

// rules are what is judged. The sizes of database and log grow with what is kept; for each
// row they may not. What is dead comes up to the fifth at which PostgreSQL cleans up.
var rules = []rule{
	{of: rss, name: "memory of the server, MiB", low: true, share: .15, slack: 24},
	{of: heap, name: "its heap, MiB", low: true, share: .15, slack: 12},
	{of: goroutines, name: "goroutines", low: true, share: .1, slack: 10},
	{of: files, name: "open files", low: true, share: .1, slack: 10},
	{of: connections, name: "connections", share: .1, slack: 4},
	{of: queued, name: "queued", low: true, share: .2, slack: 100},
	{of: answersWait, name: "answers before their release", low: true, share: .2, slack: 100},
	{of: writesWait, name: "writes that wait", low: true, share: .2, slack: 20},
	{of: perRow, name: "bytes a row", share: .1},
	{of: dead, name: "dead rows or free pages, %", share: 1, slack: 20, most: 35},
	{of: log, name: "write-ahead log, MiB", share: .5, slack: 400},
	{of: p99Residents, name: "p99 of residents, ms", share: .5, slack: 100},
	{of: p99Officials, name: "p99 of officials, ms", share: .5, slack: 200},
	{of: p99Reports, name: "p99 of reports, ms", share: .5, slack: 500},
	{of: away, name: "sent away a minute", low: true, share: .2, slack: 10},
}

// verdict is what became of a rule.
type verdict struct {
	rule
	from, to, mayBe float64 // by the line through the last two thirds; how much it may grow
	highest         float64
}

func (v verdict) holds() bool { return v.to-v.from <= v.mayBe && (v.most == 0 || v.highest <= v.most) }

func (v verdict) word() string {
	switch {
	case v.to-v.from > v.mayBe:
		return "grows"
	case !v.holds():
		return "too much"
	}
	return "flat"
}

func (v verdict) line() string {
	return fmt.Sprintf("| %s | %.4g | %.4g | %.3g | %s |", v.name, v.from, v.to, v.mayBe, v.word())
}

// turns are into how many parts the time is divided: minutes, of half an hour.
const turns = 30

// judge holds the last two thirds of the time to the rules; what is not known is left out.
func judge(samples []sample) []verdict {
	var all []verdict
	for _, r := range rules {
		x, y := parts(column(samples, minutes), column(samples, r.of), r.low)
		if len(y) < 3 {
			continue
		}
		at, slope := line(x, y)
		v := verdict{rule: r, from: at, to: at + slope*(x[len(x)-1]-x[0]), highest: slices.Max(y)}
		v.mayBe = r.share*math.Abs(v.from) + r.slack
		all = append(all, v)
	}
	return all
}

// parts are the median, or the least, of each thirtieth of the time after the first third.
func parts(at, of []float64, low bool) (x, y []float64) {
	if len(at) == 0 {
		return nil, nil
	}
	each := make([][]float64, turns)
	for i, v := range of {
		if !math.IsNaN(v) {
			n := min(int(turns*at[i]/at[len(at)-1]), turns-1)
			each[n] = append(each[n], v)
		}
	}
	for n := turns / 3; n < turns; n++ {
		switch {
		case len(each[n]) == 0:
			continue
		case low:
			y = append(y, slices.Min(each[n]))
		default:
			y = append(y, median(each[n]))
		}
		x = append(x, (float64(n)+.5)*at[len(at)-1]/turns)
	}
	return x, y
}

// line is the line of Theil and Sen, which up to a quarter of strange values cannot move:
// the median of the slopes between any two points, through the medians of what it leaves.
//
//	y = at + slope × (x − x[0])
func line(x, y []float64) (at, slope float64) {
	var slopes []float64
	for i := range x {
		for j := range i {
			slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
		}
	}
	slope = median(slopes)
	left := make([]float64, len(y))
	for i := range y {
		left[i] = y[i] - slope*(x[i]-x[0])
	}
	return median(left), slope
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// pictures are the panels of the plot.
var pictures = []struct {
	title string
	lines []struct {
		name string
		of   figure
	}
}{
	{"memory, MiB", lines{{"resident", rss}, {"heap", heap}}},
	{"goroutines, open files", lines{{"goroutines", goroutines}, {"files", files}}},
	{"connections", lines{{"held", connections}, {"in use", connectionsUsed}}},
	{"p99 of the last minute, ms", lines{{"residents", p99Residents}, {"officials", p99Officials}, {"reports", p99Reports}}},
	{"what waits", lines{{"queued", queued}, {"answers", answersWait}, {"writes", writesWait}}},
	{"sent away a minute; wrong", lines{{"sent away", away}, {"wrong", wrong}}},
	{"database, MiB", lines{{"", size}}},
	{"dead rows or free pages, %", lines{{"", dead}}},
	{"write-ahead log, MiB", lines{{"", log}}},
}

type lines = []struct {
	name string
	of   figure
}

// note says the worst of what was found of a panel's lines.
func note(before string, verdicts []verdict, of figure) string {
	for _, v := range verdicts {
		if v.of == of && (before == "" || before == "flat") {
			return v.word()
		}
	}
	return before
}
