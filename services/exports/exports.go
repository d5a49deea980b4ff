// Package exports writes reports in the background, for whoever may see them, and
// keeps them for a day.
//
// An HR officer or an auditor asks for one ([Service.Request]), or describes it once
// ([Service.SaveDefinition]) and asks for it of one cycle after another. Any server
// process takes it up ([Service.Work]), and another one where that process dies; the
// bytes go to the bucket as they are written, and the row says that they are there
// when all of them are. Each attempt writes under a name of its own, so that of two
// that meet one counts, and what the other left is swept up.
//
// What a file holds is what its asker might see when it was written. It is fetched by
// an address that is signed, bound to the one export and good for some minutes
// ([Service.Open]); each time the asker's account is looked at again: who has lost the
// role, the scope or the tokens has lost the file.
package exports

import (
	"context"
	"io"
	"sync"

	"gocloud.dev/blob"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// Folder is where the bytes lie within the bucket, which is shared with attachments.
const Folder = "exports/"

// Service does what this package is for. A Service must not be copied; all exported
// fields but Worker are needed.
type Service struct {
	Store  *store.Store
	Bucket *blob.Bucket
	Links  *auth.Links
	// Worker names this process in the leases of its exports, for whoever looks.
	Worker string
	// Cycle finds the cycle that a definition is used for: the one that is named, which must
	// be of the kind, or the last one of the kind that has results; any kind where it is
	// empty. Prepare says whether an actor may have a report, and completes it; Write writes
	// its bytes. They are the rules of reports, which are theirs.
	Cycle   func(ctx context.Context, actor auth.Actor, id *models.ID, kind models.CycleKind) (*models.Cycle, error)
	Prepare func(ctx context.Context, actor auth.Actor, e *models.Export) error
	Write   func(ctx context.Context, actor auth.Actor, e *models.Export, told func(done int), w io.Writer) error
	// Begun hears of each export that is written in this process; nil: nobody does.
	Begun leases.Begun

	signal wake
}

// readers may have reports written.
var readers = []models.Role{models.RoleHR, models.RoleAuditor}

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

// asker is who asked for an export, as they were then.
func asker(e *models.Export) auth.Actor {
	return auth.Actor{Subject: e.RequestedBy, Role: e.Role, UnitID: &e.ScopeID}
}

// stillTheirs says whether who asked for an export may still have it: their account
// holds, their tokens of then have not been revoked, and the scope of then lies within
// that of now.
func (s *Service) stillTheirs(ctx context.Context, e *models.Export) (bool, error) {
	db := s.Store.Read(ctx)
	account, err := store.Take[models.Account](db.Where("subject = ?", e.RequestedBy), "Account")
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		return false, nil
	case err != nil:
		return false, err
	case account.Disabled, account.TokenEpoch != e.TokenEpoch, account.Role != e.Role:
		return false, nil
	}
	return store.Covers(db, account.UnitID, e.ScopeID)
}
