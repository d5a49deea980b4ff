package assessments

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
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
//
// The cells hang together: the first line of the explanation has the plain mean of all
// pieces of a source, and of a small cell all pieces are shown. So the persons behind the
// pieces of a source that lie in no cell that is kept are enough as well, or none, and
// otherwise the cell with the fewest is not kept either.
type visiblePieces struct {
	ev     *scoring.Evidence
	enough func(persons int) bool
	alone  bool           // each cell is looked at by itself, as earlier releases kept them
	months []int32        // of each day of the period
	rows   [5]postingRows // by source, in the order of pieceSources
}

// pieceSources are the sources in the order of the columns below.
var pieceSources = []string{scoring.PieceRating, scoring.PieceCase, scoring.PieceReview, scoring.PieceDeed, scoring.PieceDecision}

// newVisiblePieces finds each posting's rows.
func newVisiblePieces(ev *scoring.Evidence, thresholds privacy.Thresholds) *visiblePieces {
	v := &visiblePieces{ev: ev, enough: thresholds.ShowsFigure}
	for day := ev.From; day <= ev.To; day++ {
		v.months = append(v.months, monthOf(day))
	}
	for source, posting := range [...][]int32{ev.Ratings.Posting, ev.Cases.Posting, ev.Reviews.Posting, ev.Deeds.Posting} {
		v.rows[source] = rowsByPosting(len(ev.Postings), posting)
	}
	v.rows[4] = v.rows[0] // decisions are ratings
	return v
}

// postingRows are the numbers of rows by posting.
type postingRows struct{ rows, starts []int32 }

func (r postingRows) of(posting int32) []int32 { return r.rows[r.starts[posting]:r.starts[posting+1]] }

func rowsByPosting(postings int, posting []int32) postingRows {
	starts := make([]int32, postings+1)
	for _, p := range posting {
		if p != scoring.None {
			starts[p+1]++
		}
	}
	for p := range postings {
		starts[p+1] += starts[p]
	}
	next, rows := slices.Clone(starts[:postings]), make([]int32, starts[postings])
	for i, p := range posting {
		if p != scoring.None {
			rows[next[p]] = int32(i)
			next[p]++
		}
	}
	return postingRows{rows, starts}
}

// postingPieces are the cells that an assessment's pieces lie in, a handful of each
// source.
type postingPieces struct {
	of    *visiblePieces
	cells [5][]pieceCell
}

// pieceCell is all that a piece says of where it comes from, apart from source and
// posting, and the persons behind it.
type pieceCell struct {
	month   int32    // everyMonth: all of them
	kind    int32    // None: all of them
	persons []uint64 // relation and person; one may stand there several times
	kept    bool
}

// all says whether there is anybody, and enough of each relation; it leaves each person
// once.
func (c *pieceCell) all(enough func(persons int) bool) bool {
	slices.Sort(c.persons)
	c.persons = slices.Compact(c.persons)
	for start := 0; start < len(c.persons); {
		end := start + 1
		for end < len(c.persons) && c.persons[end]>>32 == c.persons[start]>>32 {
			end++
		}
		if !enough(end - start) {
			return false
		}
		start = end
	}
	return len(c.persons) > 0
}

// at counts the persons behind the pieces of an assessment. Several may be looked at
// side by side.
func (v *visiblePieces) at(a *scoring.Assessment) *postingPieces {
	out := &postingPieces{of: v}
	for i := range a.Parts {
		for k := range a.Parts[i].Pieces {
			p := &a.Parts[i].Pieces[k]
			if source := slices.Index(pieceSources, p.Source); out.cell(source, p) == nil {
				out.cells[source] = append(out.cells[source], pieceCell{month: monthNamed(p.Month), kind: p.Kind})
			}
		}
	}
	for source, cells := range out.cells {
		if len(cells) == 0 {
			continue
		}
		for p := range v.each(source, a.Posting) {
			p.count(cells)
		}
		for i := range cells {
			cells[i].kept = cells[i].all(v.enough)
		}
		for !v.alone && v.leavesFew(source, a.Posting, cells) {
			smallest(cells).kept = false
		}
	}
	return out
}

// leavesFew says whether some persons, and fewer than the threshold, are behind the pieces
// of a source that lie in no cell of a month that is kept, while there is one. Mostly they
// are soon enough, and the rest need not be looked at.
func (v *visiblePieces) leavesFew(source int, posting int32, cells []pieceCell) bool {
	if smallest(cells) == nil {
		return false
	}
	var persons []uint64
	for p := range v.each(source, posting) {
		if p.shownIn(cells) || slices.Contains(persons, p.who()) {
			continue
		}
		if persons = append(persons, p.who()); v.enough(len(persons)) {
			return false
		}
	}
	return len(persons) > 0
}

// smallest is the cell of a month that is kept with the fewest persons, of several the
// first; nil: there is none.
func smallest(cells []pieceCell) *pieceCell {
	var least *pieceCell
	for i := range cells {
		if c := &cells[i]; c.kept && c.month != everyMonth && (least == nil || len(c.persons) < len(least.persons)) {
			least = c
		}
	}
	return least
}

// cell is the one that a piece belongs to; nil where nothing has named it.
func (s *postingPieces) cell(source int, p *scoring.Piece) *pieceCell {
	month, list := monthNamed(p.Month), s.cells[source]
	for i := range list {
		if list[i].month == month && list[i].kind == p.Kind {
			return &list[i]
		}
	}
	return nil
}

// piecePlace is where a row of evidence lies, and the person behind it.
type piecePlace struct {
	month, kind int32
	relation    scoring.Relation
	person, row int32
}

// who is the person behind a row; of whom nothing is known counts by the row.
func (p *piecePlace) who() uint64 {
	if p.person == scoring.None {
		return 1<<31 | uint64(p.row)
	}
	return uint64(p.person)
}

// each is every row of a posting that a source can show.
func (v *visiblePieces) each(source int, posting int32) iter.Seq[piecePlace] {
	ev := v.ev
	return func(yield func(piecePlace) bool) {
		for _, i := range v.rows[source].of(posting) {
			var p piecePlace
			switch pieceSources[source] {
			case scoring.PieceRating:
				p = piecePlace{v.month(ev.Ratings.Day[i]), ev.Ratings.Kind[i], 0, ev.Ratings.Rater[i], i}
			case scoring.PieceCase:
				p = piecePlace{v.month(v.lastDay(ev.Cases.Closed[i])), ev.Cases.Kind[i], 0, ev.Cases.Resident[i], i}
			case scoring.PieceReview:
				w := &ev.Reviews
				own := w.ReviewerPerson[i] != scoring.None && w.ReviewerPerson[i] == ev.Postings[posting].Person
				if own || w.Relation[i] == scoring.RelationSelf { // which is no evidence either
					continue
				}
				p = piecePlace{v.month(w.Day[i]), scoring.None, w.Relation[i], w.Reviewer[i], i}
			case scoring.PieceDeed:
				if ev.Deeds.Confirmed[i] != scoring.Yes { // the engine shows these
					continue
				}
				p = piecePlace{v.month(ev.Deeds.Day[i]), scoring.None, 0, ev.Deeds.Beneficiary[i], i}
			case scoring.PieceDecision:
				if !ev.Ratings.Adverse[i] {
					continue
				}
				p = piecePlace{v.month(ev.Ratings.Day[i]), scoring.None, 0, ev.Ratings.Rater[i], i}
			}
			if !yield(p) {
				return
			}
		}
	}
}

// shownIn says whether a row lies in a cell of a month that is kept.
func (p *piecePlace) shownIn(cells []pieceCell) bool {
	for k := range cells {
		if c := &cells[k]; c.kept && c.month != everyMonth && c.holds(p) {
			return true
		}
	}
	return false
}

// count counts the person behind a row, by the relation of reviewers, in every cell that
// the row lies in.
func (p *piecePlace) count(cells []pieceCell) {
	for k := range cells {
		if c := &cells[k]; c.holds(p) {
			c.persons = append(c.persons, uint64(p.relation)<<32|p.who())
		}
	}
}

// holds says whether a row lies in the cell.
func (c *pieceCell) holds(p *piecePlace) bool {
	return (c.month == p.month || c.month == everyMonth) && (c.kind == p.kind || c.kind == scoring.None)
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

// Months are counted from the year 0. A piece without one is of every month; one that
// cannot be read is of none.
const (
	everyMonth = -1
	noMonth    = -2
)

// month is the month of a day, mostly of the period.
func (v *visiblePieces) month(day scoring.Day) int32 {
	if day < v.ev.From || day > v.ev.To {
		return monthOf(day)
	}
	return v.months[day-v.ev.From]
}

func monthOf(day scoring.Day) int32 {
	year, month, _ := time.Unix(int64(day)*86400, 0).UTC().Date()
	return int32(12*year + int(month) - 1)
}

// monthNamed reads a month as pieces write it: 2025-03.
func monthNamed(name string) int32 {
	if name == "" {
		return everyMonth
	}
	y, m, _ := strings.Cut(name, "-")
	year, err := strconv.Atoi(y)
	month, err2 := strconv.Atoi(m)
	if err != nil || err2 != nil {
		return noMonth
	}
	return int32(12*year + month - 1)
}

// kept returns those of a part's pieces that may be kept.
func (s *postingPieces) kept(pieces []scoring.Piece) []models.EvidencePiece {
	kept := []models.EvidencePiece{}
	for _, p := range pieces {
		c := s.cell(slices.Index(pieceSources, p.Source), &p)
		if c == nil || !c.kept || math.IsNaN(p.Value+p.Weight+p.Effect) {
			continue
		}
		piece := models.EvidencePiece{Source: p.Source, Month: p.Month, Value: models.Score(p.Value), Weight: models.Score(p.Weight), Effect: models.Score(p.Effect)}
		if p.Kind != scoring.None {
			piece.Kind = s.of.ev.Kinds[p.Kind].Name
		}
		kept = append(kept, piece)
	}
	return kept
}
