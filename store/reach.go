package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"steelyard/models"
)

// Reach is what a context may touch of the tables that identify people: ratings,
// reviews, cases, contacts and what hangs on them. PostgreSQL holds every statement to
// it by the policies of migration 00016, also one that forgets its filter; SQLite knows
// no such thing, and there the services' own filters stand alone.
//
// A context without a reach touches no row of these tables.
type Reach struct {
	everything bool
	unit       *models.ID
	official   *models.ID

	mu       sync.Mutex
	shown    []string // hashes of secrets, in PostgreSQL's hexadecimal form
	settings settings // what they all come to, under mu
}

// settings are a reach as a connection is told: the values of steelyard.scope,
// steelyard.official and steelyard.shown.
type settings [3]string

// maxShown bounds the secrets of one request; whoever shows more is guessing.
const maxShown = 200

type reachKey struct{}

type untoldKey struct{}

// Untold returns a context for reading tables that no policy binds: a connection is taken
// as it was told last, for whomever, and spares the round trip. Who asks is looked up so,
// once for each request; a test lists where, and holds the tables to have no policy.
func Untold(ctx context.Context) context.Context { return context.WithValue(ctx, untoldKey{}, true) }

// WithReach returns a context that reaches the rows of a unit and everything below
// it, and those in the hands of an official; of whatever is nil, none. Authentication
// calls it, once for each request.
func WithReach(ctx context.Context, unit, official *models.ID) context.Context {
	r := &Reach{unit: unit, official: official}
	r.settle()
	return context.WithValue(ctx, reachKey{}, r)
}

// Widening is why something reaches across all units.
type Widening string

// The widenings. A test lists where each is used.
const (
	// Commands are an operator's: there is nobody whose unit it could be.
	Commands Widening = "an operator's command"
	// Background is what the program does by itself: sweeps, releases, deliveries, jobs.
	Background Widening = "background work"
	// Evidence is what an assessment reads: which of it counts is the engine's own rule,
	// and must not depend on who asks.
	Evidence Widening = "evidence of an assessment"
	// PublicFigures are counts, and what everybody may know of a case.
	PublicFigures Widening = "public figures"
	// AnonymousAnswer is a review or a ballot: whoever gives it may be of another unit, or
	// of none, and nothing of it may say of which.
	AnonymousAnswer Widening = "an anonymous answer"
	// Drafts are erased by whoever ends what they were for, and read by their reviewer alone.
	Drafts Widening = "erasing drafts"
	// SignedLink is a link whose signature is the proof.
	SignedLink Widening = "a signed link"
	// TakenBack is a rating that its receipt takes back, with all that hangs on it.
	TakenBack Widening = "a rating taken back"
	// OneAnswer is an answer that stands for joined cases of several residents, each of
	// which only its own receipt reaches.
	OneAnswer Widening = "one answer to joined cases"
)

// Widen returns a context that reaches every row, for a reason.
func Widen(ctx context.Context, _ Widening) context.Context {
	return context.WithValue(ctx, reachKey{}, everywhere)
}

var everywhere = &Reach{everything: true, settings: settings{"everything", "", ""}}

// Show adds to what a context reaches the rows of a secret that has been shown: a
// receipt's or an invitation's, by its hash. It holds for the rest of the request, so
// that what hangs on the row is found as well.
func Show(ctx context.Context, hash []byte) context.Context {
	r := reachOf(ctx)
	if r == nil {
		r = &Reach{}
		ctx = context.WithValue(ctx, reachKey{}, r)
	}
	r.show(hash)
	return ctx
}

// OnlyShown returns a context that reaches the rows of secrets that have been shown, of
// perhaps several callers, and nothing else that one of these does.
func OnlyShown(ctx context.Context, hashes ...[]byte) context.Context {
	ctx = context.WithValue(ctx, reachKey{}, &Reach{})
	for _, hash := range hashes {
		ctx = Show(ctx, hash)
	}
	return ctx
}

func (r *Reach) show(hash []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	word := `\\x` + hex.EncodeToString(hash)
	if r.everything || len(r.shown) == maxShown || slices.Contains(r.shown, word) {
		return
	}
	r.shown = append(r.shown, word)
	r.settle()
}

// settle computes the settings.
func (r *Reach) settle() {
	r.settings = settings{}
	if r.unit != nil {
		r.settings[0] = r.unit.String()
	}
	if r.official != nil {
		r.settings[1] = r.official.String()
	}
	if len(r.shown) > 0 {
		r.settings[2] = `{"` + strings.Join(r.shown, `","`) + `"}`
	}
}

// reachOf is the reach of a context; nil where it has none.
func reachOf(ctx context.Context) *Reach {
	r, _ := ctx.Value(reachKey{}).(*Reach)
	return r
}

// wanted is what a connection must be told for a context.
func (s *Store) wanted(ctx context.Context) settings {
	r := reachOf(ctx)
	switch {
	case r == nil && s.system:
		r = everywhere
	case r == nil:
		return settings{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settings
}

// toldKey is where a connection keeps what it was told last.
const toldKey = "steelyard.reach"

// prepare tells a connection whom it works for, whenever it is taken from the pool,
// by whatever way. It costs a round trip only where that is another than before. A
// transaction of [Store.InTx] tells it as it begins.
func (s *Store) prepare(ctx context.Context, conn *pgx.Conn) (bool, error) {
	if ctx.Value(untoldKey{}) != nil {
		return true, nil
	}
	told, _ := conn.PgConn().CustomData()[toldKey].(settings)
	want := s.wanted(ctx)
	if told == want {
		return true, nil
	}
	if err := tell(ctx, conn, want, false); err != nil {
		return false, err
	}
	conn.PgConn().CustomData()[toldKey] = want
	return true, nil
}

// tellSQL sets a connection's settings, until the transaction ends or for good.
const tellSQL = `SELECT set_config('steelyard.scope', $1, $4), set_config('steelyard.official', $2, $4),
	set_config('steelyard.shown', $3, $4)`

// tell sets a connection's settings, until the transaction ends or for good.
func tell(ctx context.Context, conn *pgx.Conn, to settings, local bool) error {
	_, err := conn.Exec(ctx, tellSQL, to[0], to[1], to[2], local)
	if err != nil {
		return fmt.Errorf("tell the connection whom it works for: %w", err)
	}
	return nil
}

// Widen runs fn with the transaction reaching every row, for a reason. What comes
// after is bound as before.
func (tx *Tx) Widen(_ Widening, fn func() error) error {
	if tx.kind == SQLite {
		return fn()
	}
	ctx := tx.Statement.Context
	if err := tell(ctx, tx.pgx, everywhere.settings, true); err != nil {
		return err
	}
	err := fn()
	if tx.pgx.PgConn().TxStatus() == 'E' {
		return err // only a rollback is left to it, and that takes the settings back
	}
	return firstError(err, tell(ctx, tx.pgx, tx.reach, true))
}
