package ratings

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Submission is a rating as a resident hands it in.
type Submission struct {
	Token          string
	Level          int
	Dimensions     []models.DimensionLevel
	Tags           []string
	Comment        *string
	IdempotencyKey *string
}

// errGone is the one answer for a token that is unknown, used, expired or
// revoked: a stranger cannot tell which.
func errGone() error {
	return &models.Error{Code: models.CodeGone, Field: "token", Key: models.KeyInvitationGone}
}

// Submit uses an invitation and stores the rating: exactly once, also when a
// hundred submit at the same time. It returns the receipt's code, which is not
// kept. Only a repeat with the same idempotency key gets it again.
func (s *Service) Submit(ctx context.Context, in Submission) (string, *models.Rating, error) {
	rating := &models.Rating{
		ID: models.NewRandomID(), Level: in.Level, Source: models.RatingSourceEncounter,
		Invited: models.AnswerYes, Dimensions: orEmpty(in.Dimensions), Tags: orEmpty(in.Tags),
	}
	if in.Comment != nil && *in.Comment != "" {
		rating.Comment = in.Comment
	}
	if err := rating.Validate(); err != nil {
		return "", nil, err
	}
	hash, err := s.Invitations.Parse(in.Token)
	if err != nil {
		return "", nil, errGone()
	}
	receipt := auth.NewReceipt()
	if in.IdempotencyKey != nil && *in.IdempotencyKey != "" {
		receipt = auth.DeriveReceipt(s.Secret, "submitRating", in.Token, *in.IdempotencyKey)
	}
	receiptHash := receipt.Hash()
	rating.ReceiptHash = receiptHash[:]
	rating.RatedOn = models.DateOf(s.Store.Now(), s.Zone)
	key, err := s.Keys.Ensure(rating.RatedOn.Year())
	if err != nil {
		return "", nil, err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error { return use(tx, hash, rating, key) })
	if models.CodeOf(err) == models.CodeGone && in.IdempotencyKey != nil {
		if first, again := s.byHash(ctx, receiptHash); again == nil {
			return receipt.Code(), first, nil
		}
	}
	if err != nil {
		return "", nil, err
	}
	return receipt.Code(), rating, nil
}

// use spends the invitation, claims the encounter and writes the rating.
func use(tx *store.Tx, hash auth.SecretHash, rating *models.Rating, key keyring.YearKey) error {
	invitation, err := store.Take[models.RatingInvitation](store.Lock(tx.DB).Where("token_hash = ?", hash[:]), "RatingInvitation")
	if models.CodeOf(err) == models.CodeNotFound {
		return errGone()
	}
	if err != nil {
		return err
	}
	state, err := invitation.Next(models.InvitationUse, tx.Now)
	if err != nil {
		return errGone()
	}
	encounter, err := store.Take[models.Encounter](tx.Where("id = ?", invitation.EncounterID), "Encounter")
	if err != nil {
		return err
	}
	rating.OfficialID, rating.ServiceID, rating.Channel = encounter.OfficialID, encounter.ServiceID, encounter.Channel
	if len(encounter.ResidentKey) > 0 {
		sum := key.Rater(string(encounter.ResidentKey))
		rating.RaterKey, rating.KeyYear = sum[:], rating.RatedOn.Year()
	}
	if err := tx.Create(&models.EncounterClaim{EncounterID: encounter.ID}).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return errGone()
		}
		return err
	}
	if err := tx.Model(invitation).Update("state", state).Error; err != nil {
		return err
	}
	if err := tx.Create(rating).Error; err != nil {
		return err
	}
	if err := addToTotals(tx, rating); err != nil {
		return err
	}
	return audit.RecordAnonymous(tx, "submitRating", "Rating")
}

// addToTotals counts a rating in its official's day.
func addToTotals(tx *store.Tx, rating *models.Rating) error {
	total := models.RatingTotal{OfficialID: rating.OfficialID, RatedOn: rating.RatedOn}
	column := "level" + string(rune('0'+rating.Level))
	for level, count := range []*int64{&total.Level1, &total.Level2, &total.Level3, &total.Level4, &total.Level5} {
		if level+1 == rating.Level {
			*count = 1
		}
	}
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "official_id"}, {Name: "rated_on"}},
		DoUpdates: clause.Assignments(map[string]any{column: gorm.Expr("rating_totals." + column + " + 1")}),
	}).Create(&total).Error
}

// ByReceipt returns the rating that a receipt belongs to.
func (s *Service) ByReceipt(ctx context.Context, code string) (*models.Rating, error) {
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return nil, models.NotFound("Rating")
	}
	return s.byHash(ctx, receipt.Hash())
}

func (s *Service) byHash(ctx context.Context, hash auth.SecretHash) (*models.Rating, error) {
	return store.Take[models.Rating](s.Store.Read(ctx).Where("receipt_hash = ?", hash[:]), "Rating")
}

// orEmpty makes an absent list an empty one: the database keeps no nulls there.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
