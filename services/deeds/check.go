package deeds

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

const (
	// atOnce is how soon after the recording a confirmation is doubted.
	atOnce = 2 * time.Minute
	// manyADay is from which confirmation of an official's deeds a day on each is doubted.
	manyADay = 5
	// manyANetwork is from which confirmation of an official's deeds a day from one
	// network (an IPv4 address, an IPv6 /64) on each is doubted: an office, or one telephone.
	manyANetwork = 3
)

// doubts says why a confirmation that comes now should be looked at. None of it
// proves anything, and an official who is patient and uses another's telephone is
// seen by none of it: for that there are checks.
func (s *Service) doubts(tx *store.Tx, actor auth.Actor, by auth.Visitor, d *models.Deed) (models.Doubts, error) {
	var list []string
	day := models.DateOf(tx.Now, s.Zone)
	if seconds, nanos := uuid.UUID(d.ID).Time().UnixTime(); tx.Now.Sub(time.Unix(seconds, nanos)).Abs() < atOnce {
		list = append(list, models.DoubtAtOnce)
	}
	if !actor.Anonymous() && !actor.Is(models.RoleResident) {
		list = append(list, models.DoubtColleague)
	}
	var today int64
	err := tx.Model(&models.Deed{}).Where("official_id = ? AND confirmed_on = ?", d.OfficialID, day).Count(&today).Error
	if err != nil {
		return "", err
	}
	if today+1 >= manyADay {
		list = append(list, models.DoubtManyADay)
	}
	if s.networks.count(day, d.OfficialID, by.Network)+1 >= manyANetwork {
		list = append(list, models.DoubtOneNetwork)
	}
	if hour := tx.Now.In(s.Zone).Hour(); hour >= 23 || hour < 6 {
		list = append(list, models.DoubtAtNight)
	}
	return models.Doubts(strings.Join(list, ";")), nil
}

// Check is what somebody found who asked the person helped.
type Check struct {
	DeedID         models.ID
	Stands         bool
	Note           string // how it was found out
	IdempotencyKey *string
}

// Check records, once a deed, whether a confirmation stood when HR asked the person
// helped. One that did not stand no longer counts.
func (s *Service) Check(ctx context.Context, actor auth.Actor, in Check) (*models.Deed, error) {
	if !actor.Is(models.RoleHR) {
		return nil, models.Forbidden()
	}
	if err := models.ValidReason(in.Note); err != nil {
		return nil, models.Invalid("note", models.KeyReasonNeeded)
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	var d *models.Deed
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		d, err = store.Take[models.Deed](store.Lock(tx.DB).Where("id = ? AND official_id IN (SELECT id FROM officials WHERE unit_id IN "+below+")", in.DeedID, actor.UnitID), "Deed")
		if err != nil {
			return models.AtField("deedId", err)
		}
		if actor.IsOfficial(d.OfficialID) {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
		}
		_, err = store.Once(tx, "checkDeed", actor.Subject, in.IdempotencyKey, in, d.ID, func() error {
			if err := d.Check(in.Stands, actor.Subject, in.Note, tx.Now); err != nil {
				return err
			}
			if err := tx.Model(d).Select("*").Updates(d).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: "checkDeed", Noun: "Deed", NounID: &d.ID, Details: map[string]string{"stands": string(d.Checked)},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

const below = "(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)"

// ToCheck are confirmed deeds of the actor's scope that nobody has checked: those
// that are doubted, then the others in an order that nobody chose, so that the first
// of them are a sample.
func (s *Service) ToCheck(ctx context.Context, actor auth.Actor, first int) ([]*models.Deed, error) {
	if !actor.Is(models.RoleHR) {
		return nil, models.Forbidden()
	}
	var rows []*models.Deed
	err := s.Store.Read(ctx).Where("confirmed = ? AND checked = '' AND receipt_hash IS NOT NULL AND official_id IN (SELECT id FROM officials WHERE unit_id IN "+below+")",
		models.AnswerYes, actor.UnitID).
		Order("CASE WHEN doubts = '' THEN 1 ELSE 0 END, receipt_hash").Limit(first).Find(&rows).Error
	return rows, err
}

// maxListed is how many deeds or achievements come with an official.
const maxListed = 100

// UnconfirmedByOfficials are the deeds that nobody has confirmed, the newest first,
// of officials within the actor's scope or of the actor's own.
func (s *Service) UnconfirmedByOfficials(ctx context.Context, actor auth.Actor, officials []models.ID) (map[models.ID][]*models.Deed, error) {
	var rows []*models.Deed
	err := s.Store.Read(ctx).Where("confirmed = '' AND official_id IN ?", officials).Where(seen, scopeOf(actor), actor.OfficialID).
		Order("done_at DESC, id DESC").Limit(maxListed * max(len(officials), 1)).Find(&rows).Error
	found := map[models.ID][]*models.Deed{}
	for _, d := range rows {
		if len(found[d.OfficialID]) < maxListed {
			found[d.OfficialID] = append(found[d.OfficialID], d)
		}
	}
	return found, err
}

const seen = "official_id IN (SELECT id FROM officials WHERE unit_id IN " + below + " OR id = ?)"

// scopeOf is the scope in which an actor sees others' deeds and achievements.
func scopeOf(actor auth.Actor) *models.ID {
	if actor.Is(models.RoleHR, models.RoleAuditor) {
		return actor.UnitID
	}
	return nil
}

// NewAchievement is showcase evidence to be recorded.
type NewAchievement struct {
	OfficialID     models.ID
	Kind           models.AchievementKind
	At             time.Time
	Title          string
	Source         string // where it can be looked up
	IdempotencyKey *string
}

// RecordAchievement records what makes an official visible. It never earns a point.
func (s *Service) RecordAchievement(ctx context.Context, actor auth.Actor, in NewAchievement) (*models.Achievement, error) {
	if !actor.Is(models.RoleHR) {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	a := &models.Achievement{
		ID: models.NewID(), OfficialID: in.OfficialID, Kind: in.Kind, At: in.At, Title: strings.TrimSpace(in.Title),
		Source: strings.TrimSpace(in.Source), RecordedBy: actor.Subject,
	}
	if err := a.ValidateAt(s.Store.Now()); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		official, err := store.Take[models.Official](tx.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", in.OfficialID), "Official")
		if err != nil {
			return models.AtField("officialId", err)
		}
		if actor.IsOfficial(official.ID) {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
		}
		id, err := store.Once(tx, "recordAchievement", actor.Subject, in.IdempotencyKey, in, a.ID, func() error {
			day := models.DateOf(a.At, s.Zone)
			sealed, err := store.SealedFor(tx.DB, official, day)
			if err != nil {
				return err
			}
			if sealed {
				return models.Invalid("at", models.KeyDaySealed, day.String())
			}
			if err := tx.Create(a).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "recordAchievement", Noun: "Achievement", NounID: &a.ID})
		})
		if err != nil || id == a.ID {
			return err
		}
		a, err = store.Take[models.Achievement](tx.Where("id = ?", id), "Achievement")
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// AchievementsByOfficials are the achievements, the newest first, of officials
// within the actor's scope or of the actor's own.
func (s *Service) AchievementsByOfficials(ctx context.Context, actor auth.Actor, officials []models.ID) (map[models.ID][]*models.Achievement, error) {
	var rows []*models.Achievement
	err := s.Store.Read(ctx).Scopes(store.Among("official_id", officials)).Where(seen, scopeOf(actor), actor.OfficialID).
		Order("at DESC, id DESC").Limit(maxListed * max(len(officials), 1)).Find(&rows).Error
	found := map[models.ID][]*models.Achievement{}
	for _, a := range rows {
		if len(found[a.OfficialID]) < maxListed {
			found[a.OfficialID] = append(found[a.OfficialID], a)
		}
	}
	return found, err
}
