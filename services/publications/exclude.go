package publications

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewExclusion is evidence that later runs are to leave out.
type NewExclusion struct {
	CycleID        models.ID
	OfficialID     models.ID
	CaseID         *models.ID
	FromOn, ToOn   models.Date // ratings of these days instead
	ObjectionID    *models.ID  // because of which
	Reason         string
	IdempotencyKey *string
}

// Exclude proposes to leave a case, or the ratings of some days, out of the later
// runs of a cycle. Fewer ratings than make a figure cannot be left out, nor days
// that overlap an earlier exclusion of the official: the difference between two
// results would tell of single ones.
func (s *Service) Exclude(ctx context.Context, actor auth.Actor, in NewExclusion) (*models.EvidenceExclusion, error) {
	e := &models.EvidenceExclusion{
		ID: models.NewID(), CycleID: in.CycleID, OfficialID: in.OfficialID, Kind: models.ExcludeRatings, CaseID: in.CaseID,
		FromOn: in.FromOn, ToOn: in.ToOn, ObjectionID: in.ObjectionID, Reason: strings.TrimSpace(in.Reason), ProposedBy: actor.Subject,
	}
	if in.CaseID != nil {
		e.Kind = models.ExcludeCase
	}
	if err := e.Validate(); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "excludeEvidence", actor.Subject, in.IdempotencyKey, in, e.ID, func() error { return s.exclude(tx, actor, e) })
		if err != nil {
			return err
		}
		e, err = store.Take[models.EvidenceExclusion](tx.Where("id = ?", id), "EvidenceExclusion")
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (s *Service) exclude(tx *store.Tx, actor auth.Actor, e *models.EvidenceExclusion) error {
	c, err := lockWhole(tx, actor, e.CycleID)
	if err != nil {
		return err
	}
	if c.State == models.CycleDraft {
		return unready(c)
	}
	if _, err := store.Take[models.Official](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", e.OfficialID), "Official"); err != nil {
		return models.AtField("officialId", err)
	}
	if err := notOwn(actor, e.OfficialID); err != nil {
		return err
	}
	if e.ObjectionID != nil {
		o, err := store.Take[models.Objection](tx.Where("id = ? AND cycle_id = ?", *e.ObjectionID, c.ID), "Objection")
		if err != nil {
			return models.AtField("objectionId", err)
		}
		if o.State != models.ObjectionUpheld {
			return models.Invalid("objectionId", models.KeyNotUpheld)
		}
	}
	if e.Kind == models.ExcludeCase {
		err = tx.Widen(store.Evidence, func() error { return caseOf(tx, e) })
	} else {
		err = tx.Widen(store.Evidence, func() error { return s.enoughRatings(tx, c, e) })
	}
	if err != nil {
		return err
	}
	e.ProposedAt = tx.Now
	if err := tx.Create(e).Error; err != nil {
		if duplicate(err) != err {
			return models.Conflict("caseId", models.KeyAlreadyExists, "EvidenceExclusion")
		}
		return err
	}
	return recordExclusion(tx, actor, "excludeEvidence", e)
}

// caseOf wants the case to be one that the official has, or had a hand in.
func caseOf(tx *store.Tx, e *models.EvidenceExclusion) error {
	_, err := store.Take[models.Case](tx.Where("id = ? AND (official_id = ? OR id IN (SELECT case_id FROM case_events "+
		"WHERE from_official_id = ? OR to_official_id = ?))", *e.CaseID, e.OfficialID, e.OfficialID, e.OfficialID), "Case")
	return models.AtField("caseId", err)
}

func (s *Service) enoughRatings(tx *store.Tx, c *models.Cycle, e *models.EvidenceExclusion) error {
	if !c.Period().Contains(e.FromOn) || !c.Period().Contains(e.ToOn) {
		return models.Invalid("fromOn", models.KeyOutsidePeriod, c.FromOn.String(), c.ToOn.String())
	}
	var n int64
	err := tx.Model(&models.Rating{}).
		Where("official_id = ? AND rated_on BETWEEN ? AND ? AND released", e.OfficialID, e.FromOn, e.ToOn).Count(&n).Error
	if err != nil {
		return err
	}
	document, err := store.PolicyOf(tx.DB, c.PolicyID)
	if err != nil {
		return err
	}
	thresholds, err := s.Thresholds.RaisedBy(document)
	if err != nil {
		return err
	}
	if n < int64(thresholds.Figures) {
		return models.Invalid("fromOn", models.KeyTooFewToShow, strconv.Itoa(thresholds.Figures))
	}
	err = tx.Model(&models.EvidenceExclusion{}).
		Where("official_id = ? AND from_on <= ? AND to_on >= ?", e.OfficialID, e.ToOn, e.FromOn).Count(&n).Error
	if err == nil && n > 0 {
		return models.Conflict("fromOn", models.KeyExclusionOverlaps)
	}
	return err
}

// Confirmation is the second person's word on an exclusion.
type Confirmation struct {
	ExclusionID    models.ID
	IdempotencyKey *string
}

// ConfirmExclusion puts an exclusion in force for the runs that are asked for from
// now on: by another person than proposed it, and not the official.
func (s *Service) ConfirmExclusion(ctx context.Context, actor auth.Actor, in Confirmation) (*models.EvidenceExclusion, error) {
	var e *models.EvidenceExclusion
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		query := tx.Scopes(exclusionsVisible(tx.DB, actor)).Where("id = ?", in.ExclusionID)
		if e, err = store.Take[models.EvidenceExclusion](store.Lock(query), "EvidenceExclusion"); err != nil {
			return models.AtField("exclusionId", err)
		}
		_, err = store.Once(tx, "confirmExclusion", actor.Subject, in.IdempotencyKey, in, e.ID, func() error {
			if _, err := lockWhole(tx, actor, e.CycleID); err != nil {
				return err
			}
			if err := notOwn(actor, e.OfficialID); err != nil {
				return err
			}
			if err := e.Confirm(actor.Subject, tx.Now); err != nil {
				return err
			}
			if err := store.SecondPerson(tx.DB, actor.Subject, e.ProposedBy); err != nil {
				return err
			}
			if err := tx.Model(e).Select("confirmed_by", "confirmed_at").UpdateColumns(e).Error; err != nil {
				return err
			}
			return recordExclusion(tx, actor, "confirmExclusion", e)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

func recordExclusion(tx *store.Tx, actor auth.Actor, action string, e *models.EvidenceExclusion) error {
	details := map[string]string{
		"cycle": e.CycleID.String(), "official": e.OfficialID.String(), "kind": string(e.Kind), "reason": e.Reason,
		"from": e.FromOn.String(), "to": e.ToOn.String(),
	}
	return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: action, Noun: "EvidenceExclusion", NounID: &e.ID, Details: details})
}

// exclusionsVisible keeps the exclusions of officials of the actor's scope, and for
// an official those of the own evidence that are in force.
func exclusionsVisible(db *gorm.DB, actor auth.Actor) func(*gorm.DB) *gorm.DB {
	const own = "official_id = ? AND confirmed_at IS NOT NULL"
	return func(query *gorm.DB) *gorm.DB {
		if !actor.Is(readers...) || actor.UnitID == nil {
			return query.Where(own, actor.OfficialID)
		}
		within := db.Session(&gorm.Session{NewDB: true}).Model(&models.Official{}).Scopes(store.InScope("unit_id", actor.UnitID)).Select("id")
		return query.Where("(official_id IN (?) OR "+own+")", within, actor.OfficialID)
	}
}

// Exclusions returns a page of a cycle's exclusions within the actor's sight.
func (s *Service) Exclusions(ctx context.Context, actor auth.Actor, cycle models.ID, first int, after string) ([]*models.EvidenceExclusion, bool, error) {
	db := s.Store.Read(ctx)
	return pageByID[models.EvidenceExclusion](db.Scopes(exclusionsVisible(s.Store.Read(ctx), actor)).Where("cycle_id = ?", cycle), "id", first, after)
}
