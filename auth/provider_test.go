package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// ecKey is a key on a curve.
func ecKey(t testing.TB, on elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(on, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ecJWK says of a public key what a set says; more is said in place of that.
func ecJWK(t testing.TB, public *ecdsa.PublicKey, kid, alg string, more map[string]any) map[string]any {
	t.Helper()
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	half := len(point) / 2
	b64 := base64.RawURLEncoding.EncodeToString
	jwk := map[string]any{
		"kty": "EC", "crv": public.Curve.Params().Name, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:]), "kid": kid, "alg": alg, "use": "sig",
	}
	maps.Copy(jwk, more)
	return jwk
}

// withSignature is a token with another signature.
func withSignature(token string, change func(signature []byte) []byte) string {
	at := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[at:])
	if err != nil {
		panic(err)
	}
	return token[:at] + base64.RawURLEncoding.EncodeToString(change(signature))
}

// curved is a token, and whether it is taken.
type curved struct {
	name, token string
	good        bool
}

// curvedTokens makes a set with keys that say different things of themselves, and tokens
// that are taken by what a set says alone.
func curvedTokens(t *testing.T, claims jwt.MapClaims) (set []byte, tokens []curved) {
	key, plain, stranger, enc, named := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	wide, ed := ecKey(t, elliptic.P384()), edKey(t)
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	off := ecJWK(t, &key.PublicKey, "off", "ES256", map[string]any{"y": base64.RawURLEncoding.EncodeToString(make([]byte, 32))})
	set = jwksJSON(t,
		ecJWK(t, &key.PublicKey, "ec", "ES256", nil),
		ecJWK(t, &plain.PublicKey, "plain", "", map[string]any{"use": ""}),
		ecJWK(t, &enc.PublicKey, "enc", "ES256", map[string]any{"use": "enc"}),
		ecJWK(t, &named.PublicKey, "named", "ES512", nil),
		ecJWK(t, &wide.PublicKey, "wide", "ES256", nil), ecJWK(t, &wide.PublicKey, "wide384", "ES384", nil),
		okpJWK(ed.Public().(ed25519.PublicKey), "ed"), rsaJWK(&rsaKey().PublicKey, "rsa"),
	)
	if keys, err := parseJWKS(jwksJSON(t, off)); err == nil {
		t.Errorf("a point that lies on no curve is a key: %v", keys)
	}
	es := func(kid string, key *ecdsa.PrivateKey) string {
		return mint(t, jwt.SigningMethodES256, key, map[string]any{"kid": kid}, claims)
	}
	// ES256 by a wider key, as a library that looks at the hash alone would sign.
	wider := &jwt.SigningMethodECDSA{Name: "ES256", Hash: jwt.SigningMethodES256.Hash, KeySize: 48, CurveBits: 384}
	good := es("ec", key)
	n := elliptic.P256().Params().N
	scalar := func(r, s *big.Int) []byte {
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	halves := func(signature []byte) (r, s *big.Int) {
		return new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	}
	return set, []curved{
		{"ES256", good, true},
		{"ES256 without a kid", mint(t, jwt.SigningMethodES256, key, nil, claims), true},
		{"ES256 by a key of which nothing is said", es("plain", plain), true},
		{"EdDSA", mint(t, jwt.SigningMethodEdDSA, ed, map[string]any{"kid": "ed"}, claims), true},
		{"RS256", mint(t, jwt.SigningMethodRS256, rsaKey(), map[string]any{"kid": "rsa"}, claims), true},
		// Whoever holds a token can write its signature another way: it proves the same, and is revoked by the same jti.
		{"the twin of a signature", withSignature(good, func(b []byte) []byte {
			r, s := halves(b)
			return scalar(r, s.Sub(n, s))
		}), true},

		{"HS256 with the point as secret", mint(t, jwt.SigningMethodHS256, point, map[string]any{"kid": "ec"}, claims), false},
		{"HS256 with x as secret", mint(t, jwt.SigningMethodHS256, point[1:33], map[string]any{"kid": "ec"}, claims), false},
		{"ES256 under the kid of an Ed25519 key", es("ed", key), false},
		{"ES256 under the kid of an RSA key", es("rsa", key), false},
		{"EdDSA under the kid of a curve", mint(t, jwt.SigningMethodEdDSA, ed, map[string]any{"kid": "ec"}, claims), false},
		{"a stranger's", es("ec", stranger), false},
		{"a key for encryption", es("enc", enc), false},
		{"a key for ES512", es("named", named), false},
		{"ES256 on P-384", mint(t, wider, wide, map[string]any{"kid": "wide"}, claims), false},
		{"ES384", mint(t, jwt.SigningMethodES384, wide, map[string]any{"kid": "wide384"}, claims), false},
		{"the signature in DER", withSignature(good, func(b []byte) []byte {
			r, s := halves(b)
			return fmt.Appendf([]byte{0x30, 68, 0x02, 32}, "%s\x02\x20%s", r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32)))
		}), false},
		{"zeros", withSignature(good, func([]byte) []byte { return make([]byte, 64) }), false},
		{"r and s of the order", withSignature(good, func([]byte) []byte { return scalar(n, n) }), false},
		{"s above the order", withSignature(good, func(b []byte) []byte {
			r, s := halves(b)
			sum := s.Add(s, n)
			return append(r.FillBytes(make([]byte, 32)), sum.FillBytes(make([]byte, 33))...)
		}), false},
		{"r and s exchanged", withSignature(good, func(b []byte) []byte { return append(b[32:64:64], b[:32]...) }), false},
		{"half a signature", withSignature(good, func(b []byte) []byte { return b[:32] }), false},
		{"crit", mint(t, jwt.SigningMethodES256, key, map[string]any{"kid": "ec", "crit": []string{"exp"}}, claims), false},
		{"an embedded key", mint(t, jwt.SigningMethodES256, stranger, map[string]any{"jwk": ecJWK(t, &stranger.PublicKey, "ec", "ES256", nil)}, claims), false},
	}
}

// TestACurveIsTakenWhereTheKeySaysSo: by the provider's set for sign-ins, and by sets of a
// file and of an address for bearer tokens.
func TestACurveIsTakenWhereTheKeySaysSo(t *testing.T) {
	t.Parallel()
	claims := goodClaims()
	claims["jti"] = "one"
	set, tokens := curvedTokens(t, claims)
	server := newKeyServer(t, set)
	bearer := newTestVerifier(t, remoteConfig(server.URL))
	remote, err := newRemoteKeys(t.Context(), server.URL, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	signIns := newPinnedKeys(remote)
	for _, c := range tokens {
		viewer, err := bearer.Verify(t.Context(), c.token)
		if (err == nil) != c.good || c.good && (viewer.Subject != "O-17" || viewer.TokenID != "one") {
			t.Errorf("%s as a bearer token: %+v, %v", c.name, viewer, err)
		}
		payload, err := signIns.VerifySignature(t.Context(), c.token)
		if (err == nil) != c.good || c.good && !strings.Contains(string(payload), `"O-17"`) {
			t.Errorf("%s as an ID token: %s, %v", c.name, payload, err)
		}
	}
}

// TestAProvidersCurveIsTaken as a bearer token of the provider, which has rules of its own.
func TestAProvidersCurveIsTaken(t *testing.T) {
	t.Parallel()
	server := newKeyServer(t, nil)
	claims := goodClaims()
	claims["iss"], claims["jti"] = server.URL, "one"
	set, tokens := curvedTokens(t, claims)
	server.body.Store([]byte(fmt.Sprintf(`{"issuer":%q,"authorization_endpoint":%[1]q,"token_endpoint":%[1]q,"jwks_uri":%[1]q,%s`, server.URL, set[1:])))
	provider, err := NewProvider(t.Context(), ProviderConfig{Issuer: server.URL, ClientID: testAudience, Now: testConfig().Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.Provider = provider
	v := newTestVerifier(t, cfg)
	at, err := provider.discover(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range tokens {
		viewer, err := v.Verify(t.Context(), c.token)
		if (err == nil) != c.good || c.good && (viewer.Subject != "O-17" || viewer.TokenID != "one" || !viewer.Outside) {
			t.Errorf("%s as a bearer token: %+v, %v", c.name, viewer, err)
		}
		proven, err := at.idTokens.Verify(t.Context(), c.token)
		if (err == nil) != c.good || c.good && proven.Subject != "O-17" {
			t.Errorf("%s as an ID token: %+v, %v", c.name, proven, err)
		}
	}
}
