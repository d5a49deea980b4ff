// Package publications is what follows the scoring of a cycle: grades that two
// persons set, the public notice, objections and remedies, the written notice to
// each, and the seal.
//
// A cycle goes from SCORING by the notice to PUBLISHED, by the decision to DECIDED,
// and by the seal to FINAL. Each of these steps needs two persons: the first one's
// call proposes, another's confirms. An upheld objection leads to a new run. What
// has been told to somebody gets no worse by it: who objected has the better of old
// and new, and everybody else keeps what they have.
//
// Nobody acts on their own record, and nobody decides about what they proposed or
// decided before.
package publications

import (
	"context"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// Service does what this package is for. All fields are needed.
type Service struct {
	Store      *store.Store
	Keys       *keyring.Keyring
	Zone       *time.Location
	Days       *calendar.Calendar
	Thresholds privacy.Thresholds
	Secret     []byte // from which the receipts of repeats are derived
}

// readers see the grades, objections and exclusions of their scope.
var readers = []models.Role{models.RoleHR, models.RoleAuditor}

// today is the day of a transaction.
func (s *Service) today(tx *store.Tx) models.Date { return models.DateOf(tx.Now, s.Zone) }

// lockWhole locks a cycle that lies within the actor's scope as a whole: a step of
// the cycle. Of a cycle and what hangs on it the cycle is always locked first.
func lockWhole(tx *store.Tx, actor auth.Actor, id models.ID) (*models.Cycle, error) {
	c, err := store.Take[models.Cycle](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "Cycle")
	return c, models.AtField("cycleId", err)
}

// lockPart locks a cycle of which the actor's scope is a part, or all: to act on an
// official within that scope.
func lockPart(tx *store.Tx, actor auth.Actor, id models.ID) (*models.Cycle, error) {
	c, err := store.Take[models.Cycle](store.Lock(tx.DB).Scopes(inReach(actor)).Where("id = ?", id), "Cycle")
	return c, models.AtField("cycleId", err)
}

// inReach keeps the cycles whose unit lies within the actor's scope, or above it.
func inReach(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.UnitID == nil {
			return db.Where("1 = 0")
		}
		return db.Where("(unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?) "+
			"OR unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?))", *actor.UnitID, *actor.UnitID)
	}
}

// reachable returns a cycle that the actor may see, for reads that hang on one.
func (s *Service) reachable(ctx context.Context, actor auth.Actor, id models.ID) (*models.Cycle, error) {
	if !actor.Is(readers...) {
		return nil, models.Forbidden()
	}
	return store.Take[models.Cycle](s.Store.Read(ctx).Scopes(inReach(actor)).Where("id = ?", id), "Cycle")
}

// unready is a step that a cycle's state does not allow.
func unready(c *models.Cycle) error {
	return &models.Error{Code: models.CodeIllegalState, Field: "cycleId", Key: models.KeyCycleUnready, Args: []string{string(c.State)}}
}

// notOwn refuses to let somebody act on the own record.
func notOwn(actor auth.Actor, official models.ID) error {
	if actor.IsOfficial(official) {
		return &models.Error{Code: models.CodeForbidden, Field: "officialId", Key: models.KeyOwnRecord}
	}
	return nil
}

// lastPosts narrows assessments to the last post of each official in their run: its
// unit is the appraising one.
func lastPosts(db *gorm.DB) *gorm.DB {
	return db.Where(`NOT EXISTS (SELECT 1 FROM assessments b JOIN postings q ON q.id = b.posting_id JOIN postings p ON p.id = assessments.posting_id
		WHERE b.run_id = assessments.run_id AND b.official_id = assessments.official_id AND q.from_on > p.from_on)`)
}

// appraised returns the assessment of an official's last post in the run that
// counts, where that post lies within the actor's scope.
func appraised(tx *store.Tx, actor auth.Actor, c *models.Cycle, official models.ID) (*models.Assessment, error) {
	if c.RunID == nil {
		return nil, &models.Error{Code: models.CodeIllegalState, Field: "cycleId", Key: models.KeyNoRun}
	}
	a, err := store.Take[models.Assessment](tx.Scopes(lastPosts, store.InScope("assessments.unit_id", actor.UnitID)).
		Where("run_id = ? AND official_id = ?", *c.RunID, official), "Official")
	return a, models.AtField("officialId", err)
}

// pageByID is a page in the order of ids, behind a given one.
func pageByID[T any](query *gorm.DB, column string, first int, after string) ([]*T, bool, error) {
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where(column+" > ?", id)
	}
	var rows []*T
	err := query.Order(column).Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}
