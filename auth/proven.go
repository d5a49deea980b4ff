package auth

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

// rememberedProofs is how many tokens are remembered; whoever asks has proven one.
const rememberedProofs = 2048

// proofs remember tokens whose signature was found good, by their digest: checking one takes longer than all else that
// a small question costs. Only that is remembered. Whether the key that signed still holds, and whether the token's time
// has come and not gone, is asked each time.
type proofs struct {
	known *lru.Cache[[sha256.Size]byte, *proof]
	now   *jwt.Validator
}

type proof struct {
	claims claims
	token  *jwt.Token // its header says which keys may have signed it
	keys   any        // those that did when it was checked
}

func newProofs(options []jwt.ParserOption) (*proofs, error) {
	known, err := lru.New[[sha256.Size]byte, *proof](rememberedProofs)
	return &proofs{known: known, now: jwt.NewValidator(options...)}, err
}

// remember keeps a token that has been verified.
func (p *proofs) remember(token string, c claims, t *jwt.Token, keys any) {
	p.known.Add(digest(token), &proof{claims: c, token: &jwt.Token{Header: t.Header, Method: t.Method}, keys: keys})
}

// digest is what a token is remembered by. Most fit the room, and need none of the heap.
func digest(token string) [sha256.Size]byte {
	var room [1024]byte
	return sha256.Sum256(append(room[:0], token...))
}

// recall returns what a token proves, if it has been verified by the keys that still hold and is in its time.
func (p *proofs) recall(ctx context.Context, token string, keysOf func(context.Context, *jwt.Token) (any, error)) (claims, bool) {
	found, ok := p.known.Get(digest(token))
	if !ok {
		return claims{}, false
	}
	keys, err := keysOf(ctx, found.token)
	if err != nil || !sameKeys(keys, found.keys) || p.now.Validate(&found.claims) != nil {
		return claims{}, false
	}
	return found.claims, true
}

// sameKeys says whether two sets hold the same keys in the same order.
func sameKeys(a, b any) bool {
	one, is := a.(jwt.VerificationKeySet)
	other, too := b.(jwt.VerificationKeySet)
	return is && too && slices.EqualFunc(one.Keys, other.Keys, func(k, l jwt.VerificationKey) bool {
		if public, is := k.(interface{ Equal(crypto.PublicKey) bool }); is {
			return public.Equal(l)
		}
		secret, is := k.([]byte)
		same, too := l.([]byte)
		return is && too && hmac.Equal(secret, same)
	})
}
