package ratings

import (
	"context"
	"time"

	"gorm.io/gorm"

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
	var link followed
	err = s.Store.InTxFrom(ctx, func() []store.Step { return link.follow(hash, epoch) }, func(tx *store.Tx, found []int64) error {
		if err := link.found(tx, hash, epoch, found); err != nil {
			return err
		}
		return s.use(tx, link, receipt, rating, key)
	})
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

// use claims the encounter and writes the rating, all at once: each way to the database
// costs more than what is done there. The claim's primary key alone decides who is first:
// the invitation is neither locked nor changed here, since the mark of either would bear
// this transaction's number, as the rating does until its release.
//
// A link that does not hold is asked about with the same statement, whether it was used,
// has expired, was revoked or is known to nobody: how long the refusal takes does not say
// which. And what was marked is looked at before whether the link was used: a mark that is
// refused leaves the link as it was, and must not find that out.
func (s *Service) use(tx *store.Tx, link followed, receipt auth.Receipt, rating *models.Rating, key keyring.YearKey) error {
	holds := link.holds(tx)
	rating.OfficialID, rating.ServiceID, rating.Channel, rating.Adverse = link.OfficialID, link.ServiceID, link.Channel, link.Adverse
	if err := allowed(tx.DB, rating); err != nil && (holds || models.CodeOf(err) == "") {
		return err
	}
	if !holds || link.Claimed {
		return errGone()
	}
	if len(link.ResidentKey) > 0 {
		sum := key.Rater(string(link.ResidentKey))
		rating.RaterKey, rating.KeyYear = sum[:], rating.RatedOn.Year()
	}
	undo, err := undoOf(tx, receipt, rating, link.EncounterID)
	if err != nil {
		return err
	}
	written, err := tx.Together(
		store.InsertNew(&models.EncounterClaim{EncounterID: link.EncounterID}),
		store.Insert(rating),
		store.InsertNew(undo),
		store.Insert(audit.Anonymous(tx, "submitRating", "Rating")),
	)
	switch {
	case len(written) > 0 && written[0] == 0: // whoever was faster may have the same receipt, too
		return errGone()
	case err != nil:
		return err
	case written[2] == 0:
		return undoneBefore()
	}
	return nil
}

// followed is where a rating link leads: its invitation, the encounter, and whether that
// has been rated. Of a link that is known to nobody all of it is empty.
type followed struct {
	link
	year models.KeyEpoch // what the database knows of the year's key
}

type link struct {
	State       models.InvitationState
	ExpiresAt   time.Time
	EncounterID models.ID
	OfficialID  models.ID
	ServiceID   models.ID
	ResidentKey models.Hash
	Channel     models.Channel
	Adverse     bool
	Claimed     bool
}

// follow looks where a link leads, and for the year's key.
func (f *followed) follow(hash auth.SecretHash, epoch models.KeyEpoch) []store.Step {
	*f = followed{}
	return []store.Step{
		func(q *gorm.DB) *gorm.DB { return q.Where("year = ?", epoch.Year).Take(&f.year) },
		func(q *gorm.DB) *gorm.DB {
			return q.Table("rating_invitations AS i LEFT JOIN encounters AS e ON e.id = i.encounter_id").
				Select(`i.state, i.expires_at, i.encounter_id, e.official_id, e.service_id, e.resident_key, e.channel, e.adverse,
					EXISTS (SELECT 1 FROM encounter_claims AS c WHERE c.encounter_id = i.encounter_id) AS claimed`).
				Where("i.token_hash = ?", hash[:]).Take(&f.link)
		},
	}
}

// found holds the year's key to the database's, and notes a link that is known to nobody.
func (f *followed) found(tx *store.Tx, hash auth.SecretHash, epoch models.KeyEpoch, rows []int64) error {
	if rows[1] == 0 {
		auth.Tried(tx.Statement.Context, hash, false)
	}
	if rows[0] == 0 {
		return store.NoteKeyYear(tx, epoch)
	}
	return store.KnownKeyYear(f.year, epoch)
}

// holds says whether a link holds, as far as that does not depend on whether it was used:
// USED, which a release has noted, does not decide, since the rating may have been taken
// back since.
func (f followed) holds(tx *store.Tx) bool {
	i := models.RatingInvitation{State: f.State, ExpiresAt: f.ExpiresAt}
	if i.State == models.InvitationUsed {
		i.State = models.InvitationIssued
	}
	_, over := i.Next(models.InvitationUse, tx.Now)
	return over == nil
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
