package ratings

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Answer is what a resident says of a service.
type Answer struct {
	Level      int
	Dimensions []models.DimensionLevel
	Tags       []string
	Comment    *string
	Contact    *string // how the resident wishes to be reached about a rating of 1 or 2
}

// Submission is a rating as a resident hands it in.
type Submission struct {
	Answer
	Token          string
	IdempotencyKey *string
}

// errGone is the one answer for a token that is unknown, used, expired or
// revoked: a stranger cannot tell which.
func errGone() error {
	return &models.Error{Code: models.CodeGone, Field: "token", Key: models.KeyInvitationGone}
}

// Submit uses an invitation and stores the rating: exactly once, also when a
// hundred submit at the same time. It returns the receipt's code, which is not
// kept. Only a repeat with the same idempotency key gets it again: whoever can
// guess the key of a token can read the answer.
func (s *Service) Submit(ctx context.Context, in Submission) (string, *models.Rating, error) {
	rating, err := in.rating(models.RatingSourceEncounter, models.AnswerYes)
	if err != nil {
		return "", nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, true); err != nil {
		return "", nil, err
	}
	hash, err := s.Invitations.Parse(in.Token)
	if err != nil {
		auth.TriedText(ctx, in.Token)
		return "", nil, errGone()
	}
	receipt, repeatable := s.receiptFor("submitRating", in.Token, in.IdempotencyKey)
	receiptHash := receipt.Hash()
	rating.ReceiptHash = receiptHash[:]
	ctx = store.Show(store.Show(ctx, hash[:]), receiptHash[:])
	key, epoch, err := s.dated(rating, in.Contact)
	if err != nil {
		return "", nil, err
	}
	err = s.handIn(ctx, &handedIn{asked: ctx, token: hash, receipt: receipt, rating: rating, key: key, epoch: epoch})
	if models.CodeOf(err) == models.CodeGone && repeatable {
		first, missing := byHash(s.Store.Read(ctx), receiptHash)
		if models.CodeOf(missing) != models.CodeNotFound {
			rating, err = first, missing
		}
	}
	if err != nil {
		return "", nil, err
	}
	return receipt.Code(), rating, nil
}

// ByReceipt returns the rating that a receipt belongs to.
func (s *Service) ByReceipt(ctx context.Context, code string) (*models.Rating, error) {
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return nil, models.NotFound("Rating")
	}
	hash := receipt.Hash()
	r, err := byHash(s.Store.Read(store.Show(ctx, hash[:])), hash)
	auth.Tried(ctx, hash, models.CodeOf(err) != models.CodeNotFound)
	return r, err
}

func byHash(db *gorm.DB, receipt auth.SecretHash) (*models.Rating, error) {
	return store.Take[models.Rating](db.Where("receipt_hash = ?", receipt[:]), "Rating")
}
