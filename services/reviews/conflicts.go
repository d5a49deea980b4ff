package reviews

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewConflict is a conflict of interest to be declared.
type NewConflict struct {
	OfficialID, OtherID models.ID
	Reason              string
	IdempotencyKey      *string
}

// DeclareConflict notes that two officials must not review each other: HR for anybody
// in the scope, an official for themself. The other may be anybody.
func (s *Service) DeclareConflict(ctx context.Context, actor auth.Actor, in NewConflict) (*models.ReviewConflict, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	row := &models.ReviewConflict{
		ID: models.NewID(), OfficialID: in.OfficialID, OtherID: in.OtherID,
		Reason: strings.TrimSpace(in.Reason), DeclaredBy: actor.Subject,
	}
	if err := row.Validate(); err != nil {
		return nil, err
	}
	row.Order()
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := mayDeclare(tx, actor, in); err != nil {
			return err
		}
		id, err := store.Once(tx, "declareReviewConflict", actor.Subject, in.IdempotencyKey, in, row.ID, func() error {
			row.DeclaredAt = tx.Now
			if err := tx.Create(row).Error; err != nil {
				if errors.Is(err, gorm.ErrDuplicatedKey) {
					return models.Conflict("otherId", models.KeyAlreadyExists, "ReviewConflict")
				}
				return err
			}
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "declareReviewConflict", Noun: "ReviewConflict", NounID: &row.ID})
		})
		if err != nil || id == row.ID {
			return err
		}
		row, err = store.Take[models.ReviewConflict](tx.Where("id = ?", id), "ReviewConflict")
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

// mayDeclare says whether the actor may speak for the first of the two, and whether
// there is the other.
func mayDeclare(tx *store.Tx, actor auth.Actor, in NewConflict) error {
	for _, side := range []struct {
		field string
		id    models.ID
		scope bool
	}{{"officialId", in.OfficialID, true}, {"otherId", in.OtherID, false}} {
		query := tx.Where("id = ?", side.id)
		switch {
		case !side.scope, actor.OfficialID != nil && *actor.OfficialID == side.id:
		case actor.Is(models.RoleHR):
			query = query.Scopes(store.InScope("unit_id", actor.UnitID))
		default:
			return models.AtField(side.field, models.NotFound("Official"))
		}
		if _, err := store.Take[models.Official](query, "Official"); err != nil {
			return models.AtField(side.field, err)
		}
	}
	return nil
}

// RemoveConflict takes a conflict of interest back. HR may, if one of the two lies in
// the scope and neither is the officer's own self.
func (s *Service) RemoveConflict(ctx context.Context, actor auth.Actor, id models.ID, key *string) error {
	if err := models.ValidIdempotencyKey(key, false); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "removeReviewConflict", actor.Subject, key, id, id, func() error {
			row, err := store.Take[models.ReviewConflict](store.Lock(tx.DB).Scopes(conflictsInScope(actor)).Where("id = ?", id), "ReviewConflict")
			if err != nil {
				return models.AtField("id", err)
			}
			if own(actor, row.OfficialID, row.OtherID) {
				return models.Invalid("id", models.KeyOwnRecord)
			}
			if err := tx.Delete(row).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: "removeReviewConflict", Noun: "ReviewConflict", NounID: &id,
				Details: map[string]string{"official": row.OfficialID.String(), "other": row.OtherID.String()},
			})
		})
		return err
	})
}

// own says whether one of the officials is the actor.
func own(actor auth.Actor, officials ...models.ID) bool {
	for _, id := range officials {
		if actor.OfficialID != nil && *actor.OfficialID == id {
			return true
		}
	}
	return false
}

// conflictsInScope keeps the conflicts of which one side lies in the actor's scope.
func conflictsInScope(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.UnitID == nil || !actor.Is(models.RoleHR) {
			return db.Where("1 = 0")
		}
		const here = "SELECT o.id FROM officials o JOIN org_unit_closures c ON c.descendant_id = o.unit_id WHERE c.ancestor_id = ?"
		return db.Where("(official_id IN ("+here+") OR other_id IN ("+here+"))", *actor.UnitID, *actor.UnitID)
	}
}

// Conflicts returns a page of the conflicts of the actor's scope, in the order in
// which they were declared, behind a given one.
func (s *Service) Conflicts(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.ReviewConflict, bool, error) {
	query := s.Store.Read(ctx).Scopes(conflictsInScope(actor))
	query, err := behind(query, "id > ?", after)
	if err != nil {
		return nil, false, err
	}
	var rows []*models.ReviewConflict
	err = query.Order("id").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// conflicts are the pairs that must not review each other, both ways.
func conflicts(db *gorm.DB) (map[[2]models.ID]bool, error) {
	var rows []models.ReviewConflict
	if err := db.Select("official_id, other_id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[[2]models.ID]bool, 2*len(rows))
	for _, r := range rows {
		out[[2]models.ID{r.OfficialID, r.OtherID}] = true
		out[[2]models.ID{r.OtherID, r.OfficialID}] = true
	}
	return out, nil
}

// unconflicted refuses assignments between officials who must not review each other.
func unconflicted(tx *store.Tx, assignments []models.ReviewAssignment) error {
	if len(assignments) == 0 {
		return nil
	}
	forbidden, err := conflicts(tx.DB)
	if err != nil {
		return err
	}
	for i, a := range assignments {
		if forbidden[[2]models.ID{a.OfficialID, a.ReviewerID}] {
			return models.Conflict(fmt.Sprintf("assignments.%d.reviewerId", i), models.KeyConflictOfInterest)
		}
	}
	return nil
}
