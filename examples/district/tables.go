package district

import (
	"fmt"
	"strconv"
	"time"
)

// tables writes the world down in the columns of the import format.
func (w *world) tables() []table {
	return []table{
		unitTable(), w.officialTable(), serviceTable(), w.postingTable(),
		w.encounterTable(), w.ratingTable(), w.caseTable(), w.eventTable(),
		w.reviewTable(), w.deedTable(), w.achievementTable(),
	}
}

func newTable(name string, header ...string) table { return table{name: name, header: header} }

func unitTable() table {
	t := newTable("units.csv", "unit_id", "parent_id", "name")
	for _, u := range units() {
		t.add(u.id, u.parent, u.name)
	}
	return t
}

func (w *world) officialTable() table {
	t := newTable("officials.csv", "official_id", "unit_id", "name", "position", "active_from", "active_to")
	for i, o := range w.officials {
		until := ""
		if left := w.careers[i].left; left > 0 {
			until = stamp(w.year.midnight(left))
		}
		t.add(o.ID, w.last(i).unit, o.Name, o.Position, stamp(w.careers[i].since), until)
	}
	return t
}

func serviceID(n int) string { return fmt.Sprintf("S%02d", n+1) }

func serviceTable() table {
	t := newTable("services.csv", "service_id", "name", "category")
	for i, s := range services {
		t.add(serviceID(i), s.name, s.category)
	}
	return t
}

// postingTable lists all posts of those who moved.
func (w *world) postingTable() table {
	t := newTable("postings.csv", "official_id", "unit_id", "position", "from", "to")
	for i, o := range w.officials {
		posts := w.careers[i].posts
		if len(posts) == 1 {
			continue
		}
		for n, number := range posts {
			p := w.posts[number]
			from, to := stamp(w.year.midnight(p.from)), stamp(w.year.midnight(p.to))
			if n == 0 {
				from = stamp(w.careers[i].since)
			}
			if n == len(posts)-1 {
				to = ""
			}
			t.add(o.ID, p.unit, duties[p.role].position, from, to)
		}
	}
	return t
}

// id is a piece of evidence's; those of the year before have a mark of their own.
func (w *world) id(format string, n int) string {
	id := fmt.Sprintf(format, n+1)
	if w.before {
		return "B" + id
	}
	return id
}

func (w *world) encounterID(n int) string { return w.id("E%05d", n) }

func (w *world) encounterTable() table {
	t := newTable("encounters.csv", "encounter_id", "official_id", "service_id", "resident_ref", "channel", "occurred_at", "invited")
	for i, e := range w.encounters {
		o := w.officials[w.posts[e.post].official]
		t.add(w.encounterID(i), o.ID, serviceID(e.service), w.residentRef(e.resident), channels[e.channel], stamp(e.at), e.invited)
	}
	return t
}

func (w *world) ratingTable() table {
	t := newTable("ratings.csv", "encounter_id", "level", "rated_at", "comment", "tags")
	for i, e := range w.encounters {
		if e.level > 0 {
			t.add(w.encounterID(i), strconv.Itoa(e.level), stamp(e.ratedAt), e.comment, e.tags)
		}
	}
	return t
}

func (w *world) caseID(n int) string { return w.id("C%05d", n) }

func (w *world) caseTable() table {
	t := newTable("cases.csv", "case_id", "category", "official_id", "unit_id", "resident_ref", "channel", "opened_at", "due_at",
		"closed_at", "outcome", "asked", "confirmed", "satisfaction", "transfers", "reopened", "title", "description")
	for i, c := range w.cases {
		satisfaction := ""
		if c.satisfaction > 0 {
			satisfaction = strconv.Itoa(c.satisfaction)
		}
		t.add(w.caseID(i), categories[c.category].name, w.officialID(c.official), c.unit, w.residentRef(c.resident),
			channels[c.channel], stamp(c.opened), stampOrEmpty(c.due), stampOrEmpty(c.closed), c.outcome, c.asked, c.confirmed,
			satisfaction, strconv.Itoa(c.transfers), strconv.Itoa(c.reopened), c.title, c.description)
	}
	return t
}

func (w *world) eventTable() table {
	t := newTable("case_events.csv", "case_id", "at", "kind", "from_official_id", "to_official_id", "to_unit_id", "note")
	for i, c := range w.cases {
		for _, e := range c.events {
			t.add(w.caseID(i), stamp(e.at), e.kind, w.officialID(e.from), w.officialID(e.to), e.unit, e.note)
		}
	}
	return t
}

func (w *world) reviewTable() table {
	t := newTable("reviews.csv", "official_id", "reviewer_ref", "relation", "dimension", "score", "submitted_at")
	for _, r := range w.reviews {
		t.add(w.officials[r.official].ID, r.reviewer, r.relation, r.dimension, strconv.Itoa(r.score), stamp(r.at))
	}
	return t
}

func (w *world) deedTable() table {
	t := newTable("deeds.csv", "deed_id", "official_id", "kind", "done_at", "hours", "beneficiary_ref", "confirmed", "title")
	for i, x := range w.deeds {
		t.add(w.id("D%04d", i), w.officialID(x.official), deedKinds[x.kind], stamp(x.at), x.hours,
			w.residentRef(x.beneficiary), x.confirmed, x.title)
	}
	return t
}

func (w *world) achievementTable() table {
	t := newTable("achievements.csv", "official_id", "kind", "at", "title")
	for _, h := range w.honours {
		t.add(w.officials[h.official].ID, h.kind, stamp(h.at), h.title)
	}
	return t
}

// officialID is the official's id, empty for nobody.
func (w *world) officialID(n int) string {
	if n == nobody {
		return ""
	}
	return w.officials[n].ID
}

func stampOrEmpty(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}
