package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Grant is what an account is to be, as a command has it.
type Grant struct {
	Subject     string
	Name        string // empty: as it is
	Role        models.Role
	UnitRef     string   // external id of the unit that is the scope; empty: none
	OfficialRef string   // external id of the official whom the subject is; empty: none
	Operations  []string // of a machine: all it may call; none: it is a person's
}

// Ensure makes the account, or changes it to what is granted. A change of what it may do
// makes every earlier token worthless. It leaves an audit entry where anything changed.
func (s *Service) Ensure(ctx context.Context, in Grant) (*models.Account, error) {
	want := models.Account{Subject: in.Subject, Name: in.Name, Role: in.Role}
	if err := s.shape(&want, in.Operations); err != nil {
		return nil, err
	}
	var account *models.Account
	err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
		if want.UnitID, want.OfficialID, err = resolve(tx, in); err != nil {
			return err
		}
		if err := want.Validate(); err != nil {
			return err
		}
		account, err = locked(tx, want.Subject)
		if err != nil {
			return err
		}
		if account != nil && !account.Disabled && account.MayDo(&want) && (in.Name == "" || in.Name == account.Name) {
			return nil
		}
		if account != nil && in.Name == "" {
			want.Name = account.Name
		}
		account, err = put(tx, account, want, "system", map[string]string{"unit": in.UnitRef, "official": in.OfficialRef})
		return err
	})
	if err != nil {
		return nil, err
	}
	return account, nil
}

// shape settles whose an account is by the operations that it is limited to.
func (s *Service) shape(want *models.Account, operations []string) error {
	want.Kind, want.Operations = models.AccountPerson, []string{}
	if len(operations) == 0 {
		return nil
	}
	for _, name := range operations {
		roles, known := s.Callers[name]
		if !known || roles != nil && !slices.Contains(roles, want.Role) {
			return models.Invalid("operations", models.KeyOperationUnknown, printable(name), string(want.Role))
		}
	}
	want.Kind, want.Operations = models.AccountService, slices.Sorted(slices.Values(operations))
	want.Operations = slices.Compact(want.Operations)
	return nil
}

// printable is a caller's word as it may stand in a message.
func printable(word string) string {
	word = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if models.ControlCharacter(r) {
			return -1
		}
		return r
	}, word), "")
	if runes := []rune(word); len(runes) > 50 {
		return string(runes[:50]) + "…"
	}
	return word
}

// resolve finds the unit and the official that a command names.
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

// locked is the account of a subject, nil where there is none yet.
func locked(tx *store.Tx, subject string) (*models.Account, error) {
	account, err := store.Take[models.Account](store.Lock(tx.DB).Where("subject = ?", subject), "Account")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	return account, err
}

// put makes an account as wanted, or makes one so, and says in the audit trail what it
// may do from now on and what it could before.
func put(tx *store.Tx, account *models.Account, want models.Account, actor string, details map[string]string) (*models.Account, error) {
	if account == nil {
		account = &want
		account.CreatedAt = tx.Now
		if account.ID == (models.ID{}) {
			account.ID = models.NewID()
		}
		if err := tx.Create(account).Error; err != nil {
			return nil, duplicate(err)
		}
	} else {
		details["before"] = fmt.Sprintf("%s %s", account.Kind, account.Role)
		if account.UnitID != nil {
			details["unitBefore"] = account.UnitID.String()
		}
		if account.Disabled || !account.MayDo(&want) {
			account.Revoke(tx.Now)
		}
		account.Disabled, account.Name, account.Kind, account.Role, account.Operations = want.Disabled, want.Name, want.Kind, want.Role, want.Operations
		account.UnitID, account.OfficialID = want.UnitID, want.OfficialID
		if err := tx.Model(account).Select("*").Updates(account).Error; err != nil {
			return nil, err
		}
	}
	details["subject"], details["role"] = account.Subject, string(account.Role)
	if account.Kind == models.AccountService {
		details["operations"] = strings.Join(account.Operations, " ")
	}
	return account, audit.Record(tx, audit.Entry{Actor: actor, Action: "grantAccount", Noun: "Account", NounID: &account.ID, Details: details})
}

// duplicate says that two made the account at the same moment.
func duplicate(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return models.Conflict("subject", models.KeyAlreadyExists, "Account")
	}
	return err
}
