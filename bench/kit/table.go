package main

import (
	"fmt"
	"math"
	"strings"
)

// verdict is how a goal came out.
type verdict struct{ ratio, goal, kept string }

// table is everything measured, in Markdown: a row for each work and number of connections,
// then the memory.
func table(f figures) string {
	var b strings.Builder
	b.WriteString("| work | connections |")
	for _, server := range servers {
		b.WriteString(" " + server + " |")
	}
	b.WriteString(" ratio | goal | |\n|---|---:|" + strings.Repeat("---:|", len(servers)+1) + "---|---|\n")
	for _, w := range works {
		for _, connections := range f.connectionsOf(w.name) {
			b.WriteString(row(f, w, connections))
		}
	}
	return b.String() + memoryRow(f)
}

func row(f figures, w work, connections int) string {
	cells := []string{w.name, "–"}
	if connections > 0 {
		cells[1] = fmt.Sprint(connections)
	}
	for _, server := range servers {
		cells = append(cells, shown(f, cell{w.name, server, connections}, w.unit))
	}
	return join(cells, judge(f, w, connections))
}

// join ends a row with its verdicts, a line each.
func join(cells []string, verdicts []verdict) string {
	var ratios, goals, kept []string
	for _, v := range verdicts {
		ratios, goals, kept = append(ratios, v.ratio), append(goals, v.goal), append(kept, v.kept)
	}
	for _, list := range [][]string{ratios, goals, kept} {
		cells = append(cells, strings.Join(list, "<br>"))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// shown is a figure with its times.
func shown(f figures, at cell, unit string) string {
	one, found := f[at]
	if !found {
		return ""
	}
	text := digits(one.amount) + "/s"
	if unit == seconds {
		text = digits(one.amount) + " s"
	}
	if !math.IsNaN(one.p50) && !math.IsNaN(one.p99) {
		text += "<br>" + digits(one.p50) + " / " + digits(one.p99) + " ms"
	}
	return text
}

// digits writes a figure with as many digits as mean something.
func digits(x float64) string {
	switch {
	case x >= 100:
		return grouped(int(math.Round(x)))
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// grouped writes a number with a comma at its thousands.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// judge holds a work to its goals.
func judge(f figures, w work, connections int) []verdict {
	ours, found := f[cell{w.name, steelyard, connections}]
	if !found {
		return nil
	}
	more := w.unit == perSecond
	var verdicts []verdict
	for _, g := range w.goals {
		if theirs, found := f.other(w, g.against, connections); found {
			verdicts = append(verdicts, held(ours.amount/theirs, g, more))
		}
	}
	if w.name == "rating, SQLite" && connections == residentsAtOnce && !math.IsNaN(ours.p99) {
		verdicts = append(verdicts, verdict{digits(ours.p99) + " ms", fmt.Sprintf("p99 ≤ %d ms", slowestRating), word(ours.p99 <= slowestRating, false)})
	}
	if least := f.slowest(w.name, connections); connections == crowded && !math.IsNaN(ours.p99) && !math.IsInf(least, 0) {
		verdicts = append(verdicts, held(ours.p99/least, goal{1, best, false}, false, "p99 "))
	}
	return verdicts
}

func held(ratio float64, g goal, more bool, of ...string) verdict {
	sign, is := "≤", ratio <= g.ratio
	if more {
		sign, is = "≥", ratio >= g.ratio
	}
	return verdict{fmt.Sprintf("%.2f", ratio), fmt.Sprintf("%s%s %g × %s", strings.Join(of, ""), sign, g.ratio, g.against), word(is, g.aim)}
}

func word(held, aim bool) string {
	switch {
	case held:
		return "held"
	case aim:
		return "aim missed"
	}
	return "**missed**"
}

// other is the figure that Steelyard's is compared with.
func (f figures) other(w work, against string, connections int) (float64, bool) {
	if against != best {
		one, found := f[cell{w.name, against, connections}]
		return one.amount, found
	}
	amount, found := 0.0, false
	for _, peer := range peers {
		one, there := f[cell{w.name, peer, connections}]
		if there && (!found || (w.unit == perSecond) == (one.amount > amount)) {
			amount, found = one.amount, true
		}
	}
	return amount, found
}

// slowest is the p99 of the peer that has the best; infinite where there is none.
func (f figures) slowest(name string, connections int) float64 {
	least := math.Inf(1)
	for _, peer := range peers {
		if one, found := f[cell{name, peer, connections}]; found && one.p99 < least {
			least = one.p99
		}
	}
	return least
}

// memoryRow is the most that each server held in any work that is measured by answers a second.
func memoryRow(f figures) string {
	most := map[string]float64{}
	for at, one := range f {
		if w, _ := workOf(at.work); w.unit == perSecond && one.memory > most[at.server] {
			most[at.server] = one.memory
		}
	}
	if most[steelyard] == 0 {
		return ""
	}
	cells := []string{"memory under load", "–"}
	for _, server := range servers {
		if most[server] == 0 {
			cells = append(cells, "")
			continue
		}
		cells = append(cells, fmt.Sprintf("%.0f MiB", most[server]))
	}
	return join(cells, []verdict{{fmt.Sprintf("%.0f MiB", most[steelyard]), fmt.Sprintf("≤ %d MiB", mostMemory), word(most[steelyard] <= mostMemory, false)}})
}
