package auth

import (
	"context"
	"slices"

	"steelyard/models"
)

// Actor is who acts, as the database knows them: the token's subject with the
// role that both token and account allow, and the scope that the account gives.
// The zero value is a stranger, who may do what is public and nothing else.
type Actor struct {
	Subject string
	Role    models.Role
	// UnitID is the scope: this unit and everything below it. Nil: no scope, and
	// so no row of any unit.
	UnitID *models.ID
	// OfficialID is the official whom the subject is, if any.
	OfficialID *models.ID
	// Operations are all that a machine's account may call; nil: whatever the role may.
	Operations []string
	// State is the state of the organisation in which all this is so: see store.InState.
	State string
}

// Anonymous says whether there is no proven subject.
func (a Actor) Anonymous() bool { return a.Subject == "" }

// Is says whether the actor has one of the roles.
func (a Actor) Is(roles ...models.Role) bool { return slices.Contains(roles, a.Role) }

// Limited says whether the actor is a machine, which may call what stands with its
// account and nothing else.
func (a Actor) Limited() bool { return a.Operations != nil }

// IsOfficial says whether the actor is this official.
func (a Actor) IsOfficial(id models.ID) bool { return a.OfficialID != nil && *a.OfficialID == id }

type actorKey struct{}

// WithActor returns a context that carries the actor.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the context's actor: a stranger where there is none.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
