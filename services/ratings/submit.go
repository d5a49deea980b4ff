package ratings

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
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
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := store.NoteKeyYear(tx, epoch); err != nil {
			return err
		}
		gone := s.use(tx, hash, receipt, rating, key)
		if models.CodeOf(gone) != models.CodeGone || !repeatable {
			return gone
		}
		first, err := byHash(tx.DB, receiptHash)
		if models.CodeOf(err) == models.CodeNotFound {
			return gone
		}
		if err != nil {
			return err
		}
		rating = first
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	return receipt.Code(), rating, nil
}

// use claims the encounter and writes the rating; where somebody has done so, it
// writes nothing and leaves the transaction fit for reading. The claim's primary key
// alone decides who is first: the invitation is neither locked nor changed here,
// since the mark of either would bear this transaction's number, as the rating does
// until its release.
//
// A link that does not hold is asked about with the same statements, whether it was used,
// has expired, was revoked or is known to nobody: how long the refusal takes does not say
// which. And what was marked is looked at before whether the link was used: a mark that is
// refused leaves the link as it was, and must not find that out.
func (s *Service) use(tx *store.Tx, hash auth.SecretHash, receipt auth.Receipt, rating *models.Rating, key keyring.YearKey) error {
	encounter, holds, err := invited(tx, hash)
	if err != nil {
		return err
	}
	rating.OfficialID, rating.ServiceID, rating.Channel, rating.Adverse = encounter.OfficialID, encounter.ServiceID, encounter.Channel, encounter.Adverse
	if err := allowed(tx.DB, rating); err != nil && (holds || models.CodeOf(err) == "") {
		return err
	}
	var claims int64
	if err := tx.Model(&models.EncounterClaim{}).Where("encounter_id = ?", encounter.ID).Count(&claims).Error; err != nil {
		return err
	}
	if !holds || claims > 0 {
		return errGone()
	}
	if len(encounter.ResidentKey) > 0 {
		sum := key.Rater(string(encounter.ResidentKey))
		rating.RaterKey, rating.KeyYear = sum[:], rating.RatedOn.Year()
	}
	claim := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&models.EncounterClaim{EncounterID: encounter.ID})
	if claim.Error != nil {
		return claim.Error
	}
	if claim.RowsAffected == 0 {
		return errGone()
	}
	if err := tx.Create(rating).Error; err != nil {
		return err
	}
	if err := s.undoable(tx, receipt, rating, encounter.ID); err != nil {
		return err
	}
	return audit.RecordAnonymous(tx, "submitRating", "Rating")
}

// invited is the encounter that a link is about, and whether the link holds, as far as
// that does not depend on whether it was used: USED, which a release has noted, does not
// decide, since the rating may have been taken back since. Of a link that is known to
// nobody the encounter is empty.
func invited(tx *store.Tx, hash auth.SecretHash) (*models.Encounter, bool, error) {
	invitation, err := store.Take[models.RatingInvitation](tx.Where("token_hash = ?", hash[:]), "RatingInvitation")
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		auth.Tried(tx.Statement.Context, hash, false)
		invitation = &models.RatingInvitation{}
	case err != nil:
		return nil, false, err
	case invitation.State == models.InvitationUsed:
		invitation.State = models.InvitationIssued
	}
	_, over := invitation.Next(models.InvitationUse, tx.Now)
	encounter, err := store.Take[models.Encounter](tx.Where("id = ?", invitation.EncounterID), "Encounter")
	if over != nil && models.CodeOf(err) == models.CodeNotFound {
		return &models.Encounter{}, false, nil
	}
	return encounter, over == nil, err
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
