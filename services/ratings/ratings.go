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
	"sync"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// The usual allowances.
const (
	DefaultLinkDays  = 30
	DefaultReplyDays = 1
	DefaultMendDays  = 15
)

// Service does what this package is for. All fields are needed; [New] sets the usual
// allowances.
type Service struct {
	Store       *store.Store
	Keys        *keyring.Keyring
	Zone        *time.Location
	Calendar    *calendar.Calendar
	Invitations *auth.Invitations
	// Secret derives receipts from idempotency keys, and the marks of devices at
	// counters.
	Secret     []byte
	Thresholds privacy.Thresholds

	LinkDays  int // days in which a rating link may be used
	ReplyDays int // working days in which a released rating of 1 or 2 is replied to
	MendDays  int // working days in which what it complains of is mended

	handing store.Rounds[*handedIn, error] // ratings that go together

	counting sync.Mutex
	networks tally // under counting
}

// New returns a service with the usual allowances: links hold for 30 days, a reply is
// due within 1 working day of the release, and mending within 15.
func New(s *store.Store, keys *keyring.Keyring, zone *time.Location, days *calendar.Calendar,
	invitations *auth.Invitations, secret []byte,
) *Service {
	made := &Service{
		Store: s, Keys: keys, Zone: zone, Calendar: days, Invitations: invitations, Secret: secret,
		Thresholds: privacy.Default(), LinkDays: DefaultLinkDays, ReplyDays: DefaultReplyDays, MendDays: DefaultMendDays,
	}
	if s.Dialect() == store.Postgres {
		made.handing.Enough = enough
	}
	return made
}

// today is the day of a moment where the organisation is.
func (s *Service) today(now time.Time) models.Date { return models.DateOf(now, s.Zone) }

// workingDay is the last of so many working days of a unit, of which the first is not
// counted.
func (s *Service) workingDay(tx *store.Tx, unit models.ID, from models.Date, days int) (models.Date, error) {
	working, err := store.WorkingDays(tx.DB, s.Calendar, unit)
	if err != nil {
		return models.Date{}, err
	}
	return store.ModelDate(working.AddWorkingDays(store.CalendarDate(from), days)), nil
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

// DutiesByRating returns what is owed on ratings, by rating, as whoever gave them may
// see it.
func (s *Service) DutiesByRating(ctx context.Context, ids []models.ID) (map[models.ID]*Due, error) {
	var rows []models.ReplyDuty
	if err := s.Store.Read(ctx).Scopes(store.Among("rating_id", ids)).Find(&rows).Error; err != nil {
		return nil, err
	}
	replied, err := s.RepliesByRating(ctx, ids)
	if err != nil {
		return nil, err
	}
	further, err := furtherOnes(s.Store.Read(ctx), ids)
	if err != nil {
		return nil, err
	}
	duties, today := make(map[models.ID]*Due, len(rows)), s.today(s.Store.Now())
	for _, d := range rows {
		marked := d.MendingLevel != nil
		duties[d.RatingID] = &Due{
			ReplyDueOn: d.ReplyDueOn, MendDueOn: d.MendDueOn, Mending: d.Mending, MendedOn: d.MendedOn, MendingLevel: d.MendingLevel,
			MayRateMending: replied[d.RatingID] != nil && !marked && d.MayMark(today) == nil,
			MayRateAgain:   marked && d.AgainID == nil && !further[d.RatingID],
		}
	}
	return duties, nil
}

// RepliesByRating returns the replies to ratings, by rating.
func (s *Service) RepliesByRating(ctx context.Context, ids []models.ID) (map[models.ID]*models.RatingReply, error) {
	var rows []*models.RatingReply
	if err := s.Store.Read(ctx).Scopes(store.Among("rating_id", ids)).Find(&rows).Error; err != nil {
		return nil, err
	}
	replies := make(map[models.ID]*models.RatingReply, len(rows))
	for _, r := range rows {
		replies[r.RatingID] = r
	}
	return replies, nil
}
