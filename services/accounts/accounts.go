// Package accounts knows who may do what: an account gives a token's subject its
// role, its scope and, where the subject is a cadre, its official.
//
// The token proves the subject and caps the role; everything else is read here,
// from the database, for each request, so that a change holds at once.
package accounts

import (
	"context"
	"slices"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Service does what this package is for.
type Service struct {
	Store *store.Store
	// Callers says of each operation of the API which roles may call it, nil: all. It bounds
	// what machines can be allowed.
	Callers map[string][]models.Role

	asked   store.Rounds[struct{}, *states]
	unknown store.Rounds[holder, *standing]
	known   store.Kept[holder, *standing]
}

// standing is an account with what the database says of one of its tokens, and of units;
// without an id there is none. That is known of nobody's token as well, so that it takes no
// other time to refuse.
type standing struct {
	models.Account
	BySubject    string
	ByToken      string
	ByUnit       string
	TokenRevoked bool
	Asked        *models.ID // the unit that the token names, where it lies within the account's scope
	Home         *models.ID // the unit of the official whom the subject is
	As           states     `gorm:"embedded"` // when all this was read
}

// states are words for what accounts and the organisation are like: each is another after
// a change.
type states struct{ Accounts, Organisation string }

// both is one word for both; empty where there is none for one of them.
func (s states) both() string {
	if s.Accounts == "" || s.Organisation == "" {
		return ""
	}
	return s.Accounts + s.Organisation
}

// Actor is who a proven viewer is. It is UNAUTHENTICATED where the account is
// missing, disabled or newer than the token, or the token was revoked; what an account
// may not do, no token can give it. A cadre without a scope of their own works in the
// unit that they belong to at the time.
func (s *Service) Actor(ctx context.Context, v auth.Viewer) (auth.Actor, error) {
	refused := &models.Error{Code: models.CodeUnauthenticated, Key: models.KeyUnauthenticated}
	found, err := s.standing(ctx, v)
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		return auth.Actor{}, refused
	case err != nil:
		return auth.Actor{}, err
	}
	account := &found.Account
	if v.Outside {
		v.Role = account.Role
	}
	if account.Disabled || found.TokenRevoked || stale(v, account) || !caps(v.Role, account) {
		return auth.Actor{}, refused
	}
	actor := auth.Actor{Subject: account.Subject, Role: v.Role, UnitID: account.UnitID, OfficialID: account.OfficialID, State: found.As.Organisation}
	if account.Kind == models.AccountService {
		actor.Operations = slices.Clip(account.Operations)
	}
	if v.Unit != "" { // a token never widens a scope
		actor.UnitID = found.Asked
	}
	if actor.UnitID == nil && actor.Is(models.RoleOfficial) {
		actor.UnitID = found.Home
	}
	return actor, nil
}

// stale says whether a token is of before all tokens of the account were revoked.
func stale(v auth.Viewer, a *models.Account) bool {
	if v.Outside {
		return a.TokensFrom != nil && v.IssuedAt.Before(*a.TokensFrom)
	}
	return v.Epoch < int64(a.TokenEpoch)
}

// BySubject is the account of a subject whom a sign-in has proven.
func (s *Service) BySubject(ctx context.Context, subject string) (*models.Account, error) {
	return store.Take[models.Account](s.Store.Read(ctx).Where("subject = ?", subject), "Account")
}

// holder is who shows a token: what every request is asked for.
type holder struct{ subject, token, unit string }

// standing is a viewer's account, whether just this token was revoked, and the units that its
// scope may come to. Every request asks the database whether all is as it was when that was
// read, and reads it anew where it is not; those that come at the same time ask together.
func (s *Service) standing(ctx context.Context, v auth.Viewer) (*standing, error) {
	ctx = store.Untold(ctx)
	now, _, err := s.asked.Ask(ctx, struct{}{}, s.states)
	if err != nil {
		return nil, err
	}
	h := holder{v.Subject, v.TokenID, v.Unit}
	found, ok, err := s.known.One(now.both(), h, func() (*standing, bool, string, error) {
		found, ok, err := s.unknown.Ask(ctx, h, s.standings)
		if err != nil || !ok {
			return nil, false, "", err
		}
		return found, true, found.As.both(), nil
	})
	if err == nil && (!ok || found.ID.IsZero()) {
		err = models.NotFound("Account")
	}
	return found, err
}

// states are those that the database is in.
func (s *Service) states(ctx context.Context, _ []struct{}) (map[struct{}]*states, error) {
	now := &states{}
	err := s.Store.Read(ctx).Raw("SELECT " + store.AccountState + " AS accounts, " + store.OrganisationState + " AS organisation").Find(now).Error
	return map[struct{}]*states{{}: now}, err
}

// standings are those of several holders.
func (s *Service) standings(ctx context.Context, holders []holder) (map[holder]*standing, error) {
	asked := make([][]string, len(holders))
	for i, h := range holders {
		asked[i] = []string{h.subject, h.token, h.unit}
	}
	var rows []*standing
	err := s.Store.Read(ctx).Raw(`SELECT accounts.*, q.subject AS by_subject, q.token AS by_token, q.unit AS by_unit,
		EXISTS (SELECT 1 FROM account_tokens AS t WHERE t.account_id = accounts.id AND t.token_id = q.token AND t.revoked_at IS NOT NULL) AS token_revoked,
		(SELECT u.id FROM org_units AS u JOIN org_unit_closures AS c ON c.descendant_id = u.id
			WHERE u.ref = q.unit AND c.ancestor_id = accounts.unit_id) AS asked,
		(SELECT o.unit_id FROM officials AS o WHERE o.id = accounts.official_id) AS home,
		`+store.AccountState+` AS accounts, `+store.OrganisationState+` AS organisation
		FROM ? LEFT JOIN accounts ON accounts.subject = q.subject`, s.Store.TextRows("q", []string{"subject", "token", "unit"}, asked)).Find(&rows).Error
	found := make(map[holder]*standing, len(rows))
	for _, row := range rows {
		found[holder{row.BySubject, row.ByToken, row.ByUnit}] = row
	}
	return found, err
}

// Enter returns a context in which the actor acts: services find the actor in it, and
// the database lets it touch what lies within the actor's scope and hands. A stranger
// touches what belongs to the secrets that they show.
func Enter(ctx context.Context, a auth.Actor) context.Context {
	return store.WithReach(auth.WithActor(store.InState(ctx, a.State), a), a.UnitID, a.OfficialID)
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
