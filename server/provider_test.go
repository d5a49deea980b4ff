package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"steelyard/auth"
)

// testProvider is a small OpenID provider, which knows one person and asks nobody for a
// password. What it does wrong is a test's choice.
type testProvider struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	subject string
	key     ed25519.PrivateKey
	codes   map[string]sentWith        // given out, each good once
	wrong   func(claims jwt.MapClaims) // changes ID tokens
	sign    func(claims jwt.MapClaims) string
	down    bool

	ahead atomic.Int64 // how much later it is for who asks the provider, in nanoseconds
}

// sentWith is what a browser was sent with.
type sentWith struct{ nonce, challenge, redirect string }

const testClient, testClientSecret = "steelyard pages", "s3cret"

func newTestProvider(t *testing.T) *testProvider {
	t.Helper()
	p := &testProvider{t: t, codes: map[string]sentWith{}, subject: "u-17"}
	p.turn()
	routes := http.NewServeMux()
	routes.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.say(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"end_session_endpoint": p.URL + "/bye", "id_token_signing_alg_values_supported": []string{"EdDSA", "none"},
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		})
	})
	routes.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		public := p.key.Public().(ed25519.PublicKey)
		p.say(w, map[string]any{"keys": []any{map[string]string{
			"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": auth.KeyID(public), "x": base64.RawURLEncoding.EncodeToString(public),
		}}})
	})
	routes.HandleFunc("GET /authorize", p.authorize)
	routes.HandleFunc("POST /token", p.token)
	routes.HandleFunc("GET /bye", func(http.ResponseWriter, *http.Request) {})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			http.Error(w, "out of order", http.StatusBadGateway)
			return
		}
		routes.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// turn gives the provider another key, in the place of the one it had.
func (p *testProvider) turn() {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.set(func() { p.key = key })
}

// set changes the provider.
func (p *testProvider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *testProvider) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// authorize sends the browser back with a code.
func (p *testProvider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != testClient || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "not as it should be: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.codes[code] = sentWith{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	back := q.Get("redirect_uri") + "?code=" + code + "&state=" + q.Get("state")
	http.Redirect(w, r, back, http.StatusFound)
}

// token gives an ID token for a code, once, to whoever knows its verifier.
func (p *testProvider) token(w http.ResponseWriter, r *http.Request) {
	name, secret, _ := r.BasicAuth()
	was, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case name != "steelyard+pages" || secret != testClientSecret:
		w.WriteHeader(http.StatusUnauthorized)
		p.say(w, map[string]string{"error": "invalid_client"})
	case !known || was.redirect != r.PostFormValue("redirect_uri") || was.challenge != base64.RawURLEncoding.EncodeToString(challenge[:]):
		w.WriteHeader(http.StatusBadRequest)
		p.say(w, map[string]string{"error": "invalid_grant"})
	default:
		p.say(w, map[string]string{"access_token": "opaque", "token_type": "Bearer", "id_token": p.idToken(jwt.MapClaims{"nonce": was.nonce})})
	}
}

// idToken is a token of the provider about its person.
func (p *testProvider) idToken(more jwt.MapClaims) string {
	now := time.Now()
	claims := jwt.MapClaims{"iss": p.URL, "aud": testClient, "sub": p.subject, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, more)
	if p.wrong != nil {
		p.wrong(claims)
	}
	if p.sign != nil {
		return p.sign(claims)
	}
	return p.signed(jwt.SigningMethodEdDSA, p.key, claims)
}

func (p *testProvider) signed(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = auth.KeyID(p.key.Public().(ed25519.PublicKey))
	signed, err := token.SignedString(key)
	if err != nil {
		p.t.Fatal(err)
	}
	return signed
}
