package store_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// replicated is a primary with two replicas, and a store over them.
type replicated struct {
	*testing.T
	primary, first, second *storetest.Mortal
	st                     *store.Store
}

func newReplicated(t *testing.T) *replicated {
	t.Helper()
	r := &replicated{T: t, primary: storetest.NewMortal(t)}
	app, _ := r.primary.Database()
	r.first, r.second = r.primary.Replica(), r.primary.Replica()
	// Whoever writes is wherever one may write; as operators have it.
	u, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{u.Query().Get("host")}
	for _, m := range []*storetest.Mortal{r.first, r.second} {
		at, err := url.Parse(m.Beside(app))
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, at.Query().Get("host"))
	}
	u.RawQuery = url.Values{"host": {strings.Join(hosts, ",")}, "target_session_attrs": {"read-write"}}.Encode()
	foreign, err := url.Parse(r.first.Beside(app))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Path = "/postgres"
	r.st, err = store.Open(t.Context(), u.String(), store.Options{
		System: true, Connections: 4, ReplicaLag: 500 * time.Millisecond,
		Replicas: []string{r.first.Beside(app), r.second.Beside(app), foreign.String()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.st.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// elsewhere waits until a replica is fresh enough for a caller: on a busy machine the watch
// may come late, and then nobody is asked for a moment.
func (r *replicated) elsewhere(ctx context.Context) (there context.Context) {
	r.Helper()
	r.until("a replica is asked", func() bool {
		there = r.st.Elsewhere(ctx)
		return there != nil
	})
	return there
}

// awaits waits until the replicas are asked, or are not.
func (r *replicated) awaits(first, second bool) {
	r.Helper()
	r.until("the replicas are asked as they should be", func() bool {
		got := r.st.Replicas()
		return got[0].Asked == first && got[1].Asked == second
	})
	if r.st.Replicas()[2].Asked {
		r.Error("another database is asked")
	}
}

func (r *replicated) until(what string, holds func() bool) {
	r.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			r.Fatalf("not within a minute: %s; %+v", what, r.st.Replicas())
		}
	}
}

// positions counts what a caller sees, by each way of reading.
func (r *replicated) positions(ctx context.Context) int64 {
	r.Helper()
	var all []models.Position
	var counted, scanned int64
	db := r.st.Read(ctx)
	for _, err := range []error{
		db.Where("name LIKE ?", "written%").Find(&all).Error,
		db.Model(&models.Position{}).Where("name LIKE ?", "written%").Count(&counted).Error,
		r.st.InReadTx(ctx, func(db *gorm.DB) error {
			return db.Raw("SELECT count(*) FROM positions WHERE name LIKE ?", "written%").Scan(&scanned).Error
		}),
	} {
		if err != nil {
			r.Error(err)
		}
	}
	if int64(len(all)) != counted || counted != scanned {
		r.Errorf("ways of reading differ: %d, %d, %d", len(all), counted, scanned)
	}
	return counted
}

// write adds a row for a caller.
func (r *replicated) write(ctx context.Context) {
	r.Helper()
	err := r.st.InTx(ctx, func(tx *store.Tx) error {
		return tx.Create(&models.Position{ID: models.NewID(), Name: "written " + models.NewID().String()}).Error
	})
	if err != nil {
		r.Fatal(err)
	}
}

// reads is how often replicas have answered.
func (r *replicated) reads() (n int64) {
	for _, one := range r.st.Replicas() {
		n += one.Reads
	}
	return n
}

// caller is the request of somebody who has seen the log as far as a position.
func caller(ctx context.Context, since store.Position) (context.Context, *store.Sight) {
	return store.WithSight(ctx, since, true)
}

// TestReplicas: whoever has written sees it, though the replicas stand still; one that
// stands still, dies or belongs to another log is not asked, and costs nobody an answer;
// one that lives again is asked again.
func TestReplicas(t *testing.T) {
	r := newReplicated(t)
	r.awaits(true, true)

	// A reader who has written nothing is answered by a replica, each way of reading.
	ctx, _ := caller(t.Context(), 0)
	r.until("replicas answer all of three reads", func() bool {
		before := r.reads()
		r.positions(r.elsewhere(ctx))
		return r.reads()-before == 3
	})
	// Whoever was not told to be a caller, or who asks, reads at the primary.
	if r.st.Elsewhere(t.Context()) != nil {
		t.Error("a context without a caller reads elsewhere")
	}

	// Policies bind a reader at a replica as they do at the primary.
	unit := models.NewID()
	ctx, _ = caller(store.WithReach(t.Context(), &unit, nil), 0)
	var scope string
	if err := r.st.Read(r.elsewhere(ctx)).Raw("SELECT current_setting('steelyard.scope')").Scan(&scope).Error; err != nil || scope != unit.String() {
		t.Errorf("a replica was told the scope %q: %v", scope, err)
	}

	// With the replicas standing still, a writer reads what was written, also later.
	ctx, sight := caller(t.Context(), 0)
	there := r.elsewhere(ctx)
	r.first.Do("SELECT pg_wal_replay_pause()")
	r.second.Do("SELECT pg_wal_replay_pause()")
	if n := r.positions(there); n != 0 {
		t.Errorf("%d rows before any was written", n)
	}
	r.write(there)
	if n := r.positions(there); n != 1 {
		t.Errorf("within the request that wrote a row there are %d", n)
	}
	wrote, seen := sight.Wrote()
	if !wrote || seen == 0 {
		t.Fatalf("the writer is not told: %v, %s", wrote, seen)
	}
	ctx, _ = caller(t.Context(), seen)
	if r.st.Elsewhere(ctx) != nil {
		t.Error("a replica that stands before the caller's own row is chosen")
	}
	// So is a caller for whom another's transaction wrote.
	ctx, sight = caller(t.Context(), 0)
	r.st.Written(ctx)
	if wrote, also := sight.Wrote(); !wrote || also < seen || r.st.Elsewhere(ctx) != nil {
		t.Errorf("for whom another wrote is told %v, %s", wrote, also)
	}
	// Another who does not know of it may still be answered by them, and no longer than agreed.
	r.awaits(false, false)
	ctx, _ = caller(t.Context(), 0)
	if r.st.Elsewhere(ctx) != nil {
		t.Error("a replica is asked that is too old")
	}
	r.first.Do("SELECT pg_wal_replay_resume()")
	r.second.Do("SELECT pg_wal_replay_resume()")
	r.awaits(true, true)
	ctx, _ = caller(t.Context(), seen)
	if n := r.positions(r.elsewhere(ctx)); n != 1 { // once one has come past the row
		t.Errorf("the replica that is chosen shows %d of the caller's rows", n)
	}

	// Whoever is being served by a replica that dies gets the answer from the primary.
	served := make([]context.Context, 2) // of any two callers at least one by the first
	for i := range served {
		ctx, _ = caller(t.Context(), 0)
		served[i] = r.elsewhere(ctx)
		r.positions(served[i])
	}
	r.first.Kill()
	for _, there := range served {
		if n := r.positions(there); n != 1 {
			t.Errorf("with a replica dead there are %d rows", n)
		}
	}
	r.awaits(false, true)
	r.first.Restart(t.Context())
	r.awaits(true, true)

	// The second follows the old primary further than the first, which then takes over:
	// it stands further in another log, and must not be asked.
	r.first.Do("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
	r.until("the first does not hear of the primary", func() bool { return !r.first.Follows() })
	for range 3 {
		r.write(t.Context())
	}
	r.primary.Do("CREATE TABLE filler AS SELECT generate_series(1, 20000) AS n")
	r.awaits(false, true)
	r.primary.Kill()
	r.first.Do("SELECT pg_promote()")
	r.until("somebody can be written to", func() bool {
		return r.st.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Create(&models.Position{ID: models.NewID(), Name: "written under the new one"}).Error
		}) == nil
	})
	looked := time.Now().Add(700 * time.Millisecond) // the watch looks more than twice
	r.until("a while has passed", func() bool {
		ctx, _ := caller(t.Context(), 0)
		return r.st.Elsewhere(ctx) == nil && time.Now().After(looked)
	})
}
