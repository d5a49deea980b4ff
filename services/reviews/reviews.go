// Package reviews is peer review: HR opens a round with its questionnaire, the
// system proposes who reviews whom, and each reviewer hands in one review a
// colleague. Larger groups appraise by single-use codes without an account (民主测评).
// What came in is sealed until the round is over.
//
// That a review was handed in, or a code was used, stands in a ledger of its own. The
// answers know the day and at most a keyed hash of the reviewer, and share neither
// moment nor id with it.
package reviews

import (
	"time"

	"gorm.io/gorm"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// Service does what this package is for. All fields are needed.
type Service struct {
	Store *store.Store
	Keys  *keyring.Keyring
	Zone  *time.Location
	// Secret derives appraisal codes from idempotency keys.
	Secret []byte
	// Thresholds say from how many answers on figures and comments are shown.
	Thresholds privacy.Thresholds
}

// today is the day of now where the organisation is.
func (s *Service) today() models.Date { return models.DateOf(s.Store.Now(), s.Zone) }

// behind keeps the rows behind a place, which is an id; none is the beginning.
func behind(query *gorm.DB, condition, place string) (*gorm.DB, error) {
	if place == "" {
		return query, nil
	}
	id, err := models.ParseID(place)
	if err != nil {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	return query.Where(condition, id), nil
}

// thresholds are from how many answers on what a round brought is shown: the server's, or
// more where the policy of its cycle says so.
func (s *Service) thresholds(db *gorm.DB, round *models.ReviewRound) (privacy.Thresholds, error) {
	cycle, err := store.Take[models.Cycle](db.Where("id = ?", round.CycleID), "Cycle")
	if err != nil {
		return s.Thresholds, err
	}
	document, err := store.PolicyOf(db, cycle.PolicyID)
	if err != nil {
		return s.Thresholds, err
	}
	return s.Thresholds.RaisedBy(document)
}
