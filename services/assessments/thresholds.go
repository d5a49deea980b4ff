package assessments

import (
	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// thresholds are from how many answers on figures under a policy are shown: the server's,
// or more.
func (s *Service) thresholds(db *gorm.DB, policy *models.ID) (privacy.Thresholds, error) {
	document, err := store.PolicyOf(db, policy)
	if err != nil {
		return s.Thresholds, err
	}
	return s.Thresholds.RaisedBy(document)
}

// thresholdsOf are those of a cycle.
func (s *Service) thresholdsOf(db *gorm.DB, cycle models.ID) (privacy.Thresholds, error) {
	c, err := store.Take[models.Cycle](db.Where("id = ?", cycle), "Cycle")
	if err != nil {
		return s.Thresholds, err
	}
	return s.thresholds(db, c.PolicyID)
}
