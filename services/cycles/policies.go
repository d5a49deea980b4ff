package cycles

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewPolicy is a version of a policy to be saved.
type NewPolicy struct {
	// Document is the weights and rules as JSON, as a policy file has them; what is
	// left out takes the default.
	Document       []byte
	CycleID        *models.ID // the cycle that is to follow it; nil: none yet
	Reason         string     // needed once that cycle's policy is locked
	IdempotencyKey *string
}

// SavePolicy saves the next version of the policy of that name and, where a
// cycle is named, lets the cycle follow it. A cycle whose policy is locked takes
// another only for a reason, which stays on record; a sealed one takes none.
func (s *Service) SavePolicy(ctx context.Context, actor auth.Actor, in NewPolicy) (*models.Policy, error) {
	if actor.UnitID == nil {
		return nil, models.Forbidden()
	}
	p, err := draft(actor, in)
	if err != nil {
		return nil, err
	}
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "savePolicy", actor.Subject, in.IdempotencyKey, in, p.ID, func() error {
			return savePolicy(tx, actor, p, in.CycleID)
		})
		if err != nil || id == p.ID {
			return err
		}
		p, err = store.Take[models.Policy](tx.Where("id = ?", id), "Policy")
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// draft checks the weights and rules and makes the record of them.
func draft(actor auth.Actor, in NewPolicy) (*models.Policy, error) {
	policy, err := scoring.ParsePolicy(bytes.NewReader(in.Document))
	if err != nil {
		return nil, policyErrors(err)
	}
	policy.Name = strings.TrimSpace(policy.Name)
	document, err := json.Marshal(policy)
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	digest, err := policy.Digest()
	if err != nil {
		return nil, err
	}
	p := &models.Policy{
		ID: models.NewID(), UnitID: *actor.UnitID, Name: policy.Name, Document: string(document), Digest: digest[:],
		Reason: strings.TrimSpace(in.Reason), SavedBy: actor.Subject,
	}
	return p, p.Validate()
}

// policyErrors makes an error for each field that the engine finds wrong; a
// document that cannot be read at all has one.
func policyErrors(err error) error {
	var wrong *scoring.PolicyError
	if !errors.As(err, &wrong) {
		return models.Invalid("policy", models.KeyPolicyInvalid, err.Error())
	}
	all := make([]error, len(wrong.Fields))
	for i, f := range wrong.Fields {
		all[i] = models.Invalid("policy."+f.Field, models.Key(f.Key), f.Args...)
	}
	return errors.Join(all...)
}

func savePolicy(tx *store.Tx, actor auth.Actor, p *models.Policy, cycle *models.ID) error {
	// Of two that save at once the second waits here, and makes the version after.
	if _, err := store.Take[models.OrgUnit](store.Lock(tx.DB).Where("id = ?", p.UnitID), "OrgUnit"); err != nil {
		return err
	}
	var last int
	err := tx.Model(&models.Policy{}).Where("unit_id = ? AND name = ?", p.UnitID, p.Name).
		Select("COALESCE(MAX(version), 0)").Scan(&last).Error
	if err != nil {
		return err
	}
	p.Version, p.SavedAt = last+1, tx.Now
	if err := tx.Create(p).Error; err != nil {
		return err
	}
	details := map[string]string{"name": p.Name, "version": fmt.Sprint(p.Version), "reason": p.Reason}
	if cycle != nil {
		if err := follow(tx, actor, *cycle, p); err != nil {
			return err
		}
		details["cycle"] = cycle.String()
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "savePolicy", Noun: "Policy", NounID: &p.ID, Details: details,
	})
}

// follow lets a cycle follow a policy.
func follow(tx *store.Tx, actor auth.Actor, cycle models.ID, p *models.Policy) error {
	c, err := store.Take[models.Cycle](store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", cycle), "Cycle")
	if models.CodeOf(err) == models.CodeNotFound {
		return notFoundIn("cycleId", "Cycle")
	}
	if err != nil {
		return err
	}
	if err := c.TakePolicy(p); err != nil {
		return err
	}
	var active int64
	err = tx.Model(&models.AssessmentRun{}).
		Where("cycle_id = ? AND state IN ?", c.ID, []models.RunState{models.RunQueued, models.RunRunning}).Count(&active).Error
	if err != nil {
		return err
	}
	if active > 0 {
		// It would finish under the policy that it was asked for with.
		return models.Conflict("cycleId", models.KeyRunActive)
	}
	return tx.Model(c).Select("policy_id", "updated_at").Updates(&models.Cycle{PolicyID: c.PolicyID, UpdatedAt: tx.Now}).Error
}

// PoliciesByIDs returns the policies that the actor may see, by id.
func (s *Service) PoliciesByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Policy, error) {
	query := s.Store.Read(ctx).Scopes(policies(s.Store.Read(ctx), actor))
	return store.ByID(query, ids, func(r *models.Policy) models.ID { return r.ID })
}

// policies keeps the policies of the units that the actor sees cycles of, and
// those that one of these cycles follows, or followed in one of its runs.
func policies(db *gorm.DB, actor auth.Actor) func(*gorm.DB) *gorm.DB {
	seen := func(column string) *gorm.DB {
		return db.Model(&models.Cycle{}).Scopes(visible(actor)).Where(column + " IS NOT NULL").Select(column)
	}
	runs := db.Model(&models.AssessmentRun{}).Where("policy_id IS NOT NULL AND cycle_id IN (?)", seen("id")).Select("policy_id")
	own := db.Model(&models.Policy{}).Scopes(visible(actor)).Select("id")
	return func(query *gorm.DB) *gorm.DB {
		return query.Where("(id IN (?) OR id IN (?) OR id IN (?))", own, seen("policy_id"), runs)
	}
}
