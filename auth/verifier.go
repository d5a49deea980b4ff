package auth

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MaxTokenBytes is the longest bearer token that is looked at.
const MaxTokenBytes = 8 << 10

// MaxLeeway is the largest clock skew that may be configured.
const MaxLeeway = 5 * time.Minute

const maxKIDBytes = 128

// Config says which bearer tokens are accepted. Issuer, Audience and at least one source of keys are required.
type Config struct {
	Issuer   string
	Audience string
	// Leeway is the clock skew allowed on exp, nbf and iat; at most MaxLeeway.
	Leeway time.Duration

	// PublicKey is an Ed25519 key of our own: that of the `token` command.
	PublicKey ed25519.PublicKey
	// OwnKeys reads the Ed25519 keys of our own that may change while the server runs: see ownKeys. Nil: there are none.
	OwnKeys func() ([]ed25519.PublicKey, error)
	// JWKSFile is the path of a JWK Set with public Ed25519, RSA and P-256 keys, read once.
	JWKSFile string
	// JWKSURL is where an identity provider publishes its JWK Set; https only, except on the same machine.
	JWKSURL string
	// JWKSRefresh is how often JWKSURL is fetched again; 0 means hourly.
	JWKSRefresh time.Duration
	// Provider is the organisation's sign-in, whose tokens hold by its own keys; nil: there is none. Its issuer is not Issuer.
	Provider *Provider
	// DevelopmentSecret verifies HS256 tokens, of at least 32 bytes; refused without AllowDevelopmentSecret, because
	// whoever can verify such tokens can also mint them.
	DevelopmentSecret      []byte
	AllowDevelopmentSecret bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log receives failed refreshes of JWKSURL and OwnKeys; nil means slog.Default().
	Log *slog.Logger
}

// Verifier turns bearer tokens into viewers. It is safe for concurrent use.
type Verifier struct {
	parser *jwt.Parser
	proven *proofs
	fixed  []verifyKey
	own    *ownKeys
	remote *remoteKeys

	provider *Provider // nil: there is none
	sessions *Sessions // nil: nobody signs in to the pages but with a token
}

// TrustSessions lets the tokens of sign-ins hold. It is called before the first token is verified.
func (v *Verifier) TrustSessions(s *Sessions) { v.sessions = s }

// NewVerifier checks cfg and reads its keys. Fetching from a JWKSURL goes on in the background until ctx ends.
func NewVerifier(ctx context.Context, cfg Config) (*Verifier, error) {
	if cfg.Issuer == "" || cfg.Audience == "" {
		return nil, errors.New("tokens: issuer and audience are required")
	}
	if cfg.Leeway < 0 || cfg.Leeway > MaxLeeway {
		return nil, fmt.Errorf("tokens: leeway %v is not between 0 and %v", cfg.Leeway, MaxLeeway)
	}
	fixed, err := fixedKeys(cfg)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	if cfg.Provider != nil && cfg.Provider.Issuer() == cfg.Issuer {
		return nil, fmt.Errorf("tokens: %s would issue tokens of two kinds: the sign-in's issuer needs another name than that of bearer tokens", cfg.Issuer)
	}
	options := parserOptions(cfg)
	v := &Verifier{fixed: fixed, parser: jwt.NewParser(options...), provider: cfg.Provider}
	if v.proven, err = newProofs(options); err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	log := cfg.Log
	if log == nil {
		log = slog.Default()
	}
	if cfg.OwnKeys != nil {
		if v.own, err = newOwnKeys(cfg.OwnKeys, cfg.Now, log); err != nil {
			return nil, fmt.Errorf("tokens: %w", err)
		}
	}
	if cfg.JWKSURL != "" {
		if v.remote, err = newRemoteKeys(ctx, cfg.JWKSURL, cfg.JWKSRefresh, log); err != nil {
			return nil, fmt.Errorf("tokens: %w", err)
		}
	}
	if len(v.fixed) == 0 && v.own == nil && v.remote == nil && v.provider == nil {
		return nil, errors.New("tokens: no key is configured")
	}
	return v, nil
}

func parserOptions(cfg Config) []jwt.ParserOption {
	methods := outsideAlgorithms()
	if cfg.AllowDevelopmentSecret && len(cfg.DevelopmentSecret) > 0 {
		methods = append(methods, jwt.SigningMethodHS256.Alg())
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(methods),
		jwt.WithIssuer(cfg.Issuer),
		jwt.WithAudience(cfg.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(cfg.Leeway),
		jwt.WithStrictDecoding(),
	}
	if cfg.Now != nil {
		options = append(options, jwt.WithTimeFunc(cfg.Now))
	}
	return options
}

// fixedKeys gathers the keys that are known at the start and refuses a kid that two of them share.
func fixedKeys(cfg Config) ([]verifyKey, error) {
	var keys []verifyKey
	if cfg.PublicKey != nil {
		if len(cfg.PublicKey) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("the public key has %d bytes, not %d", len(cfg.PublicKey), ed25519.PublicKeySize)
		}
		keys = append(keys, verifyKey{id: KeyID(cfg.PublicKey), alg: jwt.SigningMethodEdDSA.Alg(), key: cfg.PublicKey})
	}
	if cfg.JWKSFile != "" {
		set, err := readJWKSFile(cfg.JWKSFile)
		if err != nil {
			return nil, err
		}
		for _, key := range set {
			if cfg.PublicKey != nil && key.id == keys[0].id && !cfg.PublicKey.Equal(key.key.(crypto.PublicKey)) {
				return nil, fmt.Errorf("the JWK set has another key under the kid %q of the public key", key.id)
			}
		}
		keys = append(keys, set...)
	}
	if len(cfg.DevelopmentSecret) > 0 {
		if !cfg.AllowDevelopmentSecret {
			return nil, errors.New("an HS256 secret is for development only and needs its flag")
		}
		if len(cfg.DevelopmentSecret) < minSecretBytes {
			return nil, fmt.Errorf("the HS256 secret has fewer than %d bytes", minSecretBytes)
		}
		keys = append(keys, verifyKey{alg: jwt.SigningMethodHS256.Alg(), key: cfg.DevelopmentSecret})
	}
	return keys, nil
}

// Verify returns the viewer that a bearer token (without "Bearer ") proves, or an *Error.
func (v *Verifier) Verify(ctx context.Context, token string) (Viewer, error) {
	if len(token) > MaxTokenBytes {
		return Viewer{}, refused(ReasonInvalid, fmt.Errorf("token has %d bytes", len(token)))
	}
	if c, ok := v.proven.recall(ctx, token, v.keys); ok {
		return c.viewer(), nil
	}
	if err := checkMembers(token, v.provider == nil); err != nil {
		return Viewer{}, refused(ReasonInvalid, err)
	}
	if v.provider != nil || v.sessions != nil {
		switch issuer := claimedIssuer(token); {
		case v.provider != nil && issuer == v.provider.Issuer():
			return v.provider.verify(ctx, token)
		case v.sessions != nil && issuer == sessionIssuer:
			return v.sessions.verify(token)
		}
	}
	var c claims
	var keys any
	t, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (_ any, err error) {
		keys, err = v.keys(ctx, t)
		return keys, err
	})
	switch {
	// A date out of range overflows, on some processors into the past: such a token is invalid, not expired.
	case errors.Is(err, jwt.ErrTokenExpired) && c.Validate() == nil:
		return Viewer{}, refused(ReasonExpired, err)
	case err != nil:
		return Viewer{}, refused(ReasonInvalid, err)
	}
	v.proven.remember(token, c, t, keys)
	return c.viewer(), nil
}

// claimedIssuer is whom a token names as its issuer, which says whose rules it is held to and proves nothing.
func claimedIssuer(token string) string {
	var c jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil {
		return ""
	}
	return c.Issuer
}

// keys returns the keys that may have signed t: those of its algorithm and, where it names one, of its kid. Nothing in
// the header leads to a key from outside: headers that carry or point to one are refused, and so is crit, since no
// extension is understood here (RFC 7515, 4.1.11).
func (v *Verifier) keys(ctx context.Context, t *jwt.Token) (any, error) {
	if err := checkHeader(t); err != nil {
		return nil, err
	}
	kid, err := keyIDOf(t)
	if err != nil {
		return nil, err
	}
	alg := t.Method.Alg()
	var set jwt.VerificationKeySet
	for _, key := range v.fixed {
		if key.fits(alg, kid) {
			set.Keys = append(set.Keys, key.key)
		}
	}
	if v.own != nil {
		for _, key := range v.own.matching(ctx, alg, kid) {
			set.Keys = append(set.Keys, key.key)
		}
	}
	if v.remote != nil && (len(set.Keys) == 0 || kid == "") {
		remote, err := v.remote.matching(ctx, alg, kid)
		if err != nil {
			return nil, err
		}
		for _, key := range remote {
			set.Keys = append(set.Keys, key.key)
		}
	}
	if len(set.Keys) == 0 {
		return nil, fmt.Errorf("no %s key with kid %q", alg, kid)
	}
	return set, nil
}

// checkHeader refuses a header that carries or points to a key, or asks for an extension.
func checkHeader(t *jwt.Token) error {
	for _, name := range []string{"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip"} {
		if _, found := t.Header[name]; found {
			return fmt.Errorf("header %s is not accepted", name)
		}
	}
	if typ, found := t.Header["typ"]; found {
		s, ok := typ.(string)
		if !ok || !strings.EqualFold(s, "JWT") && !strings.EqualFold(s, "at+jwt") {
			return errors.New("header typ is neither JWT nor at+jwt")
		}
	}
	return nil
}

// keyIDOf returns the kid, empty if there is none. It is only ever compared, never used as a path, URL or query; the
// bound keeps it harmless in logs.
func keyIDOf(t *jwt.Token) (string, error) {
	value, found := t.Header["kid"]
	if !found {
		return "", nil
	}
	kid, ok := value.(string)
	if !ok || kid == "" || len(kid) > maxKIDBytes {
		return "", errors.New("header kid is not a short text")
	}
	return kid, nil
}
