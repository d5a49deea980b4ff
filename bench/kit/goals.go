package main

import "slices"

// The servers, as the columns of the table.
const (
	steelyard    = "Steelyard"
	floor        = "floor"          // the same statements straight to the database
	keptFloor    = "floor, kept"    // the same from kept totals
	postgraphile = "PostGraphile 5" // the peers, over the same tables
	mercurius    = "Mercurius"
	best         = "the best peer"
)

var (
	servers = []string{steelyard, floor, keptFloor, "PostGraphile 4", postgraphile, mercurius}
	peers   = servers[3:]
)

// Units of what is measured.
const (
	perSecond = "1/s" // more is better
	seconds   = "s"   // less is better
)

// work is what is measured, in the order of the table.
type work struct {
	name, unit string
	goals      []goal
}

// goal bounds the ratio of Steelyard's figure to another's: from below where more is better,
// from above where less is.
type goal struct {
	ratio   float64
	against string
	aim     bool // hoped for beyond what must hold
}

var works = []work{
	{"one official", perSecond, []goal{{2.5, postgraphile, false}, {1.5, mercurius, false}}},
	{"fifty officials", perSecond, []goal{{1.2, postgraphile, false}, {1.5, best, true}}},
	{"totals by unit", perSecond, []goal{{20, best, false}}},
	{"page of the report", perSecond, []goal{{0.3, floor, false}}},
	{"rating, PostgreSQL", perSecond, []goal{{0.5, floor, false}, {0.7, floor, true}}},
	{"rating, SQLite", perSecond, []goal{{0.5, floor, false}}},
	{"import", seconds, []goal{{3, floor, false}, {1.5, floor, true}}},
	{"merge", seconds, nil},
	{"assessment", seconds, []goal{{20, floor, false}, {10, floor, true}}},
}

const (
	// crowded is how many connections the slowest answers are judged at: no later than the
	// best peer's.
	crowded = 64
	// mostMemory is how many MiB a server may hold under load.
	mostMemory = 150
	// slowestRating is within how many milliseconds 99 of 100 ratings are kept on SQLite, by
	// so many residents at once.
	slowestRating, residentsAtOnce = 50, 16
)

func workOf(name string) (work, bool) {
	at := slices.IndexFunc(works, func(w work) bool { return w.name == name })
	if at < 0 {
		return work{}, false
	}
	return works[at], true
}

// connectionsOf are the numbers of connections at which a work was measured.
func (f figures) connectionsOf(name string) []int {
	var list []int
	for at := range f {
		if at.work == name && !slices.Contains(list, at.connections) {
			list = append(list, at.connections)
		}
	}
	slices.Sort(list)
	return list
}
