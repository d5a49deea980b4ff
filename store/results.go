package store

import (
	"gorm.io/gorm"

	"steelyard/models"
)

// SettleBetter gives whoever objected the better of old and new: each of the
// official's assessments in a run that betters the one that counts becomes the
// next version of the cycle's result. The earlier version stays. A new result that
// is no better changes nothing, and nothing changes for anybody else.
func SettleBetter(tx *Tx, run models.ID, o *models.Objection) error {
	var fresh []*models.Assessment
	if err := tx.Where("run_id = ? AND official_id = ?", run, o.OfficialID).Order("posting_id").Find(&fresh).Error; err != nil {
		return err
	}
	for _, a := range fresh {
		current, err := Take[models.CycleResult](
			tx.Where("cycle_id = ? AND posting_id = ?", o.CycleID, a.PostingID).Order("version DESC").Limit(1), "CycleResult")
		if models.CodeOf(err) == models.CodeNotFound {
			continue // nothing has been published of this post
		}
		if err != nil {
			return err
		}
		old, err := Take[models.Assessment](tx.Where("id = ?", current.AssessmentID), "Assessment")
		if err != nil {
			return err
		}
		if old.RunID == run || !a.BetterThan(old) {
			continue
		}
		err = tx.Create(&models.CycleResult{
			CycleID: o.CycleID, PostingID: a.PostingID, Version: current.Version + 1, OfficialID: a.OfficialID,
			AssessmentID: a.ID, ObjectionID: &o.ID, SettledAt: tx.Now,
		}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// PolicyOf is the document of a policy; empty for the default one.
func PolicyOf(db *gorm.DB, id *models.ID) (string, error) {
	if id == nil {
		return "", nil
	}
	p, err := Take[models.Policy](db.Where("id = ?", *id), "Policy")
	if err != nil {
		return "", err
	}
	return p.Document, nil
}
