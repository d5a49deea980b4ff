package auth

import "context"

// Proof says whether what a request was let in for still holds: an error, if the token has
// run out meanwhile, was revoked, or gives its holder something else than it did.
type Proof func(ctx context.Context) error

type proofKey struct{}

// WithProof returns a context that carries the proof of its actor.
func WithProof(ctx context.Context, p Proof) context.Context {
	return context.WithValue(ctx, proofKey{}, p)
}

// Prove asks the context's proof anew. A stranger needs none.
func Prove(ctx context.Context) error {
	if p, is := ctx.Value(proofKey{}).(Proof); is {
		return p(ctx)
	}
	return nil
}
