package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/web"
)

// OIDC are the flags of the organisation's own sign-in, by OpenID Connect.
type OIDC struct {
	OidcIssuer           string   `name:"oidc-issuer" placeholder:"URL" help:"The organisation's OpenID provider: people sign in to the pages by it, and its tokens hold. Default: with tokens alone."`
	OidcClientID         string   `name:"oidc-client-id" placeholder:"ID" help:"The name under which the provider knows this server; its tokens must be for it."`
	OidcClientSecretFile string   `name:"oidc-client-secret-file" type:"existingfile" placeholder:"FILE" help:"What the provider gave to prove that name. Default: a public client, by PKCE alone."`
	OidcSubjectClaim     string   `name:"oidc-subject-claim" default:"sub" help:"The claim that is the account's subject. One that people may change themselves lets them be anybody."`
	OidcScopes           []string `name:"oidc-scopes" placeholder:"SCOPE" help:"Scopes to ask for besides openid, where the claim needs one."`
}

// provider is the provider that the flags name; nil where they name none.
func (o *OIDC) provider(ctx context.Context, leeway time.Duration, log *slog.Logger) (*auth.Provider, error) {
	if o.OidcIssuer == "" {
		if o.OidcClientID != "" || o.OidcClientSecretFile != "" {
			return nil, errors.New("--oidc-client-id is nothing without --oidc-issuer")
		}
		return nil, nil
	}
	secret, err := o.secret()
	if err != nil {
		return nil, err
	}
	return auth.NewProvider(ctx, auth.ProviderConfig{
		Issuer: o.OidcIssuer, ClientID: o.OidcClientID, ClientSecret: secret, SubjectClaim: o.OidcSubjectClaim, Scopes: o.OidcScopes,
		Leeway: leeway, Log: log,
	})
}

func (o *OIDC) secret() (string, error) {
	if o.OidcClientSecretFile == "" {
		return "", nil
	}
	raw, err := os.ReadFile(o.OidcClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("read --oidc-client-secret-file: %w", err)
	}
	secret := strings.TrimSpace(string(raw))
	if secret == "" {
		return "", fmt.Errorf("--oidc-client-secret-file %s is empty", o.OidcClientSecretFile)
	}
	return secret, nil
}

// signIn lets people in whom the organisation's provider has proven.
type signIn struct {
	provider *auth.Provider
	sessions *auth.Sessions
	verifier *auth.Verifier
	accounts *accounts.Service
}

var _ web.Provider = (*signIn)(nil)

// signInBy lets people sign in to a site by a provider, whose tokens hold as well.
func (s *site) signInBy(provider *auth.Provider, sessions *auth.Sessions) {
	provider.RedirectTo(s.publicURL + "/sign-in/return")
	s.verifier.TrustSessions(sessions)
	s.signIn = &signIn{provider, sessions, s.verifier, s.app.Accounts}
}

// Begin begins a sign-in.
func (s *signIn) Begin(ctx context.Context, back string) (address, kept string, err error) {
	flow, kept, err := s.sessions.Begin(back)
	if err != nil {
		return "", "", err
	}
	address, err = s.provider.Address(ctx, flow)
	return address, kept, outcome(err)
}

// Finish makes a session for whom the provider has proven, if they have an account. None is made.
func (s *signIn) Finish(ctx context.Context, kept string, answer url.Values) (token, back string, err error) {
	flow, err := s.sessions.Resume(kept)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", web.ErrSignInBroken, err)
	}
	subject, err := s.provider.Redeem(ctx, flow, answer)
	if err != nil {
		return "", "", outcome(err)
	}
	account, err := s.accounts.BySubject(ctx, subject)
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		return "", "", &web.NoAccount{Subject: subject}
	case err != nil:
		return "", "", fmt.Errorf("find who signs in: %w", err)
	case account.Disabled:
		return "", "", &web.NoAccount{Subject: subject, Disabled: true}
	case account.Kind == models.AccountService:
		return "", "", fmt.Errorf("%w: a machine's account", web.ErrSignInBroken)
	}
	token, err = s.sessions.Mint(account.Subject, account.Role, int64(account.TokenEpoch))
	return token, flow.Back, err
}

// outcome is what became of a sign-in in the words of the pages.
func outcome(err error) error {
	switch {
	case errors.Is(err, auth.ErrProviderAway):
		return fmt.Errorf("%w: %w", web.ErrSignInAway, err)
	case errors.Is(err, auth.ErrNotProven):
		return fmt.Errorf("%w: %w", web.ErrSignInBroken, err)
	}
	return err
}

// End revokes the token of a session that a sign-in has made.
func (s *signIn) End(ctx context.Context, token string) (elsewhere string, err error) {
	viewer, err := s.verifier.Verify(ctx, token)
	if err != nil || !viewer.Session {
		return "", nil // it holds no longer, or is not a session's
	}
	return s.provider.EndSession(), s.accounts.SignOut(ctx, viewer.Subject, viewer.TokenID, viewer.ExpiresAt)
}
