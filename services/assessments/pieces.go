package assessments

import (
	"math"
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
	ev      *scoring.Evidence
	enough  func(persons int) bool
	persons map[pieceCell]crowds
}

// pieceCell is all that a piece says of where it comes from; without a month or a
// kind it is about all of them.
type pieceCell struct {
	posting int32
	source  string
	month   string
	kind    int32
}

// crowds are the persons behind a cell, by relation; those who are no reviewers
// have relation 0.
type crowds map[scoring.Relation]*crowd

func (c crowds) add(relation scoring.Relation, person int32) {
	if c[relation] == nil {
		c[relation] = &crowd{known: map[int32]bool{}}
	}
	c[relation].add(person)
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
	known   map[int32]bool
	strange int
}

func (c *crowd) add(person int32) {
	if person == scoring.None {
		c.strange++
		return
	}
	c.known[person] = true
}

func (c *crowd) size() int { return len(c.known) + c.strange }

// newVisiblePieces counts the persons behind the pieces that a result names.
func newVisiblePieces(ev *scoring.Evidence, result *scoring.Result, thresholds privacy.Thresholds) *visiblePieces {
	v := &visiblePieces{ev: ev, enough: thresholds.ShowsFigure, persons: map[pieceCell]crowds{}}
	for i := range result.Assessments {
		a := &result.Assessments[i]
		for _, part := range a.Parts {
			for _, p := range part.Pieces {
				v.persons[pieceCell{a.Posting, p.Source, p.Month, p.Kind}] = crowds{}
			}
		}
	}
	if len(v.persons) > 0 {
		v.count()
	}
	return v
}

func (v *visiblePieces) count() {
	month := months()
	addOf := func(relation scoring.Relation, posting int32, source string, day scoring.Day, kind, person int32) {
		for _, m := range [2]string{month(day), ""} {
			if c := v.persons[pieceCell{posting, source, m, kind}]; c != nil {
				c.add(relation, person)
			}
			if c := v.persons[pieceCell{posting, source, m, scoring.None}]; c != nil && kind != scoring.None {
				c.add(relation, person)
			}
		}
	}
	add := func(posting int32, source string, day scoring.Day, kind, person int32) {
		addOf(0, posting, source, day, kind, person)
	}
	r := &v.ev.Ratings
	for i, p := range r.Posting {
		add(p, scoring.PieceRating, r.Day[i], r.Kind[i], r.Rater[i])
	}
	c := &v.ev.Cases
	for i, p := range c.Posting {
		add(p, scoring.PieceCase, v.lastDay(c.Closed[i]), c.Kind[i], c.Resident[i])
	}
	w := &v.ev.Reviews
	for i, p := range w.Posting {
		own := w.ReviewerPerson[i] != scoring.None && w.ReviewerPerson[i] == v.ev.Postings[p].Person
		if own || w.Relation[i] == scoring.RelationSelf {
			continue // it is no evidence either
		}
		addOf(w.Relation[i], p, scoring.PieceReview, w.Day[i], scoring.None, w.Reviewer[i])
	}
	d := &v.ev.Deeds
	for i, p := range d.Posting {
		if d.Confirmed[i] != scoring.Yes {
			continue // the engine shows the confirmed ones
		}
		add(p, scoring.PieceDeed, d.Day[i], scoring.None, d.Beneficiary[i])
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

// months returns the month of a day, as pieces write it.
func months() func(scoring.Day) string {
	known := map[scoring.Day]string{}
	return func(day scoring.Day) string {
		m, ok := known[day]
		if !ok {
			m = time.Unix(int64(day)*86400, 0).UTC().Format("2006-01")
			known[day] = m
		}
		return m
	}
}

// of returns the pieces of a posting's part that may be kept.
func (v *visiblePieces) of(posting int32, pieces []scoring.Piece) []models.EvidencePiece {
	var kept []models.EvidencePiece
	for _, p := range pieces {
		c := v.persons[pieceCell{posting, p.Source, p.Month, p.Kind}]
		if !c.all(v.enough) || math.IsNaN(p.Value+p.Weight+p.Effect) {
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
