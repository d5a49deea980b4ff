package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// managers are the roles that say where a unit's machines hear of its cases.
var managers = []models.Role{models.RoleAdmin, models.RoleHR}

// Webhook is a webhook with how it fares.
type Webhook struct {
	models.Webhook
	Waiting     int    // deliveries that are still to arrive
	DeadLetters int    // deliveries that were given up
	Failure     string // why one of these did not arrive; empty where none has failed
}

// Address is where a unit's machine wants to hear.
type Address struct {
	ID             *models.ID // nil: a new one
	UnitID         models.ID
	URL            string
	Kinds          []models.NotificationKind
	IdempotencyKey *string
}

// Saved is a saved webhook. Secret, as receivers of Standard Webhooks take it, is
// there for a new one alone.
type Saved struct {
	Webhook *Webhook
	Secret  string
}

// Save makes a webhook of a unit within the actor's scope, or changes one. Saving
// one gives its dead letters another chance.
func (s *Service) Save(ctx context.Context, actor auth.Actor, in Address) (*Saved, error) {
	if !actor.Is(managers...) {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	kinds := slices.Clone(in.Kinds)
	slices.Sort(kinds)
	fresh := models.Webhook{ID: models.NewID(), UnitID: in.UnitID, URL: in.URL, Kinds: slices.Compact(kinds)}
	if err := fresh.Validate(s.Plain); err != nil {
		return nil, err
	}
	var saved Saved
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "saveWebhook", actor.Subject, in.IdempotencyKey, in, fresh.ID, func() error {
			return save(tx, actor, in, &fresh)
		})
		if err != nil {
			return err
		}
		if in.ID == nil {
			saved.Secret = "whsec_" + base64.StdEncoding.EncodeToString(webhookKey(s.Webhooks[0], id))
		} else {
			id = *in.ID
		}
		found, err := states(tx.DB.Where("id = ?", id), tx.DB)
		if err != nil || len(found) == 0 {
			return errors.Join(err, notThere(len(found)))
		}
		saved.Webhook = found[0]
		return nil
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil, models.Conflict("url", models.KeyAlreadyExists, "Webhook")
	}
	if err != nil {
		return nil, err
	}
	return &saved, nil
}

// notThere is for a webhook that was removed since its key was used.
func notThere(n int) error {
	if n == 0 {
		return models.NotFound("Webhook")
	}
	return nil
}

// save writes an address. The lock on its unit keeps two that come at once below the bound
// together.
func save(tx *store.Tx, actor auth.Actor, in Address, w *models.Webhook) error {
	if _, err := store.Take[models.OrgUnit](store.Lock(tx.Scopes(store.InScope("id", actor.UnitID))).Where("id = ?", in.UnitID), "OrgUnit"); err != nil {
		return models.AtField("unitId", err)
	}
	w.CreatedAt, w.UpdatedAt = tx.Now, tx.Now
	if in.ID == nil {
		var n int64
		if err := tx.Model(&models.Webhook{}).Where("unit_id = ?", in.UnitID).Count(&n).Error; err != nil {
			return err
		}
		if n >= models.MaxUnitWebhooks {
			return models.Invalid("unitId", models.KeyTooLong, fmt.Sprint(models.MaxUnitWebhooks), fmt.Sprint(n+1))
		}
		if err := tx.Create(w).Error; err != nil {
			return err
		}
		return record(tx, actor, "saveWebhook", w)
	}
	old, err := within(tx, actor, *in.ID)
	if err != nil {
		return err
	}
	w.ID, w.CreatedAt = old.ID, old.CreatedAt
	if err := tx.Model(w).Select("unit_id", "url", "kinds", "updated_at").UpdateColumns(w).Error; err != nil {
		return err
	}
	err = tx.Model(&models.NotificationDelivery{}).Where("webhook_id = ? AND state = ?", w.ID, models.DeliveryDead).
		UpdateColumns(map[string]any{"state": models.DeliveryWaiting, "attempts": 0, "next_at": tx.Now, "ended_at": nil}).Error
	if err != nil {
		return err
	}
	return record(tx, actor, "saveWebhook", w)
}

// Remove forgets a webhook, and what was still to be sent to it.
func (s *Service) Remove(ctx context.Context, actor auth.Actor, id models.ID) error {
	if !actor.Is(managers...) {
		return models.Forbidden()
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		w, err := within(tx, actor, id)
		if err != nil {
			return err
		}
		if err := tx.Where("webhook_id = ?", w.ID).Delete(&models.NotificationDelivery{}).Error; err != nil {
			return err
		}
		if err := tx.Delete(w).Error; err != nil {
			return err
		}
		return record(tx, actor, "removeWebhook", w)
	})
}

// within locks a webhook of the actor's scope.
func within(tx *store.Tx, actor auth.Actor, id models.ID) (*models.Webhook, error) {
	w, err := store.Take[models.Webhook](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "Webhook")
	return w, models.AtField("id", err)
}

// record leaves an audit entry. The address is left out: it may hold a secret.
func record(tx *store.Tx, actor auth.Actor, action string, w *models.Webhook) error {
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: action, Noun: "Webhook", NounID: &w.ID, Details: map[string]string{"unit": w.UnitID.String()},
	})
}

// Page returns the webhooks within the actor's scope, behind an id.
func (s *Service) Page(ctx context.Context, actor auth.Actor, first int, after string) ([]*Webhook, bool, error) {
	if !actor.Is(managers...) {
		return nil, false, models.Forbidden()
	}
	query := s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID))
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where("id > ?", id)
	}
	rows, err := states(query.Limit(first+1), s.Store.Read(ctx))
	return store.Cut(rows, first), len(rows) > first, err
}

// states reads webhooks, by id, with how their deliveries fare.
func states(query, db *gorm.DB) ([]*Webhook, error) {
	var hooks []models.Webhook
	if err := query.Order("id").Find(&hooks).Error; err != nil {
		return nil, err
	}
	out, byID := make([]*Webhook, len(hooks)), make(map[models.ID]*Webhook, len(hooks))
	ids := make([]models.ID, len(hooks))
	for i, h := range hooks {
		out[i] = &Webhook{Webhook: h}
		byID[h.ID], ids[i] = out[i], h.ID
	}
	var counts []struct {
		WebhookID models.ID
		State     models.DeliveryState
		N         int
		Failure   string
	}
	err := db.Model(&models.NotificationDelivery{}).Select("webhook_id, state, COUNT(*) AS n, MAX(failure) AS failure").
		Where("webhook_id IN ? AND state <> ?", ids, models.DeliveryDelivered).Group("webhook_id, state").Scan(&counts).Error
	for _, c := range counts {
		w := byID[c.WebhookID]
		if c.State == models.DeliveryDead {
			w.DeadLetters = c.N
		} else {
			w.Waiting = c.N
		}
		if c.Failure != "" {
			w.Failure = c.Failure
		}
	}
	return out, err
}

// webhookKey derives the key of one webhook, so that none is kept anywhere:
// HMAC-SHA-256(secret, "steelyard webhook v1" id).
func webhookKey(secret []byte, id models.ID) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("steelyard webhook v1"))
	h.Write(id[:])
	return h.Sum(nil)
}
