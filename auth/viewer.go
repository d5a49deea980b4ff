package auth

import (
	"context"
	"time"

	"steelyard/models"
)

// Viewer is who asks, as far as the token proves it.
type Viewer struct {
	// Subject is the token's sub: the external id of the official, or the name of the account.
	Subject string
	// Role is the most the viewer may be: it caps what the account allows.
	Role models.Role
	// Unit is the external id of the unit that the token names as scope; empty where the token names none.
	Unit string
	// Epoch is compared with the account's token epoch: a lower one has been revoked.
	Epoch int64
	// TokenID is the token's jti, by which this one token can be revoked; empty where it names none.
	TokenID string
	// Outside says that the organisation's sign-in issued the token: it proves the subject, names neither a role nor an
	// epoch, and is refused by the moment of its issue.
	Outside  bool
	IssuedAt time.Time // of an outside token
	// Session says that a sign-in to the pages issued the token, which runs out at ExpiresAt.
	Session   bool
	ExpiresAt time.Time
}

type viewerKey struct{}

// WithViewer returns a context that carries v.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerFrom returns the viewer in ctx; ok is false for a request without a token.
func ViewerFrom(ctx context.Context) (v Viewer, ok bool) {
	v, ok = ctx.Value(viewerKey{}).(Viewer)
	return v, ok
}
