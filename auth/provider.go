package auth

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
)

const (
	providerTimeout = 5 * time.Second
	// providerRetry is how often a provider that could not be reached is asked again, whoever wants something of it.
	providerRetry = 2 * time.Second
)

// What can become of a sign-in that the provider is asked for.
var (
	// ErrProviderAway says that the provider does not answer as it should: trying again later helps.
	ErrProviderAway = errors.New("the sign-in provider does not answer")
	// ErrNotProven says that nobody has proven who they are: beginning anew helps.
	ErrNotProven = errors.New("the sign-in proves nobody")
)

// ProviderConfig names an OpenID provider. Issuer, ClientID and RedirectURL are required.
type ProviderConfig struct {
	Issuer       string // https, or http on the same machine
	ClientID     string
	ClientSecret string   // empty: a public client, which PKCE alone proves
	SubjectClaim string   // the claim that is the account's subject; empty: sub
	Scopes       []string // besides openid
	RedirectURL  string   // where the provider sends the browser back to
	Leeway       time.Duration
	Now          func() time.Time // nil: time.Now
	Log          *slog.Logger     // nil: slog.Default()
}

// Provider is the organisation's own sign-in, by OpenID Connect. Where it stands is found when it is first needed, so that
// a provider that is down keeps nobody from serving. It is safe for concurrent use.
type Provider struct {
	cfg    ProviderConfig
	client *http.Client
	life   context.Context // of the fetching of keys
	parser *jwt.Parser

	mu      sync.Mutex
	found   *discovered
	triedAt time.Time
	failure error
}

// discovered is what the provider's discovery document leads to.
type discovered struct {
	oauth      oauth2.Config
	idTokens   *oidc.IDTokenVerifier
	keys       *remoteKeys // for bearer tokens: strangers cannot make it ask the provider often, nor use up what sign-ins may ask
	endSession string      // where to sign out of the provider; empty: it has no such place
}

// NewProvider checks cfg. What goes on in the background ends with ctx.
func NewProvider(ctx context.Context, cfg ProviderConfig) (*Provider, error) {
	if cfg.ClientID == "" {
		return nil, errors.New("sign-in: a client id is required")
	}
	if err := checkSafeURL("sign-in issuer", cfg.Issuer); err != nil {
		return nil, err
	}
	if cfg.SubjectClaim == "" {
		cfg.SubjectClaim = "sub"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Provider{
		cfg: cfg, life: ctx,
		client: &http.Client{Transport: limitedTransport{base: http.DefaultTransport}, Timeout: providerTimeout, CheckRedirect: noRedirect},
		parser: jwt.NewParser(
			jwt.WithValidMethods(outsideAlgorithms()), jwt.WithIssuer(cfg.Issuer),
			jwt.WithAudience(cfg.ClientID), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(cfg.Leeway),
			jwt.WithStrictDecoding(), jwt.WithTimeFunc(cfg.Now),
		),
	}, nil
}

// Issuer is the provider's name in its tokens.
func (p *Provider) Issuer() string { return p.cfg.Issuer }

// RedirectTo says where the provider sends the browser back to. It is called before the first sign-in.
func (p *Provider) RedirectTo(address string) { p.cfg.RedirectURL = address }

// Check says whether the provider answers as one should.
func (p *Provider) Check(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

// Address is where a browser goes to sign in: with the flow's state and nonce, and the S256 challenge of its verifier.
func (p *Provider) Address(ctx context.Context, f Flow) (string, error) {
	at, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return at.oauth.AuthCodeURL(f.State(), oidc.Nonce(f.Nonce()), oauth2.S256ChallengeOption(f.Verifier())), nil
}

// EndSession is where a browser signs out of the provider itself; empty where that is not known.
func (p *Provider) EndSession() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil || p.found.endSession == "" {
		return ""
	}
	return p.found.endSession + "?" + url.Values{"client_id": {p.cfg.ClientID}}.Encode()
}

// Redeem returns the subject that the provider's answer to a flow proves: ErrNotProven where it proves none, ErrProviderAway
// where the provider does not say.
func (p *Provider) Redeem(ctx context.Context, f Flow, answer url.Values) (string, error) {
	notProven := func(format string, args ...any) (string, error) {
		return "", fmt.Errorf("%w: %w", ErrNotProven, fmt.Errorf(format, args...))
	}
	if !hmac.Equal([]byte(answer.Get("state")), []byte(f.State())) {
		return notProven("state is not that of this browser")
	}
	if said := answer.Get("iss"); said != "" && said != p.cfg.Issuer {
		return notProven("issuer %.200q answers", said)
	}
	if answer.Get("error") != "" || answer.Get("code") == "" {
		return notProven("the provider says %.200q", answer.Get("error"))
	}
	at, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := at.oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.Verifier()))
	var refusal *oauth2.RetrieveError
	switch {
	case errors.As(err, &refusal) && refusal.Response.StatusCode < http.StatusInternalServerError:
		return notProven("the code is refused: %w", err)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrProviderAway, err)
	}
	raw, is := tokens.Extra("id_token").(string)
	if !is || len(raw) > MaxTokenBytes {
		return notProven("there is no ID token")
	}
	proven, err := at.idTokens.Verify(ctx, raw)
	if err != nil {
		return notProven("ID token: %w", err)
	}
	if !hmac.Equal([]byte(proven.Nonce), []byte(f.Nonce())) {
		return notProven("nonce is not that of this browser")
	}
	var c providerClaims
	if err := proven.Claims(&c); err != nil {
		return notProven("ID token: %w", err)
	}
	subject, err := p.subject(&c)
	if err != nil {
		return notProven("ID token: %w", err)
	}
	return subject, nil
}

// verify returns the viewer that a bearer token of the provider proves, or an *Error.
func (p *Provider) verify(ctx context.Context, token string) (Viewer, error) {
	var c providerClaims
	_, err := p.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		at, err := p.discover(ctx)
		if err != nil {
			return nil, err
		}
		return at.keys.of(ctx, t)
	})
	switch {
	case errors.Is(err, jwt.ErrTokenExpired) && c.Validate() == nil:
		return Viewer{}, refused(ReasonExpired, err)
	case err != nil:
		return Viewer{}, refused(ReasonInvalid, err)
	}
	subject, err := p.subject(&c)
	if err != nil {
		return Viewer{}, refused(ReasonInvalid, err)
	}
	return Viewer{Subject: subject, TokenID: c.ID, Outside: true, IssuedAt: c.IssuedAt.Time}, nil
}

// discover finds where the provider stands, once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.failure == nil || p.cfg.Now().Sub(p.triedAt) >= providerRetry {
		p.found, p.failure = p.look(ctx)
		p.triedAt = p.cfg.Now()
	}
	if p.failure != nil {
		return nil, fmt.Errorf("%w: %w", ErrProviderAway, p.failure)
	}
	return p.found, nil
}

// look reads the discovery document. Who asked first may go away: the others still want it.
func (p *Provider) look(ctx context.Context) (*discovered, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), providerTimeout)
	defer cancel()
	document, err := oidc.NewProvider(ctx, p.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		JWKS       string   `json:"jwks_uri"`
		EndSession string   `json:"end_session_endpoint"`
		ClientAuth []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := document.Claims(&more); err != nil {
		return nil, fmt.Errorf("read the discovery document: %w", err)
	}
	endpoint := document.Endpoint()
	// Trying both ways to prove the client would use a code up at the first.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if known := more.ClientAuth; p.cfg.ClientSecret == "" || len(known) > 0 && !slices.Contains(known, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client names itself and proves nothing
	}
	for what, address := range map[string]string{"authorization endpoint": endpoint.AuthURL, "token endpoint": endpoint.TokenURL, "JWK set URL": more.JWKS} {
		if err := checkSafeURL(what, address); err != nil {
			return nil, err
		}
	}
	if more.EndSession != "" && checkSafeURL("end of session", more.EndSession) != nil {
		more.EndSession = ""
	}
	keys, err := newRemoteKeys(p.life, more.JWKS, 0, p.cfg.Log)
	if err != nil {
		return nil, err
	}
	ofSignIns, err := newRemoteKeys(p.life, more.JWKS, 0, p.cfg.Log)
	if err != nil {
		return nil, err
	}
	return &discovered{
		oauth: oauth2.Config{
			ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: endpoint, RedirectURL: p.cfg.RedirectURL,
			Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...),
		},
		idTokens: oidc.NewVerifier(p.cfg.Issuer, newPinnedKeys(ofSignIns), &oidc.Config{ClientID: p.cfg.ClientID, SupportedSigningAlgs: outsideAlgorithms(), Now: p.cfg.Now}),
		keys:     keys, endSession: more.EndSession,
	}, nil
}

// providerClaims is the body of a token of the provider.
type providerClaims struct {
	jwt.RegisteredClaims
	party string         // azp
	all   map[string]any // by name
}

// UnmarshalJSON reads the claims that are known, and all of them.
func (c *providerClaims) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &c.RegisteredClaims); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &c.all); err != nil {
		return err
	}
	c.party, _ = c.all["azp"].(string)
	return nil
}

// Validate checks what the JWT library does not.
func (c *providerClaims) Validate() error {
	if c.IssuedAt == nil {
		return errors.New("iat is missing: it could not be revoked")
	}
	for _, date := range []*jwt.NumericDate{c.ExpiresAt, c.NotBefore, c.IssuedAt} {
		if date != nil && (date.Unix() < 0 || date.Unix() > maxSeconds) {
			return fmt.Errorf("date %d is out of range", date.Unix())
		}
	}
	return checkName("jti", c.ID)
}

// subject is the account's subject that claims name.
func (p *Provider) subject(c *providerClaims) (string, error) {
	if c.party != "" && c.party != p.cfg.ClientID {
		return "", fmt.Errorf("azp %.200q: it was issued to another program", c.party)
	}
	subject, is := c.all[p.cfg.SubjectClaim].(string)
	if !is || subject == "" {
		return "", fmt.Errorf("claim %s is no text", p.cfg.SubjectClaim)
	}
	if p.cfg.SubjectClaim == "email" && c.all["email_verified"] != true {
		return "", errors.New("the address was not verified")
	}
	return subject, checkName(p.cfg.SubjectClaim, subject)
}
