package imports

import "steelyard/models"

// column is one column of a file.
type column struct {
	name   string
	filled bool // a cell may not be empty
	absent bool // the column may be missing
	read   columnType

	happened bool // a time that lies behind, where it is no slip
}

// must is a column whose cells are filled, may one that has empty cells, and
// bracketed one that may be missing altogether.
func must(name string, t columnType) column      { return column{name: name, filled: true, read: t} }
func may(name string, t columnType) column       { return column{name: name, read: t} }
func bracketed(name string, t columnType) column { return column{name: name, absent: true, read: t} }

// happened is the column of when something has happened.
func happened(c column) column {
	c.happened = true
	return c
}

// file is one file of the format.
type file struct {
	name    string
	absent  bool // the file may be missing
	columns []column
}

// The files, in the order in which they are read: what is referred to comes
// before what refers to it.
const (
	units uint8 = iota
	officials
	services
	postings
	encounters
	ratings
	cases
	caseEvents
	reviews
	deeds
	achievements
)

// format is the import format.
var format = [...]file{
	units: {name: "units.csv", columns: []column{
		must("unit_id", ref), may("parent_id", ref), must("name", name),
	}},
	officials: {name: "officials.csv", columns: []column{
		must("official_id", ref), must("unit_id", ref), must("name", name), must("position", name),
		bracketed("active_from", moment), bracketed("active_to", moment),
	}},
	services: {name: "services.csv", columns: []column{
		must("service_id", ref), must("name", name), bracketed("category", name),
	}},
	postings: {name: "postings.csv", absent: true, columns: []column{
		must("official_id", ref), must("unit_id", ref), must("position", name), must("from", moment), bracketed("to", moment),
	}},
	encounters: {name: "encounters.csv", absent: true, columns: []column{
		must("encounter_id", ref), must("official_id", ref), must("service_id", ref), bracketed("resident_ref", ref),
		must("channel", channel), happened(must("occurred_at", moment)), bracketed("invited", answer),
	}},
	ratings: {name: "ratings.csv", absent: true, columns: []column{
		must("encounter_id", ref), must("level", level), happened(must("rated_at", moment)), bracketed("comment", comment), bracketed("tags", tags),
	}},
	cases: {name: "cases.csv", absent: true, columns: []column{
		must("case_id", ref), must("category", name), may("official_id", ref), must("unit_id", ref), bracketed("resident_ref", ref),
		must("channel", channel), happened(must("opened_at", moment)), bracketed("due_at", moment), happened(bracketed("closed_at", moment)),
		bracketed("outcome", word(models.CaseOutcomes)), bracketed("asked", answer), bracketed("confirmed", answer),
		bracketed("satisfaction", level), bracketed("transfers", count), bracketed("reopened", count),
		bracketed("title", name), bracketed("description", description),
	}},
	caseEvents: {name: "case_events.csv", absent: true, columns: []column{
		must("case_id", ref), happened(must("at", moment)), must("kind", word(models.ImportedEventKinds)), bracketed("from_official_id", ref),
		bracketed("to_official_id", ref), bracketed("to_unit_id", ref), bracketed("note", description),
	}},
	reviews: {name: "reviews.csv", absent: true, columns: []column{
		must("official_id", ref), must("reviewer_ref", ref), must("relation", word(models.Relations)),
		must("dimension", word(models.Dimensions)), must("score", level), happened(must("submitted_at", moment)),
	}},
	deeds: {name: "deeds.csv", absent: true, columns: []column{
		must("deed_id", ref), must("official_id", ref), must("kind", word(models.DeedKinds)), happened(must("done_at", moment)),
		bracketed("hours", hours), bracketed("beneficiary_ref", ref), bracketed("confirmed", answer), bracketed("title", name),
	}},
	achievements: {name: "achievements.csv", absent: true, columns: []column{
		must("official_id", ref), must("kind", word(models.AchievementKinds)), happened(must("at", moment)), must("title", name),
	}},
}

// rank is a file's place in the format, behind all others where it has none.
func rank(file string) int {
	for i := range format {
		if format[i].name == file {
			return i
		}
	}
	return len(format)
}
