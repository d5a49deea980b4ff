package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"steelyard/auth"
)

// Tokens are the flags that say which bearer tokens hold.
type Tokens struct {
	TokenIssuer   string        `default:"steelyard" help:"The iss that tokens must have."`
	TokenAudience string        `default:"steelyard" help:"The aud that tokens must have."`
	TokenLeeway   time.Duration `default:"30s" help:"Clock skew allowed on a token's dates."`

	JwksFile      string   `name:"jwks-file" type:"existingfile" placeholder:"FILE" help:"Public keys as a JWK Set."`
	JwksURL       string   `name:"jwks-url" placeholder:"URL" help:"Where the identity provider publishes its JWK Set."`
	PublicKeyFile []string `type:"existingfile" placeholder:"FILE" help:"An Ed25519 public key in PEM; several hold beside one another. The files are read again as they change."`
	TrustTokenKey bool     `help:"Accept the tokens of the token command: trust the signing key beside the database, and the one before it."`

	DevelopmentSecret      string `placeholder:"TEXT" help:"An HS256 secret, for development only."`
	AllowDevelopmentSecret bool   `help:"Accept HS256 tokens by --development-secret. Whoever knows it can be anybody."`
}

// sources are the flags that name keys, those that were given.
func (t *Tokens) sources() []string {
	var given []string
	for _, source := range []struct {
		flag  string
		given bool
	}{
		{"--jwks-file", t.JwksFile != ""},
		{"--jwks-url", t.JwksURL != ""},
		{"--public-key-file", len(t.PublicKeyFile) > 0},
		{"--trust-token-key", t.TrustTokenKey},
		{"--development-secret", t.DevelopmentSecret != ""},
	} {
		if source.given {
			given = append(given, source.flag)
		}
	}
	return given
}

// verifier knows the tokens that hold. Without any key there is none.
func (t *Tokens) verifier(s *session, provider *auth.Provider, log *slog.Logger) (*auth.Verifier, error) {
	if len(t.sources()) == 0 && provider == nil {
		return nil, errors.New("nobody could sign in: name the keys that tokens are verified with by --jwks-file, --jwks-url " +
			"or --public-key-file, trust those of the token command by --trust-token-key, or name an OpenID provider by --oidc-issuer")
	}
	var own func() ([]ed25519.PublicKey, error)
	if len(t.PublicKeyFile) > 0 || t.TrustTokenKey {
		own = func() ([]ed25519.PublicKey, error) { return t.publicKeys(s) }
	}
	return auth.NewVerifier(s.ctx, auth.Config{
		Issuer: t.TokenIssuer, Audience: t.TokenAudience, Leeway: t.TokenLeeway,
		Provider: provider, OwnKeys: own, JWKSFile: t.JwksFile, JWKSURL: t.JwksURL,
		DevelopmentSecret: []byte(t.DevelopmentSecret), AllowDevelopmentSecret: t.AllowDevelopmentSecret, Log: log,
	})
}

// publicKeys are the keys of our own that are trusted, as their files hold them now; none
// where none is named. Of files that are not there the error speaks, beside the others' keys.
func (t *Tokens) publicKeys(s *session) (keys []ed25519.PublicKey, missing error) {
	for _, path := range t.PublicKeyFile {
		key, err := auth.ReadPublicKeyFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = errors.Join(missing, err)
		case err != nil:
			return nil, err
		default:
			keys = append(keys, key)
		}
	}
	if !t.TrustTokenKey {
		return keys, missing
	}
	path, err := s.flags.sideFile(signingSuffix)
	if err != nil {
		return nil, err
	}
	own, err := trustedKeys(path)
	if err != nil {
		return keys, errors.Join(missing, fmt.Errorf("--trust-token-key: %w (steelyard token makes the key)", err))
	}
	return append(keys, own...), missing
}
