package cases

import (
	"strconv"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
)

// quartersOf are the calendar quarters of a release's year, each by its first day, and
// before them the one that the release has dropped.
const quartersOf = 5

// transparentReplies fills in how a unit replies to ratings of 1 and 2, as of the same
// release as its cases. Each is the rating of a person, and no releases, nor units with
// those above and below them, may tell of fewer than the threshold. So a unit is shown
// where each quarter of the release, and the one that it has dropped, could be shown by
// itself beside the others of the unit above, and so on up to the top: what a shown unit
// has besides the shown ones directly below it is then nothing or enough in each quarter,
// and whatever can be computed is a sum of such remainders.
func (s *Service) transparentReplies(db *gorm.DB, unit *models.OrgUnit, out *Transparency, least int) error {
	year := out.To.AddDays(1).Start(time.UTC)
	var quarters []any // their first and last days
	for q := range quartersOf {
		quarters = append(quarters, models.DateOf(year.AddDate(0, -3*(q+1), 0), time.UTC), models.DateOf(year.AddDate(0, -3*q, 0), time.UTC).AddDays(-1))
	}
	for u := unit; u != nil; {
		above, shown, err := repliesShown(db, u, quarters, least)
		if err != nil || !shown {
			return err
		}
		u = above
	}
	got, err := countReplies(db, unit.ID, out.From, out.To)
	if err != nil || got.Owed == 0 {
		return err
	}
	late := float64(got.Late) / float64(got.Owed)
	out.RepliesOwed, out.RepliesLate = &got.Owed, &late
	return nil
}

// repliesShown says whether a unit's number could be shown in each quarter, and no
// sibling's would follow from it; and returns the unit above, nil at the top.
func repliesShown(db *gorm.DB, unit *models.OrgUnit, quarters []any, least int) (above *models.OrgUnit, shown bool, err error) {
	counts, err := owedByQuarter(db, "org_units.id = ?", unit.ID, quarters)
	if err != nil {
		return nil, false, err
	}
	for _, c := range counts {
		for _, n := range c {
			if n > 0 && n < least {
				return nil, false, nil
			}
		}
	}
	if unit.ParentID == nil {
		return nil, true, nil
	}
	if above, err = store.Take[models.OrgUnit](db.Where("id = ?", *unit.ParentID), "OrgUnit"); err != nil {
		return nil, false, err
	}
	whole, err := owedByQuarter(db, "org_units.id = ?", above.ID, quarters)
	if err != nil {
		return nil, false, err
	}
	siblings, err := owedByQuarter(db, "org_units.parent_id = ?", above.ID, quarters)
	if err != nil {
		return nil, false, err
	}
	for q := range quartersOf {
		var rows []received
		for id, n := range siblings {
			rows = append(rows, received{ID: id, Received: n[q]})
		}
		if siblings[unit.ID][q] > 0 && !showAmong(unit.ID, whole[above.ID][q], rows, least) {
			return nil, false, nil
		}
	}
	return above, true, nil
}

// owedByQuarter counts the replies that were due in each quarter, by unit, each with
// everything below it.
func owedByQuarter(db *gorm.DB, which string, id models.ID, quarters []any) (map[models.ID][quartersOf]int, error) {
	const of = ", COALESCE(SUM(CASE WHEN d.reply_due_on BETWEEN ? AND ? THEN 1 ELSE 0 END), 0) AS q"
	columns := "org_units.id AS id"
	for q := range quartersOf {
		columns += of + strconv.Itoa(q)
	}
	var rows []struct {
		ID                 models.ID
		Q0, Q1, Q2, Q3, Q4 int
	}
	err := db.Table("org_units").Select(columns, quarters...).
		Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = org_units.id").
		Joins("LEFT JOIN reply_duties d ON d.unit_id = org_unit_closures.descendant_id AND d.reply_due_on >= ?", quarters[2*(quartersOf-1)]).
		Where(which, id).Group("org_units.id").Find(&rows).Error
	counts := map[models.ID][quartersOf]int{}
	for _, r := range rows {
		counts[r.ID] = [quartersOf]int{r.Q0, r.Q1, r.Q2, r.Q3, r.Q4}
	}
	return counts, err
}

// countReplies counts the replies that were due on days, both inclusive, and those of
// them that were not there in time.
func countReplies(db *gorm.DB, unit models.ID, from, to models.Date) (counted struct{ Owed, Late int }, err error) {
	err = db.Raw(`SELECT COUNT(*) AS owed, COALESCE(SUM(CASE WHEN EXISTS (
			SELECT 1 FROM rating_replies p WHERE p.rating_id = d.rating_id AND p.replied_on <= d.reply_due_on) THEN 0 ELSE 1 END), 0) AS late
		FROM reply_duties d WHERE d.unit_id IN `+below+` AND d.reply_due_on BETWEEN ? AND ?`, unit, from, to).Scan(&counted).Error
	return counted, err
}
