package assessments

import (
	"cmp"
	"slices"
	"strings"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// career is where an official's spans stand among all of them.
type career struct{ first, n int32 }

// span is the days of one post inside the period; posting is None where the
// post lies outside the scope.
type span struct {
	from, to scoring.Day
	posting  int32
}

// postAt returns the posting that an official held on a day, or None. Where two
// overlap, the one that began later counts.
func (r *reader) postAt(official models.ID, day scoring.Day) int32 {
	number := r.officials.find(official)
	if number == scoring.None {
		return scoring.None
	}
	c := r.careers[number]
	for i := c.first + c.n - 1; i >= c.first; i-- {
		if s := &r.spans[i]; s.from <= day && day <= s.to {
			return s.posting
		}
	}
	return scoring.None
}

// whole says whether an official held one post over the whole period.
func (r *reader) whole(official models.ID) (int32, bool) {
	number := r.officials.find(official)
	if number == scoring.None {
		return scoring.None, false
	}
	c := r.careers[number]
	if c.n != 1 || r.spans[c.first].from != r.ev.From || r.spans[c.first].to != r.ev.To {
		return scoring.None, false
	}
	return r.spans[c.first].posting, true
}

func (r *reader) readUnits() error {
	err := r.snap.Each(r.ctx, "SELECT id, ref FROM org_units", nil, func(row *store.Row) error {
		r.units[row.ID(0)] = row.Text(1)
		return nil
	})
	if err != nil || r.in.unit == nil {
		return err
	}
	if _, there := r.units[*r.in.unit]; !there {
		return models.NotFound("OrgUnit")
	}
	err = r.snap.Each(r.ctx, "SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?", []any{*r.in.unit},
		func(row *store.Row) error {
			r.inScope[row.ID(0)] = true
			return nil
		})
	if len(r.inScope) == len(r.units) {
		r.in.unit = nil // the top of the organisation is all of it, to the last digit
	}
	return err
}

// held is a post as it is stored, cut to the period and to the time in which the
// official was active.
type held struct {
	post
	ref, position string
	from, to      models.Date
	inScope       bool
}

// readPostings reads every post that the officials of the scope held in the
// period, those outside the scope too: they say to whom a day does not belong.
func (r *reader) readPostings() error {
	from, to := r.in.period.From, r.in.period.To
	inScope, args := "1 = 1", []any{}
	if r.in.unit != nil {
		inScope = "p.unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)"
		args = append(args, *r.in.unit)
	}
	args = append(args, to, from, to, from)
	narrower, args := r.ofScope("p.official_id", args)
	var all []held
	err := r.snap.Each(r.ctx, `SELECT p.id, p.official_id, p.unit_id, o.ref, s.name, p.from_on, p.to_on,
			o.active_from, o.active_to, (`+inScope+`)
		FROM postings p JOIN officials o ON o.id = p.official_id JOIN positions s ON s.id = p.position_id
		WHERE p.from_on <= ? AND (p.to_on IS NULL OR p.to_on >= ?)
			AND (o.active_from IS NULL OR o.active_from <= ?) AND (o.active_to IS NULL OR o.active_to >= ?)`+narrower,
		args, func(row *store.Row) error {
			h := held{
				post: post{row.ID(0), row.ID(1), row.ID(2)}, ref: row.Text(3), position: row.Text(4),
				from: later(from, row.Date(5), row.Date(7)), to: earlier(to, row.Date(6), row.Date(8)),
				inScope: row.Bool(9),
			}
			if !h.to.Before(h.from) {
				all = append(all, h)
			}
			return nil
		})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b held) int {
		return cmp.Or(strings.Compare(a.ref, b.ref), cmp.Compare(a.from.EpochDay(), b.from.EpochDay()),
			slices.Compare(a.posting[:], b.posting[:]))
	})
	r.place(all)
	return nil
}

// place gives posts and officials their numbers.
func (r *reader) place(all []held) {
	for i := range all {
		h := &all[i]
		person := r.officials.number(h.official)
		if int(person) == len(r.careers) {
			r.careers = append(r.careers, career{first: int32(len(r.spans))})
		}
		r.careers[person].n++
		s := span{scoring.Day(h.from.EpochDay()), scoring.Day(h.to.EpochDay()), scoring.None}
		if h.inScope {
			s.posting = int32(len(r.posts))
			r.posts = append(r.posts, h.post)
			r.ev.Postings = append(r.ev.Postings, scoring.Posting{
				Official: h.ref, Person: person, Unit: r.units[h.unit],
				Position: h.position, PeerGroup: string(models.Position{Name: h.position}.PeerGroup()),
				From: s.from, To: s.to, Standing: r.barred[h.official], Cleared: r.cleared[h.official],
			})
		}
		r.spans = append(r.spans, s)
	}
}

// later is the latest of the dates that are known.
func later(d models.Date, others ...models.Date) models.Date {
	for _, o := range others {
		if !o.IsZero() && o.After(d) {
			d = o
		}
	}
	return d
}

// earlier is the earliest of the dates that are known.
func earlier(d models.Date, others ...models.Date) models.Date {
	for _, o := range others {
		if !o.IsZero() && o.Before(d) {
			d = o
		}
	}
	return d
}
