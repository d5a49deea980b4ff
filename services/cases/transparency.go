package cases

import (
	"bytes"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// Transparency is how a unit, with everything below it, answers. The shares are of
// the cases received, 0 to 1; all are nil where too few were received to show them.
type Transparency struct {
	Unit     models.ID
	From, To models.Date // opened on these days, both inclusive
	Received *int
	InTime   *float64 // answered, and by the due date
	PassedOn *float64 // taken over by another unit
	Redone   *float64 // sent back by the resident
	Excluded *float64 // excluded, and upheld above the unit
	// Of the ratings of 1 and 2 whose reply was due in these days: how many, and the
	// share that had none by then. Nil where they are too few.
	RepliesOwed *int
	RepliesLate *float64
}

// tally is what is counted of a unit and everything below it.
type tally struct{ Received, InTime, PassedOn, Redone, Excluded int }

// Transparency returns a unit's public figures as of the last release, which is the
// beginning of the calendar quarter: over the four quarters before it. What happened
// since is not in them, so that no figure moves on the day on which one resident
// says something.
func (s *Service) Transparency(ctx context.Context, unit models.ID) (*Transparency, error) {
	db := s.Store.Read(store.Widen(ctx, store.PublicFigures))
	row, err := store.Take[models.OrgUnit](db.Where("id = ?", unit), "OrgUnit")
	if err != nil {
		return nil, err
	}
	now := s.Store.Now().In(s.Zone)
	end := time.Date(now.Year(), (now.Month()-1)/3*3+1, 1, 0, 0, 0, 0, s.Zone)
	from := end.AddDate(-1, 0, 0)
	out := &Transparency{Unit: unit, From: models.DateOf(from, s.Zone), To: models.DateOf(end, s.Zone).AddDays(-1)}
	got, err := count(db, unit, from, end)
	if err != nil {
		return nil, err
	}
	last, err := count(db, unit, end.AddDate(0, -3, 0), end)
	if err != nil {
		return nil, err
	}
	least := privacy.Default().Figures
	if err := s.transparentReplies(db, row, out, least); err != nil {
		return nil, err
	}
	show := got.Received >= least && (last.Received == 0 || last.Received >= least)
	if show && row.ParentID != nil {
		if show, err = shownAmongSiblings(db, unit, *row.ParentID, from, end, least); err != nil {
			return nil, err
		}
	}
	if !show {
		return out, nil
	}
	share := func(n int) *float64 {
		part := float64(n) / float64(got.Received)
		return &part
	}
	out.Received, out.InTime, out.PassedOn = &got.Received, share(got.InTime), share(got.PassedOn)
	out.Redone, out.Excluded = share(got.Redone), share(got.Excluded)
	return out, nil
}

// shownAmongSiblings says whether a unit's figures can be shown: where what is left
// of the unit above, less the units shown below it, would be too little, the
// smallest of these is hidden as well.
func shownAmongSiblings(db *gorm.DB, unit, parent models.ID, from, to time.Time, least int) (bool, error) {
	whole, err := count(db, parent, from, to)
	if err != nil {
		return false, err
	}
	var rows []received
	err = db.Table("org_units").Select("org_units.id AS id, COUNT(cases.id) AS received").
		Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = org_units.id").
		Joins("JOIN cases ON cases.unit_id = org_unit_closures.descendant_id AND cases.opened_at >= ? AND cases.opened_at < ?", from.UTC(), to.UTC()).
		Where("org_units.parent_id = ?", parent).Group("org_units.id").Find(&rows).Error
	return err == nil && showAmong(unit, whole.Received, rows, least), err
}

// received is what a unit and everything below it received.
type received struct {
	ID       models.ID
	Received int
}

// showAmong says whether a unit's number can be shown beside that of the whole and of
// its siblings, of which it is one.
func showAmong(unit models.ID, whole int, rows []received, least int) bool {
	rest := whole
	for _, r := range rows {
		if r.Received >= least {
			rest -= r.Received
		}
	}
	rows = slices.DeleteFunc(rows, func(r received) bool { return r.Received < least })
	if rest == 0 || rest >= least || len(rows) == 0 {
		return true
	}
	smallest := rows[0]
	for _, r := range rows[1:] {
		if r.Received < smallest.Received || r.Received == smallest.Received && bytes.Compare(r.ID[:], smallest.ID[:]) < 0 {
			smallest = r
		}
	}
	return smallest.ID != unit
}

// count counts the cases of a unit and everything below it that were opened from an
// instant on and before another, as they stood at that one.
func count(db *gorm.DB, unit models.ID, from, to time.Time) (tally, error) {
	end := to.UTC()
	const event = "EXISTS (SELECT 1 FROM case_events e WHERE e.case_id = cases.id AND e.at < ? AND e.kind = "
	var t tally
	err := db.Raw(`SELECT COUNT(*) AS received,
		COALESCE(SUM(CASE WHEN (closed_at < ? AND outcome <> 'REJECTED' AND outcome <> 'WITHDRAWN' AND (due_at IS NULL OR closed_at <= due_at))
			OR `+event+`'RESOLVED' AND e.at <= cases.due_at) THEN 1 ELSE 0 END), 0) AS in_time,
		COALESCE(SUM(CASE WHEN `+event+`'TRANSFER_ACCEPTED') THEN 1 ELSE 0 END), 0) AS passed_on,
		COALESCE(SUM(CASE WHEN `+event+`'REOPENED') THEN 1 ELSE 0 END), 0) AS redone,
		COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM exclusions x WHERE x.case_id = cases.id AND x.state IN ('GRANTED', 'UPHELD')
			AND (x.decided_at < ? OR x.reviewed_at < ?)) THEN 1 ELSE 0 END), 0) AS excluded
		FROM cases WHERE unit_id IN `+below+` AND opened_at >= ? AND opened_at < ?`,
		end, end, end, end, end, end, unit, from.UTC(), end).Scan(&t).Error
	return t, err
}
