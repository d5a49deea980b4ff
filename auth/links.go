package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"steelyard/models"
)

// ErrLink is the error of a text that was never issued as a link, or no longer holds.
var ErrLink = errors.New("not a link that holds")

// linkBytes is the size of a link: id, end, signature.
const linkBytes = 16 + 8 + macBytes

// Links issues and checks addresses of files that hold for a time. A link is 54
// characters, fit for a URL:
//
//	base64url( id || end || HMAC-SHA-256(key, "steelyard link v2" || id || end)[:16] )
//
// where end is the last second in which it holds, of Unix time, in 8 bytes. Whoever has
// it has the file; nobody can make one, for another file or for longer.
type Links struct {
	keys [][]byte
}

// NewLinks signs with current and accepts links signed with current or one of previous.
// Each key has at least 32 bytes.
func NewLinks(current []byte, previous ...[]byte) (*Links, error) {
	keys := append([][]byte{current}, previous...)
	for i, key := range keys {
		if len(key) < minSecretBytes {
			return nil, fmt.Errorf("links: key %d has fewer than %d bytes", i+1, minSecretBytes)
		}
		keys[i] = slices.Clone(key)
	}
	return &Links{keys: keys}, nil
}

// Issue returns a link to a record that holds until a moment.
func (l *Links) Issue(id models.ID, until time.Time) string {
	var raw [linkBytes]byte
	copy(raw[:16], id[:])
	binary.BigEndian.PutUint64(raw[16:24], uint64(until.Unix()))
	mac := linkMAC(l.keys[0], raw[:24])
	copy(raw[24:], mac[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// Parse returns the record that a link leads to at a moment, or ErrLink for a text that
// none of the keys signed, and for a link that has run out. There is exactly one
// spelling of a link.
func (l *Links) Parse(link string, now time.Time) (models.ID, error) {
	if len(link) != base64.RawURLEncoding.EncodedLen(linkBytes) {
		return models.ID{}, ErrLink
	}
	var raw [linkBytes]byte
	// The decoder passes over line breaks, so a text of the right length can still hold too little.
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(link))
	if err != nil || n != linkBytes {
		return models.ID{}, ErrLink
	}
	good := 0
	for _, key := range l.keys {
		mac := linkMAC(key, raw[:24])
		good |= subtle.ConstantTimeCompare(mac[:], raw[24:])
	}
	if good == 0 || now.Unix() > int64(binary.BigEndian.Uint64(raw[16:24])) {
		return models.ID{}, ErrLink
	}
	return models.ID(raw[:16]), nil
}

func linkMAC(key, what []byte) [macBytes]byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("steelyard link v2"))
	h.Write(what)
	return [macBytes]byte(h.Sum(nil)[:macBytes])
}
