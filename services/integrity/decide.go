package integrity

import (
	"context"
	"slices"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Decision is a person's word on a flag.
type Decision struct {
	FlagID         models.ID
	Confirmed      bool
	Reason         string
	IdempotencyKey *string
}

// Decide confirms or dismisses a flag of a run that counts, while its cycle can still
// be run again. Nobody decides about themself, or about what they brought about: who
// recorded the work or handed out the links.
//
// Errors for callers: NOT_FOUND outside the scope, FORBIDDEN for the own flag and for
// who brought it about, ILLEGAL_STATE for a decided flag or a cycle that is decided,
// CONFLICT for a flag of a run that another has replaced.
func (s *Service) Decide(ctx context.Context, actor auth.Actor, in Decision) (*models.IntegrityFlag, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	return s.acting(ctx, actor, "decideFlag", in.FlagID, in.IdempotencyKey, in, func(tx *store.Tx, f *models.IntegrityFlag, c *models.Cycle) error {
		if c.RunID == nil || *c.RunID != f.RunID {
			return models.Conflict("id", models.KeyFlagReplaced)
		}
		if c.State != models.CycleScoring && c.State != models.CyclePublished {
			return &models.Error{Code: models.CodeIllegalState, Field: "id", Key: models.KeyCycleUnready, Args: []string{string(c.State)}}
		}
		to := models.FlagDismissed
		if in.Confirmed {
			to = models.FlagConfirmed
		}
		if err := f.Decide(to, actor.Subject, in.Reason, tx.Now); err != nil {
			return err
		}
		if in.Confirmed {
			until, err := s.workingDays(tx, f, models.DateOf(tx.Now, s.Zone), models.FlagAppealTerm)
			if err != nil {
				return err
			}
			f.AppealUntil = until
		}
		return tx.Model(f).Select("state", "decided_by", "decision", "decided_at", "appeal_until").UpdateColumns(f).Error
	})
}

// AppealDecision is another person's word on an official's appeal.
type AppealDecision struct {
	FlagID         models.ID
	Upheld         bool
	Reason         string
	IdempotencyKey *string
}

// DecideAppeal decides the appeal against a confirmed flag, by another person than
// the one who confirmed it. An appeal that is upheld dismisses the flag, and every
// later one that carried its decision on.
func (s *Service) DecideAppeal(ctx context.Context, actor auth.Actor, in AppealDecision) (*models.IntegrityFlag, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	return s.acting(ctx, actor, "decideFlagAppeal", in.FlagID, in.IdempotencyKey, in, func(tx *store.Tx, f *models.IntegrityFlag, _ *models.Cycle) error {
		appeal, err := store.Take[models.FlagAppeal](store.Lock(tx.DB).Where("flag_id = ?", f.Origin()), "FlagAppeal")
		if err != nil {
			return models.AtField("id", err)
		}
		if err := appeal.Decide(in.Upheld, f, actor.Subject, in.Reason, tx.Now); err != nil {
			return err
		}
		if same, err := store.SamePerson(tx.DB, actor.Subject, f.DecidedBy); err != nil {
			return err
		} else if same {
			return &models.Error{Code: models.CodeForbidden, Key: models.KeyDecidedBefore}
		}
		err = tx.Model(appeal).Select("state", "decided_by", "decision", "decided_at").UpdateColumns(appeal).Error
		if err != nil || !in.Upheld {
			return err
		}
		f.State = models.FlagDismissed
		return tx.Model(&models.IntegrityFlag{}).Where("id = ? OR carried_id = ?", f.Origin(), f.Origin()).
			UpdateColumn("state", models.FlagDismissed).Error
	})
}

// acting lets an HR officer act on a flag of their scope, once, and leaves the audit
// entry.
func (s *Service) acting(ctx context.Context, actor auth.Actor, action string, id models.ID, key *string, input any,
	act func(tx *store.Tx, f *models.IntegrityFlag, c *models.Cycle) error,
) (*models.IntegrityFlag, error) {
	if !actor.Is(models.RoleHR) || actor.UnitID == nil {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(key, false); err != nil {
		return nil, err
	}
	var f *models.IntegrityFlag
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		// Of a cycle and what hangs on it the cycle is always locked first.
		c, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id IN (SELECT r.cycle_id FROM assessment_runs r JOIN integrity_flags f ON f.run_id = r.id WHERE f.id = ?)", id), "IntegrityFlag")
		if err != nil {
			return models.AtField("id", err)
		}
		f, err = store.Take[models.IntegrityFlag](store.Lock(tx.DB).Scopes(visible(actor)).Where("id = ?", id), "IntegrityFlag")
		if err != nil {
			return models.AtField("id", err)
		}
		if actor.IsOfficial(f.OfficialID) {
			return &models.Error{Code: models.CodeForbidden, Field: "id", Key: models.KeyOwnRecord}
		}
		if slices.Contains(f.Causers, actor.Subject) {
			return &models.Error{Code: models.CodeForbidden, Field: "id", Key: models.KeyFlagCauser}
		}
		_, err = store.Once(tx, action, actor.Subject, key, input, f.ID, func() error {
			if err := act(tx, f, c); err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{
				Actor: actor.Subject, Action: action, Noun: "IntegrityFlag", NounID: &f.ID,
				Details: map[string]string{"cycle": c.ID.String(), "kind": string(f.Kind), "state": string(f.State)},
			})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}
