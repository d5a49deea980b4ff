package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"gorm.io/gorm/clause"

	"steelyard/models"
)

// Once runs make, which writes the record id, unless the same subject has
// already used the same key for the same operation; then it returns the id that
// was made at that time. Without a key it always makes. A key that comes again
// with another input is a conflict, not a repeat; one that is too long, or of a stranger
// too short, is refused.
//
// The key is written first: of two that come at once the second waits for the
// first one's transaction and then meets it as a repeat. It belongs into the
// transaction that make writes in. Of the input nothing is kept but a hash that
// only who knows the key can compute.
func Once(tx *Tx, operation, subject string, key *string, input any, id models.ID, make func() error) (models.ID, error) {
	if key == nil || *key == "" {
		return id, make()
	}
	if err := models.ValidIdempotencyKey(key, subject == ""); err != nil {
		return id, err
	}
	asked, err := json.Marshal(input)
	if err != nil {
		return id, fmt.Errorf("input of %s: %w", operation, err)
	}
	sum := sha256.Sum256([]byte(operation + "\x00" + subject + "\x00" + *key))
	what := sha256.Sum256(append([]byte(*key+"\x00"), asked...))
	written := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&models.IdempotencyKey{
		KeyHash: sum[:], Operation: operation, InputHash: what[:], RecordID: id, CreatedAt: tx.Now,
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
	if !bytes.Equal(known.InputHash, what[:]) {
		return id, models.Conflict("idempotencyKey", models.KeyIdempotencyMismatch)
	}
	return known.RecordID, nil
}
