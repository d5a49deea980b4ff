package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// openLite opens a pool of SQLite connections; an observer hears of what they run.
func openLite(dsn string, observer Observer) (*sql.DB, error) {
	if observer == nil {
		return sql.Open("sqlite", dsn)
	}
	plain, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(liteConnector{plain, observer}), nil
}

// liteConnector makes connections that are observed.
type liteConnector struct {
	driver.Connector
	observer Observer
}

// Connect opens a connection.
func (c liteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(liteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's %T cannot be observed", conn), conn.Close())
	}
	return observedConn{whole, c.observer}, nil
}

// liteConn is all that database/sql asks of the driver's connections.
type liteConn interface {
	driver.Conn
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type observedConn struct {
	liteConn
	observer Observer
}

// Unwrap is the driver's own connection.
func (c observedConn) Unwrap() driver.Conn { return c.liteConn }

// ExecContext runs a statement.
func (c observedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx, done := c.observer.Begin(ctx, query)
	result, err := c.liteConn.ExecContext(ctx, query, args)
	done(err)
	return result, err
}

// QueryContext runs a statement that has rows.
func (c observedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, done := c.observer.Begin(ctx, query)
	rows, err := c.liteConn.QueryContext(ctx, query, args)
	return observeRows(rows, err, done)
}

// PrepareContext prepares a statement.
func (c observedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	prepared, err := c.liteConn.PrepareContext(ctx, query)
	if err != nil { // it is never run: this is its end
		_, done := c.observer.Begin(ctx, query)
		done(err)
		return nil, err
	}
	whole, ok := prepared.(liteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's %T cannot be observed", prepared), prepared.Close())
	}
	return observedStmt{whole, query, c.observer}, nil
}

// BeginTx begins a transaction.
func (c observedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	under, done := c.observer.Begin(ctx, "BEGIN")
	tx, err := c.liteConn.BeginTx(under, opts)
	done(err)
	if err != nil {
		return nil, err
	}
	return observedTx{tx, ctx, c.observer}, nil
}

// liteStmt is all that database/sql asks of a prepared statement.
type liteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type observedStmt struct {
	liteStmt
	text     string
	observer Observer
}

// ExecContext runs the statement.
func (s observedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	ctx, done := s.observer.Begin(ctx, s.text)
	result, err := s.liteStmt.ExecContext(ctx, args)
	done(err)
	return result, err
}

// QueryContext runs the statement, which has rows.
func (s observedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	ctx, done := s.observer.Begin(ctx, s.text)
	rows, err := s.liteStmt.QueryContext(ctx, args)
	return observeRows(rows, err, done)
}

// observedTx tells of a transaction's end: on SQLite that is where the disk is waited for.
type observedTx struct {
	driver.Tx
	ctx      context.Context // of its beginning: an end has none of its own
	observer Observer
}

// Commit commits.
func (t observedTx) Commit() error {
	_, done := t.observer.Begin(t.ctx, "COMMIT")
	err := t.Tx.Commit()
	done(err)
	return err
}

// Rollback rolls back.
func (t observedTx) Rollback() error {
	_, done := t.observer.Begin(t.ctx, "ROLLBACK")
	err := t.Tx.Rollback()
	done(err)
	return err
}

// liteRows is all that the driver's rows can tell.
type liteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

type observedRows struct {
	liteRows
	done   func(error)
	failed error
}

// observeRows tells of a query's end when its rows are closed.
func observeRows(rows driver.Rows, err error, done func(error)) (driver.Rows, error) {
	if err != nil {
		done(err)
		return nil, err
	}
	whole, ok := rows.(liteRows)
	if !ok {
		err := errors.Join(fmt.Errorf("the driver's %T cannot be observed", rows), rows.Close())
		done(err)
		return nil, err
	}
	return &observedRows{liteRows: whole, done: done}, nil
}

// Next reads a row.
func (r *observedRows) Next(row []driver.Value) error {
	err := r.liteRows.Next(row)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return err
}

// Close ends the reading.
func (r *observedRows) Close() error {
	err := r.liteRows.Close()
	if r.done != nil {
		r.done(errors.Join(r.failed, err))
		r.done = nil
	}
	return err
}
