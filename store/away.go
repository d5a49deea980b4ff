package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/driver/postgres"
	"modernc.org/sqlite"

	"steelyard/models"
)

// attempts is how often a transaction or a query is tried that may be tried again.
const attempts = 4

// firstPause is before the second attempt where the database was away; before each
// further one it is four times as long: 0.4 s in all, with up to half as much by chance, so
// that not everybody comes back at once.
const firstPause = 20 * time.Millisecond

// pause waits before another attempt, and says whether the caller still waits for it.
func pause(ctx context.Context, tried int) bool {
	d := firstPause << (2 * (tried - 1))
	timer := time.NewTimer(d + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryable says whether PostgreSQL asks for the transaction to be tried again:
// a serialization failure or a deadlock. Nothing of it was done.
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// stale says whether a statement was planned before a step of the migrations gave its table
// another column: PostgreSQL refuses it, and each connection has plans of its own. Nothing
// was done; on new connections everything is planned anew.
func stale(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "0A000" && pg.Routine == "RevalidateCachedQuery"
}

// away says whether PostgreSQL could not be reached, has taken no connection, or has
// broken it off.
func away(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false // the caller has gone, and the connection with them
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "53300", // too many connections
			"57P01", "57P02", "57P03": // it ends, has crashed, begins
			return true
		}
		return strings.HasPrefix(pg.Code, "08")
	}
	var connecting *pgconn.ConnectError
	var broken *net.OpError
	return errors.As(err, &connecting) || errors.As(err, &broken) || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

const sqliteFull = 13

// full says whether the database has no room left, on its disk or in its memory.
func full(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "53100" || pg.Code == "53200"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqliteFull
}

// told gives an error of the database that passes by itself, or by the operator, the
// sentence that says so. The error itself stays within, for the log.
func told(err error) error {
	var own *models.Error
	switch {
	case err == nil, errors.As(err, &own):
		return err
	case away(err):
		return fmt.Errorf("%w: %w", &models.Error{Code: models.CodeUnavailable, Key: models.KeyDatabaseAway}, err)
	case full(err):
		return fmt.Errorf("%w: %w", &models.Error{Code: models.CodeUnavailable, Key: models.KeyNoRoom}, err)
	case retryable(err), stale(err):
		return fmt.Errorf("%w: %w", &models.Error{Code: models.CodeUnavailable, Key: models.KeyOverloaded}, err)
	}
	return err
}

// Away says of an error that the database was away: what came to nothing by it may be
// done again.
func Away(err error) bool { return away(err) }

// errUnknown is what became of a transaction whose commit was sent and not answered.
var errUnknown = errors.New("it is not known whether it was committed")

// committing is the error of a commit. Where the database refused it, nothing was done.
// Of a lost connection pgx may say that it is safe to try again although the commit had
// been sent: it finds the connection closed as it looks for the answer.
func committing(err error) error {
	if away(err) {
		return fmt.Errorf("%w: %w: %w", &models.Error{Code: models.CodeUnavailable, Key: models.KeyOutcomeUnknown}, errUnknown, err)
	}
	return fmt.Errorf("commit: %w", err)
}

// patient is PostgreSQL's pool for queries outside a transaction. One whose connection was
// lost, or whose plan is stale, is asked again: it has changed nothing.
type patient struct {
	*sql.DB
	lost func() // is told of each connection that is of no use any more
}

// GetDBConn gives gorm the pool.
func (p patient) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// QueryContext implements gorm.ConnPool.
func (p patient) QueryContext(ctx context.Context, query string, args ...any) (rows *sql.Rows, err error) {
	if r := replicaOf(ctx); r != nil {
		var answered bool
		if answered, err = r.ask(ctx, func(ctx context.Context) error {
			rows, err = r.sql.QueryContext(ctx, query, args...)
			return err
		}); answered {
			return rows, err
		}
	}
	p.again(ctx, func() error {
		rows, err = p.DB.QueryContext(ctx, query, args...)
		return err
	})
	return rows, err
}

// QueryRowContext implements gorm.ConnPool.
func (p patient) QueryRowContext(ctx context.Context, query string, args ...any) (row *sql.Row) {
	if r := replicaOf(ctx); r != nil {
		if answered, _ := r.ask(ctx, func(ctx context.Context) error {
			row = r.sql.QueryRowContext(ctx, query, args...)
			return row.Err()
		}); answered {
			return row
		}
	}
	p.again(ctx, func() error {
		row = p.DB.QueryRowContext(ctx, query, args...)
		return row.Err()
	})
	return row
}

// again asks until it gets an answer, or has asked often enough.
func (p patient) again(ctx context.Context, ask func() error) {
	for tried := 1; ; tried++ {
		err := ask()
		if err == nil || !away(err) && !stale(err) {
			return
		}
		p.lost()
		if tried == attempts || !pause(ctx, tried) {
			return
		}
	}
}

// postgresDialector is gorm's, which knows in addition what passes by itself.
type postgresDialector struct{ postgres.Dialector }

// Translate gives errors gorm's names, and those that pass by themselves the sentence that
// says so.
func (d postgresDialector) Translate(err error) error {
	if away(err) || full(err) {
		return told(err)
	}
	return d.Dialector.Translate(err)
}
