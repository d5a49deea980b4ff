package cases

import (
	"time"

	"gorm.io/gorm"

	"steelyard/models"
)

// transparentReplies fills in how a unit replies to ratings of 1 and 2, as of the same
// release and under the same thresholds as its cases.
func (s *Service) transparentReplies(db *gorm.DB, unit *models.OrgUnit, out *Transparency, least int) error {
	got, err := countReplies(db, unit.ID, out.From, out.To)
	if err != nil {
		return err
	}
	last, err := countReplies(db, unit.ID, models.DateOf(out.To.AddDays(1).Start(time.UTC).AddDate(0, -3, 0), time.UTC), out.To)
	if err != nil {
		return err
	}
	if got.Owed < least || last.Owed > 0 && last.Owed < least {
		return nil
	}
	if unit.ParentID != nil {
		if show, err := repliesShown(db, unit, out, least); err != nil || !show {
			return err
		}
	}
	late := float64(got.Late) / float64(got.Owed)
	out.RepliesOwed, out.RepliesLate = &got.Owed, &late
	return nil
}

// repliesShown says whether no sibling's number follows from the unit's.
func repliesShown(db *gorm.DB, unit *models.OrgUnit, out *Transparency, least int) (bool, error) {
	whole, err := countReplies(db, *unit.ParentID, out.From, out.To)
	if err != nil {
		return false, err
	}
	var rows []received
	err = db.Table("org_units").Select("org_units.id AS id, COUNT(*) AS received").
		Joins("JOIN org_unit_closures ON org_unit_closures.ancestor_id = org_units.id").
		Joins("JOIN reply_duties d ON d.unit_id = org_unit_closures.descendant_id AND d.reply_due_on BETWEEN ? AND ?", out.From, out.To).
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
