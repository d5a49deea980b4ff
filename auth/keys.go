package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

const (
	minRSABits     = 2048
	minSecretBytes = 32
	maxJWKSBytes   = 1 << 20
	maxJWKSKeys    = 64
)

// verifyKey is a key with the one algorithm that it may verify.
type verifyKey struct {
	id  string // kid; empty for a key that has none
	alg string
	key any // ed25519.PublicKey, *rsa.PublicKey, *ecdsa.PublicKey, or []byte for HS256
}

// fits reports whether a token with this algorithm and kid may have been signed by k.
// A token without kid may be by any key of its algorithm, a key without kid may have signed any.
func (k verifyKey) fits(alg, kid string) bool {
	return k.alg == alg && (kid == "" || k.id == "" || k.id == kid)
}

// outsideAlgorithms are those by which tokens of others may be signed, each by keys of its own kind ([publicKey]).
func outsideAlgorithms() []string {
	return []string{jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg()}
}

// publicKey pins an outside key to its algorithm. Only Ed25519, RSA of at least 2048 bits and the curve P-256 pass: a
// private or symmetric key has no place in a key set, and the other kinds are not asked for.
func publicKey(jwk jwkset.JWK) (verifyKey, error) {
	m := jwk.Marshal()
	k := verifyKey{id: m.KID, key: jwk.Key()}
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		k.alg = jwt.SigningMethodEdDSA.Alg()
	case *rsa.PublicKey:
		k.alg = jwt.SigningMethodRS256.Alg()
		if key.N.BitLen() < minRSABits {
			return verifyKey{}, fmt.Errorf("key %q has %d bits, at least %d are needed", k.id, key.N.BitLen(), minRSABits)
		}
	case *ecdsa.PublicKey:
		// The JWT library would verify ES256 by a key of any curve.
		k.alg = jwt.SigningMethodES256.Alg()
		if key.Curve != elliptic.P256() {
			return verifyKey{}, fmt.Errorf("key %q lies on %s, not on P-256", k.id, key.Curve.Params().Name)
		}
	default:
		return verifyKey{}, fmt.Errorf("key %q is neither a public Ed25519 nor a public RSA nor a public P-256 key", k.id)
	}
	if m.USE != "" && m.USE != jwkset.UseSig {
		return verifyKey{}, fmt.Errorf("key %q is not for signatures", k.id)
	}
	if m.ALG != "" && m.ALG.String() != k.alg {
		return verifyKey{}, fmt.Errorf("key %q is for %s, not for %s", k.id, m.ALG, k.alg)
	}
	return k, nil
}

// readJWKSFile reads a JWK Set of public keys and returns an error for anything else in it, a kid that two keys share
// included: which of them a token means could not be told.
func readJWKSFile(path string) (keys []verifyKey, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open JWK set: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(f, maxJWKSBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read JWK set %s: %w", path, err)
	}
	keys, err = parseJWKS(raw)
	if err != nil {
		return nil, fmt.Errorf("JWK set %s: %w", path, err)
	}
	return keys, nil
}

func parseJWKS(raw []byte) ([]verifyKey, error) {
	if len(raw) > maxJWKSBytes {
		return nil, fmt.Errorf("more than %d bytes", maxJWKSBytes)
	}
	var set jwkset.JWKSMarshal
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no keys")
	}
	if len(set.Keys) > maxJWKSKeys {
		return nil, fmt.Errorf("more than %d keys", maxJWKSKeys)
	}
	jwks, err := set.JWKSlice()
	if err != nil {
		return nil, err
	}
	keys := make([]verifyKey, 0, len(jwks))
	seen := map[string]bool{}
	for _, jwk := range jwks {
		key, err := publicKey(jwk)
		if err != nil {
			return nil, err
		}
		if seen[key.id] {
			return nil, fmt.Errorf("two keys have the kid %q", key.id)
		}
		seen[key.id] = true
		keys = append(keys, key)
	}
	return keys, nil
}
