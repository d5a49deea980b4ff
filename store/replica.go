package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// replica is a streaming replica of the database. What the watch last found of it decides
// whether it is asked.
type replica struct {
	pool  *pgxpool.Pool
	sql   *sql.DB       // over pool
	watch *pgxpool.Pool // one connection, so that the watch waits behind no reader
	state atomic.Pointer[replicaState]

	reads, failed atomic.Int64
}

// replicaState is what is known of a replica.
type replicaState struct {
	// holds is how far it has come at least: everything that was committed before.
	holds Position
	// asOf is a moment of this machine's clock up to which it holds all that was committed.
	asOf time.Time
	// life ends when the replica is found to be lost, and with it what it was asked.
	life context.Context
	end  context.CancelFunc
}

// lostReplica is a replica that is not asked.
var lostReplica = func() *replicaState {
	life, end := context.WithCancel(context.Background())
	end()
	return &replicaState{life: life, end: end}
}()

// openReplicas makes the pools of the replicas. Whether they are there the watch finds
// out: the program starts and serves without them.
func (s *Store) openReplicas(ctx context.Context, opts Options) error {
	if len(opts.Replicas) == 0 {
		return nil
	}
	if opts.ReplicaLag < 2*watchEvery {
		return fmt.Errorf("a replica may not be bound to be fresher than %s: it is looked at each %s", 2*watchEvery, watchEvery)
	}
	w := &watch{lag: opts.ReplicaLag}
	var err error
	if w.primary, err = s.watchPool(ctx, s.url); err != nil {
		return err
	}
	s.watch = w
	for _, at := range opts.Replicas {
		r := &replica{}
		r.state.Store(lostReplica)
		config, err := s.poolConfig(at, opts)
		if err != nil {
			return err
		}
		if r.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
			return fmt.Errorf("open replica %s: %w", Redacted(at), err)
		}
		r.sql = stdlib.OpenDBFromPool(r.pool)
		w.replicas = append(w.replicas, r)
		if r.watch, err = s.watchPool(ctx, at); err != nil {
			return err
		}
	}
	w.begin(s)
	return nil
}

// watchPool is the watch's own connection to a database.
func (s *Store) watchPool(ctx context.Context, at string) (*pgxpool.Pool, error) {
	config, err := s.poolConfig(at, Options{Connections: 1})
	if err != nil {
		return nil, err
	}
	config.PrepareConn = nil // what it reads no policy binds
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", Redacted(at), err)
	}
	return pool, nil
}

// close closes the replica's connections.
func (r *replica) close() error {
	err := r.sql.Close()
	r.pool.Close()
	if r.watch != nil {
		r.watch.Close()
	}
	return err
}

// lost has the replica not asked until the watch finds it well. What it was asked ends.
func (r *replica) lost() {
	if was := r.state.Swap(lostReplica); was != lostReplica {
		was.end()
		r.pool.Reset() // where one connection was lost, the others mostly are as well
	}
}

// well notes what the watch has found.
func (r *replica) well(holds Position, asOf time.Time) {
	was := r.state.Load()
	found := &replicaState{holds: holds, asOf: asOf, life: was.life, end: was.end}
	if was == lostReplica {
		found.life, found.end = context.WithCancel(context.Background())
	}
	r.state.CompareAndSwap(was, found) // unless it was lost meanwhile
}

// ask asks the replica, and says whether it has answered. Whatever came to nothing is to
// be asked of the primary; only where the caller has gone nobody is asked any more. The
// replica's answer may be read for as long as the caller's context and the replica live.
func (r *replica) ask(ctx context.Context, question func(ctx context.Context) error) (answered bool, err error) {
	state := r.state.Load()
	under, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(state.life, cancel)
	context.AfterFunc(ctx, func() { stop() }) // a life may be long
	err = question(under)
	switch {
	case err == nil, ctx.Err() != nil:
		r.reads.Add(1)
		return true, err
	case away(err), errors.Is(err, context.Canceled):
		r.lost()
	}
	r.failed.Add(1)
	cancel()
	return false, err
}

// Replicas says how the replicas are, in the order in which they were named.
func (s *Store) Replicas() []Replica {
	if s.watch == nil {
		return nil
	}
	out := make([]Replica, len(s.watch.replicas))
	for i, r := range s.watch.replicas {
		state := r.state.Load()
		out[i] = Replica{Asked: s.watch.fresh(state), Behind: math.Inf(1), Reads: r.reads.Load(), Failed: r.failed.Load()}
		if state != lostReplica {
			out[i].Behind = time.Since(state.asOf).Seconds()
		}
	}
	return out
}

// Replica is how a replica is.
type Replica struct {
	Asked  bool    // it is fresh enough
	Behind float64 // seconds that its state may be old at most; infinite where nothing is known of it
	Reads  int64   // what it was asked and has answered
	Failed int64   // what was asked of the primary instead
}

// Found is what a look at a database finds that is said to be a replica of a store's.
type Found struct {
	Replica bool  // it follows some primary
	Same    bool  // it is the store's database, or was once made from it
	Behind  int64 // bytes of the log that it has not followed yet
}

// Compare looks at a database that is said to be a replica of this one, and changes nothing.
func (s *Store) Compare(ctx context.Context, at string) (f Found, err error) {
	there, err := s.watchPool(ctx, at)
	if err != nil {
		return f, err
	}
	defer there.Close()
	const which = "current_database() || ' ' || (SELECT system_identifier FROM pg_control_system())"
	var here, other string
	var written, followed int64
	err = s.pool.QueryRow(ctx, "SELECT "+which+", "+whereSQL).Scan(&here, &written)
	if err == nil {
		err = there.QueryRow(ctx, "SELECT "+which+", pg_is_in_recovery(), COALESCE(pg_last_wal_replay_lsn() - '0/0', 0)::bigint").Scan(&other, &f.Replica, &followed)
	}
	if err != nil {
		return f, fmt.Errorf("look at %s: %w", Redacted(at), err)
	}
	f.Same, f.Behind = here == other, max(written-followed, 0)
	return f, nil
}
