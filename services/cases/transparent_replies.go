package cases

import (
	"time"

	"gorm.io/gorm"

	"steelyard/models"
)

// quartersOf are the calendar quarters of a release's year, each by its first day, and
// before them the one that the release has dropped.
const quartersOf = 5

// transparentReplies fills in how a unit replies to ratings of 1 and 2, as of the same
// release as its cases. Each is the rating of a person, and two releases, or a unit and
// those below it, must not tell of fewer than the threshold. So each quarter of the
// release, and the one that it has dropped, could be shown by itself, beside the unit
// above and the others below that: then no difference is of less than such a quarter.
func (s *Service) transparentReplies(db *gorm.DB, unit *models.OrgUnit, out *Transparency, least int) error {
	year := out.To.AddDays(1).Start(time.UTC)
	for q := range quartersOf {
		from := models.DateOf(year.AddDate(0, -3*(q+1), 0), time.UTC)
		to := models.DateOf(year.AddDate(0, -3*q, 0), time.UTC).AddDays(-1)
		got, err := countReplies(db, unit.ID, from, to)
		if err != nil {
			return err
		}
		show := got.Owed == 0 || got.Owed >= least
		if show && unit.ParentID != nil {
			if show, err = repliesShown(db, unit, from, to, least); err != nil {
				return err
			}
		}
		if !show {
			return nil
		}
	}
	got, err := countReplies(db, unit.ID, out.From, out.To)
	if err != nil || got.Owed == 0 {
		return err
	}
	late := float64(got.Late) / float64(got.Owed)
	out.RepliesOwed, out.RepliesLate = &got.Owed, &late
	return nil
}

// repliesShown says whether no sibling's number follows from the unit's.
func repliesShown(db *gorm.DB, unit *models.OrgUnit, from, to models.Date, least int) (bool, error) {
	whole, err := countReplies(db, *unit.ParentID, from, to)
	if err != nil {
		return false, err
	}
	var rows []received
	err = db.Table("org_units").Select("org_units.id AS id, COUNT(*) AS received").
		Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = org_units.id").
		Joins("JOIN reply_duties d ON d.unit_id = org_unit_closures.descendant_id AND d.reply_due_on BETWEEN ? AND ?", from, to).
		Where("org_units.parent_id = ?", *unit.ParentID).Group("org_units.id").Find(&rows).Error
	return err == nil && showAmong(unit.ID, whole.Owed, rows, least), err
}

// countReplies counts the replies that were due on days, both inclusive, and those of
// them that were not there in time.
func countReplies(db *gorm.DB, unit models.ID, from, to models.Date) (counted struct{ Owed, Late int }, err error) {
	err = db.Raw(`SELECT COUNT(*) AS owed, COALESCE(SUM(CASE WHEN EXISTS (
			SELECT 1 FROM rating_replies p WHERE p.rating_id = d.rating_id AND p.replied_on <= d.reply_due_on) THEN 0 ELSE 1 END), 0) AS late
		FROM reply_duties d WHERE d.unit_id IN `+below+` AND d.reply_due_on BETWEEN ? AND ?`, unit, from, to).Scan(&counted).Error
	return counted, err
}
