package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// counter answers each key by what the world holds when it is asked, and notes what was
// asked together.
type counter struct {
	mu     sync.Mutex
	world  int
	rounds [][]int
	hold   chan struct{} // each fetch waits for one; nil: none does
	fails  func(keys []int) error
}

func (c *counter) fetch(_ context.Context, keys []int) (map[int]int, error) {
	c.mu.Lock()
	slices.Sort(keys)
	c.rounds = append(c.rounds, slices.Clone(keys))
	world := c.world
	c.mu.Unlock()
	if c.hold != nil {
		<-c.hold
	}
	if c.fails != nil {
		if err := c.fails(keys); err != nil {
			return nil, err
		}
	}
	found := map[int]int{}
	for _, key := range keys {
		if key >= 0 {
			found[key] = world + key
		}
	}
	return found, nil
}

// TestRoundsAnswerTogetherWhoAsksAtOnce: the first is asked alone, all who come while its
// statement runs in one more, and nobody is told what held before they asked.
func TestRoundsAnswerTogetherWhoAsksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{hold: make(chan struct{})}
		var r store.Rounds[int, int]
		var all sync.WaitGroup
		ask := func(key, want int, there bool) {
			all.Go(func() {
				got, ok, err := r.Ask(t.Context(), key, c.fetch)
				if err != nil || ok != there || got != want {
					t.Errorf("%d is %d (%v, %v), not %d (%v)", key, got, ok, err, want, there)
				}
			})
			synctest.Wait()
		}
		ask(1, 1, true)
		c.mu.Lock()
		c.world = 100 // the statement for 1 has read already
		c.mu.Unlock()
		ask(1, 101, true)
		ask(2, 102, true)
		ask(2, 102, true)
		ask(-1, 0, false)
		c.hold <- struct{}{}
		synctest.Wait()
		ask(3, 103, true)
		c.hold <- struct{}{}
		c.hold <- struct{}{}
		all.Wait()
		if want := fmt.Sprint([][]int{{1}, {-1, 1, 2}, {3}}); fmt.Sprint(c.rounds) != want {
			t.Errorf("asked together: %v, not %s", c.rounds, want)
		}
	})
}

// TestASecondRoundBeginsWhereEnoughWait, and no third beside the two; it is closed for others
// as any, and when both are back whoever still waits is asked for.
func TestASecondRoundBeginsWhereEnoughWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{hold: make(chan struct{})}
		r := store.Rounds[int, int]{Enough: 3}
		var all sync.WaitGroup
		ask := func(keys ...int) {
			for _, key := range keys {
				all.Go(func() {
					if got, ok, err := r.Ask(t.Context(), key, c.fetch); err != nil || !ok || got != key {
						t.Errorf("%d is %d, %v, %v", key, got, ok, err)
					}
				})
				synctest.Wait()
			}
		}
		begun := func(want string) {
			t.Helper()
			c.mu.Lock()
			defer c.mu.Unlock()
			if got := fmt.Sprint(c.rounds); got != want {
				t.Errorf("asked together: %s, not %s", got, want)
			}
		}
		ask(1, 2, 3)
		begun("[[1]]")
		ask(4)
		begun("[[1] [2 3 4]]")
		ask(5, 6, 7, 8)
		begun("[[1] [2 3 4]]")
		c.hold <- struct{}{} // one of the two is back
		synctest.Wait()
		begun("[[1] [2 3 4] [5 6 7 8]]")
		ask(9)
		c.hold <- struct{}{}
		synctest.Wait()
		begun("[[1] [2 3 4] [5 6 7 8]]") // one waits beside one under way
		c.hold <- struct{}{}
		synctest.Wait()
		begun("[[1] [2 3 4] [5 6 7 8] [9]]")
		c.hold <- struct{}{}
		all.Wait()
	})
}

// TestRoundsFailForNobodyElse: what one question breaks, the others are told all the same.
func TestRoundsFailForNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("no such thing as 13")
		c := &counter{hold: make(chan struct{}, 100), fails: func(keys []int) error {
			if slices.Contains(keys, 13) {
				return bad
			}
			return nil
		}}
		var r store.Rounds[int, int]
		var all sync.WaitGroup
		for _, key := range []int{1, 13, 2, 3} {
			all.Go(func() {
				got, _, err := r.Ask(t.Context(), key, c.fetch)
				if key == 13 && !errors.Is(err, bad) || key != 13 && (err != nil || got != key) {
					t.Errorf("%d is %d, %v", key, got, err)
				}
			})
			synctest.Wait()
		}
		for range 100 {
			c.hold <- struct{}{}
		}
		all.Wait()
	})
}

// TestRoundsGoOnWithoutWhoHasGone: whoever leaves is told at once, the others get their
// answers, and a round that failed badly does not keep the next from being asked.
func TestRoundsGoOnWithoutWhoHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{hold: make(chan struct{})}
		var r store.Rounds[int, int]
		var all sync.WaitGroup
		gone, leave := context.WithCancel(t.Context())
		all.Go(func() { _, _, _ = r.Ask(t.Context(), 1, c.fetch) })
		synctest.Wait()
		all.Go(func() {
			if _, _, err := r.Ask(gone, 2, c.fetch); !errors.Is(err, context.Canceled) {
				t.Errorf("who has gone is told %v", err)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(c.hold)
		all.Wait()
		if got, ok, err := r.Ask(t.Context(), 3, c.fetch); got != 3 || !ok || err != nil {
			t.Errorf("after one has gone: %d, %v, %v", got, ok, err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a panic is kept from who caused it")
				}
			}()
			_, _, _ = r.Ask(t.Context(), 4, func(context.Context, []int) (map[int]int, error) { panic("out of mind") })
		}()
		if got, ok, err := r.Ask(t.Context(), 5, c.fetch); got != 5 || !ok || err != nil {
			t.Errorf("after a panic: %d, %v, %v", got, ok, err)
		}
	})
}

// TestTextRowsAreWhatTheyWere: whatever stands in a text comes back, on both databases.
func TestTextRowsAreWhatTheyWere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := [][]string{{"plain", ""}, {`a "quoted", {braced} \back`, "NULL"}, {"信访 's", "?\n\t"}}
		table := s.TextRows("q", []string{"one", "two"}, rows)
		type row struct {
			ID       models.ID
			One, Two string
		}
		var found []row
		if err := s.Read(t.Context()).Raw("SELECT q.one, q.two FROM ? ORDER BY q.one", table).Find(&found).Error; err != nil {
			t.Fatal(err)
		}
		var scanned []row // by way of database/sql
		if err := s.Read(t.Context()).Raw("SELECT q.one, q.two FROM ? ORDER BY q.one", table).Scan(&scanned).Error; err != nil {
			t.Fatal(err)
		}
		for _, got := range [][]row{found, scanned} {
			var texts [][]string
			for _, r := range got {
				texts = append(texts, []string{r.One, r.Two})
			}
			slices.SortFunc(texts, func(a, b []string) int { return slices.Index(column(rows), a[0]) - slices.Index(column(rows), b[0]) })
			if fmt.Sprintf("%q", texts) != fmt.Sprintf("%q", rows) {
				t.Errorf("%q became %q", rows, texts)
			}
		}
	})
}

func column(rows [][]string) []string {
	var first []string
	for _, row := range rows {
		first = append(first, row[0])
	}
	return first
}
