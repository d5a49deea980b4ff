package auth

import (
	"context"
	"slices"
)

// Role caps what a viewer may do. The token carries it; the scope of a viewer is read from the database.
type Role string

// The roles.
const (
	RoleResident     Role = "RESIDENT"
	RoleOfficial     Role = "OFFICIAL"
	RoleReplyOfficer Role = "REPLY_OFFICER"
	RoleHR           Role = "HR"
	RoleAuditor      Role = "AUDITOR"
	RoleAdmin        Role = "ADMIN"
)

var roles = []Role{RoleResident, RoleOfficial, RoleReplyOfficer, RoleHR, RoleAuditor, RoleAdmin}

// Roles returns every role, in the order in which they are documented.
func Roles() []Role { return slices.Clone(roles) }

// Valid reports whether r is one of the roles; the comparison is exact, so "hr" is not a role.
func (r Role) Valid() bool { return slices.Contains(roles, r) }

// Viewer is who asks, as far as the token proves it.
type Viewer struct {
	// Subject is the token's sub: the external id of the official, or the name of the account.
	Subject string
	// Role is the most the viewer may be.
	Role Role
	// Unit is the external id of the unit that the token names as scope; empty where the token names none.
	Unit string
	// Epoch is compared with the account's token epoch: a lower one has been revoked.
	Epoch int64
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
