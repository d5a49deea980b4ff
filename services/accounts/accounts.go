// Package accounts knows who may do what: an account gives a token's subject its
// role, its scope and, where the subject is a cadre, its official.
//
// The token proves the subject and caps the role; everything else is read here,
// from the database, for each request, so that a change holds at once.
package accounts

import (
	"context"
	"errors"
	"unicode/utf8"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Service does what this package is for.
type Service struct{ Store *store.Store }

// Actor is who a proven viewer is. It is UNAUTHENTICATED where the account is
// missing, disabled or newer than the token; what an account may not do, no
// token can give it. A cadre without a scope of their own works in the unit that
// they belong to at the time.
func (s *Service) Actor(ctx context.Context, v auth.Viewer) (auth.Actor, error) {
	refused := &models.Error{Code: models.CodeUnauthenticated, Key: models.KeyUnauthenticated}
	account, err := store.Take[models.Account](s.Store.Read(ctx).Where("subject = ?", v.Subject), "Account")
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		return auth.Actor{}, refused
	case err != nil:
		return auth.Actor{}, err
	case account.Disabled, v.Epoch < int64(account.TokenEpoch), !caps(v.Role, account):
		return auth.Actor{}, refused
	}
	actor := auth.Actor{Subject: account.Subject, Role: v.Role, UnitID: account.UnitID, OfficialID: account.OfficialID}
	if v.Unit != "" {
		if actor.UnitID, err = s.narrowed(ctx, account, v.Unit); err != nil {
			return auth.Actor{}, err
		}
	}
	if actor.UnitID == nil && actor.OfficialID != nil && actor.Is(models.RoleOfficial) {
		official, err := store.Take[models.Official](s.Store.Read(ctx).Where("id = ?", *actor.OfficialID), "Official")
		if err != nil {
			return auth.Actor{}, err
		}
		actor.UnitID = &official.UnitID
	}
	return actor, nil
}

// Enter returns a context in which the actor acts: services find the actor in it, and
// the database lets it touch what lies within the actor's scope and hands. A stranger
// touches what belongs to the secrets that they show.
func Enter(ctx context.Context, a auth.Actor) context.Context {
	return store.WithReach(auth.WithActor(ctx, a), a.UnitID, a.OfficialID)
}

// narrowed is the scope of a token that names a unit: that unit, where it lies
// within the account's scope, and otherwise none. A token never widens a scope.
func (s *Service) narrowed(ctx context.Context, a *models.Account, ref string) (*models.ID, error) {
	unit, err := store.Take[models.OrgUnit](s.Store.Read(ctx).Where("ref = ?", ref), "OrgUnit")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	covered, err := store.Covers(s.Store.Read(ctx), a.UnitID, unit.ID)
	if err != nil || !covered {
		return nil, err
	}
	return &unit.ID, nil
}

// caps says whether a token may make its holder act in a role: in the account's
// own, or in less. HR and reply officers who are cadres themselves may come as
// cadres; auditors and administrators never work on what they watch.
func caps(token models.Role, a *models.Account) bool {
	switch token {
	case a.Role, models.RoleResident:
		return true
	case models.RoleOfficial:
		return a.OfficialID != nil && (a.Role == models.RoleHR || a.Role == models.RoleReplyOfficer)
	}
	return false
}

// Grant is what an account is to be.
type Grant struct {
	Subject     string
	Role        models.Role
	UnitRef     string // external id of the unit that is the scope; empty: none
	OfficialRef string // external id of the official whom the subject is; empty: none
}

// maxSubject bounds a subject, in bytes, as the tokens do.
const maxSubject = 200

// Ensure makes the account, or changes it to what is granted. A change of role,
// scope or official makes every earlier token worthless. It leaves an audit
// entry where anything changed.
func (s *Service) Ensure(ctx context.Context, in Grant) (*models.Account, error) {
	if in.Subject == "" || len(in.Subject) > maxSubject || !utf8.ValidString(in.Subject) {
		return nil, models.Invalid("subject", models.KeyRequired)
	}
	if _, ok := models.ParseWord(string(in.Role), models.Roles); !ok {
		return nil, models.Invalid("role", models.KeyNotInList, string(in.Role), roleList())
	}
	var account *models.Account
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		unit, official, err := resolve(tx, in)
		if err != nil {
			return err
		}
		account, err = store.Take[models.Account](store.Lock(tx.DB).Where("subject = ?", in.Subject), "Account")
		if models.CodeOf(err) == models.CodeNotFound {
			account = &models.Account{
				ID: models.NewID(), Subject: in.Subject, Role: in.Role, UnitID: unit, OfficialID: official, CreatedAt: tx.Now,
			}
			if err := tx.Create(account).Error; err != nil {
				return duplicate(err)
			}
			return record(tx, account, in)
		}
		if err != nil || account.Role == in.Role && same(account.UnitID, unit) && same(account.OfficialID, official) && !account.Disabled {
			return err
		}
		account.Role, account.UnitID, account.OfficialID, account.Disabled = in.Role, unit, official, false
		account.TokenEpoch++
		if err := tx.Model(account).Select("*").Updates(account).Error; err != nil {
			return err
		}
		return record(tx, account, in)
	})
	if err != nil {
		return nil, err
	}
	return account, nil
}

// resolve finds the unit and the official that a grant names.
func resolve(tx *store.Tx, in Grant) (unit, official *models.ID, err error) {
	if in.UnitRef != "" {
		u, err := store.Take[models.OrgUnit](tx.Where("ref = ?", in.UnitRef), "OrgUnit")
		if err != nil {
			return nil, nil, err
		}
		unit = &u.ID
	}
	if in.OfficialRef != "" {
		o, err := store.Take[models.Official](tx.Where("ref = ?", in.OfficialRef), "Official")
		if err != nil {
			return nil, nil, err
		}
		official = &o.ID
	}
	return unit, official, nil
}

// record says what the account may do from now on, and in which part of the
// organisation.
func record(tx *store.Tx, a *models.Account, in Grant) error {
	return audit.Record(tx, audit.Entry{
		Actor: "system", Action: "grantAccount", Noun: "Account", NounID: &a.ID,
		Details: map[string]string{"subject": a.Subject, "role": string(a.Role), "unit": in.UnitRef, "official": in.OfficialRef},
	})
}

// duplicate says that two made the account at the same moment.
func duplicate(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return models.Conflict("subject", models.KeyAlreadyExists, "Account")
	}
	return err
}

func same(a, b *models.ID) bool { return a == b || a != nil && b != nil && *a == *b }

func roleList() string {
	list := ""
	for i, r := range models.Roles {
		if i > 0 {
			list += ", "
		}
		list += string(r)
	}
	return list
}
