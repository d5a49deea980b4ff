package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestAFullDiskKeepsNothingThatWasRefused fills an SQLite database to its last
// page while many write at once: whatever was refused must not be there, and
// whatever was acknowledged must.
func TestAFullDiskKeepsNothingThatWasRefused(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	ctx := context.Background()
	if err := s.InTx(ctx, func(tx *store.Tx) error {
		var pages int
		if err := tx.Raw("PRAGMA page_count").Scan(&pages).Error; err != nil {
			return err
		}
		return tx.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+20)).Error
	}); err != nil {
		t.Fatal(err)
	}
	const writers = 200
	refused := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			size := 10
			if i%10 == 0 {
				size = 60_000 // does not fit for long
			}
			refused[i] = s.InTx(ctx, func(tx *store.Tx) error {
				ref := fmt.Sprint("unit ", i)
				return tx.Create(&models.OrgUnit{ID: models.NewID(), Ref: ref, Name: strings.Repeat("x", size)}).Error
			})
		})
	}
	wg.Wait()
	var refs []string
	if err := s.Read(ctx).Model(&models.OrgUnit{}).Pluck("ref", &refs).Error; err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, ref := range refs {
		there[ref] = true
	}
	full := 0
	for i, err := range refused {
		if err != nil {
			full++
			if !errors.Is(err, &models.Error{Code: models.CodeUnavailable, Key: models.KeyNoRoom}) {
				t.Errorf("a full disk is told as %v", err)
			}
		}
		if there[fmt.Sprint("unit ", i)] != (err == nil) {
			t.Errorf("unit %d is there: %t, but its writer was told %v", i, err != nil, err)
		}
	}
	if full == 0 {
		t.Error("the disk was never full")
	}
	// With room again the writer goes on.
	if err := s.InTx(ctx, func(tx *store.Tx) error { return tx.Exec("PRAGMA max_page_count = 100000").Error }); err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(ctx, addUnit("after")); err != nil {
		t.Errorf("after the disk was full: %v", err)
	}
	if err := s.InTx(ctx, func(*store.Tx) error { return errors.New("no") }); err == nil {
		t.Error("an error is lost")
	}
}

// TestARefusalIsToldWhenItsReasonIsThere: what a transaction was refused for is there for
// everybody when the refusal is told, also where a neighbour of its group has just written it.
func TestARefusalIsToldWhenItsReasonIsThere(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	refused := errors.New("the position is taken")
	position := &models.Position{ID: models.NewID(), Name: "taken"}
	begun := make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() {
		if err := s.InTx(t.Context(), func(tx *store.Tx) error {
			close(begun)
			for s.Waiting() == 0 { // until the other is of the same group
				runtime.Gosched()
			}
			return tx.Create(position).Error
		}); err != nil {
			t.Error(err)
		}
	})
	defer first.Wait()
	<-begun
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		if tx.Take(&models.Position{}, "id = ?", position.ID).Error == nil {
			return refused
		}
		return nil
	})
	if there := s.Read(t.Context()).Take(&models.Position{}, "id = ?", position.ID).Error; errors.Is(err, refused) && there != nil {
		t.Errorf("refused for what is not there: %v", there)
	}
}

// TestWhatNobodyWaitsForGoesLast on SQLite's one writer: of work aside one transaction goes with
// a group, behind all that others wait for.
func TestWhatNobodyWaitsForGoesLast(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	var order []string // the writer's goroutine alone appends to it
	var work sync.WaitGroup
	write := func(ctx context.Context, name string, wait func()) {
		work.Go(func() {
			if err := s.InTx(ctx, func(*store.Tx) error {
				order = append(order, name)
				wait()
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	// queue adds transactions one after the other, so that their order is known.
	queue := func(ctx context.Context, name string, n int, wait func()) {
		for range n {
			was := s.Waiting()
			write(ctx, name, wait)
			for s.Waiting() == was {
				runtime.Gosched()
			}
		}
	}
	begun, free := make(chan struct{}), make(chan struct{})
	write(t.Context(), "first", func() {
		close(begun)
		<-free
	})
	<-begun
	queue(store.Aside(t.Context()), "aside", 3, func() { queue(t.Context(), "resident", 2, func() {}) }) // who come meanwhile
	queue(t.Context(), "resident", 2, func() {})
	close(free)
	work.Wait()
	want := "first resident resident aside resident resident aside resident resident aside resident resident"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
