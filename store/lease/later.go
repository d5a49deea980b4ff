package lease

import (
	"sync"
	"time"

	"steelyard/models"
)

// How long what failed waits: twice as long each time.
const (
	firstWait = time.Minute
	lastWait  = 6 * time.Hour
)

// Later remembers what failed, so that it is not looked at in every round: whatever fails
// for good keeps nothing behind it waiting. The zero value is ready; each process has its
// own, and one that starts anew tries everything again.
type Later struct {
	mu     sync.Mutex
	failed map[models.ID]failure
}

type failure struct {
	until time.Time
	wait  time.Duration
}

// Waiting are the ids that are not to be looked at yet. It is never empty, so that it can
// stand in a condition: the id of nothing is among them.
func (l *Later) Waiting(now time.Time) []models.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := []models.ID{{}}
	for id, f := range l.failed {
		if f.until.After(now) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Failed notes that something failed.
func (l *Later) Failed(id models.ID, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = map[models.ID]failure{}
	}
	wait := min(max(firstWait, 2*l.failed[id].wait), lastWait)
	l.failed[id] = failure{now.Add(wait), wait}
}

// Done forgets what went well in the end.
func (l *Later) Done(id models.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.failed, id)
}
