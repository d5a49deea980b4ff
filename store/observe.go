package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// Observer hears of every statement, whichever way it is run: by gorm, by database/sql,
// or straight by a driver. A store without one spends nothing on it.
type Observer interface {
	// Begin hears of a statement that is about to run, by its text: arguments are never
	// told. The statement runs under the context that is returned, and done hears once
	// how it ended, when its last row has been read.
	Begin(ctx context.Context, text string) (under context.Context, done func(error))
}

// StatementKind is what a statement does.
type StatementKind string

// The kinds.
const (
	StatementSelect      StatementKind = "select"
	StatementInsert      StatementKind = "insert"
	StatementUpdate      StatementKind = "update"
	StatementDelete      StatementKind = "delete"
	StatementCopy        StatementKind = "copy"
	StatementTransaction StatementKind = "transaction" // begin, commit, savepoints
	StatementOther       StatementKind = "other"       // settings and the like
)

// StatementKinds are all kinds.
var StatementKinds = []StatementKind{
	StatementSelect, StatementInsert, StatementUpdate, StatementDelete, StatementCopy, StatementTransaction, StatementOther,
}

// StatementOutcome is what became of a statement.
type StatementOutcome string

// The outcomes.
const (
	StatementOK        StatementOutcome = "ok"
	StatementRefused   StatementOutcome = "refused"   // a constraint held, or another was faster: the program's daily life
	StatementCancelled StatementOutcome = "cancelled" // whoever asked has gone, or its time was over
	StatementFailed    StatementOutcome = "error"
)

// StatementOutcomes are all outcomes.
var StatementOutcomes = []StatementOutcome{StatementOK, StatementRefused, StatementCancelled, StatementFailed}

// OutcomeOf says what became of a statement that ended with an error, or with none.
func OutcomeOf(err error) StatementOutcome {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows):
		return StatementOK
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return StatementCancelled
	case errors.As(err, &pg):
		return outcomePostgres(pg.Code)
	case errors.As(err, &lite) && lite.Code()&0xff == sqliteConstraint:
		return StatementRefused
	case errors.As(err, &lite) && lite.Code()&0xff == sqliteInterrupted:
		return StatementCancelled
	}
	return StatementFailed
}

// outcomePostgres reads a SQLSTATE: class 23 are constraints, class 40 transactions that
// are to be tried again.
func outcomePostgres(state string) StatementOutcome {
	switch {
	case state == "57014":
		return StatementCancelled
	case len(state) == 5 && (state[:2] == "23" || state[:2] == "40"):
		return StatementRefused
	}
	return StatementFailed
}

// SQLite's codes, of which extended ones keep these in their lowest byte.
const (
	sqliteConstraint  = 19
	sqliteInterrupted = 9
)

// pgTracer tells an observer of what pgx runs, that of gorm among it.
type pgTracer struct{ observer Observer }

var (
	_ pgx.QueryTracer    = pgTracer{}
	_ pgx.CopyFromTracer = pgTracer{}
	_ pgx.BatchTracer    = pgTracer{}
)

type doneKey struct{}

func (t pgTracer) begin(ctx context.Context, text string) context.Context {
	ctx, done := t.observer.Begin(ctx, text)
	return context.WithValue(ctx, doneKey{}, done)
}

func (pgTracer) end(ctx context.Context, err error) {
	if done, began := ctx.Value(doneKey{}).(func(error)); began {
		done(err)
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (t pgTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return t.begin(ctx, data.SQL)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t pgTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	t.end(ctx, data.Err)
}

// TraceCopyFromStart implements pgx.CopyFromTracer.
func (t pgTracer) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	return t.begin(ctx, "COPY "+data.TableName.Sanitize())
}

// TraceCopyFromEnd implements pgx.CopyFromTracer.
func (t pgTracer) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromEndData) {
	t.end(ctx, data.Err)
}

// batched are the statements of a batch that have not ended, in their order.
type batched struct{ open []func(error) }

type batchedKey struct{}

// TraceBatchStart implements pgx.BatchTracer: all of a batch begins at once.
func (t pgTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	b := &batched{}
	for _, q := range data.Batch.QueuedQueries {
		_, done := t.observer.Begin(ctx, q.SQL)
		b.open = append(b.open, done)
	}
	return context.WithValue(ctx, batchedKey{}, b)
}

// TraceBatchQuery implements pgx.BatchTracer.
func (pgTracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if b, began := ctx.Value(batchedKey{}).(*batched); began && len(b.open) > 0 {
		b.open[0](data.Err)
		b.open = b.open[1:]
	}
}

// TraceBatchEnd implements pgx.BatchTracer. What has not ended was never run: something
// before it had failed.
func (pgTracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	if b, began := ctx.Value(batchedKey{}).(*batched); began {
		for _, done := range b.open {
			done(data.Err)
		}
		b.open = nil
	}
}
