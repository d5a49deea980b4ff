// Package ratings is what residents and officials do about ratings: an encounter
// is recorded, an invitation is issued, the invitation is used once, and the
// rating is found again by its receipt.
//
// A rating knows the day and the official, never the encounter or the resident.
// That an encounter is rated once is held by a table of its own, which shares
// nothing with the ratings.
package ratings

import (
	"context"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// InvitationLife is how long a rating link may be used.
const InvitationLife = 30 * 24 * time.Hour

// Service does what this package is for. All fields are needed.
type Service struct {
	Store       *store.Store
	Keys        *keyring.Keyring
	Zone        *time.Location
	Invitations *auth.Invitations
	// Secret derives receipts from idempotency keys.
	Secret []byte
}

// ServicesPage is a page of the catalogue, by external id, behind a given one.
func (s *Service) ServicesPage(ctx context.Context, first int, after string) ([]*models.Service, bool, error) {
	var rows []*models.Service
	order := s.Store.Dialect().ByteOrder("ref")
	err := s.Store.Read(ctx).Where(order+" > ?", after).Order(order).Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// ServicesByIDs returns the services that there are, by id.
func (s *Service) ServicesByIDs(ctx context.Context, ids []models.ID) (map[models.ID]*models.Service, error) {
	return store.ByID(s.Store.Read(ctx), ids, func(r *models.Service) models.ID { return r.ID })
}

// EncountersByIDs returns the encounters within the actor's scope, and the
// actor's own, by id.
func (s *Service) EncountersByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Encounter, error) {
	visible := s.Store.Read(ctx).Model(&models.Official{}).Select("id").
		Scopes(store.InScope("unit_id", actor.UnitID))
	if !actor.Is(models.RoleHR, models.RoleAuditor, models.RoleReplyOfficer) {
		visible = s.Store.Read(ctx).Model(&models.Official{}).Select("id").Where("1 = 0")
	}
	query := s.Store.Read(ctx).Where("official_id IN (?) OR official_id = ?", visible, actor.OfficialID)
	return store.ByID(query, ids, func(r *models.Encounter) models.ID { return r.ID })
}

// RepliesByRating returns the replies to ratings, by rating.
func (s *Service) RepliesByRating(ctx context.Context, ids []models.ID) (map[models.ID]*models.RatingReply, error) {
	var rows []*models.RatingReply
	if err := s.Store.Read(ctx).Where("rating_id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	replies := make(map[models.ID]*models.RatingReply, len(rows))
	for _, r := range rows {
		replies[r.RatingID] = r
	}
	return replies, nil
}
