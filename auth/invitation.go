package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// ErrInvitation is the error of a text that was never issued as an invitation token.
var ErrInvitation = errors.New("not an invitation token")

const (
	secretBytes = 16 // 128 random bits, in tokens and in receipts
	macBytes    = 16
)

// SecretHash is what the database keeps of an invitation token or a receipt: the SHA-256 of its 128 random bits. It
// finds the row, and nobody gets from it back to the token.
type SecretHash [sha256.Size]byte

// Equal compares in constant time.
func (h SecretHash) Equal(other SecretHash) bool {
	return subtle.ConstantTimeCompare(h[:], other[:]) == 1
}

// Invitations issues and checks the tokens of rating links. A token is 43 characters, fit for a URL:
//
//	base64url( id || HMAC-SHA-256(key, "steelyard invitation v1" || id)[:16] )     id: 16 random bytes
//
// It says nothing about official, resident or encounter. The signature lets a guess be refused without asking the
// database; that a token is used once only is the database's to hold.
type Invitations struct {
	keys [][]byte
}

// NewInvitations signs with current and accepts tokens signed with current or one of previous, so that a key can be
// replaced while links are on their way. Each key has at least 32 bytes.
func NewInvitations(current []byte, previous ...[]byte) (*Invitations, error) {
	keys := append([][]byte{current}, previous...)
	for i, key := range keys {
		if len(key) < minSecretBytes {
			return nil, fmt.Errorf("invitations: key %d has fewer than %d bytes", i+1, minSecretBytes)
		}
		keys[i] = slices.Clone(key)
	}
	return &Invitations{keys: keys}, nil
}

// Issue returns a new token and the hash to store. The token itself is shown once and kept nowhere.
func (in *Invitations) Issue() (token string, hash SecretHash) {
	var id [secretBytes]byte
	rand.Read(id[:])
	return in.token(id), sha256.Sum256(id[:])
}

func (in *Invitations) token(id [secretBytes]byte) string {
	mac := invitationMAC(in.keys[0], id)
	return base64.RawURLEncoding.EncodeToString(append(id[:], mac[:]...))
}

// Parse returns the hash under which a token is stored, or ErrInvitation for a text that none of the keys signed.
// There is exactly one spelling of a token.
func (in *Invitations) Parse(token string) (SecretHash, error) {
	const size = secretBytes + macBytes
	if len(token) != base64.RawURLEncoding.EncodedLen(size) {
		return SecretHash{}, ErrInvitation
	}
	var raw [size]byte
	// The decoder passes over line breaks, so a text of the right length can still hold too little.
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(token))
	if err != nil || n != size {
		return SecretHash{}, ErrInvitation
	}
	id := [secretBytes]byte(raw[:secretBytes])
	good := 0
	for _, key := range in.keys {
		mac := invitationMAC(key, id)
		good |= subtle.ConstantTimeCompare(mac[:], raw[secretBytes:])
	}
	if good == 0 {
		return SecretHash{}, ErrInvitation
	}
	return sha256.Sum256(id[:]), nil
}

func invitationMAC(key []byte, id [secretBytes]byte) [macBytes]byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("steelyard invitation v1"))
	h.Write(id[:])
	return [macBytes]byte(h.Sum(nil)[:macBytes])
}
