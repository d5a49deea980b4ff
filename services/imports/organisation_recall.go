package imports

import (
	"steelyard/models"
	"steelyard/store"
)

// The stored organisation is read first, and whole.

func (r *run) recallUnits() error {
	parents := map[int32]models.ID{}
	err := r.db.Each(r.ctx, "SELECT id, ref, parent_id, name FROM org_units", nil, func(row *store.Row) error {
		n := int32(len(r.units))
		u := unit{standing: standing{stored: true}, id: row.ID(0), ref: row.Text(1), name: row.Text(3), parent: none}
		if !row.Null(2) {
			parents[n] = row.ID(2)
		}
		r.units = append(r.units, u)
		r.unitOf[u.ref], r.unitByID[u.id] = n, n
		return nil
	})
	for n, parent := range parents {
		r.units[n].parent = r.unitByID[parent]
	}
	for i := range r.units {
		u := &r.units[i]
		u.was.name, u.was.parent = u.name, u.parent
	}
	return err
}

func (r *run) recallPositions() error {
	return r.db.Each(r.ctx, "SELECT id, name FROM positions", nil, func(row *store.Row) error {
		r.positionOf[row.Text(1)] = int32(len(r.positions))
		r.positions = append(r.positions, position{models.Position{ID: row.ID(0), Name: row.Text(1)}, true})
		return nil
	})
}

func (r *run) recallOfficials() error {
	return r.db.Each(r.ctx, "SELECT id, ref, unit_id, position_id, name, active_from, active_to FROM officials", nil,
		func(row *store.Row) error {
			o := official{standing: standing{stored: true}, Official: models.Official{
				ID: row.ID(0), Ref: row.Text(1), UnitID: row.ID(2), PositionID: row.ID(3), Name: row.Text(4),
				ActiveFrom: row.Date(5), ActiveTo: row.Date(6),
			}}
			o.was, o.unit = o.Official, r.unitByID[o.UnitID]
			r.officialOf[o.Ref], r.officialByID[o.ID] = int32(len(r.officials)), int32(len(r.officials))
			r.officials = append(r.officials, o)
			return nil
		})
}

func (r *run) recallPosts() error {
	return r.db.Each(r.ctx, "SELECT id, official_id, unit_id, position_id, from_on, to_on FROM postings", nil,
		func(row *store.Row) error {
			p := post{Posting: models.Posting{
				ID: row.ID(0), OfficialID: row.ID(1), UnitID: row.ID(2), PositionID: row.ID(3), FromOn: row.Date(4), ToOn: row.Date(5),
			}}
			p.unit = r.unitByID[p.UnitID]
			o := &r.officials[r.officialByID[p.OfficialID]]
			o.storedPosts = append(o.storedPosts, p)
			return nil
		})
}

func (r *run) recallServices() error {
	return r.db.Each(r.ctx, "SELECT id, ref, name, category FROM services", nil, func(row *store.Row) error {
		s := service{standing: standing{stored: true}, Service: models.Service{
			ID: row.ID(0), Ref: row.Text(1), Name: row.Text(2), Category: row.Text(3),
		}}
		s.was = s.Service
		r.serviceOf[s.Ref], r.serviceByID[s.ID] = int32(len(r.services)), int32(len(r.services))
		r.services = append(r.services, s)
		return nil
	})
}
