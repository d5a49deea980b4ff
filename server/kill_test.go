package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"steelyard/store"
)

// work is what somebody does with a database that dies.
type work interface {
	// name is by what it is aimed at.
	name() string
	// seats are how many do it at once.
	seats() int
	// piece does the nth piece of it, from the first request to the last answer.
	piece(n int)
	// half looks between death and life at what nobody has finished: whatever was begun is
	// there as a whole or not at all.
	half(st *store.Store)
	// look compares in the end what was acknowledged with what is kept.
	look(st *store.Store)
}

// TestNothingAcknowledgedIsLostByAKill kills serve, PostgreSQL with all its processes, or
// both, and an import beside them, while residents rate, cases are worked on, folders
// imported, runs made, cycles published, decided and sealed. Each death is aimed at one of
// them, by turns, and comes at a random moment after its next request.
//
// Whoever does not get an answer sends the same again with the same key. In the end
// everything that was acknowledged is there, nothing is there twice, and nothing by half;
// what was acknowledged before a death and is sent once more gets the same answer.
//
// STEELYARD_KILLS is how often each database dies for each of them, STEELYARD_KILL_SEED
// when.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	kills, seed := number(t, "STEELYARD_KILLS", 1), number(t, "STEELYARD_KILL_SEED", 20250304)
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			t.Logf("seed %d", seed)
			m := newMortal(t, d)
			all := []work{newRaters(m), newCaseworkers(m), newImporter(m), newAssessor(m), newSigners(m, kills*5+1)}
			deaths := kills * len(all)
			if testing.Short() {
				deaths = 2
			}
			dice := rand.New(rand.NewPCG(uint64(seed), uint64(len(d))))
			m.survive(all, deaths, dice)
			m.open(func(st *store.Store) {
				for _, w := range all {
					w.half(st)
					w.look(st)
				}
			})
			t.Logf("%d deaths; sent away by a server that lived: %d times", deaths, m.sentAway)
			wantHas(t, must(t, m.db, "audit", "verify", "--lang", "en"), "holds")
		})
	}
}

// number is the value of a variable of the environment, or another where it has none.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// survive lets everybody work until as many deaths have come, and ends.
func (m *mortal) survive(all []work, deaths int, dice *rand.Rand) {
	m.Helper()
	for _, done := range m.beforeLife {
		if err := done(); err != nil {
			m.Fatal(err)
		}
	}
	hit := m.aim(all[0].name())
	m.start()
	m.revives()
	var working sync.WaitGroup
	for _, w := range all {
		next := make(chan int)
		working.Go(func() {
			defer close(next)
			for n := 0; m.await(func() bool { return true }); n++ {
				next <- n
			}
		})
		for range w.seats() {
			working.Go(func() {
				for n := range next {
					w.piece(n)
				}
			})
		}
	}
	for i := range deaths {
		select {
		case <-hit:
		case <-m.Context().Done():
			m.Fatal("nobody sends anything")
		}
		moment := time.NewTimer(time.Duration(dice.IntN(8000)) * time.Microsecond)
		<-moment.C
		server, database := m.victims(dice)
		hit = m.aim(all[(i+1)%len(all)].name())
		m.dies(server, database, func(st *store.Store) {
			for _, w := range all {
				w.half(st)
			}
		})
		m.again()
	}
	m.end()
	working.Wait()
	m.again()
	m.kill()
}

// victims are what dies next: of PostgreSQL the server, the database or both.
func (m *mortal) victims(dice *rand.Rand) (server, database bool) {
	if m.cluster == nil {
		return true, false
	}
	n := dice.IntN(3)
	return n != 0, n != 1
}

// count counts by a query.
func count(m *mortal, st *store.Store, query string, args ...any) int {
	m.Helper()
	var n int
	if err := st.Read(m.Context()).Raw(query, args...).Scan(&n).Error; err != nil {
		m.Error(err)
	}
	return n
}

// lines are the lines of a folder's file.
func lines(header string, n int, line func(i int) string) string {
	text := header + "\n"
	for i := range n {
		text += line(i) + "\n"
	}
	return text
}

// keyOf is an idempotency key.
func keyOf(words ...any) string { return fmt.Sprint(append([]any{"the key of "}, words...)...) }
