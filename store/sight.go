package store

import (
	"context"
	"sync"
	"time"
)

// Sight is what the database has shown to one caller: whatever they have written they must
// see, wherever they are answered from.
type Sight struct {
	mu    sync.Mutex
	since Position // a replica must have come so far
	exact bool     // the caller sends back how far the log was after each write
	wrote bool     // in this request
	lost  bool     // and how far the log was then nobody knows
}

type sightKey struct{}

// WithSight returns a context for the request of a caller who may be answered by a replica
// that has come past a position. exact says that the caller wants to know the position
// after this request, to send it with the next.
func WithSight(ctx context.Context, since Position, exact bool) (context.Context, *Sight) {
	v := &Sight{since: since, exact: exact}
	return context.WithValue(ctx, sightKey{}, v), v
}

// Wrote says whether the request has changed anything, and where the log was after that; 0
// where that is not known.
func (v *Sight) Wrote() (wrote bool, to Position) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lost {
		return v.wrote, 0
	}
	return v.wrote, v.since
}

// Unseen returns a context for a transaction that writes for several callers, each of whom
// says afterwards that it has [Store.Written].
func Unseen(ctx context.Context) context.Context { return context.WithValue(ctx, sightKey{}, nil) }

// Written notes that somebody else's transaction, which has been committed, wrote for the
// context's caller too.
func (s *Store) Written(ctx context.Context) {
	if s.watch != nil {
		written(ctx, func(ctx context.Context) (Position, error) { return whereIs(Untold(ctx), s.pool) })
	}
}

// written is told by a caller's transaction that has been committed. position asks where
// the log is now; the commit stands, whatever becomes of the question.
func written(ctx context.Context, position func(ctx context.Context) (Position, error)) {
	v, _ := ctx.Value(sightKey{}).(*Sight)
	if v == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wrote = true
	if !v.exact {
		return
	}
	pos, err := position(ctx)
	v.lost = v.lost || err != nil
	v.since = max(v.since, pos)
}

type elsewhereKey struct{}

// Elsewhere returns a context whose reads are answered by one replica, that is fresh and
// shows what the caller of the context's [Sight] has written; nil where there is none. As
// soon as the caller writes, and wherever the replica fails, the primary answers.
//
// Who asks, what was used up and what is counted is never read so.
func (s *Store) Elsewhere(ctx context.Context) context.Context {
	v, _ := ctx.Value(sightKey{}).(*Sight)
	if s.watch == nil || v == nil {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := s.watch.choose(v.since)
	if v.wrote || r == nil {
		return nil
	}
	return context.WithValue(ctx, elsewhereKey{}, &elsewhere{r, v})
}

type elsewhere struct {
	replica *replica
	sight   *Sight
}

// replicaOf is who answers the reads of a context; nil: the primary.
func replicaOf(ctx context.Context) *replica {
	e, _ := ctx.Value(elsewhereKey{}).(*elsewhere)
	if e == nil || e.replica.state.Load() == lostReplica {
		return nil
	}
	if wrote, _ := e.sight.Wrote(); wrote {
		return nil
	}
	return e.replica
}

// HasReplicas says whether replicas were named.
func (s *Store) HasReplicas() bool { return s.watch != nil }

// Settled is after how many seconds every replica that is asked holds what was written now,
// one of them for clocks that count in whole ones; 0 without replicas.
func (s *Store) Settled() time.Duration {
	if s.watch == nil {
		return 0
	}
	return (s.watch.lag + 2*time.Second - 1).Truncate(time.Second)
}
