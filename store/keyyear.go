package store

import (
	"bytes"
	"strconv"
	"time"

	"gorm.io/gorm/clause"

	"steelyard/models"
)

// NoteKeyYear tells the database that rows of this transaction are hashed with a
// year's key, and refuses another key than the year's first: two processes with
// different key files, or one whose file was lost and made anew, would otherwise
// take one resident for two without anybody noticing. Every transaction that writes
// a keyed hash calls it.
//
// Another key gives a models.Error with KeyKeyMissing, which nobody can mend but the
// operator, and names no file, since a stranger may read it; a year whose key is
// destroyed gives one with KeyYearSealed. Of the moment the day alone is kept: the
// first row of a year may be an anonymous one.
func NoteKeyYear(tx *Tx, epoch models.KeyEpoch) error {
	known, err := Take[models.KeyEpoch](tx.Where("year = ?", epoch.Year), "KeyEpoch")
	if models.CodeOf(err) == models.CodeNotFound {
		first := models.KeyEpoch{Year: epoch.Year, Fingerprint: epoch.Fingerprint, CreatedAt: tx.Now.Truncate(24 * time.Hour)}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&first).Error; err != nil {
			return err
		}
		known, err = Take[models.KeyEpoch](tx.Where("year = ?", epoch.Year), "KeyEpoch")
	}
	if err != nil {
		return err
	}
	return KnownKeyYear(*known, epoch)
}

// KnownKeyYear is [NoteKeyYear] for a year of which the transaction has just read what is
// known.
func KnownKeyYear(known, epoch models.KeyEpoch) error {
	year := strconv.Itoa(epoch.Year)
	switch {
	case known.DestroyedAt != nil:
		return &models.Error{Code: models.CodeConflict, Key: models.KeyYearSealed, Args: []string{year}}
	case !bytes.Equal(known.Fingerprint, epoch.Fingerprint):
		return &models.Error{Code: models.CodeUnavailable, Key: models.KeyKeyMissing, Args: []string{year, ""}}
	}
	return nil
}
