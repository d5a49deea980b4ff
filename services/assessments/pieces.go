package assessments

import (
	"math"
	"slices"
	"time"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/scoring"
)

// visiblePieces decides which pieces of evidence are kept with an explanation.
//
// The rule: a piece of a source, month and kind is kept only where at least
// Thresholds.Figures different persons gave such pieces about this posting:
// residents who rated, residents of the cases, reviewers, residents who confirmed
// a deed. Each of whom nothing is known counts as a person. Reviewers are counted by
// their relation, and every relation that is there needs as many: a superior is
// alone among any number of peers, and the piece's effect would tell which is the
// superior's. What one says of oneself is no piece and counts for nothing. Below the
// threshold nothing of the cell is stored, so that no later reader has to remember
// the rule. What is kept names month and kind of work, never a day, an encounter, a
// relation or a person.
type visiblePieces struct {
	ev     *scoring.Evidence
	enough func(persons int) bool
	cells  map[string][][]pieceCell // by source, by posting: a handful each
	months months
}

// pieceCell is all that a piece says of where it comes from, apart from source and
// posting, and the persons behind it.
type pieceCell struct {
	month   int32 // by number; everyMonth: all of them
	kind    int32 // None: all of them
	persons crowds
}

// crowds are the persons behind a cell, by relation; those who are no reviewers
// have relation 0.
type crowds map[scoring.Relation]*crowd

func (c crowds) add(relation scoring.Relation, person int32) {
	of := c[relation]
	if of == nil {
		of = &crowd{}
		c[relation] = of
	}
	of.add(person)
}

// all says whether there is anybody, and enough of each relation.
func (c crowds) all(enough func(persons int) bool) bool {
	for _, of := range c {
		if !enough(of.size()) {
			return false
		}
	}
	return len(c) > 0
}

// crowd counts different persons.
type crowd struct {
	known   []int32 // one may stand there several times
	strange int
}

func (c *crowd) add(person int32) {
	if person == scoring.None {
		c.strange++
		return
	}
	c.known = append(c.known, person)
}

func (c *crowd) size() int {
	slices.Sort(c.known)
	c.known = slices.Compact(c.known)
	return len(c.known) + c.strange
}

// newVisiblePieces counts the persons behind the pieces that a result names.
func newVisiblePieces(ev *scoring.Evidence, result *scoring.Result, thresholds privacy.Thresholds) *visiblePieces {
	v := &visiblePieces{
		ev: ev, enough: thresholds.ShowsFigure, cells: map[string][][]pieceCell{},
		months: months{number: map[string]int32{"": everyMonth}, ofDay: map[scoring.Day]int32{}},
	}
	for _, source := range scoring.PieceSources() {
		v.cells[source] = make([][]pieceCell, len(result.Assessments))
	}
	for i := range result.Assessments {
		a := &result.Assessments[i]
		for _, part := range a.Parts {
			for _, p := range part.Pieces {
				if list := v.cells[p.Source]; v.cell(a.Posting, &p) == nil {
					list[a.Posting] = append(list[a.Posting], pieceCell{month: v.months.add(p.Month), kind: p.Kind, persons: crowds{}})
				}
			}
		}
	}
	v.count()
	return v
}

// cell is the one that a posting's piece belongs to; nil where nothing names it.
func (v *visiblePieces) cell(posting int32, p *scoring.Piece) *pieceCell {
	month, known := v.months.number[p.Month]
	if !known {
		return nil
	}
	list := v.cells[p.Source][posting]
	for i := range list {
		if list[i].month == month && list[i].kind == p.Kind {
			return &list[i]
		}
	}
	return nil
}

func (v *visiblePieces) count() {
	r, ratings := &v.ev.Ratings, v.cells[scoring.PieceRating]
	for i, p := range r.Posting {
		v.add(ratings, p, 0, r.Day[i], r.Kind[i], r.Rater[i])
	}
	c, cases := &v.ev.Cases, v.cells[scoring.PieceCase]
	for i, p := range c.Posting {
		v.add(cases, p, 0, v.lastDay(c.Closed[i]), c.Kind[i], c.Resident[i])
	}
	w, reviews := &v.ev.Reviews, v.cells[scoring.PieceReview]
	for i, p := range w.Posting {
		own := w.ReviewerPerson[i] != scoring.None && w.ReviewerPerson[i] == v.ev.Postings[p].Person
		if own || w.Relation[i] == scoring.RelationSelf {
			continue // it is no evidence either
		}
		v.add(reviews, p, w.Relation[i], w.Day[i], scoring.None, w.Reviewer[i])
	}
	d, deeds := &v.ev.Deeds, v.cells[scoring.PieceDeed]
	for i, p := range d.Posting {
		if d.Confirmed[i] != scoring.Yes {
			continue // the engine shows the confirmed ones
		}
		v.add(deeds, p, 0, d.Day[i], scoring.None, d.Beneficiary[i])
	}
}

// add counts a person in every cell of the posting that the row lies in.
func (v *visiblePieces) add(cells [][]pieceCell, posting int32, relation scoring.Relation, day scoring.Day, kind, person int32) {
	if posting == scoring.None || len(cells[posting]) == 0 {
		return
	}
	month := v.months.at(day)
	list := cells[posting]
	for i := range list {
		c := &list[i]
		if (c.month == everyMonth || c.month == month) && (c.kind == scoring.None || c.kind == kind) {
			c.persons.add(relation, person)
		}
	}
}

// lastDay is the day on which a case was closed, or the last of the period for an
// open one. It is reckoned back in whole days from the period's end, as the engine
// does, which knows no zone.
func (v *visiblePieces) lastDay(closed int64) scoring.Day {
	if closed == scoring.NoTime {
		return v.ev.To
	}
	return v.ev.To - scoring.Day((v.ev.Cases.End-1-closed)/86400)
}

// months numbers the months that pieces name, as pieces write them.
type months struct {
	number map[string]int32
	ofDay  map[scoring.Day]int32 // the month of each day that was met
}

const (
	everyMonth = 0
	otherMonth = -1 // no piece names it
)

// add returns the number of a month; the first time it is made.
func (m *months) add(name string) int32 {
	n, known := m.number[name]
	if !known {
		n = int32(len(m.number))
		m.number[name] = n
	}
	return n
}

// at is the number of a day's month.
func (m *months) at(day scoring.Day) int32 {
	n, known := m.ofDay[day]
	if !known {
		if n, known = m.number[time.Unix(int64(day)*86400, 0).UTC().Format("2006-01")]; !known {
			n = otherMonth
		}
		m.ofDay[day] = n
	}
	return n
}

// of returns the pieces of a posting's part that may be kept.
func (v *visiblePieces) of(posting int32, pieces []scoring.Piece) []models.EvidencePiece {
	var kept []models.EvidencePiece
	for _, p := range pieces {
		c := v.cell(posting, &p)
		if c == nil || !c.persons.all(v.enough) || math.IsNaN(p.Value+p.Weight+p.Effect) {
			continue
		}
		piece := models.EvidencePiece{Source: p.Source, Month: p.Month, Value: p.Value, Weight: p.Weight, Effect: p.Effect}
		if p.Kind != scoring.None {
			piece.Kind = v.ev.Kinds[p.Kind].Name
		}
		kept = append(kept, piece)
	}
	return kept
}
