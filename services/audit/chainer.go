package audit

import (
	"bytes"
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
	total := 0
	for {
		n := 0
		err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
			n, err = s.close(tx, since, false)
			return err
		})
		if total += n; err != nil || n == 0 {
			return total, err
		}
	}
}

// alone waits until nobody else continues the chain.
func alone(tx *store.Tx) error { return tx.Alone("audit chain") }

// close makes one block of what waits. A new key follows another one's head.
func (s *Service) close(tx *store.Tx, since time.Time, newKey bool) (int, error) {
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
	entries, err := s.waiting(tx, since)
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

// waiting are entries for one block, by id. Anonymous ones come when their day is
// over, and as many at once as a figure needs.
func (s *Service) waiting(tx *store.Tx, since time.Time) ([]*models.AuditEntry, error) {
	var entries, anonymous []*models.AuditEntry
	if err := unchained(tx.DB, since).Where("NOT (" + anonymously + ")").Find(&entries).Error; err != nil {
		return nil, err
	}
	err := unchained(tx.DB, since).Where(anonymously).Where("at <= ?", tx.Now.Add(-day-settled)).Find(&anonymous).Error
	if err != nil {
		return nil, err
	}
	if s.Thresholds.ShowsFigure(len(anonymous)) {
		entries = append(entries, anonymous...)
	}
	slices.SortFunc(entries, func(a, b *models.AuditEntry) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return entries, nil
}

// anonymously is [models.AuditEntry.Anonymous] for a query.
const anonymously = "actor = '" + models.ActorResident + "' AND noun_id IS NULL"

func unchained(db *gorm.DB, since time.Time) *gorm.DB {
	query := db.Model(&models.AuditEntry{}).Where("NOT EXISTS (SELECT 1 FROM audit_members WHERE entry_id = audit_entries.id)")
	if !since.IsZero() {
		query = query.Where("at >= ?", since)
	}
	return query.Order("at, id").Limit(maxBlock)
}

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
		n, err := s.close(tx, time.Time{}, true)
		if err == nil && n == 0 {
			err = errNoBlock
		}
		return err
	})
}
