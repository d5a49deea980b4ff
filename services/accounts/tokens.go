package accounts

import (
	"context"
	"fmt"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// maxTokens is how many of an account's tokens are shown, the latest.
const maxTokens = 100

// NoteToken keeps that a token was issued, so that it can be found and revoked.
func (s *Service) NoteToken(ctx context.Context, account models.ID, tokenID string, expires time.Time) error {
	expires = expires.UTC().Truncate(time.Microsecond)
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		return tx.Create(&models.AccountToken{AccountID: account, TokenID: tokenID, IssuedAt: &tx.Now, ExpiresAt: &expires}).Error
	})
}

// TokenRevocation is one token that is to hold no longer, and why.
type TokenRevocation struct {
	AccountID      models.ID
	TokenID        string
	Reason         string
	IdempotencyKey *string
}

// RevokeToken makes one token of an account worthless. One that this system did not issue
// can be named as well; one that was revoked stays so.
func (s *Service) RevokeToken(ctx context.Context, actor auth.Actor, in TokenRevocation) (*models.Account, error) {
	if err := models.ValidSubject("tokenId", in.TokenID); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, "revokeToken", Change{AccountID: in.AccountID, Reason: in.Reason, IdempotencyKey: in.IdempotencyKey},
		map[string]string{"token": in.TokenID}, func(tx *store.Tx, a *models.Account) (bool, error) {
			revoked, err := revoke(tx, a.ID, in.TokenID, nil)
			return revoked, models.AtField("tokenId", err)
		})
}

// SignOut makes the token worthless that a session rests on, until it would have run out.
func (s *Service) SignOut(ctx context.Context, subject, tokenID string, expires time.Time) error {
	if tokenID == "" {
		return nil
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		account, err := locked(tx, subject)
		if err != nil || account == nil {
			return err
		}
		_, err = revoke(tx, account.ID, tokenID, &expires)
		return err
	})
}

// revoke notes that a token is worthless, and says whether it was not before.
func revoke(tx *store.Tx, account models.ID, tokenID string, expires *time.Time) (bool, error) {
	token, err := store.Take[models.AccountToken](tx.Where("account_id = ? AND token_id = ?", account, tokenID), "AccountToken")
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		return true, tx.Create(&models.AccountToken{AccountID: account, TokenID: tokenID, ExpiresAt: expires, RevokedAt: &tx.Now}).Error
	case err != nil:
		return false, err
	case token.RevokedAt != nil:
		return false, nil
	}
	return true, tx.Model(token).Update("revoked_at", tx.Now).Error
}

// ForgetTokens forgets the tokens that have run out: they hold no longer anyway. It
// returns how many.
func (s *Service) ForgetTokens(ctx context.Context) (int, error) {
	var gone int64
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		// Clocks differ by some minutes at most, which auth.MaxLeeway allows.
		done := tx.Where("expires_at < ?", tx.Now.Add(-2*auth.MaxLeeway)).Delete(&models.AccountToken{})
		gone = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("forget tokens: %w", err)
	}
	return int(gone), nil
}

// TokensByAccounts are the tokens of accounts that are known, by account, the latest first.
// Whoever sees an account sees them.
func (s *Service) TokensByAccounts(ctx context.Context, ids []models.ID) (map[models.ID][]*models.AccountToken, error) {
	var rows []*models.AccountToken
	ranked := s.Store.Read(ctx).Model(&models.AccountToken{}).Scopes(store.Among("account_id", ids)).
		Select("*, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY COALESCE(issued_at, revoked_at) DESC, token_id) AS place")
	err := s.Store.Read(ctx).Table("(?) AS ranked", ranked).Where("place <= ?", maxTokens).Order("account_id, place").Find(&rows).Error
	found := map[models.ID][]*models.AccountToken{}
	for _, row := range rows {
		found[row.AccountID] = append(found[row.AccountID], row)
	}
	return found, err
}
