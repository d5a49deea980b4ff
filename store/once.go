package store

import (
	"crypto/sha256"

	"gorm.io/gorm/clause"

	"steelyard/models"
)

// Once runs make, which writes the record id, unless the same subject has
// already used the same key for the same operation; then it returns the id that
// was made at that time. Without a key it always makes.
//
// The key is written first: of two that come at once the second waits for the
// first one's transaction and then meets it as a repeat. It belongs into the
// transaction that make writes in.
func Once(tx *Tx, operation, subject string, key *string, id models.ID, make func() error) (models.ID, error) {
	if key == nil || *key == "" {
		return id, make()
	}
	sum := sha256.Sum256([]byte(operation + "\x00" + subject + "\x00" + *key))
	written := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&models.IdempotencyKey{
		KeyHash: sum[:], Operation: operation, RecordID: id, CreatedAt: tx.Now,
	})
	if written.Error != nil {
		return id, written.Error
	}
	if written.RowsAffected == 1 {
		return id, make()
	}
	known, err := Take[models.IdempotencyKey](tx.Where("key_hash = ?", sum[:]), "IdempotencyKey")
	if err != nil {
		return id, err
	}
	return known.RecordID, nil
}
