package accounts

import (
	"context"
	"maps"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewGrant is what an account is to be, as an administrator has it.
type NewGrant struct {
	Subject        string
	Name           string
	Role           models.Role
	UnitID         *models.ID
	OfficialID     *models.ID
	Operations     []string // of a machine: all it may call; none: it is a person's
	Reason         string
	IdempotencyKey *string
}

// Grant makes the account of a subject, or changes it. An administrator grants within
// the own scope alone, and nothing to themselves. A disabled account stays so.
func (s *Service) Grant(ctx context.Context, actor auth.Actor, in NewGrant) (*models.Account, error) {
	if err := mayManage(actor, in.Reason, in.IdempotencyKey); err != nil {
		return nil, err
	}
	want := models.Account{
		ID: models.NewID(), Subject: in.Subject, Name: in.Name, Role: in.Role, UnitID: in.UnitID, OfficialID: in.OfficialID,
	}
	if err := models.ValidSubject("subject", in.Subject); err != nil {
		return nil, err
	}
	if err := s.shape(&want, in.Operations); err != nil {
		return nil, err
	}
	if err := want.Validate(); err != nil {
		return nil, err
	}
	if err := want.Complete(); err != nil {
		return nil, err
	}
	var account *models.Account
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		if err := lockAdmins(tx); err != nil {
			return err
		}
		if account, err = s.grantable(tx, actor, &want); err != nil {
			return err
		}
		id := want.ID
		if account != nil {
			id = account.ID
		}
		id, err = store.Once(tx, "grantAccount", actor.Subject, in.IdempotencyKey, in, id, func() error {
			if account != nil && account.MayDo(&want) && account.Name == want.Name {
				return nil
			}
			if account != nil {
				want.Disabled = account.Disabled
			}
			if err := adminStays(tx, account, &want); err != nil {
				return models.AtField("role", err)
			}
			account, err = put(tx, account, want, actor.Subject, details(&want, in.Reason))
			return err
		})
		if err != nil {
			return err
		}
		account, err = store.Take[models.Account](tx.Where("id = ?", id), "Account")
		return err
	})
	if err != nil {
		return nil, err
	}
	return account, nil
}

func details(want *models.Account, reason string) map[string]string {
	out := map[string]string{"reason": reason}
	if want.UnitID != nil {
		out["unit"] = want.UnitID.String()
	}
	if want.OfficialID != nil {
		out["official"] = want.OfficialID.String()
	}
	return out
}

// grantable wants what is granted to lie within the actor's scope, and the account of
// the subject, which it returns if there is one, as well. Neither may be the actor's own.
func (s *Service) grantable(tx *store.Tx, actor auth.Actor, want *models.Account) (*models.Account, error) {
	if want.Subject == actor.Subject {
		return nil, ownRecord("subject")
	}
	if want.OfficialID != nil && actor.IsOfficial(*want.OfficialID) {
		return nil, ownRecord("officialId")
	}
	if want.UnitID != nil {
		if _, err := store.Take[models.OrgUnit](tx.Scopes(store.InScope("id", actor.UnitID)).Where("id = ?", *want.UnitID), "OrgUnit"); err != nil {
			return nil, models.AtField("unitId", err)
		}
	}
	if want.OfficialID != nil {
		if _, err := store.Take[models.Official](tx.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", *want.OfficialID), "Official"); err != nil {
			return nil, models.AtField("officialId", err)
		}
	}
	top, err := store.AtTop(tx.DB, actor.UnitID)
	if err != nil {
		return nil, err
	}
	if want.UnitID == nil && want.OfficialID == nil && !top {
		return nil, models.Invalid("unitId", models.KeyRequired)
	}
	account, err := locked(tx, want.Subject)
	if err != nil || account == nil {
		return nil, err
	}
	// A subject is one in the whole organisation: that it is taken cannot be kept back.
	if _, err := s.ours(tx, actor, account.ID); models.CodeOf(err) == models.CodeNotFound {
		return nil, models.Conflict("subject", models.KeyAlreadyExists, "Account")
	} else if err != nil {
		return nil, models.AtField("subject", err)
	}
	return account, nil
}

// Change is what is to be done to an account, and why.
type Change struct {
	AccountID      models.ID
	Reason         string
	IdempotencyKey *string
}

// Disable makes an account worth nothing until it is enabled again; no token of before
// comes back then. One that is disabled stays as it is.
func (s *Service) Disable(ctx context.Context, actor auth.Actor, in Change) (*models.Account, error) {
	return s.change(ctx, actor, "disableAccount", in, nil, func(tx *store.Tx, a *models.Account) (bool, error) {
		if a.Disabled {
			return false, nil
		}
		a.Disabled = true
		a.Revoke(tx.Now)
		return true, adminStays(tx, a, nil)
	})
}

// Enable makes a disabled account worth again what it allows.
func (s *Service) Enable(ctx context.Context, actor auth.Actor, in Change) (*models.Account, error) {
	return s.change(ctx, actor, "enableAccount", in, nil, func(_ *store.Tx, a *models.Account) (bool, error) {
		changed := a.Disabled
		a.Disabled = false
		return changed, nil
	})
}

// RevokeTokens makes every token worthless that has been issued for an account until now.
func (s *Service) RevokeTokens(ctx context.Context, actor auth.Actor, in Change) (*models.Account, error) {
	return s.change(ctx, actor, "revokeTokens", in, nil, func(tx *store.Tx, a *models.Account) (bool, error) {
		a.Revoke(tx.Now)
		return true, nil
	})
}

// change does something to an account of the actor's scope that is not their own, and
// leaves an audit entry, with what else there is to note, if do says that it did.
func (s *Service) change(ctx context.Context, actor auth.Actor, action string, in Change, more map[string]string,
	do func(*store.Tx, *models.Account) (bool, error),
) (*models.Account, error) {
	if err := mayManage(actor, in.Reason, in.IdempotencyKey); err != nil {
		return nil, err
	}
	var account *models.Account
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		if err := lockAdmins(tx); err != nil {
			return err
		}
		if account, err = s.ours(tx, actor, in.AccountID); err != nil {
			return models.AtField("accountId", err)
		}
		asked := []any{in, more}
		_, err = store.Once(tx, action, actor.Subject, in.IdempotencyKey, asked, account.ID, func() error {
			changed, err := do(tx, account)
			if err != nil || !changed {
				return models.AtField("accountId", err)
			}
			if err := tx.Model(account).Select("disabled", "token_epoch", "tokens_from").UpdateColumns(account).Error; err != nil {
				return err
			}
			noted := map[string]string{"subject": account.Subject, "reason": in.Reason}
			maps.Copy(noted, more)
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: action, Noun: "Account", NounID: &account.ID, Details: noted})
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return account, nil
}

// mayManage is what every change of an account asks for.
func mayManage(actor auth.Actor, reason string, key *string) error {
	if !actor.Is(models.RoleAdmin) {
		return models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(key, false); err != nil {
		return err
	}
	return models.ValidReason(reason)
}

// ours locks an account of the actor's scope, which must not be the actor's own.
func (s *Service) ours(tx *store.Tx, actor auth.Actor, id models.ID) (*models.Account, error) {
	within, err := inScope(tx.DB, actor)
	if err != nil {
		return nil, err
	}
	account, err := store.Take[models.Account](store.Lock(tx.DB).Scopes(within).Where("accounts.id = ?", id), "Account")
	if err != nil {
		return nil, err
	}
	if account.Subject == actor.Subject || account.OfficialID != nil && actor.IsOfficial(*account.OfficialID) {
		return nil, ownRecord("")
	}
	return account, nil
}

func ownRecord(field string) error {
	return &models.Error{Code: models.CodeForbidden, Field: field, Key: models.KeyOwnRecord}
}

// inScope keeps the accounts that lie wholly within the actor's scope: the unit that
// they see and the official whom they are. From the top those of nobody's unit as well.
func inScope(db *gorm.DB, actor auth.Actor) (func(*gorm.DB) *gorm.DB, error) {
	top, err := store.AtTop(db, actor.UnitID)
	if err != nil {
		return nil, err
	}
	return func(db *gorm.DB) *gorm.DB {
		if actor.UnitID == nil {
			return db.Where("1 = 0")
		}
		const below = "IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)"
		db = db.Where("(accounts.unit_id IS NULL OR accounts.unit_id "+below+")", *actor.UnitID).
			Where("(accounts.official_id IS NULL OR accounts.official_id IN (SELECT id FROM officials WHERE unit_id "+below+"))", *actor.UnitID)
		if !top {
			db = db.Where("(accounts.unit_id IS NOT NULL OR accounts.official_id IS NOT NULL)")
		}
		return db
	}, nil
}

// lockAdmins makes administrators who change accounts wait for one another: of two who
// disable each other at the same moment, the second finds that they are the last.
func lockAdmins(tx *store.Tx) error {
	var ids []models.ID
	return store.Lock(tx.Model(&models.Account{})).Where("role = ?", models.RoleAdmin).Order("id").Pluck("id", &ids).Error
}

// adminStays refuses to leave a part of the organisation without anybody who could
// appoint an administrator: the account is to become another one, or (nil) disabled.
func adminStays(tx *store.Tx, a, becomes *models.Account) error {
	if a == nil || a.Role != models.RoleAdmin || a.UnitID == nil {
		return nil
	}
	if becomes != nil && becomes.Role == models.RoleAdmin && models.SameID(a.UnitID, becomes.UnitID) {
		return nil
	}
	var others int64
	err := tx.Model(&models.Account{}).Where("role = ? AND NOT disabled AND id <> ?", models.RoleAdmin, a.ID).
		Where("unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?)", *a.UnitID).Count(&others).Error
	if err == nil && others == 0 {
		return models.Conflict("", models.KeyLastAdmin)
	}
	return err
}
