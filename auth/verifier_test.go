package auth

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"steelyard/models"
)

const (
	testIssuer   = "https://issuer.example"
	testAudience = "steelyard"
)

var testNow = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// rsaKey is made once: it takes longer than all tests together.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func edKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func okpJWK(public ed25519.PublicKey, kid string) map[string]any {
	return map[string]any{
		"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public),
		"kid": kid, "alg": "EdDSA", "use": "sig",
	}
}

func rsaJWK(public *rsa.PublicKey, kid string) map[string]any {
	return map[string]any{
		"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e":   base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
		"kid": kid, "alg": "RS256", "use": "sig",
	}
}

func jwksJSON(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func writeTemp(t testing.TB, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func testConfig() Config {
	return Config{
		Issuer: testIssuer, Audience: testAudience, Leeway: 30 * time.Second,
		Now: func() time.Time { return testNow },
	}
}

func newTestVerifier(t testing.TB, cfg Config) *Verifier {
	t.Helper()
	v, err := NewVerifier(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func goodClaims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": testIssuer, "aud": testAudience, "sub": "O-17", "role": "HR", "unit": "U-3", "epoch": 4,
		"exp": testNow.Add(time.Hour).Unix(), "nbf": testNow.Unix(), "iat": testNow.Unix(),
	}
}

func mint(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// TestVerifyRefusesAttacks gives each attack to a verifier with an Ed25519 and an RSA key in a file.
func TestVerifyRefusesAttacks(t *testing.T) {
	t.Parallel()
	private, stranger, rsaPrivate := edKey(t), edKey(t), rsaKey()
	public := private.Public().(ed25519.PublicKey)
	cfg := testConfig()
	cfg.JWKSFile = writeTemp(t, jwksJSON(t, okpJWK(public, "ed"), rsaJWK(&rsaPrivate.PublicKey, "rsa")))
	v := newTestVerifier(t, cfg)

	der, err := x509.MarshalPKIXPublicKey(&rsaPrivate.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	signed := func(header map[string]any, change func(jwt.MapClaims)) string {
		c := goodClaims()
		if change != nil {
			change(c)
		}
		if header == nil {
			header = map[string]any{"kid": "ed"}
		}
		return mint(t, jwt.SigningMethodEdDSA, private, header, c)
	}
	set := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[name] = value }
	}
	without := func(name string) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { delete(c, name) }
	}
	good := signed(nil, nil)
	parts := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString

	tests := []struct {
		name, token string
		want        Reason // empty: accepted
	}{
		{"good EdDSA", good, ""},
		{"good RS256", mint(t, jwt.SigningMethodRS256, rsaPrivate, map[string]any{"kid": "rsa"}, goodClaims()), ""},
		{"good without kid", mint(t, jwt.SigningMethodEdDSA, private, nil, goodClaims()), ""},
		{"good at+jwt", signed(map[string]any{"kid": "ed", "typ": "at+jwt"}, nil), ""},
		{"audience among others", signed(nil, set("aud", []string{"x", testAudience})), ""},
		{"expired within leeway", signed(nil, set("exp", testNow.Add(-29*time.Second).Unix())), ""},
		{"nbf within leeway", signed(nil, set("nbf", testNow.Add(29*time.Second).Unix())), ""},
		{"without unit", signed(nil, without("unit")), ""},

		{"empty", "", ReasonInvalid},
		{"garbage", "a.b.c", ReasonInvalid},
		{"four parts", good + ".x", ReasonInvalid},
		{"alg none", mint(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, map[string]any{"kid": "ed"}, goodClaims()), ReasonInvalid},
		{"alg none in capitals", b64([]byte(`{"alg":"NONE","kid":"ed"}`)) + "." + parts[1] + ".", ReasonInvalid},
		{"no alg", b64([]byte(`{"kid":"ed"}`)) + "." + parts[1] + "." + parts[2], ReasonInvalid},
		{"signature cut off", parts[0] + "." + parts[1] + ".", ReasonInvalid},
		{"claims exchanged", parts[0] + "." + b64([]byte(`{"sub":"x"}`)) + "." + parts[2], ReasonInvalid},
		{"padding added", good + "=", ReasonInvalid},
		{"HS256 with the RSA key in PEM", mint(t, jwt.SigningMethodHS256, rsaPEM, map[string]any{"kid": "rsa"}, goodClaims()), ReasonInvalid},
		{"HS256 with the RSA key in DER", mint(t, jwt.SigningMethodHS256, der, map[string]any{"kid": "rsa"}, goodClaims()), ReasonInvalid},
		{"HS256 with the Ed25519 key", mint(t, jwt.SigningMethodHS256, []byte(public), map[string]any{"kid": "ed"}, goodClaims()), ReasonInvalid},
		{"HS256 with an empty secret", mint(t, jwt.SigningMethodHS256, []byte{}, nil, goodClaims()), ReasonInvalid},
		{"RS256 under the kid of the other kind", mint(t, jwt.SigningMethodRS256, rsaPrivate, map[string]any{"kid": "ed"}, goodClaims()), ReasonInvalid},
		{"RS512 with the RS256 key", mint(t, jwt.SigningMethodRS512, rsaPrivate, map[string]any{"kid": "rsa"}, goodClaims()), ReasonInvalid},
		{"PS256 with the RS256 key", mint(t, jwt.SigningMethodPS256, rsaPrivate, map[string]any{"kid": "rsa"}, goodClaims()), ReasonInvalid},
		{"stranger's key", mint(t, jwt.SigningMethodEdDSA, stranger, map[string]any{"kid": "ed"}, goodClaims()), ReasonInvalid},
		{"unknown kid", signed(map[string]any{"kid": "other"}, nil), ReasonInvalid},
		{"kid a path", signed(map[string]any{"kid": "../../../../dev/null"}, nil), ReasonInvalid},
		{"kid a query", signed(map[string]any{"kid": "ed' UNION SELECT 'x"}, nil), ReasonInvalid},
		{"kid empty", signed(map[string]any{"kid": ""}, nil), ReasonInvalid},
		{"kid a number", signed(map[string]any{"kid": 1}, nil), ReasonInvalid},
		{"kid a list", signed(map[string]any{"kid": []string{"ed"}}, nil), ReasonInvalid},
		{"kid null", signed(map[string]any{"kid": nil}, nil), ReasonInvalid},
		{"kid huge", signed(map[string]any{"kid": strings.Repeat("k", 1000)}, nil), ReasonInvalid},
		{"jku", signed(map[string]any{"kid": "ed", "jku": "https://evil.example/jwks"}, nil), ReasonInvalid},
		{"x5u", signed(map[string]any{"kid": "ed", "x5u": "https://evil.example/cert"}, nil), ReasonInvalid},
		{"embedded jwk", mint(t, jwt.SigningMethodEdDSA, stranger, map[string]any{"jwk": okpJWK(stranger.Public().(ed25519.PublicKey), "ed")}, goodClaims()), ReasonInvalid},
		{"crit", signed(map[string]any{"kid": "ed", "crit": []string{"exp"}}, nil), ReasonInvalid},
		{"typ of another kind", signed(map[string]any{"kid": "ed", "typ": "dpop+jwt"}, nil), ReasonInvalid},

		{"expired", signed(nil, set("exp", testNow.Add(-31*time.Second).Unix())), ReasonExpired},
		{"expired and forged", mint(t, jwt.SigningMethodEdDSA, stranger, map[string]any{"kid": "ed"}, jwt.MapClaims{"exp": 1}), ReasonInvalid},
		{"no expiry", signed(nil, without("exp")), ReasonInvalid},
		{"expiry beyond time", signed(nil, set("exp", 1e30)), ReasonInvalid},
		{"expiry a text", signed(nil, set("exp", "never")), ReasonInvalid},
		{"nbf in the future", signed(nil, set("nbf", testNow.Add(31*time.Second).Unix())), ReasonInvalid},
		{"iat in the future", signed(nil, set("iat", testNow.Add(31*time.Second).Unix())), ReasonInvalid},
		{"wrong issuer", signed(nil, set("iss", testIssuer+"/")), ReasonInvalid},
		{"no issuer", signed(nil, without("iss")), ReasonInvalid},
		{"wrong audience", signed(nil, set("aud", "other")), ReasonInvalid},
		{"no audience", signed(nil, without("aud")), ReasonInvalid},
		{"empty audience list", signed(nil, set("aud", []string{})), ReasonInvalid},
		{"no subject", signed(nil, without("sub")), ReasonInvalid},
		{"long subject", signed(nil, set("sub", strings.Repeat("x", 201))), ReasonInvalid},
		{"subject with a line break", signed(nil, set("sub", "a\nb")), ReasonInvalid},
		{"no role", signed(nil, without("role")), ReasonInvalid},
		{"unknown role", signed(nil, set("role", "ROOT")), ReasonInvalid},
		{"role in small letters", signed(nil, set("role", "hr")), ReasonInvalid},
		{"two roles", signed(nil, set("role", []string{"HR", "ADMIN"})), ReasonInvalid},
		{"negative epoch", signed(nil, set("epoch", -1)), ReasonInvalid},
		{"huge", signed(nil, set("x", strings.Repeat("x", MaxTokenBytes))), ReasonInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			viewer, err := v.Verify(t.Context(), tt.token)
			if tt.want == "" {
				if err != nil {
					t.Fatalf("refused: %v (%v)", err, errors.Unwrap(err))
				}
				if viewer.Subject != "O-17" || viewer.Role != models.RoleHR || viewer.Epoch != 4 {
					t.Fatalf("viewer %+v", viewer)
				}
				return
			}
			var refusal *Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %+v, %v; want an *Error", viewer, err)
			}
			if refusal.Code != CodeUnauthenticated || refusal.Reason != tt.want || err.Error() != "token "+string(tt.want) {
				t.Fatalf("got %q %q %q, want reason %s", refusal.Code, refusal.Reason, err, tt.want)
			}
			if viewer != (Viewer{}) {
				t.Fatalf("a refused token gave the viewer %+v", viewer)
			}
		})
	}
}

func TestVerifyReturnsTheWholeViewer(t *testing.T) {
	t.Parallel()
	signer, err := NewSigner(edKey(t), testIssuer, testAudience)
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.PublicKey = signer.Public()
	v := newTestVerifier(t, cfg)
	for _, role := range models.Roles {
		want := Viewer{Subject: "张三", Role: role, Unit: "U-1", Epoch: 7}
		token, err := signer.Mint(want, testNow, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Verify(t.Context(), token)
		if err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		if back, ok := ViewerFrom(WithViewer(t.Context(), got)); !ok || back != want {
			t.Fatalf("context gave %+v, %v", back, ok)
		}
	}
	if _, ok := ViewerFrom(t.Context()); ok {
		t.Fatal("a context without a viewer gave one")
	}
}

func TestDevelopmentSecretNeedsItsFlag(t *testing.T) {
	t.Parallel()
	secret := []byte(strings.Repeat("s", 32))
	cfg := testConfig()
	cfg.DevelopmentSecret = secret
	if _, err := NewVerifier(t.Context(), cfg); err == nil {
		t.Fatal("an HS256 secret without the flag was accepted")
	}
	cfg.AllowDevelopmentSecret = true
	v := newTestVerifier(t, cfg)
	if _, err := v.Verify(t.Context(), mint(t, jwt.SigningMethodHS256, secret, nil, goodClaims())); err != nil {
		t.Fatalf("with the flag: %v", errors.Unwrap(err))
	}
	if _, err := v.Verify(t.Context(), mint(t, jwt.SigningMethodHS512, secret, nil, goodClaims())); err == nil {
		t.Fatal("HS512 was accepted with the HS256 secret")
	}
	cfg.DevelopmentSecret = secret[:31]
	if _, err := NewVerifier(t.Context(), cfg); err == nil {
		t.Fatal("a short secret was accepted")
	}
}

// TestHS256StaysOutBesideTheFlag: with the flag on, the secret signs, the public keys still do not.
func TestHS256StaysOutBesideTheFlag(t *testing.T) {
	t.Parallel()
	private := edKey(t)
	cfg := testConfig()
	cfg.PublicKey = private.Public().(ed25519.PublicKey)
	cfg.DevelopmentSecret, cfg.AllowDevelopmentSecret = []byte(strings.Repeat("s", 32)), true
	v := newTestVerifier(t, cfg)
	for _, kid := range []string{"", KeyID(cfg.PublicKey)} {
		header := map[string]any{}
		if kid != "" {
			header["kid"] = kid
		}
		if _, err := v.Verify(t.Context(), mint(t, jwt.SigningMethodHS256, []byte(cfg.PublicKey), header, goodClaims())); err == nil {
			t.Fatalf("kid %q: the public key passed as a secret", kid)
		}
	}
}

func TestNewVerifierRefusesBadConfigurations(t *testing.T) {
	t.Parallel()
	private := edKey(t)
	public := private.Public().(ed25519.PublicKey)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	withPrivate := okpJWK(public, "ed")
	withPrivate["d"] = base64.RawURLEncoding.EncodeToString(private.Seed())
	forEncryption := rsaJWK(&rsaKey().PublicKey, "rsa")
	forEncryption["use"] = "enc"
	otherAlg := rsaJWK(&rsaKey().PublicKey, "rsa")
	otherAlg["alg"] = "RS512"
	files := map[string][]byte{
		"two keys of one kid":   jwksJSON(t, okpJWK(public, "k"), rsaJWK(&rsaKey().PublicKey, "k")),
		"two keys without kid":  jwksJSON(t, okpJWK(public, ""), rsaJWK(&rsaKey().PublicKey, "")),
		"symmetric key":         jwksJSON(t, map[string]any{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(make([]byte, 32)), "kid": "k"}),
		"private key":           jwksJSON(t, withPrivate),
		"short RSA key":         jwksJSON(t, rsaJWK(&small.PublicKey, "k")),
		"key for encryption":    jwksJSON(t, forEncryption),
		"key for another alg":   jwksJSON(t, otherAlg),
		"other key, our own id": jwksJSON(t, okpJWK(edKey(t).Public().(ed25519.PublicKey), KeyID(public))),
		"key on a wider curve":  jwksJSON(t, ecJWK(t, &ecKey(t, elliptic.P384()).PublicKey, "k", "", nil)),
		"empty set":             []byte(`{"keys":[]}`),
		"no JSON":               []byte("keys"),
		"too large":             []byte(`{"keys":[],"x":"` + strings.Repeat("x", maxJWKSBytes) + `"}`),
	}
	for name, raw := range files {
		cfg := testConfig()
		cfg.PublicKey = public
		cfg.JWKSFile = writeTemp(t, raw)
		if _, err := NewVerifier(t.Context(), cfg); err == nil {
			t.Errorf("JWK set with %s was accepted", name)
		}
	}
	changes := map[string]func(*Config){
		"no key":          func(c *Config) { c.PublicKey = nil },
		"no issuer":       func(c *Config) { c.Issuer = "" },
		"no audience":     func(c *Config) { c.Audience = "" },
		"negative leeway": func(c *Config) { c.Leeway = -1 },
		"long leeway":     func(c *Config) { c.Leeway = time.Hour },
		"short key":       func(c *Config) { c.PublicKey = public[:31] },
		"missing file":    func(c *Config) { c.JWKSFile = filepath.Join(t.TempDir(), "none") },
		"http elsewhere":  func(c *Config) { c.JWKSURL = "http://idp.example/jwks" },
		"file URL":        func(c *Config) { c.JWKSURL = "file:///etc/passwd" },
		"no host":         func(c *Config) { c.JWKSURL = "https:///jwks" },
		"no URL":          func(c *Config) { c.JWKSURL = "::" },
	}
	for name, change := range changes {
		cfg := testConfig()
		cfg.PublicKey = public
		change(&cfg)
		if _, err := NewVerifier(t.Context(), cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	signer, err := NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), testIssuer, testAudience)
	if err != nil {
		f.Fatal(err)
	}
	good, err := signer.Mint(Viewer{Subject: "s", Role: models.RoleHR}, testNow, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	cfg := testConfig()
	cfg.PublicKey = signer.Public()
	v := newTestVerifier(f, cfg)
	f.Add(good)
	f.Add("")
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		viewer, err := v.Verify(t.Context(), token)
		if err == nil {
			// Only the signer makes tokens: whatever passes is its token, to the byte.
			if token != good {
				t.Fatalf("forged: %q gave %+v", token, viewer)
			}
			return
		}
		if text := fmt.Sprint(err); text != "token invalid" && text != "token expired" {
			t.Fatalf("the refusal says %q", text)
		}
	})
}
