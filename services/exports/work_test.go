package exports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/store"
	leases "steelyard/store/lease"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// office is a service with a clock that the test moves, whose reports are what the test
// writes.
type office struct {
	*Service
	t     *testing.T
	now   *atomic.Pointer[time.Time]
	unit  models.ID
	cycle models.ID
	run   models.ID
}

func eachOffice(t *testing.T, test func(o *office)) {
	t.Helper()
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			o := &office{t: t, now: &atomic.Pointer[time.Time]{}, unit: models.NewID(), cycle: models.NewID(), run: models.NewID()}
			o.at(time.Date(2026, 1, 10, 2, 0, 0, 0, time.UTC))
			s := storetest.Open(t, d, store.Options{Now: func() time.Time { return *o.now.Load() }})
			o.Service = o.another(s, memblob.OpenBucket(nil))
			o.furnish()
			test(o)
		})
	}
}

func (o *office) at(t time.Time) { o.now.Store(&t) }

func (o *office) passes(d time.Duration) { o.at(o.now.Load().Add(d)) }

// another is a service of another process on the same database and bucket.
func (o *office) another(s *store.Store, bucket *blob.Bucket) *Service {
	links, err := auth.NewLinks(make([]byte, 32))
	if err != nil {
		o.t.Fatal(err)
	}
	return &Service{
		Store: s, Bucket: bucket, Links: links, Worker: "test",
		Prepare: func(_ context.Context, _ auth.Actor, e *models.Export) error {
			e.RunID, e.Total = o.run, 3
			return nil
		},
		Write: func(_ context.Context, _ auth.Actor, e *models.Export, told func(int), w io.Writer) error {
			told(2)
			_, err := io.WriteString(w, "report "+e.ID.String())
			return err
		},
	}
}

func (o *office) add(rows ...any) {
	o.t.Helper()
	err := o.Store.InTx(o.t.Context(), func(tx *store.Tx) error {
		for _, row := range rows {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) furnish() {
	o.add(
		&models.OrgUnit{ID: o.unit, Ref: "town", Name: "town"},
		&models.OrgUnitClosure{AncestorID: o.unit, DescendantID: o.unit},
		&models.Account{
			ID: models.NewID(), Subject: "hr", Kind: models.AccountPerson, Role: models.RoleHR, UnitID: &o.unit, Operations: []string{}, CreatedAt: o.Store.Now(),
		},
		&models.Cycle{
			ID: o.cycle, UnitID: o.unit, Kind: models.CycleAnnual, Name: "2025", FromOn: models.NewDate(2025, 1, 1), ToOn: models.NewDate(2025, 12, 31),
			State: models.CycleScoring, OpenedBy: "hr", OpenedAt: o.Store.Now(), UpdatedAt: o.Store.Now(),
		},
		&models.AssessmentRun{ID: o.run, CycleID: o.cycle, State: models.RunDone, RequestedBy: "hr", RequestedAt: o.Store.Now()},
	)
}

func (o *office) request() *models.Export {
	o.t.Helper()
	e, err := o.Request(o.t.Context(), o.hr(), o.asked())
	if err != nil {
		o.t.Fatal(err)
	}
	return e
}

func (o *office) hr() auth.Actor {
	return auth.Actor{Subject: "hr", Role: models.RoleHR, UnitID: &o.unit}
}

func (o *office) asked() New {
	return New{CycleID: &o.cycle, Lang: "en", Spec: models.ReportSpec{
		Kind: models.ReportAssessments, Format: models.FormatCSV, Ordering: models.OrderRank,
	}}
}

func (o *office) stored(id models.ID) *models.Export {
	o.t.Helper()
	e, err := store.Take[models.Export](o.Store.Read(o.t.Context()).Where("id = ?", id), "Export")
	if err != nil {
		o.t.Fatal(err)
	}
	return e
}

// files are how many files there are.
func (o *office) files() int {
	o.t.Helper()
	n, list := 0, o.Bucket.List(&blob.ListOptions{Prefix: Folder})
	for {
		_, err := list.Next(o.t.Context())
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			o.t.Fatal(err)
		}
		n++
	}
}

// TestSeveralProcessesWriteEachExportOnce: of many that look for work at once, each
// export is taken up by one.
func TestSeveralProcessesWriteEachExportOnce(t *testing.T) {
	eachOffice(t, func(o *office) {
		var written sync.Map
		var ids []models.ID
		for range 8 {
			ids = append(ids, o.request().ID)
		}
		var group sync.WaitGroup
		for range 4 {
			worker := o.another(o.Store, o.Bucket)
			write := worker.Write
			worker.Write = func(ctx context.Context, a auth.Actor, e *models.Export, told func(int), w io.Writer) error {
				if _, twice := written.LoadOrStore(e.ID, true); twice {
					o.t.Errorf("export %s is written twice", e.ID)
				}
				return write(ctx, a, e, told, w)
			}
			group.Go(func() {
				for {
					worked, err := worker.WriteNext(o.t.Context())
					if err != nil {
						o.t.Error(err)
					}
					if !worked || err != nil {
						return
					}
				}
			})
		}
		group.Wait()
		for _, id := range ids {
			if e := o.stored(id); e.State != models.ExportDone || e.Attempts != 1 || e.Size == 0 || e.ExpiresAt == nil {
				t.Errorf("export %s is %+v", id, e)
			}
		}
		if n := o.files(); n != len(ids) {
			t.Errorf("%d files of %d exports", n, len(ids))
		}
	})
}

// TestAnExportOutlivesItsProcess: one that died is taken up by another, and one that
// comes back from a long silence finds that the export is another's.
func TestAnExportOutlivesItsProcess(t *testing.T) {
	eachOffice(t, func(o *office) {
		id := o.request().ID
		silent, err := o.take(t.Context())
		if err != nil || silent == nil {
			t.Fatal(err)
		}
		if worked, err := o.WriteNext(t.Context()); err != nil || worked {
			t.Errorf("what is being written is taken: %v, %v", worked, err)
		}
		o.passes(models.ExportLease + time.Second)
		if worked, err := o.WriteNext(t.Context()); err != nil || !worked {
			t.Fatalf("what was left behind is not taken: %v, %v", worked, err)
		}
		done := o.stored(id)
		if done.State != models.ExportDone || done.Attempts != 2 {
			t.Errorf("the export is %+v", done)
		}
		if err := silent.Do(t.Context(), func(ctx context.Context) error { return o.make(ctx, silent) }, failure); err != nil {
			t.Errorf("who comes back says %v", err)
		}
		if now := o.stored(id); now.Blob != done.Blob || o.files() != 1 {
			t.Errorf("who comes back changes the file: %+v, %d files", now, o.files())
		}
	})
}

// TestAProcessThatEndsGivesItsExportBack: the next one begins it anew at once.
func TestAProcessThatEndsGivesItsExportBack(t *testing.T) {
	eachOffice(t, func(o *office) {
		id := o.request().ID
		write := o.Write
		ctx, end := context.WithCancel(t.Context())
		o.Write = func(ctx context.Context, _ auth.Actor, _ *models.Export, _ func(int), w io.Writer) error {
			if _, err := io.WriteString(w, "the first half"); err != nil {
				return err
			}
			end()
			<-ctx.Done()
			return ctx.Err()
		}
		if worked, err := o.WriteNext(ctx); !worked || !errors.Is(err, context.Canceled) {
			t.Errorf("the end is told as %v, %v", worked, err)
		}
		if e := o.stored(id); e.State != models.ExportRunning || e.Attempts != 0 || e.HeartbeatAt != nil || o.files() != 0 {
			t.Errorf("given back it is %+v, with %d files", e, o.files())
		}
		o.Write = write
		if worked, err := o.WriteNext(t.Context()); err != nil || !worked {
			t.Fatal(worked, err)
		}
		if e := o.stored(id); e.State != models.ExportDone || e.Attempts != 1 || o.files() != 1 {
			t.Errorf("then it is %+v", e)
		}
	})
}

// TestAJobWhoseDatabaseWasAwayIsTakenUpAgain, at once, and the attempt counts.
func TestAJobWhoseDatabaseWasAwayIsTakenUpAgain(t *testing.T) {
	eachOffice(t, func(o *office) {
		id, write := o.request().ID, o.Write
		o.Write = func(context.Context, auth.Actor, *models.Export, func(int), io.Writer) error {
			return fmt.Errorf("read the rows: %w", io.ErrUnexpectedEOF)
		}
		if worked, err := o.WriteNext(t.Context()); err != nil || !worked {
			t.Fatal(worked, err)
		}
		if e := o.stored(id); e.State != models.ExportRunning || e.Attempts != 1 || e.HeartbeatAt != nil {
			t.Errorf("given back it is %+v", e)
		}
		o.Write = write
		if worked, err := o.WriteNext(t.Context()); err != nil || !worked {
			t.Fatal(worked, err)
		}
		if e := o.stored(id); e.State != models.ExportDone || e.Attempts != 2 {
			t.Errorf("then it is %+v", e)
		}
	})
}

func TestWhatCannotBeWrittenFailsAndLeavesNothing(t *testing.T) {
	eachOffice(t, func(o *office) {
		for failure, want := range map[error]models.Key{
			models.NotFound("Assessment"):                         models.KeyExportLost,
			models.Forbidden():                                    models.KeyForbidden,
			models.Invalid("format", models.KeyTooLong, "1", "2"): models.KeyInternal,
			errors.New("the disk is full"):                        models.KeyInternal,
			fmt.Errorf("x: %w", io.ErrNoProgress):                 models.KeyInternal,
		} {
			id := o.request().ID
			o.Write = func(_ context.Context, _ auth.Actor, _ *models.Export, _ func(int), w io.Writer) error {
				_, err := io.WriteString(w, "half")
				return errors.Join(err, failure)
			}
			if worked, err := o.WriteNext(t.Context()); err != nil || !worked {
				t.Fatal(worked, err)
			}
			if e := o.stored(id); e.State != models.ExportFailed || e.Failure != string(want) || e.FinishedAt == nil || o.files() != 0 {
				t.Errorf("%v: the export is %+v, %d files", failure, e, o.files())
			}
			for _, l := range messages.Langs {
				if bare := messages.Text(l, want); bare != messages.Text(l, want, "x", "y") {
					t.Errorf("%v: the row has no arguments for %q", failure, bare)
				}
			}
		}
		// One that ends its process each time does not do so for ever.
		id := o.request().ID
		for range models.MaxExportAttempts {
			if l, err := o.take(t.Context()); err != nil || l == nil {
				t.Fatal(l, err)
			}
			o.passes(models.ExportLease + time.Second)
		}
		if l, err := o.take(t.Context()); err != nil || l != nil {
			t.Fatal(l, err)
		}
		if e := o.stored(id); e.State != models.ExportFailed || e.Failure != string(models.KeyExportStopped) {
			t.Errorf("given up it is %+v", e)
		}
	})
}

// TestAnExportIsWorkedOnNoLongerThanItIsOurs: the writing ends when the row is another's.
func TestAnExportIsWorkedOnNoLongerThanItIsOurs(t *testing.T) {
	eachOffice(t, func(o *office) {
		id := o.request().ID
		o.Write = func(ctx context.Context, _ auth.Actor, _ *models.Export, told func(int), _ io.Writer) error {
			err := o.Store.InTx(ctx, func(tx *store.Tx) error {
				return tx.Model(&models.Export{}).Where("id = ?", id).Update("worker", "another").Error
			})
			if err != nil {
				return err
			}
			told(1)
			<-ctx.Done()
			return context.Cause(ctx)
		}
		l, err := o.take(t.Context())
		if err != nil || l == nil {
			t.Fatal(err)
		}
		if err := o.make(t.Context(), l); !errors.Is(err, leases.ErrLost) {
			t.Errorf("the work ends with %v", err)
		}
		if n := o.files(); n != 0 {
			t.Errorf("%d files are left", n)
		}
	})
}

func TestOnePersonHasSoManyWaiting(t *testing.T) {
	eachOffice(t, func(o *office) {
		var group sync.WaitGroup
		var taken atomic.Int32
		for range maxWaiting + 5 {
			group.Go(func() {
				switch _, err := o.Request(t.Context(), o.hr(), o.asked()); {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, models.Conflict("", models.KeyExportsWaiting)):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := taken.Load(); n != maxWaiting {
			t.Errorf("%d wait", n)
		}
	})
}

func TestFilesWithoutARowAreSweptUp(t *testing.T) {
	eachOffice(t, func(o *office) {
		o.at(time.Now()) // the bucket has the real one
		o.request()
		if worked, err := o.WriteNext(t.Context()); err != nil || !worked {
			t.Fatal(worked, err)
		}
		for _, name := range []string{Folder + "orphan", "an attachment"} {
			if err := o.Bucket.WriteAll(t.Context(), name, []byte("x"), nil); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := o.Sweep(t.Context()); err != nil || n != 0 {
			t.Errorf("%d young files were swept up: %v", n, err)
		}
		o.passes(orphanAge + time.Minute)
		if n, err := o.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("%d files were swept up: %v", n, err)
		}
		if there, err := o.Bucket.Exists(t.Context(), "an attachment"); err != nil || !there || o.files() != 1 {
			t.Errorf("what is another's: %v, %v; %d files", there, err, o.files())
		}
	})
}
