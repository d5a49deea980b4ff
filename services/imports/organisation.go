package imports

import (
	"bytes"
	"cmp"
	"slices"

	"steelyard/models"
)

// organisation is the units, positions, officials and services of database and
// folder together: what all else refers to. It is the one part of a folder that
// is held in memory whole, at some 300 bytes a row.
type organisation struct {
	units     []unit
	officials []official
	services  []service
	positions []position

	unitOf     map[string]int32 // by external id
	officialOf map[string]int32
	serviceOf  map[string]int32
	positionOf map[string]int32 // by name

	unitByID     map[models.ID]int32
	officialByID map[models.ID]int32
	serviceByID  map[models.ID]int32

	// The officials' numbers in the order of their ids, and the place there of each.
	byID, rank []int32
}

// numberOf is an official's number, none where nobody has the id.
func (o *organisation) numberOf(id models.ID) int32 {
	if n, known := o.officialByID[id]; known {
		return n
	}
	return none
}

// none is a reference to nothing.
const none int32 = -1

// standing says where a record comes from.
type standing struct {
	stored bool  // the database has it
	at     place // its row in the folder
	here   bool  // it has a row
	bad    bool  // the row is rejected
}

type unit struct {
	standing
	id     models.ID
	ref    string
	name   string
	parent int32
	// Of a row that is not yet resolved: who the parent is.
	parentRef string
	was       struct {
		name   string
		parent int32
	}
}

type official struct {
	standing
	models.Official
	unit, position int32
	was            models.Official
	posts          []post
	storedPosts    []post
}

type service struct {
	standing
	models.Service
	was models.Service
}

type position struct {
	models.Position
	stored bool
}

// post is a posting; those of the folder and the stored ones are kept apart until
// they are merged.
type post struct {
	models.Posting
	unit int32
	at   place
}

func (r *run) readOrganisation() error {
	r.organisation = organisation{
		unitOf: map[string]int32{}, officialOf: map[string]int32{}, serviceOf: map[string]int32{},
		positionOf: map[string]int32{}, unitByID: map[models.ID]int32{}, officialByID: map[models.ID]int32{}, serviceByID: map[models.ID]int32{},
	}
	for _, step := range []func() error{
		r.recallUnits, r.recallPositions, r.recallOfficials, r.recallPosts, r.recallServices,
		r.readUnits, r.readOfficials, r.readServices, r.readPostings,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	r.rankOfficials()
	return r.mergeOrganisation()
}

func (r *run) rankOfficials() {
	r.byID, r.rank = make([]int32, len(r.officials)), make([]int32, len(r.officials))
	for n := range r.byID {
		r.byID[n] = int32(n)
	}
	slices.SortFunc(r.byID, func(a, b int32) int { return bytes.Compare(r.officials[a].ID[:], r.officials[b].ID[:]) })
	for place, n := range r.byID {
		r.rank[n] = int32(place)
	}
}

// enter notes that a record has a row, or that it had one before.
func (w *row) enter(s *standing, column int) bool {
	if s.here {
		w.fault(column, DuplicateID)
		return false
	}
	s.here, s.at, s.bad = true, w.at, w.bad
	return true
}

func (r *run) readUnits() error {
	err := r.each(units, 0, nil, func(w *row) error {
		ref := w.text(0)
		if !w.values[0].filled {
			return nil
		}
		n, known := r.unitOf[ref]
		if !known {
			n = int32(len(r.units))
			r.units = append(r.units, unit{id: models.NewID(), ref: ref, parent: none})
			r.unitOf[ref], r.unitByID[r.units[n].id] = n, n
		}
		u := &r.units[n]
		if w.enter(&u.standing, 0) {
			u.name, u.parentRef = w.text(2), w.text(1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.resolveParents()
	return nil
}

// resolveParents turns the units' rows into a tree, and finds what is none.
func (r *run) resolveParents() {
	const parentColumn = 1
	reject := func(u *unit, kind Kind) {
		u.bad = true
		r.fault(u.at, parentColumn, []byte(u.parentRef), kind)
	}
	for i := range r.units {
		u := &r.units[i]
		if !u.here {
			continue
		}
		u.parent = none
		if u.parentRef == "" {
			continue
		}
		parent, known := r.unitOf[u.parentRef]
		if !known {
			reject(u, DanglingReference)
			continue
		}
		u.parent = parent
	}
	var round []int32
	for i := range r.units {
		if r.units[i].here && r.returns(int32(i)) {
			round = append(round, int32(i))
		}
	}
	for _, n := range round {
		reject(&r.units[n], Cycle)
		r.units[n].parent = none
	}
	if !r.opts.SkipBadRows {
		return
	}
	for _, n := range r.topDown() {
		u := &r.units[n]
		if u.here && !u.bad && u.parent != none && r.units[u.parent].bad {
			reject(u, DependsOnRejected)
		}
	}
}

// returns says whether the way up from a unit leads back to it.
func (r *run) returns(n int32) bool {
	at := r.units[n].parent
	for range r.units {
		if at == none || at == n {
			break
		}
		at = r.units[at].parent
	}
	return at == n
}

// topDown lists all units, parents before children.
func (r *run) topDown() []int32 {
	order := make([]int32, len(r.units))
	depth := make([]int, len(r.units))
	for i := range r.units {
		order[i] = int32(i)
		for at := r.units[i].parent; at != none && depth[i] <= len(r.units); at = r.units[at].parent {
			depth[i]++
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(depth[a], depth[b]) })
	return order
}

// below says whether a unit is another or lies below it.
func (r *run) below(n int32, top models.ID) bool {
	for range len(r.units) + 1 {
		if n == none {
			return false
		}
		if r.units[n].id == top {
			return true
		}
		n = r.units[n].parent
	}
	return false
}

// unitAt is the unit in which an official worked on a day.
func (r *run) unitAt(n int32, day models.Date) int32 {
	o := &r.officials[n]
	for i := len(o.posts) - 1; i >= 0; i-- {
		if o.posts[i].Covers(day) {
			return o.posts[i].unit
		}
	}
	return o.unit
}

// reference finds what a cell refers to. An empty cell refers to nothing.
func (w *row) reference(column int, of map[string]int32, standing func(int32) *standing) int32 {
	v := &w.values[column]
	if !v.filled {
		return none
	}
	n, known := of[string(v.text)]
	if !known {
		w.fault(column, DanglingReference)
		return none
	}
	if s := standing(n); s.here && s.bad {
		w.dependent(column)
	}
	return n
}

func (w *row) unit(column int) int32 {
	return w.reference(column, w.run.unitOf, func(n int32) *standing { return &w.run.units[n].standing })
}

func (w *row) official(column int) int32 {
	return w.reference(column, w.run.officialOf, func(n int32) *standing { return &w.run.officials[n].standing })
}

func (w *row) service(column int) int32 {
	return w.reference(column, w.run.serviceOf, func(n int32) *standing { return &w.run.services[n].standing })
}

// position finds a position by its name, or makes it.
func (w *row) position(column int) int32 {
	name := w.text(column)
	n, known := w.run.positionOf[name]
	if !known {
		n = int32(len(w.run.positions))
		w.run.positionOf[name] = n
		w.run.positions = append(w.run.positions, position{Position: models.Position{ID: models.NewID(), Name: name}})
	}
	return n
}

// firstDay is the day on which something that begins at a cell's instant begins.
func (w *row) firstDay(column int) models.Date {
	if !w.values[column].filled {
		return models.Date{}
	}
	return w.run.day(w.values[column].micros)
}

// lastDay is the last day on which an instant lies before the cell's, which is
// the first that is too late: an end at midnight ends the day before.
func (w *row) lastDay(column int) models.Date {
	if !w.values[column].filled {
		return models.Date{}
	}
	return w.run.day(w.values[column].micros - 1)
}

// ordered notes an end that comes before its beginning.
func (w *row) ordered(begin, end int, strictly bool) {
	b, e := &w.values[begin], &w.values[end]
	if b.filled && e.filled && (e.micros < b.micros || strictly && e.micros == b.micros) {
		w.fault(end, ImpossibleTime)
	}
}

func (r *run) readOfficials() error {
	return r.each(officials, 0, nil, func(w *row) error {
		w.ordered(4, 5, true)
		unit := w.unit(1)
		if !w.values[0].filled {
			return nil
		}
		ref := w.text(0)
		n, known := r.officialOf[ref]
		if !known {
			n = int32(len(r.officials))
			r.officials = append(r.officials, official{Official: models.Official{ID: models.NewID(), Ref: ref}, unit: none})
			r.officialOf[ref], r.officialByID[r.officials[n].ID] = n, n
		}
		o := &r.officials[n]
		if !w.enter(&o.standing, 0) || w.bad {
			return nil
		}
		o.unit, o.position = unit, w.position(3)
		o.UnitID, o.PositionID, o.Name = r.units[unit].id, r.positions[o.position].ID, w.text(2)
		o.ActiveFrom, o.ActiveTo = w.firstDay(4), w.lastDay(5)
		return nil
	})
}

func (r *run) readServices() error {
	return r.each(services, 0, nil, func(w *row) error {
		if !w.values[0].filled {
			return nil
		}
		ref := w.text(0)
		n, known := r.serviceOf[ref]
		if !known {
			n = int32(len(r.services))
			r.services = append(r.services, service{Service: models.Service{ID: models.NewID(), Ref: ref}})
			r.serviceOf[ref], r.serviceByID[r.services[n].ID] = n, n
		}
		s := &r.services[n]
		if w.enter(&s.standing, 0) && !w.bad {
			s.Name, s.Category = w.text(1), w.text(2)
		}
		return nil
	})
}

func (r *run) readPostings() error {
	return r.each(postings, 0, nil, func(w *row) error {
		w.ordered(3, 4, true)
		n, unit := w.official(0), w.unit(1)
		if w.bad {
			return nil
		}
		o, from := &r.officials[n], w.firstDay(3)
		if slices.ContainsFunc(o.posts, func(p post) bool { return p.FromOn == from }) {
			w.fault(0, DuplicateID)
			return nil
		}
		o.posts = append(o.posts, post{at: w.at, unit: unit, Posting: models.Posting{
			OfficialID: o.ID, UnitID: r.units[unit].id, PositionID: r.positions[w.position(2)].ID, FromOn: from, ToOn: w.lastDay(4),
		}})
		return nil
	})
}
