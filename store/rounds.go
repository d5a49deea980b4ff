package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Rounds ask the database once what several ask at the same time. Who comes while a
// statement runs waits for the next, which is sent when that one is back: an answer is
// never older than its question. Who is alone waits for nobody; the busier the database,
// the more go together.
type Rounds[K comparable, V any] struct {
	// Enough is how many must wait for a second round to begin beside the one that is under
	// way; 0: none does.
	Enough int

	mu    sync.Mutex
	under int // how many rounds are under way
	next  *round[K, V]
}

// round is what is asked by one statement.
type round[K comparable, V any] struct {
	keys  map[K]struct{}
	begun bool          // somebody may ask for it
	lead  chan struct{} // holds a token when the round may begin: whoever takes it asks for all
	over  chan struct{} // closed when the answers are there
	found map[K]V
	err   error
}

// roundLasts bounds a round. Its statement goes on when the one who sends it has gone.
const roundLasts = 30 * time.Second

// Ask returns what is found for a key; false where there is nothing. Fetch, the same for
// all who ask, answers several questions by one statement, and leaves out what it does not
// find. A failure that another's question may have caused is nobody else's: then each asks
// alone.
func (r *Rounds[K, V]) Ask(ctx context.Context, key K, fetch func(ctx context.Context, keys []K) (map[K]V, error)) (V, bool, error) {
	mine := r.join(key)
	select {
	case <-mine.lead:
		r.send(ctx, mine, fetch)
	case <-mine.over:
	case <-ctx.Done():
		var none V
		return none, false, ctx.Err()
	}
	found, err := mine.found, mine.err
	if err != nil && len(mine.keys) > 1 {
		found, err = fetch(ctx, []K{key})
	}
	v, ok := found[key]
	return v, ok, err
}

// join adds a key to the round that has not begun.
func (r *Rounds[K, V]) join(key K) *round[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		r.next = &round[K, V]{keys: map[K]struct{}{}, lead: make(chan struct{}, 1), over: make(chan struct{})}
	}
	r.next.keys[key] = struct{}{}
	r.begin()
	return r.next
}

// begin has the next round begin, if there is one and it may.
func (r *Rounds[K, V]) begin() {
	if r.next == nil || r.next.begun {
		return
	}
	if r.under == 0 || r.under == 1 && r.Enough > 0 && len(r.next.keys) >= r.Enough {
		r.under++
		r.next.begun = true
		r.next.lead <- struct{}{}
	}
}

// send closes a round for others and sends its statement. Then the next may begin.
func (r *Rounds[K, V]) send(ctx context.Context, mine *round[K, V], fetch func(ctx context.Context, keys []K) (map[K]V, error)) {
	runtime.Gosched() // whoever is about to ask does so before
	r.mu.Lock()
	r.next = nil
	r.mu.Unlock()
	defer func() {
		close(mine.over)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.under--
		r.begin()
	}()
	keys := make([]K, 0, len(mine.keys))
	for key := range mine.keys {
		keys = append(keys, key)
	}
	mine.err = context.Canceled // should fetch panic
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundLasts)
	defer cancel()
	mine.found, mine.err = fetch(ctx, keys)
}

// TextRows are rows of texts as a table of a statement, by its name and columns: what may
// stand behind FROM or JOIN.
func (s *Store) TextRows(name string, columns []string, rows [][]string) clause.Expr {
	if s.dialect == Postgres {
		vars, marks := make([]any, len(columns)), make([]string, len(columns))
		for i := range columns {
			values := make(textArray, len(rows))
			for j := range rows {
				values[j] = rows[j][i]
			}
			vars[i], marks[i] = values, "?::text[]"
		}
		return gorm.Expr("unnest("+strings.Join(marks, ", ")+") AS "+name+" ("+strings.Join(columns, ", ")+")", vars...)
	}
	picks := make([]string, len(columns))
	for i, column := range columns {
		picks[i] = "value ->> " + strconv.Itoa(i) + " AS " + column
	}
	return gorm.Expr("(SELECT "+strings.Join(picks, ", ")+" FROM json_each(?)) AS "+name, jsonRows(rows))
}

// textArray are texts as PostgreSQL's array; gorm would make a list of a slice.
type textArray []string

// Value implements driver.Valuer for what does not take the short way of records.
func (a textArray) Value() (driver.Value, error) {
	quoted := make([]string, len(a))
	for i, text := range a {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}", nil
}

// jsonRows are rows of texts as JSON.
type jsonRows [][]string

// Value implements driver.Valuer.
func (r jsonRows) Value() (driver.Value, error) {
	text, err := json.Marshal([][]string(r))
	return string(text), err
}
