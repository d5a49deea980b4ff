package imports

import (
	"cmp"
	"slices"

	"steelyard/models"
	"steelyard/store"
)

// mergeOrganisation brings what the folder says of units, officials, services and
// posts together with what is stored, and writes the difference.
func (r *run) mergeOrganisation() error {
	for _, step := range []func() error{r.mergeUnits, r.addPositions, r.mergeOfficials, r.mergeServices, r.mergePosts} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// optional is an id that may be none.
func (r *run) optionalUnit(n int32) any {
	if n == none {
		return nil
	}
	return r.units[n].id
}

func (r *run) mergeUnits() error {
	var added []int32
	var moved bool
	for _, n := range r.topDown() {
		u := &r.units[n]
		if !u.here || u.bad {
			continue
		}
		if !u.stored {
			added = append(added, n)
			continue
		}
		var c changes
		c.compare(u.name != u.was.name, "name", u.name)
		// A new parent is written below, once it is there.
		moved = moved || u.parent != u.was.parent
		r.tally(units, len(c) > 0 || u.parent != u.was.parent)
		if len(c) > 0 && u.parent == u.was.parent {
			if err := r.update("org_units", "OrgUnit", u.id, c); err != nil {
				return err
			}
		}
	}
	r.files[units].Inserted += int64(len(added))
	err := r.load("org_units", "id ref parent_id name", len(added), func(i int) []any {
		u := &r.units[added[i]]
		return []any{u.id, u.ref, r.optionalUnit(u.parent), u.name}
	})
	if err != nil {
		return err
	}
	if moved {
		if err := r.moveUnits(); err != nil {
			return err
		}
	}
	if r.tx == nil || len(added) == 0 && !moved {
		return nil
	}
	return store.RebuildClosure(r.tx)
}

// moveUnits writes the units that have another parent than before.
func (r *run) moveUnits() error {
	for i := range r.units {
		u := &r.units[i]
		if !u.here || u.bad || !u.stored || u.parent == u.was.parent {
			continue
		}
		c := changes{{"parent_id", r.optionalUnit(u.parent)}}
		c.compare(u.name != u.was.name, "name", u.name)
		if err := r.update("org_units", "OrgUnit", u.id, c); err != nil {
			return err
		}
	}
	return nil
}

// tally counts a row that is stored already.
func (r *run) tally(f uint8, changed bool) {
	if changed {
		r.files[f].Updated++
	} else {
		r.files[f].Unchanged++
	}
}

func (r *run) addPositions() error {
	var added []int32
	for i := range r.positions {
		if !r.positions[i].stored {
			added = append(added, int32(i))
		}
	}
	return r.load("positions", "id name", len(added), func(i int) []any {
		p := &r.positions[added[i]]
		return []any{p.ID, p.Name}
	})
}

func (r *run) mergeOfficials() error {
	var added []int32
	for i := range r.officials {
		o := &r.officials[i]
		if !o.here || o.bad {
			continue
		}
		if !o.stored {
			added = append(added, int32(i))
			continue
		}
		var c changes
		c.compare(o.UnitID != o.was.UnitID, "unit_id", o.UnitID)
		c.compare(o.PositionID != o.was.PositionID, "position_id", o.PositionID)
		c.compare(o.Name != o.was.Name, "name", o.Name)
		c.compare(o.ActiveFrom != o.was.ActiveFrom, "active_from", o.ActiveFrom)
		c.compare(o.ActiveTo != o.was.ActiveTo, "active_to", o.ActiveTo)
		r.tally(officials, len(c) > 0)
		if len(c) > 0 {
			if err := r.update("officials", "Official", o.ID, c); err != nil {
				return err
			}
		}
	}
	r.files[officials].Inserted += int64(len(added))
	return r.load("officials", "id ref unit_id position_id name active_from active_to", len(added), func(i int) []any {
		o := &r.officials[added[i]]
		return []any{o.ID, o.Ref, o.UnitID, o.PositionID, o.Name, o.ActiveFrom, o.ActiveTo}
	})
}

func (r *run) mergeServices() error {
	var added []int32
	for i := range r.services {
		s := &r.services[i]
		if !s.here || s.bad {
			continue
		}
		if !s.stored {
			added = append(added, int32(i))
			continue
		}
		var c changes
		c.compare(s.Name != s.was.Name, "name", s.Name)
		c.compare(s.Category != s.was.Category, "category", s.Category)
		r.tally(services, len(c) > 0)
		if len(c) > 0 {
			if err := r.update("services", "Service", s.ID, c); err != nil {
				return err
			}
		}
	}
	r.files[services].Inserted += int64(len(added))
	return r.load("services", "id ref name category", len(added), func(i int) []any {
		s := &r.services[added[i]]
		return []any{s.ID, s.Ref, s.Name, s.Category}
	})
}

// mergePosts gives every official of the folder the posts that it names, or the
// one post of officials.csv.
func (r *run) mergePosts() error {
	var added []*post
	for i := range r.officials {
		o := &r.officials[i]
		named := len(o.posts) > 0
		switch {
		case named:
		case o.here && !o.bad && len(o.storedPosts) < 2:
			o.posts = []post{{unit: o.unit, Posting: onlyPost(&o.Official)}}
		default:
			o.posts = o.storedPosts
			continue
		}
		slices.SortFunc(o.posts, func(a, b post) int { return cmp.Compare(a.FromOn.EpochDay(), b.FromOn.EpochDay()) })
		for k := range o.posts {
			p := &o.posts[k]
			was := o.storedPost(k)
			if was == nil {
				p.ID = models.NewID()
				added = append(added, p)
				if named {
					r.files[postings].Inserted++
				}
				continue
			}
			p.ID = was.ID
			changed, err := r.mergePost(p, was)
			if err != nil {
				return err
			}
			if named {
				r.tally(postings, changed)
			}
		}
	}
	return r.load("postings", "id official_id unit_id position_id from_on to_on", len(added), func(i int) []any {
		p := added[i]
		return []any{p.ID, p.OfficialID, p.UnitID, p.PositionID, p.FromOn, p.ToOn}
	})
}

func onlyPost(o *models.Official) models.Posting {
	p := models.Posting{OfficialID: o.ID, UnitID: o.UnitID, PositionID: o.PositionID, FromOn: o.ActiveFrom, ToOn: o.ActiveTo}
	if p.FromOn.IsZero() {
		p.FromOn = models.SinceEver
	}
	return p
}

// storedPost finds the stored post that the k-th of an official is. Posts are
// known by the day on which they begin; a stored one that officials.csv alone
// had implied becomes the first.
func (o *official) storedPost(k int) *post {
	for i := range o.storedPosts {
		if o.storedPosts[i].FromOn == o.posts[k].FromOn {
			return &o.storedPosts[i]
		}
	}
	if k > 0 || len(o.storedPosts) != 1 {
		return nil
	}
	only, implied := &o.storedPosts[0], onlyPost(&o.was)
	implied.ID = only.ID
	if only.Posting != implied || slices.ContainsFunc(o.posts, func(p post) bool { return p.FromOn == only.FromOn }) {
		return nil
	}
	return only
}

func (r *run) mergePost(p, was *post) (bool, error) {
	var c changes
	c.compare(p.UnitID != was.UnitID, "unit_id", p.UnitID)
	c.compare(p.PositionID != was.PositionID, "position_id", p.PositionID)
	c.compare(p.FromOn != was.FromOn, "from_on", p.FromOn)
	c.compare(p.ToOn != was.ToOn, "to_on", p.ToOn)
	if len(c) == 0 {
		return false, nil
	}
	return true, r.update("postings", "Posting", p.ID, c)
}
