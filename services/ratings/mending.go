package ratings

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// MendingMark is the resident's word on what the unit did about a rating.
type MendingMark struct {
	Receipt        string
	Level          int
	IdempotencyKey *string
}

// RateMending takes the resident's mark of the mending, by receipt and once: when the
// unit says that it has mended, or its time for that is over. Giving the same mark
// twice changes nothing; no moment of it is kept.
func (s *Service) RateMending(ctx context.Context, in MendingMark) (*models.Rating, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return nil, err
	}
	receipt, err := auth.ParseReceipt(in.Receipt)
	if err != nil {
		return nil, models.BadReceipt()
	}
	hash := receipt.Hash()
	var rating *models.Rating
	err = s.Store.InTx(store.Show(ctx, hash[:]), func(tx *store.Tx) error {
		var d *models.ReplyDuty
		if rating, d, err = s.owedBy(tx, receipt); err != nil {
			return err
		}
		if d.MendingLevel != nil && *d.MendingLevel == in.Level {
			return nil
		}
		if err := d.Mark(in.Level, s.today(tx.Now)); err != nil {
			return err
		}
		if err := saveDuty(tx, d); err != nil {
			return err
		}
		return audit.RecordAnonymous(tx, "rateMending", "Rating")
	})
	if err != nil {
		return nil, err
	}
	return rating, nil
}

// owedBy locks what is owed on the rating that a receipt belongs to: nothing before
// its release, and nothing on one of 3 or more.
func (s *Service) owedBy(tx *store.Tx, receipt auth.Receipt) (*models.Rating, *models.ReplyDuty, error) {
	rating, err := byHash(tx.DB, receipt.Hash())
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil, noRating(tx.Statement.Context, receipt.Hash())
	}
	if err != nil {
		return nil, nil, err
	}
	notYet := &models.Error{Code: models.CodeIllegalState, Field: "receipt", Key: models.KeyNothingToMark}
	d, err := store.Take[models.ReplyDuty](store.Lock(tx.DB).Where("rating_id = ?", rating.ID), "ReplyDuty")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil, notYet
	}
	return rating, d, err
}

// Again is a resident's further rating of a service after a mending.
type Again struct {
	Answer
	Receipt        string
	IdempotencyKey *string
}

// RateAgain takes the one further rating that the resident may give once the mending
// is marked. It is of the same official and service, waits for a release as any other
// does, and has a receipt of its own. Of a period in which both lie the newer one
// counts; the older one stays on record. A repeat with the same key gets the first
// answer.
func (s *Service) RateAgain(ctx context.Context, in Again) (string, *models.Rating, error) {
	rating, err := in.rating(models.RatingSourceEncounter, models.AnswerYes)
	if err != nil {
		return "", nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return "", nil, err
	}
	first, err := auth.ParseReceipt(in.Receipt)
	if err != nil {
		return "", nil, models.BadReceipt()
	}
	receipt, repeatable := s.receiptFor("rateAgain", first.Code(), in.IdempotencyKey)
	hash, firstHash := receipt.Hash(), first.Hash()
	rating.ReceiptHash = hash[:]
	ctx = store.Show(store.Show(ctx, firstHash[:]), hash[:])
	_, epoch, err := s.dated(rating, in.Contact)
	if err != nil {
		return "", nil, err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := store.NoteKeyYear(tx, epoch); err != nil {
			return err
		}
		old, d, err := s.owedBy(tx, first)
		if err != nil {
			return err
		}
		if d.AgainID != nil {
			known, err := byHash(tx.DB, hash)
			if !repeatable || models.CodeOf(err) == models.CodeNotFound {
				return models.Conflict("receipt", models.KeyRatedAgain)
			}
			rating = known
			return err
		}
		if d.MendingLevel == nil {
			return &models.Error{Code: models.CodeIllegalState, Field: "receipt", Key: models.KeyMendingFirst}
		}
		further, err := furtherOnes(tx.DB, []models.ID{old.ID})
		if err != nil {
			return err
		}
		if further[old.ID] {
			return models.Conflict("receipt", models.KeyRatedAgain)
		}
		if err := rateAgain(tx, old, d, rating); err != nil {
			return err
		}
		return s.undoable(tx, receipt, rating, models.ID{})
	})
	if err != nil {
		return "", nil, err
	}
	return receipt.Code(), rating, nil
}

// furtherOnes says which ratings are further ones themselves: after these there is no
// other.
func furtherOnes(db *gorm.DB, ids []models.ID) (map[models.ID]bool, error) {
	var further []models.ID
	if err := db.Model(&models.ReplyDuty{}).Scopes(store.Among("again_id", ids)).Pluck("again_id", &further).Error; err != nil {
		return nil, err
	}
	are := make(map[models.ID]bool, len(further))
	for _, id := range further {
		are[id] = true
	}
	return are, nil
}

// rateAgain writes the further rating of what an old one was about. The rater is the
// same where the year's key is.
func rateAgain(tx *store.Tx, old *models.Rating, d *models.ReplyDuty, rating *models.Rating) error {
	rating.OfficialID, rating.ServiceID, rating.Channel, rating.Source, rating.Adverse = old.OfficialID, old.ServiceID, old.Channel, old.Source, old.Adverse
	if rating.RatedOn.Year() == old.KeyYear {
		rating.RaterKey, rating.KeyYear = old.RaterKey, old.KeyYear
	}
	if err := allowed(tx.DB, rating); err != nil {
		return err
	}
	if err := tx.Create(rating).Error; err != nil {
		return err
	}
	d.AgainID = &rating.ID
	if err := saveDuty(tx, d); err != nil {
		return err
	}
	return audit.RecordAnonymous(tx, "rateAgain", "Rating")
}
