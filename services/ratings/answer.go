package ratings

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
)

// rating is the record of an answer, checked by itself, without whom and what it is
// about. How the resident wishes to be reached is checked too, and kept by
// [Service.dated] alone.
func (a Answer) rating(source models.RatingSource, invited models.Answer) (*models.Rating, error) {
	r := &models.Rating{
		ID: models.NewRandomID(), Level: a.Level, Source: source, Invited: invited,
		Dimensions: orEmpty(a.Dimensions), Tags: orEmpty(a.Tags),
	}
	if a.Comment != nil && *a.Comment != "" {
		r.Comment = a.Comment
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if a.Contact != nil {
		if err := models.ValidContact("contact", *a.Contact); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// dated gives a rating its day and seals how the resident wishes to be reached, where
// the rating is one that owes a reply: otherwise nobody needs to know. It returns the
// key of the day's year.
func (s *Service) dated(r *models.Rating, contact *string) (keyring.YearKey, models.KeyEpoch, error) {
	now := s.Store.Now()
	r.RatedOn = models.DateOf(now, s.Zone)
	key, epoch, err := s.Keys.Epoch(r.RatedOn.Year(), now)
	if err != nil || contact == nil || strings.TrimSpace(*contact) == "" || !r.OwesReply() {
		return key, epoch, err
	}
	r.Contact, err = key.Seal([]byte(strings.TrimSpace(*contact)), r.ID[:])
	return key, epoch, err
}

// receiptFor draws a receipt, or computes the one that belongs to a client's key; then
// a repeat gets the first answer again.
func (s *Service) receiptFor(operation, secret string, key *string) (receipt auth.Receipt, repeatable bool) {
	if key == nil || *key == "" {
		return auth.NewReceipt(), false
	}
	return auth.DeriveReceipt(s.Secret, operation, secret, *key), true
}

// noRating is the answer to a receipt that belongs to no rating, which is noted.
func noRating(ctx context.Context, receipt auth.SecretHash) error {
	auth.Tried(ctx, receipt, false)
	return models.UnknownReceipt()
}

// orEmpty makes an absent list an empty one: the database keeps no nulls there.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
