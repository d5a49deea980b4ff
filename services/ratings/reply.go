package ratings

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewReply is a unit's answer to a rating of 1 or 2.
type NewReply struct {
	RatingID       models.ID
	Text           string
	IdempotencyKey *string
}

// Reply answers a rating for the unit: by a reply officer within whose scope it lies,
// never by who was rated. It is said once and stands. A repeat with the same
// idempotency key changes nothing.
func (s *Service) Reply(ctx context.Context, actor auth.Actor, in NewReply) (*models.RatingReply, error) {
	reply := &models.RatingReply{ID: models.NewRandomID(), RatingID: in.RatingID, Author: actor.Subject, Text: in.Text}
	if err := reply.Validate(); err != nil {
		return nil, err
	}
	err := s.onDuty(ctx, actor, in.RatingID, in.IdempotencyKey, func(tx *store.Tx, d *models.ReplyDuty) error {
		reply.RepliedOn = s.today(tx.Now)
		id, err := store.Once(tx, "replyToRating", actor.Subject, in.IdempotencyKey, in, reply.ID, func() error {
			return s.reply(tx, actor, d, reply)
		})
		if err != nil || id == reply.ID {
			return err
		}
		reply, err = store.Take[models.RatingReply](tx.Where("id = ?", id), "RatingReply")
		return err
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

func (s *Service) reply(tx *store.Tx, actor auth.Actor, d *models.ReplyDuty, reply *models.RatingReply) error {
	var n int64
	if err := tx.Model(&models.RatingReply{}).Where("rating_id = ?", d.RatingID).Count(&n).Error; err != nil {
		return err
	}
	if n > 0 {
		return models.Conflict("ratingId", models.KeyAlreadyAnswered)
	}
	if err := tx.Create(reply).Error; err != nil {
		return err
	}
	// What is late from now on is the mending.
	late := d.MendDueOn.AddDays(1)
	d.EscalateOn = &late
	if err := saveDuty(tx, d); err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "replyToRating", Noun: "RatingReply", NounID: &reply.ID})
}

// NewMending is what a unit did about a rating of 1 or 2.
type NewMending struct {
	RatingID       models.ID
	Account        string
	IdempotencyKey *string
}

// Mend notes what the unit did about a rating that it has replied to. From then on
// the resident has the word.
func (s *Service) Mend(ctx context.Context, actor auth.Actor, in NewMending) (*Owed, error) {
	var duty *models.ReplyDuty
	err := s.onDuty(ctx, actor, in.RatingID, in.IdempotencyKey, func(tx *store.Tx, d *models.ReplyDuty) error {
		duty = d
		_, err := store.Once(tx, "recordMending", actor.Subject, in.IdempotencyKey, in, d.RatingID, func() error {
			reply, err := store.Take[models.RatingReply](tx.Where("rating_id = ?", d.RatingID), "RatingReply")
			if models.CodeOf(err) == models.CodeNotFound {
				return &models.Error{Code: models.CodeIllegalState, Field: "ratingId", Key: models.KeyReplyFirst}
			}
			if err != nil {
				return err
			}
			if err := d.Mend(in.Account, s.today(tx.Now)); err != nil {
				return err
			}
			d.EscalateOn = nil
			if err := saveDuty(tx, d); err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "recordMending", Noun: "RatingReply", NounID: &reply.ID})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	owed, err := s.owed(ctx, []*models.ReplyDuty{duty})
	if err != nil {
		return nil, err
	}
	return owed[0], nil
}

// onDuty locks a duty within the actor's scope and lets do act on it.
func (s *Service) onDuty(ctx context.Context, actor auth.Actor, rating models.ID, key *string,
	do func(tx *store.Tx, d *models.ReplyDuty) error,
) error {
	if err := models.ValidIdempotencyKey(key, false); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		d, err := store.Take[models.ReplyDuty](
			store.Lock(tx.DB).Scopes(duties(actor)).Where("reply_duties.rating_id = ?", rating), "Rating")
		if err != nil {
			return models.AtField("ratingId", err)
		}
		return do(tx, d)
	})
}
