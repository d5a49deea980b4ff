// Package assessments is the way from evidence to scores: it reads the evidence
// of a period, has the scoring engine weigh it, and keeps what came out.
package assessments

import (
	"time"

	"steelyard/auth/keyring"
	"steelyard/store"
)

// Service does what this package is for. All fields are needed.
type Service struct {
	Store *store.Store
	Keys  *keyring.Keyring
	Zone  *time.Location
}
