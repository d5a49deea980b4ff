package store

import (
	"slices"

	"gorm.io/gorm"

	"steelyard/models"
)

// SamePerson says whether a subject is one of the others, or has an account of the same
// official as one of them. Accounts that name no official are told apart by their subjects
// alone.
func SamePerson(db *gorm.DB, subject string, others ...string) (bool, error) {
	if slices.Contains(others, subject) {
		return true, nil
	}
	var n int64
	err := db.Table("accounts AS a").Joins("JOIN accounts AS b ON b.official_id = a.official_id").
		Where("a.subject = ? AND b.subject IN ?", subject, others).Count(&n).Error
	return n > 0, err
}

// SecondPerson refuses the signature of one who has signed before, also by another account.
func SecondPerson(db *gorm.DB, by string, before ...string) error {
	same, err := SamePerson(db, by, before...)
	if err == nil && same {
		return &models.Error{Code: models.CodeForbidden, Key: models.KeySecondPerson}
	}
	return err
}
