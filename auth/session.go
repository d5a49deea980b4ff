package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"steelyard/models"
)

const (
	sessionIssuer = "steelyard sign-in"
	// SessionTTL is how long a sign-in to the pages holds: a working day.
	SessionTTL = 12 * time.Hour
	// FlowTTL is how long somebody may take at the provider.
	FlowTTL = 10 * time.Minute
)

// Sessions mint and verify the tokens of sign-ins to the pages, and keep what a browser needs while it is at the provider. Every
// process that serves a database has the same secrets, so that any of them goes on where another began.
type Sessions struct {
	signer *Signer
	keys   []verifyKey
	flows  []byte
	parser *jwt.Parser
	now    func() time.Time
}

// NewSessions derives the keys from secrets of 32 bytes, the current one first.
func NewSessions(now func() time.Time, secrets ...[]byte) (*Sessions, error) {
	if now == nil {
		now = time.Now
	}
	s := &Sessions{now: now, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(sessionIssuer), jwt.WithAudience(sessionIssuer),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(MaxLeeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(now),
	)}
	for _, secret := range secrets {
		if len(secret) != ed25519.SeedSize {
			return nil, fmt.Errorf("sessions: a secret has %d bytes, not %d", len(secret), ed25519.SeedSize)
		}
		private := ed25519.NewKeyFromSeed(labelled(secret, "steelyard session v1"))
		public := private.Public().(ed25519.PublicKey)
		s.keys = append(s.keys, verifyKey{id: KeyID(public), alg: jwt.SigningMethodEdDSA.Alg(), key: public})
		if s.signer == nil {
			var err error
			if s.signer, err = NewSigner(private, sessionIssuer, sessionIssuer); err != nil {
				return nil, err
			}
			s.flows = labelled(secret, "steelyard sign-in v1")
		}
	}
	if s.signer == nil {
		return nil, errors.New("sessions: no secret is given")
	}
	return s, nil
}

// Mint returns the token of a new session.
func (s *Sessions) Mint(subject string, role models.Role, epoch int64) (string, error) {
	return s.signer.Mint(Viewer{Subject: subject, Role: role, Epoch: epoch, TokenID: models.NewRandomID().String()}, s.now(), SessionTTL)
}

func (s *Sessions) verify(token string) (Viewer, error) {
	var c claims
	_, err := s.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if err := checkHeader(t); err != nil {
			return nil, err
		}
		kid, err := keyIDOf(t)
		if err != nil {
			return nil, err
		}
		for _, key := range s.keys {
			if key.id == kid {
				return key.key, nil
			}
		}
		return nil, fmt.Errorf("no key of a session with kid %q", kid)
	})
	switch {
	case errors.Is(err, jwt.ErrTokenExpired) && c.Validate() == nil:
		return Viewer{}, refused(ReasonExpired, err)
	case err != nil:
		return Viewer{}, refused(ReasonInvalid, err)
	}
	return Viewer{Subject: c.Subject, Role: c.Role, Unit: c.Unit, Epoch: c.Epoch, TokenID: c.ID, Session: true, ExpiresAt: c.ExpiresAt.Time}, nil
}

// Flow is a sign-in that has begun: what the browser that began it must bring back. State, nonce and verifier follow from its id
// and the server's secret, so that nothing is kept here and the browser's cookie tells nothing.
type Flow struct {
	id, key []byte
	// Back is the page that is wanted.
	Back string
}

// State goes to the provider and comes back by way of the browser.
func (f Flow) State() string { return f.derived("state") }

// Nonce comes back in the ID token.
func (f Flow) Nonce() string { return f.derived("nonce") }

// Verifier is PKCE's (RFC 7636): 43 characters.
func (f Flow) Verifier() string { return f.derived("verifier") }

func (f Flow) derived(use string) string {
	return base64.RawURLEncoding.EncodeToString(labelled(f.key, use+string(f.id)))
}

const (
	flowID  = 32
	maxBack = 500 // bytes
)

// Begin begins a sign-in, and returns what the browser keeps of it for FlowTTL.
func (s *Sessions) Begin(back string) (Flow, string, error) {
	if len(back) > maxBack {
		return Flow{}, "", fmt.Errorf("sign-in: an address of %d bytes", len(back))
	}
	f := Flow{id: make([]byte, flowID), key: s.flows, Back: back}
	rand.Read(f.id)
	body := binary.BigEndian.AppendUint64(f.id[:flowID:flowID], uint64(s.now().Add(FlowTTL).Unix()))
	body = append(body, back...)
	return f, base64.RawURLEncoding.EncodeToString(append(body, labelled(s.flows, "cookie"+string(body))...)), nil
}

// Resume is the sign-in that a browser has kept; an error, if there was none such here or it has run out.
func (s *Sessions) Resume(kept string) (Flow, error) {
	if len(kept) > 2*(flowID+8+maxBack+sha256.Size) {
		return Flow{}, errors.New("sign-in: what the browser kept is too long")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(kept)
	// Line breaks are passed over: with one it is another text than was kept.
	if err != nil || len(raw) < flowID+8+sha256.Size || len(kept) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return Flow{}, errors.New("sign-in: what the browser kept cannot be read")
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if !hmac.Equal(mac, labelled(s.flows, "cookie"+string(body))) {
		return Flow{}, errors.New("sign-in: what the browser kept was not made here")
	}
	if ends := int64(binary.BigEndian.Uint64(body[flowID:])); s.now().Unix() >= ends {
		return Flow{}, errors.New("sign-in: it has taken too long")
	}
	return Flow{id: body[:flowID], key: s.flows, Back: string(body[flowID+8:])}, nil
}

// labelled is HMAC-SHA-256(key, label).
func labelled(key []byte, label string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(label))
	return h.Sum(nil)
}
