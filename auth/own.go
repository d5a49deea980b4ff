package auth

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// ownRefresh is how long a key still holds that was taken away.
	ownRefresh = time.Minute
	// ownUnknown is how often a token with an unknown kid may have the keys read again.
	ownUnknown = time.Second
)

// ownKeys are the keys of our own, read again as time goes by and when a token names one that is not known: so a new
// key signs as soon as it is there, and the old one holds beside it as long as it is, without a restart of anything.
type ownKeys struct {
	read func() ([]ed25519.PublicKey, error)
	now  func() time.Time
	log  *slog.Logger

	mu     sync.Mutex
	keys   []verifyKey
	readAt time.Time
}

// newOwnKeys reads the keys for the first time; then they must be there.
func newOwnKeys(read func() ([]ed25519.PublicKey, error), now func() time.Time, log *slog.Logger) (*ownKeys, error) {
	if now == nil {
		now = time.Now
	}
	o := &ownKeys{read: read, now: now, log: log}
	return o, o.refresh()
}

// refresh reads the keys. Where that fails, those that are known stay, but for one whose
// file is gone: whoever takes a key away means that it holds no longer, also the last.
func (o *ownKeys) refresh() error {
	first := o.readAt.IsZero()
	o.readAt = o.now()
	public, missing := o.read()
	if missing != nil && (first || !errors.Is(missing, fs.ErrNotExist)) {
		return missing
	}
	if len(public) == 0 && first {
		return errors.New("no key is there")
	}
	keys := make([]verifyKey, len(public))
	for i, key := range public {
		if len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("a public key has %d bytes, not %d", len(key), ed25519.PublicKeySize)
		}
		keys[i] = verifyKey{id: KeyID(key), alg: jwt.SigningMethodEdDSA.Alg(), key: key}
	}
	o.keys = keys
	return missing
}

// matching returns the keys that may have signed a token with this algorithm and kid.
func (o *ownKeys) matching(ctx context.Context, alg, kid string) []verifyKey {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.fitting(alg, kid)
	age := o.now().Sub(o.readAt)
	if age < ownUnknown || age < ownRefresh && len(found) > 0 {
		return found
	}
	if err := o.refresh(); err != nil {
		o.log.WarnContext(ctx, "token keys not read again", "error", err)
	}
	return o.fitting(alg, kid)
}

func (o *ownKeys) fitting(alg, kid string) []verifyKey {
	var keys []verifyKey
	for _, key := range o.keys {
		if key.fits(alg, kid) {
			keys = append(keys, key)
		}
	}
	return keys
}
