package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// KeyID is the kid of an Ed25519 key: its JWK thumbprint (RFC 7638, with the member order of RFC 8037, appendix A.3).
func KeyID(public ed25519.PublicKey) string {
	x := base64.RawURLEncoding.EncodeToString(public)
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Signer mints bearer tokens for the commands `token` and `demo`.
type Signer struct {
	private  ed25519.PrivateKey
	issuer   string
	audience string
}

// NewSigner returns a Signer whose tokens carry this issuer and audience.
func NewSigner(private ed25519.PrivateKey, issuer, audience string) (*Signer, error) {
	if len(private) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("signer: the private key has %d bytes, not %d", len(private), ed25519.PrivateKeySize)
	}
	if issuer == "" || audience == "" {
		return nil, errors.New("signer: issuer and audience are required")
	}
	return &Signer{private: private, issuer: issuer, audience: audience}, nil
}

// Public returns the key that verifies the signer's tokens.
func (s *Signer) Public() ed25519.PublicKey {
	return ed25519.PublicKey(s.private[ed25519.SeedSize:])
}

// Mint returns a signed token for viewer that is valid from now for ttl. It refuses what a Verifier would refuse.
func (s *Signer) Mint(viewer Viewer, now time.Time, ttl time.Duration) (string, error) {
	if ttl <= 0 {
		return "", fmt.Errorf("mint token: a lifetime of %v", ttl)
	}
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        viewer.TokenID,
			Issuer:    s.issuer,
			Subject:   viewer.Subject,
			Audience:  jwt.ClaimStrings{s.audience},
			ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
			NotBefore: jwt.NewNumericDate(now),
			IssuedAt:  jwt.NewNumericDate(now),
		},
		Role:  viewer.Role,
		Unit:  viewer.Unit,
		Epoch: viewer.Epoch,
	}
	if err := c.Validate(); err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, &c)
	token.Header["kid"] = KeyID(s.Public())
	signed, err := token.SignedString(s.private)
	if err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	return signed, nil
}

// JWKS returns the JWK Set with the signer's public key, fit for another server's JWKSFile.
func (s *Signer) JWKS() ([]byte, error) {
	type jwk struct {
		KTY string `json:"kty"`
		CRV string `json:"crv"`
		X   string `json:"x"`
		KID string `json:"kid"`
		ALG string `json:"alg"`
		USE string `json:"use"`
	}
	public := s.Public()
	return json.Marshal(map[string][]jwk{"keys": {{
		KTY: "OKP", CRV: "Ed25519", X: base64.RawURLEncoding.EncodeToString(public),
		KID: KeyID(public), ALG: jwt.SigningMethodEdDSA.Alg(), USE: "sig",
	}}})
}
