// Package lease keeps a worker's hold on the row of a job while the work goes on:
// it writes how far the work got and that the worker lives, and ends the work when
// the row is no longer the worker's.
//
// Whose a row is stands in the row: each service has its own table of jobs, takes a
// job up under a new holder's name each time, and changes the row only where it
// still bears that name. So of several processes one works on a job, another takes
// it up where that one dies, and a worker that comes back from a long silence finds
// that the job is lost.
package lease

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// ErrLost says that a job is no longer this worker's: it was cancelled, or taken up
// by another process after this one had been silent for too long.
var ErrLost = errors.New("the job is no longer ours")

// ReportEvery is how often a job's row is told how far it got.
const ReportEvery = 400 * time.Millisecond

// Progress is how far a job got. Total 0: not known.
type Progress struct {
	Stage       string
	Done, Total int
}

// Terms are a lease's.
type Terms struct {
	// Job names the job to whoever reads the log.
	Job string
	// Lasts is how long the worker may stay silent before another takes the job up. It
	// is told that the work goes on in a third of it, so that two lost beats do not
	// lose it.
	Lasts time.Duration
	// Write notes in the job's row how far it got and that the worker lives, or says
	// ErrLost and changes nothing.
	Write func(ctx context.Context, p Progress) error
}

// Keeper holds a lease while the work goes on.
type Keeper struct {
	terms Terms
	lose  context.CancelCauseFunc
	quit  chan struct{}
	ended chan struct{}

	mu    sync.Mutex
	now   Progress
	fresh bool
}

// Keep starts holding a lease. The returned context ends with the given one, and
// with ErrLost as its cause when the lease is lost.
func Keep(ctx context.Context, terms Terms) (working context.Context, k *Keeper) {
	working, lose := context.WithCancelCause(ctx)
	k = &Keeper{terms: terms, lose: lose, quit: make(chan struct{}), ended: make(chan struct{})}
	go k.run(ctx)
	return working, k
}

// Stop ends the holding and waits for its last write.
func (k *Keeper) Stop() {
	close(k.quit)
	<-k.ended
	k.lose(nil)
}

// Progress notes how far the work is; it is written with the next tick.
func (k *Keeper) Progress(stage string, done, total int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := Progress{stage, done, total}
	k.fresh = k.fresh || p != k.now
	k.now = p
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.ended)
	tick := time.NewTicker(ReportEvery)
	defer tick.Stop()
	beaten := time.Now()
	for {
		select {
		case <-tick.C:
		case <-k.quit:
			return
		case <-ctx.Done():
			return
		}
		p, fresh := k.news()
		if !fresh && time.Since(beaten) < k.terms.Lasts/3 {
			continue
		}
		switch err := k.terms.Write(ctx, p); {
		case err == nil:
			beaten = time.Now()
		case errors.Is(err, ErrLost):
			k.lose(ErrLost)
			return
		case time.Since(beaten) > k.terms.Lasts:
			// By now another process may work on it.
			slog.ErrorContext(ctx, "a job's heartbeat cannot be written", "job", k.terms.Job, "error", err)
			k.lose(ErrLost)
			return
		}
	}
}

func (k *Keeper) news() (p Progress, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh, k.fresh = k.fresh, false
	return k.now, fresh
}
