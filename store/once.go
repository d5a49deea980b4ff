package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"
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
	sum, what, err := onceHashes(operation, subject, *key, input)
	if err != nil {
		return id, err
	}
	written := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&models.IdempotencyKey{
		KeyHash: sum, Operation: operation, InputHash: what, RecordID: id, CreatedAt: tx.Now,
	})
	if written.Error != nil {
		return id, written.Error
	}
	if written.RowsAffected == 1 {
		return id, make()
	}
	return knownAs(tx.DB, sum, what)
}

// Known returns the id that the same subject has made with the same key for the same
// operation, and whether there is one, for operations that look before they write. A key
// that came with another input is a conflict.
func Known(db *gorm.DB, operation, subject, key string, input any) (id models.ID, found bool, err error) {
	sum, what, err := onceHashes(operation, subject, key, input)
	if err != nil {
		return id, false, err
	}
	id, err = knownAs(db, sum, what)
	if models.CodeOf(err) == models.CodeNotFound {
		return id, false, nil
	}
	return id, err == nil, err
}

// onceHashes are what is kept of a key and of the input that it came with.
func onceHashes(operation, subject, key string, input any) (sum, what []byte, err error) {
	asked, err := json.Marshal(input)
	if err != nil {
		return nil, nil, fmt.Errorf("input of %s: %w", operation, err)
	}
	s := sha256.Sum256([]byte(operation + "\x00" + subject + "\x00" + key))
	w := sha256.Sum256(append([]byte(key+"\x00"), asked...))
	return s[:], w[:], nil
}

// knownAs is the record that a key was used for.
func knownAs(db *gorm.DB, sum, what []byte) (models.ID, error) {
	known, err := Take[models.IdempotencyKey](db.Where("key_hash = ?", sum), "IdempotencyKey")
	if err != nil {
		return models.ID{}, err
	}
	if !bytes.Equal(known.InputHash, what) {
		return models.ID{}, models.Conflict("idempotencyKey", models.KeyIdempotencyMismatch)
	}
	return known.RecordID, nil
}
