package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"steelyard/auditchain"
	"steelyard/auth"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

const (
	// maxBlock bounds a block's entries of either kind, so that on SQLite no writer
	// waits long for a block.
	maxBlock = 2000
	// settled is how long after its day an anonymous entry is chained at the earliest:
	// every transaction of that day has been committed by then.
	settled = time.Hour
	// recent is how far back a look goes that is done every minute. What was committed
	// later than this after its moment is found by the daily look at everything.
	recent = 72 * time.Hour
)

// Service keeps the chain and shows it.
type Service struct {
	Store *store.Store
	// Key signs the chain; without one the chain can be read and not be continued.
	Key ed25519.PrivateKey
	// Trusted are keys that signed earlier blocks, besides Key's own.
	Trusted []ed25519.PublicKey
	// Thresholds say how many anonymous entries are chained at once at least.
	Thresholds privacy.Thresholds

	mu      sync.Mutex
	looked  time.Time // when everything was last looked at
	checked *Check
}

// ErrNoKey says that the chain cannot be continued here.
var ErrNoKey = errors.New("the audit chain cannot be continued without its key")

// ErrOtherKey says that the chain was signed by another key last.
var ErrOtherKey = errors.New("the audit chain is signed by another key")

// Chain gathers committed entries that are in no block yet into blocks, and returns
// how many entries that were. What is looked for is what is not chained, never what
// is later than the last: entries are committed in another order than they are made.
// Of several processes one chains at a time; no writer waits for it.
func (s *Service) Chain(ctx context.Context) (int, error) {
	now := s.Store.Now()
	s.mu.Lock()
	everything := now.Sub(s.looked) >= day
	s.mu.Unlock()
	since := now.Add(-recent)
	if everything {
		since = time.Time{}
	}
	n, err := s.chain(ctx, since)
	if err == nil && everything {
		s.mu.Lock()
		s.looked = now
		s.mu.Unlock()
	}
	return n, err
}

// ChainAll is [Service.Chain] with a look at everything.
func (s *Service) ChainAll(ctx context.Context) (int, error) { return s.chain(ctx, time.Time{}) }

// chain closes blocks until nothing is left.
func (s *Service) chain(ctx context.Context, since time.Time) (int, error) {
	if s.Key == nil {
		return 0, ErrNoKey
	}
	ctx = store.Widen(ctx, store.Background) // which unit an entry concerns stands in every unit's rows
	total, from := 0, lookFrom(since)
	for {
		ids, err := s.look(s.Store.Read(ctx), s.Store.Now(), &from)
		if err != nil || len(ids) == 0 {
			return total, err
		}
		n := 0
		if err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
			n, err = s.close(tx, ids, false)
			return err
		}); err != nil {
			return total, err
		}
		total += n
	}
}

// alone waits until nobody else continues the chain.
func alone(tx *store.Tx) error { return tx.Alone("audit chain") }

// close makes one block of those of the entries that still wait. A new key follows another one's head.
func (s *Service) close(tx *store.Tx, ids []models.ID, newKey bool) (int, error) {
	if err := alone(tx); err != nil {
		return 0, err
	}
	last, err := lastBlock(tx.DB)
	if err != nil {
		return 0, err
	}
	keyID := auth.KeyID(s.Key.Public().(ed25519.PublicKey))
	var before auditchain.Head
	if last != nil {
		before = auditchain.Head{Number: last.Number, Hash: auditchain.Digest(last.Hash)}
		if last.KeyID != keyID && !newKey {
			return 0, fmt.Errorf("%w: block %d by %s, ours is %s", ErrOtherKey, last.Number, last.KeyID, keyID)
		}
	}
	entries, err := s.waiting(tx, ids)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	units, err := unitsOf(tx.DB, entries)
	if err != nil {
		return 0, err
	}
	b := auditchain.Close(before, tx.Now, entries, s.Key, keyID)
	if err := tx.Create(&models.AuditBlock{
		Number: b.Number, PreviousHash: b.Previous[:], ClosedAt: b.ClosedAt, Count: b.Count, Anonymous: b.Anonymous,
		Hash: b.Hash[:], KeyID: b.KeyID, Signature: b.Signature,
	}).Error; err != nil {
		return 0, fmt.Errorf("close audit block %d: %w", b.Number, err)
	}
	members := make([]*models.AuditMember, len(entries))
	for i, e := range entries {
		leaf := auditchain.Leaf(e)
		members[i] = &models.AuditMember{EntryID: e.ID, Block: b.Number, Position: i + 1, Leaf: leaf[:], UnitID: units[e.ID]}
	}
	return len(entries), tx.CreateInBatches(members, 500).Error
}

// lastBlock is the end of the chain; nil where there is none.
func lastBlock(db *gorm.DB) (*models.AuditBlock, error) {
	b, err := store.Take[models.AuditBlock](db.Order("number DESC").Limit(1), "AuditBlock")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	if err == nil && len(b.Hash) != len(auditchain.Digest{}) {
		err = fmt.Errorf("audit block %d has no hash", b.Number)
	}
	return b, err
}

// look finds what is in no block, for one. Anonymous entries come when their day is
// over, and as many at once as a figure needs. It is done outside of the transaction that
// closes the block: what is gone over is days of entries, and on SQLite nobody else could write.
func (s *Service) look(db *gorm.DB, now time.Time, from *progress) (ids []models.ID, err error) {
	named, err := from.named.on(db.Where("NOT (" + anonymously + ")"))
	if err != nil {
		return nil, err
	}
	anonymous, err := from.anonymous.on(db.Where(anonymously).Where("at <= ?", now.Add(-day-settled)))
	if err != nil || !s.Thresholds.ShowsFigure(len(anonymous)) {
		return named, err
	}
	return append(named, anonymous...), nil
}

// progress is how far a look for named and for anonymous entries has come.
type progress struct{ named, anonymous place }

// place is an entry's place by its moment.
type place struct {
	At time.Time
	ID models.ID
}

func lookFrom(since time.Time) progress {
	return progress{named: place{At: since}, anonymous: place{At: since}}
}

// on finds entries behind a place that are in no block, and goes on to the last of them.
func (p *place) on(db *gorm.DB) ([]models.ID, error) {
	query := db.Model(&models.AuditEntry{}).Select("at", "id").Where(unchained)
	if *p != (place{}) {
		query = query.Where("(at, id) > (?, ?)", p.At, p.ID)
	}
	var found []place
	if err := query.Order("at, id").Limit(maxBlock).Scan(&found).Error; err != nil || len(found) == 0 {
		return nil, err
	}
	*p = found[len(found)-1]
	ids := make([]models.ID, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids, nil
}

// waiting are those of the entries that are in no block yet, by id.
func (s *Service) waiting(tx *store.Tx, ids []models.ID) ([]*models.AuditEntry, error) {
	var entries []*models.AuditEntry
	if err := tx.Where(unchained).Scopes(store.Among("id", ids)).Order("id").Find(&entries).Error; err != nil {
		return nil, err
	}
	anonymous := 0
	for _, e := range entries {
		if e.Anonymous() {
			anonymous++
		}
	}
	if anonymous > 0 && !s.Thresholds.ShowsFigure(anonymous) { // another process has chained some
		entries = slices.DeleteFunc(entries, (*models.AuditEntry).Anonymous)
	}
	return entries, nil
}

const (
	// anonymously is [models.AuditEntry.Anonymous] for a query.
	anonymously = "actor = '" + models.ActorResident + "' AND noun_id IS NULL"
	// unchained is the condition on entries that are in no block.
	unchained = "NOT EXISTS (SELECT 1 FROM audit_members WHERE entry_id = audit_entries.id)"
)

// errNoBlock says that an entry was made and nothing was chained.
var errNoBlock = errors.New("the audit chain was not continued: no entry waits")

// NewKey goes on with a key that follows another one, which was lost or is to be
// replaced: an entry says so, and a block under the new key is closed with it, in one
// transaction. So nobody who still has the old key can chain the entry in between. What
// else waits is chained with the next look. An error means that the chain ends as it did,
// unless the database was lost while it committed.
func (s *Service) NewKey(ctx context.Context) error {
	if s.Key == nil {
		return ErrNoKey
	}
	return s.Store.InTx(store.Widen(ctx, store.Background), func(tx *store.Tx) error {
		if err := alone(tx); err != nil {
			return err
		}
		last, err := lastBlock(tx.DB)
		if err != nil {
			return err
		}
		details := map[string]string{"key": auth.KeyID(s.Key.Public().(ed25519.PublicKey))}
		if last != nil {
			details["before"] = last.KeyID
		}
		if err := Record(tx, Entry{Actor: "system", Action: "newAuditKey", Noun: "AuditBlock", Details: details}); err != nil {
			return err
		}
		from := lookFrom(tx.Now) // however much waits from before
		ids, err := s.look(tx.DB, tx.Now, &from)
		if err != nil {
			return err
		}
		n, err := s.close(tx, ids, true)
		if err == nil && n == 0 {
			err = errNoBlock
		}
		return err
	})
}
