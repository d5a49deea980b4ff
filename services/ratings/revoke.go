package ratings

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Revocation takes a rating link back.
type Revocation struct {
	InvitationID   models.ID
	Reason         string
	IdempotencyKey *string
}

// Revoke takes a rating link back, of an encounter of the actor's own, or for HR
// within scope. The reason stays on record. A rating that was given by the link
// stands: that it has been given is not to be learned from this either, so that a
// used link is revoked as any other until its use is released.
func (s *Service) Revoke(ctx context.Context, actor auth.Actor, in Revocation) (*models.RatingInvitation, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	var invitation *models.RatingInvitation
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		unknown := models.AtField("invitationId", models.NotFound("RatingInvitation"))
		var err error
		invitation, err = store.Take[models.RatingInvitation](store.Lock(tx.DB).Where("id = ?", in.InvitationID), "RatingInvitation")
		if err != nil {
			return models.AtField("invitationId", err)
		}
		encounter, err := store.Take[models.Encounter](tx.Where("id = ?", invitation.EncounterID), "Encounter")
		if models.CodeOf(err) == models.CodeNotFound {
			return unknown // another unit's
		}
		if err != nil {
			return err
		}
		if _, err := officialFor(tx, actor, &encounter.OfficialID); models.CodeOf(err) != "" {
			return unknown
		} else if err != nil {
			return err
		}
		_, err = store.Once(tx, "revokeInvitation", actor.Subject, in.IdempotencyKey, in, invitation.ID, func() error {
			next, err := invitation.Next(models.InvitationRevoke, tx.Now)
			if err != nil {
				return models.AtField("invitationId", err)
			}
			invitation.State = next
			if err := tx.Model(invitation).Update("state", next).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: "revokeInvitation", Noun: "RatingInvitation", NounID: &invitation.ID,
				Details: map[string]string{"reason": in.Reason},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return invitation, nil
}
