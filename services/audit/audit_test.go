package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/auditchain"
	"steelyard/auth"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/services/audit"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

var key, other = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))

// book is the trail of an organisation (root above north and south) on a database of
// its own, with a clock that the test moves.
type book struct {
	*testing.T
	*audit.Service
	mu  sync.Mutex
	now time.Time
	id  map[string]models.ID
	// owner has the database as who owns its tables.
	owner *store.Store
}

func newBook(t *testing.T, d store.Dialect) *book {
	b := &book{T: t, now: time.Date(2025, 3, 4, 2, 0, 0, 0, time.UTC), id: map[string]models.ID{}}
	b.Service = &audit.Service{Store: storetest.Open(t, d, store.Options{Now: b.clock}), Key: key, Thresholds: privacy.Default()}
	b.owner = storetest.Owner(t, b.Store)
	b.tx(func(tx *store.Tx) error {
		for _, u := range [][2]string{{"root", ""}, {"north", "root"}, {"south", "root"}} {
			unit := &models.OrgUnit{ID: models.NewID(), Ref: u[0], Name: u[0]}
			if u[1] != "" {
				parent := b.id[u[1]]
				unit.ParentID = &parent
			}
			b.id[u[0]] = unit.ID
			if err := tx.Create(unit).Error; err != nil {
				return err
			}
		}
		return store.RebuildClosure(tx)
	})
	return b
}

func (b *book) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *book) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *book) tx(do func(tx *store.Tx) error) {
	b.Helper()
	if err := b.Store.InTx(context.Background(), do); err != nil {
		b.Fatal(err)
	}
}

// note leaves an entry about a unit.
func (b *book) note(action, unit string) {
	b.Helper()
	id := b.id[unit]
	b.tx(func(tx *store.Tx) error {
		return audit.Record(tx, audit.Entry{Actor: "hr", Action: action, Noun: "OrgUnit", NounID: &id, Details: map[string]string{"why": "因为 <b>"}})
	})
}

// answer leaves entries of anonymous writes.
func (b *book) answer(n int) {
	b.Helper()
	for range n {
		b.tx(func(tx *store.Tx) error { return audit.RecordAnonymous(tx, "submitRating", "Rating") })
	}
}

func (b *book) chained(want int) {
	b.Helper()
	if n, err := b.Chain(b.Context()); err != nil || n != want {
		b.Errorf("%d entries were chained, want %d: %v", n, want, err)
	}
}

func (b *book) holds(blocks, entries, waiting int) auditchain.Head {
	b.Helper()
	v, err := b.Verify(b.Context(), nil)
	if err != nil || v.Blocks != blocks || v.Entries != entries || v.Waiting != waiting {
		b.Errorf("%+v, %v; want %d blocks, %d entries and %d waiting", v, err, blocks, entries, waiting)
	}
	return v.Head
}

func both(t *testing.T, test func(b *book)) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) { test(newBook(t, d)) })
	}
}

// TestAnonymousEntriesAreChainedByTheDay: never before their day is over, never fewer
// than a figure needs, and so that nothing tells which was first.
func TestAnonymousEntriesAreChainedByTheDay(t *testing.T) {
	b := newBook(t, store.SQLite)
	b.answer(4)
	b.note("openCycle", "north")
	b.chained(1)
	b.pass(22 * time.Hour) // midnight of UTC, which their days go by
	b.answer(1)            // of the next day
	b.chained(0)
	b.pass(time.Hour)
	b.chained(0) // four of the day that is over
	b.pass(time.Hour)
	b.answer(5)
	b.chained(0)
	b.pass(23 * time.Hour)
	b.note("openCycle", "south")
	b.chained(11)
	b.holds(2, 12, 0)
	var ids []models.ID
	err := b.Store.Read(t.Context()).Raw("SELECT entry_id FROM audit_members WHERE block = 2 ORDER BY position").Scan(&ids).Error
	for i := 1; i < len(ids); i++ {
		if bytes.Compare(ids[i-1][:], ids[i][:]) >= 0 {
			t.Error("a block is not in the order of its random ids")
		}
	}
	if err != nil || len(ids) != 11 {
		t.Error(len(ids), err)
	}
}

// TestNoEntryIsForgotten: what was committed after later entries were chained is
// chained as well, soon where it is young and within a day where it is old.
func TestNoEntryIsForgotten(t *testing.T) {
	both(t, func(b *book) {
		b.note("openCycle", "north")
		b.chained(1)
		b.chained(0)
		late := func(ago time.Duration) {
			b.tx(func(tx *store.Tx) error {
				return tx.Create(&models.AuditEntry{
					ID: models.NewRandomID(), At: tx.Now.Add(-ago), Actor: "import", Action: "import", Noun: "Import", Details: map[string]string{},
				}).Error
			})
		}
		late(time.Hour)
		b.chained(1)
		late(100 * 24 * time.Hour)
		b.chained(0)
		b.pass(24 * time.Hour)
		b.chained(1)
		late(100 * 24 * time.Hour)
		if n, err := b.ChainAll(b.Context()); err != nil || n != 1 {
			b.Error(n, err)
		}
		b.holds(4, 4, 0)
		b.tx(func(tx *store.Tx) error { // more than one block takes
			for range 2100 {
				if err := audit.Record(tx, audit.Entry{Actor: "hr", Action: "x", Noun: "Import"}); err != nil {
					return err
				}
			}
			return nil
		})
		b.chained(2100)
		b.holds(6, 2104, 0)
	})
}

// TestManyChainOnce: of several chainers at once, beside writers, each entry gets one
// place, and the chain holds.
func TestManyChainOnce(t *testing.T) {
	both(t, func(b *book) {
		var all sync.WaitGroup
		failed := make(chan error, 100)
		for i := range 8 {
			all.Add(2)
			go func() {
				defer all.Done()
				failed <- b.Store.InTx(b.Context(), func(tx *store.Tx) error {
					return audit.Record(tx, audit.Entry{Actor: "hr", Action: fmt.Sprint(i), Noun: "Import"})
				})
			}()
			go func() {
				defer all.Done()
				_, err := b.Chain(b.Context())
				failed <- err
			}()
		}
		all.Wait()
		close(failed)
		for err := range failed {
			if err != nil {
				b.Error(err)
			}
		}
		if _, err := b.Chain(b.Context()); err != nil {
			b.Error(err)
		}
		v, err := b.Verify(b.Context(), nil)
		if err != nil || v.Entries != 8 || v.Waiting != 0 {
			b.Errorf("%+v, %v", v, err)
		}
	})
}

// TestTheChainIsOnlyAddedTo: the application's role cannot change what was chained.
func TestTheChainIsOnlyAddedTo(t *testing.T) {
	both(t, func(b *book) {
		b.note("openCycle", "north")
		b.chained(1)
		for _, statement := range []string{
			"UPDATE audit_blocks SET closed_at = closed_at", "DELETE FROM audit_blocks",
			"UPDATE audit_members SET position = position + 1", "DELETE FROM audit_members",
		} {
			for role, db := range map[string]*store.Store{"application": b.Store, "owner": b.owner} {
				err := db.InTx(b.Context(), func(tx *store.Tx) error { return tx.Exec(statement).Error })
				if err == nil || role == "owner" && !strings.Contains(err.Error(), "only ever added") {
					b.Errorf("%s by the %s: %v", statement, role, err)
				}
			}
		}
	})
}

// unguard takes away what keeps rows from being changed, as the owner of a database
// can.
func (b *book) unguard() {
	b.Helper()
	if b.Store.Dialect() == store.Postgres {
		for _, table := range chained {
			b.change("ALTER TABLE " + table + " DISABLE TRIGGER ALL")
		}
		b.change("ALTER TABLE audit_members DROP CONSTRAINT audit_members_entry_id_fkey, DROP CONSTRAINT audit_members_block_fkey")
		return
	}
	var names []string
	if err := b.Store.Read(b.Context()).Raw("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit\\_%' ESCAPE '\\'").Scan(&names).Error; err != nil || len(names) != 6 {
		b.Fatal(names, err)
	}
	for _, name := range names {
		b.change("DROP TRIGGER " + name)
	}
	b.change("CREATE TABLE free AS SELECT * FROM audit_members")
	b.change("DROP TABLE audit_members")
	b.change("ALTER TABLE free RENAME TO audit_members")
}

// at is the entry at a place of the chain.
const at = "(SELECT entry_id FROM audit_members WHERE block = %d AND position = %d)"

// TestEveryTamperingInTheDatabaseIsNamed does to a chain of three blocks of three
// entries what its owner can do, and wants the first bad place named.
func TestEveryTamperingInTheDatabaseIsNamed(t *testing.T) {
	second := fmt.Sprintf(at, 2, 2)
	tampering := map[string]struct {
		do   []string
		want auditchain.Fault
	}{
		"a field changed":       {[]string{"UPDATE audit_entries SET actor = 'other' WHERE id = " + second}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryChanged}},
		"details changed":       {[]string{`UPDATE audit_entries SET details = '{"why":"so"}' WHERE id = ` + second}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryChanged}},
		"details spoilt":        {[]string{"UPDATE audit_entries SET details = 'x' WHERE id = " + second}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryUnread}},
		"what it is about":      {[]string{"UPDATE audit_entries SET noun_id = NULL WHERE id = " + second}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryChanged}},
		"an entry deleted":      {[]string{"DELETE FROM audit_entries WHERE id = " + second}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryMissing}},
		"an entry unchained":    {[]string{"DELETE FROM audit_members WHERE block = 2 AND position = 2"}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryMissing}},
		"the last unchained":    {[]string{"DELETE FROM audit_members WHERE block = 2 AND position = 3"}, auditchain.Fault{Block: 2, Position: 3, Defect: auditchain.EntryMissing}},
		"the order changed":     {[]string{"UPDATE audit_members SET position = 10 - position WHERE block = 2", "UPDATE audit_members SET position = position - 6 WHERE block = 2"}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryMoved}},
		"an entry put in":       {[]string{"UPDATE audit_members SET block = 2, position = 4 WHERE block = 3 AND position = 1"}, auditchain.Fault{Block: 2, Position: 4, Defect: auditchain.EntryAdded}},
		"a leaf changed":        {[]string{"UPDATE audit_members SET leaf = (SELECT hash FROM audit_blocks WHERE number = 1) WHERE block = 2 AND position = 2"}, auditchain.Fault{Block: 2, Position: 2, Defect: auditchain.EntryChanged}},
		"a block deleted":       {[]string{"DELETE FROM audit_blocks WHERE number = 2"}, auditchain.Fault{Block: 2, Defect: auditchain.BlockMissing}},
		"the last block gone":   {[]string{"DELETE FROM audit_blocks WHERE number = 3"}, auditchain.Fault{Block: 3, Defect: auditchain.BlockMissing}},
		"the tail cut":          {[]string{"DELETE FROM audit_blocks WHERE number = 3", "DELETE FROM audit_members WHERE block = 3"}, auditchain.Fault{Block: 3, Defect: auditchain.HeadCut}},
		"a block closed before": {[]string{"UPDATE audit_blocks SET closed_at = (SELECT closed_at FROM audit_blocks WHERE number = 1) WHERE number = 2"}, auditchain.Fault{Block: 2, Defect: auditchain.BlockChanged}},
		"a signature moved":     {[]string{"UPDATE audit_blocks SET signature = (SELECT signature FROM audit_blocks WHERE number = 1) WHERE number = 2"}, auditchain.Fault{Block: 2, Defect: auditchain.BlockUnsigned}},
		"another key":           {[]string{"UPDATE audit_blocks SET key_id = 'mine' WHERE number = 2"}, auditchain.Fault{Block: 2, Defect: auditchain.KeyUnknown}},
		"everything gone":       {[]string{"DELETE FROM audit_members", "DELETE FROM audit_blocks", "DELETE FROM audit_entries"}, auditchain.Fault{Block: 1, Defect: auditchain.HeadCut}},
	}
	both(t, func(b *book) {
		for range 3 {
			for range 3 {
				b.note("openCycle", "north")
			}
			b.pass(time.Minute)
			b.chained(3)
		}
		head := b.holds(3, 9, 0)
		b.unguard()
		for _, table := range chained {
			b.change("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
		}
		for name, c := range tampering {
			b.restore()
			if _, err := b.Watch(b.Context()); err != nil {
				b.Fatal(err)
			}
			for _, statement := range c.do {
				b.change(statement)
			}
			b.wantFault(name, head, c.want)
		}
	})
}

// chained are the tables of the chain.
var chained = []string{"audit_entries", "audit_blocks", "audit_members"}

// change does what the database's owner can.
func (b *book) change(statement string) {
	b.Helper()
	if err := b.owner.InTx(b.Context(), func(tx *store.Tx) error { return tx.Exec(statement).Error }); err != nil {
		b.Fatal(err)
	}
}

// restore makes the chain what it was.
func (b *book) restore() {
	b.Helper()
	for _, table := range chained {
		b.change("DELETE FROM " + table)
		b.change("INSERT INTO " + table + " SELECT * FROM kept_" + table)
	}
	b.holds(3, 9, 0)
}

// wantFault wants a place named by who goes over the chain, with the head that was
// kept where the tail is gone, and by the watch.
func (b *book) wantFault(name string, head auditchain.Head, want auditchain.Fault) {
	b.Helper()
	var kept *auditchain.Head
	if want.Defect == auditchain.HeadCut {
		kept = &head
	}
	var fault *auditchain.Fault
	if _, err := b.Verify(b.Context(), kept); !errors.As(err, &fault) || fault.Block != want.Block || fault.Position != want.Position || fault.Defect != want.Defect {
		b.Errorf("%s: %v, want %+v", name, err, want)
	}
	if fault != nil && fault.Position > 0 && fault.Defect != auditchain.EntryMissing && fault.EntryID == "" {
		b.Errorf("%s: the entry is not named", name)
	}
	if _, err := b.Watch(b.Context()); err == nil || b.LastCheck().Fault == nil || b.LastCheck().Fault.Block != want.Block {
		b.Errorf("%s: the watch says %v", name, err)
	}
}

// TestANewKeyFollowsByItsEntry: no other key goes on with a chain by itself, and a
// foreign one does not pass for it.
func TestANewKeyFollowsByItsEntry(t *testing.T) {
	b := newBook(t, store.SQLite)
	b.note("openCycle", "north")
	b.chained(1)
	foreign := &audit.Service{Store: b.Store, Key: other, Thresholds: privacy.Default()}
	b.note("openCycle", "south")
	if _, err := foreign.Chain(t.Context()); !errors.Is(err, audit.ErrOtherKey) {
		t.Errorf("another key goes on: %v", err)
	}
	if _, err := (&audit.Service{Store: b.Store}).Chain(t.Context()); !errors.Is(err, audit.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if err := foreign.NewKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	var fault *auditchain.Fault
	if _, err := b.Verify(t.Context(), nil); !errors.As(err, &fault) || fault.Block != 2 || fault.Defect != auditchain.KeyUnknown {
		t.Errorf("a key that nobody vouched for: %v", err)
	}
	foreign.Trusted = []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}
	v, err := foreign.Verify(t.Context(), nil)
	if err != nil || v.Entries != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	var text bytes.Buffer
	if _, err := foreign.Export(t.Context(), &text, ""); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), `"action":"newAuditKey"`) || !strings.Contains(text.String(), auth.KeyID(key.Public().(ed25519.PublicKey))) {
		t.Error("no entry says which key followed which")
	}
}

// TestANewKeyComesWithItsEntryOrNotAtAll: an entry that waited for its block would be
// chained by a server that still has the old key, and the chain would not go on.
func TestANewKeyComesWithItsEntryOrNotAtAll(t *testing.T) {
	b := newBook(t, store.SQLite)
	b.note("openCycle", "north")
	b.chained(1)
	b.tx(func(tx *store.Tx) error {
		return tx.Exec("CREATE TRIGGER full BEFORE INSERT ON audit_blocks BEGIN SELECT RAISE(ABORT, 'full'); END").Error
	})
	foreign := &audit.Service{Store: b.Store, Key: other, Thresholds: privacy.Default()}
	if err := foreign.NewKey(t.Context()); err == nil {
		t.Error("a key is new though no block was closed")
	}
	b.holds(1, 1, 0)
}

// TestTheTrailComesFromAnIndex: also what befell one thing, and what one account did. On
// SQLite; PostgreSQL reads so few rows without an index.
func TestTheTrailComesFromAnIndex(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	for _, narrower := range []string{"noun_id = x'01'", "actor = 'hr'", "at < '2025-01-01'"} {
		var steps []struct{ Detail string }
		err := s.Read(t.Context()).Raw("EXPLAIN QUERY PLAN SELECT * FROM audit_entries JOIN audit_members ON entry_id = id WHERE " + narrower +
			" ORDER BY at DESC, id DESC LIMIT 20").Scan(&steps).Error
		if err != nil {
			t.Fatal(err)
		}
		column, _, _ := strings.Cut(narrower, " ")
		plan := fmt.Sprint(steps)
		if !strings.Contains(plan, "SEARCH audit_entries USING INDEX") || !strings.Contains(plan, "("+column) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s: %s", narrower, plan)
		}
	}
}

// TestAnExtractShowsAUnitItsOwn: of a unit's extract the others' entries are digests,
// those of anonymous writes in every one.
func TestAnExtractShowsAUnitItsOwn(t *testing.T) {
	both(t, func(b *book) {
		b.note("openCycle", "north")
		b.note("closeCycle", "south")
		b.answer(5)
		b.pass(48 * time.Hour)
		b.chained(7)
		for unit, want := range map[string]struct{ shown, hidden, withheld int }{"": {2, 5, 0}, "north": {1, 6, 1}, "root": {2, 5, 0}} {
			var text bytes.Buffer
			head, err := b.Export(b.Context(), &text, unit)
			if err != nil {
				b.Fatal(err)
			}
			if shown := strings.Count(text.String(), `"actor"`); shown != want.shown || strings.Contains(text.String(), "submitRating") {
				b.Errorf("%q shows %d entries, want %d", unit, shown, want.shown)
			}
			got, err := auditchain.VerifyExtract(&text, b.Keys(), auth.KeyID, &head)
			if err != nil || got.Entries != 7 || got.Anonymous != 5 || got.Withheld != want.withheld {
				b.Errorf("%q: %+v, %v", unit, got, err)
			}
		}
		if _, err := b.Export(b.Context(), &bytes.Buffer{}, "west"); models.CodeOf(err) != models.CodeNotFound {
			b.Errorf("an unknown unit: %v", err)
		}
	})
}

// TestEveryNounHasItsUnit: whoever leaves an entry says what it is about by a noun
// that the trail knows to place.
func TestEveryNounHasItsUnit(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "grep", "-rhoE", `[Nn]oun: +"[A-Za-z]+"|\.update\("[a-z_]+", "[A-Za-z]+"`, "--include=*.go", "--exclude=*_test.go", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	nouns := regexp.MustCompile(`"([A-Z][A-Za-z]+)"`).FindAllStringSubmatch(string(out), -1)
	if len(nouns) < 40 {
		t.Errorf("only %d nouns were found", len(nouns))
	}
	for _, noun := range nouns {
		if !audit.KnowsUnitOf(noun[1]) {
			t.Errorf("no word says which unit a %s concerns", noun[1])
		}
	}
	b := newBook(t, store.SQLite)
	for _, noun := range audit.Nouns() {
		id := models.NewRandomID() // of nothing: its entry concerns no unit
		b.tx(func(tx *store.Tx) error {
			return audit.Record(tx, audit.Entry{Actor: "a", Action: "b", Noun: noun, NounID: &id})
		})
	}
	b.chained(len(audit.Nouns()))
}
