package assessments

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
	"steelyard/store/storetest"
)

func TestAnotherWorkerTakesUpWhatWasLeftBehind(t *testing.T) {
	for _, dialect := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			time0 := &fakeClock{now: clock("2025-04-02 09:00:00")}
			o := newOffice(t, storetest.Open(t, dialect, store.Options{Now: time0.read}))
			fill(o, false)
			run := o.request(o.hr("town"), o.cycle("c", "town").ID)

			dead, err := o.take(t.Context())
			if err != nil || dead == nil {
				t.Fatal(err)
			}
			results, err := o.compute(t.Context(), dead)
			if err != nil {
				t.Fatal(err)
			}
			time0.move(models.RunLease)
			o.runNext(false) // not a moment before the lease is over
			time0.move(time.Microsecond)
			o.runNext(true)
			after := o.export(o.hr("town"), run.CycleID, nil)

			// The first one was only slow, and comes too late.
			// It ends only once nothing of it goes on behind.
			waited, explained := false, results.explained
			results.explained = func() error { waited = true; return explained() }
			if err := o.store(t.Context(), dead, results); !errors.Is(err, leases.ErrLost) || !waited {
				t.Errorf("the late one may write: %v, waited for its explanations: %t", err, waited)
			}
			if got := o.stored(run.ID); got.State != models.RunDone || got.Worker == dead.Name {
				t.Errorf("the run is %+v", got)
			}
			if n := o.count(&models.Assessment{}, "run_id = ?", run.ID); n != 4 {
				t.Errorf("%d assessments, want 4", n)
			}
			if again := o.export(o.hr("town"), run.CycleID, nil); again != after {
				t.Errorf("the report has changed:\n%s\n%s", after, again)
			}
		})
	}
}

func TestAStoppedWorkerGivesItsRunBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		run := o.request(o.hr("town"), o.cycle("c", "town").ID)
		ctx, stop := context.WithCancel(t.Context())
		l, err := o.take(ctx)
		if err != nil || l == nil {
			t.Fatal(err)
		}
		stop()
		if err := l.Do(ctx, func(ctx context.Context) error { return o.make(ctx, l) }, reason); !errors.Is(err, context.Canceled) {
			t.Errorf("a stopped worker says %v", err)
		}
		if got := o.stored(run.ID); got.State != models.RunRunning || !got.Abandoned(s.Now()) {
			t.Errorf("the run is %+v", got)
		}
		o.runNext(true)
		if got := o.stored(run.ID); got.State != models.RunDone {
			t.Errorf("the run is %+v", got)
		}
	})
}

func TestTwoWorkersNeverTakeTheSameRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		for i := range 5 {
			o.request(o.hr("town"), o.cycle(fmt.Sprint(i), "town").ID)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken := map[models.ID]int{}
		for range 20 {
			wg.Go(func() {
				l, err := o.take(t.Context())
				if err != nil {
					t.Error(err)
				}
				if l != nil {
					mu.Lock()
					taken[l.run.ID]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for run, n := range taken {
			if n != 1 {
				t.Errorf("run %s was taken %d times", run, n)
			}
		}
		// Whoever met a locked row passed on, and may have found no other.
		for l, err := o.take(t.Context()); l != nil || err != nil; l, err = o.take(t.Context()) {
			if err != nil || taken[l.run.ID] != 0 {
				t.Fatalf("run %s is taken again, %v", l.run.ID, err)
			}
			taken[l.run.ID]++
		}
		if len(taken) != 5 {
			t.Errorf("%d runs were taken, want 5", len(taken))
		}
	})
}

func TestCancelStopsARun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		c := o.cycle("c", "town")
		waiting := o.request(o.hr("town"), c.ID)
		if _, err := o.Cancel(t.Context(), o.hr("north"), waiting.ID, nil); !errors.Is(err, models.NotFound("AssessmentRun")) {
			t.Errorf("who has a part of the cycle gets %v", err)
		}
		got, err := o.Cancel(t.Context(), o.hr("town"), waiting.ID, nil)
		if err != nil || got.State != models.RunCancelled || got.FinishedAt == nil {
			t.Fatalf("cancelled: %+v, %v", got, err)
		}
		o.runNext(false)
		if _, err := o.Cancel(t.Context(), o.hr("town"), waiting.ID, nil); !errors.Is(err, models.Conflict("runId", models.KeyRunEnded)) {
			t.Errorf("a second time gives %v", err)
		}

		working := o.request(o.hr("town"), c.ID)
		l, err := o.take(t.Context())
		if err != nil || l == nil {
			t.Fatal(err)
		}
		if _, err := o.Cancel(t.Context(), o.hr("town"), working.ID, nil); err != nil {
			t.Fatal(err)
		}
		if err := l.Do(t.Context(), func(ctx context.Context) error { return o.make(ctx, l) }, reason); err != nil {
			t.Errorf("a cancelled worker says %v", err)
		}
		if got := o.stored(working.ID); got.State != models.RunCancelled {
			t.Errorf("the run is %+v", got)
		}
		if n := o.count(&models.Assessment{}, "run_id = ?", working.ID); n != 0 {
			t.Errorf("%d assessments of a cancelled run", n)
		}
	})
}

// The keeper's tick is real time: this test and the next take as long as one.
func TestTheRunsRowSaysHowFarTheWorkIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		run := o.request(o.hr("town"), o.cycle("c", "town").ID)
		l, err := o.take(t.Context())
		if err != nil || l == nil {
			t.Fatal(err)
		}
		updates, err := o.Progress(t.Context(), o.hr("town"), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		working, k := l.keep(t.Context())
		k.Progress("ratings", 1, 2)
		for u := range updates {
			if u.Stage == "ratings" && u.Done == 1 && u.Total == 2 {
				break
			}
		}
		if working.Err() != nil {
			t.Errorf("the work has ended: %v", context.Cause(working))
		}
		k.Stop()
		if got := o.stored(run.ID); got.State != models.RunRunning || !got.HeartbeatAt.After(*got.StartedAt) {
			t.Errorf("the run is %+v", got)
		}
	})
}

func TestTheWorkEndsWhenTheLeaseIsLost(t *testing.T) {
	o := newOffice(t, storetest.Open(t, store.SQLite, store.Options{}))
	run := o.request(o.hr("town"), o.cycle("c", "town").ID)
	l, err := o.take(t.Context())
	if err != nil || l == nil {
		t.Fatal(err)
	}
	working, k := l.keep(t.Context())
	defer k.Stop()
	if _, err := o.Cancel(t.Context(), o.hr("town"), run.ID, nil); err != nil {
		t.Fatal(err)
	}
	k.Progress("ratings", 1, 2)
	<-working.Done()
	if !errors.Is(context.Cause(working), leases.ErrLost) {
		t.Errorf("the cause is %v", context.Cause(working))
	}
}

func TestARunThatCannotBeMadeFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		policy := models.Policy{
			ID: models.NewID(), UnitID: o.id("town"), Name: "p", Version: 1, Document: `{"unheard": 1}`, Digest: models.Hash{1}, SavedBy: "hr", SavedAt: s.Now(),
		}
		o.add(&policy)
		c := o.cycle("c", "town")
		c.PolicyID = &policy.ID
		if err := s.InTx(t.Context(), func(tx *store.Tx) error { return tx.Select("policy_id").UpdateColumns(c).Error }); err != nil {
			t.Fatal(err)
		}
		run := o.request(o.hr("town"), c.ID)
		o.runNext(true)
		if got := o.stored(run.ID); got.State != models.RunFailed || !strings.Contains(got.Failure, "unheard") || got.FinishedAt == nil {
			t.Errorf("the run is %+v", got)
		}
		o.runNext(false)

		late := o.request(o.hr("town"), o.cycle("decided meanwhile", "town").ID)
		l, err := o.take(t.Context())
		if err != nil || l == nil {
			t.Fatal(err)
		}
		if err := s.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Model(&models.Cycle{}).Where("id = ?", late.CycleID).Update("state", models.CycleFinal).Error
		}); err != nil {
			t.Fatal(err)
		}
		if err := l.Do(t.Context(), func(ctx context.Context) error { return o.make(ctx, l) }, reason); err != nil {
			t.Error(err)
		}
		if got := o.stored(late.ID); got.State != models.RunFailed || !strings.Contains(got.Failure, "FINAL") {
			t.Errorf("the run is %+v", got)
		}
		if n := o.count(&models.Assessment{}, "run_id = ?", late.ID); n != 0 {
			t.Errorf("%d assessments in a sealed cycle", n)
		}
	})
}

func TestProgressFollowsARunToItsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		run := o.request(o.hr("town"), o.cycle("c", "town").ID)
		if _, err := o.Progress(t.Context(), auth.Actor{Subject: "x", Role: models.RoleOfficial}, run.ID); !errors.Is(err, models.NotFound("AssessmentRun")) {
			t.Errorf("an official gets %v", err)
		}
		updates, err := o.Progress(t.Context(), o.hr("north-1"), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		first := <-updates
		o.runNext(true)
		last := first
		for u := range updates {
			last = u
		}
		if first.State != models.RunQueued || last.State != models.RunDone {
			t.Errorf("from %s to %s", first.State, last.State)
		}

		ctx, leave := context.WithCancel(t.Context())
		updates, err = o.Progress(ctx, o.hr("town"), o.request(o.hr("town"), o.cycle("d", "town").ID).ID)
		if err != nil {
			t.Fatal(err)
		}
		<-updates
		leave()
		if _, open := <-updates; open {
			t.Error("there is more after the end of the context")
		}
	})
}

func TestWorkTakesUpWhatIsRequested(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		fill(o, false)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Work(ctx) }()
		run := o.request(o.hr("town"), o.cycle("c", "town").ID)
		updates, err := o.Progress(t.Context(), o.hr("town"), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		var last *models.AssessmentRun
		for u := range updates {
			last = u
		}
		if last.State != models.RunDone {
			t.Errorf("the run is %+v", last)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the worker ends with %v", err)
		}
	})
}
