// Package assessments is the way from evidence to scores: it reads the evidence
// of a period, has the scoring engine weigh it, and keeps what came out.
//
// An HR officer asks for a run of a cycle ([Service.Request]); any server process
// takes it up ([Service.Work]), and another one where that process dies. Reading,
// weighing and writing are three steps: evidence comes from one consistent state
// of the database, the engine works without a transaction, and all results of a
// run appear at once with the word that it is done.
//
// Who sees what: HR officers and auditors the assessments of their scope, an
// official the own one and not before the cycle is published. A row outside is
// not found, exactly as one that does not exist.
package assessments

import (
	"context"
	"sync"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// Service does what this package is for. A Service must not be copied.
type Service struct {
	Store *store.Store
	Keys  *keyring.Keyring
	Zone  *time.Location
	// Worker names this process in the leases of its runs, for whoever looks.
	Worker string
	// Thresholds say from how many answers on pieces of evidence are shown.
	Thresholds privacy.Thresholds
	// Font is a TrueType file for names that the built-in typeface cannot write; nil:
	// the built-in one alone.
	Font []byte
	// Begun hears of each run that is made in this process; nil: nobody does.
	Begun leases.Begun

	signal    wake
	fitted    fitted
	uncounted leases.Later // runs whose ratings could not be counted
}

// wake lets Request call the Work of its own process; other processes poll. Its
// zero value is ready.
type wake struct {
	once sync.Once
	c    chan struct{}
}

func (w *wake) channel() chan struct{} {
	w.once.Do(func() { w.c = make(chan struct{}, 1) })
	return w.c
}

// call wakes whoever waits; where nobody does, the next who comes.
func (w *wake) call() {
	select {
	case w.channel() <- struct{}{}:
	default: // it has been called already
	}
}

// UnitByRef finds a unit by its external id, for commands that name one.
func (s *Service) UnitByRef(ctx context.Context, ref string) (*models.OrgUnit, error) {
	return store.Take[models.OrgUnit](s.Store.Read(ctx).Where("ref = ?", ref), "OrgUnit")
}
