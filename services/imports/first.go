package imports

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// first is what is of the first load of an empty database alone. Nothing is looked up then once the
// organisation is there.
type first struct {
	filling *store.Filling
	behind  *behind
	atOnce  bool // the folder is checked while it is loaded
}

// errInUse says that something was imported into a database before.
var errInUse = errors.New("the database is in use")

// inUse says whether there is an organisation already.
func inUse(db *gorm.DB) (bool, error) {
	var units int64
	err := db.Model(&models.OrgUnit{}).Limit(1).Count(&units).Error
	return units > 0, err
}

// loadAtOnce fills an empty PostgreSQL database while it checks the folder: nobody is there who
// would have to wait for what is then taken back, and no row with which one could disagree.
// SQLite takes many times as long to write as a folder takes to be read.
// From its first fault on it only checks. The keys of years are drafts until all is
// known to be right. A database in use gives errInUse.
func (s *Service) loadAtOnce(ctx context.Context, path string, src *source, o Options) (*Report, error) {
	if some, err := inUse(s.Store.Read(ctx)); some || err != nil {
		return nil, cmp.Or(err, errInUse)
	}
	var r *run
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		keys, err := s.openKeys(tx.DB)
		if err != nil {
			return err
		}
		keys.drafts = map[int]keyring.YearKey{}
		r = &run{ctx: ctx, s: s, opts: o, src: src, keys: keys, db: tx, tx: tx, first: first{atOnce: true}}
		if err := r.begin(); err != nil {
			return err
		}
		if err := r.fill(); err != nil {
			return err
		}
		if err := keys.make(s.Store.Now()); err != nil {
			return err
		}
		if err := r.begin(); err != nil { // now that the digest is known
			return err
		}
		return r.end()
	})
	if errors.Is(err, &models.Error{Code: models.CodeInvalid, Key: models.KeyImportRefused}) {
		return r.report(), err
	}
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, raced(err))
	}
	report := r.report()
	report.Imported = true
	return report, nil
}

// fill is everything; the first load of an empty database checks references and
// builds indexes of each table when it is full, all at once.
func (r *run) fill() error {
	some, err := inUse(r.tx.DB)
	switch {
	case err != nil:
		return err
	case some && r.atOnce: // somebody was faster
		return errInUse
	case some:
		return r.everything()
	}
	return r.tx.Bare(r.ctx, loadedTables, func(f *store.Filling) error {
		r.filling = f
		err := r.everything()
		if err == nil && r.atOnce && r.faults.count > 0 {
			err = refused(r.report())
		}
		return err
	})
}

// meanwhile runs fn, which reads, and has the database write beside it where it fills an empty
// one: nothing is looked up then. SQLite writes where it is asked to, on its writer's goroutine.
func (r *run) meanwhile(fn func() error) error {
	if r.tx == nil || r.filling == nil || r.tx.Dialect() == store.SQLite {
		return fn()
	}
	r.behind = newBehind()
	err := fn()
	if failed := r.behind.end(); !errors.Is(err, failed) {
		err = errors.Join(err, failed)
	}
	r.behind = nil
	return err
}

// write has something written in its turn.
func (r *run) write(fn func() error) error {
	if r.behind == nil {
		return fn()
	}
	return r.behind.do(fn)
}
