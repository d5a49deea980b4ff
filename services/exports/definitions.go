package exports

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/report"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewDefinition is a report definition to be saved.
type NewDefinition struct {
	ID        *models.ID // the one to change; nil: a new one
	UnitID    *models.ID // whose it is; nil: as before, or of a new one that of the actor's scope
	Name      string
	CycleKind models.CycleKind
	RunID     *models.ID
	models.ReportSpec
	IdempotencyKey *string
}

// SaveDefinition keeps a definition of a unit within the HR officer's scope under a name
// that the unit has once, or changes one that is there.
func (s *Service) SaveDefinition(ctx context.Context, actor auth.Actor, in NewDefinition) (*models.ReportDefinition, error) {
	if !actor.Is(models.RoleHR) || actor.UnitID == nil {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	d := &models.ReportDefinition{
		ID: models.NewID(), Name: strings.TrimSpace(in.Name), CycleKind: in.CycleKind, RunID: in.RunID,
		ReportSpec: in.ReportSpec, SavedBy: actor.Subject,
	}
	if d.Columns == nil {
		d.Columns = []string{}
	}
	if err := s.check(ctx, actor, in.UnitID, d); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "saveReportDefinition", actor.Subject, in.IdempotencyKey, in, d.ID, func() error { return saveDefinition(tx, actor, in, d) })
		if err != nil || id == d.ID && in.ID == nil {
			return err
		}
		if in.ID != nil {
			id = *in.ID
		}
		d, err = definition(tx.DB, actor, id)
		return err
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil, models.Conflict("name", models.KeyAlreadyExists, "ReportDefinition")
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// check holds a definition to the rules of reports, as far as they can be known before
// it is used. Unit is whose it is to be, where that is said.
func (s *Service) check(ctx context.Context, actor auth.Actor, unit *models.ID, d *models.ReportDefinition) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if err := report.CheckColumns(d.Columns); err != nil {
		return err
	}
	db := s.Store.Read(ctx)
	for _, u := range []struct {
		field string
		id    *models.ID
	}{{"unitId", unit}, {"filter.unitId", d.WithinID}} {
		if u.id == nil {
			continue
		}
		covered, err := store.Covers(db, actor.UnitID, *u.id)
		if err != nil {
			return err
		}
		if !covered {
			return models.AtField(u.field, models.NotFound("OrgUnit"))
		}
	}
	if d.RunID == nil {
		return nil
	}
	return s.Prepare(ctx, actor, &models.Export{RunID: *d.RunID, ReportSpec: d.ReportSpec})
}

// saveDefinition keeps a definition that has no unit yet.
func saveDefinition(tx *store.Tx, actor auth.Actor, in NewDefinition, d *models.ReportDefinition) error {
	saved := *d
	saved.UnitID, saved.SavedAt = *actor.UnitID, tx.Now
	var old *models.ReportDefinition
	if in.ID != nil {
		var err error
		if old, err = definition(store.Lock(tx.DB), actor, *in.ID); err != nil {
			return err
		}
		saved.ID, saved.UnitID = old.ID, old.UnitID
	}
	if in.UnitID != nil {
		saved.UnitID = *in.UnitID
	}
	if old == nil || old.UnitID != saved.UnitID {
		if err := roomFor(tx, &saved); err != nil {
			return err
		}
	}
	var err error
	if old == nil {
		err = tx.Create(&saved).Error
		*d = saved
	} else {
		err = tx.Model(&saved).Select("*").Omit("id").UpdateColumns(&saved).Error
	}
	if err != nil {
		return err
	}
	return recordDefinition(tx, actor, "saveReportDefinition", &saved)
}

// roomFor says whether a definition's unit may have one more. The lock keeps two that
// come at once below the bound together.
func roomFor(tx *store.Tx, d *models.ReportDefinition) error {
	if _, err := store.Take[models.OrgUnit](store.Lock(tx.DB).Where("id = ?", d.UnitID), "OrgUnit"); err != nil {
		return models.AtField("unitId", err)
	}
	var n int64
	if err := tx.Model(&models.ReportDefinition{}).Where("unit_id = ?", d.UnitID).Count(&n).Error; err != nil {
		return err
	}
	if n >= models.MaxReportDefinitions {
		return models.Conflict("name", models.KeyTooManyRules, strconv.Itoa(models.MaxReportDefinitions))
	}
	return nil
}

// definition is one of the actor's scope.
func definition(db *gorm.DB, actor auth.Actor, id models.ID) (*models.ReportDefinition, error) {
	d, err := store.Take[models.ReportDefinition](db.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "ReportDefinition")
	return d, models.AtField("id", err)
}

// DeleteDefinition forgets a definition of the HR officer's scope. What was written by
// it stays. A repeat with the same key is told again that it is gone.
func (s *Service) DeleteDefinition(ctx context.Context, actor auth.Actor, id models.ID, key *string) error {
	if !actor.Is(models.RoleHR) {
		return models.Forbidden()
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "deleteReportDefinition", actor.Subject, key, id, id, func() error {
			d, err := definition(store.Lock(tx.DB), actor, id)
			if err != nil {
				return err
			}
			if err := tx.Delete(d).Error; err != nil {
				return err
			}
			return recordDefinition(tx, actor, "deleteReportDefinition", d)
		})
		return err
	})
}

func recordDefinition(tx *store.Tx, actor auth.Actor, action string, d *models.ReportDefinition) error {
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: action, Noun: "ReportDefinition", NounID: &d.ID,
		Details: map[string]string{"unit": d.UnitID.String(), "name": d.Name, "kind": string(d.Kind), "format": string(d.Format)},
	})
}

// Definitions returns a page of the definitions of the actor's scope, the newest first,
// behind a given one.
func (s *Service) Definitions(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.ReportDefinition, bool, error) {
	return newest[models.ReportDefinition](s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID)), first, after)
}

// newest is a page of records, the newest first, behind a given one.
func newest[T any](query *gorm.DB, first int, after string) ([]*T, bool, error) {
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where("id < ?", id)
	}
	var rows []*T
	err := query.Order("id DESC").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// define completes an export by a definition of the actor's scope: what the definition
// says, of the run that it names, of the cycle that was asked for, or of the last one of
// its kind that has results.
func (s *Service) define(ctx context.Context, actor auth.Actor, id models.ID, e *models.Export) error {
	d, err := store.Take[models.ReportDefinition](s.Store.Read(ctx).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "ReportDefinition")
	if err != nil {
		return models.AtField("definitionId", err)
	}
	if e.OfficialID != nil {
		return models.Invalid("officialId", models.KeyOneOfTwo, "officialId", "definitionId")
	}
	e.ReportSpec = d.ReportSpec
	switch {
	case d.RunID != nil && e.RunID != (models.ID{}):
		return models.Invalid("runId", models.KeyOneOfTwo, "runId", "definitionId")
	case d.RunID != nil:
		e.RunID = *d.RunID
		return nil
	case e.RunID != (models.ID{}):
		return s.ofKind(ctx, actor, e.RunID, d.CycleKind)
	}
	var asked *models.ID
	if e.CycleID != (models.ID{}) {
		asked = &e.CycleID
	}
	cycle, err := s.Cycle(ctx, actor, asked, d.CycleKind)
	if err != nil {
		return models.AtField("cycleId", err)
	}
	e.CycleID = cycle.ID
	return nil
}

// ofKind says whether a run is of a cycle that the actor may see, and of the kind.
func (s *Service) ofKind(ctx context.Context, actor auth.Actor, id models.ID, kind models.CycleKind) error {
	run, err := store.Take[models.AssessmentRun](s.Store.Read(ctx).Where("id = ?", id), "AssessmentRun")
	if err == nil {
		_, err = s.Cycle(ctx, actor, &run.CycleID, kind)
	}
	if models.CodeOf(err) == models.CodeNotFound {
		err = models.NotFound("AssessmentRun")
	}
	return models.AtField("runId", err)
}
