// Package guesses counts wrong tokens, receipts and codes by where they come from, in
// the database, so that they count in every process and after a restart.
//
// What guards a secret is its 128 random bits: at any pace that a server answers, nobody
// finds one. The count makes who tries be seen, and be told to wait. A right secret is
// never refused for somebody else's wrong ones: a whole town may sit behind one address.
package guesses

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/models"
	"steelyard/store"
)

const (
	// window is how long guesses are counted. One is forgotten at latest after that.
	window = 24 * time.Hour
	// grain is what is counted together, so that a row tells no moment.
	grain = 6 * time.Hour
	// A bucket has so many bytes of a keyed hash: two make 65,536 buckets, which bounds the
	// table, and thousands of networks in each, so that none of them can be told from it.
	bucketBytes = 2
)

// Service counts. All fields are needed.
type Service struct {
	Store *store.Store
	Key   []byte // of the hash
	Most  int    // wrong guesses of an address in a day, after which it is told to wait
}

// Source is where guesses come from: an address, or the network around it.
type Source struct {
	Prefix string
	Times  int // how many times as much as an address it may
}

// Note counts n wrong guesses, and says whether one of the sources has made too many.
func (s *Service) Note(ctx context.Context, from []Source, n int) (tooMany bool, err error) {
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		tooMany = false
		for _, source := range from {
			bucket := s.bucket(source)
			if err := add(tx, bucket, n); err != nil {
				return fmt.Errorf("count a wrong guess: %w", err)
			}
			var failures int
			since := tx.Now.Add(-window)
			err := tx.Model(&models.FailedGuess{}).Where("prefix = ? AND hour_at > ?", bucket, since).
				Select("coalesce(sum(failures), 0)").Scan(&failures).Error
			if err != nil {
				return fmt.Errorf("sum wrong guesses: %w", err)
			}
			tooMany = tooMany || failures > s.Most*source.Times
		}
		return nil
	})
	return tooMany, err
}

func add(tx *store.Tx, bucket string, n int) error {
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "prefix"}, {Name: "hour_at"}},
		DoUpdates: clause.Assignments(map[string]any{"failures": gorm.Expr("failed_guesses.failures + ?", n)}),
	}).Create(&models.FailedGuess{Prefix: bucket, HourAt: tx.Now.UTC().Truncate(grain), Failures: n}).Error
}

// bucket is where a source is counted: addresses apart from networks.
func (s *Service) bucket(from Source) string {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte(from.Prefix))
	return fmt.Sprintf("%d-%s", from.Times, hex.EncodeToString(h.Sum(nil)[:bucketBytes]))
}

// Forget removes what is counted no longer. The server calls it regularly; it returns how
// many rows went.
func (s *Service) Forget(ctx context.Context) (int, error) {
	gone := 0
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		deleted := tx.Where("hour_at <= ?", tx.Now.Add(-window)).Delete(&models.FailedGuess{})
		gone = int(deleted.RowsAffected)
		return deleted.Error
	})
	return gone, err
}
