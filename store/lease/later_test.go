package lease

import (
	"slices"
	"testing"
	"time"

	"steelyard/models"
)

// TestWhatFailsWaitsTwiceAsLongEachTime, up to six hours, and not at all once it went well.
func TestWhatFailsWaitsTwiceAsLongEachTime(t *testing.T) {
	var l Later
	id, now := models.NewID(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	waits := func(after time.Duration) bool { return slices.Contains(l.Waiting(now.Add(after)), id) }
	if waits(0) {
		t.Error("it waits before it failed")
	}
	for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		l.Failed(id, now)
		if !waits(want-1) || waits(want) {
			t.Errorf("it does not wait %s", want)
		}
	}
	for range 20 {
		l.Failed(id, now)
	}
	if !waits(lastWait-1) || waits(lastWait) {
		t.Error("it does not wait six hours")
	}
	l.Done(id)
	l.Failed(id, now)
	if waits(time.Minute) {
		t.Error("what went well in between is not forgotten")
	}
}
