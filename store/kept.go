package store

import (
	"context"
	"maps"
	"reflect"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"gorm.io/gorm"

	"steelyard/models"
)

// OrganisationState selects a word for the state that units, officials and positions are in:
// it is another as soon as a change of any of them is committed, whoever made it (migration
// 00026). A statement that reads rows of theirs with it says of which state they are.
const OrganisationState = "(SELECT state FROM organisation_states)"

// AccountState is the like for accounts and their tokens (migration 00027).
const AccountState = "(SELECT state FROM account_states)"

type stateKey struct{}

// InState returns a context for an answer that begins in a state of the organisation: what was
// kept of that very state need not be read again. With "" everything is read.
func InState(ctx context.Context, state string) context.Context {
	return context.WithValue(ctx, stateKey{}, state)
}

// mostKept is how many rows of a kind are kept: a few MiB.
const mostKept = 20_000

// Kept is what was read of accounts or the organisation, by key, each of it for as long as
// these stay in the state in which it was read. Who asks has been told the state by the
// database in the same request, so that no answer is older than its question, and no process
// need know what another has changed. What is kept belongs to all who ask: nobody changes it.
type Kept[K comparable, V any] struct {
	mu    sync.Mutex
	state string
	rows  *simplelru.LRU[K, V]
}

// One returns what there is by a key in a state; false where there is nothing. Read finds what
// is not kept, and says of which state it is: read by the same statement.
func (k *Kept[K, V]) One(state string, key K, read func() (v V, there bool, state string, err error)) (V, bool, error) {
	if v, there := k.heldOne(state, key); there {
		return v, true, nil
	}
	v, there, now, err := read()
	if err == nil && there {
		k.keep(now, map[K]V{key: v})
	}
	return v, there, err
}

func (k *Kept[K, V]) heldOne(state string, key K) (v V, there bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if state == "" || state != k.state {
		return v, false
	}
	return k.rows.Get(key)
}

// Get returns what there is by each of the keys, in the state of the context. Read finds what
// is not kept, and says of which state all that it found is: [OrganisationState] read by the
// same statement.
func (k *Kept[K, V]) Get(ctx context.Context, keys []K, read func(ctx context.Context, keys []K) (found map[K]V, state string, err error)) (map[K]V, error) {
	state, _ := ctx.Value(stateKey{}).(string)
	found, missing := k.held(state, keys)
	if len(missing) == 0 {
		return found, nil
	}
	fresh, state, err := read(ctx, missing)
	if err != nil {
		return nil, err
	}
	k.keep(state, fresh)
	maps.Copy(found, fresh)
	return found, nil
}

// held is what is kept of a state, and which of the keys are not.
func (k *Kept[K, V]) held(state string, keys []K) (found map[K]V, missing []K) {
	found = make(map[K]V, len(keys))
	k.mu.Lock()
	defer k.mu.Unlock()
	if state == "" || state != k.state {
		return found, keys
	}
	for _, key := range keys {
		if v, ok := k.rows.Get(key); ok {
			found[key] = v
		} else {
			missing = append(missing, key)
		}
	}
	return found, missing
}

// keep keeps what was read of a state, and nothing of another.
func (k *Kept[K, V]) keep(state string, rows map[K]V) {
	if state == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if state != k.state {
		k.state = state
		k.rows, _ = simplelru.NewLRU[K, V](mostKept, nil) // it fails for a size of 0
	}
	for key, v := range rows {
		k.rows.Add(key, v)
	}
}

// InStateByID is [ByID] for rows of the organisation, with the state that they are of.
func InStateByID[T any](query *gorm.DB, ids []models.ID, key func(*T) models.ID) (map[models.ID]*T, string, error) {
	var rows []*struct {
		Row   T `gorm:"embedded"`
		State string
	}
	err := query.Table(query.NamingStrategy.TableName(reflect.TypeFor[T]().Name())).Select("*, " + OrganisationState + " AS state").
		Scopes(Among("id", ids)).Find(&rows).Error
	found, state := make(map[models.ID]*T, len(rows)), ""
	for _, r := range rows {
		found[key(&r.Row)], state = &r.Row, r.State
	}
	return found, state, err
}
