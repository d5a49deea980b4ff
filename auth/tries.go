package auth

import (
	"context"
	"crypto/sha256"
	"sync"
)

// Tries are the tokens, receipts and codes that a request has shown: which of them fit
// something, and which are wrong guesses.
type Tries struct {
	mu   sync.Mutex
	fits map[SecretHash]bool
}

type triesKey struct{}

// WithTries returns a context in which secrets that are shown are noted.
func WithTries(ctx context.Context) (context.Context, *Tries) {
	t := &Tries{fits: map[SecretHash]bool{}}
	return context.WithValue(ctx, triesKey{}, t), t
}

// Tried notes whether a secret fits something. One that fits a rating and no case is no
// wrong guess. What cannot be a receipt, such as one that is mistyped, is no try at all.
func Tried(ctx context.Context, secret SecretHash, fits bool) {
	t, given := ctx.Value(triesKey{}).(*Tries)
	if !given {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fits[secret] = t.fits[secret] || fits
}

// TriedText is Tried for a text that nobody signed.
func TriedText(ctx context.Context, text string) { Tried(ctx, sha256.Sum256([]byte(text)), false) }

// Wrong is how many of the secrets fit nothing.
func (t *Tries) Wrong() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, fits := range t.fits {
		if !fits {
			n++
		}
	}
	return n
}
