package models

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AccountKind says whose an account is.
type AccountKind string

// The kinds.
const (
	AccountPerson  AccountKind = "PERSON"
	AccountService AccountKind = "SERVICE" // a machine's: it may call what stands with it and nothing else
)

// AccountKinds are all kinds.
var AccountKinds = []AccountKind{AccountPerson, AccountService}

// Account is what a token's subject may do. The token proves the subject and
// caps the role; scope and epoch are read here for each request.
type Account struct {
	ID         ID `gorm:"primaryKey"`
	Subject    string
	Name       string // whom or what it is for, in words; may be empty
	Kind       AccountKind
	Role       Role
	UnitID     *ID        // scope: this unit and everything below it
	OfficialID *ID        // who the subject is, where it is an official
	Operations []string   `gorm:"serializer:json"` // of a service: all it may call, in alphabetical order
	TokenEpoch int        // tokens of an older epoch are refused
	TokensFrom *time.Time // of tokens that carry no epoch, those issued before are refused
	Disabled   bool
	CreatedAt  time.Time
}

// AccountToken is a token that was issued for an account, or one that was revoked.
type AccountToken struct {
	AccountID ID         `gorm:"primaryKey"`
	TokenID   string     `gorm:"primaryKey"` // its jti
	IssuedAt  *time.Time // nil, as ExpiresAt: not known, since somebody else issued it
	ExpiresAt *time.Time
	RevokedAt *time.Time // nil: it holds
}

// Bounds of what stands in an account.
const (
	// MaxSubject bounds a subject and a token's id, in bytes, as the tokens do.
	MaxSubject     = 200
	maxAccountName = 200
	maxOperations  = 50
)

// Revoke makes every token that has been issued until now worthless.
func (a *Account) Revoke(now time.Time) {
	a.TokenEpoch++
	a.TokensFrom = &now
}

// MayDo says whether two accounts allow the same.
func (a *Account) MayDo(b *Account) bool {
	return a.Kind == b.Kind && a.Role == b.Role && SameID(a.UnitID, b.UnitID) && SameID(a.OfficialID, b.OfficialID) &&
		slices.Equal(a.Operations, b.Operations)
}

// SameID says whether two ids that may be missing are the same.
func SameID(a, b *ID) bool { return a == b || a != nil && b != nil && *a == *b }

// Validate checks what an account says of itself.
func (a *Account) Validate() error {
	if err := ValidSubject("subject", a.Subject); err != nil {
		return err
	}
	if err := validText("name", a.Name, maxAccountName); err != nil {
		return err
	}
	if _, known := ParseWord(string(a.Role), Roles); !known {
		return Invalid("role", KeyNotInList, string(a.Role), joined(Roles))
	}
	if len(a.Operations) > maxOperations {
		return Invalid("operations", KeyTooLong, fmt.Sprint(maxOperations), fmt.Sprint(len(a.Operations)))
	}
	if a.Kind == AccountService && a.OfficialID != nil {
		return Invalid("officialId", KeyMachineNoPerson)
	}
	if a.Kind == AccountService && a.Role == RoleAdmin {
		return Invalid("role", KeyMachineNoPerson)
	}
	return nil
}

// Complete says whether an account says whose it is and finds anything: of all roles,
// only a resident needs neither a unit nor an official.
func (a *Account) Complete() error {
	if err := required("name", a.Name); err != nil {
		return err
	}
	switch {
	case a.Role == RoleOfficial && a.Kind == AccountPerson && a.OfficialID == nil:
		return Invalid("officialId", KeyRequired)
	case a.Role != RoleResident && a.Role != RoleOfficial && a.UnitID == nil, a.Kind == AccountService && a.UnitID == nil:
		return Invalid("unitId", KeyRequired)
	}
	return nil
}

// ValidSubject bounds a subject, or a token's id, as the tokens do.
func ValidSubject(field, name string) error {
	switch {
	case Blank(name):
		return Invalid(field, KeyRequired)
	case len(name) > MaxSubject:
		return Invalid(field, KeyTooLong, fmt.Sprint(MaxSubject), fmt.Sprint(len(name)))
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return Invalid(field, KeyControlCharacter)
	}
	return nil
}

// joined lists words for a message.
func joined[W ~string](list []W) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
