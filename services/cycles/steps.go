package cycles

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Step names a cycle that is to take a step, and why.
type Step struct {
	CycleID        models.ID
	Reason         string // stays in the audit trail; may be empty
	IdempotencyKey *string
}

// StartCollecting ends the preparation of a cycle: evidence comes in.
func (s *Service) StartCollecting(ctx context.Context, actor auth.Actor, in Step) (*models.Cycle, error) {
	return s.step(ctx, actor, "startCollecting", models.CycleStepCollect, in)
}

// StartScoring ends the collecting: the policy is locked, and from here a change
// needs a reason, which is published.
func (s *Service) StartScoring(ctx context.Context, actor auth.Actor, in Step) (*models.Cycle, error) {
	return s.step(ctx, actor, "startScoring", models.CycleStepScore, in)
}

func (s *Service) step(ctx context.Context, actor auth.Actor, action string, step models.CycleStep, in Step) (*models.Cycle, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if err := models.ValidRemark("reason", in.Reason); err != nil {
		return nil, err
	}
	var c *models.Cycle
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		if c, err = lock(tx, actor, in.CycleID); err != nil {
			return err
		}
		_, err = store.Once(tx, action, actor.Subject, in.IdempotencyKey, in, c.ID, func() error {
			from := c.State
			if c.State, err = c.State.Next(step); err != nil {
				return err
			}
			c.UpdatedAt = tx.Now
			if err := tx.Model(c).Select("state", "updated_at").UpdateColumns(c).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: action, Noun: "Cycle", NounID: &c.ID,
				Details: map[string]string{"from": string(from), "to": string(c.State), "reason": in.Reason},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// lock locks a cycle that lies within the actor's scope as a whole.
func lock(tx *store.Tx, actor auth.Actor, id models.ID) (*models.Cycle, error) {
	c, err := store.Take[models.Cycle](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "Cycle")
	return c, models.AtField("cycleId", err)
}

// Summary is an official's word on the own work.
type Summary struct {
	CycleID        models.ID
	Text           string
	IdempotencyKey *string
}

// SubmitSummary keeps what an official says of the own work in a cycle (述职). As
// long as evidence comes in, or results are not published yet, a later one takes
// the place of the earlier one.
func (s *Service) SubmitSummary(ctx context.Context, actor auth.Actor, in Summary) (*models.SelfSummary, error) {
	if actor.OfficialID == nil {
		return nil, models.Forbidden()
	}
	row := &models.SelfSummary{ID: models.NewID(), CycleID: in.CycleID, OfficialID: *actor.OfficialID, Text: strings.TrimSpace(in.Text)}
	if err := row.Validate(); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "submitSelfSummary", actor.Subject, in.IdempotencyKey, in, row.ID, func() error { return submit(tx, actor, row) })
		if err != nil {
			return err
		}
		row, err = store.Take[models.SelfSummary](tx.Where("cycle_id = ? AND official_id = ?", row.CycleID, row.OfficialID), "SelfSummary")
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

func submit(tx *store.Tx, actor auth.Actor, row *models.SelfSummary) error {
	c, err := store.Take[models.Cycle](store.Lock(tx.DB).Scopes(assessing(*actor.OfficialID)).Where("id = ?", row.CycleID), "Cycle")
	if err != nil {
		return models.AtField("cycleId", err)
	}
	if c.State != models.CycleCollecting && c.State != models.CycleScoring {
		return &models.Error{Code: models.CodeIllegalState, Field: "cycleId", Key: models.KeyCycleUnready, Args: []string{string(c.State)}}
	}
	row.SubmittedAt = tx.Now
	known, err := store.Take[models.SelfSummary](tx.Where("cycle_id = ? AND official_id = ?", row.CycleID, row.OfficialID), "SelfSummary")
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		err = tx.Create(row).Error
	case err == nil:
		err = tx.Model(known).Select("text", "submitted_at").UpdateColumns(row).Error
	}
	if err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "submitSelfSummary", Noun: "Cycle", NounID: &c.ID, Details: map[string]string{},
	})
}

// assessing keeps the cycles that assess an official: those of a unit in which, or
// below which, the official held a post within the period.
func assessing(official models.ID) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("EXISTS (SELECT 1 FROM postings p JOIN org_unit_closures t ON t.descendant_id = p.unit_id "+
			"WHERE p.official_id = ? AND t.ancestor_id = cycles.unit_id AND p.from_on <= cycles.to_on "+
			"AND (p.to_on IS NULL OR p.to_on >= cycles.from_on))", official)
	}
}

// Summaries returns a page of a cycle's self-summaries in the order of their ids,
// behind a given one: HR officers see those of their scope, an official the own.
func (s *Service) Summaries(ctx context.Context, actor auth.Actor, cycle models.ID, first int, after string) ([]*models.SelfSummary, bool, error) {
	query := s.Store.Read(ctx).Where("cycle_id = ?", cycle)
	switch {
	case actor.Is(models.RoleHR) && actor.UnitID != nil:
		query = query.Where("(official_id IN (SELECT id FROM officials WHERE unit_id IN "+
			"(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)) OR official_id = ?)", *actor.UnitID, actor.OfficialID)
	default:
		query = query.Where("official_id = ?", actor.OfficialID)
	}
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where("official_id > ?", id)
	}
	var rows []*models.SelfSummary
	err := query.Order("official_id").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}
