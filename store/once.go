package store

import (
	"crypto/sha256"
	"errors"

	"gorm.io/gorm"

	"steelyard/models"
)

// Once runs make unless the same subject has already used the same key for the
// same operation; then it returns the id that was made at that time. A nil key
// always makes. It belongs into the transaction that make writes in.
func Once(tx *Tx, operation, subject string, key *string, make func() (models.ID, error)) (id models.ID, err error) {
	if key == nil || *key == "" {
		return make()
	}
	sum := sha256.Sum256([]byte(operation + "\x00" + subject + "\x00" + *key))
	var known models.IdempotencyKey
	switch err := tx.Take(&known, "key_hash = ?", sum[:]).Error; {
	case err == nil:
		return known.RecordID, nil
	case !errors.Is(err, gorm.ErrRecordNotFound):
		return id, err
	}
	if id, err = make(); err != nil {
		return id, err
	}
	err = tx.Create(&models.IdempotencyKey{
		KeyHash: sum[:], Operation: operation, RecordID: id, CreatedAt: tx.Now,
	}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		// Two at once: the other has made it, and ours is rolled back.
		return id, models.Conflict("idempotencyKey", models.KeyIdempotencyMismatch)
	}
	return id, err
}
