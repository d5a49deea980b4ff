package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm/clause"

	"steelyard/models"
)

const (
	// watchEvery is how often primary and replicas are looked at.
	watchEvery = 200 * time.Millisecond
	// replicaPatience and primaryPatience are how long they may take to answer: the primary
	// is looked for at several addresses.
	replicaPatience = time.Second
	primaryPatience = 5 * time.Second
)

// watch knows how fresh the replicas are, by this machine's clock alone: it notes when the
// primary stood where in its log, and finds the latest of these moments that a replica
// has come past. Whether anything is written, whether a replica still hears of the primary
// and what its clock says does not matter.
//
// Positions of two logs are not to be compared: after a replica was promoted another
// may have followed the old primary too far, and stand at a greater position with other
// rows. So whoever sees the primary begin a new log (a timeline, to PostgreSQL) leaves a
// mark in the database, once, and a replica without the mark is not asked. It also keeps
// out a replica of another database.
type watch struct {
	lag      time.Duration
	primary  *pgxpool.Pool
	replicas []*replica
	turn     atomic.Uint64 // whose turn it is to be asked
	stop     context.CancelFunc
	going    sync.WaitGroup

	log  atomic.Value // string: the mark of the primary's log
	mu   sync.Mutex   // over seen
	seen []seen       // in the order of time, all of that log
}

// seen is that the primary stood somewhere at a moment, or further.
type seen struct {
	at  time.Time
	pos Position
}

// whereSQL is how far the log is that others may see: where a commit does not wait for
// the disk, more than is on it.
const whereSQL = `(CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint`

// asked is a connection, or a pool of them.
type asked interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// whereIs is how far the log is that others may see.
func whereIs(ctx context.Context, conn asked) (Position, error) {
	var pos int64
	err := conn.QueryRow(ctx, "SELECT "+whereSQL).Scan(&pos)
	return Position(pos), err
}

// begin looks until the store is closed; the first time before it returns, so that a
// program that has just begun knows its replicas. Who is slow to answer delays nobody else.
func (w *watch) begin(s *Store) {
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	w.lookAtPrimary(ctx, s)
	w.going.Go(func() { again(ctx, func() { w.lookAtPrimary(ctx, s) }) })
	var first sync.WaitGroup
	for _, r := range w.replicas {
		first.Go(func() { w.lookAt(ctx, r) })
		w.going.Go(func() { again(ctx, func() { w.lookAt(ctx, r) }) })
	}
	first.Wait()
}

// again looks until it is over.
func again(ctx context.Context, look func()) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			look()
		case <-ctx.Done():
			return
		}
	}
}

// close ends the watch and the replicas' connections.
func (w *watch) close() error {
	if w.stop != nil {
		w.stop()
		w.going.Wait()
	}
	var err error
	for _, r := range w.replicas {
		r.lost()
		err = errors.Join(err, r.close())
	}
	w.primary.Close()
	return err
}

// lookAtPrimary notes where it stands. While it is away the replicas grow older, and are
// asked no longer than their freshness holds.
func (w *watch) lookAtPrimary(ctx context.Context, s *Store) {
	ctx, cancel := context.WithTimeout(ctx, primaryPatience)
	defer cancel()
	if err := w.note(ctx, s); err != nil {
		w.primary.Reset()
	}
}

func (w *watch) note(ctx context.Context, s *Store) error {
	now := time.Now()
	var pos int64
	var log string
	err := w.primary.QueryRow(ctx, `SELECT `+whereSQL+`, current_database() || ' ' || (SELECT system_identifier FROM pg_control_system())
		|| ' ' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8)`).Scan(&pos, &log)
	if err != nil {
		return err
	}
	mark := sha256.Sum256([]byte("timeline\x00" + log))
	known, _ := w.log.Load().(string)
	if known != string(mark[:]) {
		if err := s.leaveMark(ctx, mark[:]); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if known != string(mark[:]) {
		w.log.Store(string(mark[:]))
		w.seen = nil
	}
	// Some are kept that are too old, to say how old a replica is.
	for len(w.seen) > 1 && now.Sub(w.seen[1].at) > 10*w.lag {
		w.seen = w.seen[1:]
	}
	w.seen = append(w.seen, seen{now, Position(pos)})
	return nil
}

// leaveMark writes that a log of the primary's has begun, where nobody has.
func (s *Store) leaveMark(ctx context.Context, mark []byte) error {
	return s.InTx(ctx, func(tx *Tx) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&models.IdempotencyKey{
			KeyHash: mark, Operation: "timeline", InputHash: mark, RecordID: models.NewID(), CreatedAt: tx.Now,
		}).Error
	})
}

// lookAt looks at a replica.
func (w *watch) lookAt(ctx context.Context, r *replica) {
	log, known := w.log.Load().(string)
	if !known {
		return // the primary has not been seen yet
	}
	ctx, cancel := context.WithTimeout(ctx, replicaPatience)
	defer cancel()
	var follows bool
	var pos int64
	err := r.watch.QueryRow(ctx, `SELECT pg_is_in_recovery() AND EXISTS (SELECT 1 FROM idempotency_keys WHERE key_hash = $1),
		COALESCE(pg_last_wal_replay_lsn() - '0/0', 0)::bigint`, []byte(log)).Scan(&follows, &pos)
	if err != nil {
		r.watch.Reset()
	}
	if err != nil || !follows {
		r.lost()
		return
	}
	if asOf, known := w.asOf(log, Position(pos)); known {
		r.well(Position(pos), asOf)
	}
}

// asOf is the latest moment at which the primary stood no further than a position of a log.
func (w *watch) asOf(log string, pos Position) (at time.Time, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if log != w.log.Load().(string) {
		return at, false
	}
	for _, s := range slices.Backward(w.seen) {
		if s.pos <= pos {
			return s.at, true
		}
	}
	return at, false
}

// fresh says whether a replica may be asked.
func (w *watch) fresh(of *replicaState) bool {
	return of != lostReplica && time.Since(of.asOf) <= w.lag
}

// choose chooses by turns a replica that is fresh and has come past a position; nil: none is.
func (w *watch) choose(since Position) *replica {
	first := w.turn.Add(1)
	for i := range w.replicas {
		r := w.replicas[(first+uint64(i))%uint64(len(w.replicas))]
		if state := r.state.Load(); w.fresh(state) && state.holds >= since {
			return r
		}
	}
	return nil
}

// Position is how far a log of PostgreSQL's has been written or followed, in bytes.
type Position uint64

// NoReplica is a position that no replica comes past.
const NoReplica Position = math.MaxUint64

// String is the position so that the greater one is also the greater text.
func (p Position) String() string { return fmt.Sprintf("%016x", uint64(p)) }

// ParsePosition reads what String has written.
func ParsePosition(text string) (Position, bool) {
	var p Position
	if len(text) != 16 {
		return 0, false
	}
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9':
			p = p<<4 | Position(c-'0')
		case c >= 'a' && c <= 'f':
			p = p<<4 | Position(c-'a'+10)
		default:
			return 0, false
		}
	}
	return p, true
}
