package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// InReadTx runs fn on one state of the database, as [Store.InSnapshot] does, for
// queries by gorm: what others commit meanwhile it does not see. It must not write.
// On PostgreSQL that is a REPEATABLE READ READ ONLY transaction, on SQLite one read
// transaction, which keeps no writer waiting. fn runs once, since it may have begun to
// answer: where a step of the migrations has made a plan stale, the error is one of
// models.CodeUnavailable, and the next time goes well.
func (s *Store) InReadTx(ctx context.Context, fn func(db *gorm.DB) error) (err error) {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.dialect == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.begin(ctx, opts)
	if err != nil {
		return told(fmt.Errorf("begin: %w", err))
	}
	// Nothing is written, so that nothing is lost however it ends; the connection goes
	// back also where fn panics.
	defer func() { err = errors.Join(err, ignoreDone(tx.Rollback())) }()
	db := s.read.Session(&gorm.Session{Context: ctx, NewDB: true})
	db.Statement.ConnPool = tx
	err = fn(db)
	if stale(err) {
		s.renew()
		return told(err)
	}
	return err
}

// begin begins a transaction for reading, at a replica where one may answer.
func (s *Store) begin(ctx context.Context, opts *sql.TxOptions) (tx *sql.Tx, err error) {
	if r := replicaOf(ctx); r != nil {
		var answered bool
		if answered, err = r.ask(ctx, func(ctx context.Context) error {
			tx, err = r.sql.BeginTx(ctx, opts)
			return err
		}); answered {
			return tx, err
		}
	}
	return s.sql.BeginTx(ctx, opts)
}
