package publications

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewLimit is a fact that bounds an official's grade.
type NewLimit struct {
	CycleID        models.ID
	OfficialID     models.ID
	Ground         models.LimitGround
	Reason         string // of the first person's
	IdempotencyKey *string
}

// SetLimit proposes a limit, or confirms what another person has proposed on the
// same ground. The next run knows a confirmed one: who cannot be graded is counted
// in no quota, and nobody barred from EXCELLENT is proposed for it.
func (s *Service) SetLimit(ctx context.Context, actor auth.Actor, in NewLimit) (*models.GradeLimit, error) {
	row := &models.GradeLimit{
		ID: models.NewID(), CycleID: in.CycleID, OfficialID: in.OfficialID, Ground: in.Ground,
		Reason: strings.TrimSpace(in.Reason), ProposedBy: actor.Subject,
	}
	if err := row.Validate(); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "setGradeLimit", actor.Subject, in.IdempotencyKey, in, row.ID, func() error { return setLimit(tx, actor, row) })
		if err != nil {
			return err
		}
		row, err = limitOf(tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

func limitOf(tx *store.Tx, l *models.GradeLimit) (*models.GradeLimit, error) {
	return store.Take[models.GradeLimit](
		tx.Where("cycle_id = ? AND official_id = ? AND ground = ?", l.CycleID, l.OfficialID, l.Ground), "GradeLimit")
}

func setLimit(tx *store.Tx, actor auth.Actor, row *models.GradeLimit) error {
	c, err := lockPart(tx, actor, row.CycleID)
	if err != nil {
		return err
	}
	if c.State != models.CycleCollecting && c.State != models.CycleScoring {
		return unready(c)
	}
	if _, err := store.Take[models.Official](tx.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", row.OfficialID), "Official"); err != nil {
		return models.AtField("officialId", err)
	}
	if err := notOwn(actor, row.OfficialID); err != nil {
		return err
	}
	known, err := limitOf(tx, row)
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		row.ProposedAt = tx.Now
		err = tx.Create(row).Error
	case err == nil:
		if err := known.Confirm(actor.Subject, tx.Now); err != nil {
			return err
		}
		if err := store.SecondPerson(tx.DB, actor.Subject, known.ProposedBy); err != nil {
			return err
		}
		err = tx.Model(known).Select("confirmed_by", "confirmed_at").UpdateColumns(known).Error
	}
	if err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "setGradeLimit", Noun: "Official", NounID: &row.OfficialID,
		Details: map[string]string{"cycle": c.ID.String(), "ground": string(row.Ground), "reason": row.Reason},
	})
}

// barred says on which ground a confirmed limit keeps a grade from an official.
func barred(tx *store.Tx, g *models.CycleGrade) error {
	var limits []models.GradeLimit
	err := tx.Where("cycle_id = ? AND official_id = ? AND confirmed_at IS NOT NULL", g.CycleID, g.OfficialID).Order("ground").Find(&limits).Error
	if err != nil {
		return err
	}
	for _, l := range limits {
		if l.Ground == models.LimitDiscipline && g.Grade != models.GradeExcellent || g.Grade == models.GradeNotGraded {
			continue
		}
		return models.Invalid("grade", models.KeyGradeLimited, string(l.Ground))
	}
	return nil
}

// Limits returns a page of a cycle's limits, within the actor's scope.
func (s *Service) Limits(ctx context.Context, actor auth.Actor, cycle models.ID, first int, after string) ([]*models.GradeLimit, bool, error) {
	if _, err := s.reachable(ctx, actor, cycle); err != nil {
		return nil, false, err
	}
	query := s.Store.Read(ctx).Where("cycle_id = ? AND official_id IN (SELECT id FROM officials WHERE unit_id IN "+
		"(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?))", cycle, *actor.UnitID)
	return pageByID[models.GradeLimit](query, "id", first, after)
}
