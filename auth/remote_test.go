package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// keyServer serves what its value holds and counts requests.
type keyServer struct {
	*httptest.Server
	body  atomic.Value // []byte
	calls atomic.Int32
}

func newKeyServer(t *testing.T, body []byte) *keyServer {
	t.Helper()
	s := &keyServer{}
	s.body.Store(body)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.calls.Add(1)
		if _, err := w.Write(s.body.Load().([]byte)); err != nil {
			t.Logf("the client went away: %v", err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func remoteConfig(url string) Config {
	cfg := testConfig()
	cfg.JWKSURL = url
	cfg.Log = slog.New(slog.DiscardHandler)
	return cfg
}

func TestKeysOfAURLAreFetchedAgainForANewKID(t *testing.T) {
	t.Parallel()
	first, second := edKey(t), edKey(t)
	firstJWK := okpJWK(first.Public().(ed25519.PublicKey), "first")
	server := newKeyServer(t, jwksJSON(t, firstJWK, rsaJWK(&rsaKey().PublicKey, "rsa")))
	v := newTestVerifier(t, remoteConfig(server.URL))

	verify := func(method jwt.SigningMethod, key any, kid string) error {
		_, err := v.Verify(t.Context(), mint(t, method, key, map[string]any{"kid": kid}, goodClaims()))
		return err
	}
	if err := verify(jwt.SigningMethodEdDSA, first, "first"); err != nil {
		t.Fatal(err)
	}
	if err := verify(jwt.SigningMethodRS256, rsaKey(), "rsa"); err != nil {
		t.Fatal(err)
	}
	if got := server.calls.Load(); got != 1 {
		t.Fatalf("%d requests for known keys, want 1", got)
	}
	server.body.Store(jwksJSON(t, firstJWK, okpJWK(second.Public().(ed25519.PublicKey), "second")))
	if err := verify(jwt.SigningMethodEdDSA, second, "second"); err != nil {
		t.Fatalf("the new key is not taken up: %v", err)
	}
	if err := verify(jwt.SigningMethodRS256, rsaKey(), "rsa"); err == nil {
		t.Fatal("a key that was withdrawn still verifies")
	}
	calls := server.calls.Load()
	for i := range 20 {
		if err := verify(jwt.SigningMethodEdDSA, second, fmt.Sprint("unknown", i)); err == nil {
			t.Fatal("an unknown kid was accepted")
		}
	}
	if got := server.calls.Load(); got > calls {
		t.Fatalf("strangers made us ask the key server %d times more", got-calls)
	}
}

// TestKeysOfAURLArePinned: a provider may publish what is not ours to use; none of it verifies anything.
func TestKeysOfAURLArePinned(t *testing.T) {
	t.Parallel()
	private := edKey(t)
	secret := []byte(strings.Repeat("s", 32))
	withPrivate := okpJWK(private.Public().(ed25519.PublicKey), "private")
	withPrivate["d"] = base64.RawURLEncoding.EncodeToString(private.Seed())
	server := newKeyServer(t, jwksJSON(
		t,
		map[string]any{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(secret), "kid": "oct", "alg": "HS256"},
		withPrivate,
		rsaJWK(&rsaKey().PublicKey, "same"), okpJWK(private.Public().(ed25519.PublicKey), "same"),
	))
	v := newTestVerifier(t, remoteConfig(server.URL))
	for _, tt := range []struct {
		name   string
		method jwt.SigningMethod
		key    any
		kid    string
		ok     bool
	}{
		{"symmetric key of the set", jwt.SigningMethodHS256, secret, "oct", false},
		{"private key of the set", jwt.SigningMethodEdDSA, private, "private", false},
		{"shared kid, first kind", jwt.SigningMethodRS256, rsaKey(), "same", true},
		{"shared kid, second kind", jwt.SigningMethodEdDSA, private, "same", true},
	} {
		_, err := v.Verify(t.Context(), mint(t, tt.method, tt.key, map[string]any{"kid": tt.kid}, goodClaims()))
		if (err == nil) != tt.ok {
			t.Errorf("%s: accepted is %v, want %v", tt.name, err == nil, tt.ok)
		}
	}
}

func TestAKeyServerThatFailsLetsNobodyIn(t *testing.T) {
	t.Parallel()
	private := edKey(t)
	set := jwksJSON(t, okpJWK(private.Public().(ed25519.PublicKey), "k"))
	bodies := map[string][]byte{
		"no JSON":   []byte("busy"),
		"too large": append([]byte(`{"x":"`+strings.Repeat("x", maxJWKSBytes)+`",`), set[1:]...),
	}
	for name, body := range bodies {
		v := newTestVerifier(t, remoteConfig(newKeyServer(t, body).URL))
		if _, err := v.Verify(t.Context(), mint(t, jwt.SigningMethodEdDSA, private, map[string]any{"kid": "k"}, goodClaims())); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	target := newKeyServer(t, set)
	redirect := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	t.Cleanup(redirect.Close)
	v := newTestVerifier(t, remoteConfig(redirect.URL))
	if _, err := v.Verify(t.Context(), mint(t, jwt.SigningMethodEdDSA, private, nil, goodClaims())); err == nil || target.calls.Load() > 0 {
		t.Errorf("redirect: accepted is %v, followed %d times", err == nil, target.calls.Load())
	}
}
