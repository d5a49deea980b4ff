package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"steelyard/models"
	"steelyard/store"
)

// The kinds of people, whose answers are timed apart.
type kind int

const (
	resident kind = iota
	atWork        // an official
	reports       // an HR officer or an auditor
	kinds
)

// town is everybody who works with the server.
type town struct {
	settings
	http                           *http.Client
	service, category, cycle, unit string

	links                 chan string
	answered, away, wrong atomic.Int64

	mu       sync.Mutex
	took     [kinds][]answer
	receipts []string
	told     []string // the first few that were wrong
}

// answer is how long one took, and when.
type answer struct {
	at   time.Time
	took time.Duration
}

// newTown learns from the database what people know of it.
func newTown(ctx context.Context, s *settings, st *store.Store) (*town, error) {
	t := &town{settings: *s, links: make(chan string, 1000), http: &http.Client{
		// Idle connections are left before the server ends them, as a proxy would.
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}, Timeout: time.Minute,
	}}
	db := st.Read(ctx)
	service, err := store.Take[models.Service](db.Order("ref"), "Service")
	if err != nil {
		return nil, err
	}
	official, err := store.Take[models.Official](db.Where("ref = ?", "G001"), "Official")
	if err != nil {
		return nil, err
	}
	cycle, err := store.Take[models.Cycle](db.Where("state = ?", models.CycleScoring), "Cycle")
	if err != nil {
		return nil, err
	}
	c, err := store.Take[models.Case](db.Order("ref"), "Case")
	if err != nil {
		return nil, err
	}
	t.service, t.unit, t.cycle, t.category = service.Ref, official.UnitID.String(), cycle.ID.String(), c.Category
	return t, nil
}

// journeys are what people begin, with how often of a hundred times.
var journeys = []struct {
	of   int
	does func(*town, context.Context)
}{
	{50, (*town).rates},
	{10, (*town).looksAtReceipt},
	{15, (*town).readsList},
	{10, (*town).solvesCase},
	{10, (*town).readsReport},
	{5, (*town).readsTrail},
}

const (
	exportEvery = 20 * time.Second
	runEvery    = 2 * time.Minute
)

// live begins something so often a second, whatever becomes of it, until the time is
// over; then it waits for what is under way.
func (t *town) live(ctx context.Context) {
	var busy sync.WaitGroup
	defer busy.Wait()
	every := func(pause time.Duration, does func(context.Context)) {
		busy.Go(func() {
			for turn := time.NewTicker(pause); ; {
				select {
				case <-ctx.Done():
					turn.Stop()
					return
				case <-turn.C:
					does(ctx)
				}
			}
		})
	}
	every(exportEvery, t.exports)
	every(runEvery, t.assesses)
	begun := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		next := time.NewTimer(time.Until(begun.Add(time.Duration(float64(n) / t.pace * float64(time.Second)))))
		select {
		case <-ctx.Done():
		case <-next.C:
			if n%max(1, int(t.pace*10)) == 0 {
				busy.Go(func() { t.handsOut(ctx) })
			}
			busy.Go(func() { t.journey()(t, ctx) })
		}
		next.Stop()
	}
}

func (t *town) journey() func(*town, context.Context) {
	dice := rand.IntN(100)
	for _, j := range journeys {
		if dice -= j.of; dice < 0 {
			return j.does
		}
	}
	return (*town).rates
}

// seen notes how long an answer took.
func (t *town) seen(k kind, took time.Duration) {
	t.answered.Add(1)
	t.mu.Lock()
	t.took[k] = append(t.took[k], answer{time.Now(), took})
	t.mu.Unlock()
}

// fails notes an answer that is neither right nor a word that there are too many.
func (t *town) fails(what string, err error, raw []byte) {
	t.wrong.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.told) < 5 {
		t.told = append(t.told, fmt.Sprintf("%s: %v %.300s", what, err, raw))
	}
}

func (t *town) first() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.told)
}

// line says in one line of a table how everybody was answered, and false where an answer
// was wrong or there was none. It holds for a minute or less.
func (t *town) line(out io.Writer) (right bool, err error) {
	var all []time.Duration
	t.mu.Lock()
	for k := range kinds {
		for _, a := range t.took[k] {
			all = append(all, a.took)
		}
	}
	t.mu.Unlock()
	for _, wrong := range t.first() {
		fmt.Fprintln(out, "wrong:", wrong)
	}
	if len(all) == 0 {
		return false, nil
	}
	slices.Sort(all)
	at := func(p int) time.Duration { return all[(len(all)-1)*p/100].Round(time.Millisecond) }
	_, err = fmt.Fprintf(out, "| %s | %d | %s | %s | %s | %d | %d |\n", t.brief, len(all), at(50), at(99), at(100), t.away.Load(), t.wrong.Load())
	return t.wrong.Load() == 0, err
}

// slowest is the p99 of each kind's answers of the last minute, in milliseconds; what is
// older is forgotten.
func (t *town) slowest(now time.Time) (of [kinds]float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range kinds {
		t.took[k] = slices.DeleteFunc(t.took[k], func(a answer) bool { return now.Sub(a.at) > time.Minute })
		all := make([]time.Duration, len(t.took[k]))
		for i, a := range t.took[k] {
			all[i] = a.took
		}
		if len(all) > 0 {
			slices.Sort(all)
			of[k] = float64(all[(len(all)-1)*99/100].Microseconds()) / 1000
		}
	}
	return of
}
