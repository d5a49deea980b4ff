package cases

import (
	"context"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
)

// maxPublicDays is the longest span of days that everybody may ask for at once.
const maxPublicDays = 90

// PublicFilter says which cases everybody asks for.
type PublicFilter struct {
	From, To   models.Date // handed in on these days, both included; at most 90
	Categories []string    // empty: any
	Open       *bool       // nil: open and closed
}

// PublicCase is a case as everybody may see it.
type PublicCase struct {
	PublicID  string
	Category  string
	State     models.CaseState
	UnitID    models.ID
	OpenedOn  models.Date
	DueOn     *models.Date // the last day of the time to answer
	ClosedOn  *models.Date
	ChangedOn models.Date
}

// publish leaves of a case what everybody may see.
func (s *Service) publish(c *models.Case) (*PublicCase, error) {
	id, err := s.PublicID(c.ID)
	if err != nil {
		return nil, err
	}
	out := &PublicCase{
		PublicID: id, Category: c.Category, State: c.State, UnitID: c.UnitID,
		OpenedOn: models.DateOf(c.OpenedAt, s.Zone), ChangedOn: models.DateOf(c.UpdatedAt, s.Zone),
	}
	if c.ClosedAt != nil {
		closed := models.DateOf(*c.ClosedAt, s.Zone)
		out.ClosedOn = &closed
	}
	if c.DueAt != nil {
		// A due date is the first instant that is too late.
		due := models.DateOf(c.DueAt.Add(-time.Nanosecond), s.Zone)
		out.DueOn = &due
	}
	return out, nil
}

// PublicID is a case's id for everybody: the id encrypted as one block, so that it
// tells neither the id nor the moment within it, and leads nowhere else.
func (s *Service) PublicID(id models.ID) (string, error) {
	block, err := aes.NewCipher(s.publicKey())
	if err != nil {
		return "", fmt.Errorf("make a public id: %w", err)
	}
	var out [16]byte
	block.Encrypt(out[:], id[:])
	return hex.EncodeToString(out[:]), nil
}

// fromPublic is the id behind a public one; any text of the right length has one.
func (s *Service) fromPublic(text string) (models.ID, error) {
	var id models.ID
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, models.NotFound("Case")
	}
	block, err := aes.NewCipher(s.publicKey())
	if err != nil {
		return id, fmt.Errorf("read a public id: %w", err)
	}
	block.Decrypt(id[:], raw)
	return id, nil
}

func (s *Service) publicKey() []byte {
	h := hmac.New(sha256.New, s.Secret)
	h.Write([]byte("steelyard public case v1"))
	return h.Sum(nil)
}

// public keeps what everybody may know of: what was handed in here. What an import
// brought, petitions among it, was never meant for everybody.
func public(db *gorm.DB) *gorm.DB { return db.Where("cases.receipt_hash IS NOT NULL") }

// Public returns the case of a public id.
func (s *Service) Public(ctx context.Context, publicID string) (*PublicCase, error) {
	c, err := s.byPublicID(ctx, publicID)
	if err != nil {
		return nil, err
	}
	return s.publish(c)
}

func (s *Service) byPublicID(ctx context.Context, publicID string) (*models.Case, error) {
	id, err := s.fromPublic(publicID)
	if err != nil {
		return nil, err
	}
	return store.Take[models.Case](s.Store.Read(store.Widen(ctx, store.PublicFigures)).Scopes(public).Where("id = ?", id), "Case")
}

// PublicPage returns cases for everybody, the newest first, behind a place. That is
// a public id: the moment within a usual place is for nobody.
func (s *Service) PublicPage(ctx context.Context, f PublicFilter, first int, after string) ([]*PublicCase, bool, error) {
	if f.To.Before(f.From) {
		return nil, false, models.Invalid("filter.to", models.KeyPeriodBackwards, f.From.String(), f.To.String())
	}
	if days := f.To.EpochDay() - f.From.EpochDay(); days > maxPublicDays {
		return nil, false, models.Invalid("filter.from", models.KeyTooLong, fmt.Sprint(maxPublicDays), fmt.Sprint(days))
	}
	if len(f.Categories) > maxRules {
		return nil, false, models.Invalid("filter.categories", models.KeyTooLong, fmt.Sprint(maxRules), fmt.Sprint(len(f.Categories)))
	}
	query := s.Store.Read(store.Widen(ctx, store.PublicFigures)).Scopes(public).
		Where("cases.opened_at >= ? AND cases.opened_at < ?", f.From.Start(s.Zone), f.To.AddDays(1).Start(s.Zone))
	if len(f.Categories) > 0 {
		// What no case can have is not asked for: PostgreSQL would refuse to compare it.
		query = query.Where("cases.category IN ?", slices.DeleteFunc(slices.Clone(f.Categories), func(category string) bool {
			return models.ValidPlace("categories", category) != nil
		}))
	}
	if f.Open != nil {
		states := openStates()
		if *f.Open {
			query = query.Where("cases.state IN ?", states)
		} else {
			query = query.Where("cases.state NOT IN ?", states)
		}
	}
	if after != "" {
		last, err := s.byPublicID(ctx, after)
		if models.CodeOf(err) == models.CodeNotFound {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		if err != nil {
			return nil, false, err
		}
		query = query.Where("(cases.opened_at, cases.id) < (?, ?)", last.OpenedAt, last.ID)
	}
	var rows []*models.Case
	if err := query.Order("cases.opened_at DESC, cases.id DESC").Limit(first + 1).Find(&rows).Error; err != nil {
		return nil, false, err
	}
	page := make([]*PublicCase, min(first, len(rows)))
	for i := range page {
		var err error
		if page[i], err = s.publish(rows[i]); err != nil {
			return nil, false, err
		}
	}
	return page, len(rows) > first, nil
}

// Categories are what a problem can be filed under, in the order of their bytes:
// what the rules of any unit know, and the one for what nobody knows.
func (s *Service) Categories(ctx context.Context) ([]string, error) {
	var names []string
	err := s.Store.Read(ctx).Raw("SELECT category FROM category_rules UNION SELECT category FROM routing_rules WHERE category <> ''").
		Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("read the categories: %w", err)
	}
	names = append(names, UnknownCategory)
	slices.Sort(names)
	return slices.Compact(names), nil
}
